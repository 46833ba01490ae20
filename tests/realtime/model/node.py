"""A server process of the model test: the realtime layer as the product mounts it, over the rooms of these tests.

`python -m tests.realtime.model.node URL BACKPLANE REDIS PORT`; prints its port when it listens. POST /write changes a row
and publishes it in a room of each kind, in one transaction.
"""

import sys

import msgspec
import uvloop
from aiohttp import web
from prometheus_client import CollectorRegistry

from app.actor import ANONYMOUS, Actor
from app.database import DATABASE, Database, open_pool
from app.log import set_up_logging
from app.metrics import METRICS
from app.process import stop_on_signals
from app.supervise import SUPERVISOR, Supervisor, supervisor_service
from realtime import bell
from realtime.connection import Visitor
from realtime.feature import Wiring, feature
from realtime.settings import BackplaneKind, RealtimeSettings
from tests.realtime.conftest import ROOMS, Note, NoteWritten, problems


class Change(msgspec.Struct):
    id: int
    text: str
    board: str


async def write(request: web.Request) -> web.Response:
    change = msgspec.json.decode(await request.read(), type=Change)
    async with request.app[DATABASE].transaction() as tx:
        note = await tx.one(
            Note,
            "INSERT INTO note VALUES ($1, $2, 1) ON CONFLICT (id) DO UPDATE"
            " SET text = excluded.text, rev = note.rev + 1 RETURNING id, text, rev",
            change.id,
            change.text,
        )
        for kind in ("board", "ledger", "meter"):
            tx.publish(f"{kind}/{change.board}", NoteWritten(note))
    return web.Response(status=204)


def make_app(database: Database, settings: RealtimeSettings) -> web.Application:
    app = web.Application(middlewares=[problems])
    app[DATABASE], app[METRICS], app[SUPERVISOR] = database, CollectorRegistry(), Supervisor()

    async def nobody(_request: web.Request) -> Actor:
        return ANONYMOUS

    async def visit(request: web.Request) -> Visitor:
        async def reread() -> Actor:
            return ANONYMOUS

        return Visitor(ANONYMOUS, request.remote or "", lambda problem: (problem.title, ""), reread)

    mounted = feature(
        Wiring(
            actor=nobody,
            visit=visit,
            rooms=lambda _app: ROOMS,
            settings=lambda _app: settings,
            origins=lambda _app: (),
        )
    )

    async def show_readiness(request: web.Request) -> web.Response:
        answers = {name: await probe(request.app) for name, probe in mounted.probes.items()}
        return web.Response(body=msgspec.json.encode(answers))

    app.cleanup_ctx.append(supervisor_service)
    app.cleanup_ctx.extend(mounted.services)
    for route in mounted.routes:
        app.router.add_route(route.method, route.path, route.handler)
    app.router.add_post("/write", write)
    app.router.add_get("/readyz", show_readiness)
    return app


async def run(url: str, backplane: str, redis: str, port: int) -> None:
    stop = stop_on_signals()
    pool = await open_pool(url, 8)
    settings = RealtimeSettings(backplane=BackplaneKind(backplane), redis_url=redis, drain_s=0.5)
    runner = web.AppRunner(make_app(Database(pool), settings), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()
    pool.terminate()


if __name__ == "__main__":
    for patience in ("PING_EVERY_S", "ANSWER_WITHIN_S"):  # a silent link is found in two seconds, not in six
        setattr(bell, patience, 1.0)
    set_up_logging("text", "warning")
    uvloop.run(run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
