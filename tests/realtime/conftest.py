"""A small application around the realtime layer: rooms over one table, actors from a header, a real PostgreSQL."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
import websockets
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from app.actor import ANONYMOUS, Actor, Grant
from app.api import Problem
from app.database import DATABASE, Database, Tx
from app.errors import AppError, Forbidden, NotFound
from app.feature import ANYONE, SIGNED_IN, Acknowledged, Event, Params, Room, RoomKind, having
from app.metrics import METRICS
from app.supervise import SUPERVISOR, Supervisor, supervisor_service
from realtime.connection import Visitor
from realtime.feature import Wiring, feature
from realtime.hub import HUB, Hub
from realtime.settings import RealtimeSettings
from realtime.web import SOCKETS


class Note(msgspec.Struct, frozen=True):
    """A row of the test table."""

    id: int
    text: str
    rev: int


class NoteWritten(Event, frozen=True, tag=True):
    note: Note

    @property
    def key(self) -> str:
        return str(self.note.id)


class NoteErased(NoteWritten, frozen=True, tag=True):
    """Nobody shall read the older words any more."""

    erases: ClassVar[bool] = True


class NoteRemoved(Event, frozen=True, tag=True):
    """The row is no more; or it is not to be seen until a revision from `rev` on."""

    removes: ClassVar[bool] = True

    id: int
    rev: int = 0

    @property
    def key(self) -> str:
        return str(self.id)


class Notes(msgspec.Struct, frozen=True):
    notes: list[Note]


async def all_notes(tx: Tx) -> list[Note]:
    return await tx.all(Note, "SELECT id, text, rev FROM note ORDER BY id")


async def snapshot_of_board(tx: Tx, actor: Actor, params: Params) -> Notes:
    """Board `secret` is not known to anybody but account 1; `broken` has a fault; `slow` takes its time."""
    match params["board"]:
        case "secret" if actor.account_id != 1:
            raise NotFound
        case "locked":
            raise Forbidden
        case "broken":
            raise ZeroDivisionError
        case "slow":
            await tx.execute("SELECT pg_sleep(0.15)")
        case "endless":
            await tx.execute("SELECT pg_sleep(30)")
        case "huge":
            return Notes([Note(number, "x" * 1000, 1) for number in range(200)])
        case "granted" if not actor.roles:
            raise Forbidden
    return Notes(await all_notes(tx))


class Delivered(Event, frozen=True, tag=True):
    """Who has which notes."""

    account_id: int
    keys: tuple[str, ...]


async def tell_delivered(tx: Tx, params: Params, acks: Sequence[Acknowledged]) -> None:
    """As a feature would that shows «delivered» to whoever sent the alert."""
    for ack in acks:
        tx.publish(f"delivered/{params['board']}", Delivered(ack.account_id, ack.keys))


def room(pattern: str, kind: RoomKind, **options: Any) -> Room:
    return Room(
        pattern=pattern,
        allow=options.pop("allow", ANYONE),
        kind=kind,
        snapshot=snapshot_of_board,
        events=options.pop("events", (NoteWritten,)),
        **options,
    )


ROOMS = (
    room("board/{board}", RoomKind.LOG, presence=True),
    room("meter/{board}", RoomKind.LATEST),
    room("typing/{board}", RoomKind.EPHEMERAL),
    room("delivered/{board}", RoomKind.LOG),
    room("staff/{board}", RoomKind.LOG, allow=having("clerk")),
    room("ledger/{board}", RoomKind.LOG, kept=True, events=(NoteWritten, NoteErased)),
    room("alerts/{board}", RoomKind.LOG, kept=True, acks=True, allow=SIGNED_IN, acknowledged=tell_delivered),
)


def actor_of(request: web.Request) -> Actor:
    """`Authorization: <account> <session> <role>` makes an actor; nothing makes nobody."""
    words = request.headers.get("Authorization", "").split()
    if not words:
        return msgspec.structs.replace(ANONYMOUS, address=request.remote or "")
    account, session, role = (*words, "", "")[:3]
    grants = (Grant(role, "1"),) if role else ()
    return Actor(int(account), f"Person {account}", f"p{account}", "en", grants, session, request.remote or "")


@pytest.fixture
async def board(database: Database) -> Database:
    """A database with the table of these tests."""
    await database.pool.execute("CREATE TABLE note (id bigint PRIMARY KEY, text text NOT NULL, rev int NOT NULL)")
    return database


class Site:
    """A running server, and ways to reach it."""

    def __init__(self, server: TestServer, database: Database, current: Callable[[web.Request], Actor]) -> None:
        self.server = server
        self.database = database
        self.current = current
        """Who a request belongs to: replace it to change roles under an open socket."""
        self.url = f"ws://127.0.0.1:{server.port}/live"

    @property
    def app(self) -> web.Application:
        return self.server.app

    @property
    def hub(self) -> Hub:
        return self.app[HUB]

    def figure(self, name: str, **labels: str) -> float:
        return self.app[METRICS].get_sample_value(name, labels) or 0.0

    def connect(self, who: str = "", **options: Any) -> websockets.connect:
        headers = {"Authorization": who} if who else {}
        return websockets.connect(
            self.url, additional_headers=headers | options.pop("headers", {}), compression=None, **options
        )

    async def write(self, number: int, text: str = "", room: str = "board/a", backplane: Any = None) -> Note:
        """Changes a row and publishes it, as an action would."""
        async with self.database.transaction() as tx:
            note = await tx.one(
                Note,
                "INSERT INTO note VALUES ($1, $2, 1) ON CONFLICT (id) DO UPDATE"
                " SET text = excluded.text, rev = note.rev + 1 RETURNING id, text, rev",
                number,
                text or f"note {number}",
            )
            tx.publish(room, NoteWritten(note))
        return note


@web.middleware
async def problems(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        return await handler(request)
    except AppError as problem:
        described = Problem(type=problem.code, title=problem.title, status=int(problem.status))
        headers = {"Retry-After": str(problem.retry_after_s)} if hasattr(problem, "retry_after_s") else {}
        return web.Response(status=problem.status, body=msgspec.json.encode(described), headers=headers)


SiteMaker = Callable[..., "contextlib.AbstractAsyncContextManager[Site]"]


@pytest.fixture
def make_site(board: Database) -> SiteMaker:
    @contextlib.asynccontextmanager
    async def make(
        pages: dict[str, Any] | None = None, scripts: Path | None = None, **settings: Any
    ) -> AsyncIterator[Site]:
        app = web.Application(middlewares=[problems])
        app[DATABASE], app[METRICS], app[SUPERVISOR] = board, CollectorRegistry(), Supervisor()
        site: Site

        async def actor(request: web.Request) -> Actor:
            return site.current(request)

        async def visit(request: web.Request) -> Visitor:
            async def reread() -> Actor:
                return site.current(request)

            return Visitor(
                site.current(request), request.remote or "", lambda problem: (problem.title, problem.detail), reread
            )

        mounted = feature(
            Wiring(
                actor=actor,
                visit=visit,
                rooms=lambda _app: ROOMS,
                settings=lambda _app: RealtimeSettings(**settings),
                origins=lambda _app: ("https://sesje.example.pl",),
            )
        )
        app.cleanup_ctx.append(supervisor_service)
        app.cleanup_ctx.extend(mounted.services)
        for route in mounted.routes:
            app.router.add_route(route.method, route.path, route.handler)
        for path, handler in (pages or {}).items():
            app.router.add_get(path, handler)
        if scripts is not None:
            app.router.add_static("/js", scripts)
        server = TestServer(app)
        await server.start_server()
        site = Site(server, board, actor_of)
        try:
            yield site
        finally:
            await server.close()

    return make


@pytest.fixture
def quick_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who hangs in its close is not waited for."""
    monkeypatch.setattr("realtime.web.CUT_AFTER_S", 0.1)


@pytest.fixture
async def site(make_site: SiteMaker) -> AsyncIterator[Site]:
    async with make_site() as made:
        yield made


class Client:
    """Speaks the protocol over an independent WebSocket library."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        await self.socket.send(msgspec.json.encode(frame).decode())

    async def hear(self, op: str = "", within_s: float = 10) -> dict[str, Any]:
        """The next frame, or the next of one kind."""
        async with asyncio.timeout(within_s):
            while True:
                frame = msgspec.json.decode(await self.socket.recv())
                if not op or frame["op"] == op:
                    return frame

    async def join(self, name: str, ref: int = 1, since: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a join, whatever it is."""
        await self.say(op="join", room=name, ref=ref, **({"since": since} if since else {}))
        while True:
            frame = await self.hear()
            if frame["op"] in {"joined", "refused"} and frame.get("ref") == ref:
                return frame

    async def close_code(self, within_s: float = 10) -> int:
        async with asyncio.timeout(within_s):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self.socket.recv()
        code = self.socket.close_code
        assert code is not None
        return code


def sockets_open(site: Site) -> int:
    return len(site.app[SOCKETS].open)
