"""What may be done with entries of a map, what is wrong with their words, how the public sees them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from app.i18n import _
from portals.dialog.access import Place
from portals.dialog.discussion.prose import pieces
from portals.dialog.map.geometry import words
from portals.dialog.map.model import (
    MOST_ADDRESS,
    MOST_REASON,
    MOST_TEXT,
    Alignment,
    Category,
    Colour,
    Entry,
    EntryRow,
    Geometry,
    Layer,
    Shape,
)
from portals.dialog.model import Author

ALIGNMENTS: Final[Mapping[Alignment, str]] = {0: _("neutral"), 1: _("for"), -1: _("against")}
COLOURS: Final[Mapping[Colour, str]] = {
    "navy": _("navy blue"),
    "red": _("red"),
    "green": _("green"),
    "amber": _("amber"),
    "sea": _("sea blue"),
    "ink": _("black"),
}
SHAPES: Final[Mapping[Shape, str]] = {
    "circle": _("circle"),
    "square": _("square"),
    "triangle": _("triangle"),
    "diamond": _("diamond"),
    "star": _("star"),
    "cross": _("cross"),
}
PATHS: Final[Mapping[Shape, str]] = {
    "circle": "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z",
    "square": "M4 4h16v16H4z",
    "triangle": "M12 3l10 18H2z",
    "diamond": "M12 2l10 10-10 10L2 12z",
    "star": "M12 2l3 7 7 .6-5.300 4.700 1.700 7.200L12 17.600 5.600 21.500l1.700-7.200L2 9.600 9 9z",
    "cross": "M9 3h6v6h6v6h-6v6H9v-6H3V9h6z",
}
"""Signs in a field of 24 by 24, for templates and scripts."""


def faults(text: str, address: str, geometry: Geometry | None) -> dict[str, str]:
    """Field → message id."""
    found = {}
    if not text:
        found["text"] = _("Write what you think of this place")
    if len(text) > MOST_TEXT:
        found["text"] = _("This is too long: 4,000 characters at most")
    if len(address) > MOST_ADDRESS:
        found["address"] = _("This is too long: 200 characters at most")
    if geometry is None and not address:
        found["address"] = _("Say where it is: on the map, by an address, or by coordinates")
    return found


def reason_faults(reason: str) -> dict[str, str]:
    if not reason:
        return {"reason": _("Say why: it stands in place of the entry")}
    return {"reason": _("This is too long: 500 characters at most")} if len(reason) > MOST_REASON else {}


def received_fault(place: Place, received: date, zone: ZoneInfo) -> str:
    """What came on paper counts if it came while the phase ran. A message id, or empty."""
    if received > place.now.astimezone(zone).date():
        return _("This day is yet to come")
    if place.phase is None:
        return ""
    first, last = place.phase.starts_at.astimezone(zone).date(), place.phase.ends_at.astimezone(zone).date()
    if not first <= received <= last:
        return _("On this day entries were not taken: the phase did not run")
    return ""


def is_own(entry: Entry, place: Place) -> bool:
    return place.participant_id is not None and entry.participant_id == place.participant_id and not entry.paper


def where(entry: Entry) -> str:
    """The place in words."""
    return " · ".join(part for part in (entry.address, words(entry.geometry) if entry.geometry else "") if part)


def row(entry: Entry, author: Author | None) -> EntryRow:
    """What everybody may know. The one way in which an entry leaves the inside."""
    shown = entry.state == "shown"
    return EntryRow(
        id=entry.id,
        category_id=entry.category_id,
        geometry=entry.geometry if shown else None,
        place=where(entry) if shown else "",
        alignment=entry.alignment if shown else 0,
        body=pieces(entry.text) if shown else [],
        author=author if shown else None,
        endorsements=entry.endorsements if shown else 0,
        paper=entry.paper,
        made_at=entry.made_at,
        edited_at=entry.edited_at if shown else None,
        state=entry.state,
        reason=entry.reason if entry.state == "hidden" else "",
        rev=entry.rev,
    )


def areas(layers: Sequence[Layer]) -> dict[str, tuple[str, Geometry]]:
    """Areas of the office's plans that the list can be narrowed to: key → name and area."""
    found = {}
    for layer in layers:
        for number, one in enumerate(layer.outlines):
            if one.geometry.type == "Polygon":
                name = f"{layer.title}: {one.name}" if one.name else layer.title
                found[f"{layer.id}-{number}"] = (name, one.geometry)
    return found


def wanted_category(text: str, categories: Sequence[Category]) -> int | None:
    """None: all of them; 0, which no category has: something was asked for that is not there."""
    if not text:
        return None
    return next((one.id for one in categories if str(one.id) == text), 0)
