"""Calendars, agreements and clocks of the service levels."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from portals.helpdesk.model import Id, PendingReason, Priority, Source, State, Ticket

Measure = Literal["response", "solution"]
"""The first answer of the helpdesk; the solution."""
StepKind = Literal["warning", "late", "escalation"]
MEASURES: tuple[Measure, ...] = ("response", "solution")
Minutes = Annotated[int, msgspec.Meta(ge=1, le=96_000)]
"""Of working time."""


# working time


class Span(msgspec.Struct, frozen=True, order=True, array_like=True):
    """Open from one minute of the local day to before another; 1440 is the midnight at the day's end."""

    opens: int
    closes: int


Hours = tuple[Span, ...]
"""Of one day, in order and apart from each other; empty: closed."""


class Week(msgspec.Struct, frozen=True):
    """Hours from a day on, Monday first, until a later week takes over."""

    since: date
    days: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody works. `weeks`: at least one, oldest first; the first one also counts before its day.

    `country` (ISO 3166, such as PL): closed on its public holidays; empty: on none. `own_days` overrule both: no hours
    on a day that is closed, hours on a Saturday that is worked off.
    """

    time_zone: str
    weeks: tuple[Week, ...]
    country: str = ""
    own_days: Mapping[date, Hours] = {}


class Pause(msgspec.Struct, frozen=True, order=True):
    """The clock stands: the ticket waits for somebody else. `until` None: still."""

    since: datetime
    until: datetime | None = None


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """When something becomes of a running clock; None: never as things stand, for instance while it is paused."""

    due_at: datetime | None
    """The target is used up. What is done before work goes on after it is in time."""
    warn_at: datetime | None
    late_at: datetime | None
    """Work goes on and the target is used up: from here on it is broken."""


# how it is set up


class OwnDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day with hours of its own; none: it is closed."""

    day: date
    hours: Hours
    why: str


class CalendarRow(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar as it is set up. `agreements`: how many use it."""

    id: int
    name: str
    country: str
    weeks: list[Week]
    days: list[OwnDay]
    agreements: int
    rev: int

    def calendar(self, time_zone: str) -> Calendar:
        return Calendar(
            time_zone=time_zone,
            weeks=tuple(self.weeks),
            country=self.country,
            own_days={one.day: one.hours for one in self.days},
        )


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What is promised for a priority; None: nothing."""

    priority: Priority
    response_min: Minutes | None = None
    solution_min: Minutes | None = None

    def minutes(self, measure: Measure) -> int | None:
        return self.response_min if measure == "response" else self.solution_min


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What is promised to whom. `everyone`: to all units that have no agreement of their own; there is one such.

    `warn_percent`: share of a target after which it is warned, 100: never. `escalate_min`: working minutes after a
    missed target, one for each escalation. `paused_by`: what a ticket waits for while its clocks stand.
    """

    id: int
    name: str
    calendar_id: int
    calendar_name: str
    everyone: bool
    units: list[int]
    unit_names: list[str]
    warn_percent: int
    escalate_min: list[int]
    paused_by: list[PendingReason]
    targets: list[Target]
    rev: int

    def target(self, priority: int, measure: Measure) -> int | None:
        return next((one.minutes(measure) for one in self.targets if one.priority == priority), None)


class ServiceLevels(msgspec.Struct, frozen=True):
    """All that is set up."""

    agreements: list[Agreement]
    calendars: list[CalendarRow]


Text = Annotated[str, msgspec.Meta(max_length=400)]


class CalendarDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a calendar shall be. `hours`: of Monday to Sunday, such as `7:30-15:30` or `8-12, 12:30-16`; empty: closed.

    They hold from `since` on; earlier hours stay for what was counted with them.
    """

    name: Text
    country: Annotated[str, msgspec.Meta(max_length=10)] = "PL"
    since: date
    hours: Annotated[list[Text], msgspec.Meta(min_length=7, max_length=7)]
    rev: int = 0


class DayDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A day with hours of its own; empty: closed."""

    day: date
    hours: Text = ""
    why: Text = ""


class AgreementDraft(msgspec.Struct, frozen=True, kw_only=True):
    name: Text
    calendar_id: Id
    units: Annotated[list[Id], msgspec.Meta(max_length=1000)] = []
    warn_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 75
    escalate_min: Annotated[list[Minutes], msgspec.Meta(max_length=3)] = []
    paused_by: list[PendingReason] = []
    targets: Annotated[list[Target], msgspec.Meta(max_length=4)] = []
    rev: int = 0


# clocks


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the clocks of a ticket follow from. `pauses`: spans of waiting by reason, and of being solved."""

    id: int
    queue_id: int
    unit_path: str
    priority: Priority
    state: State
    source: Source
    sent_at: datetime
    first_reply_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    spans: list["StateSpan"] = []


class StateSpan(msgspec.Struct, frozen=True, kw_only=True):
    ticket_id: int
    state: State
    pending_reason: PendingReason | None
    begun_at: datetime
    ended_at: datetime | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be told of a clock, and when. `level`: of an escalation, from 1 on."""

    kind: StepKind
    level: int
    at: datetime


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """How a promise stands. A clock that has not stopped goes on from `counted_at` through the spans of `runs`.

    `used_s`: working time until `counted_at`, or until it stopped. `runs`: working time up to `due_at`, in Unix
    seconds. `kept`: whether it was in time, once it has stopped. `late_at`: from this moment on it is not.
    """

    measure: Measure
    target_min: int
    started_at: datetime
    stopped_at: datetime | None
    paused: bool
    used_s: float
    counted_at: datetime
    due_at: datetime | None
    late_at: datetime | None
    kept: bool | None
    runs: list[tuple[int, int]]

    def used_at(self, moment: datetime) -> float:
        """Seconds of working time used at a moment after `counted_at`; what is beyond the target is not told."""
        now = moment.timestamp()
        return self.used_s + sum(max(0.0, min(now, until) - since) for since, until in self.runs)

    def share_at(self, moment: datetime) -> float:
        """Of the target, at most 1."""
        return min(1.0, self.used_at(moment) / (self.target_min * 60))

    def is_late_at(self, moment: datetime) -> bool:
        return self.kept is False or (self.kept is None and self.late_at is not None and self.late_at <= moment)


class CountedClock(Clock, frozen=True, kw_only=True):
    """With what is told of it."""

    warn_at: datetime | None
    steps: list[Step]

    @property
    def told(self) -> Clock:
        """What pages and programs get."""
        return Clock(**{name: getattr(self, name) for name in Clock.__struct_fields__})


class TicketClocks(msgspec.Struct, frozen=True, kw_only=True):
    """The promises of a ticket. Empty: nothing is promised."""

    ticket_id: int
    number: str
    queue_id: int
    agreement: str
    clocks: list[Clock]
    rev: int


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What the requester of a ticket is promised next. `measure` None: nothing. `due_at` None: nobody knows, since it
    waits. `late`: the moment has passed.
    """

    ticket_id: int
    measure: Measure | None = None
    due_at: datetime | None = None
    paused: bool = False
    late: bool = False
    rev: int


class PromiseTold(msgspec.Struct, frozen=True):
    """With the same in the reader's words; empty: nothing is promised."""

    promise: Promise
    words: str


class ClocksView(msgspec.Struct, frozen=True):
    """Snapshot of a queue's clocks: of its open tickets."""

    queue_id: int
    tickets: list[TicketClocks]


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was told of a clock."""

    id: int
    ticket_id: int
    number: str
    subject: str
    unit_name: str
    queue_id: int
    assignee_name: str
    priority: Priority
    measure: Measure
    kind: StepKind
    level: int
    target_min: int
    at: datetime
    told_at: datetime


class AlarmsView(msgspec.Struct, frozen=True):
    """What was told of open tickets of a queue, the newest first."""

    queue_id: int
    alarms: list[Alarm]


class DueQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue on the page of what is due: its tickets due first, and what was told of them."""

    id: int
    name: str
    tickets: list[tuple[Ticket, TicketClocks]]
    alarms: list[Alarm]
