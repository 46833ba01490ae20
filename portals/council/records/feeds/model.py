"""What feeds are made of."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from media.archive.model import AssetFile


class Author(msgspec.Struct, frozen=True):
    name: str
    email: str = ""


class Enclosure(msgspec.Struct, frozen=True):
    """A file of an entry: absolute address, length in bytes, media type; `seconds`: how long it plays."""

    url: str
    bytes: int
    type: str
    seconds: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a feed. `id` never changes."""

    id: str
    title: str
    url: str
    published: datetime
    updated: datetime
    summary: str
    enclosure: Enclosure | None = None


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, the same for every format. `self_url`: its own address; `site_url`: the page it tells of."""

    title: str
    description: str
    site_url: str
    self_url: str
    language: str
    author: Author
    entries: list[Entry]
    image_url: str = ""

    @property
    def updated(self) -> datetime | None:
        return max((entry.updated for entry in self.entries), default=None)


class FeedSession(msgspec.Struct, frozen=True):
    """A session as feeds tell of it."""

    id: int
    slug: str
    title: str
    place: str
    state: str
    stream_id: str
    planned_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    called_off_at: datetime | None
    called_off_reason: str
    calendar_uid: UUID
    calendar_sequence: int
    committee: str | None
    agenda: list[str]

    @property
    def held_at(self) -> datetime:
        return self.started_at or self.planned_at

    @property
    def updated(self) -> datetime:
        """When it last became something else."""
        moments = (self.created_at, self.called_off_at, self.started_at, self.ended_at)
        return max(moment for moment in moments if moment is not None)

    @property
    def urn(self) -> str:
        return f"urn:uuid:{self.calendar_uid}"


class FeedResolution(msgspec.Struct, frozen=True):
    """A resolution as feeds tell of it."""

    id: int
    number: str
    title: str
    passed_on: date
    state: str
    remark: str
    changed_at: datetime
    created_at: datetime


class Recorded(msgspec.Struct, frozen=True):
    """The sound that was made of a session's recording."""

    session: FeedSession
    files: list[AssetFile]
    made_at: datetime
    duration_s: float
