"""SQL of counts on paper, and of votes that are withheld while a part is closed to the public."""

from typing import Final

import msgspec

from app.database import Tx
from portals.council.votes.model import Outcome, PaperCount, Recount, Vote
from portals.council.votes.rules import Tally

_IDS: Final = "WHERE vote_id = ANY($1)"


async def recounts(tx: Tx, vote_ids: list[int]) -> list[Recount]:
    rows = await tx.records(
        f"SELECT vote_id, before, after, reason, corrected_at FROM council_paper_correction {_IDS} ORDER BY id",
        vote_ids,
    )
    decode = msgspec.json.Decoder(PaperCount).decode
    return [
        Recount(row["vote_id"], decode(row["before"]), decode(row["after"]), row["reason"], row["corrected_at"])
        for row in rows
    ]


async def add_recount(
    tx: Tx, vote_id: int, before: PaperCount, after: PaperCount, reason: str, corrected_by: int | None
) -> None:
    await tx.execute(
        "INSERT INTO council_paper_correction (vote_id, before, after, reason, corrected_by)"
        " VALUES ($1, $2, $3, $4, $5)",
        vote_id,
        msgspec.json.encode(before).decode(),
        msgspec.json.encode(after).decode(),
        reason,
        corrected_by,
    )


async def finish_paper(
    tx: Tx, vote: Vote, count: PaperCount, votes: Tally, *, present: int, outcome: Outcome, closed: bool
) -> None:
    """Writes the result; `closed`: this is the close itself, not a correction after it."""
    await tx.execute(
        "UPDATE council_vote SET state = 'closed', closed_at = CASE WHEN $2 THEN clock_timestamp() ELSE closed_at END,"
        " voted = $3, votes_for = $4, votes_against = $5, abstained = $6, absent = greatest(entitled - $7, 0),"
        " present = $8, outcome = $9, ballots_given = $10, ballots_returned = $7, ballots_invalid = $11,"
        " candidate_votes = $12, committee = $13, rev = rev + 1 WHERE id = $1",
        vote.id,
        closed,
        count.valid,
        votes.votes_for,
        votes.votes_against,
        votes.abstained,
        count.returned,
        present,
        outcome,
        count.given,
        count.invalid,
        count.candidate_votes,
        count.committee,
    )


async def came(tx: Tx, session_id: int) -> int:
    """How many have been in the room at all: a ballot may be given to nobody else."""
    return int(
        await tx.value(
            "SELECT count(*) FROM council_attendance WHERE session_id = $1 AND state <> 'absent'", session_id
        )
    )


async def withheld(tx: Tx, vote_ids: list[int]) -> set[int]:
    return {row["vote_id"] for row in await tx.records(f"SELECT vote_id FROM council_vote_withheld {_IDS}", vote_ids)}


async def held_during(tx: Tx, interval_id: int) -> list[int]:
    """Votes that went on at any moment of a closed part and were not made public by hand."""
    rows = await tx.records(
        "SELECT vote.id FROM council_vote AS vote JOIN council_interval AS part ON part.session_id = vote.session_id"
        " WHERE part.id = $1 AND vote.opened_at IS NOT NULL AND vote.published_at IS NULL"
        " AND (vote.closed_at IS NULL OR vote.closed_at >= part.began_at)"
        " AND (part.ended_at IS NULL OR vote.opened_at < part.ended_at) ORDER BY vote.id",
        interval_id,
    )
    return [row["id"] for row in rows]


async def count_anew(tx: Tx, vote_id: int) -> None:
    """What the desk is told of it differs from before, and needs a higher number."""
    await tx.execute("UPDATE council_vote SET rev = rev + 1 WHERE id = $1", vote_id)


async def publish(tx: Tx, vote_id: int) -> None:
    await tx.execute("UPDATE council_vote SET published_at = clock_timestamp(), rev = rev + 1 WHERE id = $1", vote_id)
