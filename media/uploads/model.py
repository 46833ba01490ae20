"""Uploads as pages and programs see them, and the news about them."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from app.feature import Event
from media.packet import CLOCK_HZ


class UploadState(StrEnum):
    """Where an upload stands. The last three are final."""

    WAITING = "waiting"
    LOOKING = "looking"
    CONVERTING = "converting"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in {UploadState.READY, UploadState.FAILED, UploadState.CANCELLED}


class Upload(msgspec.Struct, frozen=True):
    """A row. `failure`: a word of `rules.Failure`, or empty."""

    id: int
    file_id: UUID
    stream_id: str
    name: str
    state: UploadState
    failure: str
    percent: int
    duration_90k: int
    width: int
    height: int
    has_sound: bool
    encoded: bool
    language: str
    rev: int
    created_by: int | None
    created_at: datetime
    updated_at: datetime

    @property
    def room(self) -> str:
        return f"media/upload/{self.id}"


class CaptionsTrack(msgspec.Struct, frozen=True):
    """Captions of an upload, without their words."""

    number: int
    language: str
    label: str
    embedded: bool


class CaptionsView(msgspec.Struct, frozen=True):
    """Captions for a player's `<track>`."""

    number: int
    language: str
    label: str
    address: str


class UploadView(msgspec.Struct, frozen=True):
    """What an upload has become. `percent` counts within the state; `reason` is a sentence for the uploader.

    `playlist` is null until it plays. `width` 0: sound alone.
    """

    id: int
    name: str
    state: UploadState
    percent: int
    failure: str
    reason: str
    duration_s: float
    width: int
    height: int
    has_sound: bool
    playlist: str | None
    captions: list[CaptionsView]
    created_at: datetime
    rev: int


class UploadChanged(Event, frozen=True, tag=True):
    """The upload as it is now; `reason` in its uploader's language."""

    upload: UploadView

    @property
    def key(self) -> str:
        return f"upload/{self.upload.id}"


class UploadRemoved(Event, frozen=True, tag=True):
    """It is gone."""

    removes: ClassVar[bool] = True

    id: int

    @property
    def key(self) -> str:
        return f"upload/{self.id}"


def view_of(upload: Upload, captions: list[CaptionsTrack], reason: str) -> UploadView:
    """`reason`: why it failed, in the reader's language."""
    ready = upload.state is UploadState.READY
    root = f"/recordings/{upload.stream_id}"
    return UploadView(
        id=upload.id,
        name=upload.name,
        state=upload.state,
        percent=upload.percent,
        failure=upload.failure,
        reason=reason,
        duration_s=upload.duration_90k / CLOCK_HZ,
        width=upload.width,
        height=upload.height,
        has_sound=upload.has_sound,
        playlist=f"{root}/index.m3u8" if ready else None,
        captions=[
            CaptionsView(one.number, one.language, one.label, f"{root}/captions/{one.number}.vtt") for one in captions
        ],
        created_at=upload.created_at,
        rev=upload.rev,
    )
