"""What is found, and how it is asked for."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from app.search import Piece

Kind = Literal["session", "item", "paper", "vote", "speech", "transcript", "resolution", "interpellation"]
Sort = Literal["best", "newest"]

PASSAGE_MS = 45_000
"""Length of a transcript's passage; the view `council_search_source` cuts by it."""


class Question(msgspec.Struct, frozen=True):
    """The address's query. `body`: `council`, or the number of a committee; empty: all."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    kind: Kind | Literal[""] = ""
    year: Annotated[int, msgspec.Meta(ge=1900, le=2200)] | None = None
    body: Annotated[str, msgspec.Meta(pattern=r"^(council|[0-9]{1,18})?$")] = ""
    sort: Sort = "best"
    page: Annotated[int, msgspec.Meta(ge=1, le=500)] = 1


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The question as the store takes it."""

    tsquery: str
    kind: str
    since: datetime | None
    until: datetime | None
    committee_id: int | None
    """0: the council itself; None: everybody."""
    newest_first: bool
    limit: int
    offset: int


class Source(msgspec.Struct, frozen=True):
    """A row of the view `council_search_source`: something that may be found. `cues`: (begin_ms, speaker, text)."""

    kind: Kind
    source_id: int
    part: int
    session_id: int | None
    told_at: datetime
    public_from: datetime | None
    title: str
    text: str
    moment: datetime | None
    cues: list[tuple[int, str, str]] | None
    page: int | None


class Entry(msgspec.Struct, frozen=True):
    """A row of the index. `cues`: (first character in the text, begin_ms)."""

    kind: Kind
    source_id: int
    part: int
    session_id: int | None
    told_at: datetime
    public_from: datetime | None
    title: str
    text: str
    moment: datetime | None
    begin_ms: int | None
    cues: list[tuple[int, int]]
    page: int | None
    words: str


class Row(msgspec.Struct, frozen=True):
    """An entry that was found, with its session. `shown_from_ms`: where the trim of its recording begins."""

    kind: Kind
    source_id: int
    part: int
    told_at: datetime
    title: str
    text: str
    moment: datetime | None
    begin_ms: int | None
    cues: list[tuple[int, int]]
    page: int | None
    slug: str | None
    session_title: str | None
    stream_id: str | None
    committee: str | None
    shown_from_ms: int


class Stale(msgspec.Struct, frozen=True):
    """What has changed since it was indexed; without a part all of it."""

    id: int
    kind: Kind
    source_id: int
    part: int | None


class Hit(msgspec.Struct, frozen=True):
    """Something found. `path` leads to it; `position_s`: the second of the recording that `path` names, if it does;
    `page`: the page of a paper.
    """

    kind: Kind
    id: int
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    told_at: datetime
    session: str | None
    """Title of the session it belongs to."""
    committee: str | None
    path: str
    position_s: int | None
    page: int | None = None


class Results(msgspec.Struct, frozen=True):
    """A page of hits. `counts`: how many of each kind, whatever kind was asked for; `total`: of the kind asked for."""

    q: str
    page: int
    pages: int
    total: int
    counts: dict[str, int]
    hits: list[Hit]


class Committee(msgspec.Struct, frozen=True):
    id: int
    name: str


class Choices(msgspec.Struct, frozen=True):
    """What can be chosen from on the page."""

    first_year: int
    last_year: int
    committees: list[Committee]
