"""SQL of the screens on a wall: their addresses, and what they show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from app.database import Tx
from portals.helpdesk.alerts.model import WallAlert, Wallboard, WallClock, WallHour, WallQueue
from portals.helpdesk.numbers import number_of
from portals.helpdesk.sla.model import Clock

MOST_DEADLINES: Final = 10
MOST_ALERTS: Final = 6
_NAMES: Final = """coalesce(k.short_name, u.name, '') AS unit_name, coalesce(c.name, '') AS category_name, t.priority,
       t.assignee_id IS NOT NULL AS taken
  FROM found f
  JOIN ticket t ON t.id = f.id
  LEFT JOIN unit u ON u.id = t.unit_id
  LEFT JOIN unit_card k ON k.unit_id = t.unit_id
  LEFT JOIN helpdesk_category c ON c.id = t.category_id"""
_COUNTS: Final = """
SELECT q.id, q.name, count(t.id) AS open, count(t.id) FILTER (WHERE t.assignee_id IS NULL) AS unassigned,
       count(t.id) FILTER (WHERE t.state = 'pending') AS waiting,
       count(t.id) FILTER (WHERE EXISTS (SELECT FROM ticket_clock k WHERE k.ticket_id = t.id
                                            AND (k.kept IS FALSE OR k.kept IS NULL AND k.late_at <= clock_timestamp()))
                          ) AS late
  FROM helpdesk_queue q
  LEFT JOIN ticket t ON t.queue_id = q.id AND t.state IN ('new', 'open', 'pending')
 WHERE q.active AND ($1::bigint[] IS NULL OR q.id = ANY($1))
 GROUP BY q.id ORDER BY q.place, q.id
"""
_DEADLINES: Final = f"""
WITH found AS (
    SELECT d.ticket_id AS id, d.queue_id, d.clock, d.due_at FROM (
        SELECT s.ticket_id, s.queue_id, c.due_at,
               jsonb_build_object('measure', c.measure, 'target_min', c.target_min, 'started_at', c.started_at,
                   'stopped_at', c.stopped_at, 'paused', c.paused, 'used_s', c.used_s, 'counted_at', c.counted_at,
                   'due_at', c.due_at, 'late_at', c.late_at, 'kept', c.kept, 'runs', c.runs) AS clock,
               row_number() OVER (PARTITION BY s.queue_id ORDER BY c.due_at, s.ticket_id, c.measure) AS place
          FROM ticket_sla s
          JOIN ticket_clock c ON c.ticket_id = s.ticket_id AND c.stopped_at IS NULL AND c.due_at IS NOT NULL
         WHERE s.open AND s.queue_id = ANY($1)) d
     WHERE d.place <= {MOST_DEADLINES}
)
SELECT f.queue_id, f.id AS ticket_id, f.clock, {_NAMES} ORDER BY f.due_at, f.id
"""
_SENT: Final = f"""
WITH found AS (
    SELECT d.id, d.queue_id, d.sent_at FROM (
        SELECT t.id, t.queue_id, t.sent_at,
               row_number() OVER (PARTITION BY t.queue_id ORDER BY t.sent_at DESC, t.id DESC) AS place
          FROM ticket t WHERE t.sent_at > $2::timestamptz - interval '1 day' AND t.queue_id = ANY($1)
           AND t.state <> 'merged') d
     WHERE d.place <= {MOST_ALERTS}
)
SELECT f.queue_id, f.id AS ticket_id, f.sent_at AS at, {_NAMES} ORDER BY f.sent_at DESC, f.id DESC
"""
_HOURS: Final = """
SELECT queue_id, extract(epoch FROM hour)::bigint AS at, sum(sent)::int AS sent, sum(solved)::int AS solved FROM (
    SELECT queue_id, date_trunc('hour', sent_at, 'UTC') AS hour, 1 AS sent, 0 AS solved
      FROM ticket WHERE sent_at >= $2::timestamptz - interval '26 hours' AND queue_id = ANY($1) AND state <> 'merged'
    UNION ALL
    SELECT queue_id, date_trunc('hour', solved_at, 'UTC'), 0, 1
      FROM ticket WHERE solved_at >= $2::timestamptz - interval '26 hours' AND queue_id = ANY($1)
       AND state IN ('solved', 'closed')) happened
 GROUP BY queue_id, hour ORDER BY queue_id, hour
"""


async def queues(tx: Tx, ids: Sequence[int] | None, now: datetime) -> list[WallQueue]:
    """Active queues of these ids, or all, in order."""
    counts = await tx.records(_COUNTS, None if ids is None else list(ids))
    found = [one["id"] for one in counts]
    deadlines = _by_queue(await tx.records(_DEADLINES, found))
    sent = _by_queue(await tx.records(_SENT, found, now))
    hours = _by_queue(await tx.records(_HOURS, found, now))
    return [
        WallQueue(
            **one,
            deadlines=[_clock(row) for row in deadlines.get(one["id"], ())],
            alerts=[WallAlert(number=number_of(row["ticket_id"]), **row) for row in sent.get(one["id"], ())],
            hours=[WallHour(**row) for row in hours.get(one["id"], ())],
            rev=int(now.timestamp() * 1000),
        )
        for one in counts
    ]


def _by_queue(records: Sequence[asyncpg.Record]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for record in records:
        values = dict(record)
        found.setdefault(values.pop("queue_id"), []).append(values)
    return found


def _clock(values: dict[str, Any]) -> WallClock:
    clock = msgspec.convert(values.pop("clock"), Clock)
    return WallClock(number=number_of(values["ticket_id"]), clock=clock, **values)


# addresses


async def wallboards(tx: Tx) -> list[Wallboard]:
    """Those that are in use, and the few last ones that were taken back."""
    return await tx.all(
        Wallboard,
        "SELECT id, name, queues, made_at, revoked_at FROM helpdesk_wallboard WHERE revoked_at IS NULL"
        " OR revoked_at > clock_timestamp() - interval '30 days' ORDER BY revoked_at IS NOT NULL, lower(name), id",
    )


async def add_wallboard(tx: Tx, name: str, key: str, queues: Sequence[int] | None, account_id: int | None) -> int:
    found: int = await tx.value(
        "INSERT INTO helpdesk_wallboard (name, key, queues, made_by) VALUES ($1, $2, $3, $4) RETURNING id",
        name,
        key,
        None if queues is None else list(queues),
        account_id,
    )
    return found


async def revoke_wallboard(tx: Tx, wallboard_id: int) -> str | None:
    """Its key; None where there is none in use."""
    found: str | None = await tx.value(
        "UPDATE helpdesk_wallboard SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL"
        " RETURNING key",
        wallboard_id,
    )
    return found


async def wallboard(tx: Tx, key: str) -> Wallboard | None:
    """One that is in use."""
    return await tx.maybe(
        Wallboard,
        "SELECT id, name, queues, made_at, revoked_at FROM helpdesk_wallboard WHERE key = $1 AND revoked_at IS NULL",
        key,
    )


async def keys(tx: Tx) -> frozenset[str]:
    """Of addresses that are in use."""
    records = await tx.records("SELECT key FROM helpdesk_wallboard WHERE revoked_at IS NULL")
    return frozenset(one["key"] for one in records)


async def queue_ids(tx: Tx) -> list[int]:
    """Of active queues."""
    records = await tx.records("SELECT id FROM helpdesk_queue WHERE active ORDER BY id")
    return [one["id"] for one in records]
