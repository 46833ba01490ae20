"""Weeks as people read them, days unlike the others, and calendars: whose they are and what stands in them."""

from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest
from icalendar import Calendar

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import Locales
from schools.timetable import store as timetable
from schools.timetable.days import actions as days
from schools.timetable.days import rules as bells
from schools.timetable.days import store as day_store
from schools.timetable.days.model import DayDraft
from schools.timetable.feeds import actions as feeds
from schools.timetable.feeds.ical import calendar_of
from schools.timetable.feeds.model import Contents, Stamp
from schools.timetable.model import Bell
from schools.timetable.rules import instant
from schools.timetable.substitutions import actions, duties
from schools.timetable.substitutions.model import Decision
from schools.timetable.weeks.reading import access_week
from tests.house.sources import ROOT
from tests.schools.stage import (
    COUNSELLOR,
    HOMEROOM,
    OTHER_TEACHER,
    OUTSIDERS,
    PARENT,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    TEACHER,
)
from tests.schools.timetable.test_substitutions import lesson

STAFF = (TEACHER, HOMEROOM, OTHER_TEACHER, PRINCIPAL, SECRETARY, COUNSELLOR)


async def week(stage, actor, of, target_id, day=None):
    async with stage.inside() as tx:
        _member, found = await access_week(tx, actor, stage.school_id, of, target_id, day)
    return found


async def decide(stage, planned, **decision):
    return await actions.decide(
        stage.database, SECRETARY, stage.school_id, planned.entry_id, planned.on_date, Decision(**decision)
    )


async def test_whose_week_one_may_look_at(stage):
    klass, other = stage.a.classes["4a"], stage.a.classes["5a"]
    planned = await stage.planned()
    for actor in STAFF:
        assert (await week(stage, actor, "class", klass.id)).title == "4a"
        assert (await week(stage, actor, "staff", planned.staff_id)).title == planned.staff
        assert (await week(stage, actor, "room", planned.room_id)).title == planned.room
    for actor in (PARENT, PUPIL):
        assert (await week(stage, actor, "class", klass.id)).title == "4a"
        assert (await week(stage, actor, "pupil", stage.child)).title
        for of, target in (
            ("class", other.id), ("staff", planned.staff_id), ("room", planned.room_id), ("pupil", klass.pupils[0]),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                await week(stage, actor, of, target)
    for actor in OUTSIDERS:
        for of, target in (
            ("class", klass.id), ("staff", planned.staff_id), ("room", planned.room_id), ("pupil", stage.child),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                await week(stage, actor, of, target)
    for of in ("class", "staff", "room", "pupil"):
        with pytest.raises(NotFound):
            await week(stage, PRINCIPAL, of, 10**9)


async def test_a_week_shows_groups_side_by_side_changes_and_its_rooms(stage):
    klass = stage.a.classes["4a"]
    found = await week(stage, PUPIL, "class", klass.id)
    assert [one.on_date.weekday() for one in found.days] == list(range(7))  # this school teaches every day
    assert {len(hour) for one in found.days for hour in one.lessons.values()} == {1, 2}
    own = await week(stage, PUPIL, "pupil", stage.child)
    assert {len(hour) for one in own.days for hour in one.lessons.values()} == {1}
    assert (found.periods, found.validity.until) == ([1, 2, 3, 4, 5, 6], None)
    assert found.validity.valid_from == stage.first_on
    planned = await stage.planned()
    change = await decide(stage, planned, kind="cancellation", note="kino")
    again = await week(stage, PUPIL, "pupil", stage.child)
    today = next(one for one in again.days if one.on_date == stage.today)
    (shown,) = today.changes
    assert (shown.planned.kind, shown.planned.note, shown.original.staff) == ("cancellation", "kino", planned.staff)
    assert again.rooms == {f"school/{stage.school_id}/timetable/class/{klass.id}": change.rev}
    assert found.rooms == {f"school/{stage.school_id}/timetable/class/{klass.id}": 0}


async def test_weeks_a_and_b_take_turns(stage):
    planned = await stage.planned()
    async with stage.inside() as tx:
        await tx.execute("UPDATE school_year SET week_a_on = $1", stage.today)
    async with stage.database.transaction() as tx:  # the entry as a version of another making would have it
        await tx.execute("ALTER TABLE timetable_entry DISABLE TRIGGER timetable_entry_immutable")
        await tx.execute("UPDATE timetable_entry SET week = 'B' WHERE id = $1", planned.entry_id)
    letters = {}
    for weeks in (-1, 0, 1, 2):
        day = stage.today + timedelta(weeks=weeks)
        found = await week(stage, TEACHER, "class", stage.a.classes["4a"].id, day)
        column = next(one for one in found.days if one.on_date == day)
        entries = {one.planned.entry_id: one.week for hour in column.lessons.values() for one in hour}
        letters[weeks] = (found.letter, entries.get(planned.entry_id))
    assert letters == {-1: ("B", "B"), 0: ("A", None), 1: ("B", "B"), 2: ("A", None)}


# ---- bells and days ----


def test_bells_are_read_as_people_write_them():
    read = bells.read_bells("0 7:10-7:55\n\n1. 8.00 – 8.45\n 2) 08:55—09:40 ")
    assert read == [
        Bell(period=0, starts=time(7, 10), ends=time(7, 55)),
        Bell(period=1, starts=time(8), ends=time(8, 45)),
        Bell(period=2, starts=time(8, 55), ends=time(9, 40)),
    ]
    assert bells.read_bells(bells.written(read)) == read


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("1 8:00-8:45\nprzerwa", 2),
        ("1 8:00-8:65", 1),
        ("1 25:00-26:00", 1),
        ("1 8:45-8:00", 1),
        ("1 8:00-8:45\n1 8:55-9:40", 2),
        ("2 8:00-8:45\n1 8:55-9:40", 2),
        ("1 8:00-8:45\n2 8:40-9:25", 2),
        ("21 8:00-8:45", 1),
    ],
)
def test_each_wrong_line_of_bells_is_told(text, line):
    with pytest.raises(bells.BadLine) as found:
        bells.read_bells(text)
    assert found.value.line == line


async def test_short_lessons_a_day_off_and_a_day_taught_as_another(stage):
    first, second, third = (stage.today + timedelta(days=offset) for offset in (1, 2, 3))
    short = bells.read_bells("\n".join(f"{one} {7 + one}:00-{7 + one}:30" for one in range(1, 8)))
    schedule = await days.save_schedule(stage.database, SECRETARY, stage.school_id, None, "Skrócone", short)
    for draft in (
        DayDraft(first_on=first, last_on=first, schedule_id=schedule),
        DayDraft(first_on=second, last_on=second, is_off=True, name="Dzień dyrektorski"),
        DayDraft(first_on=third, last_on=third, taught_as=stage.today.isoweekday()),
    ):
        await days.set_days(stage.database, PRINCIPAL, stage.school_id, draft)
    async with stage.inside() as tx:
        plan = {day: await timetable.planned(tx, day) for day in (stage.today, first, second, third)}
    assert {one.ends_at - one.starts_at for one in plan[first]} == {timedelta(minutes=30)}
    assert plan[first][0].starts_at == instant(first, time(8), "Europe/Warsaw")
    assert plan[second] == []
    assert [one.entry_id for one in plan[third]] == [one.entry_id for one in plan[stage.today]]
    shown = await week(stage, TEACHER, "class", stage.a.classes["4a"].id, second)
    column = next(one for one in shown.days if one.on_date == second)
    assert (column.special.is_off, column.special.name, column.lessons) == (True, "Dzień dyrektorski", {})
    await days.clear_day(stage.database, SECRETARY, stage.school_id, second)
    async with stage.inside() as tx:
        assert await timetable.planned(tx, second) != []
        assert [one.is_default for one in await day_store.schedules(tx)] == [True, False]


async def test_a_day_whose_lessons_are_opened_stays_as_it_is(stage):
    lesson = await stage.opened()
    for draft in (
        DayDraft(first_on=stage.today - timedelta(days=2), last_on=stage.today, is_off=True),
        DayDraft(first_on=stage.today, last_on=stage.today, taught_as=3),
    ):
        with pytest.raises(Conflict, match="opened on"):
            await days.set_days(stage.database, PRINCIPAL, stage.school_id, draft)
    short = bells.read_bells("\n".join(f"{one} {7 + one}:00-{7 + one}:30" for one in range(1, 8)))
    schedule = await days.save_schedule(stage.database, SECRETARY, stage.school_id, None, "Skrócone", short)
    today = DayDraft(first_on=stage.today, last_on=stage.today, schedule_id=schedule)
    await days.set_days(stage.database, PRINCIPAL, stage.school_id, today)
    async with stage.inside() as tx:  # what was opened keeps its time
        assert await tx.value("SELECT ends_at - starts_at FROM lesson WHERE id = $1", lesson.id) == timedelta(
            minutes=45
        )


async def test_days_and_bells_are_written_by_principal_and_secretary(stage):
    draft = DayDraft(first_on=stage.today, last_on=stage.today, is_off=True)
    for actor in (TEACHER, HOMEROOM, COUNSELLOR):
        with pytest.raises(Forbidden):
            await days.set_days(stage.database, actor, stage.school_id, draft)
        with pytest.raises(Forbidden):
            await days.save_schedule(stage.database, actor, stage.school_id, None, "X", [])
    for actor in (*OUTSIDERS, PARENT, PUPIL):
        with pytest.raises(NotFound):
            await days.set_days(stage.database, actor, stage.school_id, draft)
    for wrong in (
        {"last_on": stage.today - timedelta(days=1)},
        {"last_on": stage.today + timedelta(days=100)},
        {"is_off": False},
        {"is_off": False, "schedule_id": 10**9},
    ):
        with pytest.raises(Invalid):
            await days.set_days(stage.database, PRINCIPAL, stage.school_id, msgspec.structs.replace(draft, **wrong))
    with pytest.raises(NotFound):
        await days.clear_day(stage.database, PRINCIPAL, stage.school_id, stage.today)


# ---- calendars ----


def polish():
    return Locales.read(ROOT, _city()).get("pl")


def _city():
    from app.config import City

    return City(name="Miasto", time_zone="Europe/Warsaw", languages=("pl", "uk"))


def contents(lessons, staff_id=None, stamps=None):
    return Contents(
        school_id=5, school="SP 5", name="Hania Zawada (SP 5)", time_zone="Europe/Warsaw", staff_id=staff_id,
        made_at=datetime(2026, 9, 1, tzinfo=UTC), lessons=lessons, duties=[], stamps=stamps or {},
    )  # fmt: skip


def at(day, clock, number=1, **more):
    starts = instant(day, time.fromisoformat(clock), "Europe/Warsaw")
    return lesson(
        number, 1, 7, **{"on_date": day, "starts_at": starts, "ends_at": starts + timedelta(minutes=45), **more}
    )


def events(body):
    calendar = Calendar.from_ical(body)
    return [one for one in calendar.walk() if one.name == "VEVENT"]


def test_lessons_stand_at_the_clock_of_the_city_on_both_sides_of_a_night_of_change():
    # clocks go back on 25 October 2026 and forward on 28 March 2027
    lessons = [at(date(2026, 10, day), "08:00") for day in (23, 26)] + [
        at(date(2027, 3, day), "08:00") for day in (26, 29)
    ]
    body = calendar_of(contents(lessons), polish())
    assert b"BEGIN:VTIMEZONE" in body
    assert b"DTSTART;TZID=Europe/Warsaw:20261023T080000" in body
    found = [one["dtstart"].dt for one in events(body)]
    assert [one.strftime("%H:%M") for one in found] == ["08:00"] * 4
    assert [one.astimezone(UTC).hour for one in found] == [6, 7, 7, 6]


def test_a_lesson_keeps_its_uid_over_versions_and_changes():
    day = date(2026, 11, 30)
    before = events(calendar_of(contents([at(day, "08:00", 1)]), polish()))[0]
    stamp = Stamp(rev=3, at=datetime(2026, 11, 29, 15, tzinfo=UTC))
    after = events(
        calendar_of(
            contents([at(day, "08:00", 99, kind="cancellation", note="kino")], stamps={(99, day): stamp}), polish()
        )
    )[0]
    assert before["uid"] == after["uid"] == "s5-20261130-1-c1@gryf"
    assert (before["sequence"], after["sequence"]) == (0, 3)
    assert (before["status"], after["status"], after["transp"]) == ("CONFIRMED", "CANCELLED", "TRANSPARENT")
    assert after["summary"] == "Odwołane: Matematyka"
    twice = events(calendar_of(contents([at(day, "08:00", 1), at(day, "08:00", 2)]), polish()))
    assert len({one["uid"] for one in twice}) == 2


def test_both_teachers_see_a_substitution_from_their_side():
    one = at(date(2026, 11, 30), "08:00", kind="substitution", absent_id=3, absent="Ewa Żółć", staff="Jan Kos")
    own = events(calendar_of(contents([one], staff_id=3), polish()))[0]
    other = events(calendar_of(contents([one], staff_id=7), polish()))[0]
    assert (own["status"], own["summary"]) == ("CANCELLED", "Zastępuje Jan Kos: 4a: Matematyka")
    assert (other["status"], other["summary"]) == ("CONFIRMED", "Zastępstwo: 4a: Matematyka")
    assert "Ewa Żółć" in other["description"]


async def test_an_address_is_secret_can_be_taken_back_and_ends_with_its_right(stage):
    token = await feeds.make_address(stage.database, PARENT, stage.school_id, stage.child)
    own = await feeds.make_address(stage.database, TEACHER, stage.school_id)
    async with stage.inside() as tx:
        stored = await tx.records("SELECT token_hash FROM timetable_feed")
    assert all(token.encode() not in row["token_hash"] for row in stored)
    planned = await stage.planned()
    weekday = stage.today.isoweekday()
    await duties.add_duty(stage.database, SECRETARY, stage.school_id, planned.staff_id, weekday, 1, "parter")
    found = await feeds.read_feed(stage.database, stage.school_id, own)
    assert planned.staff_id == found.staff_id
    assert {one.staff_id for one in found.lessons} == {planned.staff_id}
    assert stage.today in {one.on_date for one in found.duties}
    assert (await feeds.read_feed(stage.database, stage.school_id, token)).name.endswith("(A)")
    for wrong in ("x" * 27, token[:-1], token + "a"):
        with pytest.raises(NotFound):
            await feeds.read_feed(stage.database, stage.school_id, wrong)
    with pytest.raises(NotFound):  # in another school it is nothing
        await feeds.read_feed(stage.database, stage.b.school_id, token)
    newer = await feeds.make_address(stage.database, PARENT, stage.school_id, stage.child)
    with pytest.raises(NotFound):  # the one before is useless
        await feeds.read_feed(stage.database, stage.school_id, token)
    async with stage.inside() as tx:
        await tx.execute("UPDATE guardianship SET during = daterange(NULL, $1)", stage.today)
    with pytest.raises(NotFound):
        await feeds.read_feed(stage.database, stage.school_id, newer)
    await feeds.take_back(stage.database, TEACHER, stage.school_id)
    with pytest.raises(NotFound):
        await feeds.read_feed(stage.database, stage.school_id, own)
    with pytest.raises(NotFound):
        await feeds.take_back(stage.database, TEACHER, stage.school_id)


async def test_addresses_are_for_oneself_and_ones_children(stage):
    for actor, pupil in (
        (TEACHER, stage.child),  # teaches the child
        (PRINCIPAL, stage.child),
        (PARENT, stage.a.classes["4a"].pupils[0]),
        (PUPIL, stage.a.classes["4a"].pupils[0]),
        (PARENT, None),  # a parent has no lessons
        *((one, None) for one in OUTSIDERS),
    ):
        with pytest.raises(NotFound):
            await feeds.make_address(stage.database, actor, stage.school_id, pupil)
    assert await feeds.make_address(stage.database, PUPIL, stage.school_id)
