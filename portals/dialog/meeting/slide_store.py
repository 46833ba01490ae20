"""SQL of the slides that are led in a meeting."""

from app.database import Tx
from portals.dialog.meeting.model import Deck, PresentationRow, SlideRow

_SHOWN = (
    "coalesce(m.title, '') AS title, coalesce(v.type, '') AS type, c.slug FROM {table} s"
    " JOIN consultation_block b ON b.id = s.block_id JOIN consultation c ON c.id = b.consultation_id"
    " LEFT JOIN material m ON m.id = s.material_id AND m.removed_at IS NULL"
    " LEFT JOIN material_version v ON v.material_id = m.id AND v.number = s.version AND v.file_id IS NOT NULL"
)


async def presentation(tx: Tx, block_id: int) -> PresentationRow:
    found = await tx.maybe(
        PresentationRow,
        "SELECT s.block_id, s.material_id, s.version, s.page, s.hand_id, h.participant_id, s.rev, "
        + _SHOWN.format(table="meeting_presentation")
        + " LEFT JOIN meeting_hand h ON h.id = s.hand_id WHERE s.block_id = $1",
        block_id,
    )
    return found or PresentationRow(block_id=block_id)


async def hold(tx: Tx, block_id: int) -> PresentationRow:
    """The same, locked; made where it is not there yet."""
    await tx.execute(
        "INSERT INTO meeting_presentation (block_id) VALUES ($1) ON CONFLICT (block_id) DO NOTHING", block_id
    )
    await tx.execute("SELECT FROM meeting_presentation WHERE block_id = $1 FOR UPDATE", block_id)
    return await presentation(tx, block_id)


async def show(tx: Tx, block_id: int, material_id: int | None, version: int, page: int) -> None:
    """Of a locked one. Without material it is closed."""
    await tx.execute(
        "UPDATE meeting_presentation SET material_id = $2, version = $3, page = $4, rev = rev + 1 WHERE block_id = $1",
        block_id,
        material_id,
        version,
        max(page, 1),
    )
    await tx.execute(
        "INSERT INTO meeting_slide (block_id, material_id, version, page) VALUES ($1, $2, $3, $4)",
        block_id,
        material_id,
        version,
        page,
    )


async def name_presenter(tx: Tx, block_id: int, hand_id: int | None) -> None:
    await tx.execute(
        "UPDATE meeting_presentation SET hand_id = $2, rev = rev + 1 WHERE block_id = $1", block_id, hand_id
    )


async def slides(tx: Tx, block_id: int) -> list[SlideRow]:
    """What was shown, in order."""
    return await tx.all(
        SlideRow,
        "SELECT s.id, s.material_id, s.version, s.page, s.shown_at, "
        + _SHOWN.format(table="meeting_slide")
        + " WHERE s.block_id = $1 ORDER BY s.id",
        block_id,
    )


async def decks(tx: Tx, consultation_id: int) -> list[Deck]:
    """Presentations first."""
    return await tx.all(
        Deck,
        "SELECT m.id, m.title FROM material m JOIN consultation_block b ON b.id = m.block_id CROSS JOIN LATERAL"
        " (SELECT * FROM material_version WHERE material_id = m.id ORDER BY number DESC LIMIT 1) AS v"
        " WHERE b.consultation_id = $1 AND b.removed_at IS NULL AND m.removed_at IS NULL AND v.file_id IS NOT NULL"
        " AND (v.type = 'application/pdf' OR v.preview = 'ready') ORDER BY m.slides DESC, b.ordinal, m.ordinal, m.id",
        consultation_id,
    )
