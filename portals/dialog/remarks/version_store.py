"""SQL of versions and their paragraphs."""

from collections.abc import Sequence
from uuid import UUID

from app.database import Tx
from portals.dialog.remarks.model import Paragraph, Version

_VERSION = "SELECT id, block_id, number, title, note, created_at FROM remark_version"
_PARAGRAPH = "SELECT ordinal, paragraph_id, kind, level, label, place, text FROM remark_paragraph"


async def hold_block(tx: Tx, block_id: int) -> None:
    """Versions of a block are made one after another, and no remark comes in between."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('remarks', $1))", block_id)


async def share_block(tx: Tx, block_id: int) -> None:
    """Remarks wait for a version that is being made, not for one another."""
    await tx.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('remarks', $1))", block_id)


async def versions(tx: Tx, block_id: int) -> list[Version]:
    """Newest first."""
    return await tx.all(Version, f"{_VERSION} WHERE block_id = $1 ORDER BY number DESC", block_id)


async def newest(tx: Tx, block_id: int) -> Version | None:
    return await tx.maybe(Version, f"{_VERSION} WHERE block_id = $1 ORDER BY number DESC LIMIT 1", block_id)


async def version(tx: Tx, block_id: int, number: int) -> Version | None:
    return await tx.maybe(Version, f"{_VERSION} WHERE block_id = $1 AND number = $2", block_id, number)


async def paragraphs(tx: Tx, version_id: int) -> list[Paragraph]:
    return await tx.all(Paragraph, f"{_PARAGRAPH} WHERE version_id = $1 ORDER BY ordinal", version_id)


async def paragraph(tx: Tx, version_id: int, paragraph_id: UUID) -> Paragraph | None:
    return await tx.maybe(
        Paragraph, f"{_PARAGRAPH} WHERE version_id = $1 AND paragraph_id = $2", version_id, paragraph_id
    )


async def add_version(
    tx: Tx, block_id: int, title: str, note: str, paragraphs: Sequence[Paragraph], created_by: int | None
) -> Version:
    made = await tx.one(
        Version,
        "INSERT INTO remark_version (block_id, number, title, note, created_by)"
        " VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM remark_version WHERE block_id = $1), $2, $3, $4)"
        " RETURNING id, block_id, number, title, note, created_at",
        block_id,
        title,
        note,
        created_by,
    )
    await tx.execute(
        "INSERT INTO remark_paragraph (version_id, ordinal, paragraph_id, kind, level, label, place, text)"
        " SELECT $1, * FROM unnest($2::int[], $3::uuid[], $4::text[], $5::smallint[], $6::text[], $7::text[],"
        " $8::text[])",
        made.id,
        [one.ordinal for one in paragraphs],
        [one.paragraph_id for one in paragraphs],
        [one.kind for one in paragraphs],
        [one.level for one in paragraphs],
        [one.label for one in paragraphs],
        [one.place for one in paragraphs],
        [one.text for one in paragraphs],
    )
    return made


async def remove_versions(tx: Tx, block_id: int) -> None:
    """While the consultation is a draft nobody has seen them."""
    await tx.execute("DELETE FROM remark_version WHERE block_id = $1", block_id)


async def drafted_elsewhere(tx: Tx, consultation_id: int, block_id: int) -> int | None:
    """Another block of the consultation that has a text, the first on its page."""
    found: int | None = await tx.value(
        "SELECT b.id FROM consultation_block AS b WHERE b.consultation_id = $1 AND b.id <> $2 AND b.removed_at IS NULL"
        " AND EXISTS (SELECT FROM remark_version WHERE block_id = b.id) ORDER BY b.ordinal, b.id LIMIT 1",
        consultation_id,
        block_id,
    )
    return found


async def has_remarks(tx: Tx, block_id: int) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM remark WHERE block_id = $1)", block_id))


async def backdate_version(tx: Tx, version_id: int, days: float) -> None:
    """For demo data alone."""
    await tx.execute(
        "UPDATE remark_version SET created_at = created_at - make_interval(secs => $2) WHERE id = $1",
        version_id,
        days * 86400,
    )
