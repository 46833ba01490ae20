"""All SQL of councillors' pages."""

from typing import Final

from app.database import Tx
from portals.council.records.councillors.model import CastVote, CouncillorRow, Figures, Pair, Said

_COUNCILLOR: Final = (
    "SELECT councillor.id, councillor.term_id, council_term.name AS term, councillor.name, council_club.name AS club,"
    " office, mandate_ended_on AS until FROM councillor JOIN council_term ON council_term.id = councillor.term_id"
    " LEFT JOIN council_club ON council_club.id = club_id"
)
_TOLD: Final = "vote.state = 'closed' AND vote.id NOT IN (SELECT vote_id FROM council_vote_withheld)"
_OPEN_SPEECH: Final = (
    "speech.state = 'spoken' AND NOT EXISTS (SELECT FROM council_interval_seen AS closed"
    " WHERE closed.session_id = speech.session_id AND closed.kind = 'closed' AND closed.began_at <= speech.began_at"
    " AND (closed.ended_at IS NULL OR closed.ended_at > speech.began_at))"
)


async def councillor(tx: Tx, councillor_id: int) -> CouncillorRow | None:
    return await tx.maybe(CouncillorRow, f"{_COUNCILLOR} WHERE councillor.id = $1", councillor_id)


async def councillors(tx: Tx, term_id: int) -> list[CouncillorRow]:
    return await tx.all(CouncillorRow, f"{_COUNCILLOR} WHERE councillor.term_id = $1", term_id)


async def newest_term(tx: Tx) -> tuple[int, str] | None:
    row = await tx.record("SELECT id, name FROM council_term ORDER BY began_on DESC LIMIT 1")
    return (row["id"], row["name"]) if row is not None else None


async def figures(tx: Tx, councillor_id: int) -> Figures:
    return await tx.one(
        Figures,
        "SELECT attendance.*, votes.*, speeches.* FROM"
        " (SELECT count(*)::integer AS sessions, count(*) FILTER (WHERE member.state <> 'absent')::integer AS attended"
        "  FROM council_attendance AS member JOIN council_session AS session ON session.id = session_id"
        "  WHERE councillor_id = $1 AND session.state = 'ended' AND session.committee_id IS NULL) AS attendance,"
        " (SELECT count(*)::integer AS votes, count(*) FILTER (WHERE voter.voted)::integer AS voted"
        "  FROM council_voter AS voter JOIN council_vote AS vote ON vote.id = vote_id"
        "  JOIN council_session AS session ON session.id = vote.session_id"
        f"  WHERE councillor_id = $1 AND {_TOLD} AND session.committee_id IS NULL) AS votes,"
        " (SELECT count(*)::integer AS speeches,"
        "  coalesce(extract(epoch FROM sum(ended_at - began_at)), 0)::float8 AS spoken_s"
        f"  FROM council_speech AS speech WHERE councillor_id = $1 AND {_OPEN_SPEECH}) AS speeches",
        councillor_id,
    )


async def cast_votes(tx: Tx, councillor_id: int, limit: int, offset: int = 0) -> list[CastVote]:
    """Newest first."""
    return await tx.all(
        CastVote,
        "SELECT vote.id AS vote_id, session.slug AS session_slug, session.title AS session_title, session.stream_id,"
        " vote.number, vote.title, vote.opened_at, vote.outcome, vote.secret, voter.voted, voter.choice"
        " FROM council_voter AS voter JOIN council_vote AS vote ON vote.id = vote_id"
        " JOIN council_session AS session ON session.id = vote.session_id"
        f" WHERE councillor_id = $1 AND {_TOLD} AND session.committee_id IS NULL"
        " ORDER BY vote.opened_at DESC, vote.id DESC LIMIT $2 OFFSET $3",
        councillor_id,
        limit,
        offset,
    )


async def speeches(tx: Tx, councillor_id: int, limit: int) -> list[Said]:
    """Newest first."""
    return await tx.all(
        Said,
        "SELECT session.slug AS session_slug, session.title AS session_title, session.stream_id,"
        " nullif(concat_ws('. ', item.number, item.title), '') AS item, speech.kind, speech.began_at, speech.ended_at"
        " FROM council_speech AS speech JOIN council_session AS session ON session.id = speech.session_id"
        " LEFT JOIN agenda_item AS item ON item.id = speech.item_id"
        f" WHERE councillor_id = $1 AND {_OPEN_SPEECH} ORDER BY speech.began_at DESC LIMIT $2",
        councillor_id,
        limit,
    )


async def pairs(tx: Tx, term_id: int, councillor_id: int | None = None) -> list[Pair]:
    """Each pair both ways, over named votes of the council; of one councillor, or of all of a term."""
    return await tx.all(
        Pair,
        "SELECT one.councillor_id AS one_id, other.councillor_id AS other_id, count(*)::integer AS both,"
        " count(*) FILTER (WHERE one.choice = other.choice)::integer AS same"
        " FROM council_voter AS one JOIN council_voter AS other ON other.vote_id = one.vote_id"
        "  AND other.councillor_id <> one.councillor_id"
        " JOIN councillor ON councillor.id = one.councillor_id"
        " JOIN council_vote AS vote ON vote.id = one.vote_id"
        " JOIN council_session AS session ON session.id = vote.session_id"
        " WHERE councillor.term_id = $1 AND ($2::bigint IS NULL OR one.councillor_id = $2)"
        f" AND one.choice IS NOT NULL AND other.choice IS NOT NULL AND {_TOLD} AND NOT vote.secret"
        " AND session.committee_id IS NULL GROUP BY one.councillor_id, other.councillor_id",
        term_id,
        councillor_id,
    )


async def named_votes(tx: Tx, term_id: int) -> int:
    return int(
        await tx.value(
            "SELECT count(DISTINCT vote.id) FROM council_vote AS vote"
            " JOIN council_voter AS voter ON voter.vote_id = vote.id"
            " JOIN councillor ON councillor.id = voter.councillor_id"
            " JOIN council_session AS session ON session.id = vote.session_id"
            f" WHERE councillor.term_id = $1 AND {_TOLD} AND NOT vote.secret"
            " AND session.committee_id IS NULL",
            term_id,
        )
    )
