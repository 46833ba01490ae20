"""Who is in a room, counted over several processes: each tells the others what it holds."""

import time
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from app.database import Publication
from app.feature import Event
from realtime.hub import Happening
from realtime.open_room import OpenRoom
from realtime.protocol import Presence

ROOM: Final = "~presence"
"""No declared room can have this name: clients never hear of it."""

AGAIN_S: Final = 10.0
"""Counts that did not change are told again, so that a process that is new, or was away, knows them."""

GONE_AFTER_S: Final = 25.0
"""A process that has not been heard for so long holds nobody any more."""


class PresenceCounted(Event, frozen=True, tag=True):
    """A process's own count of a room."""

    origin: str
    room: str
    sockets: int
    accounts: int

    @property
    def key(self) -> str:
        return f"{self.origin}/{self.room}"


class Others:
    """What other processes hold. An account that is in through two processes counts twice; sockets never do."""

    def __init__(
        self, origin: str, announce: Callable[[list[Publication]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._origin = origin
        self._announce = announce
        self._clock = clock
        self._counts: dict[str, dict[str, tuple[Presence, float]]] = {}
        self._told: dict[str, tuple[Presence, float]] = {}
        self._decoder = msgspec.json.Decoder(PresenceCounted)

    def hear(self, what: Happening) -> None:
        """One process's word about one room."""
        counted = self._decoder.decode(what.payload)
        if counted.origin == self._origin:
            return
        by_origin = self._counts.setdefault(counted.room, {})
        if counted.sockets:
            by_origin[counted.origin] = (Presence(counted.sockets, counted.accounts), self._clock())
        else:
            by_origin.pop(counted.origin, None)
            if not by_origin:
                del self._counts[counted.room]

    def elsewhere(self, room: str) -> Presence:
        """How many are in a room through other processes."""
        by_origin = self._counts.get(room)
        if not by_origin:
            return Presence(0, 0)
        heard = self._clock() - GONE_AFTER_S
        for origin in [origin for origin, (_count, at_s) in by_origin.items() if at_s < heard]:
            del by_origin[origin]
        if not by_origin:
            del self._counts[room]
        counts = [count for count, _at in by_origin.values()]
        return Presence(sum(one.sockets for one in counts), sum(one.accounts for one in counts))

    def tell(self, rooms: Iterable[OpenRoom]) -> None:
        """Once a second: announces our counts that changed, or were not told for a while."""
        now = self._clock()
        news: list[Publication] = []
        seen = set()
        for room in rooms:
            if not room.room.presence:
                continue
            seen.add(room.name)
            count = room.own_presence()
            told, at_s = self._told.get(room.name, (Presence(0, 0), now))
            if count != told or (count.sockets and now - at_s >= AGAIN_S):
                self._told[room.name] = (count, now)
                news.append(self._word(room.name, count))
        forgotten = [(name, self._told.pop(name)[0]) for name in list(self._told) if name not in seen]
        news += [self._word(name, Presence(0, 0)) for name, told in forgotten if told.sockets]
        if news:
            self._announce(news)

    def _word(self, room: str, count: Presence) -> Publication:
        return Publication(ROOM, PresenceCounted(self._origin, room, count.sockets, count.accounts))
