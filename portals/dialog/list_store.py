"""SQL of lists of consultations: the residents' page, the clerk's page, participants."""

from datetime import datetime

from app.database import Tx
from portals.dialog.model import ConsultationLine, Participant, ParticipantGroup

_LINE = (
    "SELECT c.id, c.slug, c.state, c.title, c.summary, c.topic, c.districts, t.starts_at, t.ends_at,"
    " coalesce(r.title, '') AS phase, r.ends_at AS phase_ends_at, n.starts_at AS next_at,"
    " (SELECT count(*) FROM consultation_participant p WHERE p.consultation_id = c.id) AS participants, c.rev"
    " FROM consultation c"
    " LEFT JOIN LATERAL (SELECT min(p.starts_at) AS starts_at, max(p.ends_at) AS ends_at FROM consultation_phase p"
    "  WHERE p.consultation_id = c.id AND p.removed_at IS NULL) t ON true"
    " LEFT JOIN LATERAL (SELECT p.title, p.ends_at FROM consultation_phase p WHERE p.consultation_id = c.id"
    "  AND p.removed_at IS NULL AND p.starts_at <= now() AND p.ends_at > now() ORDER BY p.ends_at LIMIT 1) r ON true"
    " LEFT JOIN LATERAL (SELECT p.starts_at FROM consultation_phase p WHERE p.consultation_id = c.id"
    "  AND p.removed_at IS NULL AND p.starts_at > now() ORDER BY p.starts_at LIMIT 1) n ON true"
)
_FOUND = (
    " ($1 = '' OR c.topic = $1) AND ($2 = '' OR $2 = ANY(c.districts) OR c.districts = '{}')"
    " AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS w WHERE c.folded NOT LIKE '%' || w || '%')"
)


async def open_lines(tx: Tx, topic: str, district: str, words: list[str], limit: int) -> list[ConsultationLine]:
    """Those that run, the one whose phase ends first at the top; between two phases they run too."""
    return await tx.all(
        ConsultationLine,
        f"{_LINE} WHERE c.state = 'published' AND t.starts_at <= now() AND t.ends_at > now() AND {_FOUND}"
        " ORDER BY coalesce(r.ends_at, n.starts_at), c.id LIMIT $4",
        topic,
        district,
        words,
        limit,
    )


async def coming_lines(tx: Tx, topic: str, district: str, words: list[str], limit: int) -> list[ConsultationLine]:
    return await tx.all(
        ConsultationLine,
        f"{_LINE} WHERE c.state = 'published' AND t.starts_at > now() AND {_FOUND} ORDER BY t.starts_at, c.id LIMIT $4",
        topic,
        district,
        words,
        limit,
    )


async def ended_lines(
    tx: Tx, topic: str, district: str, words: list[str], limit: int, offset: int = 0
) -> list[ConsultationLine]:
    """The latest first; cancelled ones among them."""
    return await tx.all(
        ConsultationLine,
        f"{_LINE} WHERE (c.state IN ('cancelled', 'archived') OR (c.state = 'published' AND t.ends_at <= now()))"
        f" AND {_FOUND} ORDER BY t.ends_at DESC NULLS LAST, c.id DESC LIMIT $4 OFFSET $5",
        topic,
        district,
        words,
        limit,
        offset,
    )


async def all_lines(tx: Tx, words: list[str], limit: int, offset: int) -> list[ConsultationLine]:
    """For the office: drafts too, the newest first."""
    return await tx.all(
        ConsultationLine,
        f"{_LINE} WHERE {_FOUND} ORDER BY c.id DESC LIMIT $4 OFFSET $5",
        "",
        "",
        words,
        limit,
        offset,
    )


async def topics(tx: Tx) -> list[str]:
    rows = await tx.records(
        "SELECT DISTINCT topic FROM consultation WHERE topic <> '' AND state <> 'draft' ORDER BY topic"
    )
    return [row["topic"] for row in rows]


async def districts(tx: Tx) -> list[str]:
    rows = await tx.records(
        "SELECT DISTINCT d FROM consultation c, unnest(c.districts) AS d WHERE c.state <> 'draft' ORDER BY d"
    )
    return [row["d"] for row in rows]


async def participants_page(tx: Tx, consultation_id: int, limit: int, offset: int) -> list[Participant]:
    """In the order of joining."""
    return await tx.all(
        Participant,
        "SELECT id, consultation_id, account_id, kind, name, organisation, district, pseudonym, shown_as, details,"
        " paper, joined_at, erased_at, rev, verified FROM consultation_person WHERE consultation_id = $1"
        " ORDER BY id LIMIT $2 OFFSET $3",
        consultation_id,
        limit,
        offset,
    )


async def participant_groups(tx: Tx, consultation_id: int) -> list[ParticipantGroup]:
    return await tx.all(
        ParticipantGroup,
        "SELECT kind, district, verified, paper, count(*) AS count FROM consultation_person WHERE consultation_id = $1"
        " GROUP BY kind, district, verified, paper ORDER BY kind, district",
        consultation_id,
    )


async def lines_of_account(tx: Tx, account_id: int) -> list[ConsultationLine]:
    """Where an account takes part."""
    return await tx.all(
        ConsultationLine,
        f"{_LINE} JOIN consultation_participant m ON m.consultation_id = c.id AND m.account_id = $1 ORDER BY c.id DESC",
        account_id,
    )


async def demo_accounts(tx: Tx, logins: list[str]) -> dict[str, int]:
    rows = await tx.records("SELECT login, id FROM account WHERE login = ANY($1::text[])", logins)
    return {row["login"]: row["id"] for row in rows}


async def backdate(tx: Tx, consultation_id: int, published_at: datetime) -> None:
    """For invented history."""
    await tx.execute("UPDATE consultation SET published_at = $2 WHERE id = $1", consultation_id, published_at)
