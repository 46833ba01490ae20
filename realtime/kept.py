"""Kept rooms: their events are numbered in the transaction that tells them, and stay in the log for a while.

All processes tell them under the same numbers and in the same order. What comes too early waits for what is before it;
what does not come (its process died between COMMIT and telling it) is read from the log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import asyncpg
import msgspec
import structlog

from app.actor import Actor
from app.database import Database, Publication, Tx
from app.errors import Unavailable
from realtime import kept_store, protocol
from realtime.batch import MAX_BACKLOG_EVENTS, Item
from realtime.hub import Hub
from realtime.kept_store import Entry, Place
from realtime.open_room import TRY_AGAIN_LATER, OpenRoom
from realtime.order import Numbered, Position
from realtime.snapshots import Reading

log = structlog.get_logger(__name__)

PATIENCE_S: Final = 0.05
"""How long an event may be on its way in this process before the log is asked for it."""
DOUBT_S: Final = 0.5
"""After this the server has finished a COMMIT whose answer got lost, or has rolled it back."""
LONGEST_PAUSE_S: Final = 5.0
MOST_MISSED: Final = MAX_BACKLOG_EVENTS
FILL_AT_ONCE: Final = 1_000
CLEAN_EVERY_S: Final = 300.0
TRIES: Final = 3


class Numbering:
    """Numbers events of kept rooms in their transaction and writes them into the log; the others pass as they are."""

    def __init__(self, is_kept: Callable[[str], bool]) -> None:
        self.is_kept = is_kept

    def split(self, publications: list[Publication]) -> tuple[list[Publication], list[Publication]]:
        """Those of other rooms, and those of kept rooms."""
        kept = [one for one in publications if self.is_kept(one.room)]
        return ([one for one in publications if not self.is_kept(one.room)] if kept else publications), kept

    async def apply(self, tx: Tx, publications: list[Publication]) -> None:
        """Changes the list in place. The rooms' numbering is held from here to COMMIT."""
        places = [index for index, one in enumerate(publications) if not one.seq and self.is_kept(one.room)]
        if not places:
            return
        counts: dict[str, int] = {}
        for index in places:
            counts[publications[index].room] = counts.get(publications[index].room, 0) + 1
        last = await kept_store.take_numbers(tx, counts)
        following = {room: seq - counts[room] for room, seq in last.items()}
        entries = []
        for index in places:
            one = publications[index]
            following[one.room] += 1
            publications[index] = msgspec.structs.replace(one, seq=following[one.room])
            payload = protocol.encode_value(one.event).decode()
            entries.append(Entry(following[one.room], one.event.key, payload))
        await kept_store.keep(tx, [publications[index].room for index in places], entries)
        for index, entry in zip(places, entries, strict=True):
            if publications[index].event.erases:
                await kept_store.erase(tx, publications[index].room, entry)


class Kept:
    """The kept rooms of one process: joins, and gaps that are filled from the log."""

    def __init__(self, database: Database, hub: Hub, keep_s: float) -> None:
        self._database = database
        self._hub = hub
        self._keep_s = keep_s
        self._filling: dict[str, asyncio.Task[None]] = {}
        hub.on_gap = self.fill_soon

    # joins

    async def start(
        self, opened: OpenRoom, since: protocol.Since | None, actor: Actor, read: Callable[[], Awaitable[Reading]]
    ) -> tuple[bytes, Position]:
        """A join's snapshot, and where the client starts; this process knows the room up to there."""
        for _ in range(TRIES):
            reading = await read()
            if reading.place is None:
                await self._begin(opened.name)
            elif await self._bring(opened, reading.place):
                return reading.snapshot, await self._position(opened, reading.place, since, actor.account_id)
        raise Unavailable

    async def _begin(self, room: str) -> None:
        """Gives a room that never had an event its numbering. It has been checked that it may be joined."""
        async with self._database.transaction() as tx:
            await kept_store.begin_room(tx, room)

    async def _bring(self, opened: OpenRoom, place: Place) -> bool:
        """Makes this process know the room up to there at least. False: the snapshot is too old to start from."""
        order = opened.order
        assert order is not None
        if order.at is None:
            opened.place(place.epoch, place.seq)
            self._tell(opened, [])
            return True
        if place.seq < order.base or place.epoch != opened.epoch:
            return False
        if order.at < place.seq:
            await self._fill_once(opened)
        return order.at is not None and order.at >= place.seq

    async def _position(
        self, opened: OpenRoom, place: Place, since: protocol.Since | None, account_id: int | None
    ) -> Position:
        """What the client missed up to there, from the log unless the room itself remembers."""
        asks = account_id if opened.room.acks else None
        if since is not None and (since.epoch != place.epoch or since.seq > place.seq):
            since = None
        if asks is None and (since is None or opened.remembers(since)):
            return Position(place.epoch, place.seq)
        async with self._database.transaction(readonly=True) as tx:
            acked = None if asks is None else await kept_store.acked(tx, opened.name, asks)
            first = asks is not None and acked is None
            if since is not None:
                missed = await kept_store.entries_between(tx, opened.name, since.seq, place.seq, MOST_MISSED)
                if len(missed) == place.seq - since.seq:
                    return Position(place.epoch, place.seq, _items(opened.name, missed), first=first, resumes=True)
            if acked is not None and acked < place.seq:
                missed = await kept_store.entries_between(tx, opened.name, acked, place.seq, MOST_MISSED)
                return Position(place.epoch, place.seq, _items(opened.name, missed))
        return Position(place.epoch, place.seq, first=first)

    # gaps

    def fill_soon(self, opened: OpenRoom, wait_s: float = PATIENCE_S) -> None:
        """Something is missing, or may be; returns at once."""
        if opened.name not in self._filling:
            task = asyncio.create_task(self._fill(opened, wait_s), name="fill a kept room")
            self._filling[opened.name] = task
            task.add_done_callback(lambda _task: self._filling.pop(opened.name, None))

    def doubt(self, rooms: Sequence[str]) -> None:
        """Events of these rooms may have been committed without being told here."""
        for name in rooms:
            opened = self._hub.rooms.get(name)
            if opened is not None and opened.order is not None:
                self.fill_soon(opened, DOUBT_S)

    def check_all(self) -> None:
        """Anything may have been missed."""
        self.doubt(list(self._hub.rooms))

    async def _fill(self, opened: OpenRoom, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        asked_for_sure = wait_s > PATIENCE_S
        pause_s = 0.1
        while self._hub.rooms.get(opened.name) is opened and opened.order is not None:
            if not (opened.order.has_gap or asked_for_sure):
                return
            try:
                await self._fill_once(opened)
                asked_for_sure = False
            except Unavailable:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _fill_once(self, opened: OpenRoom) -> None:
        """Reads what is after the newest event here. A hole in the log sends everybody for a snapshot."""
        order = opened.order
        while order is not None and order.at is not None:
            try:
                async with self._database.transaction(readonly=True) as tx:
                    after = order.at
                    now = await kept_store.place(tx, opened.name)  # first: what is read then is newer, never older
                    found = await kept_store.entries_after(tx, opened.name, after, FILL_AT_ONCE)
            except asyncpg.PostgresError as problem:
                raise Unavailable from problem
            whole = found[0].seq == after + 1 if found else now is not None and now.seq <= after
            if now is None or now.epoch != opened.epoch or now.seq < after or not whole:
                if order.at == after:
                    self._lose(opened)
                return
            self._tell(opened, [Numbered(one.seq, one.key, one.payload.encode()) for one in found])
            self._hub.figures.filled.inc(len(found))
            if len(found) < FILL_AT_ONCE:
                return

    def _tell(self, opened: OpenRoom, found: list[Numbered]) -> None:
        assert opened.order is not None
        ready = [each for what in found for each in opened.order.take(what)] if found else opened.order.ready()
        for each in ready:
            opened.publish(each.key, each.payload, each.seq)

    def _lose(self, opened: OpenRoom) -> None:
        """The log does not go back to where this room stands: its members start from snapshots."""
        log.warning("a kept room starts anew: its log has a hole", room=opened.name)
        opened.unplace()
        for outlet in [*opened.crowd.members, *(one for one, held in opened.apart.items() if held.ready)]:
            outlet.close(TRY_AGAIN_LATER, "events missed")

    # the log

    async def keep_clean(self) -> None:
        """Now and then old entries go. Body of a supervised task."""
        while True:
            try:
                async with self._database.transaction() as tx:
                    await kept_store.forget_entries(tx, self._keep_s)
            except Unavailable:
                log.warning("the log of kept rooms could not be cleaned; the next round tries again")
            await asyncio.sleep(CLEAN_EVERY_S)

    async def close(self) -> None:
        tasks = list(self._filling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _items(room: str, entries: list[Entry]) -> tuple[Item, ...]:
    return tuple(
        Item(
            entry.seq,
            entry.key,
            protocol.encode(protocol.EventFrame(room, entry.seq, msgspec.Raw(entry.payload.encode()))),
        )
        for entry in entries
    )
