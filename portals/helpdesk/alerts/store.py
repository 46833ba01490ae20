"""SQL of the bell: settings, what stands on it, what may have to be told by Web Push."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import asyncpg
import msgspec

from app.database import Tx
from portals.helpdesk.alerts.model import Bell, BellAlert, Mark
from portals.helpdesk.numbers import digits_of, number_of

_BELL: Final = f"SELECT {', '.join(Bell.__struct_fields__)} FROM helpdesk_bell"
_OPEN: Final = "('new', 'open', 'pending')"
_LONGEST: Final = 60
"""Alerts on a bell; there are always more in the queue itself."""


async def bell(tx: Tx, account_id: int, *, lock: bool = False) -> Bell | None:
    """None: the account has never set anything."""
    record = await tx.record(f"{_BELL} WHERE account_id = $1{' FOR UPDATE' if lock else ''}", account_id)
    return None if record is None else msgspec.convert(dict(record), Bell)


async def put_bell(tx: Tx, account_id: int, columns: Mapping[str, object]) -> Bell:
    """Changes some settings, or makes the row with them and the usual others."""
    names = list(columns)
    values: list[Any] = [msgspec.to_builtins(one) if name == "hours" else one for name, one in columns.items()]
    places = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    sets = ", ".join(f"{name} = excluded.{name}" for name in names)
    await tx.execute(
        f"INSERT INTO helpdesk_bell AS b (account_id, {', '.join(names)}) VALUES ($1, {places})"
        f" ON CONFLICT (account_id) DO UPDATE SET {sets}, rev = b.rev + 1",
        account_id,
        *values,
    )
    found = await bell(tx, account_id)
    assert found is not None  # it was just written
    return found


# what stands on it

_ALERTS: Final = f"""
WITH moved AS (
    SELECT e.ticket_id, max(e.at) AS at FROM ticket t
      JOIN ticket_entry e ON e.ticket_id = t.id AND e.changes @> '[{{"field": "queue_id"}}]'
     WHERE t.queue_id = ANY($2) AND t.state IN ('new', 'open') AND t.assignee_id IS NULL
       AND t.parent_id IS NULL AND t.rev > 1 AND t.waits_for_us
     GROUP BY 1
), found AS (
    SELECT format('sent/%s/%s', t.id, t.queue_id) AS key, CASE WHEN m.at IS NULL THEN 'new' ELSE 'moved' END AS kind,
           t.id AS ticket_id, coalesce(m.at, t.sent_at) AS at, false AS mine
      FROM ticket t
      LEFT JOIN moved m ON m.ticket_id = t.id
     WHERE t.queue_id = ANY($2) AND t.state IN ('new', 'open') AND t.assignee_id IS NULL
       AND t.parent_id IS NULL AND t.waits_for_us
       AND CASE WHEN m.at IS NULL THEN 'new' ELSE 'moved' END = ANY($3)
       AND NOT EXISTS (SELECT FROM ticket_seen s WHERE s.ticket_id = t.id AND s.account_id = $1 AND m.at IS NULL)
    UNION ALL
    SELECT format('answer/%s', e.id), 'answer', t.id, e.at, t.assignee_id = $1
      FROM ticket t
      JOIN LATERAL (SELECT r.id, r.at FROM ticket_entry r
                     WHERE r.ticket_id = t.id AND r.kind = 'reply' ORDER BY r.id DESC LIMIT 1) e ON true
     WHERE t.queue_id = ANY($2) AND t.state IN {_OPEN} AND t.waits_for_us
       AND ('answers_any' = ANY($3) OR 'answers_mine' = ANY($3) AND t.assignee_id = $1)
       AND EXISTS (SELECT FROM ticket_entry f WHERE f.ticket_id = t.id AND f.kind = 'reply' AND f.id < e.id)
       AND NOT EXISTS (SELECT FROM ticket_seen s WHERE s.ticket_id = t.id AND s.account_id = $1 AND s.entry_id >= e.id)
    UNION ALL
    SELECT format('alarm/%s', a.id), a.kind, t.id, a.told_at, t.assignee_id = $1
      FROM ticket t
      JOIN LATERAL (SELECT m.id, m.kind, m.told_at FROM ticket_alarm m
                      JOIN ticket_clock c ON c.ticket_id = m.ticket_id AND c.measure = m.measure
                                         AND c.stopped_at IS NULL
                     WHERE m.ticket_id = t.id AND NOT m.quiet ORDER BY m.id DESC LIMIT 1) a ON true
     WHERE t.queue_id = ANY($2) AND t.state IN {_OPEN} AND 'alarms' = ANY($3)
)
SELECT f.key, f.kind, f.ticket_id, t.subject, coalesce(k.short_name, u.name, '') AS unit_name, t.queue_id,
       q.name AS queue_name, t.priority, coalesce(f.mine, false) AS mine, f.at
  FROM found f
  JOIN ticket t ON t.id = f.ticket_id
  JOIN helpdesk_queue q ON q.id = t.queue_id
  LEFT JOIN unit u ON u.id = t.unit_id
  LEFT JOIN unit_card k ON k.unit_id = t.unit_id
 WHERE f.at > coalesce($4, '-infinity'::timestamptz) AND f.key <> ALL($5)
 ORDER BY f.at DESC, f.key LIMIT {_LONGEST}
"""


async def alerts(tx: Tx, settings: Bell, queues: Sequence[int]) -> list[BellAlert]:
    """What waits in these queues for somebody and was not put away, the newest first."""
    records = await tx.records(
        _ALERTS, settings.account_id, list(queues), list(settings.rings), settings.cleared_at, settings.seen
    )
    return [_alert(one) for one in records]


def _alert(record: asyncpg.Record) -> BellAlert:
    ticket_id = record["ticket_id"]
    return BellAlert(number=number_of(ticket_id), path=f"/pomoc/obsluga/{digits_of(ticket_id)}", **record)


# what is told by Web Push


async def take_marks(tx: Tx, older_than: timedelta, limit: int) -> list[Mark]:
    """Some marks that have waited long enough; they are gone with this transaction, and no other process has them."""
    rows = await tx.all(
        Mark,
        "DELETE FROM helpdesk_bell_mark WHERE id IN (SELECT id FROM helpdesk_bell_mark"
        " WHERE at < clock_timestamp() - $1::interval ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " RETURNING id, kind, ticket_id, queue_id, entry_id, at",
        older_than,
        limit,
    )
    return sorted(rows, key=lambda one: one.id)


async def pushed_bells(tx: Tx, roles: Sequence[str]) -> list[Bell]:
    """Settings of those who want to be told while no page is open, may sign in and still work at the helpdesk."""
    records = await tx.records(
        f"{_BELL} b WHERE push AND EXISTS (SELECT FROM active_grant g JOIN account a ON a.id = g.account_id"
        " WHERE g.account_id = b.account_id AND g.role = ANY($1) AND a.disabled_at IS NULL) ORDER BY account_id",
        list(roles),
    )
    return [msgspec.convert(dict(one), Bell) for one in records]


async def queues_by_account(tx: Tx, ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """Account → queues that its teams work on."""
    records = await tx.records(
        "SELECT m.account_id, array_agg(DISTINCT q.queue_id) AS queues FROM helpdesk_team_member m"
        " JOIN helpdesk_team t ON t.id = m.team_id AND t.active JOIN helpdesk_queue_team q ON q.team_id = m.team_id"
        " WHERE m.account_id = ANY($1::bigint[]) GROUP BY 1",
        list(ids),
    )
    return {one["account_id"]: frozenset(one["queues"]) for one in records}


async def holders(tx: Tx, role: str) -> frozenset[int]:
    """Accounts that hold a role."""
    records = await tx.records("SELECT DISTINCT account_id FROM active_grant WHERE role = $1", role)
    return frozenset(one["account_id"] for one in records)
