"""Decodes a span of a picture, makes parts of it unreadable and encodes it anew. Blocks; belongs into a process.

Nothing of what stood there is left: a blurred area is cut into a few large fields, each of one colour, which is the
average of what was there; a black one is black.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

import av
import av.error
import av.video.frame
import msgspec

from media.headers.annexb import annexb_units, h264_record, with_lengths
from media.packet import CLOCK_HZ, Codec, VideoTrack

FIELDS: Final = 6
"""A blurred area has so many fields along its longer side …"""
LEAST_FIELD: Final = 16
"""… but none smaller than so many pixels."""
SAMPLE_EVERY: Final = 4
"""Pixels of a field that count for its colour: one in so many, each way."""

DECODERS: Final = {Codec.H264: "h264", Codec.HEVC: "hevc", Codec.AV1: "libdav1d", Codec.VP9: "vp9"}
PROFILES: Final = {66: "baseline", 77: "main"}
"""By the avcC record's second byte; others become `high`."""
PICTURE_UNITS: Final = frozenset({1, 5})
TELL_EVERY: Final = 25


class Sample(msgspec.Struct, frozen=True, gc=False):
    """A coded frame that is shown at `at`, in 1/90000 s. In decoding order when it comes, in order of time after."""

    at: int
    key: bool
    data: bytes


class Painting(msgspec.Struct, frozen=True):
    """What is painted from one moment to another. `area`: left, top, width, height as shares of the picture."""

    begin: int
    end: int
    black: bool
    area: tuple[float, float, float, float]


class Repainted(msgspec.Struct, frozen=True):
    """`config`: an avcC record of `sps` and `pps` alone."""

    config: bytes
    sps: bytes
    pps: bytes
    samples: list[Sample]


def repaint(
    track: VideoTrack,
    samples: Sequence[Sample],
    paintings: Sequence[Painting],
    keys_at: Sequence[int],
    set_id: int,
    tell: Callable[[float], None],
) -> Repainted:
    """As many frames as came, with an IDR at the first frame at or after each of `keys_at`.

    `set_id` numbers the parameter sets. Raises ValueError where the span cannot be decoded whole.
    """
    decoder = av.CodecContext.create(DECODERS[track.codec], "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.extradata = track.config
    decoder.thread_count = 1
    encoder = _encoder(track, set_id)
    waiting, times = sorted(keys_at), sorted(sample.at for sample in samples)
    made: list[Sample] = []
    decoded = 0
    try:
        for count, sample in enumerate([*samples, None]):
            for frame in decoder.decode(_packet(sample) if sample is not None else None):
                assert isinstance(frame, av.VideoFrame)
                assert frame.pts is not None
                decoded += 1
                forced = bool(waiting) and frame.pts >= waiting[0]
                while waiting and frame.pts >= waiting[0]:
                    waiting.pop(0)
                place = bisect_right(times, frame.pts)
                until = times[place] if place < len(times) else math.inf
                now = [one for one in paintings if one.begin < until and frame.pts < one.end]
                made.extend(map(_sample, encoder.encode(_painted(frame, now, track, forced=forced))))
            if count % TELL_EVERY == 0:
                tell(count / max(len(samples), 1))
        made += [_sample(packet) for packet in encoder.encode(None)]
    except av.error.FFmpegError as problem:
        raise ValueError(f"this span cannot be decoded: {problem}") from problem
    if decoded != len(samples) or len(made) != decoded:
        raise ValueError(f"of {len(samples)} pictures {decoded} could be decoded and {len(made)} encoded")
    sets = {unit[0] & 0x1F: unit for unit in annexb_units(bytes(encoder.extradata or b"")) if unit}
    if 7 not in sets or 8 not in sets:
        raise ValueError("the encoder gave no parameter sets")
    return Repainted(h264_record([sets[7], sets[8]]), sets[7], sets[8], made)


def _packet(sample: Sample) -> "av.Packet[Any]":
    packet = av.Packet(sample.data)
    packet.pts, packet.time_base = sample.at, Fraction(1, CLOCK_HZ)
    packet.is_keyframe = sample.key
    return packet


def _sample(packet: "av.Packet[Any]") -> Sample:
    assert packet.pts is not None
    units = annexb_units(bytes(packet))
    data = with_lengths([unit for unit in units if unit and unit[0] & 0x1F in PICTURE_UNITS])
    return Sample(packet.pts, bool(packet.is_keyframe), data)


def _encoder(track: VideoTrack, set_id: int) -> av.VideoCodecContext:
    """Without B-frames, so that the order of time is the order of bytes; `stitchable`: its headers depend on nothing
    of the picture, so that two spans of one take have the same ones.
    """
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = track.width, track.height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, CLOCK_HZ), Fraction(30)
    encoder.thread_count = 1
    parameters = f"force-cfr=1:repeat-headers=0:stitchable=1:sps-id={set_id}:keyint=infinite:scenecut=0:threads=1"
    profile = PROFILES.get(track.config[1], "high") if track.codec is Codec.H264 else "high"
    encoder.options = {
        "preset": "veryfast",
        "tune": "zerolatency",
        "profile": profile,
        "crf": "20",
        "bf": "0",
        "forced-idr": "1",
        "flags": "+global_header",
        "x264-params": parameters,
    }
    encoder.open()
    return encoder


def _painted(frame: av.VideoFrame, now: Sequence[Painting], track: VideoTrack, *, forced: bool) -> av.VideoFrame:
    """A copy: the decoder still looks at its own frames."""
    plain = frame.reformat(format="yuv420p")
    copy = av.VideoFrame(track.width, track.height, "yuv420p")
    for place, (source, target) in enumerate(zip(plain.planes, copy.planes, strict=True)):
        rows = Plane(bytes(source), source.line_size, target.width, target.height)
        for painting in now:
            box = pixels(painting.area, target.width, target.height)
            if painting.black:
                full = plain.color_range == FULL_RANGE
                rows.fill(box, (0 if full else 16) if place == 0 else 128)
            else:
                rows.smear(box, LEAST_FIELD if place == 0 else LEAST_FIELD // 2)
        target.update(rows.padded(target.line_size))
    copy.pts, copy.time_base = frame.pts, Fraction(1, CLOCK_HZ)
    copy.pict_type = av.video.frame.PictureType.I if forced else av.video.frame.PictureType.NONE
    return copy


FULL_RANGE: Final = 2
"""AVCOL_RANGE_JPEG."""
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of a plane."""


def pixels(area: tuple[float, float, float, float], width: int, height: int) -> Box:
    """Whole pixels, rather one more than one less."""
    left, top, across, down = area
    return (
        max(int(left * width) - 1, 0) if left > 0 else 0,
        max(int(top * height) - 1, 0) if top > 0 else 0,
        min(int((left + across) * width) + 2, width),
        min(int((top + down) * height) + 2, height),
    )


class Plane:
    """One plane of a picture, a byte a sample."""

    def __init__(self, data: bytes, stride: int, width: int, height: int) -> None:
        self.width = width
        self.rows = [bytearray(data[row * stride : row * stride + width]) for row in range(height)]

    def fill(self, box: Box, value: int) -> None:
        left, top, right, bottom = box
        for row in self.rows[top:bottom]:
            row[left:right] = bytes((value,)) * (right - left)

    def smear(self, box: Box, least: int) -> None:
        """Cuts the box into fields, each of one value: the average of what was there."""
        left, top, right, bottom = box
        side = max(least, -(-max(right - left, bottom - top) // FIELDS))
        for upper in range(top, bottom, side):
            rows = self.rows[upper : min(upper + side, bottom)]
            for begin in range(left, right, side):
                end = min(begin + side, right)
                seen = [row[begin:end:SAMPLE_EVERY] for row in rows[::SAMPLE_EVERY]]
                value = sum(map(sum, seen)) // max(sum(map(len, seen)), 1)
                for row in rows:
                    row[begin:end] = bytes((value,)) * (end - begin)

    def padded(self, stride: int) -> bytes:
        """Its bytes, each row as long as another plane's."""
        return b"".join(bytes(row) + bytes(stride - self.width) for row in self.rows)
