"""Sound of host and guest together: each laid onto the common clock in samples, added, coded. Of `mix`."""

from array import array
from collections import deque
from fractions import Fraction
from operator import add
from typing import Final

import av
import av.audio.codeccontext
import av.audio.resampler
import av.error
from av.codec.context import Flags

from media.headers import opus_head
from media.packet import CLOCK_HZ, AudioTrack, Codec

RATE_HZ: Final = 48_000
FRAME_SAMPLES: Final = 1024
TICKS_A_SAMPLE: Final = Fraction(CLOCK_HZ, RATE_HZ)
STEADY_SAMPLES: Final = RATE_HZ // 10
"""Sound whose time differs from the count of samples by less is taken for shaking."""

MOST_SAMPLES: Final = 4 * RATE_HZ
SILENCE: Final = array("h", bytes(FRAME_SAMPLES * 4))


class SoundLane:
    """A source's sound in samples of the common clock."""

    def __init__(self, track: AudioTrack) -> None:
        decoder = av.CodecContext.create("opus" if track.codec is Codec.OPUS else "aac", "r")
        assert isinstance(decoder, av.audio.codeccontext.AudioCodecContext)
        decoder.extradata = opus_head(track.config) if track.codec is Codec.OPUS else track.config
        self._decoder = decoder
        self._resampler = av.audio.resampler.AudioResampler(format="s16", layout="stereo", rate=RATE_HZ)
        self._pieces: deque[tuple[int, array[int]]] = deque()
        """Where each begins, and its samples: left, right, left …"""
        self._kept = 0
        self._end: int | None = None

    def feed(self, data: bytes, at: int) -> None:
        """`at`: where its first sample stands on the common clock. What cannot be decoded is silence."""
        try:
            frames = self._decoder.decode(av.Packet(data))
        except av.error.FFmpegError:
            return
        for frame in frames:
            frame.pts = None
            for even in self._resampler.resample(frame):
                samples = array("h", bytes(even.planes[0])[: even.samples * 4])
                self._put(samples, round(at / TICKS_A_SAMPLE))

    def _put(self, samples: "array[int]", start: int) -> None:
        if self._end is not None and abs(start - self._end) < STEADY_SAMPLES:
            start = self._end
        self._pieces.append((start, samples))
        self._end = start + len(samples) // 2
        self._kept += len(samples) // 2
        while self._kept > MOST_SAMPLES:
            self._kept -= len(self._pieces.popleft()[1]) // 2

    def frame(self, start: int) -> "array[int] | None":
        """The frame from sample `start` on, None for silence; what lies before it is over."""
        end = start + FRAME_SAMPLES
        while self._pieces and self._pieces[0][0] + len(self._pieces[0][1]) // 2 <= start:
            self._kept -= len(self._pieces.popleft()[1]) // 2
        found = None
        for begin, samples in self._pieces:
            low, high = max(begin, start), min(begin + len(samples) // 2, end)
            if low < high:
                found = found or array("h", bytes(FRAME_SAMPLES * 4))
                found[2 * (low - start) : 2 * (high - start)] = samples[2 * (low - begin) : 2 * (high - begin)]
        return found


def mixed(first: "array[int]", second: "array[int]") -> "array[int]":
    """Both together; what is too loud is cut at the loudest."""
    try:
        return array("h", map(add, first, second))
    except OverflowError:
        return array("h", [max(-32768, min(32767, one + other)) for one, other in zip(first, second, strict=True)])


def audio_encoder() -> av.audio.codeccontext.AudioCodecContext:
    codec = av.CodecContext.create("aac", "w")
    assert isinstance(codec, av.audio.codeccontext.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = RATE_HZ, "stereo", "fltp"
    codec.bit_rate = 128_000
    codec.time_base = Fraction(1, RATE_HZ)
    codec.flags |= Flags.global_header
    codec.open()
    return codec
