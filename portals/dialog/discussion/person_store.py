"""SQL of what single people have to do with a thread: endorsements, their own comments, names that may be named."""

from collections.abc import Sequence

import msgspec

from app.database import Tx
from portals.dialog.discussion.model import OwnComment
from portals.dialog.discussion.prose import Piece


async def endorsed_of(tx: Tx, participant_id: int, comment_ids: Sequence[int]) -> list[int]:
    rows = await tx.records(
        "SELECT comment_id FROM discussion_endorsement WHERE participant_id = $1 AND comment_id = ANY($2::bigint[])",
        participant_id,
        list(comment_ids),
    )
    return [row["comment_id"] for row in rows]


async def set_endorsement(tx: Tx, comment_id: int, participant_id: int, *, given: bool) -> bool:
    """Whether that changed anything; two at once count once."""
    if given:
        tag = await tx.execute(
            "INSERT INTO discussion_endorsement (comment_id, participant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            comment_id,
            participant_id,
        )
    else:
        tag = await tx.execute(
            "DELETE FROM discussion_endorsement WHERE comment_id = $1 AND participant_id = $2",
            comment_id,
            participant_id,
        )
    return not tag.endswith(" 0")


async def not_public_of(tx: Tx, thread_id: int, participant_id: int) -> list[OwnComment]:
    """A person's comments of a thread that wait, were refused or removed, with their appeals; newest first."""
    rows = await tx.records(
        "SELECT c.id, c.state, c.body, c.reason, c.created_at, c.ended_at, a.text AS appeal, a.answer, a.accepted"
        " FROM discussion_comment c LEFT JOIN discussion_appeal a ON a.comment_id = c.id"
        " WHERE c.thread_id = $1 AND c.participant_id = $2 AND (c.state IN ('held', 'refused', 'removed'))"
        " ORDER BY c.id DESC LIMIT 30",
        thread_id,
        participant_id,
    )
    return [
        OwnComment(
            id=row["id"],
            state=row["state"],
            body=msgspec.convert(row["body"], list[Piece]),
            reason=row["reason"],
            created_at=row["created_at"],
            ended_at=row["ended_at"],
            path="",
            may_appeal=row["state"] != "held" and row["appeal"] is None,
            appeal=row["appeal"] or "",
            appeal_answer=row["answer"] or "",
            appeal_accepted=row["accepted"],
        )
        for row in rows
    ]


async def account_is_new(tx: Tx, account_id: int, days: int) -> bool:
    return bool(
        await tx.value(
            "SELECT created_at > clock_timestamp() - make_interval(days => $2) FROM account WHERE id = $1",
            account_id,
            days,
        )
    )


async def people_named(tx: Tx, consultation_id: int, names: Sequence[str]) -> dict[str, int]:
    """Who of those that have spoken in public is called so; of several the one that spoke last."""
    rows = await tx.records(
        "SELECT DISTINCT ON (name) CASE p.shown_as WHEN 'name' THEN p.name ELSE p.pseudonym END AS name, p.id"
        " FROM consultation_participant p WHERE p.consultation_id = $1 AND p.erased_at IS NULL"
        " AND CASE p.shown_as WHEN 'name' THEN p.name WHEN 'pseudonym' THEN p.pseudonym END = ANY($2::text[])"
        " AND EXISTS (SELECT FROM discussion_comment c WHERE c.participant_id = p.id AND c.state = 'shown')"
        " ORDER BY name, p.id DESC",
        consultation_id,
        list(names),
    )
    return {row["name"]: row["id"] for row in rows}


async def people_like(tx: Tx, consultation_id: int, beginning: str, limit: int) -> list[int]:
    """The same for a name that is being typed: its beginning, or that of its second word."""
    rows = await tx.records(
        "SELECT p.id FROM consultation_participant p, LATERAL (SELECT lower(CASE p.shown_as WHEN 'name' THEN p.name"
        " WHEN 'pseudonym' THEN p.pseudonym ELSE '' END) AS name) AS shown"
        " WHERE p.consultation_id = $1 AND p.erased_at IS NULL AND shown.name <> ''"
        " AND (starts_with(shown.name, lower($2)) OR strpos(shown.name, ' ' || lower($2)) > 0)"
        " AND EXISTS (SELECT FROM discussion_comment c WHERE c.participant_id = p.id AND c.state = 'shown')"
        " ORDER BY shown.name LIMIT $3",
        consultation_id,
        beginning,
        limit,
    )
    return [row["id"] for row in rows]
