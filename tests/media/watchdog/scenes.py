"""What cameras and microphones send on a bad day, encoded by real encoders."""

import math
from array import array
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from random import Random

import av

from media.codec.picture import Picture
from media.codec.voice import speech_loop
from media.headers import aac_track, h264_track
from media.packet import AudioTrack, Kind, Packet, VideoTrack
from tests.media.hls.feed import annexb_units, avcc

WIDTH, HEIGHT, FPS, KEY_EACH = 640, 360, 10, 20
RATE_HZ = 48_000


def _flat(luma: int) -> Callable[[int, int], bytes]:
    return lambda _frame, stride: bytes([luma]) * (stride * HEIGHT)


def _chamber(frame: int, stride: int, *, moves: bool) -> bytes:
    return _painter(stride).planes(frame * 100 if moves else 0, "3. Budget")[0]


@cache
def _painter(stride: int) -> Picture:
    return Picture(WIDTH, HEIGHT, stride, "Chamber", None)


def _dark_but_not_black(frame: int, stride: int) -> bytes:
    """A dim room with one lamp, in which somebody walks."""
    rows = bytearray(bytes([22]) * (stride * HEIGHT))
    for row in range(100, 190):
        rows[row * stride + 300 : row * stride + 380] = b"\xb0" * 80
        left = 40 + frame * 3 % 200
        rows[row * stride + left : row * stride + left + 50] = b"\x40" * 50
    return bytes(rows)


def _grain(frame: int, stride: int) -> bytes:
    """A still room through a noisy sensor: nothing in it moves. Seven kinds of noise, in turn."""
    return _noisy(frame % 7, stride)


@cache
def _noisy(frame: int, stride: int) -> bytes:
    still = _chamber(0, stride, moves=False)
    noise = Random(frame).randbytes(len(still))
    return bytes(min(235, max(16, value + (grain & 7) - 4)) for value, grain in zip(still, noise, strict=True))


SCENES: dict[str, Callable[[int, int], bytes]] = {
    "black": _flat(16),
    "nearly black": _flat(24),
    "one colour": _flat(90),
    "frozen": lambda frame, stride: _chamber(frame, stride, moves=False),
    "grain": _grain,
    "moving": lambda frame, stride: _chamber(frame, stride, moves=True),
    "dim": _dark_but_not_black,
}


@cache
def video(scene: str, seconds: int) -> tuple[VideoTrack, tuple[Packet, ...]]:
    """A key frame each 2 s; H.264 at 800 kbit/s."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.bit_rate = 800_000
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x264-params": f"keyint={KEY_EACH}:min-keyint={KEY_EACH}:scenecut=0:threads=1",
        "flags": "+global_header",
    }
    packets = []
    for number in range(seconds * FPS + 1):
        frame = None
        if number < seconds * FPS:
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            frame.planes[0].update(SCENES[scene](number, frame.planes[0].line_size))
            for plane in frame.planes[1:]:
                plane.update(b"\x80" * plane.buffer_size)
            frame.pts = number
        for packet in encoder.encode(frame):
            units = [unit for unit in annexb_units(bytes(packet)) if unit[0] & 0x1F in {1, 5}]
            dts = round(packet.dts * 90_000 / FPS)
            packets.append(Packet(Kind.VIDEO, dts, dts, packet.is_keyframe, avcc(units)))
    sps, pps = [unit for unit in annexb_units(bytes(encoder.extradata)) if unit[0] & 0x1F in {7, 8}][:2]
    config = b"\x01" + sps[1:4] + b"\xff\xe1" + len(sps).to_bytes(2, "big") + sps
    config += b"\x01" + len(pps).to_bytes(2, "big") + pps
    return h264_track(config), tuple(packets)


def _sine(loudness: float) -> Callable[[int], float]:
    return lambda at: max(-1.0, min(1.0, loudness * math.sin(2 * math.pi * 300 * at / RATE_HZ)))


@cache
def _speech() -> array:
    return speech_loop()


def _hiss(loudness: float) -> Callable[[int], float]:
    random = Random(1)
    return lambda _at: loudness * (2 * random.random() - 1)


SOUNDS: dict[str, Callable[[int], float]] = {
    "silence": lambda _at: 0.0,
    "hiss of an open line": _hiss(10 ** (-62 / 20)),
    "speech": lambda at: _speech()[at % len(_speech())],
    "far too loud": lambda at: max(-1.0, min(1.0, 12 * _speech()[at % len(_speech())])),
    "far too soft": lambda at: 0.02 * _speech()[at % len(_speech())],
    "loud tone, undistorted": _sine(0.9),
}


@cache
def audio(name: str, seconds: int) -> tuple[AudioTrack, tuple[Packet, ...]]:
    """AAC, mono, 96 kbit/s."""
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "fltp"
    encoder.time_base = Fraction(1, RATE_HZ)
    encoder.bit_rate = 96_000
    encoder.flags |= 1 << 22  # global header
    encoder.open()
    value = SOUNDS[name]
    packets = []
    for begin in range(0, seconds * RATE_HZ, 1024):
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.planes[0].update(array("f", (value(at) for at in range(begin, begin + 1024))).tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, begin, Fraction(1, RATE_HZ)
        for packet in encoder.encode(frame):
            at = round(max(packet.pts, 0) * 1000 / RATE_HZ) * 90
            packets.append(Packet(Kind.AUDIO, at, at, key=True, data=bytes(packet)))
    return aac_track(bytes(encoder.extradata)), tuple(packets)
