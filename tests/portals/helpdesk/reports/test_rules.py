"""What a report says first, and what it draws."""

from datetime import date, timedelta

import pytest
from babel.support import Translations

from app.i18n import Locale, ZoneInfo
from portals.helpdesk.reports import rules
from portals.helpdesk.reports.model import AgentLoad, DayCount, Group, Kept, ModelCount

ENGLISH = Locale("en", Translations(), ZoneInfo("Europe/Warsaw"))
TODAY = date(2026, 11, 30)


def day(number: int, sent: int, solved: int, still: int = 0) -> DayCount:
    return DayCount(day=date(2026, 11, number), sent=sent, solved=solved, open=still)


def group(group_id: int | None, sent: int, name: str = "Drukarki") -> Group:
    return Group(id=group_id, name=name, sent=sent, solved=0, kept=0, promised=0, median_min=None)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, (date(2026, 11, 1), TODAY)),
        (date(2026, 11, 10), date(2026, 11, 12), (date(2026, 11, 10), date(2026, 11, 12))),
        (date(2026, 11, 10), None, (date(2026, 11, 10), TODAY)),
        (None, date(2026, 10, 30), (date(2026, 10, 1), date(2026, 10, 30))),
        (date(2026, 12, 24), date(2026, 12, 31), (date(2026, 11, 1), TODAY)),  # the future is not counted
        (date(2026, 11, 12), date(2026, 11, 10), (date(2026, 10, 12), date(2026, 11, 10))),  # the other way round
        (date(1990, 1, 1), None, (TODAY - timedelta(days=730), TODAY)),
    ],
)
def test_the_days_that_are_meant(first, last, expected):
    assert rules.span_of(first, last, TODAY) == expected


def test_weeks_are_counted_from_the_newest_day_backwards():
    days = [day(number, number, 1, number) for number in range(1, 11)]
    found = rules.in_steps(days, 7)
    assert [(one.day.day, one.sent, one.solved, one.open) for one in found] == [(3, 6, 3, 3), (10, 49, 7, 10)]
    assert rules.in_steps(days, 1) == days
    assert rules.step_of(date(2026, 10, 1), date(2026, 12, 1)) == 1
    assert rules.step_of(date(2026, 9, 29), date(2026, 11, 30)) == 7


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([day(1, 0, 0, 5)], "Nothing came and nothing was solved"),
        ([day(1, 20, 10), day(2, 4, 2)], "More comes than is solved: 24 to 12"),
        ([day(1, 10, 12)], "More is solved than comes: 12 to 10"),
        ([day(1, 100, 95)], "As much is solved as comes: 95 and 100"),
    ],
)
def test_what_is_said_of_days(days, expected):
    assert rules.about_days(ENGLISH, days).text(ENGLISH) == expected


def kept(measure, priority, in_time, late) -> Kept:
    return Kept(measure=measure, priority=priority, kept=in_time, missed=late)


@pytest.mark.parametrize(
    ("promises", "expected"),
    [
        ([], "No promise came to its end"),
        ([kept("response", 4, 3, 0), kept("solution", 4, 2, 0)], "Every promise was kept: 5 of them"),
        (
            [kept("response", 2, 90, 10), kept("solution", 4, 1, 3)],
            "88% were in time. Solutions were late most often: 25% in time (critical priority)",
        ),
        (
            [kept("response", 3, 1999, 1), kept("solution", 3, 10, 0)],  # 99.95 % is not all
            "99% were in time. First answers were late most often: 99% in time (high priority)",
        ),
    ],
)
def test_what_is_said_of_promises(promises, expected):
    assert rules.about_kept(ENGLISH, promises).text(ENGLISH) == expected


def test_what_is_said_of_groups():
    groups = [group(None, 5, ""), group(1, 3), group(2, 2, "Sieć")]
    assert rules.about_categories(ENGLISH, groups).text(ENGLISH) == "Most are about: Drukarki (30% of tickets)"
    assert rules.about_units(ENGLISH, groups[1:]).text(ENGLISH) == "Most come from: Drukarki (60% of tickets)"
    assert rules.about_units(ENGLISH, [group(1, 0)]).text(ENGLISH) == "No tickets came in these days"


def test_a_model_of_which_there_is_one_stands_not_for_all():
    def model(name, tickets, devices):
        return ModelCount(id=1, kind="laptop", name=name, tickets=tickets, broken=tickets, devices=devices)

    models = [model("Jedyny", 1, 1), model("T480", 9, 200), model("E15", 10, 400)]
    assert rules.about_models(ENGLISH, models).text(ENGLISH) == "T480 fails most: 4.5 tickets for 100 devices"
    assert rules.about_models(ENGLISH, models[:1]).text(ENGLISH) == "No model stands out"


def test_what_is_said_of_agents():
    def load(account_id, name, still, late=0, solved=0):
        return AgentLoad(account_id=account_id, name=name, open=still, late=late, solved=solved, spent_minutes=0)

    adam, nobody = load(1, "Adam", 4, late=1), load(None, "", 9)
    assert rules.about_agents(ENGLISH, [adam]).text(ENGLISH) == "Adam has most to do: 4 open, 1 of them late"
    assert rules.about_agents(ENGLISH, [nobody, adam]).text(ENGLISH) == "Nobody has taken 9 open tickets yet"
    assert rules.about_agents(ENGLISH, []).text(ENGLISH) == "Nobody has anything to do"


def test_lines_run_from_the_first_day_to_the_last():
    found = rules.lines([day(1, 0, 4, 1), day(2, 2, 2, 1), day(3, 4, 0, 5)])
    assert found.sent == "0.0,200.0 320.0,100.0 640.0,0.0"
    assert found.solved == "0.0,0.0 320.0,100.0 640.0,200.0"
    assert found.marks == [(200.0, 0), (100.0, 2), (0.0, 4)]
    assert found.dots == [(640.0, 0.0, 200.0)]
    assert rules.lines([day(1, 1, 0)]).sent == "0.0,100.0"
