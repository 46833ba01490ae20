"""All SQL of the search."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from app.database import Tx
from portals.council.records.search.model import Choices, Committee, Entry, Row, Source, Stale, Wanted

LOCK: Final = 0x67727966_73656172
"""«gryfsear»: one process indexes at a time, so that what was read first is not written last."""

_SOURCE: Final = "kind, source_id, part, session_id, told_at, public_from, title, text, moment, cues, page"
_ENTRY: Final = (
    "kind",
    "source_id",
    "part",
    "session_id",
    "told_at",
    "public_from",
    "title",
    "text",
    "moment",
    "begin_ms",
    "cues",
    "page",
    "words",
)


async def hold_indexing(tx: Tx) -> bool:
    """Whether this transaction is the one that may write the index."""
    return bool(await tx.value("SELECT pg_try_advisory_xact_lock($1)", LOCK))


async def wait_for_indexing(tx: Tx) -> None:
    """The same, as soon as the one before has finished."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", LOCK)


async def stale(tx: Tx, limit: int) -> list[Stale]:
    return await tx.all(Stale, "SELECT id, kind, source_id, part FROM council_search_stale ORDER BY id LIMIT $1", limit)


async def is_stale(tx: Tx) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM council_search_stale)"))


async def forget_stale(tx: Tx, ids: Sequence[int]) -> None:
    await tx.execute("DELETE FROM council_search_stale WHERE id = ANY($1)", list(ids))


async def mark_everything(tx: Tx) -> int:
    """Lists every source as changed, and whatever the index holds that is no source any more."""
    tag = await tx.execute(
        "INSERT INTO council_search_stale (kind, source_id)"
        " SELECT kind, source_id FROM council_search_source UNION SELECT kind, source_id FROM council_search_entry"
    )
    return int(tag.rpartition(" ")[2])


async def sources(tx: Tx, kind: str, ids: Sequence[int]) -> list[Source]:
    rows = await tx.records(
        f"SELECT {_SOURCE} FROM council_search_source WHERE kind = $1 AND source_id = ANY($2)", kind, list(ids)
    )
    return [_source(row) for row in rows]


async def passages(tx: Tx, source_id: int, parts: Sequence[int]) -> list[Source]:
    """Some passages of one transcript."""
    rows = await tx.records(
        f"SELECT {_SOURCE} FROM council_search_source"
        " WHERE kind = 'transcript' AND source_id = $1 AND part = ANY($2::integer[])",
        source_id,
        list(parts),
    )
    return [_source(row) for row in rows]


def _source(row: Any) -> Source:
    return msgspec.convert(dict(row), Source)


async def drop_entries(tx: Tx, kind: str, ids: Sequence[int]) -> None:
    await tx.execute("DELETE FROM council_search_entry WHERE kind = $1 AND source_id = ANY($2)", kind, list(ids))


async def drop_passages(tx: Tx, source_id: int, parts: Sequence[int]) -> None:
    await tx.execute(
        "DELETE FROM council_search_entry WHERE kind = 'transcript' AND source_id = $1 AND part = ANY($2::integer[])",
        source_id,
        list(parts),
    )


async def add_entries(tx: Tx, entries: Iterable[Entry]) -> None:
    """Their places in the index are free."""
    values = ", ".join(f"${number}" for number in range(1, len(_ENTRY) + 1))
    await tx.connection.executemany(
        f"INSERT INTO council_search_entry ({', '.join(_ENTRY)}) VALUES ({values}::text::tsvector)",
        [msgspec.structs.astuple(entry) for entry in entries],
    )


async def found(tx: Tx, wanted: Wanted) -> tuple[dict[str, int], list[Row]]:
    """How many of each kind, and a page of those of the kind that is wanted.

    What a trim of the recording took out of sight is not found. A title weighs ten times what somebody said.
    """
    order = "told_at DESC, rank DESC" if wanted.newest_first else "rank DESC, told_at DESC"
    rows = await tx.records(
        "WITH matching AS MATERIALIZED ("
        " SELECT entry.kind, source_id, part, told_at, session_id,"
        "  ts_rank_cd('{0.1, 0.2, 0.5, 1}', words, $1::tsquery, 1) AS rank"
        " FROM council_search_entry AS entry LEFT JOIN (council_session AS session"
        "  LEFT JOIN council_committee AS committee ON committee.id = session.committee_id"
        "  LEFT JOIN recording ON recording.stream_id = session.stream_id AND recording.ended_at IS NOT NULL)"
        "  ON session.id = entry.session_id"
        " WHERE words @@ $1::tsquery AND (public_from IS NULL OR public_from <= now())"
        "  AND ($2::timestamptz IS NULL OR told_at >= $2) AND ($3::timestamptz IS NULL OR told_at < $3)"
        "  AND ($4::bigint IS NULL OR ($4 = 0 AND session.committee_id IS NULL)"
        "   OR committee.name = (SELECT name FROM council_committee WHERE id = $4))"
        "  AND (begin_ms IS NULL OR trim_begin_90k IS NULL OR (begin_ms >= trim_begin_90k / 90"
        "   AND (trim_end_90k IS NULL OR begin_ms < trim_end_90k / 90)))"
        "), counted AS (SELECT jsonb_object_agg(kind, hits) AS counts FROM"
        " (SELECT kind, count(*) AS hits FROM matching GROUP BY kind) AS by_kind"
        "), page AS (SELECT * FROM matching WHERE $5 = '' OR kind = $5"
        f" ORDER BY {order}, kind, source_id, part LIMIT $6 OFFSET $7)"
        " SELECT counts, page.*, entry.title, entry.text, entry.moment, entry.begin_ms, entry.cues, entry.page,"
        "  session.slug, session.title AS session_title, session.stream_id, committee.name AS committee,"
        "  coalesce(trim_begin_90k / 90, 0) AS shown_from_ms"
        " FROM counted LEFT JOIN (page JOIN council_search_entry AS entry USING (kind, source_id, part)"
        "  LEFT JOIN council_session AS session ON session.id = page.session_id"
        "  LEFT JOIN council_committee AS committee ON committee.id = session.committee_id"
        "  LEFT JOIN recording ON recording.stream_id = session.stream_id AND recording.ended_at IS NOT NULL) ON true"
        f" ORDER BY {order.replace('told_at', 'page.told_at')}, page.kind, page.source_id, page.part",
        wanted.tsquery,
        wanted.since,
        wanted.until,
        wanted.committee_id,
        wanted.kind,
        wanted.limit,
        wanted.offset,
    )
    counts = (rows[0]["counts"] if rows else None) or {}
    names = [field.name for field in msgspec.structs.fields(Row)]
    return counts, [
        msgspec.convert({name: row[name] for name in names}, Row) for row in rows if row["source_id"] is not None
    ]


async def choices(tx: Tx) -> Choices:
    """Years with sessions, and all committees."""
    years = await tx.record(
        "SELECT extract(year FROM coalesce(min(planned_at), now()))::integer AS first_year,"
        " extract(year FROM greatest(max(planned_at), now()))::integer AS last_year FROM council_session"
    )
    assert years is not None
    committees = await tx.all(
        Committee, "SELECT min(id) AS id, name FROM council_committee GROUP BY name ORDER BY name"
    )
    return Choices(years["first_year"], years["last_year"], committees)
