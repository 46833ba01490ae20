"""SQL of papers."""

from datetime import datetime
from uuid import UUID

from app.database import Tx
from app.files import StoredFile
from portals.council.papers.model import Paper, PaperDraft, PaperVersion

_PAPER = (
    "SELECT paper.id, session_id, item_id, position, title, kind, audience, public_from, removed_at, removal_reason,"
    " rev, newest.number AS version, newest.name, newest.type, newest.bytes, newest.note,"
    " coalesce(removed_at, newest.added_at) AS changed_at FROM council_paper AS paper CROSS JOIN LATERAL"
    " (SELECT number, name, type, bytes, note, added_at FROM council_paper_version"
    " WHERE paper_id = paper.id ORDER BY number DESC LIMIT 1) AS newest"
)
_VERSION = "paper_id, number, file_id, name, type, bytes, sha256, note, added_at"


async def papers(tx: Tx, session_id: int) -> list[Paper]:
    """All of a session, in order."""
    return await tx.all(Paper, f"{_PAPER} WHERE session_id = $1 ORDER BY position, paper.id", session_id)


async def paper(tx: Tx, paper_id: int) -> Paper | None:
    return await tx.maybe(Paper, f"{_PAPER} WHERE paper.id = $1", paper_id)


async def add_paper(tx: Tx, session_id: int, draft: PaperDraft, created_by: int | None) -> int:
    """Stands last. It has no version yet."""
    return int(
        await tx.value(
            "INSERT INTO council_paper (session_id, item_id, position, title, kind, audience, public_from, created_by)"
            " VALUES ($1, $2, (SELECT coalesce(max(position), 0) + 1 FROM council_paper WHERE session_id = $1),"
            " $3, $4, $5, $6, $7) RETURNING id",
            session_id,
            draft.item_id,
            draft.title,
            draft.kind,
            draft.audience,
            draft.public_from,
            created_by,
        )
    )


async def add_version(tx: Tx, paper_id: int, stored: StoredFile, note: str, added_by: int | None) -> int:
    """The next version; the paper's row says so too."""
    number = await tx.value(
        "INSERT INTO council_paper_version (paper_id, number, file_id, name, type, bytes, sha256, note, added_by)"
        " VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM council_paper_version WHERE paper_id = $1),"
        " $2, $3, $4, $5, $6, $7, $8) RETURNING number",
        paper_id,
        stored.id,
        stored.name,
        stored.type,
        stored.bytes,
        stored.sha256,
        note,
        added_by,
    )
    await tx.execute("UPDATE council_paper SET rev = rev + 1 WHERE id = $1", paper_id)
    return int(number)


async def change_paper(tx: Tx, paper_id: int, draft: PaperDraft) -> None:
    await tx.execute(
        "UPDATE council_paper SET item_id = $2, title = $3, kind = $4, audience = $5, public_from = $6, rev = rev + 1"
        " WHERE id = $1",
        paper_id,
        draft.item_id,
        draft.title,
        draft.kind,
        draft.audience,
        draft.public_from,
    )


async def swap_positions(tx: Tx, one_id: int, other_id: int) -> None:
    await tx.execute(
        "UPDATE council_paper SET position = other.position, rev = council_paper.rev + 1"
        " FROM council_paper AS other WHERE council_paper.id = ANY($1::bigint[]) AND other.id = ANY($1::bigint[])"
        " AND other.id <> council_paper.id",
        [one_id, other_id],
    )


async def remove_paper(tx: Tx, paper_id: int, reason: str, removed_by: int | None) -> list[UUID]:
    """Leaves title and reason; returns the files whose bytes nobody keeps any more."""
    files = await tx.records(
        "SELECT file_id FROM council_paper_version WHERE paper_id = $1 AND file_id IS NOT NULL", paper_id
    )
    await tx.execute(
        "UPDATE council_paper_version SET file_id = NULL, name = '', type = '', bytes = 0, note = ''"
        " WHERE paper_id = $1",
        paper_id,
    )
    await tx.execute(
        "UPDATE council_paper SET removed_at = now(), removed_by = $3, removal_reason = $2, rev = rev + 1"
        " WHERE id = $1",
        paper_id,
        reason,
        removed_by,
    )
    return [row["file_id"] for row in files]


async def versions(tx: Tx, paper_id: int) -> list[PaperVersion]:
    """Newest first."""
    return await tx.all(
        PaperVersion,
        f"SELECT {_VERSION} FROM council_paper_version WHERE paper_id = $1 ORDER BY number DESC",
        paper_id,
    )


async def version(tx: Tx, paper_id: int, number: int) -> PaperVersion | None:
    return await tx.maybe(
        PaperVersion,
        f"SELECT {_VERSION} FROM council_paper_version WHERE paper_id = $1 AND number = $2",
        paper_id,
        number,
    )


async def due_papers(tx: Tx, now: datetime) -> list[Paper]:
    """Those whose day to become public has come; locked."""
    return await tx.all(Paper, f"{_PAPER} WHERE public_from <= $1 ORDER BY paper.id FOR UPDATE OF paper", now)


async def make_public(tx: Tx, paper_id: int) -> None:
    await tx.execute(
        "UPDATE council_paper SET audience = 'public', public_from = NULL, rev = rev + 1 WHERE id = $1", paper_id
    )


async def backdate_version(tx: Tx, paper_id: int, number: int, added_at: datetime) -> None:
    """For demo data alone."""
    await tx.execute(
        "UPDATE council_paper_version SET added_at = $3 WHERE paper_id = $1 AND number = $2",
        paper_id,
        number,
        added_at,
    )
