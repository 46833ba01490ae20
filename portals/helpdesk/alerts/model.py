"""The agents' bell and the screens on a wall: rows, what pages and programs get."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from portals.helpdesk.model import Id, Priority
from portals.helpdesk.sla.model import Clock, Hours

Ring = Literal["new", "moved", "answers_mine", "answers_any", "alarms"]
Tone = Literal["bell", "chime", "knock", "horn"]
AlertKind = Literal["new", "moved", "answer", "warning", "late", "escalation"]
RINGS: tuple[Ring, ...] = ("new", "moved", "answers_mine", "answers_any", "alarms")
DEFAULT_RINGS: tuple[Ring, ...] = ("new", "moved", "answers_mine", "alarms")
TONES: tuple[Tone, ...] = ("bell", "chime", "knock", "horn")
MOST_SEEN = 100
MOST_QUIET_MIN = 1440
Volume = Annotated[int, msgspec.Meta(ge=1, le=100)]
Text = Annotated[str, msgspec.Meta(max_length=400)]


class Bell(msgspec.Struct, frozen=True, kw_only=True):
    """What rings for an account and when. `queues` None: those of its teams. `hours`: of Monday to Sunday.

    `cleared_at`: nothing older stands on the bell; `seen`: single alerts that were opened or put away.
    """

    account_id: int
    queues: list[int] | None
    rings: list[Ring]
    hours: list[Hours]
    holidays_off: bool
    quiet_until: datetime | None
    sound: bool
    tone: Tone
    volume: int
    notify: bool
    push: bool
    cleared_at: datetime | None
    seen: list[str]
    rev: int


class BellDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What shall ring. `queues` None: those of one's teams. `hours`: of Monday to Sunday, such as `7:30-15:30`; empty:
    silent; `24h`: all day.
    """

    queues: Annotated[list[Id], msgspec.Meta(max_length=1000)] | None = None
    rings: list[Ring] = msgspec.field(default_factory=lambda: list(DEFAULT_RINGS))
    hours: Annotated[list[Text], msgspec.Meta(min_length=7, max_length=7)]
    holidays_off: bool = False
    sound: bool = True
    tone: Tone = "bell"
    volume: Volume = 60
    notify: bool = False
    push: bool = False


PLAIN: tuple[str, ...] = tuple(name for name in BellDraft.__struct_fields__ if name not in {"queues", "rings", "hours"})
"""Settings that are kept as they are said."""


class Quieting(msgspec.Struct, frozen=True):
    """For so long nothing rings; 0: it rings again from now on."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=MOST_QUIET_MIN)]


class Seen(msgspec.Struct, frozen=True):
    """Alerts that leave the bell, by their keys."""

    keys: Annotated[list[Annotated[str, msgspec.Meta(max_length=60)]], msgspec.Meta(min_length=1, max_length=100)]


class BellQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue that the account reads. `rings`: its alerts come to this bell."""

    id: int
    name: str
    rings: bool


class BellStart(msgspec.Struct, frozen=True):
    """Snapshot of the bell's room: settings, and the queues whose alerts come to it."""

    bell: Bell
    queues: list[int]


class BellAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for somebody. `mine`: the ticket is the account's."""

    key: str
    kind: AlertKind
    ticket_id: int
    number: str
    subject: str
    unit_name: str
    queue_id: int
    queue_name: str
    priority: Priority
    mine: bool
    at: datetime
    path: str


class BellView(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page needs to ring. `windows`: spans from now on in which it may, in Unix seconds, for some days."""

    bell: Bell
    queues: list[BellQueue]
    windows: list[tuple[int, int]]
    alerts: list[BellAlert]
    now: datetime


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may have to be told by Web Push."""

    id: int
    kind: Literal["new", "moved", "answer"]
    ticket_id: int
    queue_id: int
    entry_id: int | None
    at: datetime


# screens on a wall: no subject, no name of a requester


class WallClock(msgspec.Struct, frozen=True, kw_only=True):
    """A promise that runs."""

    ticket_id: int
    number: str
    unit_name: str
    category_name: str
    priority: Priority
    taken: bool
    clock: Clock


class WallAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that came lately."""

    ticket_id: int
    number: str
    unit_name: str
    category_name: str
    priority: Priority
    taken: bool
    at: datetime


class WallHour(msgspec.Struct, frozen=True):
    """What came and what was solved in an hour. `at`: its beginning in Unix seconds."""

    at: int
    sent: int
    solved: int


class WallQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue on the wall. `late`: open tickets with a promise that is broken. `hours`: those of the last day in which
    something happened. `rev`: ms of the reading.
    """

    id: int
    name: str
    open: int
    unassigned: int
    waiting: int
    late: int
    deadlines: list[WallClock]
    alerts: list[WallAlert]
    hours: list[WallHour]
    rev: int


class WallView(msgspec.Struct, frozen=True, kw_only=True):
    """Queues on the wall, in order."""

    queues: list[WallQueue]
    now: datetime


class Wallboard(msgspec.Struct, frozen=True, kw_only=True):
    """An address of a screen; its secret is not told again. `queues` None: all."""

    id: int
    name: str
    queues: list[int] | None
    made_at: datetime
    revoked_at: datetime | None
