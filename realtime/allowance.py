"""How much an account may say, over all its sockets in all processes.

The count is in PostgreSQL (`app.throttle`), and nobody asks it for every message: a process takes some messages of an
account at a time, and begins with a few that are free, so that a crowd that comes back asks for nothing at all.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import asyncpg

from app import throttle
from app.database import Database
from app.errors import Unavailable
from app.throttle import Charge, Limit

FREE: Final = 40
"""Messages of an account that a process does not count."""
LEASE: Final = 50
LOW: Final = 10
"""With fewer left more are asked for."""
CREDIT: Final = 100
"""Messages that pass while the database is asked."""
ASK_AGAIN_S: Final = 1.0
IDLE_S: Final = 600.0
MANY: Final = 10_000


class _Purse:
    __slots__ = ("asking", "left", "not_before_s", "used_at_s")

    def __init__(self) -> None:
        self.left = FREE
        self.asking: asyncio.Task[None] | None = None
        self.not_before_s = float("-inf")
        self.used_at_s = 0.0


class Allowances:
    """What this process may still pass on for each account."""

    def __init__(
        self, database: Database, per_s: float, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._limit = Limit("live messages", at_once, 1 / per_s)
        self._clock = clock
        self._purses: dict[int, _Purse] = {}

    def take(self, account_id: int) -> bool:
        """Whether one more message of this account may pass."""
        now_s = self._clock()
        purse = self._purses.get(account_id)
        if purse is None:
            self._forget_idle(now_s)
            purse = self._purses[account_id] = _Purse()
        purse.used_at_s = now_s
        if purse.left < LOW:
            self._ask(account_id, purse, now_s)
        if purse.left <= 0 and (purse.asking is None or purse.left <= -CREDIT):
            return False
        purse.left -= 1
        return True

    def _ask(self, account_id: int, purse: _Purse, now_s: float) -> None:
        if purse.asking is None and now_s >= purse.not_before_s:
            purse.asking = asyncio.create_task(self._lease(account_id, purse), name="allowance of an account")

    async def _lease(self, account_id: int, purse: _Purse) -> None:
        wanted = LEASE + max(0, -purse.left)
        try:
            granted = await throttle.lease(self._database, Charge(self._limit, str(account_id)), wanted)
        except (Unavailable, asyncpg.PostgresError):
            granted = wanted  # the database is away: what holds for one socket must do
        finally:
            purse.asking = None
        purse.left += granted
        if not granted:
            purse.not_before_s = self._clock() + ASK_AGAIN_S

    def _forget_idle(self, now_s: float) -> None:
        if len(self._purses) >= MANY:
            for account_id in [one for one, purse in self._purses.items() if now_s - purse.used_at_s > IDLE_S]:
                del self._purses[account_id]

    async def close(self) -> None:
        tasks = [purse.asking for purse in self._purses.values() if purse.asking is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
