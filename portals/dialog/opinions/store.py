"""SQL of opinion maps."""

from typing import Any

import msgspec

from app.database import Tx
from portals.dialog.opinions.drawing import Ballots, Drawn
from portals.dialog.opinions.model import MapRow, OpinionMap, Statement, StatementState, Votes

_STATEMENT = "id, block_id, text, state, by_office, reason, rev"


async def statements(tx: Tx, block_id: int, state: StatementState | None = None) -> list[Statement]:
    return await tx.all(
        Statement,
        f"SELECT {_STATEMENT} FROM opinion_statement"
        " WHERE block_id = $1 AND ($2::text IS NULL OR state = $2) ORDER BY id",
        block_id,
        state,
    )


async def statement(tx: Tx, statement_id: int, *, lock: bool = False) -> Statement | None:
    sql = f"SELECT {_STATEMENT} FROM opinion_statement WHERE id = $1" + (" FOR UPDATE" if lock else "")
    return await tx.maybe(Statement, sql, statement_id)


async def authors_of(tx: Tx, block_id: int) -> dict[int, tuple[int, Any]]:
    """Statement → participant and moment, of those that people have sent."""
    rows = await tx.records(
        "SELECT id, participant_id, created_at FROM opinion_statement WHERE block_id = $1 AND NOT by_office"
        " AND participant_id IS NOT NULL",
        block_id,
    )
    return {row["id"]: (row["participant_id"], row["created_at"]) for row in rows}


async def count_sent(tx: Tx, block_id: int, participant_id: int) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM opinion_statement WHERE block_id = $1 AND participant_id = $2",
            block_id,
            participant_id,
        )
    )


async def said_before(tx: Tx, block_id: int, text: str) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM opinion_statement WHERE block_id = $1 AND lower(text) = lower($2)"
            " AND state <> 'refused')",
            block_id,
            text,
        )
    )


async def add_statement(
    tx: Tx, block_id: int, text: str, participant_id: int | None, state: StatementState, *, by_office: bool
) -> Statement:
    return await tx.one(
        Statement,
        "INSERT INTO opinion_statement (block_id, text, participant_id, state, by_office) VALUES ($1, $2, $3, $4, $5)"
        f" RETURNING {_STATEMENT}",
        block_id,
        text,
        participant_id,
        state,
        by_office,
    )


async def decide_statement(tx: Tx, statement_id: int, state: StatementState, reason: str) -> Statement:
    return await tx.one(
        Statement,
        f"UPDATE opinion_statement SET state = $2, reason = $3, rev = rev + 1 WHERE id = $1 RETURNING {_STATEMENT}",
        statement_id,
        state,
        reason,
    )


async def next_statement(tx: Tx, block_id: int, participant_id: int | None, skip: int) -> Statement | None:
    """One that this person has not seen yet: the least seen of all first, so that each gets its votes."""
    return await tx.maybe(
        Statement,
        "SELECT s.id, s.block_id, s.text, s.state, s.by_office, s.reason, s.rev FROM opinion_statement s"
        " WHERE s.block_id = $1 AND s.state = 'shown' AND NOT EXISTS (SELECT FROM opinion_vote v"
        " WHERE v.statement_id = s.id AND v.participant_id = $2) ORDER BY s.id = $3,"
        " (SELECT count(*) FROM opinion_vote v WHERE v.statement_id = s.id), s.id LIMIT 1",
        block_id,
        participant_id,
        skip,
    )


async def put_vote(tx: Tx, statement_id: int, participant_id: int, choice: int) -> None:
    await tx.execute(
        "INSERT INTO opinion_vote (statement_id, participant_id, choice) VALUES ($1, $2, $3)"
        " ON CONFLICT (statement_id, participant_id) DO UPDATE SET choice = $3, rev = opinion_vote.rev + 1",
        statement_id,
        participant_id,
        choice,
    )


async def take_vote_back(tx: Tx, statement_id: int, participant_id: int) -> None:
    await tx.execute(
        "DELETE FROM opinion_vote WHERE statement_id = $1 AND participant_id = $2", statement_id, participant_id
    )


async def own_votes(tx: Tx, block_id: int, participant_id: int) -> dict[int, int]:
    rows = await tx.records(
        "SELECT v.statement_id, v.choice FROM opinion_vote v JOIN opinion_statement s ON s.id = v.statement_id"
        " WHERE s.block_id = $1 AND s.state = 'shown' AND v.participant_id = $2",
        block_id,
        participant_id,
    )
    return {row["statement_id"]: row["choice"] for row in rows}


async def totals(tx: Tx, block_id: int) -> dict[int, Votes]:
    rows = await tx.records(
        "SELECT v.statement_id, count(*) AS seen, count(*) FILTER (WHERE v.choice = 1) AS agree,"
        " count(*) FILTER (WHERE v.choice = -1) AS disagree FROM opinion_vote v"
        " JOIN opinion_statement s ON s.id = v.statement_id WHERE s.block_id = $1 GROUP BY v.statement_id",
        block_id,
    )
    return {row["statement_id"]: Votes(row["seen"], row["agree"], row["disagree"]) for row in rows}


async def counts(tx: Tx, block_id: int) -> tuple[int, int]:
    """People who have voted, and votes, on statements that are shown."""
    row = await tx.record(
        "SELECT count(DISTINCT v.participant_id) AS people, count(*) AS votes FROM opinion_vote v"
        " JOIN opinion_statement s ON s.id = v.statement_id WHERE s.block_id = $1 AND s.state = 'shown'",
        block_id,
    )
    assert row is not None
    return row["people"], row["votes"]


async def ballots(tx: Tx, block_id: int) -> Ballots:
    """All that the map is made of."""
    rows = await tx.records(
        "SELECT v.statement_id, v.participant_id, v.choice FROM opinion_vote v JOIN opinion_statement s"
        " ON s.id = v.statement_id WHERE s.block_id = $1 AND s.state = 'shown'",
        block_id,
    )
    votes: dict[int, dict[int, int]] = {}
    for row in rows:
        votes.setdefault(row["participant_id"], {})[row["statement_id"]] = row["choice"]
    shown = await statements(tx, block_id, "shown")
    return Ballots([(one.id, one.text) for one in shown], votes)


async def map_row(tx: Tx, block_id: int) -> MapRow:
    people, votes = await counts(tx, block_id)
    row = await tx.record("SELECT result, computed_at, rev FROM opinion_map WHERE block_id = $1", block_id)
    if row is None:
        return MapRow(block_id, None, people, votes, None, 0)
    result = None if row["result"] is None else msgspec.convert(row["result"], OpinionMap)
    return MapRow(block_id, result, people, votes, row["computed_at"], row["rev"])


async def place_of(tx: Tx, block_id: int, participant_id: int) -> int | None:
    """The number of one's own point."""
    found = await tx.value("SELECT places -> $2 FROM opinion_map WHERE block_id = $1", block_id, str(participant_id))
    return None if found is None else int(found)


async def want_map(tx: Tx, block_id: int, every_s: float) -> float | None:
    """Seconds until the map shall be made anew; None: that is asked for already."""
    await tx.execute("INSERT INTO opinion_map (block_id) VALUES ($1) ON CONFLICT DO NOTHING", block_id)
    wait_s = await tx.value(
        "UPDATE opinion_map SET wanted_at = clock_timestamp() WHERE block_id = $1"
        " AND (wanted_at IS NULL OR wanted_at < clock_timestamp() - interval '10 minutes')"
        " RETURNING greatest(0, $2::float8 - coalesce(extract(epoch FROM clock_timestamp() - computed_at),"
        " $2::float8))",
        block_id,
        every_s,
    )
    return None if wait_s is None else float(wait_s)


async def begin_map(tx: Tx, block_id: int) -> None:
    """What is voted from now on asks for another map."""
    await tx.execute("UPDATE opinion_map SET wanted_at = NULL WHERE block_id = $1", block_id)


async def put_map(tx: Tx, block_id: int, drawn: Drawn) -> None:
    await tx.execute(
        "INSERT INTO opinion_map (block_id, result, places, computed_at) VALUES ($1, $2, $3, clock_timestamp())"
        " ON CONFLICT (block_id) DO UPDATE SET result = $2, places = $3, computed_at = clock_timestamp(),"
        " rev = opinion_map.rev + 1",
        block_id,
        None if drawn.map is None else msgspec.to_builtins(drawn.map),
        {str(person): at for person, at in drawn.places.items()},
    )


async def copy_statements(tx: Tx, old_block_id: int, new_block_id: int) -> None:
    await tx.execute(
        "INSERT INTO opinion_statement (block_id, text, state, by_office) SELECT $2, text, 'shown', true"
        " FROM opinion_statement WHERE block_id = $1 AND by_office AND state = 'shown' ORDER BY id",
        old_block_id,
        new_block_id,
    )
