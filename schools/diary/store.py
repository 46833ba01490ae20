"""SQL of the diary and of excuses. Run inside a school (`tenancy.enter_school`)."""

from datetime import date
from typing import Any

from app.actor import Actor
from app.database import Tx
from schools.diary.model import AuthorKind, Due, Excuse, FamilyRules, NewExcuse, Verdict
from schools.diary.rules import SubjectMark
from schools.register.model import PupilMark

_EXCUSE = """
SELECT e.id, e.pupil_id, p.first_name || ' ' || p.last_name AS pupil, c.id AS class_id,
       coalesce(c.name, '') AS class_name,
       e.first_on, e.last_on, e.from_period, e.to_period, e.reason, e.author, e.author_kind, e.sent_at, e.state,
       e.decided_at, coalesce(d.first_name || ' ' || d.last_name, '') AS decider, e.word,
       (SELECT count(*) FROM attendance a WHERE a.pupil_id = e.pupil_id AND a.on_date BETWEEN e.first_on AND e.last_on
           AND (e.from_period IS NULL OR a.period BETWEEN e.from_period AND e.to_period)
           AND a.category IN ('absent', 'late')) AS hours,
       e.rev
  FROM absence_excuse e
  JOIN pupil p ON p.id = e.pupil_id
  LEFT JOIN class_membership m ON m.pupil_id = p.id AND m.during @> school_today()
  LEFT JOIN school_class c ON c.id = m.class_id
  LEFT JOIN staff d ON d.id = e.decided_by
"""
_MARK = """
SELECT a.lesson_id, a.on_date, a.period, a.subject_id, j.name AS subject, a.code, t.name, a.category, a.excused,
       a.minutes_late, a.rev
  FROM attendance a
  JOIN subject j ON j.id = a.subject_id
  JOIN attendance_type t ON t.school_id = a.school_id AND t.code = a.code
"""


async def born_on(tx: Tx, pupil_id: int) -> date | None:
    found: date | None = await tx.value("SELECT born_on FROM pupil WHERE id = $1", pupil_id)
    return found


async def marks(tx: Tx, pupil_id: int, first: date, last: date) -> list[PupilMark]:
    """Every mark of these days, oldest first."""
    return await tx.all(
        PupilMark,
        f"{_MARK} WHERE a.pupil_id = $1 AND a.on_date BETWEEN $2 AND $3 ORDER BY a.on_date, a.period, a.lesson_id",
        pupil_id,
        first,
        last,
    )


async def named_marks(tx: Tx, pupil_id: int, first: date, last: date) -> list[PupilMark]:
    """Absences and latenesses of these days, newest first."""
    return await tx.all(
        PupilMark,
        f"{_MARK} WHERE a.pupil_id = $1 AND a.on_date BETWEEN $2 AND $3 AND a.category IN ('absent', 'late')"
        " ORDER BY a.on_date DESC, a.period DESC, a.lesson_id",
        pupil_id,
        first,
        last,
    )


async def subject_marks(tx: Tx, pupil_id: int, first: date, last: date) -> list[SubjectMark]:
    """Counts by subject in the school's order of subjects."""
    return await tx.all(
        SubjectMark,
        "SELECT a.subject_id, j.name AS subject, a.category, a.excused, count(*) AS hours FROM attendance a"
        " JOIN subject j ON j.id = a.subject_id WHERE a.pupil_id = $1 AND a.on_date BETWEEN $2 AND $3"
        " GROUP BY a.subject_id, j.name, j.position, a.category, a.excused ORDER BY j.position, j.name",
        pupil_id,
        first,
        last,
    )


async def homework(tx: Tx, pupil_id: int, first: date, last: date) -> list[Due]:
    """Of the lessons the pupil belongs to, by the day it is due."""
    return await tx.all(
        Due,
        "SELECT h.id, j.name AS subject, h.text, h.due_on, a.first_name || ' ' || a.last_name AS author"
        " FROM homework h JOIN lesson l ON l.id = h.lesson_id JOIN subject j ON j.id = l.subject_id"
        " JOIN staff a ON a.id = h.author_id WHERE h.school_id = current_school() AND h.removed_at IS NULL"
        " AND h.due_on BETWEEN $2 AND $3"
        " AND (EXISTS (SELECT FROM class_membership m WHERE m.class_id = l.class_id AND m.pupil_id = $1"
        "   AND m.during @> school_today())"
        "  OR EXISTS (SELECT FROM group_membership m WHERE m.group_id = l.group_id AND m.pupil_id = $1"
        "   AND m.during @> school_today())) ORDER BY h.due_on, h.id",
        pupil_id,
        first,
        last,
    )


async def groups_of(tx: Tx, pupil_id: int) -> frozenset[int]:
    """The pupil's groups of today."""
    rows = await tx.records(
        "SELECT group_id FROM group_membership WHERE pupil_id = $1 AND during @> school_today()", pupil_id
    )
    return frozenset(row["group_id"] for row in rows)


async def excuse(tx: Tx, excuse_id: int, *, lock: bool = False) -> Excuse | None:
    if lock:
        await tx.execute("SELECT FROM absence_excuse WHERE id = $1 FOR NO KEY UPDATE", excuse_id)
    return await tx.maybe(Excuse, f"{_EXCUSE} WHERE e.id = $1", excuse_id)


async def is_author(tx: Tx, excuse_id: int, account_id: int | None) -> bool:
    return bool(await tx.value("SELECT account_id = $2 FROM absence_excuse WHERE id = $1", excuse_id, account_id))


async def excuses_of(tx: Tx, pupil_id: int, most: int = 100) -> list[Excuse]:
    """Newest first."""
    return await tx.all(
        Excuse, f"{_EXCUSE} WHERE e.pupil_id = $1 ORDER BY e.sent_at DESC, e.id DESC LIMIT $2", pupil_id, most
    )


async def excuses_of_class(tx: Tx, class_id: int, most: int = 200) -> list[Excuse]:
    """Of today's pupils of the class: those that wait first, then the newest."""
    return await tx.all(
        Excuse,
        f"{_EXCUSE} WHERE e.school_id = current_school() AND c.id = $1"
        " ORDER BY e.state <> 'sent', CASE WHEN e.state = 'sent' THEN e.first_on END, e.sent_at DESC, e.id DESC"
        " LIMIT $2",
        class_id,
        most,
    )


async def lock_pupil(tx: Tx, pupil_id: int) -> None:
    """Who sends excuses of one pupil waits for one another, so that the same one is not there twice."""
    await tx.execute("SELECT FROM pupil WHERE id = $1 FOR NO KEY UPDATE", pupil_id)


async def same_excuse(tx: Tx, pupil_id: int, wanted: NewExcuse) -> bool:
    """One that says the same hours and waits, or was accepted."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM absence_excuse WHERE pupil_id = $1 AND state IN ('sent', 'accepted')"
            " AND first_on = $2 AND last_on = $3 AND from_period IS NOT DISTINCT FROM $4"
            " AND to_period IS NOT DISTINCT FROM $5)",
            pupil_id,
            wanted.first_on,
            wanted.last_on,
            wanted.from_period,
            wanted.to_period,
        )
    )


async def add_excuse(tx: Tx, pupil_id: int, wanted: NewExcuse, actor: Actor, kind: AuthorKind) -> int:
    found: int = await tx.value(
        "INSERT INTO absence_excuse (school_id, pupil_id, first_on, last_on, from_period, to_period, reason,"
        " account_id, author, author_kind) VALUES (current_school(), $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        pupil_id,
        wanted.first_on,
        wanted.last_on,
        wanted.from_period,
        wanted.to_period,
        wanted.reason,
        actor.account_id,
        actor.name,
        kind,
    )
    return found


async def decide(tx: Tx, excuse_id: int, verdict: Verdict, word: str, staff_id: int | None) -> None:
    await tx.execute(
        "UPDATE absence_excuse SET state = $2, word = $3, decided_at = now(), decided_by = $4, rev = rev + 1"
        " WHERE id = $1",
        excuse_id,
        verdict,
        word,
        staff_id,
    )


async def withdraw(tx: Tx, excuse_id: int) -> None:
    await tx.execute("UPDATE absence_excuse SET state = 'withdrawn', rev = rev + 1 WHERE id = $1", excuse_id)


async def lessons_to_excuse(tx: Tx, excuse_id: int) -> list[int]:
    """Lessons with an absence or a lateness that the excuse covers and nothing has excused; locked, in one order."""
    rows = await tx.records(
        "SELECT l.id FROM absence_excuse e JOIN attendance a ON a.pupil_id = e.pupil_id"
        " AND a.on_date BETWEEN e.first_on AND e.last_on"
        " AND (e.from_period IS NULL OR a.period BETWEEN e.from_period AND e.to_period)"
        " AND a.category IN ('absent', 'late') AND NOT a.excused"
        " JOIN lesson l ON l.id = a.lesson_id WHERE e.id = $1 ORDER BY l.id FOR NO KEY UPDATE OF l",
        excuse_id,
    )
    return [row["id"] for row in rows]


async def homeroom_class(tx: Tx, staff_id: int, day: date) -> list[tuple[int, str]]:
    """Classes of this year that somebody is the homeroom teacher of."""
    rows = await tx.records(
        "SELECT c.id, c.name FROM school_class c JOIN school_year y ON y.id = c.year_id"
        " WHERE c.homeroom_id = $1 AND $2::date BETWEEN y.starts_on AND y.ends_on ORDER BY c.level, c.letter",
        staff_id,
        day,
    )
    return [(row["id"], row["name"]) for row in rows]


async def classes_waiting(tx: Tx, day: date) -> list[tuple[int, str, int]]:
    """All classes of the year, with how many excuses wait in each."""
    rows = await tx.records(
        "SELECT c.id, c.name, count(e.id) AS waiting FROM school_class c JOIN school_year y ON y.id = c.year_id"
        " LEFT JOIN class_membership m ON m.class_id = c.id AND m.during @> $1::date"
        " LEFT JOIN absence_excuse e ON e.pupil_id = m.pupil_id AND e.state = 'sent'"
        " WHERE $1::date BETWEEN y.starts_on AND y.ends_on GROUP BY c.id ORDER BY c.level, c.letter",
        day,
    )
    return [(row["id"], row["name"], row["waiting"]) for row in rows]


async def set_family_rules(tx: Tx, school_id: int, wanted: FamilyRules) -> None:
    said: dict[str, Any] = {"adults_excuse": wanted.adults_excuse, "pupils_write": wanted.pupils_write}
    await tx.execute(
        "UPDATE school SET settings = settings || jsonb_build_object('families', $2::jsonb), rev = rev + 1"
        " WHERE id = $1",
        school_id,
        said,
    )


async def today(tx: Tx) -> date:
    """By the school's clock."""
    found: date = await tx.value("SELECT school_today()")
    return found


async def account_of_login(tx: Tx, login: str) -> int | None:
    found: int | None = await tx.value("SELECT id FROM account WHERE login = $1", login)
    return found


async def pupil_of_login(tx: Tx, login: str) -> int | None:
    found: int | None = await tx.value(
        "SELECT p.id FROM pupil p JOIN account a ON a.id = p.account_id WHERE a.login = $1", login
    )
    return found


async def guardian_name(tx: Tx, pupil_id: int) -> str:
    """Of one guardian of a pupil."""
    found: str | None = await tx.value(
        "SELECT g.first_name || ' ' || g.last_name FROM guardianship r JOIN guardian g ON g.id = r.guardian_id"
        " WHERE r.pupil_id = $1 ORDER BY g.id LIMIT 1",
        pupil_id,
    )
    return found or ""
