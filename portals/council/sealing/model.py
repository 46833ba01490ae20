"""Rows, commands, views and events of breaks and closed parts."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from app.feature import Event

IntervalKind = Literal["break", "closed"]
SealedChoice = Literal["sealed", "none"]
MomentKind = Literal["vote", "speech", "break", "closed"]


class Interval(msgspec.Struct, frozen=True):
    """A break (przerwa) or a closed part (wyłączenie jawności). `ended_at` None: it goes on.

    `resumes_at`: when a break ends, as it was announced. `recording` of a closed part: `sealed`, or `none`.
    Why a part was closed is not in here: that belongs into the record, and may name people.
    """

    id: int
    session_id: int
    kind: IntervalKind
    began_at: datetime
    resumes_at: datetime | None
    note: str
    legal_basis: str
    recording: Literal["", "sealed", "none"]
    ended_at: datetime | None
    rev: int


class IntervalReason(msgspec.Struct, frozen=True):
    """A closed part with the reason, for those who run sessions and those who may open sealed recordings."""

    id: int
    session_id: int
    began_at: datetime
    ended_at: datetime | None
    legal_basis: str
    reason: str
    recording: str
    session_title: str
    stream_id: str


class NewBreak(msgspec.Struct, frozen=True):
    """Its announced end: in so many minutes, at a moment, or not known (neither). `note` is for everybody."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=24 * 60)] | None = None
    resumes_at: datetime | None = None
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class NewClosedPart(msgspec.Struct, frozen=True):
    """There is no usual choice: each time somebody says whether a sealed recording is made."""

    recording: SealedChoice
    legal_basis: Annotated[str, msgspec.Meta(max_length=300)]
    reason: Annotated[str, msgspec.Meta(max_length=1000)]


class OpenReason(msgspec.Struct, frozen=True):
    """Why a sealed recording is opened."""

    reason: Annotated[str, msgspec.Meta(max_length=1000)]


class SealedFigures(msgspec.Struct, frozen=True):
    """How the sealed recording of a closed part fares. `problem` in English, for the city's technician."""

    running: bool
    bytes: int
    lost_parts: int
    problem: str


class IntervalsView(msgspec.Struct, frozen=True):
    """Snapshot of the room: all of a session's breaks and closed parts, oldest first. `now`: the server's clock."""

    now: datetime
    intervals: list[Interval]

    @property
    def standing(self) -> Interval | None:
        """The one that goes on."""
        return next((one for one in self.intervals if one.ended_at is None), None)


class IntervalChanged(Event, frozen=True, tag=True):
    """A break or a closed part began, was announced anew, or ended: its row as it is now."""

    interval: Interval

    @property
    def key(self) -> str:
        return f"interval/{self.interval.id}"


class Moment(msgspec.Struct, frozen=True):
    """Something on a session's time beside its agenda: a vote, a speaker, a break, a closed part."""

    id: str
    kind: MomentKind
    title: str
    detail: str
    began_at: datetime
    ended_at: datetime | None


class MomentList(msgspec.Struct, frozen=True):
    moments: list[Moment]


class SealingPanel(msgspec.Struct, frozen=True):
    """What the pages draw. `redactions`: how many spans the published recording does not show."""

    view: IntervalsView
    moments: list[Moment]
    bases: tuple[str, ...]
    redactions: int

    @property
    def facts(self) -> dict[str, Any]:
        """For the page's script."""
        return {"view": msgspec.to_builtins(self.view), "moments": msgspec.to_builtins(self.moments)}


def sealing_room(session_id: int) -> str:
    return f"council/session/{session_id}/sealing"
