"""Sound as recognisers of speech want it: 16 kHz, one channel, 16 bits. Blocks; belongs into a process of its own."""

from collections.abc import Iterable, Iterator
from typing import Final

import av
import av.audio.frame
import av.audio.resampler

from media.codec.loudness import Packet, decode

SPEECH_RATE_HZ: Final = 16_000


def speech_pcm(packets: Iterable[Packet]) -> Iterator[bytes]:
    """Little-endian samples without holes, from second 0 of the recording on."""
    return speech_samples(decode(packets))


def speech_samples(frames: Iterable[av.audio.frame.AudioFrame]) -> Iterator[bytes]:
    """The same of decoded sound."""
    resampler = av.audio.resampler.AudioResampler(format="s16", layout="mono", rate=SPEECH_RATE_HZ)
    for frame in frames:
        frame.pts = None
        for out in resampler.resample(frame):
            yield bytes(out.planes[0])[: out.samples * 2]
    for out in resampler.resample(None):
        yield bytes(out.planes[0])[: out.samples * 2]
