"""What is now, by the bell."""

from datetime import UTC, date, datetime, time, timedelta

from schools.timetable.model import Planned
from schools.timetable.rules import instant, what_is_now

DAY = date(2026, 11, 30)


def planned(period: int, starts: str, ends: str, kind: str = "", day: date = DAY) -> Planned:
    return Planned(
        entry_id=period,
        on_date=day,
        period=period,
        starts_at=instant(day, time.fromisoformat(starts), "Europe/Warsaw"),
        ends_at=instant(day, time.fromisoformat(ends), "Europe/Warsaw"),
        class_id=1,
        group_id=None,
        class_name="4a",
        subject_id=1,
        subject="Matematyka",
        staff_id=1,
        staff="",
        second_staff_id=None,
        absent_id=None,
        absent="",
        room_id=None,
        room="",
        kind=kind,
        substitution_id=None,
        note="",
        lesson_id=None,
        taken=False,
    )


LESSONS = [
    planned(1, "08:00", "08:45"),
    planned(2, "08:55", "09:40"),
    planned(3, "09:50", "10:35", "cancellation"),
    planned(4, "10:45", "11:30"),
]


def at(clock: str) -> tuple[int | None, int | None]:
    now = what_is_now(LESSONS, instant(DAY, time.fromisoformat(clock), "Europe/Warsaw"))
    return now.current and now.current.period, now.following and now.following.period


def test_a_lesson_runs_from_bell_to_bell():
    assert at("07:59:59") == (None, 1)
    assert at("08:00") == (1, 2)
    assert at("08:50") == (1, 2)  # the break still belongs to it
    assert at("08:55") == (2, 4)
    assert at("10:00") == (2, 4)  # the third one is cancelled
    assert at("11:29:59") == (4, None)
    assert at("11:30") == (None, None)
    assert what_is_now([], datetime.now(UTC)).current is None


def test_the_bell_rings_by_the_wall_clock_on_both_sides_of_a_clock_change():
    summer, winter = (planned(1, "08:00", "08:45", day=date(2026, 10, day)) for day in (24, 26))
    assert winter.starts_at - summer.starts_at == timedelta(days=2, hours=0)  # wall clock of one zone
    assert winter.starts_at.astimezone(UTC) - summer.starts_at.astimezone(UTC) == timedelta(days=2, hours=1)
    assert what_is_now([winter], datetime(2026, 10, 26, 7, 0, tzinfo=UTC)).current == winter
    assert what_is_now([winter], datetime(2026, 10, 26, 6, 59, tzinfo=UTC)).current is None


async def test_the_database_rings_by_the_wall_clock_too(stage):
    async with stage.inside() as tx:
        for day in (date(2026, 10, 24), date(2026, 10, 26)):
            row = await tx.record(
                "SELECT ($1::date + time '8:00') AT TIME ZONE time_zone AS at FROM school WHERE id = current_school()",
                day,
            )
            assert row["at"] == instant(day, time(8), "Europe/Warsaw")
