"""The transaction: what leaves after COMMIT, what never leaves, and what becomes of its connection."""

import asyncio
import itertools

import asyncpg
import msgspec
import pytest

from app.database import GATHER_S, Database, Publication, open_pool
from app.errors import ConfigurationError, NotFound, Unavailable
from app.feature import Event


class Risen(Event, frozen=True, tag=True):
    number: int


class Thing(msgspec.Struct, frozen=True):
    id: int
    name: str


class Recorder:
    """A backplane that notes what it is told and what another connection could see of it then."""

    def __init__(self):
        self.told = []
        self.fails = False

    async def stage(self, tx, publications):
        if self.fails:
            raise OSError("no room")
        self.told.append(("stage", list(publications), await tx.value("SELECT count(*) FROM thing")))

    def dispatch(self, publications):
        self.told.append(("dispatch", list(publications)))

    def announce(self, publications):
        self.told.append(("announce", list(publications)))


@pytest.fixture
async def db(database_url):
    """A pool of one connection: whoever does not give it back is found out."""
    pool = await open_pool(database_url, 1)
    await pool.execute("CREATE TABLE thing (id int PRIMARY KEY, name text NOT NULL)")
    try:
        yield Database(pool, Recorder())
    finally:
        pool.terminate()


async def names(db):
    async with asyncio.timeout(5):
        return [row["name"] for row in await db.pool.fetch("SELECT name FROM thing ORDER BY id")]


async def add(tx, number=1, name="gryf"):
    return await tx.execute("INSERT INTO thing VALUES ($1, $2)", number, name)


async def test_events_leave_after_commit(db, database_url):
    outside = await asyncpg.connect(database_url)
    try:
        async with db.transaction() as tx:
            assert await add(tx) == "INSERT 0 1"
            tx.publish("room/1", Risen(1))
            tx.publish("room/2", Risen(2))
            assert db.backplane.told == []
            assert await outside.fetchval("SELECT count(*) FROM thing") == 0
        assert await outside.fetchval("SELECT count(*) FROM thing") == 1
    finally:
        await outside.close()
    sent = [Publication("room/1", Risen(1)), Publication("room/2", Risen(2))]
    assert db.backplane.told == [("stage", sent, 1), ("dispatch", sent)]


async def test_a_glance_is_one_statement_and_tells_nobody(db):
    async with db.transaction() as tx:
        await add(tx)
    told = len(db.backplane.told)
    async with db.glance() as tx:
        assert await tx.value("SELECT name FROM thing") == "gryf"
        assert not tx.connection.is_in_transaction()
    with pytest.raises(RuntimeError, match="changes nothing"):
        async with db.glance() as tx:
            tx.publish("room/1", Risen(1))
    assert len(db.backplane.told) == told
    async with asyncio.timeout(5), db.glance() as tx:
        assert await tx.maybe(Thing, "SELECT id, name FROM thing") == Thing(1, "gryf"), "the connection was given back"


async def test_the_clock_goes_on_within_a_transaction(db):
    async with db.transaction() as tx:
        began = await tx.value("SELECT now()")
        first, second = await tx.now(), await tx.now()
        assert began < first < second
        assert await tx.value("SELECT now()") == began
    async with db.glance() as tx:
        assert await tx.now() > second


async def test_work_is_woken_after_commit_once_and_by_nothing_else(db):
    asleep = asyncio.create_task(db.woken("sealing", 20))
    async with db.transaction() as tx:
        tx.wake("sealing")
        await asyncio.sleep(0)
        assert not asleep.done(), "not before COMMIT"
    async with asyncio.timeout(5):
        assert await asleep
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            tx.wake("sealing")
            raise ZeroDivisionError
    async with db.transaction() as tx:
        tx.wake("another")
    assert not await db.woken("sealing", 0.01), "neither a rollback nor other work wakes it"
    async with db.transaction() as tx:
        tx.wake("sealing")
    assert await db.woken("sealing", 20), "what came while it was at work is not forgotten"
    assert not await db.woken("sealing", 0.01)


async def test_a_storm_of_changes_wakes_few_turns(db):
    async def change():
        async with db.transaction() as tx:
            tx.wake("counting")

    turns = []

    async def work():
        while True:
            if await db.woken("counting", 20):
                turns.append(asyncio.get_running_loop().time())

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    for _ in range(40):
        await change()
        await asyncio.sleep(0.005)
    await asyncio.sleep(2 * GATHER_S)
    working.cancel()
    assert 1 < len(turns) < 20
    assert all(after - before >= GATHER_S * 0.99 for before, after in itertools.pairwise(turns))


async def test_callbacks_run_after_commit_with_the_connection_given_back(db):
    seen = []
    async with db.transaction() as tx:
        await add(tx)
        tx.after_commit(lambda: seen.append(("first", db.pool.get_idle_size(), len(db.backplane.told))))
        tx.after_commit(lambda: seen.append(("second", db.pool.get_idle_size(), len(db.backplane.told))))
        tx.publish("room/1", Risen(1))
        assert seen == []
    assert seen == [("first", 1, 2), ("second", 1, 2)]


async def test_a_rollback_discards_everything(db):
    seen = []
    with pytest.raises(NotFound):
        async with db.transaction() as tx:
            await add(tx)
            tx.publish("room/1", Risen(1))
            tx.after_commit(lambda: seen.append(True))
            raise NotFound
    assert await names(db) == []
    assert (db.backplane.told, seen) == ([], [])


async def test_a_constraint_checked_at_commit_discards_everything(db):
    await db.pool.execute("ALTER TABLE thing ADD UNIQUE (name) DEFERRABLE INITIALLY DEFERRED")
    seen = []
    with pytest.raises(asyncpg.UniqueViolationError):
        async with db.transaction() as tx:
            await add(tx, 1)
            await add(tx, 2)
            tx.publish("room/1", Risen(1))
            tx.after_commit(lambda: seen.append(True))
    assert await names(db) == []
    assert [told[0] for told in db.backplane.told] == ["stage"]
    assert seen == []


async def test_events_that_cannot_be_staged_stop_the_commit(db):
    db.backplane.fails = True
    with pytest.raises(OSError, match="no room"):
        async with db.transaction() as tx:
            await add(tx)
            tx.publish("room/1", Risen(1))
    assert await names(db) == []
    assert db.backplane.told == []


async def test_without_events_nothing_is_told(db):
    async with db.transaction() as tx:
        await add(tx)
    assert await names(db) == ["gryf"]
    assert db.backplane.told == []


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(60)", None])
async def test_a_cancelled_block_rolls_back_and_gives_its_connection_back(db, statement):
    """Cancelled inside a running statement, and between statements."""
    inside, seen = asyncio.Event(), []

    async def work():
        async with db.transaction() as tx:
            await add(tx)
            tx.publish("room/1", Risen(1))
            tx.after_commit(lambda: seen.append(True))
            inside.set()
            if statement:
                await tx.execute(statement)
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await names(db) == []
    assert (db.backplane.told, seen) == ([], [])
    async with db.transaction() as tx:
        await add(tx, 2, "after")
    assert await names(db) == ["after"]


async def test_a_closed_pool_is_unavailable(db):
    await db.pool.close()
    with pytest.raises(Unavailable):
        async with db.transaction():
            pytest.fail("there is no connection")
    assert await db.reachable() is False


async def test_a_server_that_cuts_the_connection_is_unavailable_and_the_next_block_works(db, database_url):
    killer = await asyncpg.connect(database_url)
    try:
        with pytest.raises(Unavailable):
            async with db.transaction() as tx:
                await add(tx)
                tx.publish("room/1", Risen(1))
                await killer.execute("SELECT pg_terminate_backend($1)", await tx.value("SELECT pg_backend_pid()"))
                await tx.value("SELECT 1")
    finally:
        await killer.close()
    assert db.backplane.told == []
    async with db.transaction() as tx:
        await add(tx, 2, "after")
    assert await names(db) == ["after"]
    assert await db.reachable() is True


class HurriedPool:
    """The same pool for somebody with less patience."""

    def __init__(self, pool):
        self.pool = pool
        self.asked = []

    async def acquire(self, *, timeout):
        self.asked.append(timeout)
        return await self.pool.acquire(timeout=0.05)


async def test_no_connection_to_be_had_is_unavailable(db):
    hurried = HurriedPool(db.pool)
    async with db.transaction():
        with pytest.raises(Unavailable):
            async with Database(hurried).transaction():
                pytest.fail("the only connection is taken")
    assert hurried.asked == [5]


@pytest.mark.parametrize("url", ["postgresql://gryf@127.0.0.1:1/gryf", "nonsense://"])
async def test_a_pool_that_cannot_be_opened_is_one_line(url):
    with pytest.raises(ConfigurationError, match=r"^the database cannot be reached: [^\n]+$"):
        await open_pool(url, 1)


async def test_rows_come_as_structs(db):
    async with db.transaction() as tx:
        await add(tx, 1, "gryf")
        await add(tx, 2, "słupski")
        assert await tx.one(Thing, "SELECT id, name FROM thing WHERE id = $1", 2) == Thing(2, "słupski")
        assert await tx.all(Thing, "SELECT id, name FROM thing ORDER BY id") == [Thing(1, "gryf"), Thing(2, "słupski")]
        assert await tx.maybe(Thing, "SELECT id, name FROM thing WHERE id = 3") is None
        assert await tx.value("SELECT name FROM thing WHERE id = 3") is None
        with pytest.raises(NotFound):
            await tx.one(Thing, "SELECT id, name FROM thing WHERE id = 3")


async def test_a_reading_transaction_cannot_write(db):
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with db.transaction(readonly=True) as tx:
            await add(tx)
    async with db.transaction(isolation="repeatable_read") as tx:
        assert await tx.value("SHOW transaction_isolation") == "repeatable read"


async def test_json_goes_in_and_comes_out_as_values(db):
    value = {"vote": [True, None, 1.5], "kto": "Żurek"}
    async with db.transaction() as tx:
        assert await tx.value("SELECT $1::jsonb", value) == value
        assert await tx.value("SELECT $1::jsonb ->> 'kto'", value) == "Żurek"


async def test_an_announcement_needs_no_transaction(db):
    db.announce("room/1", Risen(7))
    assert db.backplane.told == [("announce", [Publication("room/1", Risen(7))])]


async def test_a_connection_comes_back_clean_without_a_question_to_the_server(db):
    """An open transaction is rolled back as ever; nothing else is asked for."""
    connection = await db.pool.acquire()
    await connection.execute("BEGIN")
    await connection.execute("CREATE TABLE left_open (id int)")
    await db.pool.release(connection)
    asked = []
    connection = await db.pool.acquire()
    assert not connection.is_in_transaction()
    assert await connection.fetchval("SELECT to_regclass('left_open')") is None
    connection.add_query_logger(lambda query: asked.append(query.query))
    await db.pool.release(connection)
    assert asked == []


async def test_a_storm_waits_in_order_without_connections(db):
    inside, most, order = 0, 0, []

    async def visit(number):
        nonlocal inside, most
        async with db.turn("sending", 3):
            inside += 1
            most = max(most, inside)
            order.append(number)
            await asyncio.sleep(0.005)
            inside -= 1

    visits = [asyncio.create_task(visit(number)) for number in range(12)]
    await asyncio.sleep(0.001)
    visits[5].cancel()  # who leaves the queue holds up nobody
    await asyncio.gather(*visits, return_exceptions=True)
    assert (most, order) == (3, [number for number in range(12) if number != 5])
    async with db.turn("another", 1):
        pass
