"""All SQL of the clerks' notes."""

from app.database import Tx
from portals.council.notes.model import Note

_NOTE = (
    "id, session_id, kind, item_id, about, body, changed_at,"
    " coalesce((SELECT name FROM account WHERE account.id = changed_by), '') AS changed_by, rev"
)


async def notes(tx: Tx, session_id: int) -> list[Note]:
    """The session's own first, then by the agenda; those of items that are gone stand last."""
    return await tx.all(
        Note,
        f"SELECT {_NOTE} FROM council_note WHERE session_id = $1 ORDER BY kind = 'item',"
        " (SELECT position FROM agenda_item WHERE agenda_item.id = item_id) NULLS LAST, id",
        session_id,
    )


async def note(tx: Tx, session_id: int, item_id: int | None) -> Note | None:
    return await tx.maybe(
        Note,
        f"SELECT {_NOTE} FROM council_note WHERE session_id = $1"
        " AND CASE WHEN $2::bigint IS NULL THEN kind = 'session' ELSE item_id = $2 END",
        session_id,
        item_id,
    )


async def add_note(tx: Tx, session_id: int, item_id: int | None, about: str, body: str, changed_by: int | None) -> Note:
    return await tx.one(
        Note,
        "INSERT INTO council_note (session_id, kind, item_id, about, body, changed_by)"
        " VALUES ($1, CASE WHEN $2::bigint IS NULL THEN 'session' ELSE 'item' END, $2, $3, $4, $5)"
        f" RETURNING {_NOTE}",
        session_id,
        item_id,
        about,
        body,
        changed_by,
    )


async def change_note(tx: Tx, note_id: int, about: str, body: str, changed_by: int | None) -> Note:
    return await tx.one(
        Note,
        "UPDATE council_note SET about = $2, body = $3, changed_by = $4, changed_at = clock_timestamp(), rev = rev + 1"
        f" WHERE id = $1 RETURNING {_NOTE}",
        note_id,
        about,
        body,
        changed_by,
    )
