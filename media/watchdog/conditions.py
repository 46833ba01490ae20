"""What is wrong in one second: a function a finding. Pure; each gets the reading, the memory and the limits."""

from collections.abc import Mapping
from typing import Final

import msgspec

from media.meter import SILENT_BELOW_DBFS
from media.watchdog.finding import Severity
from media.watchdog.memory import Memory
from media.watchdog.reading import Reading

KEY_GAP_S: Final = 4.0
"""Key frames further apart make viewers wait for a picture."""

QUIET_BELOW_DBFS: Final = -30.0
"""Speech whose loudest peak in half a minute is softer than this is hard to follow on a laptop."""

CLIPPED_SHARE: Final = 0.005
BLACK_SHARE: Final = 0.98
BLANK_SPREAD: Final = 3
"""Brightness in a picture of one colour differs by no more (0 to 255)."""

FROZEN_AFTER_S: Final = 20.0
COLLAPSED_SHARE: Final = 0.3
SLOW_SHARE: Final = 0.5
LAG_S: Final = 1.0
BAD_LAG_S: Final = 4.0
DRIFT_S: Final = 0.2
OFFSET_S: Final = 0.2
BAD_OFFSET_S: Final = 1.0
JUMPS_REMEMBERED_S: Final = 60.0
MANY_JUMPS: Final = 3
MANY_JUMPS_WITHIN_S: Final = 300.0


class Limits(msgspec.Struct, frozen=True):
    """What is a setting."""

    target_s: float = 6.0
    """A segment cannot be cut for longer than this without a key frame."""
    video_kbit_s: float = 8000.0


class Verdict(msgspec.Struct, frozen=True):
    """It is wrong now. `values` fill the places of the texts."""

    severity: Severity
    values: Mapping[str, str] = {}


def _warning(**values: object) -> Verdict:
    return Verdict(Severity.WARNING, {name: str(value) for name, value in values.items()})


def _error(**values: object) -> Verdict:
    return Verdict(Severity.ERROR, {name: str(value) for name, value in values.items()})


# --- the encoder and its way to us ---------------------------------------------------------------------------------


def encoder_missing(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    if not reading.on_air or (reading.connected and reading.began):
        return None
    return _warning() if reading.interlude else _error()


def stall(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    there = reading.connected and reading.began
    return _warning(seconds=round(reading.quiet_s)) if there and reading.quiet_s >= 2 else None


def second_encoder(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    return _warning(problem=reading.problem) if reading.second_encoder else None


def encoder_refused(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    return _error(problem=reading.problem) if reading.problem and not reading.second_encoder else None


def recording_fails(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    return _error(reason=reading.recording_problem) if reading.recording_problem else None


def upload_slow(reading: Reading, memory: Memory, _limits: Limits) -> Verdict | None:
    lag_s = memory.lag_s
    if lag_s < LAG_S:
        return None
    values = {"seconds": round(lag_s), "kbit": round(reading.video_kbit_s)}
    return _error(**values) if lag_s >= BAD_LAG_S else _warning(**values)


# --- picture --------------------------------------------------------------------------------------------------------


def picture_missing(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    return _error() if not reading.has_video or reading.video_quiet_s >= 3 else None


def black(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    look = reading.look
    return _warning() if look is not None and look.dark_share >= BLACK_SHARE else None


def blank(reading: Reading, memory: Memory, limits: Limits) -> Verdict | None:
    look = reading.look
    if look is None or black(reading, memory, limits) is not None:
        return None
    return _warning() if look.spread <= BLANK_SPREAD else None


def frozen(reading: Reading, memory: Memory, limits: Limits) -> Verdict | None:
    look = reading.look
    if look is None or black(reading, memory, limits) is not None or blank(reading, memory, limits) is not None:
        return None
    return _warning(seconds=round(look.still_s)) if look.still_s >= FROZEN_AFTER_S else None


def key_frames_rare(reading: Reading, _memory: Memory, limits: Limits) -> Verdict | None:
    gap_s = reading.key_gap_s
    if gap_s <= KEY_GAP_S:
        return None
    return _error(seconds=round(gap_s)) if gap_s > limits.target_s else _warning(seconds=round(gap_s))


def bitrate_collapse(reading: Reading, memory: Memory, _limits: Limits) -> Verdict | None:
    usual = memory.usual_kbit_s
    if usual is None or not reading.video_kbit_s or reading.video_kbit_s >= COLLAPSED_SHARE * usual:
        return None
    return _warning(kbit=round(reading.video_kbit_s), usual=round(usual))


def bitrate_high(_reading: Reading, memory: Memory, limits: Limits) -> Verdict | None:
    usual = memory.usual_kbit_s
    if usual is None or usual <= limits.video_kbit_s:
        return None
    return _warning(kbit=round(usual), limit=round(limits.video_kbit_s))


def fps_collapse(reading: Reading, memory: Memory, _limits: Limits) -> Verdict | None:
    usual = memory.usual_fps
    if usual is None or not reading.fps or reading.fps >= SLOW_SHARE * usual:
        return None
    return _warning(fps=round(reading.fps), usual=round(usual))


def b_frames(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    return Verdict(Severity.NOTICE) if reading.reordered else None


# --- sound ----------------------------------------------------------------------------------------------------------


def sound_missing(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    return _error() if not reading.has_audio or reading.audio_quiet_s >= 3 else None


def silence(reading: Reading, _memory: Memory, _limits: Limits) -> Verdict | None:
    level = reading.level
    if level is None or reading.interlude:
        return None
    return _warning() if level.peak_dbfs < SILENT_BELOW_DBFS else None


def quiet(reading: Reading, memory: Memory, _limits: Limits) -> Verdict | None:
    loudest = memory.loudest_dbfs
    if reading.level is None or loudest is None or not SILENT_BELOW_DBFS <= loudest < QUIET_BELOW_DBFS:
        return None
    return _warning(peak=round(loudest))


def clipping(reading: Reading, memory: Memory, _limits: Limits) -> Verdict | None:
    share = memory.clipped_share
    return _warning() if reading.level is not None and share is not None and share > CLIPPED_SHARE else None


# --- clocks ---------------------------------------------------------------------------------------------------------


def clock_drift(_reading: Reading, memory: Memory, _limits: Limits) -> Verdict | None:
    drift_s = memory.drift_s
    if drift_s is None or abs(drift_s) <= DRIFT_S or memory.lag_s >= LAG_S:
        return None
    return _warning(ms=round(abs(drift_s) * 1000))


def av_offset(reading: Reading, memory: Memory, _limits: Limits) -> Verdict | None:
    offset_s = memory.av_offset_s
    frame_s = 1 / reading.fps if reading.fps else 0.0  # the newest picture may be so old, and all is well
    if offset_s is None or abs(offset_s) <= OFFSET_S + frame_s:
        return None
    ms = round(abs(offset_s) * 1000)
    return _error(ms=ms) if abs(offset_s) >= BAD_OFFSET_S else _warning(ms=ms)


def timestamps_jump(_reading: Reading, memory: Memory, _limits: Limits) -> Verdict | None:
    if not memory.jumps_within(JUMPS_REMEMBERED_S):
        return None
    return _error() if memory.jumps_within(MANY_JUMPS_WITHIN_S) >= MANY_JUMPS else _warning()
