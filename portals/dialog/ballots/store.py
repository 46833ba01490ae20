"""SQL of votes, ballots and the urn."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.database import Tx
from portals.dialog.ballots.model import (
    Marks,
    NamedBallot,
    Option,
    OptionDraft,
    SecretBallot,
    TurnoutLine,
    Vote,
    VoteResult,
    VoteSettings,
)
from portals.dialog.model import Participant

_VOTE = "block_id, rules, counted_at, final_at, fault, tie_order, tie_reason, result, rev"
_OPTION = "id, block_id, ordinal, title, description, district, cost_pln, ref, path, rev"


def marks_of(value: Any) -> Marks:
    """As JSON keeps it."""
    return {int(option): int(mark) for option, mark in value.items()}


def _vote(row: Any) -> Vote | None:
    if row is None:
        return None
    fields = dict(row)
    fields["rules"] = msgspec.convert(fields["rules"], VoteSettings)
    if fields["result"] is not None:
        fields["result"] = msgspec.convert(fields["result"], VoteResult, str_keys=True)
    return Vote(**fields)


async def vote(tx: Tx, block_id: int, *, lock: bool = False) -> Vote | None:
    sql = f"SELECT {_VOTE} FROM ballot_vote WHERE block_id = $1" + (" FOR UPDATE" if lock else "")
    return _vote(await tx.record(sql, block_id))


async def vote_with_options(tx: Tx, block_id: int) -> tuple[Vote | None, list[Option]]:
    """Both in one question, asked for every ballot. Without the result: nobody votes any more by then."""
    rows = await tx.records(
        "SELECT v.rules, v.counted_at, o.* FROM (SELECT $1::bigint AS block) AS asked"
        " LEFT JOIN ballot_vote v ON v.block_id = block"
        f" LEFT JOIN (SELECT {_OPTION} FROM ballot_option WHERE removed_at IS NULL) o ON o.block_id = block"
        " ORDER BY o.ordinal, o.id",
        block_id,
    )
    found = [Option(**{name: row[name] for name in Option.__struct_fields__}) for row in rows if row["id"] is not None]
    if rows[0]["rules"] is None:
        return None, found
    begun = Vote(
        block_id=block_id,
        rules=msgspec.convert(rows[0]["rules"], VoteSettings),
        counted_at=rows[0]["counted_at"],
        final_at=None,
        fault="",
        tie_order=[],
        tie_reason="",
        result=None,
        rev=0,
    )
    return begun, found


async def begun_vote(tx: Tx, block_id: int, settings: VoteSettings) -> Vote:
    """The vote with its rules written down; whoever comes first writes them."""
    known = await vote(tx, block_id)
    if known is not None:
        return known
    await tx.execute(
        "INSERT INTO ballot_vote (block_id, rules) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        block_id,
        msgspec.to_builtins(settings),
    )
    begun = await vote(tx, block_id)
    assert begun is not None
    return begun


async def keep_result(tx: Tx, block_id: int, result: VoteResult | None, fault: str = "") -> Vote:
    """The count; None with a fault where it failed."""
    row = await tx.record(
        "UPDATE ballot_vote SET result = coalesce($2, result), fault = $3, rev = rev + 1,"
        " counted_at = CASE WHEN $2::jsonb IS NULL THEN counted_at ELSE coalesce(counted_at, clock_timestamp()) END"
        f" WHERE block_id = $1 RETURNING {_VOTE}",
        block_id,
        None if result is None else msgspec.to_builtins(result, str_keys=True),
        fault,
    )
    found = _vote(row)
    assert found is not None  # it has begun
    return found


async def set_tie_order(tx: Tx, block_id: int, order: Sequence[int], reason: str) -> None:
    await tx.execute(
        "UPDATE ballot_vote SET tie_order = $2, tie_reason = $3, rev = rev + 1 WHERE block_id = $1",
        block_id,
        list(order),
        reason,
    )


async def set_final(tx: Tx, block_id: int) -> None:
    await tx.execute(
        "UPDATE ballot_vote SET final_at = clock_timestamp(), rev = rev + 1 WHERE block_id = $1 AND final_at IS NULL",
        block_id,
    )


# options


async def options(tx: Tx, block_id: int) -> list[Option]:
    return await tx.all(
        Option,
        f"SELECT {_OPTION} FROM ballot_option WHERE block_id = $1 AND removed_at IS NULL ORDER BY ordinal, id",
        block_id,
    )


async def option(tx: Tx, option_id: int) -> Option | None:
    return await tx.maybe(
        Option, f"SELECT {_OPTION} FROM ballot_option WHERE id = $1 AND removed_at IS NULL", option_id
    )


async def options_called(tx: Tx, ref: str) -> list[Option]:
    """What a part has put on ballots under this name."""
    return await tx.all(Option, f"SELECT {_OPTION} FROM ballot_option WHERE ref = $1 AND removed_at IS NULL", ref)


async def add_option(tx: Tx, block_id: int, draft: OptionDraft) -> Option | None:
    """Behind the others. None where this `ref` is on the ballot already."""
    return await tx.maybe(
        Option,
        "INSERT INTO ballot_option (block_id, ordinal, title, description, district, cost_pln, ref, path)"
        " SELECT $1, coalesce(max(ordinal), 0) + 1, $2, $3, $4, $5, $6, $7 FROM ballot_option WHERE block_id = $1"
        " ON CONFLICT (block_id, ref) WHERE ref <> '' DO UPDATE SET removed_at = NULL, title = $2, description = $3,"
        "  district = $4, cost_pln = $5, path = $7, rev = ballot_option.rev + 1"
        "  WHERE ballot_option.removed_at IS NOT NULL"
        f" RETURNING {_OPTION}",
        block_id,
        draft.title,
        draft.description,
        draft.district,
        draft.cost_pln,
        draft.ref,
        draft.path,
    )


async def change_option(tx: Tx, option_id: int, draft: OptionDraft) -> None:
    await tx.execute(
        "UPDATE ballot_option SET title = $2, description = $3, district = $4, cost_pln = $5, rev = rev + 1"
        " WHERE id = $1",
        option_id,
        draft.title,
        draft.description,
        draft.district,
        draft.cost_pln,
    )


async def set_option_removed(tx: Tx, option_id: int, *, removed: bool) -> None:
    await tx.execute(
        "UPDATE ballot_option SET removed_at = CASE WHEN $2 THEN clock_timestamp() END, rev = rev + 1 WHERE id = $1",
        option_id,
        removed,
    )


async def block_of_removed(tx: Tx, option_id: int) -> int | None:
    """The block of an option that was taken off its ballot."""
    found = await tx.value("SELECT block_id FROM ballot_option WHERE id = $1 AND removed_at IS NOT NULL", option_id)
    return None if found is None else int(found)


async def order_options(tx: Tx, block_id: int, option_ids: Sequence[int]) -> None:
    await tx.execute(
        "UPDATE ballot_option o SET ordinal = n.ordinal, rev = rev + 1"
        " FROM unnest($2::bigint[]) WITH ORDINALITY AS n (id, ordinal) WHERE o.id = n.id AND o.block_id = $1",
        block_id,
        list(option_ids),
    )


# who has voted


async def take(
    tx: Tx, block_id: int, participant_id: int, kind: str, district: str, voter_key: bytes | None, *, paper: bool
) -> bool:
    """Notes that somebody votes; False where they have already, in another tab or on paper."""
    return bool(
        await tx.value(
            "INSERT INTO ballot_taken (block_id, participant_id, kind, district, voter_key, paper)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true",
            block_id,
            participant_id,
            kind,
            district,
            voter_key,
            paper,
        )
    )


async def take_and_drop(tx: Tx, block_id: int, person: Participant, voter_key: bytes | None, sealed: bytes) -> bool:
    """The same with the envelope into the urn, in one statement; False, and no envelope, where they have voted."""
    return bool(
        await tx.value(
            "WITH taken AS (INSERT INTO ballot_taken (block_id, participant_id, kind, district, voter_key)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING block_id)"
            " INSERT INTO ballot_urn (block_id, sealed) SELECT block_id, $6 FROM taken RETURNING true",
            block_id,
            person.id,
            person.kind,
            person.district,
            voter_key,
            sealed,
        )
    )


async def has_voted(tx: Tx, block_id: int, participant_id: int) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM ballot_taken WHERE block_id = $1 AND participant_id = $2)",
            block_id,
            participant_id,
        )
    )


async def count_taken(tx: Tx, block_id: int) -> int:
    return int(await tx.value("SELECT count(*) FROM ballot_taken WHERE block_id = $1", block_id))


async def turnout(tx: Tx, block_id: int) -> list[TurnoutLine]:
    """By kind and district. Who was marked as having voted on paper is in the batches, not here."""
    return await tx.all(
        TurnoutLine,
        "SELECT kind, district, sum(online)::int AS online, sum(paper)::int AS paper FROM ("
        " SELECT kind, district, count(*) AS online, 0 AS paper FROM ballot_taken"
        "  WHERE block_id = $1 AND NOT paper GROUP BY 1, 2"
        " UNION ALL SELECT kind, district, 0, sum(ballots + invalid) FROM ballot_batch"
        "  WHERE block_id = $1 AND state = 'confirmed' GROUP BY 1, 2) AS both_ways"
        " GROUP BY 1, 2 ORDER BY 2, 1",
        block_id,
    )


async def count_online(tx: Tx, block_id: int) -> int:
    return int(await tx.value("SELECT count(*) FROM ballot_taken WHERE block_id = $1 AND NOT paper", block_id))


async def forget_voter_keys(tx: Tx, block_id: int) -> None:
    """After the count nobody votes any more."""
    await tx.execute("UPDATE ballot_taken SET voter_key = NULL WHERE block_id = $1", block_id)


async def forget_district(tx: Tx, participant_id: int) -> None:
    await tx.execute("UPDATE ballot_taken SET district = '' WHERE participant_id = $1", participant_id)


# the urn


async def drop(tx: Tx, block_id: int, sealed: bytes) -> None:
    await tx.execute("INSERT INTO ballot_urn (block_id, sealed) VALUES ($1, $2)", block_id, sealed)


async def urn_is_used(tx: Tx) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM ballot_urn)"))


async def take_all(tx: Tx) -> list[tuple[int, bytes]]:
    """Empties the whole urn and throws its file away; whoever is just voting waits for this transaction."""
    await tx.execute("LOCK TABLE ballot_urn IN ACCESS EXCLUSIVE MODE")
    rows = await tx.records("SELECT block_id, sealed FROM ballot_urn")
    await tx.execute("TRUNCATE ballot_urn")
    return [(row["block_id"], row["sealed"]) for row in rows]


async def fill_urn(tx: Tx, rows: Sequence[tuple[int, bytes]]) -> None:
    await tx.execute(
        "INSERT INTO ballot_urn (block_id, sealed) SELECT * FROM unnest($1::bigint[], $2::bytea[])",
        [block_id for block_id, _sealed in rows],
        [sealed for _block_id, sealed in rows],
    )


async def keep_counted(tx: Tx, block_id: int, ballots: Sequence[SecretBallot]) -> None:
    """Open ballots, by their receipts, which are chance."""
    ordered = sorted(ballots, key=lambda one: one.receipt)
    await tx.execute(
        "INSERT INTO ballot_counted (block_id, receipt, marks)"
        " SELECT $1, receipt, marks::jsonb FROM unnest($2::text[], $3::text[]) AS found (receipt, marks)",
        block_id,
        [one.receipt for one in ordered],
        [msgspec.json.encode(one.marks).decode() for one in ordered],
    )


async def counted(tx: Tx, block_id: int, limit: int | None = None, offset: int = 0) -> list[SecretBallot]:
    rows = await tx.records(
        "SELECT receipt, marks FROM ballot_counted WHERE block_id = $1 ORDER BY receipt LIMIT $2 OFFSET $3",
        block_id,
        limit,
        offset,
    )
    return [SecretBallot(row["receipt"], marks_of(row["marks"])) for row in rows]


async def counted_ballot(tx: Tx, block_id: int, receipt: str) -> SecretBallot | None:
    row = await tx.record(
        "SELECT receipt, marks FROM ballot_counted WHERE block_id = $1 AND receipt = $2", block_id, receipt
    )
    return None if row is None else SecretBallot(row["receipt"], marks_of(row["marks"]))


# ballots of a vote that is not secret


async def put_named(tx: Tx, block_id: int, participant_id: int, marks: Marks) -> None:
    await tx.execute(
        "INSERT INTO ballot_named (block_id, participant_id, marks) VALUES ($1, $2, $3)"
        " ON CONFLICT (block_id, participant_id)"
        " DO UPDATE SET marks = $3, cast_at = clock_timestamp(), rev = ballot_named.rev + 1",
        block_id,
        participant_id,
        msgspec.to_builtins(marks, str_keys=True),
    )


async def count_changes(tx: Tx, block_id: int) -> int:
    """Grows with every ballot that is not secret and every change of one."""
    return int(await tx.value("SELECT coalesce(sum(rev), 0)::bigint FROM ballot_named WHERE block_id = $1", block_id))


async def named_ballots(tx: Tx, block_id: int) -> list[NamedBallot]:
    rows = await tx.records(
        "SELECT participant_id, marks, cast_at, rev FROM ballot_named WHERE block_id = $1 ORDER BY cast_at", block_id
    )
    return [NamedBallot(row["participant_id"], marks_of(row["marks"]), row["cast_at"], row["rev"]) for row in rows]


async def named_ballot(tx: Tx, block_id: int, participant_id: int) -> NamedBallot | None:
    row = await tx.record(
        "SELECT participant_id, marks, cast_at, rev FROM ballot_named WHERE block_id = $1 AND participant_id = $2",
        block_id,
        participant_id,
    )
    return (
        None if row is None else NamedBallot(row["participant_id"], marks_of(row["marks"]), row["cast_at"], row["rev"])
    )
