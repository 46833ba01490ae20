"""What a workshop process is asked to do, and what it answers: lines of JSON."""

import msgspec

from media.archive.spans import KeyFrame, Span
from media.packet import AudioTrack, VideoTrack


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


AnyOrder = MakePoster | MakeMp4 | MakeStoryboard | MeasureSound | MakePodcast | MakeNormalised


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
