"""What a workshop process is asked to do, and what it answers: lines of JSON."""

import msgspec

from media.archive.spans import KeyFrame, Span
from media.packet import AudioTrack, Tracks, VideoTrack
from media.record.model import PatchSegment


class Order(msgspec.Struct, frozen=True, tag=True):
    """Base: takes lie in `folder`, what is made goes into `out`."""

    folder: str
    out: str


class MakePoster(Order, frozen=True, tag=True):
    frames: list[KeyFrame]
    tracks: dict[int, VideoTrack]


class MakeMp4(Order, frozen=True, tag=True):
    """A file for each run of spans. `sound_only`: the tracks of sound alone. `stem` names the files."""

    runs: list[list[Span]]
    stem: str
    sound_only: bool = False


class MakeStoryboard(Order, frozen=True, tag=True):
    frames: list[KeyFrame]
    tracks: dict[int, VideoTrack]
    end_90k: int


class MeasureSound(Order, frozen=True, tag=True):
    spans: list[Span]
    tracks: dict[int, AudioTrack]


class MakePodcast(Order, frozen=True, tag=True):
    spans: list[Span]
    tracks: dict[int, AudioTrack]
    gain_db: float


class MakeNormalised(Order, frozen=True, tag=True):
    """Each run again with its picture copied and its sound at even loudness."""

    runs: list[list[Span]]
    tracks: dict[int, AudioTrack]
    gain_db: float


class Stroke(msgspec.Struct, frozen=True):
    """What is done to a span of the recording's timeline, in 1/90000 s; the area in shares of the picture."""

    begin_90k: int
    end_90k: int
    mute: bool
    picture: str
    """`blur`, `black`, or empty."""
    area: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    """Left, top, width, height."""


class PatchSource(msgspec.Struct, frozen=True):
    """A segment that a patch stands in for."""

    msn: int
    offset: int
    length: int
    dts_90k: int
    duration_90k: int
    position_90k: int
    began_at_s: float
    independent: bool


class PatchPiece(msgspec.Struct, frozen=True):
    """Segments of one take, next to each other, the first one independent."""

    take: int
    init_bytes: int
    tracks: Tracks
    sources: list[PatchSource]


class MakePatches(Order, frozen=True, tag=True):
    """For each piece `<place>.mp4` and `<place>.json`, which is a `MadePatch`."""

    pieces: list[PatchPiece]
    strokes: list[Stroke]


class MadePatch(msgspec.Struct, frozen=True):
    tracks: Tracks
    init_bytes: int
    segments: list[PatchSegment]


AnyOrder = MakePoster | MakeMp4 | MakeStoryboard | MeasureSound | MakePodcast | MakeNormalised | MakePatches


Details = dict[str, float | int | str | None]


class MadeFile(msgspec.Struct, frozen=True):
    """In the order's `out` folder."""

    name: str
    type: str
    bytes: int
    sha256: str
    begin_s: float
    end_s: float


class Made(msgspec.Struct, frozen=True, tag=True):
    """The last line of a workshop that did its work."""

    files: list[MadeFile]
    details: Details
    peak_rss_mib: int = 0


class Further(msgspec.Struct, frozen=True, tag=True):
    """How far it is, 0 … 1."""

    share: float


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It cannot be made; `reason` is for operators."""

    reason: str


Answer = Made | Further | Refused
