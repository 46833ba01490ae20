"""SQL of remarks, their places and wordings."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.database import Tx
from portals.dialog.remarks.model import Anchor, Answer, Count, Mark, Quoted, Remark, State, Wording

_REMARK = """
SELECT r.id, r.block_id, made.number AS version, r.participant_id, r.quote, r.prefix, r.suffix, r.text, r.proposal,
       r.paper, r.made_at, r.edited_at, r.state, r.reason, r.position, r.answer, r.answered_at, r.rev,
       a.paragraph_id, a.starts, a.ends, a.how, p.ordinal, coalesce(p.place, was.place, '') AS place
  FROM remark AS r
  JOIN remark_version AS made ON made.id = r.version_id
  JOIN remark_anchor AS a ON a.remark_id = r.id AND a.version_id = $2
  LEFT JOIN remark_paragraph AS p ON p.version_id = $2 AND p.paragraph_id = a.paragraph_id
  LEFT JOIN remark_anchor AS old ON old.remark_id = r.id AND old.version_id = r.version_id
  LEFT JOIN remark_paragraph AS was ON was.version_id = r.version_id AND was.paragraph_id = old.paragraph_id
"""


async def remark(tx: Tx, remark_id: int, version_id: int) -> Remark | None:
    """With its place in a version."""
    return await tx.maybe(Remark, f"{_REMARK} WHERE r.id = $1", remark_id, version_id)


async def block_of(tx: Tx, remark_id: int) -> int | None:
    found: int | None = await tx.value("SELECT block_id FROM remark WHERE id = $1", remark_id)
    return found


async def lock_remark(tx: Tx, remark_id: int) -> None:
    await tx.execute("SELECT FROM remark WHERE id = $1 FOR UPDATE", remark_id)


async def remarks(tx: Tx, block_id: int, version_id: int) -> list[Remark]:
    """All of a block, in the order of the text; those without a place last."""
    return await tx.all(
        Remark,
        f"{_REMARK} WHERE r.block_id = $1 ORDER BY p.ordinal NULLS LAST, a.starts, a.ends, r.id",
        block_id,
        version_id,
    )


async def newest_remarks(
    tx: Tx, block_id: int, version_id: int, ordinal: int | None, before: int, limit: int
) -> list[Remark]:
    """Newest first, of one paragraph (0: those without a place) or of all (None); older than `before`."""
    return await tx.all(
        Remark,
        f"{_REMARK} WHERE r.block_id = $1 AND r.id < $4"
        " AND ($3::int IS NULL OR p.ordinal = $3 OR ($3 = 0 AND a.paragraph_id IS NULL))"
        " ORDER BY r.id DESC LIMIT $5",
        block_id,
        version_id,
        ordinal,
        before,
        limit,
    )


async def remarks_of(tx: Tx, participant_id: int, version_id: int, block_id: int) -> list[Remark]:
    return await tx.all(
        Remark,
        f"{_REMARK} WHERE r.participant_id = $1 AND r.block_id = $3 ORDER BY r.id",
        participant_id,
        version_id,
        block_id,
    )


async def blocks_of(tx: Tx, participant_id: int) -> list[int]:
    rows = await tx.records("SELECT DISTINCT block_id FROM remark WHERE participant_id = $1", participant_id)
    return [row["block_id"] for row in rows]


async def paper_people(tx: Tx, block_id: int) -> list[int]:
    """Participants whose remarks the office has entered from paper."""
    rows = await tx.records(
        "SELECT DISTINCT participant_id FROM remark WHERE block_id = $1 AND paper ORDER BY participant_id", block_id
    )
    return [row["participant_id"] for row in rows]


async def own_ids(tx: Tx, block_id: int, participant_id: int) -> list[int]:
    rows = await tx.records(
        "SELECT id FROM remark WHERE block_id = $1 AND participant_id = $2 AND NOT paper", block_id, participant_id
    )
    return [row["id"] for row in rows]


async def table_page(tx: Tx, block_id: int, version_id: int, wanted: str, limit: int, offset: int) -> list[Remark]:
    """In the order of the text. `wanted`: «open» (without position), «answered», «orphans», else all."""
    return await tx.all(
        Remark,
        f"{_REMARK} WHERE r.block_id = $1 AND ($3 = 'all'"
        " OR ($3 = 'open' AND r.position = '' AND r.state = 'shown')"
        " OR ($3 = 'answered' AND r.position <> '' AND r.state = 'shown')"
        " OR ($3 = 'orphans' AND a.paragraph_id IS NULL AND r.state = 'shown'))"
        " ORDER BY p.ordinal NULLS LAST, a.starts, a.ends, r.id LIMIT $4 OFFSET $5",
        block_id,
        version_id,
        wanted,
        limit,
        offset,
    )


async def marks(tx: Tx, block_id: int, version_id: int) -> list[Mark]:
    """Where every remark of a block stands in a version."""
    return await tx.all(
        Mark,
        "SELECT r.id, coalesce(p.ordinal, 0) AS ordinal, a.starts, a.ends, r.rev, r.state"
        " FROM remark AS r JOIN remark_anchor AS a ON a.remark_id = r.id AND a.version_id = $2"
        " LEFT JOIN remark_paragraph AS p ON p.version_id = $2 AND p.paragraph_id = a.paragraph_id"
        " WHERE r.block_id = $1 ORDER BY r.id",
        block_id,
        version_id,
    )


async def count(tx: Tx, block_id: int, version_id: int) -> Count:
    return await tx.one(
        Count,
        "SELECT count(*) AS shown, count(*) FILTER (WHERE position <> '') AS answered,"
        " count(*) FILTER (WHERE paper) AS paper, count(*) FILTER (WHERE a.paragraph_id IS NULL) AS orphans"
        " FROM remark AS r JOIN remark_anchor AS a ON a.remark_id = r.id AND a.version_id = $2"
        " WHERE r.block_id = $1 AND r.state = 'shown'",
        block_id,
        version_id,
    )


async def add_remark(
    tx: Tx,
    block_id: int,
    version_id: int,
    participant_id: int,
    quoted: Quoted,
    text: str,
    proposal: str,
    *,
    paper: bool = False,
    made_at: datetime | None = None,
) -> int:
    return int(
        await tx.value(
            "INSERT INTO remark (block_id, version_id, participant_id, quote, prefix, suffix, text, proposal, paper,"
            " made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, clock_timestamp())) RETURNING id",
            block_id,
            version_id,
            participant_id,
            quoted.quote,
            quoted.prefix,
            quoted.suffix,
            text,
            proposal,
            paper,
            made_at,
        )
    )


async def add_anchors(tx: Tx, version_id: int, places: Mapping[int, Anchor]) -> None:
    """`places`: by remark."""
    await tx.execute(
        "INSERT INTO remark_anchor (remark_id, version_id, paragraph_id, starts, ends, how)"
        " SELECT id, $1, paragraph_id, starts, ends, how"
        " FROM unnest($2::bigint[], $3::uuid[], $4::int[], $5::int[], $6::text[])"
        " AS new (id, paragraph_id, starts, ends, how)",
        version_id,
        list(places),
        [one.paragraph_id for one in places.values()],
        [one.starts for one in places.values()],
        [one.ends for one in places.values()],
        [one.how for one in places.values()],
    )


async def original_places(tx: Tx, block_id: int) -> dict[int, UUID]:
    """The paragraph each remark of a block was made on."""
    rows = await tx.records(
        "SELECT r.id, a.paragraph_id FROM remark AS r"
        " JOIN remark_anchor AS a ON a.remark_id = r.id AND a.version_id = r.version_id"
        " WHERE r.block_id = $1 AND a.paragraph_id IS NOT NULL",
        block_id,
    )
    return {row["id"]: row["paragraph_id"] for row in rows}


async def raise_revs(tx: Tx, block_id: int) -> None:
    """Every remark of the block has another place now."""
    await tx.execute("UPDATE remark SET rev = rev + 1 WHERE block_id = $1", block_id)


async def change_words(tx: Tx, remark_id: int, text: str, proposal: str) -> None:
    """The old ones are kept."""
    await tx.execute(
        "INSERT INTO remark_wording (remark_id, number, text, proposal) SELECT id,"
        " (SELECT coalesce(max(number), 0) + 1 FROM remark_wording WHERE remark_id = $1), text, proposal"
        " FROM remark WHERE id = $1",
        remark_id,
    )
    await tx.execute(
        "UPDATE remark SET text = $2, proposal = $3, edited_at = clock_timestamp(), rev = rev + 1 WHERE id = $1",
        remark_id,
        text,
        proposal,
    )


async def wordings(tx: Tx, remark_id: int) -> list[Wording]:
    """Oldest first."""
    return await tx.all(
        Wording,
        "SELECT number, text, proposal, until FROM remark_wording WHERE remark_id = $1 ORDER BY number",
        remark_id,
    )


async def drop_wordings(tx: Tx, participant_id: int) -> None:
    await tx.execute(
        "DELETE FROM remark_wording USING remark WHERE remark.id = remark_id AND participant_id = $1", participant_id
    )


async def set_state(tx: Tx, remark_id: int, state: State, reason: str) -> None:
    await tx.execute("UPDATE remark SET state = $2, reason = $3, rev = rev + 1 WHERE id = $1", remark_id, state, reason)


async def set_position(tx: Tx, remark_id: int, answer: Answer) -> None:
    await tx.execute(
        "UPDATE remark SET position = $2, answer = $3,"
        " answered_at = CASE WHEN $2 = '' THEN NULL ELSE clock_timestamp() END, rev = rev + 1 WHERE id = $1",
        remark_id,
        answer.position,
        answer.answer,
    )


async def touch_remarks(tx: Tx, participant_id: int) -> None:
    """Their author is shown in another way."""
    await tx.execute("UPDATE remark SET rev = rev + 1, edited_at = NULL WHERE participant_id = $1", participant_id)


async def backdate_remark(tx: Tx, remark_id: int, days: float) -> None:
    """For demo data alone."""
    await tx.execute(
        "UPDATE remark SET made_at = made_at - make_interval(secs => $2),"
        " answered_at = answered_at - make_interval(secs => $2 / 2) WHERE id = $1",
        remark_id,
        days * 86400,
    )
