"""Sound at even loudness, as a file. Blocks, and belongs into a process of its own.

The gain is the same from beginning to end, so that quiet stays quieter than loud; a limiter keeps peaks below the
ceiling.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.audio.frame
import av.audio.stream
import av.error
import av.filter

from media.codec.loudness import RATE_HZ, Packet, decode, joined

CEILING_DB: Final = -1.5
"""Lossy codecs overshoot by about half a decibel: EBU R128 s2 asks for -1 dBTP of what people hear."""

MP3: Final = "libmp3lame"
FRAME_SAMPLES: Final = {"aac": 1024, MP3: 1152}


def has_mp3() -> bool:
    """Whether this build can write MP3."""
    return MP3 in av.codecs_available


def write_copy(packets: Iterable[Packet], gain_db: float, out: Path, codec: str, kbit: int) -> None:
    """`codec`: `aac` (in MP4, its index first) or `libmp3lame`."""
    options = {"movflags": "+faststart"} if codec == "aac" else {"id3v2_version": "3", "write_xing": "1"}
    with av.open(str(out), "w", format="mp4" if codec == "aac" else "mp3", options=options) as container:
        stream = container.add_stream(codec, rate=RATE_HZ, layout="stereo")
        assert isinstance(stream, av.audio.stream.AudioStream)
        stream.bit_rate = kbit * 1000
        for frame in joined(_levelled(packets, gain_db), FRAME_SAMPLES[codec]):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _levelled(packets: Iterable[Packet], gain_db: float) -> Iterator[av.audio.frame.AudioFrame]:
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="fltp", sample_rate=RATE_HZ, layout="stereo", time_base=Fraction(1, RATE_HZ))
    volume = graph.add("volume", f"{gain_db}dB")
    limiter = graph.add("alimiter", f"limit={10 ** (CEILING_DB / 20):.4f}:level=disabled:attack=5:release=50")
    shape = graph.add("aformat", f"sample_fmts=fltp:sample_rates={RATE_HZ}:channel_layouts=stereo")
    sink = graph.add("abuffersink")
    for earlier, later in ((source, volume), (volume, limiter), (limiter, shape), (shape, sink)):
        earlier.link_to(later)
    graph.configure()
    for frame in _ended(joined(decode(packets))):
        source.push(frame)
        while True:
            try:
                found = sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            assert isinstance(found, av.audio.frame.AudioFrame)
            yield found


def _ended(frames: Iterable[av.audio.frame.AudioFrame]) -> Iterator[av.audio.frame.AudioFrame | None]:
    """And then the word that there are no more."""
    yield from frames
    yield None
