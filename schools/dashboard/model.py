"""What dashboards show: the day's board, alerts, the wallboard, figures of the last weeks."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from app.feature import Event
from schools.register.model import DayLesson

CellState = Literal["overdue", "waiting", "partial", "checked", "later", "away", "cancelled"]
"""In the order in which one of several lessons of a cell speaks for it."""
AlertKind = Literal["unchecked", "missing"]
Basis = Literal["days", "hours"]


class DashboardSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A school's own, under `dashboard` of its settings. Thresholds are met when reached (≥)."""

    unchecked_after_min: Annotated[int, msgspec.Meta(ge=1, le=120)] = 10
    unexcused_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    unexcused_of: Basis = "days"
    unexcused_basis: Annotated[str, msgspec.Meta(max_length=300)] = (
        "art. 42 ust. 2 ustawy z dnia 14 grudnia 2016 r. – Prawo oświatowe"
    )


class ClassRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the grid."""

    id: int
    name: str
    level: int
    building: str


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a cell: a planned lesson, or a held one that no plan knows. `class_ids`: rows it stands in."""

    key: str
    entry_id: int | None
    period: int
    class_ids: list[int]
    title: str
    subject: str
    staff: str
    absent: str
    starts_at: datetime
    ends_at: datetime
    kind: str
    """'' as planned, or substitution, cancellation, room, joint."""
    away: bool = False
    """The whole class is at an event of the school."""


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the grid, by the wall clock."""

    period: int
    starts: str
    ends: str


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A class in an hour. `minutes`: since its first unchecked lesson began."""

    state: CellState
    minutes: int = 0
    present: int = 0
    counted: int = 0
    absent: int = 0
    late: int = 0
    marked: int = 0
    expected: int = 0
    keys: list[str] = []


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """The four numbers. `percent`: exact to two places, for showing."""

    present: int
    counted: int
    absent: int
    unchecked: int
    substitutions: int

    @property
    def share(self) -> float | None:
        return self.present / self.counted if self.counted else None


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The same of an earlier day, up to the hour that today has reached."""

    on_date: date
    present: int
    counted: int
    absent: int
    unchecked: int
    substitutions: int


class HourFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Presence in one lesson hour of a day."""

    on_date: date
    period: int
    present: int
    counted: int


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A school's day: what is planned, what is held. `lessons` is what the room `school/{id}/day` keeps up to date."""

    school_id: int
    on_date: date
    is_today: bool
    now: datetime
    after_min: int
    classes: list[ClassRow]
    hours: list[Hour]
    slots: list[Slot]
    lessons: list[DayLesson]


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """A line of what has just happened."""

    at: datetime
    kind: Literal["checked", "substitution", "cancellation"]
    class_name: str
    subject: str
    staff: str
    period: int
    absent: int = 0


class Absentee(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil who is absent or late in a lesson."""

    lesson_id: int
    pupil_id: int
    name: str
    class_name: str
    category: str
    excused: bool
    minutes_late: int | None


class Absentees(msgspec.Struct, frozen=True):
    pupils: list[Absentee]


class Seen(msgspec.Struct, frozen=True):
    name: str
    at: datetime


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """`since`: when the lesson began (unchecked), when the absence was entered (missing)."""

    id: int
    on_date: date
    kind: AlertKind
    period: int
    class_id: int | None
    class_name: str
    subject: str
    staff: str
    pupil_id: int | None
    pupil: str
    lesson_id: int | None
    since: datetime
    raised_at: datetime
    gone_at: datetime | None
    settled_at: datetime | None
    settled_by: str
    seen: list[Seen]
    rev: int

    @property
    def is_open(self) -> bool:
        return self.gone_at is None and self.settled_at is None


class AlertsView(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts of today, newest first."""

    on_date: date
    alerts: list[Alert]


class AlertChanged(Event, frozen=True, tag=True):
    """In `school/{id}/alerts` and `school/{id}/class/{class_id}/alerts`: an alert, whole."""

    alert: Alert

    @property
    def key(self) -> str:
        return str(self.alert.id)


class WallCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of the wallboard: no ids of pupils, no names."""

    class_id: int
    period: int
    state: CellState
    minutes: int
    percent: int | None
    absent: int
    marked: int
    expected: int


class WallView(msgspec.Struct, frozen=True, kw_only=True):
    """All that a wallboard knows."""

    school: str
    on_date: date
    now: datetime
    classes: list[ClassRow]
    hours: list[Hour]
    cells: list[WallCell]
    numbers: Numbers
    open_alerts: int


class WallChanged(Event, frozen=True, tag=True):
    """In `school/{id}/wallboard/{key}`: everything anew."""

    view: WallView


class WallEnded(Event, frozen=True, tag=True):
    """In `school/{id}/wallboard/{key}`: the address was taken back."""


class Wallboard(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    made_at: datetime
    revoked_at: datetime | None


class PupilMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's month in hours (`counted` of lessons that count) and days."""

    pupil_id: int
    name: str
    number: int | None
    counted: int
    present: int
    absent: int
    unexcused: int
    late: int
    days: int
    unexcused_days: int
    """Days on which every lesson that counts was missed without excuse."""


class ClassMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of today that is not plain presence."""

    pupil_id: int
    name: str
    number: int | None
    period: int
    subject: str
    code: str
    category: str
    excused: bool
    minutes_late: int | None


def alerts_room(school_id: int) -> str:
    return f"school/{school_id}/alerts"


def class_alerts_room(school_id: int, class_id: int) -> str:
    return f"school/{school_id}/class/{class_id}/alerts"


def wallboard_room(school_id: int, key: str) -> str:
    return f"school/{school_id}/wallboard/{key}"
