"""SQL of what readers make of articles: reads, ratings, tickets that were not sent."""

from datetime import date

from app.database import Tx
from portals.helpdesk.knowledge.model import Rating, Spared, Wish


async def count_read(tx: Tx, article_id: int, account_id: int, day: date) -> bool:
    """Whether it counts: once a day for each reader."""
    found = await tx.value(
        "INSERT INTO knowledge_reader AS r (article_id, account_id, day) VALUES ($1, $2, $3)"
        " ON CONFLICT (article_id, account_id) DO UPDATE SET day = excluded.day"
        " WHERE r.day <> excluded.day RETURNING 1",
        article_id,
        account_id,
        day,
    )
    if found is None:
        return False
    await add_reads(tx, article_id, day, 1)
    return True


async def add_reads(tx: Tx, article_id: int, day: date, count: int) -> None:
    await tx.execute(
        "INSERT INTO knowledge_day AS d (article_id, day, reads) VALUES ($1, $2, $3)"
        " ON CONFLICT (article_id, day) DO UPDATE SET reads = d.reads + excluded.reads",
        article_id,
        day,
        count,
    )


async def rating(tx: Tx, article_id: int, account_id: int | None) -> Rating | None:
    return await tx.maybe(
        Rating,
        "SELECT helped, missing, number, at FROM knowledge_rating WHERE article_id = $1 AND account_id = $2",
        article_id,
        account_id,
    )


async def put_rating(tx: Tx, article_id: int, account_id: int, number: int, *, helped: bool, missing: str) -> Rating:
    """In place of what the same reader said before."""
    return await tx.one(
        Rating,
        "INSERT INTO knowledge_rating (article_id, account_id, helped, missing, number) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (article_id, account_id) DO UPDATE SET helped = excluded.helped, missing = excluded.missing,"
        " number = excluded.number, at = clock_timestamp() RETURNING helped, missing, number, at",
        article_id,
        account_id,
        helped,
        missing,
        number,
    )


async def wishes(tx: Tx, article_id: int, limit: int = 50) -> list[Wish]:
    """What readers missed, the newest first."""
    return await tx.all(
        Wish,
        "SELECT missing, helped, number, at FROM knowledge_rating WHERE article_id = $1 AND missing <> ''"
        " ORDER BY at DESC LIMIT $2",
        article_id,
        limit,
    )


async def add_spared(tx: Tx, article_id: int, account_id: int, spared: Spared) -> bool:
    """Whether it counts: once for each form, the article that was named last."""
    found = await tx.value(
        "INSERT INTO knowledge_spared AS s (article_id, account_id, form_key, category_id)"
        " VALUES ($1, $2, $3, (SELECT id FROM helpdesk_category WHERE id = $4))"
        " ON CONFLICT (account_id, form_key) DO UPDATE SET article_id = excluded.article_id"
        " WHERE s.article_id <> excluded.article_id RETURNING 1",
        article_id,
        account_id,
        spared.form_key,
        spared.category_id,
    )
    return found is not None


async def take_back_spared(tx: Tx, account_id: int, form_key: str) -> int | None:
    """The article it was counted for; the form is sent after all."""
    found: int | None = await tx.value(
        "DELETE FROM knowledge_spared WHERE account_id = $1 AND form_key = $2 RETURNING article_id",
        account_id,
        form_key,
    )
    return found
