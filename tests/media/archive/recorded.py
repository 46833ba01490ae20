"""Recordings as the product makes them: packets through packager and writer, on a clock of their own."""

import functools
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from app.database import Database
from media.codec import clock_strip
from media.hls.muxer import Timing
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.packet import Codec, Kind, Packet, Tracks, VideoTrack
from media.record import store
from media.record.library import read_index
from media.record.recordings import Recordings
from media.record.timeline import RecordingIndex
from media.record.writer import WriterOptions
from tests.media.hls import feed

BEGAN = 1_700_000_000.0
STREAM = "sesja1"
Turn = tuple[float, Tracks, list[Packet]]
"""When the encoder came, what it sends, its packets."""


async def record(database: Database, folder: Path, *turns: Turn, when_ended=None) -> RecordingIndex:
    """Records turns one after another, ends, and returns the whole index."""
    now = [BEGAN]
    options = WriterOptions(folder, min_free_mib=0)
    recordings = Recordings(database, options, clock=lambda: now[0], when_ended=when_ended)
    await recordings.start(Timing())
    recorder = recordings.record(STREAM, Timing())
    packager = Packager(STREAM, Timing(), Bounds(), Start(), recorder, clock=lambda: now[0])
    for began, tracks, packets in turns:
        packager.on_tracks(tracks)
        for packet in packets:
            now[0] = BEGAN + began + packet.dts / 90_000
            packager.on_packet(packet)
        packager.on_pause()
    packager.on_end()
    await recordings.settle(STREAM)
    await recordings.stop()
    return await whole(database)


async def whole(database: Database) -> RecordingIndex:
    async with database.transaction(readonly=True) as tx:
        row = await store.recording(tx, STREAM)
        assert row is not None
        return await read_index(tx, row)


def clocked(seconds: float, gop: int = 50, fps: int = 25, size: tuple[int, int] = (640, 360)) -> Turn:
    """A picture whose clock strip tells its own time from `BEGAN` on, and a tone."""
    began_s, tracks, packets = _clocked(seconds, gop, fps, size)
    return began_s, tracks, list(packets)


@functools.cache
def _clocked(seconds: float, gop: int, fps: int, size: tuple[int, int]) -> Turn:
    """Encoded once: 24 s are a second of work."""
    width, height = size
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=0:threads=1"
    encoder.options = {"preset": "ultrafast", "x264-params": params, "flags": "+global_header"}
    packets = []
    for index in range(int(seconds * fps) + 1):
        last = index == int(seconds * fps)
        for packet in encoder.encode(None if last else _frame(index, fps, width, height)):
            units = [unit for unit in feed.annexb_units(bytes(packet)) if unit[0] & 0x1F in {1, 5, 6}]
            at = round(packet.pts * 90_000 / fps)
            packets.append(Packet(Kind.VIDEO, at, at, packet.is_keyframe, feed.avcc(units)))
    sps, pps = [unit for unit in feed.annexb_units(bytes(encoder.extradata)) if unit[0] & 0x1F in {7, 8}][:2]
    sets = b"\xff\xe1" + len(sps).to_bytes(2, "big") + sps + b"\x01" + len(pps).to_bytes(2, "big") + pps
    track = VideoTrack(Codec.H264, b"\x01" + sps[1:4] + sets, f"avc1.{sps[1:4].hex()}", width, height)
    sound, samples = feed.audio(seconds)
    return 0.0, Tracks(track, sound), feed.interleaved(tuple(packets), samples)


def at(began_s: float, turn: Turn) -> Turn:
    """The same, with the encoder coming at another moment."""
    return began_s, turn[1], turn[2]


def _frame(index: int, fps: int, width: int, height: int) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    stride = frame.planes[0].line_size
    bits = clock_strip.encode(round(BEGAN * 1000) + index * 1000 // fps)
    strip = bytes(235 if bits[x * clock_strip.BLOCKS // width] else 16 for x in range(width)) + bytes(stride - width)
    body = bytes((x // 8 * 8 + index) % 200 + 20 for x in range(stride))
    frame.planes[0].update(strip * (height // 2) + body * (height - height // 2))
    for plane in frame.planes[1:]:
        plane.update(b"\x80" * plane.buffer_size)
    frame.pts = index
    return frame


def read_clock(picture: Image.Image, row: int) -> float | None:
    """Seconds from `BEGAN` that a picture's clock strip says, read along a row."""
    grey = picture.convert("L")
    unix_ms = clock_strip.read_row([grey.getpixel((x, row)) for x in range(grey.width)])
    return None if unix_ms is None else unix_ms / 1000 - BEGAN
