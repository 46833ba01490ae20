"""Schools for `bench_register`: everywhere a lesson is due now, each with its teacher; all of them have signed in."""

import hashlib
import random
import secrets
from datetime import date, time

import msgspec
from asyncpg import Range

from app.database import Database, Tx, open_pool
from schools.invented.people import People
from schools.register.rules import USUAL_TYPES
from schools.structure import bulk_store
from schools.structure import store as structure
from schools.structure.demo import school_year
from schools.structure.tenancy import enter_school
from tests.portals.dialog.stage import Backplane

PUPILS = 25
DAYS_BEFORE = 10
"""School days that were held already: a register is marked in the middle of a year, beside 150,000 older marks."""

_LESSONS_BEFORE = """
INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, class_id, subject_id, staff_id, entry_id,
                    taken_at, marks_rev)
SELECT e.school_id, v.year_id, d.day, e.period, d.day + time '08:00', d.day + time '08:45', e.class_id, e.subject_id,
       e.staff_id, e.id, d.day + time '08:05', 1
  FROM timetable_entry e JOIN timetable_version v ON v.id = e.version_id
  JOIN (SELECT $1::date - n AS day FROM generate_series(1, $2::int) AS n) AS d ON e.weekday = extract(isodow FROM d.day)
"""
_MARKS_BEFORE = """
INSERT INTO attendance_mark (school_id, lesson_id, pupil_id, type_id, rev, author_id, at)
SELECT l.school_id, l.id, m.pupil_id, t.id, 1, l.staff_id, l.taken_at
  FROM lesson l JOIN class_membership m ON m.class_id = l.class_id
  JOIN attendance_type t ON t.school_id = l.school_id
   AND t.code = CASE WHEN (m.pupil_id + l.id) % 12 = 0 THEN $2 ELSE $1 END
"""
_HISTORY_BEFORE = """
INSERT INTO attendance_history (school_id, lesson_id, pupil_id, at, author, to_code, op_id, rev)
SELECT m.school_id, m.lesson_id, m.pupil_id, m.at, 'Osoba', t.code, 'before-' || m.lesson_id, 1
  FROM attendance_mark m JOIN attendance_type t ON t.id = m.type_id
"""


class Due(msgspec.Struct, frozen=True):
    """A lesson that is due, the cookie of its teacher, and the pupils in the order of the grid."""

    school_id: int
    entry_id: int
    cookie: str
    pupils: list[int]


class City(msgspec.Struct, frozen=True):
    today: date
    due: list[Due]
    principals: dict[int, str]
    """School → cookie."""
    types: dict[int, dict[str, int]]
    """School → code → type."""


async def fill(url: str, schools: int, laptops: int) -> City:
    pool = await open_pool(url, 2)
    try:
        database = Database(pool, Backplane())
        async with database.transaction() as tx:
            today = await tx.value("SELECT (now() AT TIME ZONE 'Europe/Warsaw')::date")
            due: list[Due] = []
            principals: dict[int, str] = {}
            types: dict[int, dict[str, int]] = {}
            for number in range(schools):
                classes = laptops // schools + (number < laptops % schools)
                school_id, lessons, cookie, known = await _school(tx, number, classes, today)
                due += lessons
                principals[school_id], types[school_id] = cookie, known
        present, absent = (
            next(code for code, _n, category, *_more in USUAL_TYPES if category == wanted)
            for wanted in ("present", "absent")
        )
        await pool.execute(_LESSONS_BEFORE, today, DAYS_BEFORE)
        await pool.execute(_MARKS_BEFORE, present, absent)
        await pool.execute(_HISTORY_BEFORE)
        await pool.execute("VACUUM ANALYZE")
    finally:
        await pool.close()
    random.Random(7).shuffle(due)  # a bell does not ring for one school after another
    return City(today, due, principals, types)


async def _school(tx: Tx, number: int, classes: int, today: date) -> tuple[int, list[Due], str, dict[str, int]]:
    year = school_year(today)
    first, people = date(year, 9, 1), People(number + 1)
    accounts = await _accounts(tx, number, classes + 1)
    school_id = await bulk_store.add_school(
        tx,
        f"Szkoła nr {number + 1}",
        f"SP {number + 1}",
        "primary",
        number=number + 1,
        rspo=None,
        time_zone="Europe/Warsaw",
    )
    await enter_school(tx, school_id)
    year_id = await bulk_store.add_year(tx, f"{year}/{year + 1}", first, date(year + 1, 2, 1), date(year + 1, 8, 31))
    staff = await bulk_store.insert_many(
        tx,
        "staff",
        {"first_name": "text", "last_name": "text", "short": "text", "account_id": "bigint"},
        [
            (*person, person[0][0] + person[1][:2], account)
            for person, (account, _c) in zip([people.person() for _ in accounts], accounts, strict=True)
        ],
    )
    await bulk_store.set_roles(tx, staff[-1], ["principal"])
    (subject,) = await bulk_store.insert_many(tx, "subject", {"name": "text"}, [("Matematyka",)])
    type_ids = await bulk_store.insert_many(
        tx,
        "attendance_type",
        {
            "code": "text",
            "name": "text",
            "category": "text",
            "excused": "boolean",
            "key": "text",
            "position": "smallint",
        },
        [(*one, place) for place, one in enumerate(USUAL_TYPES, start=1)],
    )
    class_ids, pupils = await _classes(tx, people, classes, year_id, staff, first)
    entries = await _due(tx, year_id, first, class_ids, staff, subject)
    await structure.leave_tenant(tx)
    due = [
        Due(school_id, entry, accounts[place][1], pupils[place * PUPILS : (place + 1) * PUPILS])
        for place, entry in enumerate(entries)
    ]
    return school_id, due, accounts[-1][1], {one[0]: id_ for one, id_ in zip(USUAL_TYPES, type_ids, strict=True)}


async def _accounts(tx: Tx, number: int, count: int) -> list[tuple[int, str]]:
    """Accounts with a session each: (id, cookie)."""
    rows = await tx.records(
        "INSERT INTO account (login, name, email, folded) SELECT l, n, l || '@gryf.example', lower(n)"
        " FROM unnest($1::text[], $2::text[]) AS w (l, n) RETURNING id",
        [f"osoba{number}.{one}" for one in range(count)],
        [f"Osoba {one} z SP {number + 1}" for one in range(count)],
    )
    found = [(row["id"], secrets.token_urlsafe(32)) for row in rows]
    await tx.execute(
        "INSERT INTO web_session (token_sha256, handle, account_id, idle_s, expires_at)"
        " SELECT t, h, a, 36000, now() + interval '1 day' FROM unnest($1::bytea[], $2::text[], $3::bigint[]) AS w (t, h, a)",
        [hashlib.sha256(token.encode()).digest() for _id, token in found],
        [secrets.token_hex(12) for _one in found],
        [one for one, _token in found],
    )
    return found


async def _classes(
    tx: Tx, people: People, classes: int, year_id: int, staff: list[int], first: date
) -> tuple[list[int], list[int]]:
    class_ids = await bulk_store.insert_many(
        tx,
        "school_class",
        {"year_id": "bigint", "level": "smallint", "letter": "text", "homeroom_id": "bigint"},
        [(year_id, place % 8 + 1, "abcdefgh"[place // 8], staff[place]) for place in range(classes)],
    )
    pupils = await bulk_store.insert_many(
        tx,
        "pupil",
        {"first_name": "text", "last_name": "text"},
        [people.person() for _pupil in range(classes * PUPILS)],
    )
    during = Range(first, date(first.year + 1, 9, 1))
    await bulk_store.insert_many(
        tx,
        "class_membership",
        {"pupil_id": "bigint", "class_id": "bigint", "during": "daterange", "number": "smallint"},
        [(one, class_ids[place // PUPILS], during, place % PUPILS + 1) for place, one in enumerate(pupils)],
    )
    return class_ids, pupils


async def _due(tx: Tx, year_id: int, first: date, class_ids: list[int], staff: list[int], subject: int) -> list[int]:
    """A timetable of one period, taught every day; ids of entries, class after class."""
    schedule_id = await bulk_store.add_bell_schedule(tx, "Dzwonki")
    await bulk_store.insert_many(
        tx,
        "bell",
        {"schedule_id": "bigint", "period": "smallint", "starts": "time", "ends": "time"},
        [(schedule_id, 1, time(8), time(8, 45))],
        with_id=False,
    )
    version_id = await bulk_store.add_version(tx, year_id, "Plan", first)
    ids = await bulk_store.insert_many(
        tx,
        "timetable_entry",
        {"version_id": "bigint", "weekday": "smallint", "period": "smallint", "class_id": "bigint",
         "subject_id": "bigint", "staff_id": "bigint"},
        [(version_id, day, 1, one, subject, staff[place]) for place, one in enumerate(class_ids) for day in range(1, 8)],
    )  # fmt: skip
    await bulk_store.publish_version(tx, version_id)
    week = await tx.value("SELECT extract(isodow FROM school_today())::int")
    await bulk_store.insert_many(
        tx,
        "teaching",
        {"staff_id": "bigint", "subject_id": "bigint", "class_id": "bigint"},
        [(staff[place], subject, one) for place, one in enumerate(class_ids)],
    )
    return ids[week - 1 :: 7]
