"""Maps: rows, views, events. Coordinates are GeoJSON's: longitude first, degrees, WGS 84."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
from markupsafe import Markup

from app.feature import Event
from portals.dialog.discussion.prose import Piece
from portals.dialog.model import Author, PersonKind, ShownAs

Colour = Literal["navy", "red", "green", "amber", "sea", "ink"]
Shape = Literal["circle", "square", "triangle", "diamond", "star", "cross"]
State = Literal["shown", "hidden", "withdrawn"]
Alignment = Literal[-1, 0, 1]
Sort = Literal["newest", "endorsed", "category"]

MOST_POINTS: Final = 500
MOST_TEXT: Final = 4000
MOST_ADDRESS: Final = 200
MOST_REASON: Final = 500


class MapSettings(msgspec.Struct, frozen=True):
    """Of a block. `intro`: Markdown above the map."""

    intro: str = ""
    lines: bool = True
    areas: bool = True


class Bounds(msgspec.Struct, frozen=True):
    """The city's box, in degrees."""

    west: float
    south: float
    east: float
    north: float


class Geometry(msgspec.Struct, frozen=True):
    """A point, a line, or an area of one ring."""

    type: Literal["Point", "LineString", "Polygon"]
    coordinates: list[Any]


class Outline(msgspec.Struct, frozen=True):
    """A piece of the office's layer; areas may have holes."""

    name: str
    geometry: Geometry


class Category(msgspec.Struct, frozen=True):
    """What an entry is about; told apart by shape as well as by colour."""

    id: int
    block_id: int
    name: str
    colour: Colour
    shape: Shape


class Layer(msgspec.Struct, frozen=True):
    """Outlines of the office."""

    id: int
    block_id: int
    title: str
    outlines: list[Outline]
    created_at: datetime


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has put on the map, as it lies in the database; it stays inside."""

    id: int
    block_id: int
    category_id: int
    participant_id: int
    geometry: Geometry | None
    address: str
    alignment: Alignment
    text: str
    paper: bool
    made_at: datetime
    edited_at: datetime | None
    state: State
    reason: str
    rev: int
    endorsements: int

    @property
    def subject(self) -> str:
        """Name of its thread among the discussions."""
        return f"entry-{self.id}"


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as the public sees it. Of a hidden or withdrawn one there is no place, no word, no author."""

    id: int
    category_id: int
    geometry: Geometry | None
    place: str
    """The address and the coordinates in words."""
    alignment: Alignment
    body: list[Piece]
    author: Author | None
    endorsements: int
    paper: bool
    made_at: datetime
    edited_at: datetime | None
    state: State
    reason: str
    rev: int


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """That there is an entry, in this revision."""

    id: int
    rev: int


class MapMarks(msgspec.Struct, frozen=True):
    """Snapshot of a map's room: what has changed since the page was drawn is asked for."""

    marks: list[Mark]


class Spot(msgspec.Struct, frozen=True, array_like=True):
    """Where an entry stands, to be drawn. `geometry`: none of one that is hidden, withdrawn, or has words alone."""

    id: int
    rev: int
    category_id: int
    geometry: msgspec.Raw


class Ground(msgspec.Struct, frozen=True):
    """What maps are drawn on. `tiles_url` empty: nothing but a graticule."""

    bounds: Bounds
    tiles_url: str
    tiles_credit: str


class MapView(msgspec.Struct, frozen=True):
    """A map as it is drawn, oldest first. `own`: ids of the asker's; `endorsed`: by the asker."""

    ground: Ground
    categories: list[Category]
    layers: list[Layer]
    spots: list[Spot]
    own: list[int]
    endorsed: list[int]


class EntryPage(msgspec.Struct, frozen=True):
    """Entries newest first, hidden and withdrawn ones as a sign. `count`: of all; `pages`: how many there are."""

    entries: list[EntryRow]
    count: int
    page: int
    pages: int


class Wanted(msgspec.Struct, frozen=True):
    """What of the list is asked for. `area`: layer and outline, `12-0`; `page` from 1."""

    category: str = ""
    area: str = ""
    sort: str = "newest"
    page: str = "1"


class MapData(msgspec.Struct, frozen=True, kw_only=True):
    """What templates get."""

    intro: Markup
    categories: list[Category]
    layers: list[Layer]
    areas: list[tuple[str, str]]
    """Of the filter: key and name."""
    rows: list[EntryRow]
    comments: dict[int, int]
    own: frozenset[int]
    endorsed: frozenset[int]
    count: int
    """Entries that can be seen, unfiltered."""
    found: int
    """With the filter."""
    page: int
    pages: int
    wanted: Wanted

    def category(self, category_id: int) -> Category | None:
        return next((one for one in self.categories if one.id == category_id), None)


class EntryDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody puts on the map: a geometry, or an address in words, or both."""

    category_id: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    text: str
    alignment: Alignment = 0
    geometry: dict[str, Any] | None = None
    address: str = ""


class PaperEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What came on paper, as the clerk enters it. `participant_id`: somebody entered before, 0: somebody new."""

    entry: EntryDraft
    received: date
    participant_id: int = 0
    name: str = ""
    kind: PersonKind = "resident"
    organisation: str = ""
    district: str = ""
    shown_as: ShownAs = "name"


class _EntryEvent(Event, frozen=True):
    entry: EntryRow

    @property
    def key(self) -> str:
        return f"entry/{self.entry.id}"


class EntryChanged(_EntryEvent, frozen=True, tag=True):
    """An entry as it is now; a new one too."""


class EntryTakenAway(_EntryEvent, frozen=True, tag=True):
    """Hidden, withdrawn, or its author was erased: what was told of it before is told no more."""

    erases: ClassVar[bool] = True


def room(block_id: int) -> str:
    return f"dialog/map/{block_id}"
