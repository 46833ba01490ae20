"""The product with one feature more: a room for benchmarks, mounted as any feature is.

python -m tests.bench.fanout_site DATA PORT PUBLISH_PORT

Lines on the publishing port: `N AT` publishes an event through `Database.announce`, as meters and states of streams are
(hub, room, numbering, backlog; no row is written); `tx N AT` the same through `tx.publish` of a transaction that changes
a row; `mark V` changes the state that the room's snapshot holds, and answers `ok` when that is committed.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from aiohttp import web

import run
from app import serving
from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.feature import ANYONE, Event, Feature, Params, Room, RoomKind
from app.log import set_up_logging
from app.process import run_loop

PAD = "x" * 141
"""Makes the event 200 bytes long."""
NAME = "bench/1"
ROWS = 30


class Ticked(Event, frozen=True, tag=True):
    n: int
    at: int
    pad: str


class Marked(Event, frozen=True, tag=True):
    """The state of the board is another one."""

    mark: int

    @property
    def key(self) -> str:
        return "mark"


class Row(msgspec.Struct, frozen=True):
    id: int
    text: str


class Board(msgspec.Struct, frozen=True):
    rows: list[Row]
    mark: int


async def board(tx: Tx, _actor: Actor, params: Params) -> Board:
    """About 6 kB in two queries, as much as a session with its agenda."""
    rows = await tx.all(Row, "SELECT id, text FROM bench_row WHERE id < $1 ORDER BY id", ROWS)
    return Board(rows, await tx.value("SELECT mark FROM bench_board WHERE name = $1", params["board"]))


def publish_port() -> int:
    return int(os.environ["BENCH_PUBLISH_PORT"])


async def publisher(app: web.Application) -> AsyncIterator[None]:
    database: Database = app[DATABASE]
    await database.pool.execute("CREATE TABLE IF NOT EXISTS bench_board (name text PRIMARY KEY, mark bigint NOT NULL)")
    await database.pool.execute("CREATE TABLE IF NOT EXISTS bench_row (id int PRIMARY KEY, text text NOT NULL)")
    await database.pool.execute("INSERT INTO bench_board VALUES ('1', 0) ON CONFLICT DO NOTHING")
    await database.pool.execute(
        "INSERT INTO bench_row SELECT n, repeat('agenda ', 28) FROM generate_series(0, 29) AS n ON CONFLICT DO NOTHING"
    )

    async def change(event: Ticked | Marked, sql: str, *values: object) -> None:
        async with database.transaction() as tx:
            await tx.execute(sql, *values)
            tx.publish(NAME, event)

    async def feed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            match line.split():
                case [b"mark", value]:
                    await change(Marked(int(value)), "UPDATE bench_board SET mark = $1 WHERE name = '1'", int(value))
                    writer.write(b"ok\n")
                case [b"tx", number, at]:
                    await change(
                        Ticked(int(number), int(at), PAD), "UPDATE bench_board SET mark = mark WHERE name = '1'"
                    )
                case [number, at]:
                    database.announce(NAME, Ticked(int(number), int(at), PAD))

    server = await asyncio.start_server(feed, "127.0.0.1", publish_port())
    yield
    server.close()


FEATURE = Feature(
    name="bench",
    folder=Path(__file__).parent / "fanout_site",
    rooms=(
        Room(
            pattern="bench/{board}",
            allow=ANYONE,
            kind=RoomKind.LOG,
            snapshot=board,
            events=(Ticked, Marked),
            presence=True,
            summary="A benchmark's",
        ),
    ),
    services=(publisher,),
)


def main(data: str, port: int) -> None:
    settings = serving.Settings((*run.FEATURES, FEATURE), None, server={"data": data, "port": port})
    set_up_logging(settings.server.log_format, settings.server.log_level)

    async def begin(_application: web.Application, _url: str, port: int) -> None:
        print(f"ready {port}", flush=True)

    run_loop(lambda: serving.serve(settings, begin))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
