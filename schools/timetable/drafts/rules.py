"""What cannot be at once in a timetable, and when a version may begin. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations

from app.i18n import _
from schools.timetable.drafts.model import Conflict, ConflictKind, Entry, Overlaps


def weeks_meet(one: str, other: str) -> bool:
    """An entry of every week meets all; A meets A."""
    return not one or not other or one == other


def conflicts(entries: Sequence[Entry], overlaps: Overlaps) -> list[Conflict]:
    """Each pair of one hour once for each reason, by day and hour."""
    hours: dict[tuple[int, int], list[Entry]] = {}
    for one in entries:
        hours.setdefault((one.weekday, one.period), []).append(one)
    found = []
    for (weekday, period), here in sorted(hours.items()):
        for one, other in combinations(here, 2):
            if weeks_meet(one.week, other.week):
                found += [
                    Conflict(kind=kind, weekday=weekday, period=period, entry_ids=(one.id, other.id), name=name)
                    for kind, name in _clashes(one, other, overlaps)
                ]
    return found


def _clashes(one: Entry, other: Entry, overlaps: Overlaps) -> Iterator[tuple[ConflictKind, str]]:
    own = {one.staff_id: one.staff, one.second_staff_id: one.second_staff}
    for staff_id in (other.staff_id, other.second_staff_id):
        if staff_id is not None and staff_id in own:
            yield "teacher", own[staff_id]
    if one.room_id is not None and one.room_id == other.room_id:
        yield "room", one.room
    if _who(one) == _who(other):
        yield "class", one.target
    elif one.of_class_id == other.of_class_id and one.of_class_id is not None and (one.class_id or other.class_id):
        yield "class", f"{one.target}, {other.target}"  # the whole class, and a group of it
    elif overlaps.share(_who(one), _who(other)):
        yield "pupils", f"{one.target}, {other.target}"


def _who(entry: Entry) -> tuple[str, int]:
    return ("class", entry.class_id) if entry.class_id is not None else ("group", entry.group_id or 0)


def refusal_of_start(valid_from: date, today: date, starts_on: date, ends_on: date, *, in_force: bool) -> str | None:
    """Why a version may not begin on a day. `in_force`: another one is published for that day or before it.

    A day that has begun belongs to the version whose lessons are being held on it.
    """
    if not starts_on <= valid_from <= ends_on:
        return _("This day lies outside of the school year")
    if in_force and valid_from <= today:
        return _("A new timetable begins tomorrow at the earliest: lessons of today are held by the one in force")
    return None
