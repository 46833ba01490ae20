"""All SQL of votes; that of the attendance list stands in roll_store.py."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from app.database import Tx
from portals.council.votes.model import (
    Choice,
    Correction,
    NamedVote,
    Outcome,
    Tie,
    Vote,
    VoteDraft,
    Voter,
)
from portals.council.votes.paper import store as paper_store
from portals.council.votes.rules import Tally, polish_order

_VOTE = (
    "id, session_id, item_id, number, title, secret, majority, abstentions_count, tie, state, opened_at, closed_at,"
    " entitled, voted, present, statutory, quorum, votes_for, votes_against, abstained, absent, outcome, repeats_id,"
    " reason, cancel_reason, rev, paper, candidates, candidate_votes, committee, ballots_given, ballots_returned,"
    " ballots_invalid"
)
_VOTER = "vote_id, councillor_id, name, club, office, present, voted, choice, cast_at, by_clerk, rev"


async def item_exists(tx: Tx, session_id: int, item_id: int) -> bool:
    return bool(await tx.value("SELECT true FROM agenda_item WHERE session_id = $1 AND id = $2", session_id, item_id))


async def vote(tx: Tx, session_id: int, vote_id: int) -> Vote | None:
    return await tx.maybe(
        Vote, f"SELECT {_VOTE} FROM council_vote WHERE session_id = $1 AND id = $2", session_id, vote_id
    )


async def locked_vote(tx: Tx, session_id: int, vote_id: int) -> Vote | None:
    """The vote, locked until the transaction ends: a ballot comes before the close or after it, never beside it."""
    return await tx.maybe(
        Vote, f"SELECT {_VOTE} FROM council_vote WHERE session_id = $1 AND id = $2 FOR UPDATE", session_id, vote_id
    )


async def votes(tx: Tx, session_id: int) -> list[Vote]:
    """All votes of a session, as they were prepared."""
    return await tx.all(Vote, f"SELECT {_VOTE} FROM council_vote WHERE session_id = $1 ORDER BY number", session_id)


async def open_vote(tx: Tx, session_id: int) -> Vote | None:
    return await tx.maybe(
        Vote, f"SELECT {_VOTE} FROM council_vote WHERE session_id = $1 AND state = 'open'", session_id
    )


async def repetition_of(tx: Tx, vote_id: int) -> Vote | None:
    """The vote that repeats this one; a cancelled one does not."""
    return await tx.maybe(
        Vote, f"SELECT {_VOTE} FROM council_vote WHERE repeats_id = $1 AND state <> 'cancelled'", vote_id
    )


async def add_vote(
    tx: Tx,
    session_id: int,
    *,
    title: str,
    item_id: int | None,
    secret: bool,
    majority: str,
    abstentions_count: bool,
    tie: Tie,
    repeats_id: int | None = None,
    reason: str = "",
    paper: bool = False,
    candidates: Sequence[str] = (),
) -> Vote:
    return await tx.one(
        Vote,
        "INSERT INTO council_vote (session_id, number, title, item_id, secret, majority, abstentions_count, tie,"
        " repeats_id, reason, paper, candidates) VALUES ($1,"
        " (SELECT coalesce(max(number), 0) + 1 FROM council_vote WHERE session_id = $1),"
        f" $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING {_VOTE}",
        session_id,
        title,
        item_id,
        secret,
        majority,
        abstentions_count,
        tie,
        repeats_id,
        reason,
        paper,
        list(candidates),
    )


async def change_draft(tx: Tx, vote_id: int, draft: VoteDraft) -> Vote:
    return await tx.one(
        Vote,
        "UPDATE council_vote SET title = $2, item_id = $3, secret = $4, majority = $5, paper = $6, candidates = $7,"
        f" rev = rev + 1 WHERE id = $1 RETURNING {_VOTE}",
        vote_id,
        draft.title,
        draft.item_id,
        draft.secret,
        draft.majority,
        draft.paper,
        draft.candidates,
    )


async def remove_vote(tx: Tx, vote_id: int) -> None:
    await tx.execute("DELETE FROM council_vote WHERE id = $1", vote_id)


async def begin_vote(tx: Tx, vote: Vote, *, entitled: int, present: int, statutory: int, quorum: int) -> Vote:
    """Opens a vote for everybody on the attendance list; on paper nobody is written down, for no ballot is ours."""
    opened = await tx.one(
        Vote,
        "UPDATE council_vote SET state = 'open', opened_at = clock_timestamp(), entitled = $2, present = $3,"
        f" statutory = $4, quorum = $5, rev = rev + 1 WHERE id = $1 RETURNING {_VOTE}",
        vote.id,
        entitled,
        present,
        statutory,
        quorum,
    )
    if vote.paper:
        return opened
    await tx.execute(
        "INSERT INTO council_voter (vote_id, councillor_id, secret, name, club, office)"
        " SELECT $1, councillor_id, $3, name, club, office FROM council_attendance WHERE session_id = $2"
        " ORDER BY councillor_id",
        vote.id,
        vote.session_id,
        vote.secret,
    )
    return opened


async def voters(tx: Tx, vote_ids: list[int]) -> dict[int, list[Voter]]:
    """Who may vote in each of the votes, in Polish order."""
    found: dict[int, list[Voter]] = {vote_id: [] for vote_id in vote_ids}
    for voter in await tx.all(Voter, f"SELECT {_VOTER} FROM council_voter WHERE vote_id = ANY($1)", vote_ids):
        found[voter.vote_id].append(voter)
    return {vote_id: sorted(rows, key=lambda row: polish_order(row.name)) for vote_id, rows in found.items()}


async def voter(tx: Tx, vote_id: int, councillor_id: int) -> Voter | None:
    return await tx.maybe(
        Voter, f"SELECT {_VOTER} FROM council_voter WHERE vote_id = $1 AND councillor_id = $2", vote_id, councillor_id
    )


async def own_voters(tx: Tx, session_id: int, councillor_id: int) -> list[tuple[Voter, bool]]:
    """One councillor in every vote of a session that was opened, with whether it is secret."""
    rows = await tx.records(
        f"SELECT {', '.join('council_voter.' + name for name in _VOTER.split(', '))}, council_voter.secret"
        " FROM council_voter JOIN council_vote ON council_vote.id = vote_id"
        " WHERE session_id = $1 AND councillor_id = $2 ORDER BY number",
        session_id,
        councillor_id,
    )
    return [(Voter(**{name: row[name] for name in _VOTER.split(", ")}), row["secret"]) for row in rows]


async def take_request(tx: Tx, vote_id: int, councillor_id: int, op_id: str) -> bool:
    """False where this very request was done before."""
    tag = await tx.execute(
        "INSERT INTO council_cast (vote_id, councillor_id, op_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        vote_id,
        councillor_id,
        op_id,
    )
    return tag == "INSERT 0 1"


async def request_done(tx: Tx, vote_id: int, councillor_id: int, op_id: str) -> bool:
    return bool(
        await tx.value(
            "SELECT true FROM council_cast WHERE vote_id = $1 AND councillor_id = $2 AND op_id = $3",
            vote_id,
            councillor_id,
            op_id,
        )
    )


async def set_choice(tx: Tx, vote_id: int, councillor_id: int, choice: Choice | None, *, by_clerk: bool) -> Voter:
    """A named ballot as it is now; None takes it back."""
    return await tx.one(
        Voter,
        "UPDATE council_voter SET choice = $3::text, voted = $3::text IS NOT NULL,"
        " by_clerk = $4 AND $3::text IS NOT NULL, rev = rev + 1,"
        " cast_at = CASE WHEN $3::text IS NULL THEN NULL ELSE clock_timestamp() END"
        f" WHERE vote_id = $1 AND councillor_id = $2 RETURNING {_VOTER}",
        vote_id,
        councillor_id,
        choice,
        by_clerk,
    )


async def drop_into_urn(tx: Tx, vote_id: int, councillor_id: int, sealed: bytes) -> Voter:
    """A secret ballot: the voter has voted, and the urn holds one ballot more. Nothing joins the two."""
    marked = await tx.one(
        Voter,
        "UPDATE council_voter SET voted = true, rev = rev + 1"
        f" WHERE vote_id = $1 AND councillor_id = $2 AND NOT voted RETURNING {_VOTER}",
        vote_id,
        councillor_id,
    )
    await tx.execute("INSERT INTO council_urn (vote_id, sealed) VALUES ($1, $2)", vote_id, sealed)
    return marked


async def empty_urn(tx: Tx, vote_id: int) -> list[bytes]:
    """The ballots of a vote, shuffled. The urn's file is thrown away; ballots of other votes go into the new one."""
    await tx.execute("LOCK TABLE council_urn IN ACCESS EXCLUSIVE MODE")
    rows = await tx.records("SELECT vote_id, sealed FROM council_urn")
    secrets.SystemRandom().shuffle(rows)
    await tx.execute("TRUNCATE council_urn")
    others = [row for row in rows if row["vote_id"] != vote_id]
    await tx.execute(
        "INSERT INTO council_urn (vote_id, sealed) SELECT * FROM unnest($1::bigint[], $2::bytea[])",
        [row["vote_id"] for row in others],
        [row["sealed"] for row in others],
    )
    return [row["sealed"] for row in rows if row["vote_id"] == vote_id]


async def keep_secret_ballots(tx: Tx, vote_id: int, choices: list[Choice]) -> None:
    """Counted ballots, in an order that tells nothing."""
    await tx.execute(
        "INSERT INTO council_secret_ballot (vote_id, choice) SELECT $1, unnest($2::text[])", vote_id, sorted(choices)
    )


async def note_presence(tx: Tx, vote_id: int) -> None:
    """At the close: who is in the room. Every row is written anew, in one order, whoever voted when."""
    await tx.execute(
        "UPDATE council_voter SET present = council_attendance.state IN ('present', 'late'),"
        " rev = council_voter.rev + 1"
        " FROM council_vote, council_attendance WHERE council_vote.id = $1 AND council_voter.vote_id = $1"
        " AND council_attendance.session_id = council_vote.session_id"
        " AND council_attendance.councillor_id = council_voter.councillor_id",
        vote_id,
    )


async def count_one(tx: Tx, vote_id: int, change: int) -> Vote:
    """So many more have voted."""
    return await tx.one(
        Vote,
        f"UPDATE council_vote SET voted = voted + $2, rev = rev + 1 WHERE id = $1 RETURNING {_VOTE}",
        vote_id,
        change,
    )


async def finish_vote(
    tx: Tx, vote_id: int, votes: Tally, *, present: int, absent: int, outcome: Outcome, closed: bool = True
) -> Vote:
    """Writes the result; `closed`: this is the close itself, not a correction after it."""
    return await tx.one(
        Vote,
        "UPDATE council_vote SET state = 'closed', closed_at = CASE WHEN $8 THEN clock_timestamp() ELSE closed_at END,"
        " voted = $2::int + $3::int + $4::int, votes_for = $2, votes_against = $3, abstained = $4, present = $5,"
        f" absent = $6, outcome = $7, rev = rev + 1 WHERE id = $1 RETURNING {_VOTE}",
        vote_id,
        votes.votes_for,
        votes.votes_against,
        votes.abstained,
        present,
        absent,
        outcome,
        closed,
    )


async def cancel_vote(tx: Tx, vote_id: int, reason: str) -> Vote:
    """Nothing of how people voted is kept."""
    await tx.execute(
        "UPDATE council_voter SET choice = NULL, voted = false, cast_at = NULL, by_clerk = false, rev = rev + 1"
        " WHERE vote_id = $1",
        vote_id,
    )
    return await tx.one(
        Vote,
        "UPDATE council_vote SET state = 'cancelled', closed_at = clock_timestamp(), voted = 0, cancel_reason = $2,"
        f" rev = rev + 1 WHERE id = $1 RETURNING {_VOTE}",
        vote_id,
        reason,
    )


async def add_correction(
    tx: Tx, voter: Voter, choice: Choice | None, reason: str, corrected_by: int | None
) -> Correction:
    return await tx.one(
        Correction,
        "INSERT INTO council_vote_correction"
        " (vote_id, councillor_id, choice_before, choice_after, reason, corrected_by) VALUES ($1, $2, $3, $4, $5, $6)"
        " RETURNING vote_id, councillor_id, choice_before, choice_after, reason, corrected_at",
        voter.vote_id,
        voter.councillor_id,
        voter.choice,
        choice,
        reason,
        corrected_by,
    )


async def named_votes(tx: Tx, votes: list[Vote]) -> list[NamedVote]:
    """Votes with all that is known of their voters; rules say how much of it is told."""
    ids = [vote.id for vote in votes]
    by_vote = await voters(tx, ids)
    corrections = await tx.all(
        Correction,
        "SELECT vote_id, councillor_id, choice_before, choice_after, reason, corrected_at"
        " FROM council_vote_correction WHERE vote_id = ANY($1) ORDER BY id",
        ids,
    )
    recounts = await paper_store.recounts(tx, ids)
    withheld = await paper_store.withheld(tx, ids)
    return [
        NamedVote(
            vote,
            by_vote[vote.id],
            [one for one in corrections if one.vote_id == vote.id],
            [one for one in recounts if one.vote_id == vote.id],
            vote.id in withheld,
        )
        for vote in votes
    ]


async def backdate_vote(tx: Tx, vote_id: int, opened_at: datetime, closed_at: datetime) -> None:
    """For demo data alone: a vote that was held in the past."""
    await tx.execute(
        "UPDATE council_vote SET opened_at = $2, closed_at = $3 WHERE id = $1", vote_id, opened_at, closed_at
    )
    await tx.execute(
        "UPDATE council_voter SET cast_at = $2 WHERE vote_id = $1 AND choice IS NOT NULL", vote_id, closed_at
    )
