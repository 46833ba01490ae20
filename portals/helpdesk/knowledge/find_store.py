"""SQL of the words that articles are found by."""

from collections.abc import Mapping, Sequence

import msgspec

from app.database import Tx
from portals.helpdesk.knowledge.matching import Kindred, Wanted


class Scored(msgspec.Struct, frozen=True):
    """An article and how well it fits. `terms`: how many words of the question it has; `best`: the heaviest."""

    article_id: int
    score: float
    terms: int
    best: float


async def put_postings(
    tx: Tx, article_id: int, weights: Mapping[str, float], words: Mapping[str, Sequence[str]], *, inside: bool
) -> None:
    """In place of those that the article had. Words are added in one order: two writers never wait crosswise."""
    await drop_postings(tx, article_id)
    lexemes = sorted(weights)
    await tx.execute(
        "INSERT INTO knowledge_posting (lexeme, article_id, inside, weight)"
        " SELECT lexeme, $1::bigint, $2::boolean, weight FROM unnest($3::text[], $4::real[]) AS p (lexeme, weight)",
        article_id,
        inside,
        lexemes,
        [weights[one] for one in lexemes],
    )
    await tx.connection.executemany(
        "INSERT INTO knowledge_word (word, lexemes) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(word, list(words[word])) for word in sorted(words)],
    )


async def drop_postings(tx: Tx, article_id: int) -> None:
    await tx.execute("DELETE FROM knowledge_posting WHERE article_id = $1", article_id)


async def count_articles(tx: Tx) -> int:
    """How many are read."""
    return int(await tx.value("SELECT count(*) FROM knowledge_article WHERE published IS NOT NULL"))


async def known_lexemes(tx: Tx, lexemes: Sequence[str], *, inside: bool) -> dict[str, int]:
    """In how many articles each one stands."""
    records = await tx.records(
        "SELECT lexeme, count(*) AS articles FROM knowledge_posting"
        " WHERE lexeme = ANY($1::text[]) AND ($2 OR NOT inside) GROUP BY lexeme",
        list(lexemes),
        inside,
    )
    return {one["lexeme"]: one["articles"] for one in records}


async def kindred(tx: Tx, words: Sequence[str], *, inside: bool) -> list[Kindred]:
    """Words of articles that hold one of these (three letters or more), and those that are spelled nearly so: of about
    the same length, beginning with its first letter, or its second one where these two were swapped.
    """
    return await tx.all(
        Kindred,
        "SELECT a.word AS asked, w.word, w.lexemes, w.similarity FROM unnest($1::text[]) AS a (word),"
        " LATERAL ((SELECT k.word, k.lexemes, 1::real AS similarity FROM knowledge_word k"
        "           WHERE k.word LIKE '%' || a.word || '%' ORDER BY length(k.word), k.word LIMIT 20)"
        "          UNION (SELECT k.word, k.lexemes, similarity(k.word, a.word) AS similarity FROM knowledge_word k"
        "           WHERE left(k.word, 1) = ANY(ARRAY[left(a.word, 1), substr(a.word, 2, 1)])"
        "             AND length(k.word) BETWEEN length(a.word) - 2 AND length(a.word) + 2"
        "             AND similarity(k.word, a.word) > 0.15"
        "           ORDER BY similarity(k.word, a.word) DESC, k.word LIMIT 16)) AS w"
        " WHERE EXISTS (SELECT FROM knowledge_posting p WHERE p.lexeme = ANY(w.lexemes) AND ($2 OR NOT p.inside))",
        list(words),
        inside,
    )


async def scored(
    tx: Tx,
    wanted: Sequence[Wanted],
    articles: int,
    *,
    inside: bool,
    category_id: int | None,
    model_id: int | None,
    leave_out: int,
    limit: int,
) -> list[Scored]:
    """The best first: the weight of each word in the article, times how rare the word is, times how many of the words
    it has; more for the category and the device model that are asked for. `articles`: how many there are.
    """
    pairs = [(number, lexeme, factor) for number, one in enumerate(wanted) for lexeme, factor in one.lexemes.items()]
    return await tx.all(
        Scored,
        "WITH hit AS MATERIALIZED ("
        "  SELECT a.term, p.article_id, max(p.weight * a.factor) AS weight"
        "    FROM unnest($1::int[], $2::text[], $3::real[]) AS a (term, lexeme, factor)"
        "    JOIN knowledge_posting p ON p.lexeme = a.lexeme"
        "   WHERE ($4 OR NOT p.inside) AND p.article_id <> $5 GROUP BY 1, 2),"
        " rare AS (SELECT term, ln(1 + $6::real / count(*)) AS value FROM hit GROUP BY term),"
        " sums AS (SELECT h.article_id, sum(h.weight * r.value) * count(*) / $7::real AS score, count(*) AS terms,"
        "                 max(h.weight) AS best FROM hit h JOIN rare r USING (term) GROUP BY h.article_id)"
        " SELECT s.article_id, s.score * CASE WHEN r.category_id = $8 THEN 1.4 ELSE 1 END"
        "        * CASE WHEN $9::bigint = ANY(r.models) THEN 1.6 ELSE 1 END AS score, s.terms, s.best"
        "   FROM sums s JOIN knowledge_article k ON k.id = s.article_id"
        "   JOIN knowledge_revision r ON r.article_id = k.id AND r.number = k.published"
        "  ORDER BY 2 DESC, 1 LIMIT $10",
        [one[0] for one in pairs],
        [one[1] for one in pairs],
        [one[2] for one in pairs],
        inside,
        leave_out,
        articles,
        max(1, len(wanted)),
        category_id,
        model_id,
        limit,
    )


async def about_model(tx: Tx, model_id: int, *, inside: bool, limit: int) -> list[int]:
    """Articles about a device model, the most read first."""
    records = await tx.records(
        "SELECT id FROM knowledge_shown WHERE $1::bigint = ANY(models) AND ($2 OR audience = 'everyone')"
        " ORDER BY reads DESC, id LIMIT $3",
        model_id,
        inside,
        limit,
    )
    return [one["id"] for one in records]
