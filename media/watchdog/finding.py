"""What the watchdog says: a finding on the clerk's page, and the alarm it is made of."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Viewers miss something now."""
    WARNING = "warning"
    """It is worse than it should be, or soon will be."""
    NOTICE = "notice"
    """Good to know."""


class Code(StrEnum):
    """What can be wrong. The values are in the page's markup, in metrics and in logs: they never change."""

    ENCODER_MISSING = "encoder_missing"
    STALL = "stall"
    UPLOAD_SLOW = "upload_slow"
    SECOND_ENCODER = "second_encoder"
    ENCODER_REFUSED = "encoder_refused"
    RECORDING_FAILS = "recording_fails"
    PICTURE_MISSING = "picture_missing"
    BLACK = "black"
    BLANK = "blank"
    FROZEN = "frozen"
    KEY_FRAMES_RARE = "key_frames_rare"
    BITRATE_COLLAPSE = "bitrate_collapse"
    BITRATE_HIGH = "bitrate_high"
    FPS_COLLAPSE = "fps_collapse"
    B_FRAMES = "b_frames"
    SOUND_MISSING = "sound_missing"
    SILENCE = "silence"
    QUIET = "quiet"
    CLIPPING = "clipping"
    CLOCK_DRIFT = "clock_drift"
    AV_OFFSET = "av_offset"
    TIMESTAMPS_JUMP = "timestamps_jump"


class Alarm(msgspec.Struct, frozen=True):
    """A rule's finding before it has words. `since_s` is the time of the readings; `values` fill the texts' places."""

    code: Code
    severity: Severity
    since_s: float
    values: Mapping[str, str] = {}


class Finding(msgspec.Struct, frozen=True):
    """What is wrong with a stream and what to do about it, in the city's first language."""

    code: Code
    severity: Severity
    since: datetime
    what: str
    advice: str


class FindingChange(msgspec.Struct, frozen=True):
    """A finding was raised, became worse or better, or cleared (`raised` False)."""

    stream_id: str
    finding: Finding
    raised: bool


FindingListener = Callable[[FindingChange], None]
"""Called on the loop; returns at once."""
