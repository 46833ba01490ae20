"""One second of a stream in numbers: all that the rules know."""

import msgspec

from media.codec.level import Level
from media.codec.look import Look


class Reading(msgspec.Struct, frozen=True):
    """`at_s` counts on any steady clock, the same in all readings of a stream."""

    at_s: float
    on_air: bool = True
    interlude: bool = False
    """Viewers are shown a slate that somebody asked for: a break, or a part that is closed to the public."""
    connected: bool = True
    """An encoder is there."""
    began: bool = True
    """It has sent something."""
    publication: int = 0
    """Another number than before: another encoder, or the same that began anew. Its clock is another one."""
    quiet_s: float = 0.0
    """Since its last packet, of whatever kind."""
    has_video: bool = True
    has_audio: bool = True
    video_quiet_s: float = 0.0
    audio_quiet_s: float = 0.0
    fps: float = 0.0
    """0: not known yet."""
    video_kbit_s: float = 0.0
    key_gap_s: float = 0.0
    """The longer of: between the last two key frames, and since the last one; in the encoder's time."""
    reordered: bool = False
    """Pictures are not sent in the order in which they are shown."""
    lag_s: float | None = None
    """Our clock minus the encoder's, of the packet that was least late in this second; only changes mean anything."""
    av_offset_s: float = 0.0
    """How far the newest sound is ahead of the newest picture, in their time stamps."""
    clock_stood: bool = False
    """Pictures came and their time stamps did not move."""
    jumps: int = 0
    """How often the time stamps jumped since the encoder's clock began."""
    level: Level | None = None
    look: Look | None = None
    recording_problem: str = ""
    """Why recording fails now."""
    problem: str = ""
    """Why an encoder was turned away within the last half minute."""
    second_encoder: bool = False
    """`problem` is that another encoder tried to send."""
