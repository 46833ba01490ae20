"""Puts a school's day together: what is planned, what is held, and what the last weeks say to it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from app.database import Tx
from app.errors import NotFound
from schools.dashboard import alert_store, rules, store
from schools.dashboard.model import (
    Board,
    ClassRow,
    DashboardSettings,
    DayFigures,
    Hour,
    HourFigures,
    Slot,
    WallCell,
    WallView,
)
from schools.register import store as register
from schools.register.model import DayLesson
from schools.structure import store as structure
from schools.structure.model import School
from schools.timetable import store as timetable
from schools.timetable.model import Planned

WEEKS: Final = 4


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What of a school is shown."""

    level: int | None = None
    class_id: int | None = None
    building: str = ""

    @property
    def is_set(self) -> bool:
        return self != Filter()


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The last four weeks before a day, and its own hours."""

    days: list[DayFigures]
    """Up to the hour that the day has reached."""
    hours: list[HourFigures]
    """Whole days, the day itself included."""
    usual: rules.Usual


async def settings_of_school(tx: Tx, school_id: int) -> tuple[School, DashboardSettings]:
    found = await structure.school(tx, school_id)
    if found is None:
        raise NotFound
    return found, rules.settings_of(found.settings)


async def board(
    tx: Tx, school_id: int, day: date, today: date, moment: datetime, chosen: Filter | None = None
) -> tuple[Board, list[ClassRow]]:
    """The day as it stands at a moment, and all classes of its year to choose from."""
    _school, settings = await settings_of_school(tx, school_id)
    year = await structure.year_on(tx, school_id, day)
    found = await structure.classes(tx, year.id) if year else []
    classes = [ClassRow(id=one.id, name=one.name, level=one.level, building=one.building) for one in found]
    chosen = chosen or Filter()
    shown = rules.chosen_classes(classes, chosen.level, chosen.class_id, chosen.building)
    planned = await timetable.planned(tx, day)
    lessons = await register.day_lessons(tx, day)
    slots = await _slots(tx, day, planned, lessons, {one.id for one in shown})
    keys = {one.key for one in slots}
    return Board(
        school_id=school_id,
        on_date=day,
        is_today=day == today,
        now=moment,
        after_min=settings.unchecked_after_min,
        classes=shown,
        hours=await _hours(tx, day, slots),
        slots=slots,
        lessons=[one for one in lessons if rules.key_of(one) in keys],
    ), classes


async def _slots(
    tx: Tx, day: date, planned: Sequence[Planned], lessons: Sequence[DayLesson], shown: set[int]
) -> list[Slot]:
    groups = await store.classes_of_groups(tx, day)
    away = await store.classes_away(tx, day)

    def places(class_id: int | None, group_id: int | None) -> list[int]:
        found = [class_id] if class_id is not None else groups.get(group_id or 0, [])
        return [one for one in found if one in shown]

    slots = [
        Slot(
            key=f"e{one.entry_id}",
            entry_id=one.entry_id,
            period=one.period,
            class_ids=places(one.class_id, one.group_id),
            title=one.class_name,
            subject=one.subject,
            staff=one.staff,
            absent=one.absent,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            kind=one.kind,
            away=one.class_id is not None and (one.class_id, one.period) in away,
        )
        for one in planned
    ]
    keys = {one.key for one in slots}
    loose = [one for one in lessons if rules.key_of(one) not in keys]
    subjects, staff = await store.subjects_and_staff(tx) if loose else ({}, {})
    slots += [
        Slot(
            key=rules.key_of(one),
            entry_id=one.entry_id,
            period=one.period,
            class_ids=places(one.class_id, one.group_id),
            title=one.class_name,
            subject=subjects.get(one.subject_id, ""),
            staff=staff.get(one.staff_id, ""),
            absent="",
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            kind="",
        )
        for one in loose
    ]
    return [one for one in slots if one.class_ids]


async def _hours(tx: Tx, day: date, slots: Sequence[Slot]) -> list[Hour]:
    """Columns up to the last one in which anything stands."""
    used = {one.period for one in slots}
    return [
        Hour(period=one.period, starts=f"{one.starts:%H:%M}", ends=f"{one.ends:%H:%M}")
        for one in await timetable.bells(tx, day)
        if used and min(used) <= one.period <= max(used)
    ]


async def history(tx: Tx, shown: Board, chosen: Filter) -> History:
    """What the day is compared with: the four weeks before it, up to the same hour."""
    first, last = shown.on_date - timedelta(weeks=WEEKS), shown.on_date
    class_ids = [one.id for one in shown.classes] if chosen.is_set else None
    hours = await store.hour_figures(tx, first, last, class_ids)
    reached = rules.reached(shown) or 20
    days = await store.day_figures(tx, first, last - timedelta(days=1), reached, class_ids)
    return History(days=days, hours=hours, usual=rules.usual_of(days))


async def day_to_show(tx: Tx, today: date, wanted: date | None, opens: bool) -> date:
    """The wanted day; else today, where it is taught and its dashboard is open, or something is held already; else the
    last day on which attendance was taken.
    """
    if wanted is not None:
        return wanted
    if await timetable.planned(tx, today) and (opens or await register.day_lessons(tx, today)):
        return today
    return await store.last_held_day(tx, today) or today


async def wall_view(tx: Tx, school: School, today: date, moment: datetime) -> WallView:
    """A wallboard's view of today: names of classes, numbers of pupils, and no pupil."""
    shown, _classes = await board(tx, school.id, today, today, moment)
    cells = []
    for (class_id, period), cell in sorted(rules.cells_of(shown).items()):
        share = rules.percent(cell.present, cell.counted)
        cells.append(
            WallCell(
                class_id=class_id,
                period=period,
                state=cell.state,
                minutes=cell.minutes,
                percent=None if share is None else int(share.to_integral_value()),
                absent=cell.absent,
                marked=cell.marked,
                expected=cell.expected,
            )
        )
    return WallView(
        school=school.name,
        on_date=today,
        now=moment,
        classes=shown.classes,
        hours=shown.hours,
        cells=cells,
        numbers=rules.numbers_of(shown),
        open_alerts=await alert_store.open_alerts(tx, today),
    )
