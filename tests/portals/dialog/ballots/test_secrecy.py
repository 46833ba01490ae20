"""Reads the whole database as an administrator could, and cannot link a person to a choice."""

import asyncio
import logging

import pytest

from portals.dialog.ballots import actions, urn
from portals.dialog.ballots.model import VoteSettings
from tests.portals.dialog.ballots.box import Hall
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, JAN, MODERATOR, OLA

VOTERS = (JAN, OLA, EWA, AUDITOR, MODERATOR, CLERK)


async def whole_database(database) -> dict[str, list[dict]]:
    """Every row of every table, with who wrote it (xmin) and where it lies (ctid), as text."""
    tables = await database.pool.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    found = {}
    for table in tables:
        rows = await database.pool.fetch(f"SELECT t::text AS row, xmin::text, ctid::text FROM {table['name']} t")
        found[table["name"]] = [dict(row) for row in rows]
    return found


def written_with(dump, table: str) -> dict[str, set[str]]:
    """Transaction → rows of other tables that it wrote."""
    wrote: dict[str, set[str]] = {}
    for name, rows in dump.items():
        if name != table:
            for row in rows:
                wrote.setdefault(row["xmin"], set()).add(f"{name} {row['row']}")
    return wrote


async def vote_of_six(database, caplog, **more):
    """Three choose the park, two the pool, one the path; one after another, so that every order could be read off."""
    hall = await Hall.open(database, VoteSettings(method="single"), **more)
    caplog.set_level(logging.DEBUG)
    receipts = {}
    for number, actor in enumerate(VOTERS):
        await hall.stage.joins(actor)
        option = hall.ids[(0, 1, 0, 2, 1, 0)[number]]
        taken = await actions.cast(database, hall.urn, actor, hall.block.id, {option: 1})
        receipts[actor.account_id] = (taken.receipt, option)
    return hall, receipts


async def test_while_people_vote_no_row_says_what_anybody_has_chosen(database, caplog):
    hall, receipts = await vote_of_six(database, caplog)
    dump = await whole_database(database)
    everything = "\n".join(row["row"] for rows in dump.values() for row in rows)
    assert all(receipt not in everything for receipt, _option in receipts.values())
    assert all(receipt not in caplog.text for receipt, _option in receipts.values())
    # what the transaction joins is an envelope: all of one length, sealed with a key that is not here
    rows = await database.pool.fetch("SELECT length(sealed) AS long, count(*) FROM ballot_urn GROUP BY 1")
    assert [row["count"] for row in rows] == [6]
    # and after the next shuffle not even that: one transaction wrote all of them, and it wrote nothing else
    await urn.shuffle(database, hall.urn)
    dump = await whole_database(database)
    envelopes = dump["public.ballot_urn"]
    wrote = written_with(dump, "public.ballot_urn")
    assert len({row["xmin"] for row in envelopes}) == 1
    assert envelopes[0]["xmin"] not in wrote


async def test_after_the_count_nothing_joins_a_person_and_a_choice(database, caplog):
    hall, receipts = await vote_of_six(database, caplog)
    await hall.stage.end()
    dump = await whole_database(database)
    ballots = dump["public.ballot_counted"]
    assert len(ballots) == 6
    assert dump["public.ballot_urn"] == []
    # one transaction wrote all ballots, so it says nothing of any one of them
    assert len({row["xmin"] for row in ballots}) == 1
    # they lie in the order of their receipts, which are chance
    lying = [row["row"] for row in sorted(ballots, key=lambda row: tuple(map(int, row["ctid"].strip("()").split(","))))]
    codes = [line.split(",")[2] for line in lying]
    assert codes == sorted(codes)
    # a receipt stands nowhere but beside its ballot; no ballot names anything that leads to a person
    for receipt, _option in receipts.values():
        holding = [name for name, rows in dump.items() for row in rows if receipt in row["row"]]
        assert holding == ["public.ballot_counted"]
        assert receipt not in caplog.text
    columns = await database.pool.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'ballot_counted' ORDER BY 1"
    )
    assert [row["column_name"] for row in columns] == ["block_id", "id", "marks", "receipt"]
    taken = await database.pool.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'ballot_taken' ORDER BY 1"
    )
    assert [row["column_name"] for row in taken] == [
        "block_id", "district", "kind", "paper", "participant_id", "voter_key",
    ]  # fmt: skip
    # the audit says that somebody has voted, and no more
    details = await database.pool.fetch("SELECT details::text FROM audit_entry WHERE action = 'ballot.cast'")
    assert {row["details"] for row in details} == {f'{{"block": {hall.block.id}}}'}
    # the options are named by the ballot and its result alone, not beside a person
    marks = f'"{hall.ids[2]}": 1'
    assert {name for name, rows in dump.items() for row in rows if marks in row["row"].replace('""', '"')} <= {
        "public.ballot_counted", "public.ballot_vote",
    }  # fmt: skip


async def test_the_order_of_ballots_is_not_the_order_of_voters(database, caplog):
    """Over several votes ballots do not come out as they went in: by chance once in 720 for each."""
    hall, receipts = await vote_of_six(database, caplog)
    went_in = [receipt for receipt, _option in receipts.values()]
    await hall.stage.end()
    rows = await database.pool.fetch("SELECT receipt FROM ballot_counted ORDER BY ctid")
    came_out = [row["receipt"] for row in rows]
    assert came_out == sorted(went_in)


@pytest.mark.parametrize("voters", [60])
async def test_a_storm_loses_and_doubles_nothing(database, voters):
    """Many people at once, each twice, while the urn is shuffled and the phase ends under them."""
    from app.actor import Actor

    hall = await Hall.open(database, VoteSettings(method="single"), shown_as=("name",), kinds=("resident",))
    ids = await database.pool.fetch(
        "INSERT INTO account (login, name, folded) SELECT 'v' || n, 'V ' || n, 'v' || n FROM generate_series(1, $1) n"
        " RETURNING id",
        voters,
    )
    actors = [Actor(account_id=row["id"], name="V") for row in ids]
    taken: list[str] = []
    refused: list[BaseException] = []

    async def vote(actor: Actor, option: int) -> None:
        try:
            taken.append((await actions.cast(database, hall.urn, actor, hall.block.id, {option: 1})).receipt)
        except (actions.VotedAlready, actions.Conflict) as problem:
            refused.append(problem)

    first = actors[: voters // 2]
    await asyncio.gather(
        *(vote(actor, hall.ids[n % 3]) for n, actor in enumerate([*first, *first])), urn.shuffle(database, hall.urn)
    )
    assert len(taken) == len(first)
    await asyncio.gather(*(vote(actor, hall.ids[0]) for actor in actors[voters // 2 :]), hall.stage.end())
    rows = await database.pool.fetch("SELECT receipt FROM ballot_counted")
    people = await database.pool.fetchval("SELECT count(*) FROM ballot_taken")
    assert sorted(row["receipt"] for row in rows) == sorted(taken)
    assert len(taken) == people
    assert len(taken) + len(refused) == voters + voters // 2
