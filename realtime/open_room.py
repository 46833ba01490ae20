"""A room that somebody is in: its members, its numbering, and the writing of what happens in it."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from app.feature import Room, RoomKind
from realtime import protocol
from realtime.batch import Backlog, Batch, Item, Tape, Verdict, joined_frames
from realtime.crowd import Crowd, Seat
from realtime.figures import Figures
from realtime.order import Order, Position
from realtime.outlet import Held, Limits, Outlet
from realtime.pace import Cadence, Pace, Pump
from realtime.ring import Ring

WRITES_A_STEP: Final = 64
RETRY_S: Final = 0.05
"""How soon a slow socket is looked at again when nothing new happens."""
TRY_AGAIN_LATER: Final = 1013


class Parts(msgspec.Struct, frozen=True):
    """What rooms of one hub share."""

    pace: Pace
    pump: Pump
    figures: Figures
    limits: Limits
    later: Callable[[float, Callable[[], None]], object]
    """Calls back after so many seconds."""
    clock: Callable[[], float] = time.monotonic
    elsewhere: Callable[[str], protocol.Presence] = lambda _room: protocol.Presence(0, 0)
    """How many are in a room through other processes."""
    ring: Ring | None = None
    """Writes the same to many, where the kernel can."""


class OpenRoom:
    """Numbers events and writes them to members.

    Members that keep up are in the `crowd`: each stands at a mark of the room's tape, and whoever stands at the same
    mark is written the same buffer. A writing goes round and gives each member whatever was said until its turn, so
    nobody waits for the end of a round that began before the event. The others are `apart`, each with a batch of its
    own, until theirs is written too.
    """

    def __init__(self, name: str, room: Room, parts: Parts) -> None:
        self.name = name
        self.room = room
        self.epoch = _new_epoch()
        """Names this numbering: after a restart, or when the room was forgotten, it is another."""
        self.seq = 0
        self.order = Order() if room.kept else None
        """Of a kept room: its events come with numbers, and `place` says where they begin."""
        self.crowd = Crowd(parts.ring, parts.limits.unsent_bytes, self._set_apart)
        self.apart: dict[Outlet, Held] = {}
        self.backlog = new_backlog(room)
        self.empty_since_s: float | None = parts.clock()
        self._parts = parts
        self._tape = Tape(room.kind)
        self._settled = 0
        """Everybody in the crowd stands at this mark or after it."""
        self._oldest_at_s = 0.0
        """When the oldest of what waits for the next round was said."""
        self._cadence = Cadence()
        self._flushing = False
        self._scheduled = False
        self._retrying = False
        self._sockets = 0
        self._accounts: dict[int, int] = {}
        """Sockets of each account that is in."""
        self._flushed_at_s = float("-inf")
        self._told_presence = protocol.Presence(0, 0)

    # members

    def enter(self, outlet: Outlet) -> Held:
        """From now on what happens is kept for this socket; `admit` lets it out."""
        held = self.apart[outlet] = Held(Batch(self.room.kind), self.seq, ready=False)
        outlet.rooms[self.name] = self
        self.empty_since_s = None
        return held

    def admit(
        self,
        outlet: Outlet,
        ref: int,
        since: protocol.Since | None,
        snapshot: bytes,
        position: Position | None = None,
    ) -> bool:
        """Writes the answer to a join, what was missed, and what happened meanwhile. Whether it could resume.

        `position`: where `snapshot` was taken, of a kept room that is known up to there (`place`).
        """
        held = self.apart.get(outlet)
        if held is None:
            return False
        held.ready = True
        self._count(outlet, 1)
        missed: Sequence[Item] | None = None
        if since is not None and since.epoch == self.epoch:
            missed = self.backlog.since(since.seq, held.from_seq)
        resumed = missed is not None
        start = since.seq if resumed and since is not None else held.from_seq
        if position is not None and not resumed:
            outlet.held_bytes -= held.batch.forget_until(position.seq)
            missed, resumed = position.missed, position.resumes
            start = missed[0].seq - 1 if missed else position.seq
        joined = protocol.Joined(
            ref=ref,
            room=self.name,
            epoch=self.epoch,
            seq=start,
            resumed=resumed,
            acks=self.room.acks,
            snapshot=msgspec.UNSET if resumed else msgspec.Raw(snapshot),
            presence=self.presence() if self.room.presence else None,
        )
        outlet.send(protocol.encode(joined) + joined_frames(missed or ()))
        if not self._catch_up(outlet, held):
            self.schedule()
        return resumed

    def leave(self, outlet: Outlet) -> None:
        if outlet.rooms.pop(self.name, None) is None:
            return
        held = self.apart.pop(outlet, None)
        if held is not None:
            outlet.held_bytes -= held.batch.bytes
        if held is None or held.ready:
            self._count(outlet, -1)
        self.crowd.leave(outlet)
        if not self.crowd.members and not self.apart:
            self.empty_since_s = self._parts.clock()

    def own_presence(self) -> protocol.Presence:
        """Members that are in through this process; those who wait for their snapshot are not."""
        return protocol.Presence(self._sockets, len(self._accounts))

    def presence(self) -> protocol.Presence:
        """Members that are in, through whatever process."""
        other = self._parts.elsewhere(self.name)
        return protocol.Presence(self._sockets + other.sockets, len(self._accounts) + other.accounts)

    def _count(self, outlet: Outlet, change: int) -> None:
        self._sockets += change
        account = outlet.actor.account_id
        if account is not None:
            self._accounts[account] = self._accounts.get(account, 0) + change
            if not self._accounts[account]:
                del self._accounts[account]

    def place(self, epoch: str, seq: int) -> None:
        """A kept room is known up to here from now on."""
        assert self.order is not None
        self.order.begin(seq)
        self.epoch, self.seq = epoch, seq
        self.backlog = new_backlog(self.room)
        self.backlog.floor = seq

    def unplace(self) -> None:
        """A kept room has to be placed again."""
        self.order = Order()

    def remembers(self, since: protocol.Since) -> bool:
        """Whether somebody who stands there could resume without anybody being asked."""
        return since.epoch == self.epoch and self.backlog.since(since.seq, self.seq) is not None

    def renumber(self) -> None:
        """Something may have been missed here: nobody resumes from before this moment. A kept room asks its log."""
        if self.order is not None:
            return
        self.epoch = _new_epoch()
        self.backlog = new_backlog(self.room)
        self.backlog.floor = self.seq

    # events

    def publish(self, key: str, payload: bytes, seq: int | None = None, rev: int = 0) -> None:
        """Numbers an event, keeps it for those who come back, and has it written soon. Kept rooms give the number.

        `rev` of the row it carries: in a LATEST room a value is not told after a newer one, which it would replace.
        """
        if rev and self.backlog.has_newer(key, rev):
            return
        self.seq = self.seq + 1 if seq is None else seq
        frame = protocol.encode(protocol.EventFrame(self.name, self.seq, msgspec.Raw(payload)))
        item = Item(self.seq, key, frame, rev)
        self.backlog.add(item)
        self._note_time()
        self._tape.say(item)
        for outlet, held in list(self.apart.items()):
            self._hold(outlet, held, item)
        self._parts.figures.events.inc()
        self.schedule()

    def tell_presence(self) -> None:
        """Sends the count if it changed since the last time; the hub calls this once a second."""
        now = self.presence()
        if now == self._told_presence:
            return
        self._told_presence = now
        frame = protocol.encode(protocol.PresenceFrame(self.name, now.sockets, now.accounts))
        self._note_time()
        self._tape.say_presence(frame)
        for held in self.apart.values():
            held.batch.presence = frame
        self.schedule()

    def _note_time(self) -> None:
        """Something is about to be said: if nothing waits, it is the oldest that will."""
        now = self._parts.clock()
        self._cadence.came(now)
        if self._tape.mark == self._settled:
            self._oldest_at_s = now

    def schedule(self) -> None:
        """Writes when the window since the last writing is over: at once, where little is to do or expected."""
        if self._scheduled or self._flushing:
            return
        self._scheduled = True
        now = self._parts.clock()
        wait_s = self._flushed_at_s + self._cadence.worth_s(self._parts.pace.window_s(now)) - now
        if wait_s < 0.0005:
            self._start()
        else:
            self._parts.later(wait_s, self._start)

    def _start(self) -> None:
        self._scheduled = False
        if not self._flushing:
            self._flushing = True
            self._parts.pump.add(self._flush())

    def _flush(self) -> Iterator[None]:
        """One round, in steps. Members come, go, and events are published between the steps."""
        self._flushed_at_s = self._parts.clock()
        began = self._tape.mark
        if began != self._settled:
            oldest_at_s, self._oldest_at_s = self._oldest_at_s, self._flushed_at_s
            written = yield from self.crowd.write(self._tape)
            self._parts.figures.deliveries.inc(written.events)
            self._parts.figures.writes.inc(written.writes)
            self._tape.forget(began)
            self._settled = began
            self._parts.figures.lag.observe(max(0.0, self._parts.clock() - oldest_at_s))
        for index, (outlet, held) in enumerate(list(self.apart.items())):
            if held.ready and self.apart.get(outlet) is held:
                self._catch_up(outlet, held)
            if index % WRITES_A_STEP == WRITES_A_STEP - 1:
                yield
        self._flushing = False
        if self._tape.mark != self._settled:
            self.schedule()
        elif not self._retrying and any(held.batch and held.ready for held in self.apart.values()):
            self._retrying = True
            self._parts.later(RETRY_S, self._retry)

    def _retry(self) -> None:
        self._retrying = False
        self.schedule()

    def _catch_up(self, outlet: Outlet, held: Held) -> bool:
        """Writes a member's own batch; with everything written it joins the others. Whether it did."""
        if not self._write_held(outlet, held):
            return False
        del self.apart[outlet]
        self.crowd.join(outlet, self._tape.mark)
        return True

    def _set_apart(self, seat: Seat) -> None:
        """With what it was not written yet."""
        outlet, at = seat.outlet, seat.at
        self.crowd.leave(outlet)
        held = self.apart[outlet] = Held(Batch(self.room.kind), self.seq, ready=True)
        items, held.batch.presence = self._tape.after(at)
        for item in items:
            if outlet in self.apart:
                self._hold(outlet, held, item)

    def _hold(self, outlet: Outlet, held: Held, item: Item) -> None:
        before = held.batch.bytes
        verdict = held.batch.add(item, self._parts.limits.held_bytes - outlet.held_bytes)
        outlet.held_bytes += held.batch.bytes - before
        if verdict is Verdict.KEPT:
            return
        self._parts.figures.drops.labels(f"{self.room.kind}-{verdict}").inc()
        if verdict is Verdict.FULL:
            outlet.close(TRY_AGAIN_LATER, "too slow")

    def _write_held(self, outlet: Outlet, held: Held) -> bool:
        """Writes what waits for one member, if it reads. Whether nothing waits any more."""
        if not held.batch:
            return True
        if outlet.transport.is_closing() or outlet.unsent_bytes() > self._parts.limits.unsent_bytes:
            return False
        outlet.held_bytes -= held.batch.bytes
        items, presence = held.batch.take()
        outlet.send(joined_frames(items, presence))
        self._parts.figures.deliveries.inc(len(items))
        self._parts.figures.writes.inc()
        return True


def new_backlog(room: Room) -> Backlog:
    """What a room remembers itself. Where events erase others the log alone remembers: there they are erased."""
    erasing = any(event.erases for event in room.events)
    return Backlog(RoomKind.EPHEMERAL if erasing else room.kind)


def _new_epoch() -> str:
    return secrets.token_urlsafe(9)
