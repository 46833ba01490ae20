"""SQL of pupils who are elsewhere: events of the school, individual teaching. Run inside a school."""

from collections.abc import Sequence
from datetime import date

from app.database import Tx
from schools.lessons.model import IndividualPupil, SchoolEvent
from schools.register.model import Mark

_EVENT = """
SELECT e.id, e.name, e.place, e.on_date, e.from_period, e.to_period, e.leader_id,
       s.first_name || ' ' || s.last_name AS leader,
       (SELECT count(*) FROM school_event_pupil p WHERE p.event_id = e.id) AS pupils, e.rev
  FROM school_event e JOIN staff s ON s.id = e.leader_id
"""


async def events_from(tx: Tx, day: date) -> list[SchoolEvent]:
    """Of this day and later, those called off left out."""
    return await tx.all(
        SchoolEvent,
        f"{_EVENT} WHERE e.school_id = current_school() AND e.on_date >= $1 AND e.cancelled_at IS NULL"
        " ORDER BY e.on_date, e.from_period, e.id",
        day,
    )


async def event(tx: Tx, event_id: int) -> SchoolEvent | None:
    return await tx.maybe(SchoolEvent, f"{_EVENT} WHERE e.id = $1 AND e.cancelled_at IS NULL FOR UPDATE OF e", event_id)


async def add_event(
    tx: Tx, name: str, place: str, on_date: date, periods: tuple[int, int], leader_id: int, class_ids: Sequence[int]
) -> int:
    """With the pupils who are in these classes on the day."""
    event_id: int = await tx.value(
        "INSERT INTO school_event (school_id, name, place, on_date, from_period, to_period, leader_id)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, $6) RETURNING id",
        name,
        place,
        on_date,
        *periods,
        leader_id,
    )
    await tx.execute(
        "INSERT INTO school_event_pupil (school_id, event_id, pupil_id) SELECT current_school(), $1, m.pupil_id"
        " FROM class_membership m WHERE m.class_id = ANY($2::bigint[]) AND m.during @> $3::date",
        event_id,
        class_ids,
        on_date,
    )
    return event_id


async def cancel_event(tx: Tx, event_id: int) -> None:
    await tx.execute("UPDATE school_event SET cancelled_at = now(), rev = rev + 1 WHERE id = $1", event_id)


async def lessons_of_event(tx: Tx, event_id: int) -> list[int]:
    """Open lessons in which its pupils would be; locked, by id, so that two writers never wait for each other."""
    rows = await tx.records(
        "SELECT l.id FROM school_event e JOIN lesson l ON l.school_id = e.school_id AND l.on_date = e.on_date"
        " AND l.period BETWEEN e.from_period AND e.to_period AND l.state <> 'void'"
        " WHERE e.id = $1 AND EXISTS (SELECT FROM pupils_of_lesson(l.id) u"
        "  JOIN school_event_pupil p ON p.pupil_id = u.pupil_id AND p.event_id = e.id)"
        " ORDER BY l.id FOR NO KEY UPDATE OF l",
        event_id,
    )
    return [row["id"] for row in rows]


async def mark_away(tx: Tx, lesson_id: int) -> list[int]:
    """Marks those who are known to be elsewhere and have no mark; returns them."""
    rows = await tx.records("SELECT mark_known_absences(l) AS pupil_id FROM lesson l WHERE l.id = $1", lesson_id)
    return [row["pupil_id"] for row in rows]


async def unmark(tx: Tx, event_id: int, lesson_id: int) -> list[int]:
    """Takes back what the event marked and nobody has touched; returns the pupils."""
    rows = await tx.records("SELECT unmark_event($1, l) AS pupil_id FROM lesson l WHERE l.id = $2", event_id, lesson_id)
    return [row["pupil_id"] for row in rows]


async def marks_of(tx: Tx, lesson_id: int, pupil_ids: Sequence[int]) -> list[Mark]:
    return await tx.all(
        Mark,
        "SELECT m.lesson_id, m.pupil_id, m.type_id, m.minutes_late, m.excused, m.rev, m.at,"
        " coalesce(a.short, '') AS by FROM attendance_mark m LEFT JOIN staff a ON a.id = m.author_id"
        " WHERE m.lesson_id = $1 AND m.pupil_id = ANY($2::bigint[]) ORDER BY m.pupil_id",
        lesson_id,
        pupil_ids,
    )


async def individual_pupils(tx: Tx) -> list[IndividualPupil]:
    """Now and later."""
    return await tx.all(
        IndividualPupil,
        "SELECT i.id, i.pupil_id, p.first_name || ' ' || p.last_name AS name, lower(i.during) AS starts_on,"
        " upper(i.during) AS ends_on FROM individual_teaching i JOIN pupil p ON p.id = i.pupil_id"
        " WHERE i.school_id = current_school() AND NOT i.during << daterange(school_today(), NULL)"
        " ORDER BY p.sort_key, i.id",
    )


async def add_individual(tx: Tx, pupil_id: int, starts_on: date) -> int:
    found: int = await tx.value(
        "INSERT INTO individual_teaching (school_id, pupil_id, during)"
        " VALUES (current_school(), $1, daterange($2, NULL)) RETURNING id",
        pupil_id,
        starts_on,
    )
    return found


async def end_individual(tx: Tx, individual_id: int, ends_on: date) -> int | None:
    """The pupil; a time that would be empty goes away whole. None where there is no such row that still runs."""
    found: int | None = await tx.value(
        "WITH gone AS (DELETE FROM individual_teaching WHERE id = $1 AND lower(during) >= $2 RETURNING pupil_id),"
        " cut AS (UPDATE individual_teaching SET during = daterange(lower(during), $2)"
        "  WHERE id = $1 AND lower(during) < $2 AND (upper(during) IS NULL OR upper(during) > $2) RETURNING pupil_id)"
        " SELECT pupil_id FROM gone UNION ALL SELECT pupil_id FROM cut",
        individual_id,
        ends_on,
    )
    return found


async def pupils_to_choose(tx: Tx) -> list[tuple[int, str]]:
    """Everybody who is in a class today, with its name."""
    rows = await tx.records(
        "SELECT p.id, p.last_name || ' ' || p.first_name || ' (' || c.name || ')' AS name FROM class_membership m"
        " JOIN pupil p ON p.id = m.pupil_id JOIN school_class c ON c.id = m.class_id"
        " WHERE m.during @> school_today() ORDER BY p.sort_key, p.id"
    )
    return [(row["id"], row["name"]) for row in rows]
