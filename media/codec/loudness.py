"""Loudness after EBU R128 and a waveform's peaks, in one pass over a recording's sound.

Everything here blocks, and belongs into a process of its own. Sound comes as packets of takes, whose parameters may
differ; what comes out is 48 kHz.
"""

import math
import struct
from array import array
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

import av
import av.audio.frame
import av.audio.resampler
import av.error
import av.filter
import msgspec

from media.packet import AudioTrack, Codec

RATE_HZ: Final = 48_000
SILENCE_LUFS: Final = -70.0
"""EBU R128's gate: nothing softer is counted, so nothing is said of it."""
POINTS_PER_S: Final = 2
PEAK_RATE_HZ: Final = 8_000
"""Peaks of the waveform are looked for at this rate: a sixth of the work."""
BLOCK_SAMPLES: Final = 4800
"""Frames are joined to a tenth of a second before filters see them: less work a frame."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """A coded frame of sound; `at_samples` on the recording's timeline, at the track's rate."""

    track: AudioTrack
    at_samples: int
    data: bytes


class Measured(msgspec.Struct, frozen=True):
    """Integrated loudness in LUFS (None: silence), range in LU, true peak in dBTP; peaks in percent of full scale."""

    integrated_lufs: float | None
    range_lu: float
    true_peak_dbtp: float
    peaks: list[int]


def decode(packets: Iterable[Packet]) -> Iterator[av.audio.frame.AudioFrame]:
    """48 kHz stereo float, without holes: silence stands where packets are missing or cannot be decoded."""
    decoder: _Decoder | None = None
    position = 0
    for packet in packets:
        if decoder is None or decoder.track != packet.track:
            decoder = _Decoder(packet.track)
        due = packet.at_samples * RATE_HZ // packet.track.sample_rate
        missing = due - position
        if missing > RATE_HZ // 20:
            for silent in _silence(missing):
                position += silent.samples
                yield silent
        for frame in decoder.decode(packet.data):
            position += frame.samples
            yield frame


class _Decoder:
    def __init__(self, track: AudioTrack) -> None:
        self.track = track
        self._context = av.CodecContext.create("opus" if track.codec is Codec.OPUS else "aac", "r")
        self._context.extradata = opus_head(track.config) if track.codec is Codec.OPUS else track.config
        self._resampler = av.audio.resampler.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)

    def decode(self, data: bytes) -> list[av.audio.frame.AudioFrame]:
        try:
            return [
                resampled
                for frame in self._context.decode(av.Packet(data))
                for resampled in self._resampler.resample(_untimed(frame))
            ]
        except av.error.FFmpegError:
            return []


def _untimed(frame: av.audio.frame.AudioFrame) -> av.audio.frame.AudioFrame:
    frame.pts = None
    return frame


def opus_head(config: bytes) -> bytes:
    """The OpusHead packet (RFC 7845 §5.1) of a dOps body: the same fields, little-endian."""
    _, channels, pre_skip, rate, gain, family = struct.unpack_from(">BBHIhB", config)
    return b"OpusHead" + struct.pack("<BBHIhB", 1, channels, pre_skip, rate, gain, family) + config[11:]


def _silence(samples: int) -> Iterator[av.audio.frame.AudioFrame]:
    while samples > 0:
        count = min(samples, RATE_HZ)
        frame = av.AudioFrame("fltp", "stereo", count)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = RATE_HZ
        samples -= count
        yield frame


def measure(packets: Iterable[Packet]) -> Measured:
    """One pass: loudness and waveform."""
    return measure_frames(decode(packets))


def measure_frames(frames: Iterable[av.audio.frame.AudioFrame]) -> Measured:
    """The same of decoded sound: 48 kHz stereo float."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="fltp", sample_rate=RATE_HZ, layout="stereo", time_base=Fraction(1, RATE_HZ))
    meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    waveform = Waveform()
    said: dict[str, str] = {}

    def drain() -> None:
        while True:
            try:
                found = sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            said.update(found.metadata)

    for frame in joined(frames):
        waveform.add(frame)
        source.push(frame)
        drain()
    source.push(None)
    drain()
    integrated = float(said.get("lavfi.r128.I", SILENCE_LUFS))
    peaks = [float(value) for name, value in said.items() if name.startswith("lavfi.r128.true_peaks_ch")]
    peak = max(peaks, default=0.0)
    return Measured(
        integrated_lufs=round(integrated, 1) if math.isfinite(integrated) and integrated > SILENCE_LUFS else None,
        range_lu=round(float(said.get("lavfi.r128.LRA", 0.0)), 1),
        true_peak_dbtp=round(20 * math.log10(peak), 1) if peak > 0 else -96.0,
        peaks=waveform.finish(),
    )


class Waveform:
    """Greatest amplitude of each half second, in percent."""

    def __init__(self) -> None:
        self._resampler = av.audio.resampler.AudioResampler(format="s16", layout="mono", rate=PEAK_RATE_HZ)
        self._samples: array[int] = array("h")
        self._peaks: list[int] = []

    def add(self, frame: av.audio.frame.AudioFrame) -> None:
        for small in self._resampler.resample(frame):
            self._samples.frombytes(bytes(small.planes[0])[: small.samples * 2])
        step = PEAK_RATE_HZ // POINTS_PER_S
        while len(self._samples) >= step:
            self._peaks.append(_percent(self._samples[:step]))
            del self._samples[:step]

    def finish(self) -> list[int]:
        if self._samples:
            self._peaks.append(_percent(self._samples))
            self._samples = array("h")
        return self._peaks


def _percent(samples: "array[int]") -> int:
    highest, lowest = max(samples), min(samples)
    return min(100, round(max(highest, -lowest) * 100 / 32768))


def joined(
    frames: Iterable[av.audio.frame.AudioFrame], samples: int = BLOCK_SAMPLES
) -> Iterator[av.audio.frame.AudioFrame]:
    """The same sound in frames of so many samples (the last one is shorter), with times that count samples."""
    fifo = av.AudioFifo()
    position = 0
    for frame in frames:
        frame.pts = None
        fifo.write(frame)
        while (block := fifo.read(samples)) is not None:
            yield timed(block, position)
            position += block.samples
    rest = fifo.read(0, partial=True)
    if rest is not None:
        yield timed(rest, position)


def timed(frame: av.audio.frame.AudioFrame, position: int) -> av.audio.frame.AudioFrame:
    frame.pts, frame.time_base, frame.sample_rate = position, Fraction(1, RATE_HZ), RATE_HZ
    return frame
