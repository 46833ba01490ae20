"""What is found in a file before anything is decided, and what is decided. Travels as JSON between our processes."""

import msgspec

from media.packet import CLOCK_HZ


class StreamFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One stream of a file. Times in 1/90000 s on the file's own clock, read from every packet, not from a header.

    `codec` is FFmpeg's name of it, `config` the decoder configuration as the file holds it. `rotation` in degrees
    counter-clockwise, `pixel_shape` the width of a pixel over its height. `even`: every packet lasts `frame_samples`.
    """

    index: int
    kind: str
    """`video`, `audio` or `subtitle`."""
    codec: str
    config: bytes = b""
    language: str = ""
    default: bool = False
    cover: bool = False
    """A picture that belongs to sound, such as the cover of an album."""
    encrypted: bool = False
    width: int = 0
    height: int = 0
    rotation: int = 0
    pixel_shape: float = 1.0
    interlaced: bool = False
    rate_hz: int = 0
    channels: int = 0
    packets: int = 0
    frames: int = 0
    """How many of the first packets' frames could be decoded; 0: none can."""
    untimed: int = 0
    """Packets without a time of their own."""
    keys: int = 0
    begin_90k: int = 0
    end_90k: int = 0
    longest_gap_90k: int = 0
    """Most time from one packet to the next."""
    longest_key_gap_90k: int = 0
    frame_samples: int = 0
    even: bool = False


class Probe(msgspec.Struct, frozen=True):
    """A file as it was found. `claimed_90k`: how long its header says it is; 0 where it does not say."""

    format: str
    streams: tuple[StreamFacts, ...]
    claimed_90k: int = 0

    @property
    def begin_90k(self) -> int:
        return min((one.begin_90k for one in self._timed()), default=0)

    @property
    def duration_90k(self) -> int:
        return max((one.end_90k for one in self._timed()), default=0) - self.begin_90k

    @property
    def duration_s(self) -> float:
        return self.duration_90k / CLOCK_HZ

    def stream(self, index: int) -> StreamFacts:
        return next(one for one in self.streams if one.index == index)

    def _timed(self) -> list[StreamFacts]:
        return [one for one in self.streams if one.kind in {"video", "audio"} and one.packets and not one.cover]


class VideoPlan(msgspec.Struct, frozen=True):
    """What becomes of the picture. Copied, or encoded as H.264 of this size after turning and squaring its pixels."""

    index: int
    copied: bool
    width: int = 0
    height: int = 0
    rotation: int = 0
    interlaced: bool = False
    begin_90k: int = 0
    """The picture is shown from here on: a first frame that comes later is held back to it."""


class AudioPlan(msgspec.Struct, frozen=True):
    """What becomes of the sound. Copied, or encoded as AAC at 48 kHz."""

    index: int
    copied: bool
    channels: int = 2


class Plan(msgspec.Struct, frozen=True):
    """What is made of a file. `subtitles`: indexes of text tracks that become captions."""

    video: VideoPlan | None
    audio: AudioPlan | None
    subtitles: tuple[int, ...] = ()

    @property
    def encodes(self) -> bool:
        """Whether it costs more than reading and writing."""
        return (self.video is not None and not self.video.copied) or (self.audio is not None and not self.audio.copied)
