"""Rows, views and events of captions.

Positions are milliseconds. In rows they count on the whole recording's timeline: gaps are not counted, and a trim
changes nothing. Where residents see them (`Line`) they count on what is shown of the recording: the trim's beginning is
taken off.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec

from app.feature import Event
from portals.council.model import Session

TrackKind = Literal["live", "draft", "uploaded", "copy"]
TrackState = Literal["making", "failed", "working", "published", "replaced", "withdrawn", "removed"]


class Track(msgspec.Struct, frozen=True):
    """A version of a session's captions in one language."""

    id: int
    session_id: int
    language: str
    kind: TrackKind
    version: int
    state: TrackState
    reason: str
    percent: int
    source: str
    created_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    settled_at: datetime | None
    rev: int


class PublicTrack(msgspec.Struct, frozen=True):
    """What residents may know of a version: `live` says that it was typed while the session went on."""

    id: int
    session_id: int
    language: str
    version: int
    live: bool
    published_at: datetime | None
    rev: int


class Cue(msgspec.Struct, frozen=True, gc=False):
    """Words and when they are said, in ms of the whole recording. `changed_by`: name of who changed it last.

    `withheld`: why residents do not read it; empty: they do.
    """

    id: int
    track_id: int
    begin_ms: int
    end_ms: int
    speaker: str
    text: str
    changed_by: str
    rev: int
    withheld: str = ""


class LiveLine(msgspec.Struct, frozen=True, gc=False):
    """A line as it was typed. `aired_at`: when residents got it; `said_at`: when the words were said."""

    id: int
    track_id: int
    begin_ms: int
    end_ms: int
    speaker: str
    text: str
    said_at: datetime
    aired_at: datetime
    changed_by: str
    rev: int


class PublicLine(msgspec.Struct, frozen=True, gc=False):
    """A live line as residents get it."""

    id: int
    begin_ms: int
    speaker: str
    text: str
    said_at: datetime
    aired_at: datetime
    rev: int


class Line(msgspec.Struct, frozen=True, gc=False):
    """A cue of the transcript, on the timeline that residents see. `index` counts from 0 in the transcript.

    `withheld`: words stood here that are not public, and why; it has no text then.
    """

    id: int
    index: int
    begin_ms: int
    end_ms: int
    speaker: str
    text: str
    withheld: str = ""


class ReadCue(msgspec.Struct, frozen=True, gc=False):
    """The same for a file."""

    begin_ms: int
    end_ms: int
    text: str
    speaker: str
    withheld: str


class Turn(msgspec.Struct, frozen=True):
    """Who types now, and who asked to be next. Account 0: nobody."""

    session_id: int
    account_id: int
    name: str
    next_account_id: int
    next_name: str
    rev: int


NO_TURN = 0


class LiveCaptions(msgspec.Struct, frozen=True):
    """Snapshot of what residents read while a session goes on: the newest lines, oldest first."""

    session_id: int
    track: PublicTrack | None
    lines: list[PublicLine]


class Booth(msgspec.Struct, frozen=True):
    """Snapshot of the captioners' room: the newest lines, oldest first."""

    session: Session
    track: Track | None
    turn: Turn
    lines: list[LiveLine]


class TrackView(msgspec.Struct, frozen=True):
    """Snapshot of an editor's room. Cues come by the API, page by page, and are kept by `id` and `rev`."""

    track: Track
    cues: int


class QueueRow(msgspec.Struct, frozen=True):
    """A session in the captioners' queue. `recorded_at`: since when its recording is public; null without one."""

    session_id: int
    slug: str
    number: str
    title: str
    state: str
    held_at: datetime
    recorded_at: datetime | None
    published_version: int
    published_at: datetime | None
    tracks: list[Track]
    rev: int


class QueueView(msgspec.Struct, frozen=True):
    """Snapshot of the queue's room."""

    rows: list[QueueRow]


class TranscriptHead(msgspec.Struct, frozen=True):
    """What a reader needs before the first page. `starts`: begin_ms of the first line of each page."""

    track: PublicTrack | None
    count: int
    page: int
    starts: list[int]
    speakers: list[str]
    versions: list[PublicTrack]


class TranscriptPage(msgspec.Struct, frozen=True):
    first: int
    lines: list[Line]


class Found(msgspec.Struct, frozen=True, gc=False):
    """A line in which the words stand."""

    index: int
    begin_ms: int


class TranscriptHits(msgspec.Struct, frozen=True):
    """`total` counts all; `hits` holds the first thousand."""

    total: int
    hits: list[Found]


class CueList(msgspec.Struct, frozen=True):
    first: int
    total: int
    cues: list[Cue]


# what an editor sends: one request is one step, done whole or not at all

Ms = Annotated[int, msgspec.Meta(ge=0, le=400 * 3600 * 1000)]
Name = Annotated[str, msgspec.Meta(max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=2000)]
Op = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]


class SaveCue(msgspec.Struct, frozen=True, tag="save"):
    """A cue as it should be now; `rev` is the one it was seen with."""

    id: Id
    rev: Id
    begin_ms: Ms
    end_ms: Ms
    text: Words
    speaker: Name = ""


class AddCue(msgspec.Struct, frozen=True, tag="add"):
    """A new cue; sent twice with the same `op` it is one."""

    op: Op
    begin_ms: Ms
    end_ms: Ms
    text: Words
    speaker: Name = ""


class RemoveCue(msgspec.Struct, frozen=True, tag="remove"):
    id: Id
    rev: Id


Change = SaveCue | AddCue | RemoveCue


class Changed(msgspec.Struct, frozen=True):
    """What a step made: cues as they are now, and those that are gone."""

    cues: list[Cue]
    removed: list[int]
    track: Track


# events


class CaptionTrackChanged(Event, frozen=True, tag=True):
    """For captioners: a version as it is now; a new one too."""

    track: Track

    @property
    def key(self) -> str:
        return f"track/{self.track.id}"


class CuesChanged(Event, frozen=True, tag=True):
    """A step in an editor: cues as they are now, ids of those that are gone. `track_rev` counts steps."""

    track_rev: int
    cues: list[Cue]
    removed: list[int]


class CuesReplaced(Event, frozen=True, tag=True):
    """So many cues changed at once that they are read anew."""

    track_rev: int


class LiveLineChanged(Event, frozen=True, tag=True):
    """For captioners: a line was typed or corrected."""

    line: LiveLine


class LiveLineRemoved(Event, frozen=True, tag=True):
    line_id: int


class TurnChanged(Event, frozen=True, tag=True):
    turn: Turn


class CaptionsChanged(Event, frozen=True, tag=True):
    """For residents: captions began, were published, or withdrawn (`track` null: there are none); or other words of
    them may be read than before.
    """

    track: PublicTrack | None

    @property
    def rev(self) -> int:
        """What was told last is true: an older version may take a newer one's place."""
        return 0


class CaptionLineChanged(Event, frozen=True, tag=True):
    """For residents: a line appeared or was corrected."""

    line: PublicLine

    @property
    def key(self) -> str:
        return f"line/{self.line.id}"


class CaptionLineRemoved(Event, frozen=True, tag=True):
    """For residents: a line is not to be read any more. Who comes back is not told what it was."""

    removes: ClassVar[bool] = True

    line_id: int

    @property
    def key(self) -> str:
        return f"line/{self.line_id}"


class QueueChanged(Event, frozen=True, tag=True):
    """A session's row in the queue as it is now."""

    row: QueueRow

    @property
    def key(self) -> str:
        return f"session/{self.row.session_id}"


QUEUE_ROOM = "council/captions"


def public_room(session_id: int) -> str:
    return f"council/session/{session_id}/captions"


def booth_room(session_id: int) -> str:
    return f"council/session/{session_id}/captioning"


def track_room(track_id: int) -> str:
    return f"council/captions/{track_id}"
