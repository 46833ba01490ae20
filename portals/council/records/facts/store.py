"""SQL of the facts of sessions. It reads what may be told, whoever asks; nothing here is written."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from app.database import Tx
from portals.council.records.facts.model import (
    BallotFact,
    IntervalFact,
    ItemFact,
    MemberFact,
    SessionFact,
    SessionFacts,
    SpeechFact,
    VoteFact,
)
from portals.council.records.facts.rules import by_surname

_SESSION: Final = (
    "SELECT session.id, session.slug, session.number, session.title, session.place, session.state, session.stream_id,"
    " session.planned_at, session.started_at, session.ended_at, session.called_off_at, session.committee_id,"
    " committee.name AS committee, (SELECT name FROM council_term WHERE began_on <= session.planned_at::date"
    " ORDER BY began_on DESC LIMIT 1) AS term"
    " FROM council_session AS session LEFT JOIN council_committee AS committee ON committee.id = session.committee_id"
)
_BALLOT: Final = "councillor_id, name, club, voted, choice"


async def session_by_slug(tx: Tx, slug: str) -> SessionFact | None:
    return await tx.maybe(SessionFact, f"{_SESSION} WHERE session.slug = $1", slug)


async def session_by_id(tx: Tx, session_id: int) -> SessionFact | None:
    return await tx.maybe(SessionFact, f"{_SESSION} WHERE session.id = $1", session_id)


async def sessions(tx: Tx, limit: int, offset: int = 0) -> list[SessionFact]:
    """The latest first."""
    return await tx.all(
        SessionFact,
        f"{_SESSION} ORDER BY coalesce(session.started_at, session.planned_at) DESC, session.id DESC"
        " LIMIT $1 OFFSET $2",
        limit,
        offset,
    )


async def facts(tx: Tx, session: SessionFact) -> SessionFacts:
    return SessionFacts(
        session=session,
        items=await items(tx, session.id),
        members=await members(tx, session.id),
        statutory=await tx.value("SELECT statutory FROM council_roll WHERE session_id = $1", session.id),
        votes=await votes(tx, [session.id]),
        speeches=await speeches(tx, session.id),
        intervals=await intervals(tx, session.id),
    )


async def items(tx: Tx, session_id: int) -> list[ItemFact]:
    return await tx.all(
        ItemFact,
        "SELECT id, number, title, depth, state, ARRAY(SELECT marked_at FROM agenda_mark WHERE item_id = agenda_item.id"
        " ORDER BY marked_at, agenda_mark.id) AS moments FROM agenda_item WHERE session_id = $1 ORDER BY position",
        session_id,
    )


async def members(tx: Tx, session_id: int) -> list[MemberFact]:
    """By surname."""
    found = await tx.all(
        MemberFact,
        "SELECT councillor_id, name, club, office, state,"
        " (SELECT min(changed_at) FROM council_attendance_change AS change WHERE change.session_id = $1"
        "  AND change.councillor_id = member.councillor_id AND change.state IN ('present', 'late')) AS came_at,"
        " CASE WHEN state = 'left' THEN changed_at END AS left_at"
        " FROM council_attendance AS member WHERE session_id = $1",
        session_id,
    )
    return sorted(found, key=lambda member: by_surname(member.name))


async def votes(tx: Tx, session_ids: Sequence[int]) -> list[VoteFact]:
    """Closed votes of sessions, with their ballots by surname; none of a part that is still closed to the public."""
    rows = await tx.records(
        "SELECT id, session_id, item_id, number, title, secret, majority, opened_at, closed_at, entitled, present,"
        " statutory, quorum, votes_for, votes_against, abstained, absent, outcome, repeats_id, reason,"
        " paper, candidates, candidate_votes, committee, ballots_given, ballots_returned, ballots_invalid,"
        " ARRAY(SELECT concat(voter.name, ': ', correction.reason) FROM council_vote_correction AS correction"
        "  JOIN council_voter AS voter USING (vote_id, councillor_id)"
        "  WHERE correction.vote_id = council_vote.id ORDER BY correction.id)"
        " || ARRAY(SELECT reason FROM council_paper_correction AS recount WHERE recount.vote_id = council_vote.id"
        "  ORDER BY recount.id) AS corrections"
        " FROM council_vote WHERE session_id = ANY($1) AND state = 'closed'"
        " AND id NOT IN (SELECT vote_id FROM council_vote_withheld) ORDER BY session_id, number",
        list(session_ids),
    )
    ballots: dict[int, list[BallotFact]] = defaultdict(list)
    for row in await tx.records(
        f"SELECT vote_id, {_BALLOT} FROM council_voter WHERE vote_id = ANY($1)", [row["id"] for row in rows]
    ):
        values = dict(row)
        ballots[values.pop("vote_id")].append(BallotFact(**values))
    return [
        VoteFact(**row, ballots=sorted(ballots[row["id"]], key=lambda ballot: by_surname(ballot.name))) for row in rows
    ]


async def speeches(tx: Tx, session_id: int) -> list[SpeechFact]:
    """Those of closed parts are left out."""
    return await tx.all(
        SpeechFact,
        "SELECT id, item_id, councillor_id, speaker, club, role, kind, began_at, ended_at FROM council_speech AS speech"
        " WHERE session_id = $1 AND state = 'spoken' AND NOT EXISTS ("
        "  SELECT FROM council_interval_seen AS closed WHERE closed.session_id = $1 AND closed.kind = 'closed'"
        "  AND closed.began_at <= speech.began_at AND (closed.ended_at IS NULL OR closed.ended_at > speech.began_at))"
        " ORDER BY began_at, id",
        session_id,
    )


async def intervals(tx: Tx, session_id: int) -> list[IntervalFact]:
    return await tx.all(
        IntervalFact,
        "SELECT kind, began_at, ended_at, note, legal_basis FROM council_interval_seen WHERE session_id = $1"
        " ORDER BY began_at",
        session_id,
    )
