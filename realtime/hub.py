"""All rooms of one process: events go in, sockets come and go."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog
from aiohttp import web

from app.database import Publication
from app.feature import Event, Room
from realtime import protocol
from realtime.figures import Figures
from realtime.open_room import OpenRoom, Parts
from realtime.order import NEVER, Numbered, Removed
from realtime.outlet import Limits, Outlet
from realtime.pace import Pace, Pump
from realtime.ring import Ring

log = structlog.get_logger(__name__)

MAX_LINGERING: int = 2_000
"""Empty rooms that are remembered; beyond them the one that is empty for longest is forgotten."""
BEAT_S: float = 1.0


class Happening(msgspec.Struct, frozen=True):
    """An event as it travels between processes: encoded once, where it was published."""

    room: str
    type: str
    key: str
    payload: bytes
    seq: int = 0
    """Number of an event of a kept room."""
    rev: int = 0
    """Revision of the row it carries; below 0 the row is removed, as of that revision."""


def happening(publication: Publication) -> Happening:
    event: Event = publication.event
    return Happening(
        publication.room, type(event).__name__, event.key, protocol.encode_value(event), publication.seq, _rev(event)
    )


def _rev(event: Event) -> int:
    return -(event.rev or NEVER) if event.removes else event.rev


class Hub:
    """Rooms by name. All calls come from the event loop's thread; none of them waits."""

    def __init__(
        self,
        figures: Figures,
        limits: Limits | None = None,
        linger_s: float = 120,
        clock: Callable[[], float] = time.monotonic,
        ring: Ring | None = None,
    ) -> None:
        self.figures = figures
        self.ring = ring
        """Writes to many sockets at once, where the kernel can."""
        self.pace = Pace()
        self.pump = Pump(self.pace, clock=clock)
        self.rooms: dict[str, OpenRoom] = {}
        self._removed = Removed()
        self._watchers: dict[str, list[Callable[[Happening], None]]] = {}
        self._linger_s = linger_s
        self._clock = clock
        self.elsewhere: Callable[[str], protocol.Presence] = lambda _room: protocol.Presence(0, 0)
        """How many are in a room through other processes; several processes set it."""
        self.on_gap: Callable[[OpenRoom], None] = lambda _room: None
        """Called while events of a kept room wait for one that did not come; must return at once."""
        self._parts = Parts(
            self.pace,
            self.pump,
            figures,
            limits or Limits(),
            _later,
            clock,
            self._elsewhere,
            ring,
        )

    # events

    def dispatch(self, publications: Sequence[Publication]) -> None:
        """Encodes events and hands them to their rooms; those of rooms where nobody is cost nothing."""
        for publication in publications:
            if publication.room in self.rooms or publication.room in self._watchers or publication.event.removes:
                self.deliver(happening(publication))

    def deliver(self, what: Happening) -> None:
        """Hands an encoded event to its room and to whoever watches inside this process."""
        for callback in list(self._watchers.get(what.room, ())):
            callback(what)
        if what.rev < 0:
            self._removed.add(what.room, what.key, -what.rev, self._clock())
        room = self.rooms.get(what.room)
        if room is None:
            return
        if room.order is None:
            if what.rev < 0 or not self._removed.hides(what.room, what.key, what.rev):
                room.publish(what.key, what.payload, rev=abs(what.rev))
            return
        for each in room.order.take(Numbered(what.seq, what.key, what.payload)):
            room.publish(each.key, each.payload, each.seq)
        if room.order.has_gap:
            self.on_gap(room)

    def watch(self, room: str, callback: Callable[[Happening], None]) -> Callable[[], None]:
        """Calls back for each event of a room (declared or internal); returns the call that ends it."""
        self._watchers.setdefault(room, []).append(callback)

        def stop() -> None:
            left = self._watchers.get(room, [])
            if callback in left:
                left.remove(callback)
            if not left:
                self._watchers.pop(room, None)

        return stop

    def _elsewhere(self, room: str) -> protocol.Presence:
        return self.elsewhere(room)

    # sockets

    def enter(self, outlet: Outlet, name: str, room: Room) -> OpenRoom:
        """First step of a join: from now on events wait for this socket. Then the snapshot, then `admit` or `leave`."""
        known = self.rooms.get(name)
        if known is None:
            known = self.rooms[name] = OpenRoom(name, room, self._parts)
        known.enter(outlet)
        return known

    def leave(self, outlet: Outlet, name: str) -> None:
        room = outlet.rooms.get(name)
        if room is not None:
            room.leave(outlet)
            if room.empty_since_s is not None and room.seq == 0:
                self.rooms.pop(name, None)  # nothing to remember: a refused join leaves no trace

    def remove(self, outlet: Outlet) -> None:
        """The socket is gone, or is not to get anything any more."""
        outlet.closed = True
        for name in list(outlet.rooms):
            self.leave(outlet, name)

    def forget(self) -> None:
        """Events may have been missed: whoever comes back gets snapshots. The caller sends the sockets away."""
        for room in self.rooms.values():
            room.renumber()

    # time

    async def beat(self) -> None:
        """Once a second: presence, empty rooms, figures. Runs for ever."""
        while True:
            await asyncio.sleep(BEAT_S)
            self.look_around()

    def look_around(self) -> None:
        apart, held_bytes, empty = 0, 0, []
        now = self._clock()
        for room in self.rooms.values():
            if room.room.presence:
                room.tell_presence()
            apart += len(room.apart)
            held_bytes += sum(held.batch.bytes for held in room.apart.values())
            if room.empty_since_s is not None:
                empty.append((room.empty_since_s, room.name))
        empty.sort()
        for index, (since_s, name) in enumerate(empty):
            if now - since_s >= self._linger_s or len(empty) - index > MAX_LINGERING:
                del self.rooms[name]
        self.figures.rooms.set(len(self.rooms))
        self.figures.apart.set(apart)
        self.figures.held_bytes.set(held_bytes)
        self.figures.load.set(round(self.pace.load(now), 4))
        self.figures.longest_slice.set(self.pump.longest_s)
        self.pump.longest_s = 0.0


def _later(delay_s: float, callback: Callable[[], None]) -> Any:
    return asyncio.get_running_loop().call_later(delay_s, callback)


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
