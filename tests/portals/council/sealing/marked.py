"""An encoder whose picture and sound say which part of a session they belong to: a colour and a tone a part."""

import array
import asyncio
import math
import random
import time
from fractions import Fraction

import av

from media.packet import AudioTrack, Codec, Kind, Packet, Tracks, VideoTrack
from tests.media.hls import feed

FPS, RATE = 25, 48_000
PARTS = {"open": ((0, 0, 255), 440.0), "closed": ((255, 0, 255), 1000.0), "again": ((0, 200, 0), 440.0)}


def coded(part: str, seconds: float, begin_s: float) -> tuple[Tracks, list[Packet]]:
    """Packets of one part, `begin_s` after the first part's beginning. Noise makes each frame's bytes its own."""
    colour, hz = PARTS[part]
    seed = len(part) + int(begin_s)
    track, frames = _video(colour, seconds, seed)
    sound, samples = _audio(hz, seconds, seed)
    packets = feed.shifted(feed.interleaved(frames, samples), round(begin_s * 90_000))
    return Tracks(track, sound), packets


def _video(colour: tuple[int, int, int], seconds: float, seed: int) -> tuple[VideoTrack, tuple[Packet, ...]]:
    noise = random.Random(seed)
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    params = "keyint=25:min-keyint=25:scenecut=0:repeat-headers=0:threads=1"
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "18", "x264-params": params}
    encoder.options |= {"flags": "+global_header"}
    y, u, v = _yuv(colour)
    packets = []
    for index in range(int(seconds * FPS)):
        frame = av.VideoFrame(320, 180, "yuv420p")
        luma = bytearray(bytes((y,)) * frame.planes[0].buffer_size)
        stride = frame.planes[0].line_size
        for row in range(140, 172):  # a strip of noise; the rest is the part's colour
            luma[row * stride : row * stride + 320] = noise.randbytes(320)
        for plane, data in zip(frame.planes, (bytes(luma), bytes((u,)), bytes((v,))), strict=True):
            plane.update(data if len(data) > 1 else data * plane.buffer_size)
        frame.pts = index
        for packet in encoder.encode(frame):
            units = [unit for unit in feed.annexb_units(bytes(packet)) if unit[0] & 0x1F in {1, 5}]
            at = round(packet.pts * 90_000 / FPS)
            packets.append(Packet(Kind.VIDEO, at, at, packet.is_keyframe, feed.avcc(units)))
    sps, pps = [unit for unit in feed.annexb_units(bytes(encoder.extradata)) if unit[0] & 0x1F in {7, 8}][:2]
    sets = b"\xff\xe1" + len(sps).to_bytes(2, "big") + sps + b"\x01" + len(pps).to_bytes(2, "big") + pps
    return VideoTrack(Codec.H264, b"\x01" + sps[1:4] + sets, f"avc1.{sps[1:4].hex()}", 320, 180), tuple(packets)


def _audio(hz: float, seconds: float, seed: int) -> tuple[AudioTrack, tuple[Packet, ...]]:
    """A tone over a little noise."""
    noise = random.Random(seed)
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "fltp"
    encoder.time_base, encoder.bit_rate = Fraction(1, RATE), 128_000
    encoder.open()
    packets = []
    for begin in range(0, int(seconds * RATE), 1024):
        turn = 2 * math.pi * hz / RATE
        wave = [0.3 * math.sin(turn * n) + 0.02 * (noise.random() - 0.5) for n in range(begin, begin + 1024)]
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
        for plane in frame.planes:
            plane.update(array.array("f", wave).tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, begin, Fraction(1, RATE)
        for packet in encoder.encode(frame):
            at = round(max(packet.pts, 0) * 1000 / RATE) * 90
            packets.append(Packet(Kind.AUDIO, at, at, key=True, data=bytes(packet)))
    return AudioTrack(Codec.AAC, bytes(encoder.extradata), "mp4a.40.2", RATE, 2, 1024), tuple(packets)


def _yuv(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    frame = av.VideoFrame(16, 16, "rgb24")
    frame.planes[0].update(
        bytes(colour) * 16 * (frame.planes[0].line_size // 3) + bytes(frame.planes[0].line_size % 3 * 16)
    )
    plain = frame.reformat(format="yuv420p")
    return tuple(bytes(plane)[0] for plane in plain.planes)  # type: ignore[return-value]


def prints(packets: list[Packet]) -> list[bytes]:
    """A piece of each frame's bytes by which it is known again."""
    return [one.data[len(one.data) // 2 :][:24] for one in packets if len(one.data) >= 96]


def found(prints_of_part: list[bytes], blob: bytes) -> int:
    return sum(one in blob for one in prints_of_part)


class Encoder:
    def close(self, reason: str) -> None:
        pass


async def play(stream, packets: list[Packet], began: float) -> None:
    """Each packet at its moment, counted from `began` (monotonic)."""
    for packet in packets:
        wait = began + packet.dts / 90_000 - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        stream.push(packet)


def tones(movie_path: str) -> dict[float, float]:
    """How loud each part's tone is in a file, as its greatest share of a tenth of a second."""
    most = dict.fromkeys((440.0, 1000.0), 0.0)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    samples = array.array("f")
    with av.open(movie_path) as container:
        for frame in container.decode(audio=0):
            for mono in resampler.resample(frame):
                samples.frombytes(bytes(mono.planes[0])[: mono.samples * 4])
    block = RATE // 10
    for at in range(0, len(samples) - block, block):
        for hz in most:
            most[hz] = max(most[hz], _share(samples[at : at + block], hz))
    return most


def _share(block: "array.array[float]", hz: float) -> float:
    """Goertzel: the amplitude of one frequency."""
    turn = 2 * math.cos(2 * math.pi * hz / RATE)
    before = last = 0.0
    for one in block:
        before, last = last, one + turn * last - before
    power = before * before + last * last - turn * before * last
    return math.sqrt(max(power, 0.0)) * 2 / len(block)
