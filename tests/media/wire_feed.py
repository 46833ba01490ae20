"""An encoder whose every frame says when it was taken: what comes out of the packaging tells where it was put.

Messages as RTMP carries them go through the assembler and the muxer; the bytes of the parts are read back. Nothing here
decodes: the frames hold a time and no picture.
"""

import struct
from collections.abc import Iterable, Iterator

import msgspec

from media.hls.boxes import AUDIO_ID, VIDEO_ID
from media.hls.muxer import Init, Muxer, Part, Timing
from media.packet import Kind, Tracks
from media.rtmp.assembly import Assembler
from tests.media.headers_samples import ASC_48000_MONO, AVCC_360P

MARK = b"time"
BEGAN_S = 1_700_000_000.0


class Frame(msgspec.Struct, frozen=True, gc=False):
    """`taken_ms`: when picture or sound was there; `said_ms`: what the encoder writes, modulo 2**32."""

    kind: Kind
    taken_ms: float
    said_ms: int
    key: bool = True


class Placed(msgspec.Struct, frozen=True, gc=False):
    """Where a frame went: seconds on its take's timeline, and when it was taken."""

    kind: Kind
    take: int
    at_s: float
    taken_s: float

    @property
    def shift_s(self) -> float:
        return self.at_s - self.taken_s


class Wire:
    """One publication."""

    def __init__(self, sound: bytes = ASC_48000_MONO, timing: Timing | None = None) -> None:
        self.muxer = Muxer(timing or Timing())
        self.made: list[Init | Part] = []
        self._assembler = Assembler()
        self._arrived_s = BEGAN_S
        self.header(Kind.VIDEO, AVCC_360P)
        self.header(Kind.AUDIO, sound)

    def header(self, kind: Kind, config: bytes) -> None:
        """A sequence header."""
        if kind is Kind.VIDEO:
            self._take(self._assembler.video(0, b"\x17\x00\x00\x00\x00" + config))
        else:
            self._take(self._assembler.audio(0, b"\xaf\x00" + config))

    def send(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            self._arrived_s = BEGAN_S + frame.taken_ms / 1000
            stamp = MARK + struct.pack(">d", frame.taken_ms / 1000)
            if frame.kind is Kind.VIDEO:
                nal = (b"\x65" if frame.key else b"\x41") + stamp
                head = (b"\x17" if frame.key else b"\x27") + b"\x01\x00\x00\x00"
                self._take(self._assembler.video(frame.said_ms, head + struct.pack(">I", len(nal)) + nal))
            else:
                self._take(self._assembler.audio(frame.said_ms, b"\xaf\x01" + stamp + bytes(12)))

    def end(self) -> list[Placed]:
        self.made += self.muxer.pause()
        return self.placed()

    def placed(self) -> list[Placed]:
        """What was made since this was asked last."""
        out: list[Placed] = []
        made, self.made = self.made, []
        for item in made:
            if isinstance(item, Part):
                out += placed_in(item, self._rate)
        return out

    def _take(self, events: Iterable[object]) -> None:
        for event in events:
            if isinstance(event, Tracks):
                self._rate = event.audio.sample_rate if event.audio is not None else 48_000
                self.made += self.muxer.begin(event)
            else:
                self.made += self.muxer.push(event, self._arrived_s)


def steady(
    seconds: float,
    *,
    fps: float = 5,
    gop: int = 10,
    frame_ms: float = 1024 / 48,
    begin_ms: int = 0,
    ppm: float = 0.0,
) -> Iterator[Frame]:
    """Picture and sound in step. The sound's clock runs `ppm` fast: its frames are that much shorter."""
    sound_ms = frame_ms * (1 - ppm / 1e6)
    pictures = sounds = 0
    while True:
        picture_at, sound_at = pictures * 1000 / fps, sounds * sound_ms
        if min(picture_at, sound_at) >= seconds * 1000:
            return
        if picture_at <= sound_at:
            said = round(picture_at + begin_ms) & 0xFFFFFFFF
            yield Frame(Kind.VIDEO, picture_at, said, pictures % gop == 0)
            pictures += 1
        else:
            yield Frame(Kind.AUDIO, sound_at, round(sound_at + begin_ms) & 0xFFFFFFFF)
            sounds += 1


def apart_s(placed: list[Placed]) -> float:
    """The most by which sound and picture that were taken together are apart."""
    worst, shift = 0.0, {}
    for frame in placed:
        if frame.kind is Kind.VIDEO:
            shift[frame.take] = frame.shift_s
        elif frame.take in shift:
            worst = max(worst, abs(frame.shift_s - shift[frame.take]))
    return worst


def placed_in(part: Part, rate: int) -> list[Placed]:
    """The frames of a part. Silence that was filled in has no mark and is left out."""
    out = []
    data = part.data
    moof_at = data.index(b"moof", 36) - 4
    moof_end = moof_at + struct.unpack_from(">I", data, moof_at)[0]
    at = moof_at + 8
    while at < moof_end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"traf":
            out += _traf(part, moof_at, at + 8, at + size, rate)
        at += size
    return out


def _traf(part: Part, moof_at: int, at: int, end: int, rate: int) -> Iterator[Placed]:
    data = part.data
    track = position = step = 0
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"tfhd":
            track = struct.unpack_from(">I", data, at + 12)[0]
            step = struct.unpack_from(">I", data, at + 16)[0] if size > 16 else 0
        elif kind == b"tfdt":
            position = struct.unpack_from(">Q", data, at + 12)[0]
        elif kind == b"trun":
            flags, count, offset = struct.unpack_from(">IIi", data, at + 8)
            fields = 1 + 3 * bool(flags & 0x100)
            sample = moof_at + offset
            for index in range(count):
                entry = struct.unpack_from(f">{fields}I", data, at + 20 + 4 * fields * index)
                length, duration = (entry[1], entry[0]) if fields > 1 else (entry[0], step)
                mark = data.find(MARK, sample, sample + min(length, 16))
                if mark >= 0:
                    taken_s = struct.unpack_from(">d", data, mark + len(MARK))[0]
                    video = track == VIDEO_ID
                    assert video or track == AUDIO_ID
                    yield Placed(
                        Kind.VIDEO if video else Kind.AUDIO,
                        part.take,
                        position / (90_000 if video else rate),
                        taken_s,
                    )
                position += duration
                sample += length
        at += size
