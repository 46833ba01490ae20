"""Redis as a bell between processes: it says that there is something to read, never what.

It may lose a ring, restart, or fall silent without a word: the outbox table is the truth, its reader looks by itself
every two seconds, and while the bell is out of reach the outbox wakes the others through PostgreSQL.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from app.feature import Probe

log = structlog.get_logger(__name__)

CHANNEL: Final = "gryf:realtime"
ANSWER_WITHIN_S: Final = 3.0
PING_EVERY_S: Final = 3.0
LONGEST_PAUSE_S: Final = 5.0


class Bell:
    """Rings for the others, and hears them. `heard` is called on the loop for each ring."""

    def __init__(self, url: str, heard: Callable[[], None]) -> None:
        self.connected = False
        self._heard = heard
        self._redis = redis.asyncio.Redis.from_url(
            url, socket_connect_timeout=ANSWER_WITHIN_S, socket_timeout=ANSWER_WITHIN_S, retry=None
        )
        self._ringing: asyncio.Task[None] | None = None
        self._again = False

    def ring(self) -> None:
        """Wakes the others, soon; returns at once. Many rings at the same time are one."""
        if self._ringing is not None and not self._ringing.done():
            self._again = True
            return
        self._ringing = asyncio.create_task(self._publish(), name="ring")

    async def run(self) -> None:
        """Listens for ever; comes back by itself. Body of a supervised task."""
        pause_s = 0.2
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as problem:
                if self.connected:
                    log.warning("Redis is out of reach; PostgreSQL wakes the others meanwhile", problem=str(problem))
                    pause_s = 0.2
            self.connected = False
            self._heard()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def close(self) -> None:
        if self._ringing is not None:
            self._ringing.cancel()
            await asyncio.gather(self._ringing, return_exceptions=True)
        with contextlib.suppress(RedisError, OSError):
            await self._redis.aclose()

    def probe(self) -> Probe:
        """For /readyz: without Redis this process is slower, not useless."""
        return Probe(ok=True, detail="" if self.connected else "degraded: Redis does not answer, PostgreSQL wakes")

    async def _listen(self) -> None:
        """One life of the subscription. A link that is dead without a word is found by its pings."""
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            while True:
                async with asyncio.timeout(PING_EVERY_S + ANSWER_WITHIN_S):
                    message = await pubsub.get_message(timeout=PING_EVERY_S)
                    if message is None:
                        await pubsub.ping()
                        message = await self._answer(pubsub)
                if not self.connected:
                    self.connected = True
                    log.info("Redis answers")
                if message["type"] == "message":
                    self._heard()

    async def _answer(self, pubsub: "redis.asyncio.client.PubSub") -> dict[str, object]:
        """The pong, or a ring that came before it. Raises `TimeoutError` for a dead link."""
        message = await pubsub.get_message(timeout=ANSWER_WITHIN_S)
        if message is None:
            raise TimeoutError("no answer to a ping")
        return dict(message)

    async def _publish(self) -> None:
        try:
            while True:
                self._again = False
                await self._redis.publish(CHANNEL, b"")
                if not self._again:
                    return
        except (RedisError, OSError, TimeoutError) as problem:
            # whoever missed this ring looks within two seconds
            log.debug("a ring was lost", problem=str(problem))
