"""SQL of consultations, phases and blocks; that of participants is in participant_store, the parts have their own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.database import Tx
from portals.dialog.model import (
    Block,
    Consultation,
    ConsultationDraft,
    DuePhase,
    Phase,
    PhaseDraft,
    Template,
)

_CONSULTATION = (
    "SELECT id, slug, template, state, title, summary, topic, districts, open_to, kinds, only_districts, shown_as,"
    " asked, contact, legal_basis, published_at, cancelled_at, cancelled_reason, rev FROM consultation"
)
_PHASE = "SELECT id, consultation_id, ordinal, title, summary, starts_at, ends_at, rev FROM consultation_phase"
_BLOCK = "SELECT id, consultation_id, phase_id, kind, ordinal, title, settings, removed_at, rev FROM consultation_block"


# consultations


async def consultation(tx: Tx, consultation_id: int, *, lock: bool = False) -> Consultation | None:
    return await tx.maybe(
        Consultation, f"{_CONSULTATION} WHERE id = $1" + (" FOR UPDATE" if lock else ""), consultation_id
    )


async def consultation_called(tx: Tx, slug: str) -> Consultation | None:
    return await tx.maybe(Consultation, f"{_CONSULTATION} WHERE slug = $1", slug)


async def slug_taken(tx: Tx, slug: str) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM consultation WHERE slug = $1)", slug))


async def add_consultation(
    tx: Tx, slug: str, template: Template, draft: ConsultationDraft, folded: str, account_id: int | None
) -> Consultation:
    consultation_id = await tx.value(
        "INSERT INTO consultation (slug, template, title, summary, topic, districts, open_to, kinds, only_districts,"
        " shown_as, asked, contact, legal_basis, folded, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id",
        slug,
        template,
        *_words(draft),
        folded,
        account_id,
    )
    return await tx.one(Consultation, f"{_CONSULTATION} WHERE id = $1", consultation_id)


async def change_consultation(tx: Tx, consultation_id: int, draft: ConsultationDraft, folded: str) -> Consultation:
    await tx.execute(
        "UPDATE consultation SET title = $2, summary = $3, topic = $4, districts = $5, open_to = $6, kinds = $7,"
        " only_districts = $8, shown_as = $9, asked = $10, contact = $11, legal_basis = $12, folded = $13,"
        " rev = rev + 1 WHERE id = $1",
        consultation_id,
        *_words(draft),
        folded,
    )
    return await tx.one(Consultation, f"{_CONSULTATION} WHERE id = $1", consultation_id)


def _words(draft: ConsultationDraft) -> tuple[object, ...]:
    return (
        draft.title,
        draft.summary,
        draft.topic,
        draft.districts,
        draft.open_to,
        draft.kinds,
        draft.only_districts,
        draft.shown_as,
        draft.asked,
        draft.contact,
        draft.legal_basis,
    )


async def touch_consultation(tx: Tx, consultation_id: int) -> Consultation:
    """Counts a change of what lies in it."""
    await tx.execute("UPDATE consultation SET rev = rev + 1 WHERE id = $1", consultation_id)
    return await tx.one(Consultation, f"{_CONSULTATION} WHERE id = $1", consultation_id)


async def publish_consultation(tx: Tx, consultation_id: int) -> Consultation:
    await tx.execute(
        "UPDATE consultation SET state = 'published', published_at = coalesce(published_at, clock_timestamp()),"
        " rev = rev + 1 WHERE id = $1",
        consultation_id,
    )
    return await tx.one(Consultation, f"{_CONSULTATION} WHERE id = $1", consultation_id)


async def cancel_consultation(tx: Tx, consultation_id: int, reason: str) -> Consultation:
    await tx.execute(
        "UPDATE consultation SET state = 'cancelled', cancelled_at = clock_timestamp(), cancelled_reason = $2,"
        " rev = rev + 1 WHERE id = $1",
        consultation_id,
        reason,
    )
    return await tx.one(Consultation, f"{_CONSULTATION} WHERE id = $1", consultation_id)


async def archive_consultation(tx: Tx, consultation_id: int) -> Consultation:
    await tx.execute("UPDATE consultation SET state = 'archived', rev = rev + 1 WHERE id = $1", consultation_id)
    return await tx.one(Consultation, f"{_CONSULTATION} WHERE id = $1", consultation_id)


async def remove_draft(tx: Tx, consultation_id: int) -> None:
    await tx.execute("DELETE FROM consultation WHERE id = $1 AND state = 'draft'", consultation_id)


# phases


async def phases(tx: Tx, consultation_id: int) -> list[Phase]:
    """In order; those that were removed are not among them."""
    return await tx.all(
        Phase, f"{_PHASE} WHERE consultation_id = $1 AND removed_at IS NULL ORDER BY ordinal, id", consultation_id
    )


async def phase(tx: Tx, phase_id: int) -> Phase | None:
    return await tx.maybe(Phase, f"{_PHASE} WHERE id = $1 AND removed_at IS NULL", phase_id)


async def hold_phase(tx: Tx, phase_id: int) -> None:
    """Keeps the end of the phase from being told of until this transaction is over; many may hold it."""
    await tx.execute("SELECT FROM consultation_phase WHERE id = $1 FOR SHARE", phase_id)


async def hold_phases(tx: Tx, consultation_id: int) -> None:
    """The same for all phases of a consultation: for a block that stands in none."""
    await tx.execute("SELECT FROM consultation_phase WHERE consultation_id = $1 ORDER BY id FOR SHARE", consultation_id)


async def close_phase(tx: Tx, phase_id: int) -> None:
    """Waits for those who hold the phase, and keeps others out until this transaction is over."""
    await tx.execute("SELECT FROM consultation_phase WHERE id = $1 FOR UPDATE", phase_id)


async def add_phase(tx: Tx, consultation_id: int, draft: PhaseDraft) -> Phase:
    """Behind the others."""
    phase_id = await tx.value(
        "INSERT INTO consultation_phase (consultation_id, ordinal, title, summary, starts_at, ends_at)"
        " SELECT $1, coalesce(max(ordinal), 0) + 1, $2, $3, $4, $5 FROM consultation_phase WHERE consultation_id = $1"
        " RETURNING id",
        consultation_id,
        draft.title,
        draft.summary,
        draft.starts_at,
        draft.ends_at,
    )
    return await tx.one(Phase, f"{_PHASE} WHERE id = $1", phase_id)


async def change_phase(tx: Tx, phase_id: int, draft: PhaseDraft) -> Phase:
    await tx.execute(
        "UPDATE consultation_phase SET title = $2, summary = $3, starts_at = $4, ends_at = $5, rev = rev + 1"
        " WHERE id = $1",
        phase_id,
        draft.title,
        draft.summary,
        draft.starts_at,
        draft.ends_at,
    )
    return await tx.one(Phase, f"{_PHASE} WHERE id = $1", phase_id)


async def count_phase(tx: Tx, phase_id: int) -> Phase:
    """Counts a change of its state."""
    await tx.execute("UPDATE consultation_phase SET rev = rev + 1 WHERE id = $1", phase_id)
    return await tx.one(Phase, f"{_PHASE} WHERE id = $1", phase_id)


async def set_phase_removed(tx: Tx, phase_id: int, *, removed: bool) -> None:
    await tx.execute(
        "UPDATE consultation_phase SET removed_at = CASE WHEN $2 THEN clock_timestamp() END, rev = rev + 1"
        " WHERE id = $1",
        phase_id,
        removed,
    )


async def order_phases(tx: Tx, phase_ids: Sequence[int]) -> None:
    await tx.execute(
        "UPDATE consultation_phase p SET ordinal = o.place, rev = rev + 1"
        " FROM unnest($1::bigint[]) WITH ORDINALITY AS o (id, place) WHERE p.id = o.id AND p.ordinal <> o.place",
        list(phase_ids),
    )


# what the clock does


async def due_phases(tx: Tx, limit: int) -> list[DuePhase]:
    """Beginnings and ends of published consultations that have come and of which nobody has told, in their order."""
    return await tx.all(
        DuePhase,
        "SELECT p.id AS phase_id, p.consultation_id, w.what, w.due_at FROM consultation_phase p"
        " JOIN consultation c ON c.id = p.consultation_id"
        " CROSS JOIN LATERAL (VALUES ('begun', p.starts_at), ('ended', p.ends_at)) AS w (what, due_at)"
        " WHERE c.state = 'published' AND p.removed_at IS NULL AND w.due_at <= clock_timestamp()"
        " AND NOT EXISTS (SELECT FROM consultation_transition t WHERE t.phase_id = p.id AND t.what = w.what)"
        " ORDER BY w.due_at, p.id, w.what LIMIT $1",
        limit,
    )


async def next_due(tx: Tx) -> datetime | None:
    """The next moment at which a phase of a published consultation begins or ends."""
    found: datetime | None = await tx.value(
        "SELECT min(w.due_at) FROM consultation_phase p JOIN consultation c ON c.id = p.consultation_id"
        " CROSS JOIN LATERAL (VALUES (p.starts_at), (p.ends_at)) AS w (due_at)"
        " WHERE c.state = 'published' AND p.removed_at IS NULL AND w.due_at > clock_timestamp()"
    )
    return found


async def add_transition(tx: Tx, phase_id: int, what: str, due_at: datetime) -> bool:
    """Whether this transaction is the one that tells of it."""
    done = await tx.execute(
        "INSERT INTO consultation_transition (phase_id, what, due_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        phase_id,
        what,
        due_at,
    )
    return done == "INSERT 0 1"


async def has_transition(tx: Tx, phase_id: int, what: str) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM consultation_transition WHERE phase_id = $1 AND what = $2)", phase_id, what
        )
    )


async def is_edge(tx: Tx, consultation_id: int, what: str) -> bool:
    """Whether what has just been told is the consultation's first beginning, or the end of all of it."""
    return bool(
        await tx.value(
            "SELECT CASE WHEN $2 = 'begun' THEN count(*) FILTER (WHERE t.phase_id IS NOT NULL) = 1"
            " ELSE count(*) FILTER (WHERE t.phase_id IS NULL) = 0 END"
            " FROM consultation_phase p LEFT JOIN consultation_transition t ON t.phase_id = p.id AND t.what = $2"
            " WHERE p.consultation_id = $1 AND (p.removed_at IS NULL OR t.phase_id IS NOT NULL)",
            consultation_id,
            what,
        )
    )


# blocks


async def blocks(tx: Tx, consultation_id: int, *, removed: bool = False) -> list[Block]:
    """In order, with those that were removed where that is asked."""
    return await tx.all(
        Block,
        f"{_BLOCK} WHERE consultation_id = $1 AND ($2 OR removed_at IS NULL) ORDER BY ordinal, id",
        consultation_id,
        removed,
    )


async def block(tx: Tx, block_id: int) -> Block | None:
    return await tx.maybe(Block, f"{_BLOCK} WHERE id = $1", block_id)


async def add_block(
    tx: Tx, consultation_id: int, phase_id: int | None, kind: str, title: str, settings: Mapping[str, Any]
) -> Block:
    """Behind the others."""
    block_id = await tx.value(
        "INSERT INTO consultation_block (consultation_id, phase_id, kind, title, settings, ordinal)"
        " SELECT $1, $2, $3, $4, $5, coalesce(max(ordinal), 0) + 1 FROM consultation_block WHERE consultation_id = $1"
        " RETURNING id",
        consultation_id,
        phase_id,
        kind,
        title,
        dict(settings),
    )
    return await tx.one(Block, f"{_BLOCK} WHERE id = $1", block_id)


async def change_block(tx: Tx, block_id: int, phase_id: int | None, title: str, settings: Mapping[str, Any]) -> Block:
    await tx.execute(
        "UPDATE consultation_block SET phase_id = $2, title = $3, settings = $4, rev = rev + 1 WHERE id = $1",
        block_id,
        phase_id,
        title,
        dict(settings),
    )
    return await tx.one(Block, f"{_BLOCK} WHERE id = $1", block_id)


async def count_block(tx: Tx, block_id: int) -> Block:
    """Counts a change of what lies in it."""
    await tx.execute("UPDATE consultation_block SET rev = rev + 1 WHERE id = $1", block_id)
    return await tx.one(Block, f"{_BLOCK} WHERE id = $1", block_id)


async def set_block_removed(tx: Tx, block_id: int, *, removed: bool) -> Block:
    await tx.execute(
        "UPDATE consultation_block SET removed_at = CASE WHEN $2 THEN clock_timestamp() END, rev = rev + 1"
        " WHERE id = $1",
        block_id,
        removed,
    )
    return await tx.one(Block, f"{_BLOCK} WHERE id = $1", block_id)


async def order_blocks(tx: Tx, placed: Sequence[tuple[int, int | None]]) -> None:
    """Puts blocks into this order, each into its phase."""
    await tx.execute(
        "UPDATE consultation_block b SET ordinal = o.place, phase_id = o.phase_id, rev = rev + 1"
        " FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS o (id, phase_id, place)"
        " WHERE b.id = o.id AND (b.ordinal <> o.place OR b.phase_id IS DISTINCT FROM o.phase_id)",
        [block_id for block_id, _phase_id in placed],
        [phase_id for _block_id, phase_id in placed],
    )


async def consultation_titled(tx: Tx, title: str) -> Consultation | None:
    """The first one of this title, for demonstrations."""
    return await tx.maybe(Consultation, f"{_CONSULTATION} WHERE title = $1 ORDER BY id LIMIT 1", title)
