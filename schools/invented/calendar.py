"""Days without lessons of a school year in Pomerania (województwo pomorskie). Pure.

Source: regulation on the organisation of the school year of 11 August 2017, § 2-3: lessons begin on the first weekday
of September, or on the first Monday after the first of September where that is a Friday or Saturday; they end on the
first Friday after 20 June. Christmas holidays are 23-31 December, from the 22nd on where that is a Monday; at Easter
they last from Thursday before to Tuesday after. Winter holidays are two weeks that the minister announces for each
voivodeship; for a year that is not announced here they begin on the first Monday of February.
"""

from datetime import date, timedelta
from typing import Final

import holidays

WINTER: Final = {2024: date(2025, 2, 17), 2025: date(2026, 1, 19), 2026: date(2027, 2, 1)}
"""Begin of the school year → first day of the winter holidays in Pomerania, as announced."""
FORTNIGHT: Final = timedelta(days=13)
FRIDAY, SATURDAY, MONDAY = 4, 5, 0
CORPUS_CHRISTI: Final = timedelta(days=60)
"""After Easter."""


def days_off(year: int) -> list[tuple[date, str]]:
    """Of the school year that begins in `year`, in order, each day once: (day, name)."""
    first, last = date(year, 9, 1), date(year + 1, 8, 31)
    found = {
        day: str(name)
        for day, name in holidays.country_holidays("PL", years=[year, year + 1], language="pl").items()
        if first <= day <= last
    }
    easter = next(day for day, name in found.items() if name == "Niedziela Wielkanocna")
    end = last_lessons(year)
    winter = WINTER.get(year) or _on_or_after(date(year + 1, 2, 1), MONDAY)
    christmas = date(year, 12, 22)
    if christmas.weekday() != MONDAY:
        christmas += timedelta(days=1)
    free = easter + CORPUS_CHRISTI + timedelta(days=1)
    for since, until, name in (
        (first, first_lessons(year) - timedelta(days=1), "Przed rozpoczęciem zajęć"),
        (christmas, date(year, 12, 31), "Zimowa przerwa świąteczna"),
        (winter, winter + FORTNIGHT, "Ferie zimowe"),
        (easter - timedelta(days=3), easter + timedelta(days=2), "Wiosenna przerwa świąteczna"),
        (free, free, "Dzień wolny od zajęć ustalony przez dyrektora"),
        (end + timedelta(days=1), last, "Ferie letnie"),
    ):
        for offset in range((until - since).days + 1):
            found.setdefault(since + timedelta(days=offset), name)
    return sorted(found.items())


def first_lessons(year: int) -> date:
    first = date(year, 9, 1)
    if first.weekday() in {FRIDAY, SATURDAY}:
        return _on_or_after(first, MONDAY)
    return first if first.weekday() < SATURDAY else _on_or_after(first, MONDAY)


def last_lessons(year: int) -> date:
    return _on_or_after(date(year + 1, 6, 21), FRIDAY)


def _on_or_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)
