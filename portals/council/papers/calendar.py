"""A session as a calendar file that invites, changes and cancels (RFC 5545, iTIP RFC 5546). Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from icalendar import Calendar, Event, vCalAddress, vText

from portals.council.model import AgendaItem, Session

Method = Literal["REQUEST", "CANCEL"]


class Party(msgspec.Struct, frozen=True):
    """Somebody in a calendar file."""

    name: str
    address: str


def calendar_file(
    session: Session,
    items: Sequence[AgendaItem],
    *,
    method: Method,
    uid: UUID,
    sequence: int,
    minutes: int,
    organiser: Party,
    invited: Party,
    url: str,
    now: datetime,
) -> bytes:
    """One event. The same `uid` with a higher `sequence` takes the place of the one before."""
    calendar = Calendar()
    calendar.add("prodid", "-//Gryf//council//PL")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = Event()
    event.add("uid", str(uid))
    event.add("sequence", sequence)
    event.add("dtstamp", now.astimezone(UTC))
    begins = session.planned_at.astimezone(UTC)
    event.add("dtstart", begins)
    event.add("dtend", begins + timedelta(minutes=minutes))
    event.add("summary", session.title)
    if session.place:
        event.add("location", session.place)
    event.add("url", url)
    event.add("description", "\n".join([*(f"{item.number}. {item.title}" for item in items), "", url]))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("organizer", _address(organiser))
    attendee = _address(invited)
    attendee.params["role"] = vText("REQ-PARTICIPANT")
    attendee.params["partstat"] = vText("NEEDS-ACTION")
    attendee.params["rsvp"] = vText("TRUE" if method == "REQUEST" else "FALSE")
    event.add("attendee", attendee, encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.address}")
    if party.name:
        address.params["cn"] = vText(party.name.replace('"', "'"))
    return address
