"""When a bell may ring: hours of the wall's clocks, holidays, silence; what is told by Web Push; the day on the wall."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from portals.helpdesk.alerts import rules
from portals.helpdesk.alerts.model import Mark, WallHour
from portals.helpdesk.sla.model import Span

WARSAW = "Europe/Warsaw"
ZONE = ZoneInfo(WARSAW)
WORK = (Span(450, 930),)
NIGHT = (Span(0, 360), Span(1320, 1440))
"""Until 6:00 and from 22:00 on."""


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)


def bell(hours=WORK, *, weekend=(), **more):
    return msgspec.structs.replace(rules.unset(1), hours=[hours] * 5 + [weekend] * 2, **more)


def test_without_settings_it_rings_at_any_moment():
    spans = rules.windows(rules.unset(1), local(2026, 3, 27, 3), WARSAW)
    assert spans == [(local(2026, 3, 27, 3).astimezone(UTC), local(2026, 3, 27, 3).astimezone(UTC) + rules.AHEAD)]


@pytest.mark.parametrize(
    ("moment", "rings"),
    [
        (local(2026, 11, 30, 7, 29, 59), False),
        (local(2026, 11, 30, 7, 30), True),
        (local(2026, 11, 30, 15, 29, 59), True),
        (local(2026, 11, 30, 15, 30), False),
        (local(2026, 11, 28, 10), False),  # Saturday
    ],
)
def test_hours_begin_and_end_to_the_second(moment, rings):
    assert rules.may_ring(bell(), moment, WARSAW) is rings


def test_a_night_shift_rings_over_midnight_in_one_span():
    found = rules.windows(bell(NIGHT, weekend=NIGHT), local(2026, 11, 30, 23), WARSAW)
    assert found[0] == (local(2026, 11, 30, 23).astimezone(UTC), local(2026, 12, 1, 6).astimezone(UTC))
    assert rules.may_ring(bell(NIGHT, weekend=NIGHT), local(2026, 12, 1, 0), WARSAW)


def test_the_night_of_the_clock_change_is_an_hour_shorter():
    """On 29 March 2026 clocks go from 2:00 to 3:00, on 25 October 2026 from 3:00 back to 2:00."""
    settings = bell(NIGHT, weekend=NIGHT)
    begun = local(2026, 3, 28, 22)
    (since, until), *_others = rules.windows(settings, begun, WARSAW)
    assert (since, until) == (datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC))
    assert until - since == timedelta(hours=7)
    (since, until), *_others = rules.windows(settings, local(2026, 10, 24, 22), WARSAW)
    assert until - since == timedelta(hours=9)
    # 7:30 of the wall is another moment before and after
    before, after = (rules.windows(bell(WORK, weekend=WORK), local(2026, 3, day, 0), WARSAW)[0][0] for day in (28, 29))
    assert (before.hour, after.hour) == (6, 5)


def test_holidays_are_silent_where_that_is_set():
    eleventh = local(2026, 11, 11, 10)  # a Wednesday: Independence Day
    assert rules.may_ring(bell(), eleventh, WARSAW)
    assert not rules.may_ring(bell(holidays_off=True), eleventh, WARSAW)
    easter_monday = local(2026, 4, 6, 10)
    assert not rules.may_ring(bell(holidays_off=True), easter_monday, WARSAW)
    assert rules.may_ring(bell(holidays_off=True), easter_monday + timedelta(days=1), WARSAW)


def test_silence_ends_by_itself():
    now = local(2026, 11, 30, 10)
    hushed = bell(quiet_until=now + timedelta(hours=1))
    assert not rules.may_ring(hushed, now, WARSAW)
    assert not rules.may_ring(hushed, now + timedelta(minutes=59, seconds=59), WARSAW)
    assert rules.may_ring(hushed, now + timedelta(hours=1), WARSAW)
    assert rules.windows(hushed, now, WARSAW)[0] == (
        (now + timedelta(hours=1)).astimezone(UTC),
        local(2026, 11, 30, 15, 30).astimezone(UTC),
    )
    assert rules.windows(bell(quiet_until=now - timedelta(1)), now, WARSAW)[0][0] == now.astimezone(UTC)


def test_silence_over_the_end_of_the_hours_waits_for_the_next_morning():
    now = local(2026, 11, 30, 15)
    found = rules.windows(bell(quiet_until=now + timedelta(hours=1)), now, WARSAW)
    assert found[0][0] == local(2026, 12, 1, 7, 30).astimezone(UTC)


def test_no_hours_at_all_never_ring():
    assert rules.windows(bell(()), local(2026, 11, 30, 10), WARSAW) == []


def test_queues_that_ring():
    assert rules.ringing(bell(), frozenset({2, 3}), [1, 2, 3]) == [2, 3]
    assert rules.ringing(bell(queues=[1, 9]), frozenset({2, 3}), [1, 2, 3]) == [1]  # 9 is not open to them any more
    assert rules.ringing(bell(queues=[]), frozenset({2}), [1, 2]) == []


def mark(kind, queue_id=5, entry_id=None):
    return Mark(id=1, kind=kind, ticket_id=1, queue_id=queue_id, entry_id=entry_id, at=datetime.now(UTC))


def test_what_is_told_while_no_page_is_open():
    own = frozenset({5})
    assert rules.wants(bell(), mark("new"), own, mine=False)
    assert not rules.wants(bell(), mark("new", 6), own, mine=False)
    assert not rules.wants(bell(rings=["moved"]), mark("new"), own, mine=False)
    assert rules.wants(bell(rings=["moved"]), mark("moved"), own, mine=False)
    assert not rules.wants(bell(), mark("answer", entry_id=3), own, mine=False)
    everything = bell(rings=["answers_any"])
    assert rules.wants(everything, mark("answer", entry_id=3), own, mine=False)
    assert not rules.wants(everything, mark("answer", entry_id=3), own, mine=True)  # who has it is told by the core
    assert rules.wants(bell(queues=[6]), mark("new", 6), own, mine=False)
    assert not rules.wants(bell(queues=[6]), mark("new"), own, mine=False)


def test_what_was_put_away_is_kept_for_the_newest():
    settings = bell(seen=["a", "b"])
    assert rules.with_seen(settings, ["c", "a", "c"], 10) == ["b", "c", "a"]
    assert rules.with_seen(settings, ["c"], 2) == ["b", "c"]


def test_a_day_on_the_wall_has_the_hours_of_its_clocks():
    def at(*parts):
        return int(local(*parts).timestamp())

    first = [WallHour(at(2026, 11, 30, 8), 3, 1), WallHour(at(2026, 11, 29, 23), 7, 7)]
    found, hours = rules.hours_of_day([first, [WallHour(at(2026, 11, 30, 8), 2, 0)]], local(2026, 11, 30, 9, 5), WARSAW)
    assert hours == 24
    assert [one.hour for one in found] == list(range(10))
    assert (found[8].sent, found[8].solved) == (5, 1)  # of both queues; yesterday's are not of today
    assert sum(one.sent for one in found) == 5
    found, hours = rules.hours_of_day([], local(2026, 3, 29, 4), WARSAW)
    assert (hours, [one.hour for one in found]) == (23, [0, 1, 3, 4])
    found, hours = rules.hours_of_day([], local(2026, 10, 25, 23, 30), WARSAW)
    assert (hours, len(found), [one.hour for one in found][1:4]) == (25, 25, [1, 2, 2])


def test_the_lines_of_a_day():
    drawn = rules.drawn([rules.DayHour(0, 0, 0), rules.DayHour(1, 4, 2)], 24)
    assert drawn.sent == "0.0,160.0 26.7,160.0 53.3,0.0"
    assert drawn.solved == "0.0,160.0 26.7,160.0 53.3,80.0"
    assert drawn.marks == [(160.0, 0), (80.0, 2), (0.0, 4)]
    assert rules.drawn([], 24).sent == "0.0,160.0"
