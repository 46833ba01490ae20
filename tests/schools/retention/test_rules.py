"""When something may go, with real dates."""

from datetime import UTC, date, datetime

import pytest

from schools.retention.model import Erasure, Year
from schools.retention.rules import goes_on, holdings

KEPT = {"register": 5, "pupils": 50}


@pytest.mark.parametrize(
    ("ends_on", "years", "day"),
    [
        (date(2027, 8, 31), 5, date(2033, 1, 1)),
        (date(2027, 8, 31), 50, date(2078, 1, 1)),
        (date(2020, 8, 31), 5, date(2026, 1, 1)),
        (date(2021, 8, 31), 5, date(2027, 1, 1)),
        (date(2020, 8, 31), 10, date(2031, 1, 1)),
        (date(2024, 2, 29), 5, date(2030, 1, 1)),
    ],
)
def test_full_years_are_calendar_years_after_the_one_in_which_the_year_ended(ends_on, years, day):
    assert goes_on(ends_on, years) == day


def year(begins, last_pupils=0):
    return Year(
        id=begins, name=f"{begins}/{begins + 1}", ends_on=date(begins + 1, 8, 31), classes=2, pupils=40,
        last_pupils=last_pupils,
    )  # fmt: skip


def erasure(keep, year_id, *, done):
    at = datetime(2026, 1, 2, tzinfo=UTC)
    return Erasure(
        id=1, school_id=1, keep=keep, year_id=year_id, kept_years=5, ground="zgoda", decided_by="Admin",
        decided_at=at, done_at=at if done else None, counts={}, rev=1,
    )  # fmt: skip


def states(years, erasures, today):
    return [(one.keep, one.year.id, one.state) for one in holdings(1, "SP 5", years, erasures, KEPT, today)]


def test_a_register_waits_is_due_from_the_first_of_january_is_decided_and_gone():
    years = [year(2019)]
    assert states(years, [], date(2025, 12, 31)) == [("register", 2019, "waits")]
    assert states(years, [], date(2026, 1, 1)) == [("register", 2019, "due")]
    assert states(years, [erasure("register", 2019, done=False)], date(2026, 1, 1)) == [("register", 2019, "decided")]
    assert states(years, [erasure("register", 2019, done=True)], date(2026, 1, 1)) == [("register", 2019, "gone")]


def test_pupils_go_after_fifty_years_and_after_the_registers_of_their_years():
    years = [year(1974), year(1975, last_pupils=30)]
    assert states(years, [], date(2026, 12, 31))[1:] == [("register", 1975, "due"), ("pupils", 1975, "waits")]
    assert states(years, [], date(2027, 1, 1))[-1] == ("pupils", 1975, "blocked")
    one_gone = [erasure("register", 1975, done=True)]
    assert states(years, one_gone, date(2027, 1, 1))[-1] == ("pupils", 1975, "blocked")
    assert states(years, [*one_gone, erasure("register", 1974, done=True)], date(2027, 1, 1))[-1] == (
        "pupils",
        1975,
        "due",
    )
