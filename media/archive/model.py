"""What the archive keeps of a recording besides the recording itself, as rows, answers and events."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from app.feature import Event

ROOM: Final = "media/recording/{stream_id}"
CLIP_ADDRESS: Final = "[A-Za-z0-9_-]{8,64}"
"""Pattern of a clip's address."""


def clip_kind(token: str) -> str:
    """The kind of a clip's MP4 among the products."""
    return f"clip-{token}"


class AssetKind(StrEnum):
    """Products of a recording, in the order in which they are made."""

    POSTER = "poster"
    MP4 = "mp4"
    STORYBOARD = "storyboard"
    WAVEFORM = "waveform"
    LOUDNESS = "loudness"
    AUDIO = "audio"
    PODCAST = "podcast"
    NORMALISED = "normalised"
    MANIFEST = "manifest"


class AssetState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class AssetFile(msgspec.Struct, frozen=True):
    """A file of a product."""

    name: str
    url: str
    type: str
    bytes: int
    sha256: str
    begin_s: float = 0.0
    """From this second of the recording …"""
    end_s: float = 0.0
    """… to this one; both 0 for files that hold no time."""


class Asset(msgspec.Struct, frozen=True):
    """A product of a recording; `kind` is an `AssetKind`, or a clip's. `files` are empty until it was made."""

    kind: str
    state: AssetState
    progress: float
    reason: str
    files: tuple[AssetFile, ...]
    details: dict[str, Any]
    rev: int
    changed_at: datetime


class Trim(msgspec.Struct, frozen=True):
    """What is shown, in seconds of the whole recording, which lasts `whole_s`."""

    begin_s: float
    end_s: float
    whole_s: float


class Clip(msgspec.Struct, frozen=True):
    """A piece with an address of its own, in seconds of what is shown. `mp4` is None until the file is ready."""

    token: str
    stream_id: str
    title: str
    begin_s: float
    end_s: float
    playlist: str
    mp4: str | None
    state: AssetState


class RecordingView(msgspec.Struct, frozen=True):
    """A recording as its pages see it; also the snapshot of its room. A stream without a recording has no dates.

    `duration_s` is what is shown; `keep_days` None: the installation's rule, 0: for ever.
    """

    stream_id: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float = 0.0
    trim: Trim | None = None
    keep_days: int | None = None
    removal_at: datetime | None = None
    assets: tuple[Asset, ...] = ()


class Removal(msgspec.Struct, frozen=True):
    """An entry of the public log of removals. `removed_at` None: its files are being removed."""

    stream_id: str
    title: str
    began_at: datetime
    ended_at: datetime | None
    duration_s: float
    bytes: int
    decided_by: str
    decided_as: str
    reason: str
    manifest_sha256: str
    decided_at: datetime
    removed_at: datetime | None


class RecordingAssetChanged(Event, frozen=True, tag=True):
    """A product was queued, is further, is ready or failed."""

    asset: Asset

    @property
    def key(self) -> str:
        return f"asset {self.asset.kind}"


class RecordingChanged(Event, frozen=True, tag=True):
    """Trimmed, announced for removal, removed: the playlist is to be read again."""

    recording: RecordingView


class NewTrim(msgspec.Struct, frozen=True):
    """In seconds of the whole recording."""

    begin_s: Annotated[float, msgspec.Meta(ge=0, le=1e7)]
    end_s: Annotated[float, msgspec.Meta(ge=0, le=1e7)]


class NewClip(msgspec.Struct, frozen=True):
    """By seconds of what is shown, by moments of the day, or by a mark on the stream's time (an agenda item)."""

    title: Annotated[str, msgspec.Meta(max_length=300)] = ""
    """With a mark it may be left out: the mark's."""
    mark: Annotated[str, msgspec.Meta(max_length=200)] = ""
    begin_s: Annotated[float, msgspec.Meta(ge=0, le=1e7)] | None = None
    end_s: Annotated[float, msgspec.Meta(ge=0, le=1e7)] | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None


class KeepRule(msgspec.Struct, frozen=True):
    """0: for ever; null: as the installation's rule says."""

    keep_days: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None


class RemovalReason(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=1000)]
    title: Annotated[str, msgspec.Meta(max_length=300)] = ""


class OfRecording(msgspec.Struct, frozen=True):
    """Payload of a job that works on one recording."""

    stream_id: str


class ClipList(msgspec.Struct, frozen=True):
    clips: list[Clip]


class RemovalList(msgspec.Struct, frozen=True):
    removals: list[Removal]
