"""What an invented school teaches: subjects, hours a week, who teaches them, a timetable without clashes. Pure."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Final

import msgspec

TUTORING: Final = "Zajęcia rozwijające"
EARLY: Final = "Edukacja wczesnoszkolna"
HOMEROOM: Final = "Zajęcia z wychowawcą"
SUBJECTS: Final[dict[str, str]] = {
    "Język polski": "pol",
    "Matematyka": "mat",
    "Język angielski": "ang",
    "Historia": "his",
    "Biologia": "bio",
    "Geografia": "geo",
    "Fizyka i chemia": "fiz",
    "Plastyka i muzyka": "pla",
    "Technika": "tec",
    "Informatyka": "inf",
    "Wychowanie fizyczne": "wf",
    "Religia / etyka": "rel",
    HOMEROOM: "zzw",
    EARLY: "ew",
    TUTORING: "zr",
}
"""Name → short."""
HOURS: Final = {
    "Język polski": 5,
    "Język angielski": 3,
    "Historia": 2,
    "Biologia": 2,
    "Geografia": 2,
    "Fizyka i chemia": 2,
    "Plastyka i muzyka": 2,
    "Technika": 1,
    "Informatyka": 1,
    "Wychowanie fizyczne": 3,
    "Religia / etyka": 1,
    HOMEROOM: 1,
}
"""A week of the levels 4–8 beside mathematics, which is there every day: 30 with it."""
EARLY_HOURS: Final = {"Język angielski": 2, "Wychowanie fizyczne": 2, "Religia / etyka": 1, EARLY: 20}
SPLIT: Final = frozenset({"Język angielski", "Informatyka"})
"""Taught in two groups from level 4 on."""
POOLS: Final = {
    "Język polski": 3,
    "Matematyka": 2,
    "Język angielski": 4,
    "Historia": 1,
    "Biologia": 1,
    "Geografia": 1,
    "Fizyka i chemia": 1,
    "Plastyka i muzyka": 1,
    "Technika": 1,
    "Informatyka": 2,
    "Wychowanie fizyczne": 2,
    "Religia / etyka": 1,
}
"""Teachers of a subject in a school with 16 classes."""
PERIODS: Final = 6
FIVE_DAYS: Final = 5
DAILY: Final = frozenset({"Język polski", "Matematyka"})


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of the week. `group`: 0 the whole class, else 1 or 2. `teacher`: a place in the list of staff."""

    weekday: int
    period: int
    level_letter: str
    group: int
    subject: str
    teacher: int


class Staffing(msgspec.Struct, frozen=True, kw_only=True):
    """Who teaches what, by place in the list of staff."""

    pools: dict[str, list[int]]
    homeroom: dict[str, int]
    """Class → its teacher."""
    count: int


def staffing(classes: Sequence[str], *, small: bool) -> Staffing:
    """Teachers of subjects first, then those of the first three levels."""
    pools: dict[str, list[int]] = {}
    count = 0
    for subject, teachers in POOLS.items():
        needed = max(1, (teachers + 1) // 2) if small else teachers
        if subject in SPLIT:
            needed = max(needed, 2)
        pools[subject] = list(range(count, count + needed))
        count += needed
    homeroom: dict[str, int] = {}
    # the first mathematician is nobody's homeroom teacher, so that the two can be told apart when one tries them out
    free = cycle(place for place in range(count) if place != pools["Matematyka"][0])
    for name in classes:
        if int(name[0]) <= 3:
            homeroom[name] = count
            count += 1
        else:
            homeroom[name] = next(free)
    return Staffing(pools=pools, homeroom=homeroom, count=count)


def week(classes: Sequence[str], staff: Staffing, days: int = 5) -> list[Slot]:
    """A timetable in which nobody is in two places at once; classes have no free hours between lessons.

    Five days take the hours of a week: a Saturday is taught as the Monday and a Sunday as the Tuesday, with tutoring in
    place of what a class as a whole has beside Polish and mathematics.
    """
    slots = _five_days(classes, staff, min(days, FIVE_DAYS))
    return slots + [_days_later(slot) for slot in slots if slot.weekday <= days - FIVE_DAYS]


def _days_later(slot: Slot) -> Slot:
    subject = slot.subject if slot.group or slot.subject in DAILY else TUTORING
    return msgspec.structs.replace(slot, weekday=slot.weekday + FIVE_DAYS, subject=subject)


def _five_days(classes: Sequence[str], staff: Staffing, days: int) -> list[Slot]:
    busy: set[tuple[int, int, int]] = set()
    slots: list[Slot] = []
    upper = [name for name in classes if int(name[0]) > 3]
    teachers = {name: _teachers_of(name, index, staff) for index, name in enumerate(upper)}
    for index, name in enumerate(upper):
        for weekday in range(1, days + 1):
            period = (index // len(staff.pools["Matematyka"]) + weekday) % PERIODS + 1
            slots += _held(busy, name, weekday, period, "Matematyka", teachers[name]["Matematyka"][:1])
    for index, name in enumerate(upper):
        slots += _fill(busy, name, index, dict(HOURS), teachers[name], _open_slots(slots, name, PERIODS, days), staff)
    for index, name in enumerate(one for one in classes if int(one[0]) <= 3):
        own = {subject: [pool[index % len(pool)]] for subject, pool in staff.pools.items()}
        own[EARLY] = [staff.homeroom[name]]
        slots += _fill(busy, name, index, dict(EARLY_HOURS), own, _open_slots(slots, name, 5, days), staff)
    return slots


def _teachers_of(name: str, index: int, staff: Staffing) -> dict[str, list[int]]:
    """One teacher a subject, two where it is split."""
    found: dict[str, list[int]] = {}
    for subject, pool in staff.pools.items():
        count = 2 if subject in SPLIT else 1
        found[subject] = [pool[(index * count + offset) % len(pool)] for offset in range(count)]
    found[HOMEROOM] = [staff.homeroom[name]]
    return found


def _open_slots(slots: Sequence[Slot], name: str, periods: int, days: int) -> Iterator[tuple[int, int]]:
    taken = {(slot.weekday, slot.period) for slot in slots if slot.level_letter == name}
    everywhere = ((weekday, period) for period in range(1, periods + 1) for weekday in range(1, days + 1))
    return (one for one in everywhere if one not in taken)


def _fill(
    busy: set[tuple[int, int, int]],
    name: str,
    index: int,
    left: dict[str, int],
    teachers: dict[str, list[int]],
    free: Iterator[tuple[int, int]],
    staff: Staffing,
) -> list[Slot]:
    made: list[Slot] = []
    order = list(left)
    order = order[index % len(order) :] + order[: index % len(order)]
    for weekday, period in free:
        today = [slot.subject for slot in made if slot.weekday == weekday]
        fitting = [
            subject
            for subject in order
            if left[subject] > 0 and all((one, weekday, period) not in busy for one in teachers[subject])
        ]
        if fitting:
            subject = max(fitting, key=lambda one: (-today.count(one), left[one]))
            left[subject] -= 1
            made += _held(busy, name, weekday, period, subject, teachers[subject])
            continue
        spare = next(one for one in reversed(range(staff.count)) if (one, weekday, period) not in busy)
        made += _held(busy, name, weekday, period, TUTORING, [spare])
    return made


def _held(
    busy: set[tuple[int, int, int]], name: str, weekday: int, period: int, subject: str, teachers: Sequence[int]
) -> list[Slot]:
    busy.update((one, weekday, period) for one in teachers)
    return [
        Slot(
            weekday=weekday,
            period=period,
            level_letter=name,
            group=place if len(teachers) > 1 else 0,
            subject=subject,
            teacher=teacher,
        )
        for place, teacher in enumerate(teachers, start=1)
    ]
