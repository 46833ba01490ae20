"""One open socket: what its client asks, and how it ends."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec
import structlog

from app.actor import Actor
from app.errors import AppError, Invalid, TooMany, Unavailable
from app.feature import Params
from realtime import protocol
from realtime.acks import Acks
from realtime.allowance import Allowances
from realtime.directory import Directory
from realtime.door import TokenBucket
from realtime.hub import Hub
from realtime.kept import Kept
from realtime.open_room import TRY_AGAIN_LATER, OpenRoom
from realtime.order import Position
from realtime.outlet import Outlet, Transport
from realtime.pace import Turnstile
from realtime.settings import RealtimeSettings
from realtime.snapshots import Reading, Snapshots

log = structlog.get_logger(__name__)

POLICY_VIOLATION: Final = 1008
SERVER_FAULT: Final = 1011
SESSION_ENDED: Final = 4401
"""Private close code (RFC 6455 §7.4.2): the session is over; a client comes back once as whoever it is then."""
UNREAD_ANSWERS_BYTES: Final = 256 * 1024
"""With more than this unread, a client's next message waits: answers cannot pile up."""
UNREAD_WAIT_S: Final = 20.0
WAITING_CHARS: Final = 64 * 1024
"""With more than this unanswered, nothing more is read from the client."""


class Socket(Protocol):
    """The client's side of a connection."""

    @property
    def closed(self) -> bool: ...
    def close(self, code: int, why: str) -> None:
        """Says that it is over; returns at once."""

    def pause(self) -> None:
        """Nothing more shall come for now."""

    def resume(self) -> None: ...


class Wire(Transport, Protocol):
    """The writing side: what rooms need, and an end without ceremony."""

    def abort(self) -> None: ...


Words = Callable[[AppError], tuple[str, str]]
"""Title and detail of a failure in the reader's language."""

Reread = Callable[[], Awaitable[Actor]]
"""Who a socket belongs to now, read anew."""


class Parts(msgspec.Struct, frozen=True):
    """What all sockets of one application share."""

    hub: Hub
    directory: Directory
    settings: RealtimeSettings
    snapshots: Snapshots
    kept: Kept
    acks: Acks
    allowances: Allowances
    turnstile: Turnstile = msgspec.field(default_factory=Turnstile)
    """Where crowds that come back queue."""


class Visitor(msgspec.Struct, frozen=True):
    """Who opened a socket: what is kept of the request."""

    actor: Actor
    address: str
    words: Words
    reread: Reread


class House(Protocol):
    """Whoever keeps the sockets of one application."""

    def leaving(self, connection: "Connection") -> None:
        """It is out of all rooms, and is cut unless it is gone soon."""

    def gone(self, connection: "Connection") -> None: ...


class Connection:
    """Follows what a client says (`hear`), answers in order, and ends once."""

    __slots__ = (
        "_bucket",
        "_house",
        "_task",
        "_unwatch",
        "_waiting",
        "_waiting_chars",
        "closing_at_s",
        "outlet",
        "parts",
        "recheck_at_s",
        "socket",
        "transport",
        "visitor",
    )

    def __init__(self, parts: Parts, house: House, socket: Socket, transport: Wire, visitor: Visitor) -> None:
        self.parts = parts
        self.socket = socket
        self.transport = transport
        self.visitor = visitor
        self.outlet = Outlet(transport, visitor.actor, self.close)
        self.recheck_at_s = 0.0
        """When the session is checked next (monotonic)."""
        self.closing_at_s: float | None = None
        self._house = house
        settings = parts.settings
        self._bucket = TokenBucket(settings.messages_per_s, settings.messages_at_once, time.monotonic())
        self._task: asyncio.Task[None] | None = None
        """Answers what takes time, and everything that comes meanwhile; most sockets have none most of the time."""
        self._waiting: deque[str | bytes] | None = None
        self._waiting_chars = 0
        self._unwatch: Callable[[], None] | None = None
        if visitor.actor.session_id:
            self._unwatch = parts.hub.watch(f"session/{visitor.actor.session_id}", lambda _event: self.end_session())

    @property
    def actor(self) -> Actor:
        return self.outlet.actor

    # the end

    def end_session(self) -> None:
        """Sign-out, a changed role, an expired session: nothing more is told, and the socket closes."""
        self.say_goodbye("session-ended", 0, SESSION_ENDED)

    def say_goodbye(self, why: str, retry_after_s: float, code: int) -> None:
        self.outlet.send(protocol.encode(protocol.Bye(why, round(retry_after_s, 2))))
        self.close(code, why)

    def close(self, code: int, why: str) -> None:
        """Ends it from our side, once; returns at once. The socket is out of all rooms when this returns."""
        if self.closing_at_s is None:
            self.closing(why)
            self.socket.close(code, why)

    def closing(self, why: str) -> None:
        """Out of all rooms: nothing more is told. `why` is counted where it is a rule of ours that ends it."""
        if self.closing_at_s is not None:
            return
        self.closing_at_s = time.monotonic()
        self.parts.hub.remove(self.outlet)
        if why:
            self.parts.hub.figures.closed.labels(why.replace(" ", "-")).inc()
        self._house.leaving(self)

    def filling(self, *, full: bool) -> None:
        self.outlet.fill(full=full)

    def gone(self) -> None:
        """The connection is lost: lets go of everything, and of whoever it holds on to."""
        self.closing("")
        if self._task is not None:
            self._task.cancel()
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        self.outlet.close = _ended  # else it and we would keep each other until the collector comes
        self._house.gone(self)

    # commands

    def may_speak(self) -> bool:
        """Takes one message from what the client may say; who says too much is sent away."""
        if self.outlet.closed:
            return False
        account_id = self.actor.account_id
        if self._bucket.take(time.monotonic()) and (account_id is None or self.parts.allowances.take(account_id)):
            return True
        self.say_goodbye("too-many-messages", 5, POLICY_VIOLATION)
        return False

    def hear(self, message: str | bytes) -> None:
        """A message of the client. What needs no waiting is answered before this returns."""
        if not self.may_speak():
            return
        if self._task is None and not self._too_much_unread():
            self._answer(message)
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(message)
        self._waiting_chars += len(message)
        if self._task is None:
            self._task = asyncio.create_task(self._answer_slowly(None), name="answer a /live socket")
        if self._waiting_chars > WAITING_CHARS:
            self.socket.pause()

    def _answer(self, message: str | bytes) -> None:
        frame = self._decoded(message)
        if isinstance(frame, protocol.Join):
            self._task = asyncio.create_task(self._answer_slowly(frame), name="answer a /live socket")
        elif frame is not None:
            self._follow(frame)

    async def _answer_slowly(self, frame: protocol.ClientFrame | None) -> None:
        """Answers `frame` and all that waits, in order."""
        try:
            while True:
                if isinstance(frame, protocol.Join):
                    await self._try_to_join(frame)
                elif frame is not None:
                    self._follow(frame)
                if self._too_much_unread() and not await self._was_read():
                    self.close(TRY_AGAIN_LATER, "too slow")
                if not self._waiting or self.outlet.closed:
                    break
                message = self._waiting.popleft()
                self._waiting_chars -= len(message)
                frame = self._decoded(message)
        except Exception:
            # the loop of one socket: a fault in it must not go unheard, and others do not mind
            log.exception("a socket's message could not be answered")
            self.close(SERVER_FAULT, "failed")
        finally:
            self._task = self._waiting = None
            self._waiting_chars = 0
            self.socket.resume()

    def _too_much_unread(self) -> bool:
        return not self.outlet.closed and self.outlet.unsent_bytes() > UNREAD_ANSWERS_BYTES

    async def _was_read(self) -> bool:
        """Waits until the client has read most of its answers."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(UNREAD_WAIT_S):
                while self._too_much_unread():  # noqa: ASYNC110 (a transport tells its protocol alone when it drains)
                    await asyncio.sleep(0.05)
                return True
        return False

    def _decoded(self, message: str | bytes) -> protocol.ClientFrame | None:
        try:
            if isinstance(message, bytes):
                raise Invalid("This is not a message that /live knows")
            return protocol.decode(message)
        except AppError as problem:
            self._refuse(problem, None)
            return None

    def _refuse(self, problem: AppError, frame: protocol.ClientFrame | None) -> None:
        title, detail = self.visitor.words(problem)
        room = "" if frame is None or isinstance(frame, protocol.Ping) else frame.room
        self.outlet.send(protocol.encode(protocol.refusal(problem, frame.ref if frame else None, room, title, detail)))

    def _follow(self, frame: protocol.Leave | protocol.Ping | protocol.Ack) -> None:
        match frame:
            case protocol.Ack():
                try:
                    self.parts.acks.told(self.outlet, frame.room, frame.seq)
                except AppError as problem:
                    self._refuse(problem, frame)
            case protocol.Leave():
                self.parts.hub.leave(self.outlet, frame.room)
                self.outlet.send(protocol.encode(protocol.Left(frame.room, frame.ref)))
            case protocol.Ping():
                self.outlet.send(protocol.encode(protocol.Pong(frame.ref)))

    async def _try_to_join(self, frame: protocol.Join) -> None:
        joins = self.parts.hub.figures.joins
        try:
            joins.labels(await self._join(frame)).inc()
        except AppError as problem:
            joins.labels(problem.code).inc()
            self._refuse(problem, frame)

    async def _join(self, frame: protocol.Join) -> str:
        """Events first, then the snapshot: what happens between the two waits, so there is no gap."""
        hub, name = self.parts.hub, frame.room
        room, params = self.parts.directory.admit(self.actor, name)
        hub.leave(self.outlet, name)
        if len(self.outlet.rooms) >= self.parts.settings.rooms_per_socket:
            raise TooMany(0, "This socket is in as many rooms as it may be")
        opened = hub.enter(self.outlet, name, room)
        try:
            snapshot, position = await self._start(opened, params, frame.since)
            await self.parts.turnstile.wait(inside=True)
        except BaseException:
            hub.leave(self.outlet, name)
            raise
        resumed = opened.admit(self.outlet, frame.ref, frame.since, snapshot, position)
        if position is not None and position.first:
            self.parts.acks.began(self.outlet, name, position.seq)
        return "resumed" if resumed else "snapshot"

    async def _start(
        self, opened: OpenRoom, params: Params, since: protocol.Since | None
    ) -> tuple[bytes, Position | None]:
        """The room's snapshot, and where the client starts if the room is kept."""

        async def read() -> Reading:
            return await self.parts.snapshots.read(opened.room, opened.name, self.actor, params)

        if opened.order is None:
            return (await read()).snapshot, None
        return await self.parts.kept.start(opened, since, self.actor, read)

    # permission that changes

    async def look_again(self) -> None:
        """Checks session, roles and rooms anew. The session's end closes the socket; a lost room is left."""
        before = self.actor
        now = await self.visitor.reread()
        if (now.account_id, now.session_id) != (before.account_id, before.session_id):
            self.end_session()
            return
        changed = now.grants != before.grants
        if changed:
            self.outlet.actor = now
        for name, opened in list(self.outlet.rooms.items()):
            if changed or opened.room.looked_at_again:
                await self._look_again_at(name)

    async def _look_again_at(self, name: str) -> None:
        try:
            room, params = self.parts.directory.admit(self.actor, name)
            await self.parts.snapshots.read(room, name, self.actor, params)
        except Unavailable:
            return  # not a word about permission: the next round asks again
        except AppError as problem:
            self.parts.hub.leave(self.outlet, name)
            title, _ = self.visitor.words(problem)
            left = protocol.Left(name, None, int(problem.status), problem.code, title)
            self.outlet.send(protocol.encode(left))


def _ended(_code: int, _why: str) -> None:
    """Closes nothing: the socket is gone."""
