"""Reads what was muxed with PyAV and a real ffmpeg: what is asserted is what a player would see."""

import io
import subprocess
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg

from media.hls.muxer import Init, Muxer, Part
from media.packet import Packet, Tracks


@dataclass
class Seen:
    """Times in seconds."""

    video: list[tuple[float, float, bool]] = field(default_factory=list)
    """dts, pts, key"""
    audio: list[tuple[float, float]] = field(default_factory=list)
    """pts, duration"""
    audio_data: list[bytes] = field(default_factory=list)


def mux(muxer: Muxer, tracks: Tracks, packets: list[Packet], began_at_s: float = 1_000_000.0) -> list[Init | Part]:
    """A publisher in real time: each packet arrives when its clock says so."""
    out = list(muxer.begin(tracks))
    for packet in packets:
        out += muxer.push(packet, began_at_s + packet.dts / 90_000)
    return [*out, *muxer.pause()]


def takes(out: list[Init | Part]) -> list[tuple[Init, list[Part]]]:
    found: list[tuple[Init, list[Part]]] = []
    for item in out:
        if isinstance(item, Init):
            found.append((item, []))
        else:
            assert item.take == found[-1][0].take
            found[-1][1].append(item)
    return found


def file_of(init: Init, parts: list[Part]) -> bytes:
    return init.data + b"".join(part.data for part in parts)


def read(data: bytes) -> Seen:
    seen = Seen()
    with av.open(io.BytesIO(data)) as container:
        for packet in container.demux():
            if packet.dts is None:
                continue
            base = packet.time_base
            if packet.stream.type == "video":
                seen.video.append((float(packet.dts * base), float(packet.pts * base), packet.is_keyframe))
            else:
                seen.audio.append((float(packet.pts * base), float(packet.duration * base)))
                seen.audio_data.append(bytes(packet))
    return seen


def decode(data: bytes, folder: Path) -> None:
    """A real ffmpeg decodes it all, and no fault is forgiven."""
    path = folder / "decode.mp4"
    path.write_bytes(data)
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b"", done.stderr.decode()


def check_parts(parts: list[Part], part_target_90k: int) -> None:
    """Parts lie one behind the other; each but a segment's last or an independent one is long enough."""
    for earlier, later in pairwise(parts):
        assert earlier.dts_90k + earlier.duration_90k == later.dts_90k
        if earlier.last:
            assert (later.msn, later.index) == (earlier.msn + 1, 0)
        else:
            assert (later.msn, later.index) == (earlier.msn, earlier.index + 1)
    for part in parts:
        assert 0 < part.duration_90k <= part_target_90k
        if not part.last and not part.independent:
            assert part.duration_90k >= 0.85 * part_target_90k
