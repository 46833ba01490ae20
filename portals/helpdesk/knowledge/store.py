"""SQL of articles, their revisions and pictures."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from app.database import Tx
from portals.helpdesk.knowledge.model import (
    Article,
    Draft,
    EditedRow,
    ModelName,
    Revision,
    RevisionRow,
)

_ARTICLE: Final = ", ".join(Article.__struct_fields__)
_EDITED: Final = ", ".join(EditedRow.__struct_fields__)
_LINE: Final = ", ".join(RevisionRow.__struct_fields__)
_REVISION: Final = """
SELECT r.article_id, r.number, r.title, r.lead, r.text, r.keywords, r.category_id,
       coalesce(c.name, '') AS category_name, r.audience,
       r.models, r.about, r.restored, r.author_id, r.author_name, r.at, r.published_at, r.published_name
  FROM knowledge_revision r LEFT JOIN helpdesk_category c ON c.id = r.category_id
"""


# what is read


async def article(tx: Tx, article_id: int) -> Article | None:
    """None: nobody reads it."""
    return await tx.maybe(Article, f"SELECT {_ARTICLE} FROM knowledge_shown WHERE id = $1", article_id)


async def articles(tx: Tx, ids: Sequence[int]) -> dict[int, Article]:
    found = await tx.all(Article, f"SELECT {_ARTICLE} FROM knowledge_shown WHERE id = ANY($1::bigint[])", list(ids))
    return {one.id: one for one in found}


async def all_articles(tx: Tx, *, inside: bool, category_id: int | None = None, limit: int = 2000) -> list[Article]:
    """The most read first. `inside`: with those for agents alone."""
    return await tx.all(
        Article,
        f"SELECT {_ARTICLE} FROM knowledge_shown WHERE ($1 OR audience = 'everyone')"
        " AND ($2::bigint IS NULL OR category_id = $2) ORDER BY reads DESC, title, id LIMIT $3",
        inside,
        category_id,
        limit,
    )


async def plain_texts(tx: Tx, ids: Sequence[int]) -> dict[int, str]:
    """Words of what is read, for the stretches that are shown of it."""
    records = await tx.records("SELECT id, plain FROM knowledge_article WHERE id = ANY($1::bigint[])", list(ids))
    return {one["id"]: one["plain"] for one in records}


# what is edited


async def edited(tx: Tx, article_id: int, *, lock: bool = False) -> EditedRow | None:
    """`lock`: nobody else changes it until the transaction ends."""
    if lock and await tx.value("SELECT id FROM knowledge_article WHERE id = $1 FOR UPDATE", article_id) is None:
        return None
    return await tx.maybe(EditedRow, f"SELECT {_EDITED} FROM knowledge_edited WHERE id = $1", article_id)


async def all_edited(tx: Tx, limit: int = 2000) -> list[EditedRow]:
    """The newest change first."""
    return await tx.all(EditedRow, f"SELECT {_EDITED} FROM knowledge_edited ORDER BY at DESC, id DESC LIMIT $1", limit)


async def due_for_review(tx: Tx, until: date) -> list[EditedRow]:
    """What is read and was to be looked at again by then, the longest overdue first."""
    return await tx.all(
        EditedRow,
        f"SELECT {_EDITED} FROM knowledge_edited WHERE published IS NOT NULL AND review_on <= $1"
        " ORDER BY review_on, id",
        until,
    )


async def of_ticket(tx: Tx, ticket_id: int) -> list[EditedRow]:
    """Articles that were made from a ticket."""
    return await tx.all(
        EditedRow, f"SELECT {_EDITED} FROM knowledge_edited WHERE ticket_id = $1 ORDER BY id", ticket_id
    )


async def add_article(tx: Tx, ticket_id: int | None) -> int:
    return int(await tx.value("INSERT INTO knowledge_article (ticket_id) VALUES ($1) RETURNING id", ticket_id))


async def change_article(tx: Tx, article_id: int, columns: Mapping[str, object]) -> EditedRow:
    """`columns`: names of the table's columns with their new values."""
    sets = ", ".join([*(f"{name} = ${number}" for number, name in enumerate(columns, start=2)), "rev = rev + 1"])
    await tx.execute(f"UPDATE knowledge_article SET {sets} WHERE id = $1", article_id, *columns.values())
    return await tx.one(EditedRow, f"SELECT {_EDITED} FROM knowledge_edited WHERE id = $1", article_id)


# revisions


async def add_revision(
    tx: Tx,
    article_id: int,
    number: int,
    draft: Draft,
    author_id: int | None,
    author_name: str,
    restored: int | None = None,
) -> None:
    await tx.execute(
        "INSERT INTO knowledge_revision (article_id, number, title, lead, text, keywords, category_id, audience,"
        " models, about, author_id, author_name, restored)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        article_id,
        number,
        draft.title,
        draft.lead,
        draft.text,
        draft.keywords,
        draft.category_id,
        draft.audience,
        draft.models,
        draft.about,
        author_id,
        author_name,
        restored,
    )


async def revision(tx: Tx, article_id: int, number: int) -> Revision | None:
    return await tx.maybe(Revision, f"{_REVISION} WHERE r.article_id = $1 AND r.number = $2", article_id, number)


async def history(tx: Tx, article_id: int, limit: int = 500) -> list[RevisionRow]:
    """The newest first."""
    return await tx.all(
        RevisionRow,
        f"SELECT {_LINE} FROM knowledge_revision WHERE article_id = $1 ORDER BY number DESC LIMIT $2",
        article_id,
        limit,
    )


async def mark_published(tx: Tx, article_id: int, number: int, name: str) -> None:
    """When a revision was read first, and whose decision it was."""
    await tx.execute(
        "UPDATE knowledge_revision SET published_at = clock_timestamp(), published_name = $3"
        " WHERE article_id = $1 AND number = $2 AND published_at IS NULL",
        article_id,
        number,
        name,
    )


# pictures, models, sections


async def pictures(tx: Tx, article_id: int) -> dict[int, UUID]:
    records = await tx.records(
        "SELECT number, file_id FROM knowledge_picture WHERE article_id = $1 ORDER BY number", article_id
    )
    return {one["number"]: one["file_id"] for one in records}


async def add_picture(tx: Tx, article_id: int, file_id: UUID) -> int:
    """Its number; the article is locked."""
    return int(
        await tx.value(
            "INSERT INTO knowledge_picture (article_id, number, file_id)"
            " SELECT $1::bigint, coalesce(max(number), 0) + 1, $2::uuid FROM knowledge_picture WHERE article_id = $1"
            " RETURNING number",
            article_id,
            file_id,
        )
    )


async def known_models(tx: Tx, ids: Sequence[int]) -> list[ModelName]:
    return await tx.all(
        ModelName,
        "SELECT id, trim(maker || ' ' || name) AS name FROM device_model WHERE id = ANY($1::bigint[]) ORDER BY 2, 1",
        list(ids),
    )


async def all_models(tx: Tx) -> list[ModelName]:
    """To choose from."""
    return await tx.all(
        ModelName,
        "SELECT id, trim(maker || ' ' || name) AS name FROM device_model ORDER BY lower(maker), lower(name), id",
    )


async def today(tx: Tx) -> date:
    """By the database's clock."""
    found: date = await tx.value("SELECT current_date")
    return found


async def model_of_device(tx: Tx, device_id: int | None) -> int | None:
    found: int | None = await tx.value("SELECT model_id FROM device WHERE id = $1", device_id)
    return found
