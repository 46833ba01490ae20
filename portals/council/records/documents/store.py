"""All SQL of documents."""

from typing import Final
from uuid import UUID

from app.database import Tx
from portals.council.records.documents.model import Document, Format, Kind, Paper, State

_DOCUMENT: Final = "session_id, kind, format, state, progress, made_for, file_id, rev, changed_at"


async def documents(tx: Tx, session_id: int) -> list[Document]:
    return await tx.all(
        Document, f"SELECT {_DOCUMENT} FROM council_document WHERE session_id = $1 ORDER BY kind, format", session_id
    )


async def document(tx: Tx, session_id: int, kind: Kind, form: Format) -> Document | None:
    return await tx.maybe(
        Document,
        f"SELECT {_DOCUMENT} FROM council_document WHERE session_id = $1 AND kind = $2 AND format = $3",
        session_id,
        kind,
        form,
    )


async def ask(tx: Tx, session_id: int, kind: Kind, form: Format, made_for: str) -> Document:
    """Puts a document into the queue; the file of before is served until there is another."""
    return await tx.one(
        Document,
        "INSERT INTO council_document (session_id, kind, format, state, made_for) VALUES ($1, $2, $3, 'queued', $4)"
        " ON CONFLICT (session_id, kind, format) DO UPDATE SET state = 'queued', progress = 0, made_for = $4,"
        f" rev = council_document.rev + 1, changed_at = clock_timestamp() RETURNING {_DOCUMENT}",
        session_id,
        kind,
        form,
        made_for,
    )


async def tell(
    tx: Tx, session_id: int, kind: Kind, form: Format, made_for: str, state: State, progress: float
) -> Document | None:
    """How far it is; None where another one was asked for meanwhile."""
    return await tx.maybe(
        Document,
        "UPDATE council_document SET state = $5, progress = $6, rev = rev + 1, changed_at = clock_timestamp()"
        f" WHERE session_id = $1 AND kind = $2 AND format = $3 AND made_for = $4 RETURNING {_DOCUMENT}",
        session_id,
        kind,
        form,
        made_for,
        state,
        progress,
    )


async def finish(
    tx: Tx, session_id: int, kind: Kind, form: Format, made_for: str, file_id: UUID
) -> tuple[Document, UUID | None] | None:
    """Its file is there: the row, and the file of before; None where another one was asked for meanwhile."""
    before = await document(tx, session_id, kind, form)
    if before is None or before.made_for != made_for:
        return None
    made = await tx.one(
        Document,
        "UPDATE council_document SET state = 'ready', progress = 1, file_id = $4, rev = rev + 1,"
        " changed_at = clock_timestamp() WHERE session_id = $1 AND kind = $2 AND format = $3"
        f" RETURNING {_DOCUMENT}",
        session_id,
        kind,
        form,
        file_id,
    )
    return made, before.file_id


async def papers(tx: Tx, session_id: int) -> list[Paper]:
    """Public papers of a session in their newest versions, in the order of the agenda."""
    return await tx.all(
        Paper,
        "SELECT DISTINCT ON (paper.position, paper.id) version.file_id, version.name, paper.title, version.bytes,"
        " version.sha256 FROM council_paper AS paper"
        " JOIN council_paper_version AS version ON version.paper_id = paper.id"
        " WHERE paper.session_id = $1 AND removed_at IS NULL AND version.file_id IS NOT NULL"
        " AND (audience = 'public' OR public_from <= now())"
        " ORDER BY paper.position, paper.id, version.number DESC",
        session_id,
    )


async def has_lists(tx: Tx, session_id: int) -> tuple[bool, bool]:
    """Whether there was a vote, and whether attendance was taken."""
    row = await tx.record(
        "SELECT EXISTS (SELECT FROM council_vote WHERE session_id = $1 AND state = 'closed'"
        "  AND id NOT IN (SELECT vote_id FROM council_vote_withheld)) AS votes,"
        " EXISTS (SELECT FROM council_attendance WHERE session_id = $1) AS attendance",
        session_id,
    )
    assert row is not None
    return row["votes"], row["attendance"]
