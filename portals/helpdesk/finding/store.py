"""SQL of the search: what is found, and the index."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec

from app.database import Tx
from portals.helpdesk.finding.model import MOST_COUNTED, PAGE, Choices, Found, Reach, Source, Wanted, Words
from portals.helpdesk.finding.narrowing import narrowed, windows

LOCK: Final = "helpdesk.finding"
_FOUND: Final = ", ".join(f"t.{name}" for name in Found.__struct_fields__ if name != "rank")
_PAGE: Final = "(page p CROSS JOIN LATERAL (SELECT * FROM ticket_row r WHERE r.id = p.ticket_id LIMIT 1) t) ON true"
"""Row by row: the view's many joins would else be made for all tickets at once."""
MOST_ENTRIES: Final = 60
"""Entries of a ticket in which a fragment is looked for, the newest first."""
MOST_TEXT: Final = 4000
"""Characters of each."""
_RANK: Final = "ts_rank('{0.1, 0.3, 0.6, 1}', w.words, $1::tsquery, 1)"


class Values:
    """Values of a statement in the order of their numbers."""

    def __init__(self, *values: object) -> None:
        self.values = list(values)

    def add(self, value: object) -> str:
        """Its place, `$3`."""
        self.values.append(value)
        return f"${len(self.values)}"


async def choices(tx: Tx, reach: Reach) -> Choices:
    """All in one look."""
    record = await tx.record(
        """
        SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name) ORDER BY place, id), '[]')
                  FROM helpdesk_queue WHERE active AND ($1 OR id = ANY($2::bigint[]))) AS queues,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name) ORDER BY place, id), '[]')
                  FROM helpdesk_category) AS categories,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'short', short_name, 'path', path)
                                          ORDER BY kind, name, id), '[]') FROM organisation_unit) AS units,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', btrim(maker || ' ' || name))
                                          ORDER BY maker, name, id), '[]') FROM device_model) AS models,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'short', a.login)
                                          ORDER BY a.folded, a.id), '[]')
                  FROM account a WHERE a.disabled_at IS NULL AND EXISTS (
                      SELECT FROM active_grant g
                       WHERE g.account_id = a.id AND g.role IN ('helpdesk_agent', 'helpdesk_lead'))) AS agents
        """,
        reach.everything,
        reach.queues,
    )
    assert record is not None  # it has no FROM
    return msgspec.convert(dict(record), Choices)


def _filters(reach: Reach, wanted: Wanted, values: Values) -> str:
    """What a ticket must be, `f` being its facets. Whoever does not read everything reads their queues, what is
    assigned to them and where they are named in a note: as `portals/helpdesk/access.py` says.
    """
    needed = []
    if not reach.everything:
        queues, me = values.add(reach.queues), values.add(reach.account_id)
        needed.append(
            f"(f.queue_id = ANY({queues}::bigint[]) OR f.assignee_id = {me} OR f.ticket_id IN (SELECT ticket_id"
            f" FROM ticket_watcher WHERE account_id = {me} AND why = 'mentioned'))"
        )
    for condition, value in (
        ("f.state = ANY({}::text[])", list(wanted.states) or None),
        ("f.queue_id = {}", wanted.queue_id),
        ("f.category_id = {}", wanted.category_id),
        ("f.priority = {}", wanted.priority),
        ("f.assignee_id = {}", wanted.assignee_id or None),
        ("f.unit_id = ANY({}::bigint[])", wanted.unit_ids),
        ("f.device_id IN (SELECT id FROM device WHERE model_id = ANY({}::bigint[]))", wanted.model_ids),
        ("f.sent_at >= {}", wanted.since),
        ("f.sent_at < {}", wanted.until),
    ):
        if value is not None:
            needed.append(condition.format(values.add(value)))
    if wanted.assignee_id == 0:
        needed.append("f.assignee_id IS NULL")
    if wanted.late:
        needed.append(
            "f.ticket_id IN (SELECT ticket_id FROM ticket_clock WHERE NOT kept UNION ALL"
            " SELECT ticket_id FROM ticket_clock WHERE stopped_at IS NULL AND late_at <= now())"
        )
    return " AND ".join(needed) or "true"


def _matching(reach: Reach, wanted: Wanted, values: Values, narrow: str) -> str:
    """A WITH that names `found`: all tickets that are wanted and may be read. `$1` is the tsquery, `narrow` the same
    with what else is wanted; a ticket in whose notes one is named needs no more than the words.
    """
    needed = _filters(reach, wanted, values)
    if not wanted.tsquery:
        return (
            "WITH found AS MATERIALIZED (SELECT f.ticket_id, f.sent_at FROM ticket_facet f"
            f" WHERE $1::text = '' AND {needed})"
        )
    matched = (
        f"SELECT ticket_id FROM ticket_words WHERE words @@ {values.add(narrow)}::tsquery AND $1::tsquery IS NOT NULL"
    )
    if not reach.everything:
        matched += (
            " UNION SELECT w.ticket_id FROM ticket_watcher n JOIN ticket_words w ON w.ticket_id = n.ticket_id"
            f" WHERE n.account_id = {values.add(reach.account_id)} AND n.why = 'mentioned' AND w.words @@ $1::tsquery"
        )
    return (
        f"WITH matched AS MATERIALIZED ({matched}),"
        " found AS MATERIALIZED (SELECT f.ticket_id, f.sent_at FROM matched JOIN ticket_facet f USING (ticket_id)"
        f" WHERE {needed})"
    )


_COUNTED: Final = f"SELECT count(*)::int AS n FROM (SELECT FROM found LIMIT {MOST_COUNTED + 1}) few"


async def found(tx: Tx, reach: Reach, wanted: Wanted, now: datetime) -> tuple[int, list[Found]]:
    """How many, up to one more than are counted; and a page with one more than is shown.

    With words the newest months are looked through first: what has its thousand there is not looked for any further.
    """
    for since in windows(now, wanted) if wanted.tsquery else [None]:
        count, rows = await _found(tx, reach, wanted, narrowed(reach, wanted, since, now) if wanted.tsquery else "")
        if since is None or (count > MOST_COUNTED and len(rows) > PAGE):
            break
    return count, rows


async def _found(tx: Tx, reach: Reach, wanted: Wanted, narrow: str) -> tuple[int, list[Found]]:
    values = Values(wanted.tsquery)
    sql = _matching(reach, wanted, values, narrow)
    last, last_id = wanted.after or (0.0, 0)
    if wanted.best_first and wanted.tsquery:
        first = values.add(wanted.ticket_id or 0)
        page = (
            f"SELECT ticket_id, sent_at, rank FROM (SELECT n.ticket_id, n.sent_at, ({_RANK} + CASE WHEN n.ticket_id ="
            f" {first}::bigint THEN 10 ELSE 0 END)::real AS rank FROM (SELECT * FROM found"
            f" ORDER BY ticket_id = {first}::bigint DESC, sent_at DESC, ticket_id DESC LIMIT {MOST_COUNTED}) n"
            " JOIN ticket_words w ON w.ticket_id = n.ticket_id) ranked"
        )
        if wanted.after:
            page += f" WHERE (rank, ticket_id) < ({values.add(last)}::real, {values.add(last_id)}::bigint)"
        page += f" ORDER BY rank DESC, ticket_id DESC LIMIT {PAGE + 1}"
    else:
        below = ""
        if wanted.after:
            moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(last))
            below = f" WHERE (sent_at, ticket_id) < ({values.add(moment)}::timestamptz, {values.add(last_id)}::bigint)"
        page = (
            f"SELECT ticket_id, sent_at, 0::real AS rank FROM found{below} ORDER BY sent_at DESC, ticket_id DESC"
            f" LIMIT {PAGE + 1}"
        )
    records = await tx.records(
        f"{sql}, counted AS ({_COUNTED}), page AS MATERIALIZED ({page})"
        f" SELECT c.n, p.rank, {_FOUND} FROM counted c LEFT JOIN {_PAGE}"
        " ORDER BY p.rank DESC, p.sent_at DESC, p.ticket_id DESC",
        *values.values,
    )
    return int(records[0]["n"]), _rows(records)


def _rows(records: Sequence[asyncpg.Record]) -> list[Found]:
    names = Found.__struct_fields__
    return [msgspec.convert({name: one[name] for name in names}, Found) for one in records if one["id"]]


async def count(tx: Tx, reach: Reach, wanted: Wanted, now: datetime) -> int:
    """Up to one more than are counted."""
    number = 0
    for since in windows(now, wanted) if wanted.tsquery else [None]:
        values = Values(wanted.tsquery)
        sql = _matching(reach, wanted, values, narrowed(reach, wanted, since, now) if wanted.tsquery else "")
        number = int(await tx.value(f"{sql} {_COUNTED}", *values.values))
        if number > MOST_COUNTED:
            break
    return number


async def found_own(
    tx: Tx, account_id: int, tsquery: str, ticket_id: int | None, after: tuple[float, int] | None
) -> tuple[int, list[Found]]:
    """One's own and watched tickets, the newest first, by public words alone: weights A to C."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(after[0])) if after else None
    records = await tx.records(
        "WITH found AS MATERIALIZED (SELECT w.ticket_id, f.sent_at"
        " FROM ticket_words w JOIN ticket_facet f USING (ticket_id)"
        " WHERE w.ticket_id IN (SELECT id FROM ticket WHERE requester_id = $1"
        " UNION SELECT ticket_id FROM ticket_watcher WHERE account_id = $1 AND why <> 'mentioned')"
        " AND (ts_filter(w.words, '{a,b,c}') @@ $2::tsquery OR w.ticket_id = $3)),"
        f" counted AS ({_COUNTED}), page AS MATERIALIZED (SELECT ticket_id, sent_at FROM found"
        " WHERE $4::timestamptz IS NULL OR (sent_at, ticket_id) < ($4, $5::bigint)"
        f" ORDER BY sent_at DESC, ticket_id DESC LIMIT {PAGE + 1})"
        f" SELECT c.n, 0::real AS rank, {_FOUND} FROM counted c LEFT JOIN {_PAGE}"
        " ORDER BY p.sent_at DESC, p.ticket_id DESC",
        account_id,
        tsquery,
        ticket_id,
        moment,
        after[1] if after else 0,
    )
    return int(records[0]["n"]), _rows(records)


async def words_of(tx: Tx, ids: Sequence[int], *, public: bool) -> list[Words]:
    """What fragments of these tickets may be taken from: entries from the newest on, names of files, what else is known
    of them. `public`: without what only the helpdesk reads.
    """
    return await tx.all(
        Words,
        """
        SELECT e.ticket_id, e.public, e.text FROM unnest($1::bigint[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT e.ticket_id, e.public, left(e.text, $3) AS text FROM ticket_entry e
             WHERE e.ticket_id = wanted.id AND e.kind <> 'event' AND (e.public OR NOT $2)
             ORDER BY e.id DESC LIMIT $4) e
        UNION ALL
        SELECT e.ticket_id, e.public, f.name FROM ticket_entry e JOIN ticket_entry_file x ON x.entry_id = e.id
          JOIN file f ON f.id = x.file_id WHERE e.ticket_id = ANY($1::bigint[]) AND (e.public OR NOT $2)
        UNION ALL
        SELECT t.id, true, concat_ws(' · ', nullif(u.name, ''), nullif(t.room, ''),
                                     nullif(btrim(m.maker || ' ' || m.name), ''), nullif(s.name, ''))
          FROM ticket t LEFT JOIN unit u ON u.id = t.unit_id LEFT JOIN device d ON d.id = t.device_id
          LEFT JOIN device_model m ON m.id = d.model_id LEFT JOIN helpdesk_service s ON s.id = t.service_id
         WHERE t.id = ANY($1::bigint[])
        UNION ALL
        SELECT t.id, false, concat_ws(' · ', t.requester_email, nullif(t.requester_phone, ''), nullif(d.serial, ''),
                                      nullif(d.asset_number, ''))
          FROM ticket t LEFT JOIN device d ON d.id = t.device_id WHERE t.id = ANY($1::bigint[]) AND NOT $2
        """,
        list(ids),
        public,
        MOST_TEXT,
        MOST_ENTRIES,
    )


# the index


async def hold_indexing(tx: Tx) -> bool:
    """Whether this transaction is the one that may write words: what was read first must not be written last."""
    return bool(await tx.value("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", LOCK))


async def take_stale(tx: Tx, limit: int) -> tuple[int, list[int]]:
    """How many marks are gone with this transaction, and the tickets they name: all marks of these tickets, since they
    are read after it.
    """
    records = await tx.records(
        "DELETE FROM ticket_words_stale WHERE ticket_id IN"
        " (SELECT ticket_id FROM ticket_words_stale ORDER BY id LIMIT $1) RETURNING ticket_id",
        limit,
    )
    return len(records), sorted({one["ticket_id"] for one in records})


async def is_stale(tx: Tx) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM ticket_words_stale)"))


async def mark_everything(tx: Tx) -> int:
    """Every ticket as changed; how many."""
    tag = await tx.execute("INSERT INTO ticket_words_stale (ticket_id) SELECT id FROM ticket ORDER BY id")
    return int(tag.rpartition(" ")[2])


async def sources(tx: Tx, ids: Sequence[int], most: int) -> list[Source]:
    """`most`: characters of each text, the newest words."""
    records = await tx.records(
        """
        SELECT t.id, t.subject, t.requester_name, coalesce(t.requester_email, '') AS requester_email, t.requester_phone,
               t.room, coalesce(u.name, '') AS unit_name, coalesce(k.short_name, '') AS unit_short,
               coalesce(d.inventory_number, '') AS device_label, coalesce(d.serial, '') AS serial,
               coalesce(d.asset_number, '') AS asset_number, coalesce(btrim(m.maker || ' ' || m.name), '') AS model,
               coalesce(c.name, '') AS category_name, coalesce(s.name, '') AS service_name, t.details,
               coalesce(right(e.outside, $2), '') AS outside, coalesce(right(e.inside, $2), '') AS inside,
               coalesce(x.files_outside, '') AS files_outside, coalesce(x.files_inside, '') AS files_inside,
               t.queue_id, t.unit_id, t.category_id, d.model_id, t.assignee_id, t.state, t.sent_at
          FROM ticket t
          LEFT JOIN unit u ON u.id = t.unit_id
          LEFT JOIN unit_card k ON k.unit_id = t.unit_id
          LEFT JOIN device d ON d.id = t.device_id
          LEFT JOIN device_model m ON m.id = d.model_id
          LEFT JOIN helpdesk_category c ON c.id = t.category_id
          LEFT JOIN helpdesk_service s ON s.id = t.service_id
          LEFT JOIN LATERAL (
              SELECT string_agg(e.text, E'\n' ORDER BY e.id) FILTER (WHERE e.public) AS outside,
                     string_agg(e.text, E'\n' ORDER BY e.id) FILTER (WHERE NOT e.public) AS inside
                FROM ticket_entry e WHERE e.ticket_id = t.id AND e.kind <> 'event') e ON true
          LEFT JOIN LATERAL (
              SELECT string_agg(f.name, E'\n' ORDER BY f.id) FILTER (WHERE e.public) AS files_outside,
                     string_agg(f.name, E'\n' ORDER BY f.id) FILTER (WHERE NOT e.public) AS files_inside
                FROM ticket_entry e JOIN ticket_entry_file x ON x.entry_id = e.id JOIN file f ON f.id = x.file_id
               WHERE e.ticket_id = t.id) x ON true
         WHERE t.id = ANY($1::bigint[])
        """,
        list(ids),
        most,
    )
    return [_source(one) for one in records]


def _source(record: asyncpg.Record) -> Source:
    values: dict[str, Any] = dict(record)
    return Source(**values)


async def put_words(tx: Tx, words: Sequence[tuple[int, str]]) -> None:
    """(id, literal of a tsvector) of tickets. One that was deleted meanwhile is left out."""
    await tx.execute(
        "INSERT INTO ticket_words (ticket_id, words)"
        " SELECT n.id, n.words::tsvector FROM unnest($1::bigint[], $2::text[]) AS n (id, words)"
        " WHERE EXISTS (SELECT FROM ticket WHERE ticket.id = n.id)"
        " ON CONFLICT (ticket_id) DO UPDATE SET words = excluded.words",
        [one for one, _words in words],
        [literal for _one, literal in words],
    )
