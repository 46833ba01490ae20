"""Spans of a recording that the published copy does not show: rows, commands and events."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

import msgspec

from app.feature import Event

REDACTIONS_ROOM: Final = "media/recording/{stream_id}/redactions"

RedactionState = Literal["making", "ready", "published", "withdrawn", "failed"]
PictureChange = Literal["", "blur", "black"]
LogEntry = Literal["published", "withdrawn"]


class Area(msgspec.Struct, frozen=True):
    """A rectangle of the picture in shares of its width and height; the whole of it by default."""

    left: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    top: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    width: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    height: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0

    @property
    def is_whole(self) -> bool:
        return (self.left, self.top, self.width, self.height) == (0, 0, 1, 1)


class NewRedaction(msgspec.Struct, frozen=True):
    """Seconds of the whole recording; what is done to its sound and its picture; why, for the public log."""

    begin_s: Annotated[float, msgspec.Meta(ge=0, le=1e7)]
    end_s: Annotated[float, msgspec.Meta(ge=0, le=1e7)]
    legal_basis: Annotated[str, msgspec.Meta(max_length=300)]
    reason: Annotated[str, msgspec.Meta(max_length=1000)]
    mute: bool = False
    picture: PictureChange = ""
    area: Area = Area()


class RedactionRow(msgspec.Struct, frozen=True):
    """As the table has it. `baked`: redactions whose work is in this one's files too."""

    id: int
    stream_id: str
    begin_90k: int
    end_90k: int
    mute: bool
    picture: PictureChange
    area_left: float
    area_top: float
    area_width: float
    area_height: float
    legal_basis: str
    reason: str
    state: RedactionState
    progress: float
    problem: str
    baked: list[int]
    rev: int
    created_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def area(self) -> Area:
        return Area(self.area_left, self.area_top, self.area_width, self.area_height)


class Redaction(msgspec.Struct, frozen=True):
    """As the clerk's page has it. `previews`: addresses of what the public would see, once it is made."""

    id: int
    stream_id: str
    begin_s: float
    end_s: float
    mute: bool
    picture: PictureChange
    area: Area
    legal_basis: str
    reason: str
    state: RedactionState
    progress: float
    problem: str
    previews: list[str]
    rev: int
    created_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None


class RedactionList(msgspec.Struct, frozen=True):
    """Snapshot of the clerk's room. `version` of the published copy."""

    redactions: list[Redaction]
    version: int


class RedactionLine(msgspec.Struct, frozen=True):
    """An entry of the public log. Seconds of the whole recording."""

    stream_id: str
    redaction_id: int
    what: LogEntry
    version: int
    begin_s: float
    end_s: float
    mute: bool
    picture: PictureChange
    whole_picture: bool
    legal_basis: str
    reason: str
    decided_as: str
    decided_at: datetime


class RedactionLog(msgspec.Struct, frozen=True):
    lines: list[RedactionLine]


class RedactionChanged(Event, frozen=True, tag=True):
    """A redaction was ordered, is further, is ready, was published or withdrawn."""

    redaction: Redaction
    version: int

    @property
    def key(self) -> str:
        return f"redaction {self.redaction.id}"


class RedactionDropped(Event, frozen=True, tag=True):
    """One that was never published was thrown away."""

    removes: ClassVar[bool] = True

    redaction_id: int
    version: int

    @property
    def key(self) -> str:
        return f"redaction {self.redaction_id}"


class OfRedaction(msgspec.Struct, frozen=True):
    """Payload of the job that makes one."""

    redaction_id: int
