"""SQL of alerts. Run inside a school."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from app.database import Tx
from schools.dashboard.model import Alert, Seen

_ALERT = """
SELECT a.id, a.on_date, a.kind, a.period, a.class_id, a.lesson_id, a.pupil_id, a.since, a.raised_at, a.gone_at,
       a.settled_at, a.rev,
       CASE WHEN a.kind = 'missing' THEN coalesce(c.name, '')
            ELSE concat_ws(' ', coalesce(ec.name, gc.name), g.name) END AS class_name,
       j.name AS subject, t.first_name || ' ' || t.last_name AS staff,
       coalesce(p.first_name || ' ' || p.last_name, '') AS pupil,
       coalesce(w.first_name || ' ' || w.last_name, '') AS settled_by,
       array(SELECT n.first_name || ' ' || n.last_name FROM attendance_alert_seen s JOIN staff n ON n.id = s.staff_id
              WHERE s.alert_id = a.id ORDER BY s.at, s.staff_id) AS seen_by,
       array(SELECT s.at FROM attendance_alert_seen s WHERE s.alert_id = a.id ORDER BY s.at, s.staff_id) AS seen_at
  FROM attendance_alert a
  LEFT JOIN timetable_entry e ON e.id = a.entry_id
  LEFT JOIN substitution x ON x.entry_id = a.entry_id AND x.on_date = a.on_date
  LEFT JOIN lesson l ON l.id = a.lesson_id
  JOIN subject j ON j.id = coalesce(l.subject_id, x.subject_id, e.subject_id)
  JOIN staff t ON t.id = coalesce(l.staff_id, x.staff_id, e.staff_id)
  LEFT JOIN school_class c ON c.id = a.class_id
  LEFT JOIN school_class ec ON ec.id = e.class_id
  LEFT JOIN school_group g ON g.id = e.group_id
  LEFT JOIN school_class gc ON gc.id = g.class_id
  LEFT JOIN pupil p ON p.id = a.pupil_id
  LEFT JOIN staff w ON w.id = a.settled_by
"""


def _alert(row: Any) -> Alert:
    values = dict(row)
    seen = [Seen(name, at) for name, at in zip(values.pop("seen_by"), values.pop("seen_at"), strict=True)]
    return Alert(**values, seen=seen)


async def alerts_of_day(tx: Tx, day: date, class_ids: Sequence[int] | None) -> list[Alert]:
    """Newest first; of some classes, or of all."""
    rows = await tx.records(
        f"{_ALERT} WHERE a.on_date = $1 AND ($2::bigint[] IS NULL OR a.class_id = ANY($2))"
        " ORDER BY a.raised_at DESC, a.id DESC",
        day,
        class_ids,
    )
    return [_alert(row) for row in rows]


async def alerts(tx: Tx, ids: Sequence[int]) -> list[Alert]:
    """By their ids, oldest first."""
    return [_alert(row) for row in await tx.records(f"{_ALERT} WHERE a.id = ANY($1::bigint[]) ORDER BY a.id", ids)]


async def lock_alert(tx: Tx, alert_id: int) -> Alert | None:
    if await tx.value("SELECT id FROM attendance_alert WHERE id = $1 FOR UPDATE", alert_id) is None:
        return None
    return (await alerts(tx, [alert_id]))[0]


async def open_alerts(tx: Tx, day: date) -> int:
    found: int = await tx.value(
        "SELECT count(*) FROM attendance_alert WHERE on_date = $1 AND gone_at IS NULL AND settled_at IS NULL", day
    )
    return found


async def settle(tx: Tx, alert_id: int, staff_id: int | None) -> None:
    """`staff_id` None: open again."""
    await tx.execute(
        "UPDATE attendance_alert SET settled_at = CASE WHEN $2::bigint IS NOT NULL THEN now() END, settled_by = $2,"
        " rev = rev + 1 WHERE id = $1",
        alert_id,
        staff_id,
    )


async def see(tx: Tx, ids: Sequence[int], staff_id: int) -> list[int]:
    """Ids that the person had not seen."""
    rows = await tx.records(
        "WITH new AS (INSERT INTO attendance_alert_seen (school_id, alert_id, staff_id)"
        " SELECT current_school(), a.id, $2 FROM attendance_alert a WHERE a.id = ANY($1::bigint[])"
        " ON CONFLICT DO NOTHING RETURNING alert_id)"
        " UPDATE attendance_alert SET rev = rev + 1 FROM new WHERE id = new.alert_id RETURNING id",
        ids,
        staff_id,
    )
    return [row["id"] for row in rows]


async def claim_scan(tx: Tx) -> bool:
    """Whether this process looks through the school now; another one may be at it."""
    return bool(await tx.value("SELECT pg_try_advisory_xact_lock(hashtextextended('alerts', current_school()))"))


async def scan_unchecked(tx: Tx, day: date, moment: datetime, after_min: int) -> list[int]:
    """Raises alerts for planned lessons that began so long ago and have no attendance; ends those that have it now.

    Not for cancelled ones, nor where all of a class or a group are at events of the school. Ids of what has changed.
    """
    rows = await tx.records(
        "WITH plan AS MATERIALIZED (SELECT e.entry_id, e.period, e.class_id, e.group_id,"
        "  coalesce(e.class_id, g.class_id) AS home,"
        "  ($1::date + e.starts) AT TIME ZONE s.time_zone AS starts_at, l.taken_at FROM planned_on($1::date) e"
        "  JOIN school s ON s.id = current_school() LEFT JOIN school_group g ON g.id = e.group_id"
        "  LEFT JOIN lesson l ON l.entry_id = e.entry_id AND l.on_date = $1"
        "  WHERE e.kind <> 'cancellation' AND coalesce(l.state, '') <> 'void'),"
        " late AS (SELECT * FROM plan"
        "  WHERE taken_at IS NULL AND starts_at <= $2::timestamptz - make_interval(mins => $3::integer)"
        "  AND NOT (EXISTS (SELECT FROM school_event v WHERE v.on_date = $1"
        "    AND v.cancelled_at IS NULL AND plan.period BETWEEN v.from_period AND v.to_period)"
        "   AND NOT EXISTS (SELECT FROM (SELECT class_id, NULL::bigint AS group_id, pupil_id, during"
        "     FROM class_membership UNION ALL SELECT NULL, group_id, pupil_id, during FROM group_membership) AS k"
        "    WHERE (k.class_id = plan.class_id OR k.group_id = plan.group_id) AND k.during @> $1::date"
        "    AND NOT EXISTS (SELECT FROM school_event v JOIN school_event_pupil x ON x.event_id = v.id"
        "     WHERE x.pupil_id = k.pupil_id AND v.on_date = $1 AND v.cancelled_at IS NULL"
        "     AND plan.period BETWEEN v.from_period AND v.to_period)))),"
        " raised AS (INSERT INTO attendance_alert AS a (school_id, on_date, kind, period, entry_id, class_id, since)"
        "  SELECT current_school(), $1, 'unchecked', period, entry_id, home, starts_at FROM late"
        "  ON CONFLICT (school_id, on_date, kind, entry_id, lesson_id, pupil_id) DO UPDATE"
        "  SET gone_at = NULL, rev = a.rev + 1 WHERE a.gone_at IS NOT NULL RETURNING id),"
        " ended AS (UPDATE attendance_alert a SET gone_at = now(), rev = rev + 1"
        "  WHERE a.on_date = $1 AND a.kind = 'unchecked' AND a.gone_at IS NULL"
        "  AND NOT EXISTS (SELECT FROM late WHERE late.entry_id = a.entry_id) RETURNING id)"
        " SELECT id FROM raised UNION ALL SELECT id FROM ended",
        day,
        moment,
        after_min,
    )
    return [row["id"] for row in rows]


async def scan_missing(tx: Tx, day: date) -> list[int]:
    """Raises alerts for pupils present (or late) in a lesson and absent without excuse in their next one.

    Lessons without a mark of the pupil (cancelled, unchecked) are passed over; being released or away for the school
    before is no presence. Ends alerts whose marks were corrected. Ids of what has changed.
    """
    rows = await tx.records(
        "WITH marks AS (SELECT m.pupil_id, l.id AS lesson_id, l.entry_id, l.period, t.category, m.excused, m.at,"
        "  lag(t.category) OVER (PARTITION BY m.pupil_id ORDER BY l.period, l.id) AS before"
        "  FROM lesson l JOIN attendance_mark m ON m.lesson_id = l.id JOIN attendance_type t ON t.id = m.type_id"
        "  WHERE l.school_id = current_school() AND l.on_date = $1 AND l.state <> 'void'),"
        " found AS MATERIALIZED (SELECT * FROM marks WHERE category = 'absent' AND NOT excused"
        "  AND before IN ('present', 'late')),"
        " raised AS (INSERT INTO attendance_alert AS a (school_id, on_date, kind, period, lesson_id, entry_id,"
        "   pupil_id, class_id, since)"
        "  SELECT current_school(), $1, 'missing', f.period, f.lesson_id, f.entry_id, f.pupil_id,"
        "   (SELECT k.class_id FROM class_membership k WHERE k.pupil_id = f.pupil_id AND k.during @> $1::date), f.at"
        "  FROM found f ON CONFLICT (school_id, on_date, kind, entry_id, lesson_id, pupil_id) DO UPDATE"
        "  SET gone_at = NULL, rev = a.rev + 1 WHERE a.gone_at IS NOT NULL RETURNING id),"
        " ended AS (UPDATE attendance_alert a SET gone_at = now(), rev = rev + 1"
        "  WHERE a.on_date = $1 AND a.kind = 'missing' AND a.gone_at IS NULL AND NOT EXISTS (SELECT FROM found f"
        "   WHERE f.lesson_id = a.lesson_id AND f.pupil_id = a.pupil_id) RETURNING id)"
        " SELECT id FROM raised UNION ALL SELECT id FROM ended",
        day,
    )
    return [row["id"] for row in rows]
