"""SQL of lessons' pages: the grid's neighbours, topics, homework, tests, seats. Run inside a school."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.database import Tx
from schools.lessons.model import (
    ClassTest,
    CurriculumPlan,
    EarlierLesson,
    Elsewhere,
    Homework,
    LessonPlan,
    NewTest,
    PlannedTopic,
    Suggestion,
)
from schools.register.model import Lesson

_TEST = """
SELECT t.id, t.class_id, t.group_id, concat_ws(' ', c.name, g.name) AS who, t.subject_id, j.name AS subject, t.on_date,
       t.kind, t.scope, t.author_id, a.first_name || ' ' || a.last_name AS author, t.removed_at IS NOT NULL AS removed,
       t.rev
  FROM class_test t
  JOIN school_class c ON c.id = t.class_id
  LEFT JOIN school_group g ON g.id = t.group_id
  JOIN subject j ON j.id = t.subject_id
  JOIN staff a ON a.id = t.author_id
"""
_HOMEWORK = (
    "SELECT h.id, h.lesson_id, h.text, h.due_on, a.first_name || ' ' || a.last_name AS author FROM homework h"
    " JOIN staff a ON a.id = h.author_id"
)


async def earlier_lessons(tx: Tx, lesson: Lesson) -> list[EarlierLesson]:
    """Lessons of the day before this one in which pupils of it were, with the marks of these pupils; oldest first."""
    rows = await tx.records(
        "SELECT l.id, l.period, coalesce(nullif(j.short, ''), j.name) AS subject,"
        " coalesce(jsonb_object_agg(m.pupil_id, m.type_id) FILTER (WHERE m.type_id IS NOT NULL), '{}') AS marks"
        " FROM lesson l JOIN subject j ON j.id = l.subject_id"
        " JOIN attendance_mark m ON m.lesson_id = l.id JOIN pupils_of_lesson($1) u ON u.pupil_id = m.pupil_id"
        " WHERE l.school_id = current_school() AND l.on_date = $2 AND l.state <> 'void' AND l.id <> $1"
        " AND (l.period, l.starts_at) < ($3, $4)"
        " GROUP BY l.id, l.period, j.id ORDER BY l.period, l.id",
        lesson.id,
        lesson.on_date,
        lesson.period,
        lesson.starts_at,
    )
    merged: dict[int, EarlierLesson] = {}
    for row in rows:  # groups of one hour share a column
        marks = {int(pupil): kind for pupil, kind in row["marks"].items()}
        known = merged.get(row["period"])
        if known is not None:
            known.marks.update(marks)
        else:
            merged[row["period"]] = EarlierLesson(
                lesson_id=row["id"], period=row["period"], subject=row["subject"], marks=marks
            )
    return list(merged.values())


async def elsewhere(tx: Tx, lesson: Lesson) -> list[Elsewhere]:
    """Pupils of the lesson who are at an event, are taught individually, or whose parents say they will not come."""
    return await tx.all(
        Elsewhere,
        "SELECT m.pupil_id, e.name AS event, false AS announced"
        " FROM school_event e JOIN school_event_pupil m ON m.event_id = e.id"
        " JOIN pupils_of_lesson($1) u ON u.pupil_id = m.pupil_id"
        " WHERE e.school_id = current_school() AND e.on_date = $2 AND e.cancelled_at IS NULL"
        " AND $3 BETWEEN e.from_period AND e.to_period"
        " UNION SELECT i.pupil_id, '', false FROM individual_teaching i JOIN pupils_of_lesson($1) u USING (pupil_id)"
        " WHERE i.school_id = current_school() AND i.during @> $2::date"
        " UNION SELECT a.pupil_id, '', true FROM announced_absences($1) a",
        lesson.id,
        lesson.on_date,
        lesson.period,
    )


async def lesson_plan(tx: Tx, lesson_id: int) -> LessonPlan:
    row = await tx.record("SELECT note, note_by, rev FROM lesson_sheet WHERE lesson_id = $1", lesson_id)
    homework = await tx.all(
        Homework, f"{_HOMEWORK} WHERE h.lesson_id = $1 AND h.removed_at IS NULL ORDER BY h.due_on, h.id", lesson_id
    )
    if row is None:
        return LessonPlan(lesson_id=lesson_id, homework=homework)
    return LessonPlan(lesson_id=lesson_id, homework=homework, **dict(row))


async def count_plan(tx: Tx, lesson_id: int) -> None:
    """The next rev of what stands beside the marks."""
    await tx.execute(
        "INSERT INTO lesson_sheet (school_id, lesson_id) VALUES (current_school(), $1)"
        " ON CONFLICT (lesson_id) DO UPDATE SET rev = lesson_sheet.rev + 1",
        lesson_id,
    )


async def set_note(tx: Tx, lesson_id: int, note: str, by: str) -> None:
    await tx.execute("UPDATE lesson_sheet SET note = $2, note_by = $3 WHERE lesson_id = $1", lesson_id, note, by)


async def set_topic(tx: Tx, lesson_id: int, topic: str, number: int | None, point: str) -> None:
    await tx.execute(
        "UPDATE lesson SET topic = $2, topic_number = $3, curriculum_point = $4, rev = rev + 1 WHERE id = $1",
        lesson_id,
        topic,
        number,
        point,
    )


async def next_number(tx: Tx, lesson: Lesson) -> int:
    """The number that the next topic of this subject and class gets in this year."""
    found: int = await tx.value(
        "SELECT coalesce(max(topic_number), 0) + 1 FROM lesson WHERE year_id = $1 AND subject_id = $2"
        " AND class_id IS NOT DISTINCT FROM $3 AND group_id IS NOT DISTINCT FROM $4 AND state <> 'void' AND id <> $5",
        lesson.year_id,
        lesson.subject_id,
        lesson.class_id,
        lesson.group_id,
        lesson.id,
    )
    return found


async def suggestions(tx: Tx, lesson: Lesson, most: int) -> list[Suggestion]:
    """What the plan of the subject and level says next."""
    return await tx.all(
        Suggestion,
        "SELECT t.number, t.topic, t.point FROM lesson l"
        " LEFT JOIN school_group g ON g.id = l.group_id"
        " JOIN school_class c ON c.id = coalesce(l.class_id, g.class_id)"
        " JOIN curriculum_plan p ON p.subject_id = l.subject_id AND p.level = c.level AND NOT p.archived"
        " JOIN curriculum_topic t ON t.plan_id = p.id"
        " WHERE l.id = $1 AND t.hours > (SELECT count(*) FROM lesson o WHERE o.year_id = l.year_id"
        "  AND o.subject_id = l.subject_id AND o.class_id IS NOT DISTINCT FROM l.class_id"
        "  AND o.group_id IS NOT DISTINCT FROM l.group_id AND o.topic = t.topic AND o.id <> l.id AND o.state <> 'void')"
        " ORDER BY t.number LIMIT $2",
        lesson.id,
        most,
    )


async def add_homework(tx: Tx, lesson_id: int, text: str, due_on: date, author_id: int) -> int:
    found: int = await tx.value(
        "INSERT INTO homework (school_id, lesson_id, text, due_on, author_id)"
        " VALUES (current_school(), $1, $2, $3, $4) RETURNING id",
        lesson_id,
        text,
        due_on,
        author_id,
    )
    return found


async def remove_homework(tx: Tx, lesson_id: int, homework_id: int) -> bool:
    done = await tx.execute(
        "UPDATE homework SET removed_at = now() WHERE id = $2 AND lesson_id = $1 AND removed_at IS NULL",
        lesson_id,
        homework_id,
    )
    return done == "UPDATE 1"


async def homework_due(tx: Tx, class_id: int, first: date, last: date) -> list[Homework]:
    """Of a class and its groups, by the day it is due: for pupils and parents."""
    return await tx.all(
        Homework,
        f"{_HOMEWORK} JOIN lesson l ON l.id = h.lesson_id LEFT JOIN school_group g ON g.id = l.group_id"
        " WHERE h.school_id = current_school() AND h.removed_at IS NULL AND h.due_on BETWEEN $2 AND $3"
        " AND coalesce(l.class_id, g.class_id) = $1 ORDER BY h.due_on, h.id",
        class_id,
        first,
        last,
    )


async def lock_class(tx: Tx, class_id: int) -> None:
    """Who announces tests of one class waits for one another, so that limits hold."""
    await tx.execute("SELECT FROM school_class WHERE id = $1 FOR NO KEY UPDATE", class_id)


async def announced(tx: Tx, class_id: int, first: date, last: date | None = None) -> list[ClassTest]:
    """Of a class and its groups, those called off left out."""
    return await tx.all(
        ClassTest,
        f"{_TEST} WHERE t.class_id = $1 AND t.on_date >= $2 AND ($3::date IS NULL OR t.on_date <= $3)"
        " AND t.removed_at IS NULL ORDER BY t.on_date, t.id",
        class_id,
        first,
        last,
    )


async def class_test(tx: Tx, test_id: int) -> ClassTest | None:
    return await tx.maybe(ClassTest, f"{_TEST} WHERE t.id = $1", test_id)


async def add_test(tx: Tx, class_id: int, new: NewTest, author_id: int) -> ClassTest:
    test_id = await tx.value(
        "INSERT INTO class_test (school_id, class_id, group_id, subject_id, on_date, kind, scope, author_id)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, $6, $7) RETURNING id",
        class_id,
        new.group_id,
        new.subject_id,
        new.on_date,
        new.kind,
        new.scope.strip(),
        author_id,
    )
    return await tx.one(ClassTest, f"{_TEST} WHERE t.id = $1", test_id)


async def remove_test(tx: Tx, test_id: int) -> ClassTest:
    await tx.execute(
        "UPDATE class_test SET removed_at = now(), rev = rev + 1 WHERE id = $1 AND removed_at IS NULL", test_id
    )
    return await tx.one(ClassTest, f"{_TEST} WHERE t.id = $1", test_id)


async def subject_and_group_fit(tx: Tx, class_id: int, subject_id: int, group_id: int | None) -> bool:
    """Both are there, and the group is a part of the class."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM subject WHERE id = $2)"
            " AND ($3::bigint IS NULL OR EXISTS (SELECT FROM school_group WHERE id = $3 AND class_id = $1))",
            class_id,
            subject_id,
            group_id,
        )
    )


async def subjects_taught(tx: Tx, class_id: int, staff_id: int | None) -> list[tuple[int, str]]:
    """Subjects of a class, those of one teacher where one is named."""
    rows = await tx.records(
        "SELECT DISTINCT j.id, j.name, j.position FROM teaching t JOIN subject j ON j.id = t.subject_id"
        " LEFT JOIN school_group g ON g.id = t.group_id WHERE coalesce(t.class_id, g.class_id) = $1"
        " AND ($2::bigint IS NULL OR t.staff_id = $2) AND t.during @> school_today() ORDER BY j.position, j.name",
        class_id,
        staff_id,
    )
    return [(row["id"], row["name"]) for row in rows]


async def teaches_subject(tx: Tx, staff_id: int, subject_id: int) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM teaching WHERE staff_id = $1 AND subject_id = $2 AND during @> school_today())",
            staff_id,
            subject_id,
        )
    )


async def subjects_of(tx: Tx, staff_id: int | None) -> list[tuple[int, str]]:
    """Subjects of the school, those that one teacher teaches where one is named."""
    rows = await tx.records(
        "SELECT id, name FROM subject j WHERE j.school_id = current_school() AND ($1::bigint IS NULL OR EXISTS ("
        "SELECT FROM teaching t WHERE t.subject_id = j.id AND t.staff_id = $1 AND t.during @> school_today()))"
        " ORDER BY position, name",
        staff_id,
    )
    return [(row["id"], row["name"]) for row in rows]


async def seats(tx: Tx, staff_id: int, lesson: Lesson) -> tuple[dict[int, int], int]:
    """The teacher's own plan of the class or group; empty with rev 0 where there is none."""
    row = await tx.record(
        "SELECT seats, rev FROM seating_plan WHERE staff_id = $1 AND class_id IS NOT DISTINCT FROM $2"
        " AND group_id IS NOT DISTINCT FROM $3",
        staff_id,
        lesson.class_id,
        lesson.group_id,
    )
    if row is None:
        return {}, 0
    found: Mapping[str, Any] = row["seats"]
    return {int(pupil): int(place) for pupil, place in found.items()}, row["rev"]


async def set_seats(tx: Tx, staff_id: int, lesson: Lesson, seats: Mapping[int, int]) -> int:
    """The rev it has now."""
    found: int = await tx.value(
        "INSERT INTO seating_plan (school_id, staff_id, class_id, group_id, seats)"
        " VALUES (current_school(), $1, $2, $3, $4) ON CONFLICT (staff_id, class_id, group_id)"
        " DO UPDATE SET seats = excluded.seats, rev = seating_plan.rev + 1 RETURNING rev",
        staff_id,
        lesson.class_id,
        lesson.group_id,
        {str(pupil): place for pupil, place in seats.items()},
    )
    return found


async def plans(tx: Tx) -> list[CurriculumPlan]:
    """Those in use."""
    return await tx.all(
        CurriculumPlan,
        "SELECT p.id, p.subject_id, j.name AS subject, p.level, p.name, count(t.number) AS topics,"
        " coalesce(sum(t.hours), 0) AS hours FROM curriculum_plan p JOIN subject j ON j.id = p.subject_id"
        " LEFT JOIN curriculum_topic t ON t.plan_id = p.id"
        " WHERE p.school_id = current_school() AND NOT p.archived GROUP BY p.id, j.id ORDER BY j.position, p.level",
    )


async def replace_plan(
    tx: Tx, subject_id: int, level: int, name: str, account_id: int | None, topics: Sequence[PlannedTopic]
) -> int:
    """The one that was in use is kept, archived."""
    await tx.execute(
        "UPDATE curriculum_plan SET archived = true WHERE subject_id = $1 AND level = $2 AND NOT archived",
        subject_id,
        level,
    )
    plan_id: int = await tx.value(
        "INSERT INTO curriculum_plan (school_id, subject_id, level, name, made_by)"
        " VALUES (current_school(), $1, $2, $3, $4) RETURNING id",
        subject_id,
        level,
        name,
        account_id,
    )
    await tx.execute(
        "INSERT INTO curriculum_topic (school_id, plan_id, number, topic, point, hours)"
        " SELECT current_school(), $1, w.number, w.topic, w.point, w.hours"
        " FROM unnest($2::smallint[], $3::text[], $4::text[], $5::smallint[]) AS w (number, topic, point, hours)",
        plan_id,
        [one.number for one in topics],
        [one.topic for one in topics],
        [one.point for one in topics],
        [one.hours for one in topics],
    )
    return plan_id
