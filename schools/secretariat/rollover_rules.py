"""What becomes of a school year's classes in the next one. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from schools.structure.model import SchoolYear

LAST_LEVEL: Final[Mapping[str, int]] = {"primary": 8, "general": 4, "technical": 5, "vocational": 3}
"""After this level pupils leave; 8 for kinds that are not named."""


class YearDraft(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    starts_on: date
    second_starts_on: date
    ends_on: date


class OldPupil(msgspec.Struct, frozen=True, kw_only=True):
    """Who is in a class on the year's last day."""

    id: int
    name: str


class OldClass(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    level: int
    letter: str
    homeroom_id: int | None
    homeroom: str
    building: str
    pupils: list[OldPupil]

    @property
    def name(self) -> str:
        return f"{self.level}{self.letter}"


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What is chosen for the whole school."""

    repeaters: frozenset[int] = frozenset()
    leavers: frozenset[int] = frozenset()
    first_classes: bool = True
    keep_homeroom: bool = True
    copy_groups: bool = True
    copy_teachings: bool = False


class NextClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class of the next year. `from_id`: the class that becomes it."""

    level: int
    letter: str
    from_id: int | None
    homeroom_id: int | None
    building: str
    pupils: list[int]

    @property
    def name(self) -> str:
        return f"{self.level}{self.letter}"


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one class; `becomes` is empty where it ends."""

    old: OldClass
    becomes: str
    promoted: list[OldPupil]
    repeaters: list[OldPupil]
    leavers: list[OldPupil]


class RolloverPlan(msgspec.Struct, frozen=True, kw_only=True):
    year: YearDraft
    fates: list[Fate]
    classes: list[NextClass]
    leavers: list[int]


def next_year(year: SchoolYear) -> YearDraft:
    """It begins the day after and lasts a year."""
    starts = year.ends_on + timedelta(days=1)
    ends = _a_year_after(starts) - timedelta(days=1)
    return YearDraft(
        name=f"{starts.year}/{starts.year + 1}",
        starts_on=starts,
        second_starts_on=date(ends.year, 2, 1)
        if starts < date(ends.year, 2, 1) < ends
        else starts + timedelta(days=150),
        ends_on=ends,
    )


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)


def plan_rollover(year: SchoolYear, kind: str, classes: Sequence[OldClass], choices: Choices) -> RolloverPlan:
    """Each pupil of the year's last day goes on, repeats or leaves: exactly one of these."""
    last = LAST_LEVEL.get(kind, 8)
    fates = [_fate(old, last, choices) for old in classes]
    following: dict[tuple[int, str], NextClass] = {}
    for fate in fates:
        old = fate.old
        if old.level < last:
            following[old.level + 1, old.letter] = NextClass(
                level=old.level + 1,
                letter=old.letter,
                from_id=old.id,
                homeroom_id=old.homeroom_id if choices.keep_homeroom else None,
                building=old.building,
                pupils=[one.id for one in fate.promoted],
            )
    first = min((old.level for old in classes), default=1)
    for fate in fates:
        old = fate.old
        if fate.repeaters or (old.level == first and choices.first_classes):
            place = following.get((old.level, old.letter)) or _empty(old)
            pupils = [*place.pupils, *(one.id for one in fate.repeaters)]
            following[old.level, old.letter] = msgspec.structs.replace(place, pupils=pupils)
    return RolloverPlan(
        year=next_year(year),
        fates=fates,
        classes=[following[key] for key in sorted(following)],
        leavers=[one.id for fate in fates for one in fate.leavers],
    )


def _fate(old: OldClass, last: int, choices: Choices) -> Fate:
    repeaters = [one for one in old.pupils if one.id in choices.repeaters]
    gone = [
        one
        for one in old.pupils
        if one.id not in choices.repeaters and (old.level >= last or one.id in choices.leavers)
    ]
    staying = _without(old.pupils, {one.id for one in (*repeaters, *gone)})
    becomes = f"{old.level + 1}{old.letter}" if old.level < last else ""
    return Fate(old=old, becomes=becomes, promoted=staying, repeaters=repeaters, leavers=gone)


def _without(pupils: Sequence[OldPupil], ids: Collection[int]) -> list[OldPupil]:
    return [one for one in pupils if one.id not in ids]


def _empty(old: OldClass) -> NextClass:
    return NextClass(
        level=old.level, letter=old.letter, from_id=None, homeroom_id=None, building=old.building, pupils=[]
    )
