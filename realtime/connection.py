"""One open socket: what its client asks, and how it ends."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec
import structlog
from aiohttp import WSMessage, WSMsgType, web

from app.actor import Actor
from app.database import Database
from app.errors import AppError, Invalid, TooMany, Unavailable
from realtime import protocol
from realtime.directory import Directory
from realtime.door import TokenBucket
from realtime.hub import Hub
from realtime.open_room import TRY_AGAIN_LATER, Outlet, Transport
from realtime.settings import RealtimeSettings

log = structlog.get_logger(__name__)

POLICY_VIOLATION: Final = 1008
SESSION_ENDED: Final = 4401
"""Private close code (RFC 6455 §7.4.2): the session is over; a client comes back once as whoever it is then."""
CLOSE_WAIT_S: Final = 2.0
UNREAD_ANSWERS_BYTES: Final = 256 * 1024
"""With more than this unread, a client's next message waits: answers cannot pile up."""
UNREAD_WAIT_S: Final = 20.0


class Socket(Protocol):
    """The reading side of a connection, as aiohttp's `WebSocketResponse` has it."""

    @property
    def closed(self) -> bool: ...
    async def receive(self) -> WSMessage: ...
    async def close(self, *, code: int, message: bytes) -> bool: ...


class Wire(Transport, Protocol):
    """The writing side: what rooms need, and an end without ceremony."""

    def abort(self) -> None: ...


Words = Callable[[web.Request, AppError], tuple[str, str]]
"""Title and detail of a failure in the reader's language."""


class Parts(msgspec.Struct, frozen=True):
    """What all sockets of one application share."""

    hub: Hub
    directory: Directory
    database: Database
    settings: RealtimeSettings
    words: Words
    recheck: Callable[[web.Request], Awaitable[Actor]]
    """Who the request's session belongs to now, read anew."""
    gate: asyncio.Semaphore
    """Lets a few snapshots be read at once, so that a storm of joins never starves the pool."""


class Connection:
    """Reads commands until the socket closes. `transport` and `socket` are those of an accepted handshake."""

    def __init__(
        self,
        parts: Parts,
        request: web.Request,
        socket: Socket,
        transport: Wire,
        actor: Actor,
    ) -> None:
        self.parts = parts
        self.request = request
        self.socket = socket
        self.transport = transport
        self.outlet = Outlet(transport, actor, self.close)
        self.recheck_at_s = 0.0
        """When the session is checked next (monotonic)."""
        self.closed_at_s: float | None = None
        settings = parts.settings
        self._bucket = TokenBucket(settings.messages_per_s, settings.messages_at_once, time.monotonic())
        self._ending: asyncio.Task[None] | None = None
        self._unwatch: Callable[[], None] | None = None
        if actor.session_id:
            self._unwatch = parts.hub.watch(f"session/{actor.session_id}", lambda _event: self.end_session())

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
        if self._ending is not None:
            return
        self.parts.hub.remove(self.outlet)
        self.parts.hub.figures.closed.labels(why.replace(" ", "-")).inc()
        self._ending = asyncio.create_task(self._close(code, why), name="close /live socket")

    async def _close(self, code: int, why: str) -> None:
        """A polite close; a client that does not even read is cut."""
        try:
            async with asyncio.timeout(CLOSE_WAIT_S):
                await self.socket.close(code=code, message=why.encode())
        except (TimeoutError, OSError):
            self.transport.abort()

    async def finish(self) -> None:
        """After the last message: leaves all rooms and waits for a close that is under way."""
        if self._unwatch is not None:
            self._unwatch()
        self.parts.hub.remove(self.outlet)
        if self._ending is not None:
            await asyncio.wait([self._ending])

    # commands

    async def run(self) -> None:
        """Reads until the client or the server closes."""
        while not self.outlet.closed:
            message = await self.socket.receive()
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            if not self._bucket.take(time.monotonic()):
                self.say_goodbye("too-many-messages", 5, POLICY_VIOLATION)
                return
            await self._answer(message.data)
            if self._too_much_unread() and not await self._was_read():
                self.close(TRY_AGAIN_LATER, "too slow")

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

    async def _answer(self, data: str | bytes) -> None:
        frame: protocol.ClientFrame | None = None
        try:
            if isinstance(data, bytes):
                raise Invalid("This is not a message that /live knows")
            frame = protocol.decode(data)
            await self._follow(frame)
        except AppError as problem:
            title, detail = self.parts.words(self.request, problem)
            room = frame.room if isinstance(frame, protocol.Join | protocol.Leave) else ""
            self.outlet.send(
                protocol.encode(protocol.refusal(problem, frame.ref if frame else None, room, title, detail))
            )

    async def _follow(self, frame: protocol.ClientFrame) -> None:
        match frame:
            case protocol.Join():
                await self._join(frame)
            case protocol.Leave():
                self.parts.hub.leave(self.outlet, frame.room)
                self.outlet.send(protocol.encode(protocol.Left(frame.room, frame.ref)))
            case protocol.Ping():
                self.outlet.send(protocol.encode(protocol.Pong(frame.ref)))

    async def _join(self, frame: protocol.Join) -> None:
        """Events first, then the snapshot: what happens between the two waits, so there is no gap."""
        hub, name, joins = self.parts.hub, frame.room, self.parts.hub.figures.joins
        try:
            room, params = self.parts.directory.admit(self.actor, name)
            hub.leave(self.outlet, name)
            if len(self.outlet.rooms) >= self.parts.settings.rooms_per_socket:
                raise TooMany(0, "This socket is in as many rooms as it may be")
            opened = hub.enter(self.outlet, name, room)
            try:
                snapshot = await read_snapshot(self.parts, room.snapshot, self.actor, params)
            except BaseException:
                hub.leave(self.outlet, name)
                raise
        except AppError as problem:
            joins.labels(problem.code).inc()
            raise
        resumed = opened.admit(self.outlet, frame.ref, frame.since, snapshot)
        joins.labels("resumed" if resumed else "snapshot").inc()

    # permission that changes

    async def look_again(self) -> None:
        """Checks session, roles and rooms anew. The session's end closes the socket; a lost room is left."""
        before = self.actor
        now = await self.parts.recheck(self.request)
        if (now.account_id, now.session_id) != (before.account_id, before.session_id):
            self.end_session()
            return
        if now.grants == before.grants:
            return
        self.outlet.actor = now
        for name in list(self.outlet.rooms):
            await self._look_again_at(name)

    async def _look_again_at(self, name: str) -> None:
        try:
            room, params = self.parts.directory.admit(self.actor, name)
            await read_snapshot(self.parts, room.snapshot, self.actor, params)
        except Unavailable:
            return  # not a word about permission: the next round asks again
        except AppError as problem:
            self.parts.hub.leave(self.outlet, name)
            title, _ = self.parts.words(self.request, problem)
            left = protocol.Left(name, None, int(problem.status), problem.code, title)
            self.outlet.send(protocol.encode(left))


async def read_snapshot(parts: Parts, load: Callable[..., Awaitable[msgspec.Struct]], *arguments: object) -> bytes:
    """A room's snapshot as JSON, from one consistent view of the database; it is the access check too.

    Raises what the room's loader raises, `Unavailable` when it takes too long or fails unexpectedly.
    """
    try:
        async with asyncio.timeout(parts.settings.snapshot_timeout_s), parts.gate:
            async with parts.database.transaction(readonly=True, isolation="repeatable_read") as tx:
                return protocol.encode_value(await load(tx, *arguments))
    except AppError:
        raise
    except TimeoutError:
        raise Unavailable from None
    except Exception:
        # the loop of a socket: a fault in one room's loader must not take the others of this socket with it
        log.exception("a room's snapshot failed")
        raise AppError from None
