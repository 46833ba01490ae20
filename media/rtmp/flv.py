"""Bodies of audio and video messages: FLV tags (Adobe FLV 10.1 annex E.4) and Enhanced RTMP v1 and v2 (Veovera 2024).

Pure: a body in, a `Tag` out. What no browser plays raises `Unplayable` with a sentence for who sets up the encoder.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import msgspec

from app.i18n import _
from media.packet import Codec


class Unplayable(Exception):
    """The encoder sends what viewers could not play.

    `message` says what to change: a message id, with `%(name)s` places filled from `values`.
    """

    def __init__(self, message: str, values: Mapping[str, str] | None = None) -> None:
        self.message = message
        self.values = dict(values or {})
        super().__init__(message % self.values)


class Part(IntEnum):
    """What a tag carries."""

    HEADER = 0
    FRAME = 1
    NOTHING = 2
    """End of sequence, metadata, a further track of a multitrack message: valid, and of no use here."""


class Tag(msgspec.Struct, gc=False):
    """One audio or video message. `composition_ms` is signed: how far the picture is shown after its decoding time."""

    part: Part
    codec: Codec
    key: bool = True
    composition_ms: int = 0
    body: bytes = b""


VIDEO_FOURCC: Final = {b"avc1": Codec.H264, b"hvc1": Codec.HEVC, b"av01": Codec.AV1, b"vp09": Codec.VP9}
AUDIO_FOURCC: Final = {b"mp4a": Codec.AAC, b"Opus": Codec.OPUS}
FOURCC_NAMES: Final = {
    b"vp08": "VP8",
    b"vvc1": "VVC",
    b".mp3": "MP3",
    b"fLaC": "FLAC",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
}

OLD_VIDEO_NAMES: Final = {
    2: "Sorenson H.263",
    3: "Screen video",
    4: "VP6",
    5: "VP6",
    6: "Screen video 2",
    12: "HEVC (old form)",
}
OLD_AUDIO_NAMES: Final = {2: "MP3", 11: "Speex", 14: "MP3"}

NOTHING_VIDEO: Final = Tag(Part.NOTHING, Codec.H264)
NOTHING_AUDIO: Final = Tag(Part.NOTHING, Codec.AAC)

PICTURE_UNPLAYABLE: Final = _(
    "the encoder sends its picture as %(codec)s, which browsers do not play: set the encoder's picture to H.264"
)
SOUND_UNPLAYABLE: Final = _(
    "the encoder sends its sound as %(codec)s, which browsers do not play: set the encoder's sound to AAC"
)

SEQUENCE_START, CODED_FRAMES, SEQUENCE_END, CODED_FRAMES_X = 0, 1, 2, 3
MULTITRACK_VIDEO, MULTITRACK_AUDIO, MODIFIER = 6, 5, 7
KEY_FRAME, COMMAND_FRAME = 1, 5


def parse_video(body: bytes) -> Tag:
    """A video message. An empty or truncated one is `NOTHING`."""
    if len(body) < 5:
        return NOTHING_VIDEO
    first = body[0]
    if first & 0x80:
        return _enhanced(body, VIDEO_FOURCC, MULTITRACK_VIDEO)
    if first >> 4 == COMMAND_FRAME:
        return NOTHING_VIDEO
    if first & 0x0F != 7:
        name = OLD_VIDEO_NAMES.get(first & 0x0F, f"codec {first & 0x0F}")
        raise Unplayable(PICTURE_UNPLAYABLE, {"codec": name})
    if body[1] == 1:
        composition = int.from_bytes(body[2:5], "big", signed=True)
        return Tag(Part.FRAME, Codec.H264, first >> 4 == KEY_FRAME, composition, body[5:])
    if body[1] == 0 and len(body) > 5:
        return Tag(Part.HEADER, Codec.H264, body=body[5:])
    return NOTHING_VIDEO


def parse_audio(body: bytes) -> Tag:
    """An audio message. An empty or truncated one is `NOTHING`."""
    if len(body) < 3:
        return NOTHING_AUDIO
    first = body[0]
    if first >> 4 == 9:
        return _enhanced(body, AUDIO_FOURCC, MULTITRACK_AUDIO)
    if first >> 4 != 10:
        name = OLD_AUDIO_NAMES.get(first >> 4, f"codec {first >> 4}")
        raise Unplayable(SOUND_UNPLAYABLE, {"codec": name})
    if body[1] == 1:
        return Tag(Part.FRAME, Codec.AAC, body=body[2:])
    return Tag(Part.HEADER, Codec.AAC, body=body[2:])


def _enhanced(body: bytes, known: dict[bytes, Codec], multitrack: int) -> Tag:
    """ExVideoTagHeader and ExAudioTagHeader, which differ in little."""
    video = known is VIDEO_FOURCC
    nothing = NOTHING_VIDEO if video else NOTHING_AUDIO
    kind, at = body[0] & 0x0F, 1
    while kind == MODIFIER and at + 4 < len(body):
        size = body[at] + 1
        at += 1
        if size == 256:
            size = int.from_bytes(body[at : at + 2], "big") + 1
            at += 2
        at += size
        kind = body[at] & 0x0F if at < len(body) else SEQUENCE_END
        at += 1
    frame_type = body[0] >> 4 & 7 if video else KEY_FRAME
    if frame_type == COMMAND_FRAME:
        return nothing
    if kind == multitrack:
        found = _first_track(body, at)
        if found is None:
            return nothing
        kind, fourcc, payload = found
    else:
        fourcc, payload = body[at : at + 4], body[at + 4 :]
    if kind not in (SEQUENCE_START, CODED_FRAMES, CODED_FRAMES_X) or (kind == CODED_FRAMES_X and not video):
        return nothing
    codec = known.get(fourcc)
    if codec is None:
        name = FOURCC_NAMES.get(fourcc) or "".join(char for char in fourcc.decode("latin-1") if char.isalnum())
        raise Unplayable(PICTURE_UNPLAYABLE if video else SOUND_UNPLAYABLE, {"codec": name})
    if kind == SEQUENCE_START:
        return Tag(Part.HEADER, codec, body=payload)
    composition = 0
    if kind == CODED_FRAMES and codec in (Codec.H264, Codec.HEVC):
        composition = int.from_bytes(payload[:3], "big", signed=True)
        payload = payload[3:]
    return Tag(Part.FRAME, codec, frame_type == KEY_FRAME, composition, payload)


def _first_track(body: bytes, at: int) -> tuple[int, bytes, bytes] | None:
    """Packet type, FourCC and payload of track 0 in a multitrack message; None if it has other tracks alone."""
    if at >= len(body):
        return None
    layout, kind = body[at] >> 4, body[at] & 0x0F
    at += 1
    shared = b""
    if layout != 2:
        shared, at = body[at : at + 4], at + 4
    while at < len(body):
        fourcc = shared
        if layout == 2:
            fourcc, at = body[at : at + 4], at + 4
        track = body[at : at + 1]
        at += 1
        end = len(body)
        if layout != 0:
            end = at + 3 + int.from_bytes(body[at : at + 3], "big")
            at += 3
        if track == b"\x00":
            return kind, fourcc, body[at:end]
        at = end
    return None
