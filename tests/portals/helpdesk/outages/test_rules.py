"""Days as bars over the nights when clocks change, silence, what stands on pages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portals.helpdesk.outages import rules
from portals.helpdesk.outages.model import Notice, Outage, PublicNotice, Update

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def outage(**more) -> Outage:
    fields = {
        "id": 1, "kind": "incident", "state": "running", "title": "Wi-Fi", "text": "", "service_id": None,
        "service_name": "Wi-Fi w szkołach", "category_id": None, "category_name": "", "everywhere": True, "unit_kinds": [],
        "unit_ids": [], "unit_names": [], "room": "", "model_id": None, "model_name": "", "words": [], "gathers": True,
        "public": True, "ticket_id": 1001, "starts_at": NOW, "expected_end": None, "ended_at": None, "outcome": "",
        "update_every_min": 30, "updated_at": NOW, "declared_by": None, "declared_name": "", "people": 0, "hit_units": 0,
        "tickets": 0, "counted": 0, "rev": 1,
    }  # fmt: skip
    return Outage(**(fields | more))


def past(begins: datetime, ends: datetime | None, kind="incident", service="Wi-Fi") -> PublicNotice:
    state = "ended" if ends else "running"
    return PublicNotice(
        id=1, kind=kind, state=state, title=f"{begins:%d.%m}", text="", service=service, starts_at=begins,
        expected_end=None, ended_at=ends, outcome="", updates=[], rev=1,
    )  # fmt: skip


def test_an_outage_over_midnight_is_two_days_of_the_city():
    began = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 23:30 in Warsaw
    (drawn,) = rules.histories([past(began, began + timedelta(hours=2))], NOW, WARSAW)
    hit = {f"{one.day:%d.%m}": one.lost_min for one in drawn.days if one.lost_min}
    assert hit == {"20.11": 30, "21.11": 90}
    assert len(drawn.days) == 90
    assert drawn.days[-1].day == NOW.date()
    assert drawn.share == pytest.approx(1 - 120 / (90 * 1440))


def test_days_of_23_and_25_hours():
    long_day = [past(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))]
    (drawn,) = rules.histories(long_day, datetime(2026, 11, 1, tzinfo=UTC), WARSAW)
    assert {one.day.day: one.lost_min for one in drawn.days if one.lost_min} == {25: 25 * 60}
    short_day = [past(datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))]
    (drawn,) = rules.histories(short_day, datetime(2026, 4, 5, tzinfo=UTC), WARSAW)
    assert {one.day.day: one.lost_min for one in drawn.days if one.lost_min} == {29: 23 * 60}


def test_two_at_once_count_once_and_planned_work_apart():
    began = datetime(2026, 11, 20, 10, tzinfo=UTC)
    found = [
        past(began, began + 30 * MINUTE),
        past(began + 10 * MINUTE, began + 40 * MINUTE),
        past(began + 50 * MINUTE, began + 60 * MINUTE, "planned"),
        past(began, began + MINUTE, service=""),
    ]
    drawn = rules.histories(found, NOW, WARSAW)
    assert [one.service for one in drawn] == ["Wi-Fi", ""]
    (day,) = [one for one in drawn[0].days if one.titles]
    assert (day.lost_min, day.planned_min, day.level) == (40, 10, 2)


def test_what_runs_counts_until_now():
    (drawn,) = rules.histories([past(NOW - 90 * MINUTE, None)], NOW, WARSAW)
    assert (drawn.days[-1].lost_min, drawn.days[-1].level) == (90, 3)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100)), max_size=12))
def test_minutes_as_if_each_was_looked_at(spans):
    """Against a count minute by minute."""
    wanted = len({minute for begins, length in spans for minute in range(begins, begins + length)})
    moments = [(NOW + begins * MINUTE, NOW + (begins + length) * MINUTE) for begins, length in spans]
    assert rules.minutes_of(moments) == wanted


def test_silence():
    running = outage()
    assert rules.alarm(running, 0, NOW + 29 * MINUTE, ticket_open=True) is None
    assert rules.alarm(running, 0, NOW + 30 * MINUTE, ticket_open=True) == "silent"
    assert rules.alarm(running, 1, NOW + 59 * MINUTE, ticket_open=True) is None
    assert rules.alarm(running, 1, NOW + 60 * MINUTE, ticket_open=True) == "silent"
    assert rules.alarm(running, 2, NOW + 600 * MINUTE, ticket_open=True) is None
    assert rules.alarm(running, 0, NOW, ticket_open=False) == "solved"
    assert rules.alarm(running, 1, NOW + 600 * MINUTE, ticket_open=False) is None
    late = outage(expected_end=NOW + 5 * MINUTE)
    assert rules.alarm(late, 0, NOW + 19 * MINUTE, ticket_open=True) is None
    assert rules.alarm(late, 0, NOW + 20 * MINUTE, ticket_open=True) == "overdue"
    for state in ("announced", "ended"):
        assert rules.alarm(outage(state=state), 0, NOW + 600 * MINUTE, ticket_open=True) is None
    assert rules.alarm(outage(update_every_min=None), 0, NOW + 600 * MINUTE, ticket_open=True) is None


def test_planned_work_is_asked_for_its_end_and_for_nothing_else():
    planned = outage(kind="planned", expected_end=NOW + 120 * MINUTE)
    assert rules.alarm(planned, 0, NOW + 104 * MINUTE, ticket_open=True) is None  # long silent: nobody minds
    assert rules.alarm(planned, 0, NOW + 105 * MINUTE, ticket_open=True) == "ending"
    assert rules.alarm(planned, 1, NOW + 600 * MINUTE, ticket_open=True) is None
    assert rules.alarm(planned, 0, NOW, ticket_open=False) == "solved"
    short = outage(kind="planned", expected_end=NOW + 20 * MINUTE)
    assert rules.alarm(short, 0, NOW + 14 * MINUTE, ticket_open=True) is None
    assert rules.alarm(short, 0, NOW + 15 * MINUTE, ticket_open=True) == "ending"
    longer = outage(kind="planned", expected_end=NOW + 140 * MINUTE, updated_at=NOW + 110 * MINUTE)
    assert rules.alarm(longer, 0, NOW + 132 * MINUTE, ticket_open=True) is None  # just said: not asked at once
    assert rules.alarm(longer, 0, NOW + 133 * MINUTE, ticket_open=True) == "ending"
    endless = outage(kind="planned", expected_end=None)
    assert rules.alarm(endless, 0, NOW + 30 * MINUTE, ticket_open=True) == "silent"
    assert [rules.ends_by_itself(one) for one in (planned, endless, outage(expected_end=NOW + MINUTE))] == [
        True, False, False,
    ]  # fmt: skip


def test_the_next_moment_is_when_the_alarm_changes():
    late = outage(expected_end=NOW + 5 * MINUTE)
    planned = outage(kind="planned", expected_end=NOW + 120 * MINUTE)
    for one, alarms in ((outage(), 0), (outage(), 1), (late, 0), (planned, 0)):
        moment = rules.next_alarm(one, alarms)
        assert moment is not None
        assert rules.alarm(one, alarms, moment - timedelta(seconds=1), ticket_open=True) is None
        assert rules.alarm(one, alarms, moment, ticket_open=True) is not None
    assert rules.next_alarm(outage(state="announced"), 0) == NOW
    assert rules.next_alarm(outage(), 2) is None
    assert rules.next_alarm(planned, 1) == NOW + 120 * MINUTE  # then it ends


def test_planned_work_stands_on_pages_two_days_ahead():
    shown = rules.notice(outage(kind="planned", state="announced", starts_at=NOW + timedelta(hours=48)), [])
    assert isinstance(shown, Notice)
    assert rules.on_banner(shown, NOW)
    assert not rules.on_banner(shown, NOW - MINUTE)
    assert rules.on_banner(msgspec.structs.replace(shown, state="running"), NOW - timedelta(days=9))


def test_residents_do_not_read_who_wrote():
    line = Update(id=1, kind="update", text="Szukamy", expected_end=None, author_name="Adam Bielski", at=NOW)
    moved = msgspec.structs.replace(line, id=2, kind="changed", text="")
    shown = rules.public_notice(outage(), [line, moved])
    assert [(one.text, one.author_name) for one in shown.updates] == [("Szukamy", "")]
    assert rules.notice(outage(), [line]).news == "Szukamy"
