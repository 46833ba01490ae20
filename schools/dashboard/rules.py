"""What a cell says, the four numbers, what the last weeks tell. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

from schools.dashboard.model import (
    Basis,
    Board,
    Cell,
    CellState,
    ClassRow,
    DashboardSettings,
    DayFigures,
    HourFigures,
    Numbers,
    PupilMonth,
    Slot,
)
from schools.register.model import DayLesson
from schools.register.rules import Tally, percent_present

ORDER: Final[tuple[CellState, ...]] = ("overdue", "waiting", "partial", "checked", "later", "away", "cancelled")
AS_USUAL_POINTS: Final = Decimal(1)
"""Less than so many percentage points from the usual is no news."""
ENOUGH: Final = 20
"""Marks below which a percentage is chance and no finding."""


def settings_of(school_settings: Mapping[str, object]) -> DashboardSettings:
    """The school's own, whatever of it can be read; the rest as usual."""
    kept = school_settings.get("dashboard")
    if not isinstance(kept, dict):
        return DashboardSettings()
    try:
        return msgspec.convert(kept, DashboardSettings)
    except msgspec.ValidationError:
        return DashboardSettings()


def state_of(slot: Slot, lesson: DayLesson | None, now: datetime, after_min: int) -> CellState:
    """Attendance that was taken is told whatever else holds; what was not is never told as presence."""
    if lesson is not None and lesson.taken_at is not None:
        return "checked" if lesson.marked >= lesson.expected else "partial"
    if slot.kind == "cancellation":
        return "cancelled"
    if slot.away:
        return "away"
    if slot.starts_at > now:
        return "later"
    return "overdue" if minutes_since(slot, now) >= after_min else "waiting"


def minutes_since(slot: Slot, now: datetime) -> int:
    return max(0, int((now - slot.starts_at).total_seconds() // 60))


def key_of(lesson: DayLesson) -> str:
    """Of the slot that a held lesson fills."""
    return f"e{lesson.entry_id}" if lesson.entry_id is not None else f"l{lesson.lesson_id}"


def cell_of(slots: Sequence[Slot], lessons: Mapping[str, DayLesson], now: datetime, after_min: int) -> Cell:
    """Several lessons at once (groups) make one cell: the worst of them speaks, counts are added."""
    states = [(state_of(one, lessons.get(one.key), now, after_min), one) for one in slots]
    worst = min((state for state, _slot in states), key=ORDER.index)
    held = [lessons[one.key] for one in slots if one.key in lessons]
    unchecked = [minutes_since(one, now) for state, one in states if state in {"overdue", "waiting"}]
    return Cell(
        state=worst,
        minutes=max(unchecked, default=0),
        present=sum(one.present for one in held),
        counted=sum(one.counted for one in held),
        absent=len({pupil for one in held for pupil in one.absent}),
        late=len({pupil for one in held for pupil in one.late}),
        marked=sum(one.marked for one in held),
        expected=sum(one.expected for one in held),
        keys=[one.key for one in slots],
    )


def cells_of(board: Board) -> dict[tuple[int, int], Cell]:
    """(class, period) → cell."""
    lessons = {key_of(one): one for one in board.lessons}
    places: dict[tuple[int, int], list[Slot]] = {}
    for slot in board.slots:
        for class_id in slot.class_ids:
            places.setdefault((class_id, slot.period), []).append(slot)
    return {place: cell_of(slots, lessons, board.now, board.after_min) for place, slots in places.items()}


def numbers_of(board: Board) -> Numbers:
    """Of all that the board shows."""
    keys = {one.key for one in board.slots}
    held = {key_of(one): one for one in board.lessons if key_of(one) in keys}
    states = [state_of(one, held.get(one.key), board.now, board.after_min) for one in board.slots]
    taken = [one for one in held.values() if one.taken_at is not None]
    return Numbers(
        present=sum(one.present for one in taken),
        counted=sum(one.counted for one in taken),
        absent=len({pupil for one in taken for pupil in one.absent}),
        unchecked=sum(state in {"overdue", "waiting"} for state in states),
        substitutions=sum(one.kind in {"substitution", "joint"} for one in board.slots),
    )


def percent(present: int, counted: int) -> Decimal | None:
    """By the register's rule; `present` holds those who were late and those away for the school."""
    return percent_present(Tally(present=present, absent=counted - present))


def chosen_classes(
    classes: Iterable[ClassRow], level: int | None, class_id: int | None, building: str
) -> list[ClassRow]:
    """What a filter leaves."""
    return [
        one
        for one in classes
        if (level is None or one.level == level)
        and (class_id is None or one.id == class_id)
        and (not building or one.building == building)
    ]


def reached(board: Board) -> int:
    """The last hour that has begun; 0: none yet."""
    return max((one.period for one in board.slots if one.starts_at <= board.now), default=0)


def mean(values: Collection[float]) -> float | None:
    return sum(values) / len(values) if values else None


class Usual(msgspec.Struct, frozen=True, kw_only=True):
    """Means of the last four weeks' taught days, at this hour. None: nothing to compare with."""

    share: float | None
    absent: float | None
    unchecked: float | None
    substitutions: float | None


def usual_of(days: Sequence[DayFigures]) -> Usual:
    counted = [one for one in days if one.counted]
    present = sum(one.present for one in counted)
    return Usual(
        share=present / sum(one.counted for one in counted) if counted else None,
        absent=mean([one.absent for one in counted]),
        unchecked=mean([one.unchecked for one in days]),
        substitutions=mean([one.substitutions for one in days]),
    )


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """`direction` of the last day against the days before; `points`: percentage points, positive."""

    direction: str
    points: Decimal
    last: Decimal | None
    on_date: date | None


def trend_of(hours: Iterable[HourFigures]) -> Trend:
    """What a line of daily percentages says in a title: down, up, usual, or none where there are too few days."""
    days = by_day(hours)
    shares = [(day, percent(*days[day])) for day in sorted(days) if days[day][1] >= ENOUGH]
    if len(shares) < 3:
        return Trend(direction="none", points=Decimal(0), last=shares[-1][1] if shares else None, on_date=None)
    (day, last), before = shares[-1], shares[:-1]
    usual = percent(sum(days[one][0] for one, _share in before), sum(days[one][1] for one, _share in before))
    assert last is not None
    assert usual is not None
    points = abs(last - usual)
    direction = "usual" if points < AS_USUAL_POINTS else "down" if last < usual else "up"
    return Trend(direction=direction, points=points, last=last, on_date=day)


def by_day(hours: Iterable[HourFigures]) -> dict[date, tuple[int, int]]:
    """Day → (present, counted)."""
    sums: dict[date, tuple[int, int]] = {}
    for one in hours:
        present, counted = sums.get(one.on_date, (0, 0))
        sums[one.on_date] = (present + one.present, counted + one.counted)
    return sums


def worst_hour(hours: Iterable[HourFigures]) -> HourFigures | None:
    """Where fewest were present; None where nothing is counted enough or everything is alike."""
    found = [one for one in hours if one.counted >= ENOUGH]
    if not found:
        return None
    least = min(found, key=lambda one: (one.present / one.counted, one.on_date, one.period))
    most = max(one.present / one.counted for one in found)
    return least if most - least.present / least.counted > 0.005 else None


def is_truant(pupil: PupilMonth, of: Basis, threshold: int) -> bool:
    """Unexcused absence of at least `threshold` percent of the month's days, or of its hours."""
    part, whole = (pupil.unexcused_days, pupil.days) if of == "days" else (pupil.unexcused, pupil.counted)
    return whole > 0 and Decimal(100) * part / whole >= threshold


def steps(values: Sequence[float | None], low: float, high: float, width: float, height: float) -> str:
    """Points of a polyline in a box of this size: values from left to right, what is missing is left out."""
    last = max(len(values) - 1, 1)
    span = (high - low) or 1
    return " ".join(
        f"{round(width * place / last, 1)},{round(height - height * (min(max(one, low), high) - low) / span, 1)}"
        for place, one in enumerate(values)
        if one is not None
    )
