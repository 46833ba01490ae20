"""The addresses: `/live` for sockets, `/api/live/snapshot` for those who only want to look."""

import asyncio
import contextlib
import random
import time
from typing import Final

import msgspec
import structlog
from aiohttp import web

from app.actor import Actor
from app.errors import AppError, NotFound
from realtime import event_stream, protocol
from realtime.connection import Connection, Parts, read_snapshot
from realtime.door import Door, check_origin
from realtime.open_room import TRY_AGAIN_LATER

log = structlog.get_logger(__name__)

GOING_AWAY: Final = 1001
CUT_AFTER_S: Final = 5.0
"""A socket that aiohttp closed (no pong) and whose transport still holds unread bytes is cut after so long."""


class Sockets:
    """All open sockets of one application."""

    def __init__(self, parts: Parts, origins: tuple[str, ...] = ()) -> None:
        self.parts = parts
        self.origins = origins
        self.door = Door(parts.settings)
        self.open: set[Connection] = set()

    async def serve(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        """One socket, from handshake to end. Raises `AppError` where it is not opened."""
        self._check(request, actor)
        settings = self.parts.settings
        socket = web.WebSocketResponse(
            compress=False, max_msg_size=protocol.MAX_FRAME_BYTES, heartbeat=settings.heartbeat_s, autoping=True
        )
        if not socket.can_prepare(request):
            raise web.HTTPUpgradeRequired
        address = actor.address or request.remote or ""
        self.door.enter(address, actor.account_id)
        try:
            await socket.prepare(request)
            transport = request.transport
            if transport is not None:
                # aiohttp types it as the smallest transport; of a server it is a full one
                await self._run(Connection(self.parts, request, socket, transport, actor))
        finally:
            self.door.leave(address, actor.account_id)
        return socket

    async def serve_events(self, request: web.Request, actor: Actor) -> web.StreamResponse:
        """The same as an event stream. Query: `room`, once or more; `since` or `Last-Event-ID` as events gave them."""
        self._check(request, actor)
        positions = request.headers.get("Last-Event-ID") or request.query.get("since", "")
        asked = event_stream.joins(request.query.getall("room", []), positions)
        if request.method == "HEAD":
            return web.Response(content_type="text/event-stream")
        address = actor.address or request.remote or ""
        self.door.enter(address, actor.account_id)
        try:
            response, transport = await event_stream.open_stream(request)
            socket = event_stream.StreamSocket(transport, asked, self.parts.settings.heartbeat_s)
            await self._run(Connection(self.parts, request, socket, transport, actor))
        finally:
            self.door.leave(address, actor.account_id)
        return response

    def _check(self, request: web.Request, actor: Actor) -> None:
        figures = self.parts.hub.figures
        try:
            check_origin(request.headers.get("Origin"), request.host, self.origins)
            problem = self.door.refusal(actor.address or request.remote or "", actor.account_id)
            if problem is not None:
                raise problem
        except AppError as problem:
            figures.refused.labels(problem.code).inc()
            raise

    async def _run(self, connection: Connection) -> None:
        connection.recheck_at_s = time.monotonic() + self.parts.settings.recheck_s * random.uniform(0.5, 1)  # noqa: S311 (spreads work, hides nothing)
        self.open.add(connection)
        self.parts.hub.figures.sockets.set(len(self.open))
        try:
            await connection.run()
        except ConnectionError:
            pass  # the client went away in the middle of an answer
        finally:
            self.open.discard(connection)
            self.parts.hub.figures.sockets.set(len(self.open))
            await connection.finish()

    async def keep_watch(self) -> None:
        """Once a second: sessions that are due are checked, and sockets that hang in their close are cut."""
        while True:
            await asyncio.sleep(1)
            await self.look_around(time.monotonic())

    async def look_around(self, now_s: float) -> None:
        due: list[Connection] = []
        for connection in self.open:
            if connection.socket.closed:
                connection.closed_at_s = connection.closed_at_s or now_s
                if now_s - connection.closed_at_s > CUT_AFTER_S:
                    connection.transport.abort()
            elif connection.actor.signed_in and now_s >= connection.recheck_at_s:
                connection.recheck_at_s = now_s + self.parts.settings.recheck_s
                due.append(connection)
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
        return Snapshot(
            room=name,
            epoch=epoch,
            seq=seq,
            snapshot=msgspec.Raw(await read_snapshot(self.parts, room.snapshot, actor, params)),
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
