"""SQL of the demonstration's attendance: made inside the database, since it is tens of thousands of marks."""

from datetime import date

from app.database import Tx


async def today(tx: Tx) -> date:
    found: date = await tx.value("SELECT school_today()")
    return found


async def last_day(tx: Tx) -> date | None:
    """Of which there are lessons."""
    found: date | None = await tx.value("SELECT max(on_date) FROM lesson WHERE school_id = current_school()")
    return found


async def stand_in(tx: Tx, login: str, day: date) -> None:
    """The person of this login stands in for somebody in each of today's hours that are free for them, the seventh too
    if anybody has one: so there is a lesson now, whenever in school hours the demonstration is begun.
    """
    await tx.execute(
        "WITH me AS (SELECT s.id FROM staff s JOIN account a ON a.id = s.account_id WHERE a.login = $1),"
        " busy AS (SELECT e.period FROM planned_on($2) e, me WHERE me.id IN (e.staff_id, e.second_staff_id))"
        " INSERT INTO substitution (school_id, on_date, entry_id, kind, absent_id, staff_id, note)"
        " SELECT DISTINCT ON (e.period) current_school(), $2, e.entry_id, 'substitution', e.staff_id, me.id, ''"
        " FROM planned_on($2) e, me WHERE e.kind = '' AND e.class_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM busy WHERE busy.period = e.period) ORDER BY e.period, e.entry_id DESC"
        " ON CONFLICT DO NOTHING",
        login,
        day,
    )


async def hold_lessons(tx: Tx, first: date, last: date) -> None:
    """Lessons that have ended, with their marks; of today a few stay unchecked, as in life.

    Absence is drawn for a pupil and a day (5 %) and for single lessons, by hashes: the same each time.
    """
    await tx.execute(
        "INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, class_id, group_id, subject_id,"
        " staff_id, second_staff_id, absent_id, room_id, entry_id, substitution_id, topic, opened_by, opened_at)"
        " SELECT s.id, y.id, d::date, e.period, (d::date + e.starts) AT TIME ZONE s.time_zone,"
        " (d::date + e.ends) AT TIME ZONE s.time_zone, e.class_id, e.group_id, e.subject_id, e.staff_id,"
        " e.second_staff_id, e.absent_id, e.room_id, e.entry_id, e.substitution_id, j.name || ': ćwiczenia',"
        " t.account_id, (d::date + e.starts) AT TIME ZONE s.time_zone + interval '1 minute'"
        " FROM school s JOIN school_year y ON y.school_id = s.id, generate_series($1::date, $2::date, '1 day') AS d,"
        " planned_on(d::date) e JOIN subject j ON j.id = e.subject_id JOIN staff t ON t.id = e.staff_id"
        " WHERE s.id = current_school() AND d::date BETWEEN y.starts_on AND y.ends_on AND e.kind <> 'cancellation'"
        " AND (d::date + e.ends) AT TIME ZONE s.time_zone < now()"
        " ON CONFLICT (entry_id, on_date) WHERE entry_id IS NOT NULL DO NOTHING",
        first,
        last,
    )
    await _take_attendance(tx, first, last)
    if first <= await today(tx) <= last:
        await _tell_history(tx)


async def _take_attendance(tx: Tx, first: date, last: date) -> None:
    """In lessons that were opened above: one that somebody has opened stays as they left it."""
    await tx.execute(
        "WITH kinds AS (SELECT max(id) FILTER (WHERE category = 'present') AS present,"
        "  max(id) FILTER (WHERE code = '—') AS absent, max(id) FILTER (WHERE code = 'u') AS excused,"
        "  max(id) FILTER (WHERE code = 's') AS late, max(id) FILTER (WHERE code = 'ns') AS away FROM attendance_type),"
        " untaken AS MATERIALIZED (SELECT * FROM lesson WHERE school_id = current_school() AND taken_at IS NULL"
        "  AND on_date BETWEEN $1 AND $2 AND ends_at < now() AND opened_at = starts_at + interval '1 minute'"
        "  AND (on_date < school_today() OR abs(hashint8(id)) % 9 > 0)),"
        " drawn AS (SELECT l.id, l.starts_at, l.staff_id, u.pupil_id,"
        "   abs(hashint8(u.pupil_id * 1000 + (l.on_date - date '2020-01-01'))) % 1000 AS day,"
        "   abs(hashint8(u.pupil_id * 100003 + l.id)) % 1000 AS hour, abs(hashint8(u.pupil_id)) % 10 AS habit"
        "  FROM untaken l JOIN (SELECT class_id, NULL::bigint AS group_id, pupil_id, during FROM class_membership"
        "   UNION ALL SELECT NULL, group_id, pupil_id, during FROM group_membership) AS u"
        "   ON (u.class_id = l.class_id OR u.group_id = l.group_id) AND u.during @> l.on_date),"
        " taken AS (UPDATE lesson SET taken_at = lesson.starts_at + interval '4 minutes', marks_rev = 1"
        "  FROM untaken WHERE lesson.id = untaken.id)"
        " INSERT INTO attendance_mark (school_id, lesson_id, pupil_id, type_id, minutes_late, excused, rev, author_id,"
        "  at)"
        " SELECT current_school(), d.id, d.pupil_id, CASE WHEN day < 30 THEN excused"
        "  WHEN day < 50 + habit * 3 THEN absent"
        "  WHEN day > 990 THEN away WHEN hour < 8 THEN absent WHEN hour > 984 THEN late ELSE present END,"
        " CASE WHEN day BETWEEN 50 + habit * 3 AND 990 AND hour > 984 THEN 3 + hour % 12 END, day < 30, 1, d.staff_id,"
        " d.starts_at + interval '4 minutes' FROM drawn d, kinds ON CONFLICT DO NOTHING",
        first,
        last,
    )


async def _tell_history(tx: Tx) -> None:
    """Of today's marks alone, and not of those that somebody has made: these have told theirs."""
    held = await tx.value(
        "SELECT array_agg(id) FROM lesson WHERE school_id = current_school() AND on_date = school_today()"
        " AND taken_at IS NOT NULL"
    )
    await tx.execute(
        "INSERT INTO attendance_history (school_id, lesson_id, pupil_id, at, account_id, author, to_code, to_minutes,"
        " to_excused, op_id, rev)"
        " SELECT m.school_id, m.lesson_id, m.pupil_id, m.at, s.account_id, s.first_name || ' ' || s.last_name, t.code,"
        " m.minutes_late, m.excused, 'demo-' || m.lesson_id, 1"
        " FROM attendance_mark m JOIN attendance_type t ON t.id = m.type_id JOIN staff s ON s.id = m.author_id"
        " WHERE m.lesson_id = ANY($1::bigint[]) AND m.rev = 1 AND NOT EXISTS"
        " (SELECT FROM attendance_history h WHERE h.lesson_id = m.lesson_id AND h.pupil_id = m.pupil_id)",
        held or [],
    )
