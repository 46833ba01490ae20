"""Places on the map: what is a point, a line, an area, and whether it is in the city. Pure."""

import json
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from app.errors import Invalid
from app.i18n import _
from portals.dialog.map.model import MOST_POINTS, Bounds, Geometry, Outline

MOST_OUTLINES: Final = 200
MOST_PLAN_POINTS: Final = 5000
LONGEST_NAME: Final = 120
DIGITS: Final = 6
UNREADABLE: Final = _("This is not a place that can be read")
OUTSIDE: Final = _("This place lies outside of the city")

Spot = list[float]


def checked(given: object, bounds: Bounds) -> Geometry:
    """A geometry that somebody sent, rounded to a tenth of a metre. Raises Invalid for `geometry`."""
    if not isinstance(given, dict):
        raise _wrong(UNREADABLE)
    kind, coordinates = given.get("type"), given.get("coordinates")
    match kind:
        case "Point":
            return Geometry("Point", list(_spot(coordinates, bounds)))
        case "LineString":
            return Geometry("LineString", _line(coordinates, bounds))
        case "Polygon":
            if not isinstance(coordinates, list) or len(coordinates) != 1:
                raise _wrong(UNREADABLE)
            return Geometry("Polygon", [_ring(coordinates[0], bounds)])
    raise _wrong(UNREADABLE)


def from_words(latitude: str, longitude: str, bounds: Bounds) -> Geometry | None:
    """A point typed as two numbers, with a comma or a full stop; None where both are empty."""
    if not latitude.strip() and not longitude.strip():
        return None
    found = {}
    for name, text in (("latitude", latitude), ("longitude", longitude)):
        try:
            found[name] = float(text.strip().replace(",", ".").rstrip("°NEne "))
        except ValueError:
            raise Invalid(fields={name: _("Write a number such as 54.4641")}) from None
    try:
        return Geometry("Point", _spot([found["longitude"], found["latitude"]], bounds))
    except Invalid as problem:
        raise Invalid(fields={"latitude": problem.fields["geometry"]}) from None


def plan(text: str, bounds: Bounds) -> list[Outline]:
    """The office's GeoJSON taken apart into single pieces. Raises Invalid for `file`."""
    try:
        found = list(_features(json.loads(text)))
        outlines = [
            Outline(name, piece) for name, geometry in found for piece in _pieces(geometry, bounds, MOST_PLAN_POINTS)
        ]
    except Invalid as problem:
        raise Invalid(fields={"file": problem.fields["geometry"]}) from None
    except (ValueError, RecursionError):
        raise Invalid(fields={"file": _("This is not GeoJSON")}) from None
    if not outlines:
        raise Invalid(fields={"file": _("There is no outline in it")})
    if len(outlines) > MOST_OUTLINES or sum(_size(one.geometry) for one in outlines) > MOST_PLAN_POINTS:
        raise Invalid(fields={"file": _("This is too much: 200 outlines with 5,000 points together at most")})
    return outlines


def middle(geometry: Geometry) -> tuple[float, float]:
    """Longitude and latitude of where its sign stands: of a line its middle one, of an area the mean of its corners."""
    if geometry.type == "Point":
        return geometry.coordinates[0], geometry.coordinates[1]
    if geometry.type == "LineString":
        spot = geometry.coordinates[len(geometry.coordinates) // 2]
        return spot[0], spot[1]
    ring = geometry.coordinates[0][:-1]
    return math.fsum(one[0] for one in ring) / len(ring), math.fsum(one[1] for one in ring) / len(ring)


def contains(area: Geometry, spot: tuple[float, float]) -> bool:
    """Whether a point lies in an area and in none of its holes: rays by the even–odd rule over all rings."""
    inside = False
    for ring in area.coordinates if area.type == "Polygon" else ():
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > spot[1]) != (y2 > spot[1]) and spot[0] < (x2 - x1) * (spot[1] - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


def words(geometry: Geometry) -> str:
    """Coordinates as people write them: latitude first."""
    longitude, latitude = middle(geometry)
    return f"{latitude:.5f}, {longitude:.5f}"


def _wrong(message: str) -> Invalid:
    return Invalid(fields={"geometry": message})


def _spot(given: object, bounds: Bounds) -> Spot:
    if not isinstance(given, list) or len(given) not in {2, 3}:
        raise _wrong(UNREADABLE)
    x, y = given[0], given[1]
    for one in (x, y):
        if isinstance(one, bool) or not isinstance(one, int | float) or not abs(one) <= 180:  # degrees
            raise _wrong(UNREADABLE)
    if not (bounds.west <= x <= bounds.east and bounds.south <= y <= bounds.north):
        raise _wrong(OUTSIDE)
    return [round(float(x), DIGITS), round(float(y), DIGITS)]


def _line(given: object, bounds: Bounds, most: int = MOST_POINTS) -> list[Spot]:
    if not isinstance(given, list):
        raise _wrong(UNREADABLE)
    if len(given) > most:
        raise _wrong(_("There are too many points: 500 at most"))
    spots = [_spot(one, bounds) for one in given]
    if len({tuple(one) for one in spots}) < 2:  # a line has two ends
        raise _wrong(_("A line needs at least two points"))
    return spots


def _ring(given: object, bounds: Bounds, most: int = MOST_POINTS) -> list[Spot]:
    if not isinstance(given, list):
        raise _wrong(UNREADABLE)
    if len(given) > most:
        raise _wrong(_("There are too many points: 500 at most"))
    spots = [_spot(one, bounds) for one in given]
    if len({tuple(one) for one in spots}) < 3:  # corners of a triangle
        raise _wrong(_("An area needs at least three points"))
    if spots[0] != spots[-1]:
        raise _wrong(_("An area must end where it begins"))
    return spots


def _features(data: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(data, dict):
        raise _wrong(UNREADABLE)
    match data.get("type"):
        case "FeatureCollection" if isinstance(data.get("features"), list):
            for one in data["features"]:
                yield from _features(one)
        case "Feature":
            known = data.get("properties")
            said = (known.get("name") or known.get("title") or "") if isinstance(known, dict) else ""
            yield from _features(data.get("geometry"), " ".join(str(said).split())[:LONGEST_NAME])
        case "GeometryCollection" if isinstance(data.get("geometries"), list):
            for one in data["geometries"]:
                yield from _features(one, name)
        case _:
            yield name, data


def _pieces(geometry: dict[str, Any], bounds: Bounds, most: int) -> Iterator[Geometry]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if not isinstance(coordinates, list):
        raise _wrong(UNREADABLE)
    match kind:
        case "Point":
            yield Geometry("Point", list(_spot(coordinates, bounds)))
        case "LineString":
            yield Geometry("LineString", _line(coordinates, bounds, most))
        case "Polygon" if coordinates:
            yield Geometry("Polygon", [_ring(one, bounds, most) for one in coordinates])
        case "MultiPoint" | "MultiLineString" | "MultiPolygon":
            for one in coordinates:
                yield from _pieces({"type": kind[5:], "coordinates": one}, bounds, most)
        case _:
            raise _wrong(UNREADABLE)


def _size(geometry: Geometry) -> int:
    lists: Sequence[Any] = geometry.coordinates if geometry.type == "Polygon" else [geometry.coordinates]
    return sum(len(one) for one in lists)
