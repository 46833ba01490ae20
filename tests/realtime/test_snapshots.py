"""Snapshots are shared by those who cannot be told apart, and are never older than the question."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from app.actor import Actor, Grant
from app.database import Database, Tx
from app.errors import AppError, Forbidden, NotFound, Unavailable
from app.feature import ANYONE, Params, Room, RoomKind
from realtime.figures import Figures
from realtime.settings import RealtimeSettings
from realtime.snapshots import Snapshots
from tests.realtime.conftest import Note, Notes

NOBODY = Actor(address="10.0.0.1")


class Source:
    """A room whose loader is held until it is let go."""

    def __init__(self) -> None:
        self.readings = 0
        self.actors: list[Actor] = []
        self.answer: Callable[[], Any] = lambda: Notes([Note(self.readings, "", 1)])
        self.go = asyncio.Event()
        self.room = Room(pattern="board/{board}", allow=ANYONE, kind=RoomKind.LOG, snapshot=self.load, events=())

    async def load(self, _tx: Tx, actor: Actor, _params: Params) -> Any:
        self.readings += 1
        self.actors.append(actor)
        mine = self.answer()
        await self.go.wait()
        if isinstance(mine, Exception):
            raise mine
        return mine


@pytest.fixture
async def source() -> Source:
    return Source()


def made(database: Database, **settings: Any) -> Snapshots:
    return Snapshots(database, RealtimeSettings(**settings), Figures(CollectorRegistry()))


async def spin() -> None:
    """Lets whatever was started come to where it waits."""
    await asyncio.sleep(0.1)


async def test_a_crowd_shares_one_reading(database: Database, source: Source) -> None:
    snapshots = made(database)
    ask = lambda number: snapshots.read(source.room, "board/a", Actor(address=f"10.0.0.{number}"), {})  # noqa: E731
    crowd = [asyncio.create_task(ask(number)) for number in range(200)]
    await spin()
    assert source.readings == 1
    assert source.actors == [Actor()], "an address is told to no loader"
    source.go.set()
    assert {(await each).snapshot for each in crowd} == {b'{"notes":[{"id":1,"text":"","rev":1}]}'}
    assert snapshots._readers == {}


async def test_who_comes_during_a_reading_gets_the_next_one(database: Database, source: Source) -> None:
    """The state may have changed since that one looked: nobody may be given it who asked later."""
    snapshots = made(database)
    first = asyncio.create_task(snapshots.read(source.room, "board/a", NOBODY, {}))
    await spin()
    later = [asyncio.create_task(snapshots.read(source.room, "board/a", NOBODY, {})) for _ in range(50)]
    await spin()
    assert source.readings == 1
    source.go.set()
    assert b'"id":1' in (await first).snapshot
    assert {b'"id":2' in (await each).snapshot for each in later} == {True}
    assert source.readings == 2


async def test_people_who_can_be_told_apart_do_not_share(database: Database, source: Source) -> None:
    snapshots = made(database)
    source.go.set()
    actors = [
        NOBODY,
        Actor(1, session_id="a"),
        Actor(2, session_id="b"),
        Actor(1, session_id="c"),
        Actor(language="uk"),
    ]
    actors.append(Actor(1, session_id="a", grants=(Grant("clerk", "1"),)))
    await asyncio.gather(*(snapshots.read(source.room, "board/a", actor, {}) for actor in actors))
    assert source.readings == len(actors)
    await asyncio.gather(*(snapshots.read(source.room, f"board/{name}", NOBODY, {}) for name in "xyz"))
    assert source.readings == len(actors) + 3


@pytest.mark.parametrize("problem", [NotFound(), Forbidden()])
async def test_a_refusal_is_everybodys(database: Database, source: Source, problem: AppError) -> None:
    snapshots = made(database)
    source.answer = lambda: problem
    source.go.set()
    crowd = [asyncio.create_task(snapshots.read(source.room, "board/a", NOBODY, {})) for _ in range(20)]
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    assert {type(answer) for answer in answers} == {type(problem)}
    assert source.readings == 1


async def test_a_fault_is_no_refusal_and_harms_no_later_reading(database: Database, source: Source) -> None:
    snapshots = made(database)
    source.answer = ZeroDivisionError
    source.go.set()
    with pytest.raises(AppError) as raised:
        await snapshots.read(source.room, "board/a", NOBODY, {})
    assert raised.value.code == "failed"
    source.answer = lambda: Notes([])
    assert (await snapshots.read(source.room, "board/a", NOBODY, {})).snapshot == b'{"notes":[]}'


async def test_one_who_leaves_does_not_take_the_reading_away(database: Database, source: Source) -> None:
    snapshots = made(database)
    gone = asyncio.create_task(snapshots.read(source.room, "board/a", NOBODY, {}))
    stays = asyncio.create_task(snapshots.read(source.room, "board/a", NOBODY, {}))
    await spin()
    gone.cancel()
    await spin()
    source.go.set()
    assert b'"id":1' in (await stays).snapshot


async def test_a_reading_that_takes_too_long_is_unavailable(database: Database, source: Source) -> None:
    snapshots = made(database, snapshot_timeout_s=0.2)
    with pytest.raises(Unavailable):
        await snapshots.read(source.room, "board/a", NOBODY, {})
    source.go.set()
    assert (await snapshots.read(source.room, "board/a", NOBODY, {})).snapshot
    assert await database.pool.fetchval("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") == 0


async def test_only_so_many_read_at_once(database: Database, source: Source) -> None:
    snapshots = made(database, snapshots_at_once=2)
    crowd = [
        asyncio.create_task(snapshots.read(source.room, f"board/{number % 5}", NOBODY, {})) for number in range(50)
    ]
    async with asyncio.timeout(30):
        while source.readings < 2:
            await spin()
    await spin()
    assert source.readings == 2
    source.go.set()
    await asyncio.gather(*crowd)
    assert source.readings == 5, "who waits in line shares as well"
