"""SQL of absences, substitutions and duties. Run inside a school (`tenancy.enter_school`)."""

from collections.abc import Sequence
from datetime import date

from app.database import Tx
from schools.timetable.substitutions.model import (
    Absence,
    AbsenceDraft,
    ChangeMark,
    Colleague,
    Decision,
    DutyDay,
    Original,
)

_ABSENCE = (
    "SELECT a.id, a.staff_id, s.first_name || ' ' || s.last_name AS staff, a.first_on, a.last_on, a.from_period,"
    " a.to_period FROM staff_absence a JOIN staff s ON s.id = a.staff_id"
)
_ORIGINAL = (
    "SELECT e.id AS entry_id, e.period, e.class_id, e.group_id, e.subject_id, j.name AS subject, e.staff_id,"
    " t.first_name || ' ' || t.last_name AS staff, e.room_id, coalesce(r.name, '') AS room FROM timetable_entry e"
    " JOIN subject j ON j.id = e.subject_id JOIN staff t ON t.id = e.staff_id LEFT JOIN room r ON r.id = e.room_id"
)


async def lock_day(tx: Tx, school_id: int, day: date) -> None:
    """Decisions upon one day come one after another, so that each is checked against the ones before."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 67))", f"substitutions/{school_id}/{day}")


async def absences(tx: Tx, day: date) -> list[Absence]:
    return await tx.all(
        Absence, f"{_ABSENCE} WHERE $1 BETWEEN a.first_on AND a.last_on ORDER BY s.sort_key, a.from_period", day
    )


async def absence(tx: Tx, absence_id: int) -> Absence | None:
    return await tx.maybe(Absence, f"{_ABSENCE} WHERE a.id = $1", absence_id)


async def overlapping(tx: Tx, draft: AbsenceDraft) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM staff_absence WHERE staff_id = $1 AND first_on <= $3 AND last_on >= $2"
            " AND from_period <= $5 AND to_period >= $4)",
            draft.staff_id,
            draft.first_on,
            draft.last_on,
            draft.from_period,
            draft.to_period,
        )
    )


async def add_absence(tx: Tx, draft: AbsenceDraft, account_id: int | None) -> int:
    found: int = await tx.value(
        "INSERT INTO staff_absence (school_id, staff_id, first_on, last_on, from_period, to_period, made_by)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, $6) RETURNING id",
        draft.staff_id,
        draft.first_on,
        draft.last_on,
        draft.from_period,
        draft.to_period,
        account_id,
    )
    return found


async def delete_absence(tx: Tx, absence_id: int) -> None:
    await tx.execute("DELETE FROM staff_absence WHERE id = $1", absence_id)


async def originals(tx: Tx, entry_ids: Sequence[int]) -> dict[int, Original]:
    """Entries as they are planned, by id."""
    rows = await tx.all(Original, f"{_ORIGINAL} WHERE e.id = ANY($1::bigint[])", entry_ids)
    return {one.entry_id: one for one in rows}


async def joined_by(tx: Tx, entry_id: int, day: date) -> bool:
    """Whether another lesson joins this one on the day."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM substitution WHERE joint_entry_id = $1 AND on_date = $2)", entry_id, day
        )
    )


async def write_substitution(tx: Tx, entry_id: int, day: date, decision: Decision, absent_id: int | None,
                             account_id: int | None) -> None:  # fmt: skip
    """One entry has one change a day: a second decision takes the place of the first."""
    await tx.execute(
        "INSERT INTO substitution (school_id, on_date, entry_id, kind, absent_id, staff_id, subject_id, room_id,"
        " joint_entry_id, note, made_by) VALUES (current_school(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (entry_id, on_date) DO UPDATE SET kind = excluded.kind, absent_id = excluded.absent_id,"
        " staff_id = excluded.staff_id, subject_id = excluded.subject_id, room_id = excluded.room_id,"
        " joint_entry_id = excluded.joint_entry_id, note = excluded.note, made_by = excluded.made_by,"
        " made_at = now(), rev = substitution.rev + 1",
        day,
        entry_id,
        decision.kind,
        absent_id,
        decision.staff_id if decision.kind == "substitution" else None,
        decision.subject_id if decision.kind == "substitution" else None,
        decision.room_id if decision.kind in {"substitution", "room"} else None,
        decision.joint_entry_id if decision.kind == "joint" else None,
        decision.note,
        account_id,
    )


async def delete_substitution(tx: Tx, entry_id: int, day: date) -> bool:
    return (
        await tx.value("DELETE FROM substitution WHERE entry_id = $1 AND on_date = $2 RETURNING id", entry_id, day)
        is not None
    )


async def follow_in_lesson(tx: Tx, lesson_id: int) -> None:
    """A lesson that was opened and is not taken follows what is decided after it was opened."""
    await tx.execute(
        "UPDATE lesson l SET staff_id = p.staff_id, absent_id = p.absent_id, room_id = p.room_id,"
        " subject_id = p.subject_id, substitution_id = p.substitution_id, rev = l.rev + 1"
        " FROM planned_on((SELECT on_date FROM lesson WHERE id = $1)) p WHERE l.id = $1 AND p.entry_id = l.entry_id",
        lesson_id,
    )


async def classes_of(tx: Tx, class_id: int | None, group_id: int | None, day: date) -> list[int]:
    """Whose pupils a lesson has: a class, a group's class, or the classes a group's pupils come from."""
    rows = await tx.records(
        "SELECT DISTINCT c AS id FROM (SELECT $1::bigint AS c"
        " UNION SELECT g.class_id FROM school_group g WHERE g.id = $2"
        " UNION SELECT k.class_id FROM group_membership m JOIN class_membership k USING (pupil_id)"
        "  JOIN school_group g ON g.id = m.group_id WHERE m.group_id = $2 AND g.class_id IS NULL"
        "  AND m.during @> $3::date AND k.during @> $3::date) AS found WHERE c IS NOT NULL ORDER BY 1",
        class_id,
        group_id,
        day,
    )
    return [row["id"] for row in rows]


async def mark_change(
    tx: Tx, entry_id: int, day: date, staff_ids: Sequence[int], class_ids: Sequence[int]
) -> ChangeMark:
    """Counts on, and adds whom it concerns now to whom it has concerned."""
    return await tx.one(
        ChangeMark,
        "INSERT INTO timetable_change AS c (school_id, entry_id, on_date, staff_ids, class_ids)"
        " VALUES (current_school(), $1, $2, $3, $4) ON CONFLICT (entry_id, on_date) DO UPDATE SET rev = c.rev + 1,"
        " at = now(), staff_ids = (SELECT array_agg(DISTINCT x ORDER BY x) FROM unnest(c.staff_ids || $3) AS x),"
        " class_ids = (SELECT array_agg(DISTINCT x ORDER BY x) FROM unnest(c.class_ids || $4) AS x)"
        " RETURNING entry_id, on_date, rev, staff_ids, class_ids",
        entry_id,
        day,
        sorted(set(staff_ids)),
        sorted(set(class_ids)),
    )


async def change_marks(
    tx: Tx, first: date, last: date, *, staff_id: int | None = None, class_ids: Sequence[int] | None = None
) -> list[ChangeMark]:
    """Of some days; of one person or some classes where they are named."""
    return await tx.all(
        ChangeMark,
        "SELECT entry_id, on_date, rev, staff_ids, class_ids FROM timetable_change"
        " WHERE on_date BETWEEN $1 AND $2 AND ($3::bigint IS NULL OR $3 = ANY(staff_ids))"
        " AND ($4::bigint[] IS NULL OR class_ids && $4) ORDER BY on_date, entry_id",
        first,
        last,
        staff_id,
        class_ids,
    )


async def colleagues(tx: Tx, day: date, month: tuple[date, date]) -> list[Colleague]:
    """Teachers of the day, with what they teach and how often they have stood in."""
    return await tx.all(
        Colleague,
        "SELECT s.id, s.first_name || ' ' || s.last_name AS name,"
        " coalesce(array_agg(DISTINCT t.subject_id) FILTER (WHERE t.subject_id IS NOT NULL), '{}') AS subject_ids,"
        " coalesce(array_agg(DISTINCT coalesce(t.class_id, g.class_id))"
        "  FILTER (WHERE coalesce(t.class_id, g.class_id) IS NOT NULL), '{}') AS class_ids,"
        " (SELECT count(*) FROM substitution x WHERE x.staff_id = s.id AND x.kind = 'substitution'"
        "  AND x.on_date >= $2 AND x.on_date < $3) AS this_month"
        " FROM staff s LEFT JOIN teaching t ON t.staff_id = s.id AND t.during @> $1::date"
        " LEFT JOIN school_group g ON g.id = t.group_id"
        " WHERE s.during @> $1::date AND 'teacher' = ANY(s.roles) GROUP BY s.id ORDER BY s.sort_key, s.id",
        day,
        *month,
    )


async def rooms(tx: Tx) -> list[tuple[int, str]]:
    rows = await tx.records("SELECT id, name FROM room ORDER BY building, length(name), name")
    return [(row["id"], row["name"]) for row in rows]


async def subjects(tx: Tx) -> list[tuple[int, str]]:
    rows = await tx.records("SELECT id, name FROM subject ORDER BY position, name")
    return [(row["id"], row["name"]) for row in rows]


async def duties(tx: Tx, day: date) -> list[DutyDay]:
    """Duties of a day, on the weekday it is taught as; none on days off."""
    return await tx.all(
        DutyDay,
        "SELECT d.id, d.weekday, d.after_period, d.place, d.staff_id, s.first_name || ' ' || s.last_name AS staff,"
        " x.staff_id AS stand_in_id, coalesce(i.first_name || ' ' || i.last_name, '') AS stand_in"
        " FROM break_duty d JOIN staff s ON s.id = d.staff_id"
        " LEFT JOIN school_day o ON o.school_id = d.school_id AND o.on_date = $1"
        " LEFT JOIN break_duty_change x ON x.duty_id = d.id AND x.on_date = $1"
        " LEFT JOIN staff i ON i.id = x.staff_id"
        " WHERE d.weekday = coalesce(o.taught_as, extract(isodow FROM $1::date)) AND NOT coalesce(o.is_off, false)"
        " AND d.during @> $1::date ORDER BY d.after_period, d.place, d.id",
        day,
    )


async def all_duties(tx: Tx, day: date) -> list[DutyDay]:
    """Of the whole week, as they are from a day on."""
    return await tx.all(
        DutyDay,
        "SELECT d.id, d.weekday, d.after_period, d.place, d.staff_id, s.first_name || ' ' || s.last_name AS staff,"
        " NULL::bigint AS stand_in_id, '' AS stand_in FROM break_duty d JOIN staff s ON s.id = d.staff_id"
        " WHERE d.during @> $1::date ORDER BY d.weekday, d.after_period, d.place, d.id",
        day,
    )


async def add_duty(tx: Tx, staff_id: int, weekday: int, after_period: int, place: str, first: date) -> int:
    found: int = await tx.value(
        "INSERT INTO break_duty (school_id, staff_id, weekday, after_period, place, during)"
        " VALUES (current_school(), $1, $2, $3, $4, daterange($5, NULL)) RETURNING id",
        staff_id,
        weekday,
        after_period,
        place,
        first,
    )
    return found


async def end_duty(tx: Tx, duty_id: int, day: date) -> bool:
    """From a day on; what it was before stays known."""
    return (
        await tx.value(
            "UPDATE break_duty SET during = daterange(lower(during), greatest($2, lower(during))) WHERE id = $1"
            " AND upper_inf(during) RETURNING id",
            duty_id,
            day,
        )
        is not None
    )


async def replace_on_duty(tx: Tx, duty_id: int, day: date, staff_id: int | None, account_id: int | None) -> None:
    """None: its own person again."""
    if staff_id is None:
        await tx.execute("DELETE FROM break_duty_change WHERE duty_id = $1 AND on_date = $2", duty_id, day)
        return
    await tx.execute(
        "INSERT INTO break_duty_change (school_id, duty_id, on_date, staff_id, made_by)"
        " VALUES (current_school(), $1, $2, $3, $4)"
        " ON CONFLICT (duty_id, on_date) DO UPDATE SET staff_id = excluded.staff_id, made_by = excluded.made_by",
        duty_id,
        day,
        staff_id,
        account_id,
    )


async def today(tx: Tx) -> date:
    """By the school's clock."""
    found: date = await tx.value("SELECT school_today()")
    return found
