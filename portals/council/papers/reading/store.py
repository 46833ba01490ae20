"""SQL of the words of papers."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.database import Tx
from portals.council.papers.reading.model import PaperText, Passage, Reason


class Unread(msgspec.Struct, frozen=True):
    """A newest version whose words nobody has looked for."""

    paper_id: int
    number: int
    file_id: UUID
    type: str
    bytes: int


_UNREAD = (
    "SELECT paper_id, number, file_id, type, bytes FROM ("
    " SELECT DISTINCT ON (paper_id) paper_id, number, file_id, type, bytes FROM council_paper_version AS version"
    " {where} ORDER BY paper_id, number DESC) AS newest WHERE file_id IS NOT NULL AND NOT EXISTS ("
    " SELECT FROM council_paper_text AS text WHERE text.paper_id = newest.paper_id AND text.number = newest.number)"
)


async def unread(tx: Tx, paper_id: int) -> Unread | None:
    return await tx.maybe(Unread, _UNREAD.format(where="WHERE paper_id = $1"), paper_id)


async def all_unread(tx: Tx, limit: int) -> list[Unread]:
    """Newest papers first."""
    return await tx.all(Unread, _UNREAD.format(where="") + " ORDER BY paper_id DESC LIMIT $1", limit)


async def text(tx: Tx, paper_id: int) -> PaperText | None:
    """What became of the newest version that was read."""
    return await tx.maybe(
        PaperText,
        "SELECT paper_id, number, reason FROM council_paper_text WHERE paper_id = $1 ORDER BY number DESC LIMIT 1",
        paper_id,
    )


async def keep(tx: Tx, one: Unread, reason: Reason | str, passages: Sequence[Passage]) -> bool:
    """In place of the words of versions before it; False where somebody did so already, or the paper is gone."""
    row = await tx.record("SELECT removed_at FROM council_paper WHERE id = $1 FOR UPDATE", one.paper_id)
    now = await unread(tx, one.paper_id)
    if row is None or row["removed_at"] is not None or now is None or now.number != one.number:
        return False
    await tx.execute("DELETE FROM council_paper_text WHERE paper_id = $1", one.paper_id)
    await tx.execute(
        "INSERT INTO council_paper_text (paper_id, number, reason) VALUES ($1, $2, $3)",
        one.paper_id,
        one.number,
        reason,
    )
    await tx.connection.executemany(
        "INSERT INTO council_paper_passage (paper_id, number, part, page, text) VALUES ($1, $2, $3, $4, $5)",
        [
            (one.paper_id, one.number, part, passage.page, passage.text)
            for part, passage in enumerate(passages, start=1)
        ],
    )
    return True


async def forget(tx: Tx, paper_id: int) -> None:
    """The paper was removed: its words too."""
    await tx.execute("DELETE FROM council_paper_text WHERE paper_id = $1", paper_id)
