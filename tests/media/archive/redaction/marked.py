"""What a movie shows and says: colours, clocks and loudness, decoded."""

import array
import math
from pathlib import Path

import av
import msgspec
from PIL import Image

from tests.media.archive import recorded


class Seen(msgspec.Struct):
    """A picture: when the file shows it, what its burnt-in clock says, and the picture."""

    at_s: float
    clock_s: float | None
    picture: Image.Image


def pictures(movie: bytes, folder: Path, row: int = 60) -> list[Seen]:
    path = folder / "seen.mp4"
    path.write_bytes(movie)
    with av.open(str(path)) as container:
        return [
            Seen(float(frame.pts * frame.time_base), recorded.read_clock(image := frame.to_image(), row), image)
            for frame in container.decode(video=0)
        ]


def loudness(movie: bytes, folder: Path, step_s: float = 0.1) -> dict[float, float]:
    """Root mean square of the sound by tenths of a second."""
    path = folder / "heard.mp4"
    path.write_bytes(movie)
    sums: dict[int, list[float]] = {}
    resampler = av.AudioResampler(format="flt", layout="mono", rate=48_000)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            begin = float(frame.pts * frame.time_base)
            for mono in resampler.resample(frame):
                samples = array.array("f", bytes(mono.planes[0])[: mono.samples * 4])
                for at in range(0, len(samples), 480):
                    block = samples[at : at + 480]
                    slot = int((begin + at / 48_000) / step_s)
                    sums.setdefault(slot, []).append(sum(one * one for one in block) / len(block))
    return {round(slot * step_s, 3): math.sqrt(sum(values) / len(values)) for slot, values in sorted(sums.items())}
