"""Targets: where a stream is passed on to, and how that fares."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from app.feature import Event


class TargetState(StrEnum):
    """How a target fares."""

    WAITING = "waiting"
    """The stream is not on air, or has no picture yet."""
    CONNECTING = "connecting"
    LIVE = "live"
    RETRYING = "retrying"
    """It failed and is tried again by itself; `reason` says why."""
    STOPPED = "stopped"


class Target(msgspec.Struct, frozen=True):
    """A row. `enabled`: it is sent to whenever the stream is on air."""

    id: int
    stream_id: str
    name: str
    url: str
    key_sealed: bytes
    enabled: bool
    rev: int

    def __repr__(self) -> str:
        """Without the address and the key: rows end up in logs and test reports."""
        return f"Target(id={self.id}, stream_id={self.stream_id!r}, name={self.name!r}, enabled={self.enabled})"


class Progress(msgspec.Struct, frozen=True):
    """What a relay says of itself. `message` and `values` are the reason as a message id and what fills it."""

    state: TargetState
    since: datetime
    message: str = ""
    values: Mapping[str, str] = {}


class TargetView(msgspec.Struct, frozen=True):
    """What the page shows; the key is never among it. `reason` is in the city's first language.

    `dropped` counts packets that the target was too slow for since it was connected.
    """

    id: int
    stream_id: str
    name: str
    url: str
    enabled: bool
    rev: int
    state: TargetState
    since: datetime | None
    reason: str
    dropped: int


class TargetChanged(Event, frozen=True, tag=True):
    """A target was added, started or stopped, or fares otherwise. In the room `media/stream/{stream_id}`."""

    target: TargetView

    @property
    def key(self) -> str:
        return f"target/{self.target.id}"


class TargetRemoved(Event, frozen=True, tag=True):
    """The target is no more."""

    removes: ClassVar[bool] = True

    target_id: int

    @property
    def key(self) -> str:
        return f"target/{self.target_id}"


def room(stream_id: str) -> str:
    return f"media/stream/{stream_id}"
