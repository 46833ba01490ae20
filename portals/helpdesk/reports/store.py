"""SQL of reports. Merged tickets go on in others and are counted there."""

from datetime import date
from typing import Final

from app.database import Tx
from portals.helpdesk.reports.model import AgentLoad, DayCount, Group, Kept, ModelCount

_DONE: Final = "CASE WHEN t.state IN ('solved', 'closed') THEN coalesce(t.solved_at, t.closed_at) END"
_IN: Final = (
    "BETWEEN ($1::date::timestamp AT TIME ZONE $3) AND (($2::date + 1)::timestamp AT TIME ZONE $3 - interval '1 us')"
)
"""A moment that lies in the days from $1 to $2 of the city with the zone $3."""


async def days(tx: Tx, first: date, last: date, zone: str, queue_id: int | None) -> list[DayCount]:
    """One for each day, oldest first."""
    return await tx.all(
        DayCount,
        "WITH sent AS (SELECT (t.sent_at AT TIME ZONE $3)::date AS day, count(*) AS n FROM ticket t"
        f" WHERE t.sent_at {_IN} AND t.state <> 'merged' AND ($4::bigint IS NULL OR t.queue_id = $4) GROUP BY 1),"
        " done AS (SELECT (coalesce(t.solved_at, t.closed_at) AT TIME ZONE $3)::date AS day, count(*) AS n"
        " FROM ticket t"
        f" WHERE t.state IN ('solved', 'closed') AND coalesce(t.solved_at, t.closed_at) {_IN}"
        " AND ($4::bigint IS NULL OR t.queue_id = $4) GROUP BY 1),"
        " before AS (SELECT count(*) AS n FROM ticket t WHERE t.state <> 'merged'"
        " AND ($4::bigint IS NULL OR t.queue_id = $4) AND t.sent_at < $1::date::timestamp AT TIME ZONE $3"
        f" AND ({_DONE} IS NULL OR {_DONE} >= $1::date::timestamp AT TIME ZONE $3))"
        " SELECT d.day::date AS day, coalesce(s.n, 0)::int AS sent, coalesce(e.n, 0)::int AS solved,"
        " (b.n + sum(coalesce(s.n, 0) - coalesce(e.n, 0)) OVER (ORDER BY d.day))::int AS open"
        " FROM generate_series($1::date, $2::date, interval '1 day') AS d (day) CROSS JOIN before b"
        " LEFT JOIN sent s ON s.day = d.day::date LEFT JOIN done e ON e.day = d.day::date ORDER BY d.day",
        first,
        last,
        zone,
        queue_id,
    )


async def kept(tx: Tx, first: date, last: date, zone: str, queue_id: int | None) -> list[Kept]:
    """Promises whose clocks stopped in these days; also those that run still and are late already."""
    return await tx.all(
        Kept,
        "SELECT c.measure, t.priority, count(*) FILTER (WHERE c.kept)::int AS kept,"
        " count(*) FILTER (WHERE c.kept IS NOT TRUE)::int AS missed"
        " FROM ticket_clock c JOIN ticket t ON t.id = c.ticket_id"
        f" WHERE (c.stopped_at {_IN} OR (c.stopped_at IS NULL AND c.late_at <= clock_timestamp() AND c.late_at {_IN}))"
        " AND ($4::bigint IS NULL OR t.queue_id = $4) GROUP BY 1, 2 ORDER BY 1, 2 DESC",
        first,
        last,
        zone,
        queue_id,
    )


_GROUPS: Final = f"""
SELECT %(id)s AS id, coalesce(%(name)s, '') AS name,
       count(*) FILTER (WHERE t.sent_at {_IN})::int AS sent,
       count(*) FILTER (WHERE {_DONE} {_IN})::int AS solved,
       count(*) FILTER (WHERE c.kept AND {_DONE} {_IN})::int AS kept,
       count(*) FILTER (WHERE c.kept IS NOT NULL AND {_DONE} {_IN})::int AS promised,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY c.used_s / 60) FILTER (WHERE c.kept IS NOT NULL AND {_DONE} {_IN})
           AS median_min
  FROM ticket t
  %(join)s
  LEFT JOIN ticket_clock c ON c.ticket_id = t.id AND c.measure = 'solution'
 WHERE t.state <> 'merged' AND ($4::bigint IS NULL OR t.queue_id = $4)
   AND (t.sent_at {_IN} OR (t.state IN ('solved', 'closed') AND coalesce(t.solved_at, t.closed_at) {_IN}))
 GROUP BY 1, 2
 ORDER BY sent DESC, solved DESC, name
"""


async def categories(tx: Tx, first: date, last: date, zone: str, queue_id: int | None) -> list[Group]:
    """The most tickets first."""
    sql = _GROUPS % {
        "id": "k.id",
        "name": "k.name",
        "join": "LEFT JOIN helpdesk_category k ON k.id = t.category_id",
    }
    return await tx.all(Group, sql, first, last, zone, queue_id)


async def units(tx: Tx, first: date, last: date, zone: str, queue_id: int | None) -> list[Group]:
    """The most tickets first."""
    sql = _GROUPS % {"id": "u.id", "name": "u.name", "join": "LEFT JOIN unit u ON u.id = t.unit_id"}
    return await tx.all(Group, sql, first, last, zone, queue_id)


async def models(tx: Tx, first: date, last: date, zone: str, queue_id: int | None, kind: str) -> list[ModelCount]:
    """Models with a ticket in these days, the most for each device first. Scrapped and lost devices are no devices."""
    return await tx.all(
        ModelCount,
        "WITH failed AS (SELECT d.model_id, count(*) AS tickets, count(DISTINCT d.id) AS broken FROM ticket t"
        f" JOIN device d ON d.id = t.device_id WHERE t.sent_at {_IN} AND t.state <> 'merged'"
        " AND ($4::bigint IS NULL OR t.queue_id = $4) GROUP BY 1)"
        " SELECT m.id, m.kind, btrim(m.maker || ' ' || m.name) AS name, f.tickets::int, f.broken::int,"
        " greatest(f.broken, (SELECT count(*) FROM device d WHERE d.model_id = m.id"
        " AND d.state NOT IN ('scrapped', 'lost')))::int AS devices"
        " FROM failed f JOIN device_model m ON m.id = f.model_id WHERE $5::text = '' OR m.kind = $5",
        first,
        last,
        zone,
        queue_id,
        kind,
    )


async def agents(tx: Tx, first: date, last: date, zone: str, queue_id: int | None) -> list[AgentLoad]:
    """Whoever has open tickets, has solved some in these days, or has written down time; the fullest desk first."""
    return await tx.all(
        AgentLoad,
        "WITH own AS (SELECT t.assignee_id, count(*) FILTER (WHERE t.state IN ('new', 'open', 'pending')) AS open,"
        " count(*) FILTER (WHERE t.state IN ('new', 'open', 'pending') AND EXISTS (SELECT FROM ticket_clock c"
        " WHERE c.ticket_id = t.id AND c.stopped_at IS NULL AND c.late_at <= clock_timestamp())) AS late,"
        f" count(*) FILTER (WHERE {_DONE} {_IN}) AS solved FROM ticket t"
        " WHERE t.state <> 'merged' AND ($4::bigint IS NULL OR t.queue_id = $4)"
        " AND (t.state IN ('new', 'open', 'pending') OR (t.state IN ('solved', 'closed')"
        f" AND coalesce(t.solved_at, t.closed_at) {_IN})) GROUP BY 1),"
        " spent AS (SELECT e.author_id, sum(e.minutes) AS minutes FROM ticket_entry e"
        " JOIN ticket t ON t.id = e.ticket_id"
        f" WHERE e.minutes > 0 AND e.author_id IS NOT NULL AND e.at {_IN} AND ($4::bigint IS NULL OR t.queue_id = $4)"
        " GROUP BY 1)"
        " SELECT coalesce(o.assignee_id, s.author_id) AS account_id, coalesce(a.name, '') AS name,"
        " coalesce(o.open, 0)::int AS open, coalesce(o.late, 0)::int AS late, coalesce(o.solved, 0)::int AS solved,"
        " coalesce(s.minutes, 0)::int AS spent_minutes"
        " FROM own o FULL JOIN spent s ON s.author_id = o.assignee_id"
        " LEFT JOIN account a ON a.id = coalesce(o.assignee_id, s.author_id)"
        " ORDER BY open DESC, solved DESC, name",
        first,
        last,
        zone,
        queue_id,
    )
