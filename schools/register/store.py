"""SQL of lessons and attendance. Run inside a school (`tenancy.enter_school`)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from app.actor import Actor
from app.database import Tx
from schools.register.model import AttendanceType, DayLesson, GridPupil, Lesson, Mark, MarkChange
from schools.register.rules import Step
from schools.structure.model import Member
from schools.structure.store import MEMBER
from schools.timetable.model import Planned

_LESSON = """
SELECT l.id, l.school_id, l.year_id, l.on_date, l.period, l.starts_at, l.ends_at, l.class_id, l.group_id,
       concat_ws(' ', coalesce(c.name, gc.name), g.name) AS class_name, l.subject_id, j.name AS subject,
       l.staff_id, t.first_name || ' ' || t.last_name AS staff, l.second_staff_id, l.absent_id, l.room_id,
       coalesce(r.name, '') AS room, l.entry_id, l.substitution_id, l.topic, l.topic_number, l.curriculum_point,
       l.state, l.taken_at, l.marks_rev, l.rev{more}
  FROM lesson l
  JOIN subject j ON j.id = l.subject_id
  JOIN staff t ON t.id = l.staff_id
  LEFT JOIN school_class c ON c.id = l.class_id
  LEFT JOIN school_group g ON g.id = l.group_id
  LEFT JOIN school_class gc ON gc.id = g.class_id
  LEFT JOIN room r ON r.id = l.room_id
"""
_OF_MEMBER: Final = {f"member_{name}": name for name in Member.__struct_fields__}
_FACTS = f""", coalesce(c.homeroom_id, gc.homeroom_id) AS homeroom_id,
       coalesce(l.class_id, g.class_id) AS home_class_id,
       EXISTS (SELECT FROM teaching x LEFT JOIN school_group xg ON xg.id = x.group_id
                WHERE x.staff_id = b.staff_id AND x.during @> b.today
                  AND (x.group_id = l.group_id
                       OR coalesce(l.class_id, g.class_id) IN (x.class_id, xg.class_id))) AS teaches,
       EXISTS (SELECT FROM teaching h WHERE h.staff_id = b.staff_id AND h.kind <> 'teacher' AND h.during @> b.today
                  AND h.subject_id = l.subject_id
                  AND (h.class_id = l.class_id OR h.group_id = l.group_id)) AS assists,
       (SELECT jsonb_agg(jsonb_build_object('id', y.id, 'code', y.code, 'name', y.name, 'category', y.category,
               'excused', y.excused, 'key', y.key, 'position', y.position, 'archived', y.archived)
               ORDER BY y.position, y.id) FROM attendance_type y) AS types,
       {", ".join(f"b.{name} AS {column}" for column, name in _OF_MEMBER.items())}"""
_FACTS_OF_LESSON = (
    f"WITH b AS ({MEMBER}) {_LESSON.format(more=_FACTS)} CROSS JOIN b WHERE l.id = $3 AND l.school_id = $1"
)


class LessonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson, who asks for it, and what decides whether that one may use it."""

    member: Member
    lesson: Lesson
    types: list[AttendanceType]
    """Signs of the school, archived ones too: they stand in older marks."""
    home_class_id: int | None
    homeroom_id: int | None
    """Of its class, or of the class its group is a part of."""
    teaches: bool
    assists: bool
    """As second or support teacher of the subject there."""


async def lesson_facts(
    tx: Tx, school_id: int, account_id: int, lesson_id: int, *, lock: bool = False
) -> LessonFacts | None:
    """None where there is no such lesson, or where the account is nobody in the school.

    `lock`: who writes into one lesson waits for one another, so that a mark is compared with what stands.
    """
    sql = _FACTS_OF_LESSON + (" FOR NO KEY UPDATE OF l" if lock else "")
    row = await tx.record(sql, school_id, account_id, lesson_id)
    if row is None:
        return None
    values = dict(row)
    member = Member(**{name: values.pop(column) for column, name in _OF_MEMBER.items()})
    types = msgspec.convert(values.pop("types") or [], list[AttendanceType])
    facts = {name: values.pop(name) for name in ("home_class_id", "homeroom_id", "teaches", "assists")}
    return LessonFacts(member=member, lesson=Lesson(**values), types=types, **facts)


async def assists(tx: Tx, staff_id: int, planned: Planned) -> bool:
    """Whether somebody is second or support teacher (nauczyciel wspomagający) of the subject there."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM teaching h WHERE h.staff_id = $1 AND h.kind <> 'teacher'"
            " AND h.during @> $2::date AND h.subject_id = $3 AND (h.class_id = $4 OR h.group_id = $5))",
            staff_id,
            planned.on_date,
            planned.subject_id,
            planned.class_id,
            planned.group_id,
        )
    )


async def lesson(tx: Tx, lesson_id: int) -> Lesson | None:
    return await tx.maybe(Lesson, _LESSON.format(more="") + " WHERE l.id = $1", lesson_id)


async def lessons_of_class(tx: Tx, class_id: int, day: date) -> list[Lesson]:
    """Held lessons of a class and its groups: the narrow columns beside the grid."""
    return await tx.all(
        Lesson,
        _LESSON.format(more="") + " WHERE l.on_date = $2 AND (l.class_id = $1 OR g.class_id = $1) AND l.state <> 'void'"
        " ORDER BY l.period, l.id",
        class_id,
        day,
    )


async def homeroom_of(tx: Tx, class_id: int | None, group_id: int | None) -> int | None:
    """Homeroom teacher of a class, or of the class a group is a part of."""
    found: int | None = await tx.value(
        "SELECT homeroom_id FROM school_class WHERE id = coalesce($1,"
        " (SELECT class_id FROM school_group WHERE id = $2))",
        class_id,
        group_id,
    )
    return found


async def open_planned(tx: Tx, planned: Planned, year_id: int, account_id: int | None) -> int | None:
    """Id of the new lesson; None where it was opened before (then `lesson_of_entry` finds it)."""
    found: int | None = await tx.value(
        "INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, class_id, group_id, subject_id,"
        " staff_id, second_staff_id, absent_id, room_id, entry_id, substitution_id, opened_by)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        " ON CONFLICT (entry_id, on_date) WHERE entry_id IS NOT NULL DO NOTHING RETURNING id",
        year_id,
        planned.on_date,
        planned.period,
        planned.starts_at,
        planned.ends_at,
        planned.class_id,
        planned.group_id,
        planned.subject_id,
        planned.staff_id,
        planned.second_staff_id,
        planned.absent_id,
        planned.room_id,
        planned.entry_id,
        planned.substitution_id,
        account_id,
    )
    return found


async def lesson_of_entry(tx: Tx, entry_id: int, day: date) -> int | None:
    found: int | None = await tx.value("SELECT id FROM lesson WHERE entry_id = $1 AND on_date = $2", entry_id, day)
    return found


async def types(tx: Tx) -> list[AttendanceType]:
    return await tx.all(
        AttendanceType,
        "SELECT id, code, name, category, excused, key, position, archived FROM attendance_type WHERE NOT archived"
        " ORDER BY position, id",
    )


async def grid(tx: Tx, lesson_id: int) -> list[GridPupil]:
    """Pupils of the lesson's day and whoever has a mark in it, by number, then in Polish order."""
    rows = await tx.records(
        "SELECT u.pupil_id, u.number, u.class_id, p.first_name, p.last_name, m.type_id, m.minutes_late, m.excused,"
        " m.rev, m.at, coalesce(a.short, '') AS by"
        " FROM pupils_of_lesson($1) u JOIN pupil p ON p.id = u.pupil_id"
        " LEFT JOIN attendance_mark m ON m.lesson_id = $1 AND m.pupil_id = u.pupil_id"
        " LEFT JOIN staff a ON a.id = m.author_id"
        " ORDER BY u.number NULLS LAST, p.sort_key, p.id",
        lesson_id,
    )
    return [
        GridPupil(
            pupil_id=row["pupil_id"],
            number=row["number"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            class_id=row["class_id"],
            mark=_mark(lesson_id, row) if row["rev"] is not None else None,
        )
        for row in rows
    ]


_PUPILS = """
SELECT k.pupil_id FROM class_membership k WHERE k.class_id = l.class_id AND k.during @> l.on_date
 UNION SELECT k.pupil_id FROM group_membership k WHERE k.group_id = l.group_id AND k.during @> l.on_date
 UNION SELECT k.pupil_id FROM attendance_mark k WHERE k.lesson_id = l.id
"""
"""Pupils of lesson `l`, as `pupils_of_lesson` has them, without their numbers."""
_STANDING = f"""
SELECT u.pupil_id, m.type_id, m.minutes_late, m.excused, m.rev, m.at, coalesce(a.short, '') AS by, d.done,
       e.pupil_id IS NOT NULL AS ahead
  FROM lesson l JOIN LATERAL ({_PUPILS}) AS u ON true
  LEFT JOIN attendance_mark m ON m.lesson_id = l.id AND m.pupil_id = u.pupil_id
  LEFT JOIN staff a ON a.id = m.author_id
  LEFT JOIN (SELECT w.pupil_id, array_agg(w.op_id) AS done FROM unnest($2::bigint[], $3::text[]) AS w (pupil_id, op_id)
               JOIN attendance_history h ON h.lesson_id = $1 AND h.pupil_id = w.pupil_id AND h.op_id = w.op_id
              GROUP BY w.pupil_id) AS d ON d.pupil_id = u.pupil_id
  LEFT JOIN excused_ahead($1, $4::bigint[]) e ON e.pupil_id = u.pupil_id
 WHERE l.id = $1
"""


class Standing(msgspec.Struct, frozen=True):
    """What a batch meets: pupils of the lesson, their marks, and (pupil, op_id) that were written before."""

    pupils: frozenset[int]
    marks: dict[int, Mark]
    done: frozenset[tuple[int, str]]
    excused: frozenset[int]
    """Those of the absent for whom an excuse of this hour was accepted already."""


async def standing(
    tx: Tx, lesson_id: int, pupil_ids: Sequence[int], op_ids: Sequence[str], absent: Sequence[int] = ()
) -> Standing:
    """Of the whole lesson, in one look. `pupil_ids`, `op_ids`: of the batch; `absent`: who is going to be."""
    rows = await tx.records(_STANDING, lesson_id, pupil_ids, op_ids, absent)
    return Standing(
        frozenset(row["pupil_id"] for row in rows),
        {row["pupil_id"]: _mark(lesson_id, row) for row in rows if row["rev"] is not None},
        frozenset((row["pupil_id"], op_id) for row in rows for op_id in row["done"] or ()),
        frozenset(row["pupil_id"] for row in rows if row["ahead"]),
    )


class Author(msgspec.Struct, frozen=True):
    """Who writes, and why."""

    actor: Actor
    staff_id: int | None
    reason: str


def _mark(lesson_id: int, row: Mapping[str, Any]) -> Mark:
    names = ("pupil_id", "type_id", "minutes_late", "excused", "rev", "by", "at")
    return Mark(lesson_id=lesson_id, **{name: row[name] for name in names})


_WRITE = """
WITH counted AS (UPDATE lesson SET marks_rev = $2, taken_at = coalesce(taken_at, $3) WHERE id = $1),
     written AS (
        INSERT INTO attendance_mark AS m (school_id, lesson_id, pupil_id, type_id, minutes_late, excused, rev,
               author_id, at)
        SELECT current_school(), $1, w.pupil_id, w.type_id, w.minutes_late, w.excused, $2, $4, $3
          FROM unnest($5::bigint[], $6::bigint[], $7::smallint[], $8::boolean[])
               AS w (pupil_id, type_id, minutes_late, excused)
        ON CONFLICT (lesson_id, pupil_id) DO UPDATE SET type_id = excluded.type_id,
           minutes_late = excluded.minutes_late, excused = excluded.excused, rev = excluded.rev,
           author_id = excluded.author_id, at = excluded.at)
INSERT INTO attendance_history (school_id, lesson_id, pupil_id, at, account_id, author, from_code, from_minutes,
       from_excused, to_code, to_minutes, to_excused, reason, op_id, rev)
SELECT current_school(), $1, w.pupil_id, $3, $9, $10, w.from_code, w.from_minutes, w.from_excused, w.to_code,
       w.to_minutes, w.to_excused, $11, w.op_id, $2
  FROM unnest($12::bigint[], $13::text[], $14::text[], $15::smallint[], $16::boolean[], $17::text[],
              $18::smallint[], $19::boolean[]) WITH ORDINALITY
       AS w (pupil_id, op_id, from_code, from_minutes, from_excused, to_code, to_minutes, to_excused, place)
 ORDER BY w.place
"""


async def write(
    tx: Tx,
    lesson_id: int,
    rev: int,
    at: datetime,
    author: Author,
    marks: Sequence[Mark],
    steps: Sequence[Step],
    types: Mapping[int, AttendanceType],
) -> None:
    """New values of cells, the lesson's counter, and a line of history (who, when, from, to, why) for each step.

    The lesson is locked. `types`: of all marks before and after.
    """

    def code(mark: Mark | None) -> str | None:
        return None if mark is None or mark.type_id is None else types[mark.type_id].code

    await tx.execute(
        _WRITE,
        lesson_id,
        rev,
        at,
        author.staff_id,
        [mark.pupil_id for mark in marks],
        [mark.type_id for mark in marks],
        [mark.minutes_late for mark in marks],
        [mark.excused for mark in marks],
        author.actor.account_id,
        author.actor.name,
        author.reason,
        [step.patch.pupil_id for step in steps],
        [step.patch.op_id for step in steps],
        [code(step.before) for step in steps],
        [step.before.minutes_late if step.before else None for step in steps],
        [bool(step.before and step.before.excused) for step in steps],
        [code(step.after) for step in steps],
        [step.after.minutes_late if step.after else None for step in steps],
        [bool(step.after and step.after.excused) for step in steps],
    )


async def history(tx: Tx, lesson_id: int, pupil_id: int | None = None) -> list[MarkChange]:
    """Oldest first."""
    return await tx.all(
        MarkChange,
        "SELECT pupil_id, at, account_id, author, from_code, from_minutes, from_excused, to_code, to_minutes,"
        " to_excused, reason, op_id, rev FROM attendance_history"
        " WHERE lesson_id = $1 AND ($2::bigint IS NULL OR pupil_id = $2) ORDER BY id",
        lesson_id,
        pupil_id,
    )


_DAY = f"""
SELECT l.id AS lesson_id, l.entry_id, l.period, l.starts_at, l.ends_at, l.class_id, l.group_id,
       concat_ws(' ', coalesce(c.name, gc.name), g.name) AS class_name, l.subject_id, l.staff_id, l.absent_id, l.state,
       l.taken_at, (SELECT count(*) FROM ({_PUPILS}) AS p) AS expected,
       coalesce(m.marked, 0) AS marked,
       coalesce(m.present, 0) AS present, coalesce(m.counted, 0) AS counted, coalesce(m.absent, '{{}}') AS absent,
       coalesce(m.late, '{{}}') AS late, l.rev + l.marks_rev AS rev
  FROM lesson l
  LEFT JOIN school_class c ON c.id = l.class_id
  LEFT JOIN school_group g ON g.id = l.group_id
  LEFT JOIN school_class gc ON gc.id = g.class_id
  LEFT JOIN LATERAL (
       SELECT count(*) AS marked, count(*) FILTER (WHERE t.category IN ('present', 'late', 'away')) AS present,
              count(*) FILTER (WHERE t.category <> 'released') AS counted,
              array_agg(k.pupil_id ORDER BY k.pupil_id) FILTER (WHERE t.category = 'absent') AS absent,
              array_agg(k.pupil_id ORDER BY k.pupil_id) FILTER (WHERE t.category = 'late') AS late
         FROM attendance_mark k JOIN attendance_type t ON t.id = k.type_id WHERE k.lesson_id = l.id
  ) AS m ON true
"""


async def day_lesson(tx: Tx, lesson_id: int) -> DayLesson:
    """A lesson as dashboards see it."""
    return await tx.one(DayLesson, f"{_DAY} WHERE l.id = $1", lesson_id)


async def day_lessons(tx: Tx, day: date) -> list[DayLesson]:
    """All of a school's day."""
    return await tx.all(
        DayLesson,
        f"{_DAY} WHERE l.school_id = current_school() AND l.on_date = $1 AND l.state <> 'void'"
        " ORDER BY l.period, class_name, l.id",
        day,
    )
