"""The audit log and its chain on a real database; tampering is done as the database's superuser."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import pytest

from app.actor import SYSTEM, Actor
from app.audit import AuditEntry, AuditFilter, find_entries, seal_hash, seal_new_entries, verify

ANNA = Actor(account_id=7, name="Anna Nowak", login="anna", address="192.0.2.7")


async def write(database, *actions, actor=ANNA, **details):
    async with database.transaction() as tx:
        for action in actions:
            await tx.audit(actor, action, f"thing/{action}", **details)


async def checked(database):
    async with database.transaction() as tx:
        return await verify(tx)


async def tamper(database, *statements):
    """What somebody with the database's password may do: triggers and foreign keys are off."""
    async with database.transaction() as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await tx.execute(statement)


def entry(**changes):
    values = {
        "id": 1,
        "at": datetime(2026, 11, 25, 10, tzinfo=UTC),
        "account_id": 7,
        "login": "anna",
        "name": "Anna Nowak",
        "address": "192.0.2.7",
        "action": "session.start",
        "subject": "session/4",
        "details": {"b": 1, "a": [True, None, "ż"]},
    }
    return AuditEntry(**(values | changes))


def test_a_seal_depends_on_everything_and_on_nothing_else():
    start = seal_hash(bytes(32), entry())
    assert start.hex() == "5c1efed6a0f5f5001517a1ae0534f51c196e5a51f8c3924a5fa1eb9d4d019698"
    assert seal_hash(bytes(32), entry(details={"a": [True, None, "ż"], "b": 1})) == start
    warsaw = datetime(2026, 11, 25, 11, tzinfo=timezone(timedelta(hours=1)))
    assert seal_hash(bytes(32), entry(at=warsaw)) == start
    changes = [
        {"id": 2},
        {"at": datetime(2026, 11, 25, 10, 0, 0, 1, tzinfo=UTC)},
        {"account_id": None},
        {"login": "jan"},
        {"name": "Anna"},
        {"address": ""},
        {"action": "session.end"},
        {"subject": "session/5"},
        {"details": {}},
    ]
    seals = {seal_hash(bytes(32), entry(**change)) for change in changes} | {seal_hash(b"\1" * 32, entry())}
    assert len(seals | {start}) == len(changes) + 2


async def test_who_did_what_from_where_is_written(database):
    await write(database, "vote.open", subject_of="budget", moment=datetime(2026, 1, 2, tzinfo=UTC))
    async with database.transaction() as tx:
        (found,) = await find_entries(tx, AuditFilter(), 10)
    assert (found.account_id, found.login, found.name, found.address) == (7, "anna", "Anna Nowak", "192.0.2.7")
    assert (found.action, found.subject) == ("vote.open", "thing/vote.open")
    assert found.details == {"subject_of": "budget", "moment": "2026-01-02T00:00:00Z"}
    assert found.position is None
    assert abs(datetime.now(UTC) - found.at) < timedelta(minutes=5)


async def test_a_rollback_leaves_no_entry(database):
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await tx.audit(ANNA, "vote.open", "thing/1")
            raise RuntimeError
    assert await seal_new_entries(database) == 0
    assert (await checked(database)).ok


async def test_an_empty_chain_holds(database):
    found = await checked(database)
    assert (found.ok, found.sealed, found.first_bad, found.unsealed) == (True, 0, None, 0)


async def test_entries_are_sealed_once_in_order(database):
    await write(database, "a", "b", "c")
    assert (await checked(database)).unsealed == 3
    assert await seal_new_entries(database) == 3
    assert await seal_new_entries(database) == 0
    await write(database, "d")
    assert await seal_new_entries(database) == 1
    found = await checked(database)
    assert (found.ok, found.sealed, found.unsealed) == (True, 4, 0)
    async with database.transaction() as tx:
        lines = await find_entries(tx, AuditFilter(), 10)
    assert [(line.action, line.position) for line in lines] == [("d", 4), ("c", 3), ("b", 2), ("a", 1)]


async def test_an_entry_that_commits_late_is_not_lost(database):
    """Its id is lower than one that was sealed already."""
    slow = database.transaction()
    tx = await slow.__aenter__()
    await tx.audit(ANNA, "late", "thing/1")
    await write(database, "early")
    assert await seal_new_entries(database) == 1, "and sealing did not wait for the open transaction"
    await slow.__aexit__(None, None, None)
    assert await seal_new_entries(database) == 1
    async with database.transaction() as tx:
        lines = await find_entries(tx, AuditFilter(), 10)
    by_action = {line.action: line for line in lines}
    assert by_action["late"].id < by_action["early"].id
    assert (by_action["early"].position, by_action["late"].position) == (1, 2)
    assert (await checked(database)).ok


async def test_writers_do_not_wait_while_somebody_seals(database):
    await write(database, "a")
    async with database.transaction() as sealing:
        assert await sealing.value("SELECT pg_try_advisory_xact_lock(x'7365616c'::int)")
        await sealing.execute("DELETE FROM audit_unsealed")
        await asyncio.wait_for(write(database, "b"), 10)
        assert await seal_new_entries(database) == 0, "one seals at a time"


async def test_two_sealers_and_many_writers_make_one_chain(database):
    async def seal():
        while sealed.is_set() is False:
            await seal_new_entries(database)
            await asyncio.sleep(0)

    sealed = asyncio.Event()
    sealers = [asyncio.create_task(seal()) for _ in range(2)]
    await asyncio.gather(*(write(database, f"w{number}.1", f"w{number}.2") for number in range(40)))
    sealed.set()
    await asyncio.gather(*sealers)
    while await seal_new_entries(database):
        pass
    found = await checked(database)
    assert (found.ok, found.sealed, found.unsealed) == (True, 80, 0)


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET name = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry CASCADE", "UPDATE audit_seal SET position = 9", "DELETE FROM audit_seal", "TRUNCATE audit_seal"])  # fmt: skip
async def test_the_tables_only_grow(database, statement):
    await write(database, "a")
    await seal_new_entries(database)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        async with database.transaction() as tx:
            await tx.execute(statement)
    assert (await checked(database)).sealed == 1


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE audit_entry SET name = 'Ktoś inny' WHERE id = 2", 2),
        ("UPDATE audit_entry SET details = '{\"n\": 2}' WHERE id = 3", 3),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = 1", 1),
        ("UPDATE audit_entry SET account_id = NULL WHERE id = 4", 4),
        ("DELETE FROM audit_entry WHERE id = 3", 3),
        ("UPDATE audit_seal SET hash = sha256('x') WHERE position = 2", 2),
        ("DELETE FROM audit_seal WHERE position = 3", 3),
        ("UPDATE audit_seal SET entry_id = entry_id + 100 WHERE position = 4", 4),
        (
            "INSERT INTO audit_entry (login, name, address, action, subject) VALUES ('x', 'x', '', 'never', 'thing')",
            5,
        ),
    ],
)
async def test_tampering_is_found_at_its_place(database, statement, position):
    await write(database, "a", "b", "c", "d", n=1)
    await seal_new_entries(database)
    assert (await checked(database)).ok
    await tamper(database, statement)
    found = await checked(database)
    assert (found.ok, found.first_bad, found.sealed) == (False, position, position - 1)


async def test_a_cut_end_changes_the_head(database):
    """Who removes the last entries with their seals leaves a chain that holds; the head in the server's log tells."""
    await write(database, "a", "b")
    await seal_new_entries(database)
    before = await checked(database)
    await tamper(database, "DELETE FROM audit_seal WHERE position = 2", "DELETE FROM audit_entry WHERE id = 2")
    after = await checked(database)
    assert after.ok
    assert len(before.head) == 64
    assert after.head != before.head


async def test_the_filter(database):
    await write(database, "session.start", "session.end")
    await write(database, "role.grant", actor=SYSTEM)
    async with database.transaction() as tx:

        async def found(limit=10, **wanted):
            return [line.action for line in await find_entries(tx, AuditFilter(**wanted), limit)]

        assert await found() == ["role.grant", "session.end", "session.start"]
        assert await found(person="NOWAK") == ["session.end", "session.start"]
        assert await found(person="system") == ["role.grant"]
        assert await found(action="session.") == ["session.end", "session.start"]
        assert await found(action="%") == []
        assert await found(subject="thing/role") == ["role.grant"]
        assert await found(limit=1) == ["role.grant"]
        assert await found(before=3) == ["session.end", "session.start"]
        now = datetime.now(UTC)
        assert await found(since=now + timedelta(hours=1)) == []
        assert await found(until=now - timedelta(hours=1)) == []
        assert len(await found(since=now - timedelta(hours=1), until=now + timedelta(hours=1))) == 3
