"""Events that were numbered elsewhere, in their order. Pure."""

from collections import OrderedDict
from typing import Final

import msgspec

from realtime.batch import Item

MOST_WAITING: Final = 5_000
NEVER: Final = 2**53 - 1
"""Revision of a row that does not come back."""
REMOVED_KEPT_S: Final = 600.0
"""As long as an event of another process may be late."""
MOST_REMOVED: Final = 20_000


class Position(msgspec.Struct, frozen=True):
    """Where a client starts in a kept room: after `missed` it knows everything up to `seq`."""

    epoch: str
    seq: int
    missed: tuple[Item, ...] = ()
    first: bool = False
    """The room asks for acknowledgements and this account has never given one: its own begin here."""
    resumes: bool = False
    """`missed` takes the place of a snapshot; else it is what the account has not acknowledged yet."""


class Numbered(msgspec.Struct, frozen=True):
    """An event of a kept room on its way to the sockets."""

    seq: int
    key: str
    payload: bytes


class Order:
    """Lets events out one after another without a gap, each once, whatever order they arrive in."""

    def __init__(self) -> None:
        self.at: int | None = None
        """The newest event that was let out; None: it is not known yet where to begin."""
        self.base = 0
        """Where it began: what is older was never let out here."""
        self._waiting: dict[int, Numbered] = {}

    @property
    def has_gap(self) -> bool:
        """Whether something waits for what did not come."""
        return self.at is not None and bool(self._waiting)

    def begin(self, seq: int) -> None:
        """Everything after `seq` is to be let out."""
        self.at = self.base = seq
        self._waiting = {number: what for number, what in self._waiting.items() if number > seq}

    def take(self, what: Numbered) -> list[Numbered]:
        """Takes an event; returns those that are due now."""
        if self.at is not None and what.seq <= self.at:
            return []
        if len(self._waiting) < MOST_WAITING:  # beyond that the log is asked anyway
            self._waiting[what.seq] = what
        return self.ready()

    def ready(self) -> list[Numbered]:
        due: list[Numbered] = []
        while self.at is not None and (following := self._waiting.pop(self.at + 1, None)) is not None:
            self.at += 1
            due.append(following)
        return due


class Removed:
    """Rows that are no more, whether anybody is in their room or not: what is older comes too late for everybody.

    A snapshot does not hold them, so no client could know better.
    """

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        """By room and key, in the order of removal: revision and time."""

    def add(self, room: str, key: str, rev: int, now_s: float) -> None:
        known = self._rows.pop((room, key), (0, 0.0))
        self._rows[room, key] = max(rev, known[0]), now_s
        while self._rows:
            oldest, (_, at_s) = next(iter(self._rows.items()))
            if now_s - at_s <= REMOVED_KEPT_S and len(self._rows) <= MOST_REMOVED:
                break
            del self._rows[oldest]

    def hides(self, room: str, key: str, rev: int) -> bool:
        """Whether an event about that revision of the row is older than its removal."""
        known = self._rows.get((room, key))
        return known is not None and rev < known[0]
