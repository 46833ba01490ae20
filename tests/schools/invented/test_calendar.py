"""The school year of Pomerania, against dates that the ministry has published."""

import itertools
from datetime import date, timedelta

import pytest

from schools.invented.calendar import days_off, first_lessons, last_lessons
from schools.timetable.store import WITHIN_DAYS


def span(year, name):
    days = [day for day, what in days_off(year) if what == name]
    return days[0], days[-1]


def test_the_year_2026_27():
    off = dict(days_off(2026))
    assert (first_lessons(2026), last_lessons(2026)) == (date(2026, 9, 1), date(2027, 6, 25))
    assert span(2026, "Ferie zimowe") == (date(2027, 2, 1), date(2027, 2, 14))
    assert span(2026, "Zimowa przerwa świąteczna") == (date(2026, 12, 23), date(2026, 12, 31))
    assert span(2026, "Wiosenna przerwa świąteczna") == (date(2027, 3, 25), date(2027, 3, 30))
    assert span(2026, "Ferie letnie") == (date(2027, 6, 26), date(2027, 8, 31))
    assert off[date(2026, 11, 11)] == "Narodowe Święto Niepodległości"
    assert off[date(2026, 12, 24)] == "Wigilia Bożego Narodzenia"
    assert off[date(2027, 5, 28)] == "Dzień wolny od zajęć ustalony przez dyrektora"  # after Corpus Christi
    assert date(2026, 12, 22) not in off
    assert date(2027, 6, 25) not in off


def test_other_years_as_published():
    assert span(2024, "Ferie zimowe") == (date(2025, 2, 17), date(2025, 3, 2))
    assert span(2025, "Ferie zimowe") == (date(2026, 1, 19), date(2026, 2, 1))
    assert dict(days_off(2025))[date(2025, 12, 22)] == "Zimowa przerwa świąteczna"  # a Monday
    assert (first_lessons(2023), last_lessons(2023)) == (date(2023, 9, 4), date(2024, 6, 21))  # the first was a Friday
    assert (first_lessons(2024), last_lessons(2024)) == (date(2024, 9, 2), date(2025, 6, 27))  # a Sunday
    assert (first_lessons(2025), last_lessons(2025)) == (date(2025, 9, 1), date(2026, 6, 26))


@pytest.mark.parametrize("year", range(2020, 2050))
def test_every_year_has_about_as_many_days_of_lessons_as_schools_know(year):
    off = [day for day, _name in days_off(year)]
    assert off == sorted(set(off))
    days = [date(year, 9, 1) + timedelta(days=past) for past in range(365)]
    taught = [day for day in days if day.weekday() < 5 and day not in set(off)]
    assert 172 <= len(taught) <= 190
    gaps = [(after - before).days for before, after in itertools.pairwise(taught)]
    assert max(gaps) <= 18  # the winter holidays and a weekend on both sides
    assert (first_lessons(year + 1) - taught[-1]).days < WITHIN_DAYS
