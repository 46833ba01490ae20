"""Streams made by real encoders: packets as a publisher would push them."""

import array
import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import av

from media.packet import AudioTrack, Codec, Kind, Packet, Tracks, VideoTrack


def annexb_units(data: bytes) -> list[bytes]:
    """NAL units of a byte stream (ISO 14496-10 Annex B)."""
    marks = []
    at = data.find(b"\x00\x00\x01")
    while at >= 0:
        marks.append(at)
        at = data.find(b"\x00\x00\x01", at + 3)
    ends = [*marks[1:], len(data)]
    return [data[begin + 3 : end].rstrip(b"\x00") for begin, end in zip(marks, ends, strict=True)]


def avcc(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


@cache
def video(
    seconds: float = 6, fps: int = 25, gop: int = 50, b_frames: int = 0, width: int = 320, height: int = 180
) -> tuple[VideoTrack, tuple[Packet, ...]]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    encoder.options = {
        "preset": "ultrafast" if not b_frames else "veryfast",
        "g": str(gop),
        "bf": str(b_frames),
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=0:threads=1",
        "flags": "+global_header",
    }
    frames = []
    for index in range(int(seconds * fps)):
        frame = av.VideoFrame(width, height, "yuv420p")
        stripes = bytes((column + index * 4) % 256 for column in range(frame.planes[0].line_size))
        frame.planes[0].update(stripes * height)
        for plane in frame.planes[1:]:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts = index
        frames.append(frame)
    packets = []
    for frame in itertools.chain(frames, [None]):
        for packet in encoder.encode(frame):
            units = [unit for unit in annexb_units(bytes(packet)) if unit[0] & 0x1F in {1, 5, 6}]
            dts, pts = round(packet.dts * 90_000 / fps), round(packet.pts * 90_000 / fps)
            packets.append(Packet(Kind.VIDEO, dts, pts, packet.is_keyframe, avcc(units)))
    sps, pps = [unit for unit in annexb_units(bytes(encoder.extradata)) if unit[0] & 0x1F in {7, 8}][:2]
    config = b"".join(
        (
            *(b"\x01", sps[1:4], b"\xff\xe1", len(sps).to_bytes(2, "big"), sps),
            *(b"\x01", len(pps).to_bytes(2, "big"), pps),
        )
    )
    if sps[1] >= 100:
        config += b"\xfd\xf8\xf8\x00"
    first = min(packet.dts for packet in packets)
    shifted = tuple(Packet(p.kind, p.dts - first, p.pts - first, p.key, p.data) for p in packets)
    return VideoTrack(Codec.H264, config, f"avc1.{sps[1:4].hex()}", width, height), shifted


@cache
def audio(
    seconds: float = 6, rate: int = 48_000, channels: int = 2, hz: float = 440
) -> tuple[AudioTrack, tuple[Packet, ...]]:
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, "stereo" if channels == 2 else "mono", "fltp"
    encoder.time_base = Fraction(1, rate)
    encoder.bit_rate = 96_000
    encoder.open()
    packets = []
    total = int(seconds * rate)
    for begin in range(0, total, 1024):
        tone = array.array("f", (0.3 * math.sin(2 * math.pi * hz * n / rate) for n in range(begin, begin + 1024)))
        frame = av.AudioFrame(format="fltp", layout=encoder.layout.name, samples=1024)
        for plane in frame.planes:
            plane.update(tone.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
        for packet in encoder.encode(frame):
            at = round(max(packet.pts, 0) * 1000 / rate) * 90  # RTMP's whole milliseconds
            packets.append(Packet(Kind.AUDIO, at, at, key=True, data=bytes(packet)))
    track = AudioTrack(Codec.AAC, bytes(encoder.extradata), "mp4a.40.2", rate, channels, 1024)
    return track, tuple(packets)


def interleaved(*streams: tuple[Packet, ...]) -> list[Packet]:
    return sorted(itertools.chain(*streams), key=lambda packet: packet.dts)


def shifted(packets: list[Packet] | tuple[Packet, ...], ticks: int) -> list[Packet]:
    return [Packet(p.kind, p.dts + ticks, p.pts + ticks, p.key, p.data) for p in packets]


def both(seconds: float = 6, **options: int) -> tuple[Tracks, list[Packet]]:
    picture, frames = video(seconds, **options)
    sound, samples = audio(seconds)
    return Tracks(picture, sound), interleaved(frames, samples)


def looped(packets: list[Packet], period_90k: int) -> Iterator[Packet]:
    """The same packets for ever, each round `period_90k` later."""
    for turn in itertools.count():
        yield from shifted(packets, turn * period_90k)
