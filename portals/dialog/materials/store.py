"""SQL of materials."""

from uuid import UUID

from app.database import Tx
from app.files import StoredFile
from portals.dialog.materials.model import Content, Kind, Material, MaterialDraft, MaterialVersion, Preview

_MATERIAL = (
    "SELECT m.id, m.block_id, m.ordinal, m.kind, m.title, m.summary, m.alt, m.slides, m.chapters, m.removed_at,"
    " m.removal_reason, m.rev, v.number AS version, v.text, v.link, v.file_id, v.name, v.type, v.bytes, v.upload_id,"
    " v.preview, v.preview_id, v.note, coalesce(m.removed_at, v.added_at) AS changed_at FROM material AS m"
    " CROSS JOIN LATERAL"
    " (SELECT * FROM material_version WHERE material_id = m.id ORDER BY number DESC LIMIT 1) AS v"
)
_VERSION = (
    "SELECT material_id, number, text, link, file_id, name, type, bytes, sha256, upload_id, preview, preview_id, note,"
    " added_at FROM material_version"
)


async def materials(tx: Tx, block_id: int) -> list[Material]:
    """All of a block, in order; removed ones too."""
    return await tx.all(Material, f"{_MATERIAL} WHERE m.block_id = $1 ORDER BY m.ordinal, m.id", block_id)


async def material(tx: Tx, material_id: int) -> Material | None:
    return await tx.maybe(Material, f"{_MATERIAL} WHERE m.id = $1", material_id)


async def block_of(tx: Tx, material_id: int, *, lock: bool = False) -> int | None:
    found: int | None = await tx.value(
        "SELECT block_id FROM material WHERE id = $1" + (" FOR UPDATE" if lock else ""), material_id
    )
    return found


async def add_material(tx: Tx, block_id: int, kind: Kind, draft: MaterialDraft, created_by: int | None) -> int:
    """Stands last. It has no version yet."""
    return int(
        await tx.value(
            "INSERT INTO material (block_id, ordinal, kind, title, summary, alt, slides, chapters, created_by)"
            " VALUES ($1, (SELECT coalesce(max(ordinal), 0) + 1 FROM material WHERE block_id = $1), $2, $3, $4, $5, $6,"
            " $7, $8) RETURNING id",
            block_id,
            kind,
            draft.title,
            draft.summary,
            draft.alt,
            draft.slides,
            draft.chapters,
            created_by,
        )
    )


async def add_version(
    tx: Tx,
    material_id: int,
    content: Content,
    file: StoredFile | None,
    upload_id: int | None,
    preview: Preview,
    added_by: int | None,
) -> int:
    """The next one; the material's row says so too."""
    number = await tx.value(
        "INSERT INTO material_version (material_id, number, text, link, note, file_id, name, type, bytes, sha256,"
        " upload_id, preview, added_by)"
        " VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM material_version WHERE material_id = $1),"
        " $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING number",
        material_id,
        content.text,
        content.link,
        content.note,
        file.id if file else None,
        file.name if file else "",
        file.type if file else "",
        file.bytes if file else 0,
        file.sha256 if file else "",
        upload_id,
        preview,
        added_by,
    )
    await touch_material(tx, material_id)
    return int(number)


async def copy_version(tx: Tx, material_id: int, number: int, new_id: int) -> None:
    """A text or a link goes into the copy of a consultation."""
    await tx.execute(
        "INSERT INTO material_version (material_id, number, text, link)"
        " SELECT $3, 1, text, link FROM material_version WHERE material_id = $1 AND number = $2",
        material_id,
        number,
        new_id,
    )


async def touch_material(tx: Tx, material_id: int) -> None:
    await tx.execute("UPDATE material SET rev = rev + 1 WHERE id = $1", material_id)


async def change_material(tx: Tx, material_id: int, draft: MaterialDraft) -> None:
    await tx.execute(
        "UPDATE material SET title = $2, summary = $3, alt = $4, slides = $5, chapters = $6, rev = rev + 1"
        " WHERE id = $1",
        material_id,
        draft.title,
        draft.summary,
        draft.alt,
        draft.slides,
        draft.chapters,
    )


async def swap_ordinals(tx: Tx, one_id: int, other_id: int) -> None:
    await tx.execute(
        "UPDATE material SET ordinal = other.ordinal, rev = material.rev + 1 FROM material AS other"
        " WHERE material.id = ANY($1::bigint[]) AND other.id = ANY($1::bigint[]) AND other.id <> material.id",
        [one_id, other_id],
    )


async def versions(tx: Tx, material_id: int) -> list[MaterialVersion]:
    """Newest first."""
    return await tx.all(MaterialVersion, f"{_VERSION} WHERE material_id = $1 ORDER BY number DESC", material_id)


async def version(tx: Tx, material_id: int, number: int) -> MaterialVersion | None:
    return await tx.maybe(MaterialVersion, f"{_VERSION} WHERE material_id = $1 AND number = $2", material_id, number)


async def clear_versions(tx: Tx, material_id: int) -> None:
    """Content goes; that there were versions stays."""
    await tx.execute(
        "UPDATE material_version SET file_id = NULL, preview_id = NULL, preview = 'none', text = '', link = '',"
        " name = '', type = '', bytes = 0, note = '' WHERE material_id = $1",
        material_id,
    )


async def set_removed(tx: Tx, material_id: int, reason: str) -> None:
    await tx.execute(
        "UPDATE material SET removed_at = clock_timestamp(), removal_reason = $2, alt = '', summary = '',"
        " chapters = '', rev = rev + 1 WHERE id = $1",
        material_id,
        reason,
    )


async def set_preview(tx: Tx, material_id: int, number: int, preview: Preview, file_id: UUID | None) -> bool:
    """False where there is nothing to preview any more."""
    return (
        await tx.execute(
            "UPDATE material_version SET preview = $3, preview_id = $4"
            " WHERE material_id = $1 AND number = $2 AND file_id IS NOT NULL",
            material_id,
            number,
            preview,
            file_id,
        )
        == "UPDATE 1"
    )


async def backdate_versions(tx: Tx, block_id: int, days: float) -> None:
    """For demo data alone."""
    await tx.execute(
        "UPDATE material_version SET added_at = added_at - make_interval(secs => $2) FROM material AS m"
        " WHERE m.id = material_id AND m.block_id = $1",
        block_id,
        days * 86400,
    )
