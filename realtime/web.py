"""The addresses: `/live` for sockets, `/api/live/snapshot` for those who only want to look."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog
from aiohttp import WSMsgType, web

from app.actor import Actor
from app.errors import AppError, NotFound
from realtime import event_stream, protocol
from realtime.connection import Connection, Parts, Socket, Visitor, Wire
from realtime.door import Door, check_origin
from realtime.heartbeat import Heartbeat
from realtime.live_socket import LiveSocket
from realtime.open_room import TRY_AGAIN_LATER
from realtime.upgrade import handshake_key, switch

log = structlog.get_logger(__name__)

GOING_AWAY: Final = 1001
CUT_AFTER_S: Final = 2.0
"""A client that does not answer our close, or does not read what is before it, is cut after so long."""

Visit = Callable[[web.Request], Awaitable[Visitor]]
"""Who opens a socket with a request, and how to ask again later."""


class Sockets:
    """All open sockets of one application."""

    def __init__(self, parts: Parts, visit: Visit, origins: tuple[str, ...] = ()) -> None:
        self.parts = parts
        self.origins = origins
        self.door = Door(parts.settings)
        self.heartbeat = Heartbeat(parts.settings.heartbeat_s)
        self.open: set[Connection] = set()
        self._visit = visit
        self._signed_in: set[Connection] = set()
        self._leaving: set[Connection] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Opens a socket; its life goes on after this. Raises `AppError` where it is not opened."""
        key = handshake_key(request)
        visitor = await self._let_in(request)
        try:
            response, transport, received = await switch(request, key)
        except BaseException:
            self.door.leave(visitor.address, visitor.actor.account_id)
            raise
        socket = LiveSocket(transport, self.heartbeat)
        connection = self._begin(socket, transport, visitor)
        transport.set_protocol(socket)
        transport.set_write_buffer_limits(high=0)  # so that it tells as soon as anything waits in it
        connection.filling(full=transport.get_write_buffer_size() > 0)
        if self.parts.hub.ring is not None:
            connection.outlet.entry = self.parts.hub.ring.entry(transport)
        socket.open(connection, received)
        return response

    async def serve_events(self, request: web.Request) -> web.StreamResponse:
        """The same as an event stream. Query: `room`, once or more; `since` or `Last-Event-ID` as events gave them."""
        positions = request.headers.get("Last-Event-ID") or request.query.get("since", "")
        asked = event_stream.joins(request.query.getall("room", []), positions)
        if request.method == "HEAD":
            return web.Response(content_type="text/event-stream")
        visitor = await self._let_in(request)
        try:
            response, transport = await event_stream.open_stream(request)
        except BaseException:
            self.door.leave(visitor.address, visitor.actor.account_id)
            raise
        socket = event_stream.StreamSocket(transport, asked, self.parts.settings.heartbeat_s)
        connection = self._begin(socket, transport, visitor)
        try:
            while (message := await socket.receive()).type is WSMsgType.TEXT:
                connection.hear(message.data)
        finally:
            connection.gone()
        return response

    async def _let_in(self, request: web.Request) -> Visitor:
        """Counts whoever asks, or says why not."""
        try:
            check_origin(request.headers.get("Origin"), request.host, self.origins)
            if QUEUED not in request:
                await self.parts.turnstile.wait()
            visitor = await self._visit(request)
            problem = self.door.refusal(visitor.address, visitor.actor.account_id)
            if problem is not None:
                raise problem
        except AppError as problem:
            self.parts.hub.figures.refused.labels(problem.code).inc()
            raise
        self.door.enter(visitor.address, visitor.actor.account_id)
        return visitor

    # a connection's life

    def _begin(self, socket: Socket, transport: Wire, visitor: Visitor) -> Connection:
        connection = Connection(self.parts, self, socket, transport, visitor)
        connection.recheck_at_s = time.monotonic() + self.parts.settings.recheck_s * random.uniform(0.5, 1)  # noqa: S311 (spreads work, hides nothing)
        self.open.add(connection)
        if visitor.actor.signed_in:
            self._signed_in.add(connection)
        self.parts.hub.figures.sockets.set(len(self.open))
        return connection

    def leaving(self, connection: Connection) -> None:
        self._signed_in.discard(connection)
        self._leaving.add(connection)

    def gone(self, connection: Connection) -> None:
        self.open.discard(connection)
        self._leaving.discard(connection)
        self.door.leave(connection.visitor.address, connection.visitor.actor.account_id)
        self.parts.hub.figures.sockets.set(len(self.open))

    async def keep_watch(self) -> None:
        """Once a second: sessions that are due are checked, and sockets that hang in their close are cut."""
        while True:
            await asyncio.sleep(1)
            await self.look_around(time.monotonic())

    async def look_around(self, now_s: float) -> None:
        for connection in list(self._leaving):
            if connection.closing_at_s is not None and now_s - connection.closing_at_s > CUT_AFTER_S:
                connection.transport.abort()
        due = [connection for connection in self._signed_in if now_s >= connection.recheck_at_s]
        for connection in due:
            connection.recheck_at_s = now_s + self.parts.settings.recheck_s
        for connection in due:
            try:
                await connection.look_again()
            except AppError:
                log.warning("a session could not be checked; the next round tries again")

    async def drain(self) -> None:
        """The server stops: everybody is told when to come back, spread out, and closed within `drain_s`."""
        self.door.closing = True
        waiting = list(self.open)
        random.shuffle(waiting)
        spread_s = 1 + len(waiting) / 400
        slices = max(1, min(20, len(waiting) // 50))
        pause_s = self.parts.settings.drain_s / 2 / slices
        for index in range(slices):
            for connection in waiting[index::slices]:
                connection.say_goodbye("server-stops", random.uniform(0.5, 0.5 + spread_s), GOING_AWAY)  # noqa: S311 (spreads work, hides nothing)
            await asyncio.sleep(pause_s if index < slices - 1 else 0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.parts.settings.drain_s / 2):
                while self.open:  # noqa: ASYNC110 (an event would cost every close of every day)
                    await asyncio.sleep(0.02)
        for connection in list(self.open):
            connection.transport.abort()

    def end_all(self, why: str) -> None:
        """Sends everybody away for a moment, because events may have been missed."""
        for connection in list(self.open):
            connection.say_goodbye(why, random.uniform(0, 1 + len(self.open) / 400), TRY_AGAIN_LATER)  # noqa: S311 (spreads work, hides nothing)

    async def snapshot(self, actor: Actor, name: str) -> "Snapshot":
        """What a join would answer, for those who only want to look."""
        if len(name) > protocol.MAX_ROOM_CHARS:
            raise NotFound
        room, params = self.parts.directory.admit(actor, name)
        opened = self.parts.hub.rooms.get(name)
        epoch, seq = (opened.epoch, opened.seq) if opened else ("", 0)
        reading = await self.parts.snapshots.read(room, name, actor, params)
        if reading.place is not None:
            epoch, seq = reading.place.epoch, reading.place.seq
        return Snapshot(
            room=name,
            epoch=epoch,
            seq=seq,
            snapshot=msgspec.Raw(reading.snapshot),
        )


class Snapshot(msgspec.Struct, frozen=True):
    """A room as it is now. With `epoch` and `seq` a socket may join and go on from here; a quiet room has neither."""

    room: str
    epoch: str
    seq: int
    snapshot: msgspec.Raw


class SnapshotQuery(msgspec.Struct, frozen=True):
    """Query of `/api/live/snapshot`."""

    room: str


class EventsQuery(msgspec.Struct, frozen=True):
    """Query of the event stream. `room` may be repeated; `since` is the `id` of the last event one has."""

    room: str
    since: str = ""


SOCKETS: web.AppKey[Sockets] = web.AppKey("sockets", Sockets)
QUEUED: Final = web.RequestKey("queued", bool)
"""Set on a request that has passed the turnstile."""


def queue_up(app: web.Application) -> Callable[[web.BaseRequest], Awaitable[None]]:
    """A shortcut (app.shortcuts) that answers nothing: a crowd waits its turn before router, session and middleware."""
    turnstile = app[SOCKETS].parts.turnstile

    async def wait(request: web.BaseRequest) -> None:
        def gone() -> bool:
            return request.transport is None or request.transport.is_closing()

        await turnstile.wait(gone=gone)
        if gone():
            raise asyncio.CancelledError  # as aiohttp ends a handler whose client has left: nothing is logged
        request[QUEUED] = True

    return wait
