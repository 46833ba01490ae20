"""Atom (RFC 4287), RSS 2.0, podcasts (RSS with Apple's elements), iCalendar (RFC 5545). Pure: data in, bytes out."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final
from xml.etree import ElementTree as ET

from icalendar import Calendar, Event

from portals.council.records.feeds.model import Entry, Feed, FeedSession

ATOM: Final = "http://www.w3.org/2005/Atom"
ITUNES: Final = "http://www.itunes.com/dtds/podcast-1.0.dtd"
LONGEST_SUMMARY: Final = 3900
"""Characters; readers of podcasts take 4000."""

USUAL_LENGTH: Final = timedelta(hours=3)
"""What a calendar shows of a session to come: nobody knows when it ends."""

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, not even escaped."""


def atom(feed: Feed) -> bytes:
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": feed.language})
    _text(root, "id", feed.self_url)
    _text(root, "title", feed.title)
    _text(root, "subtitle", feed.description)
    _text(root, "updated", _rfc3339(feed.updated or datetime(2000, 1, 1, tzinfo=UTC)))
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.self_url})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.site_url})
    author = ET.SubElement(root, "author")
    _text(author, "name", feed.author.name)
    if feed.author.email:
        _text(author, "email", feed.author.email)
    for entry in feed.entries:
        node = ET.SubElement(root, "entry")
        _text(node, "id", entry.id)
        _text(node, "title", entry.title)
        _text(node, "published", _rfc3339(entry.published))
        _text(node, "updated", _rfc3339(entry.updated))
        ET.SubElement(node, "link", {"rel": "alternate", "type": "text/html", "href": entry.url})
        _text(node, "summary", entry.summary)
    return _document(root)


def rss(feed: Feed, *, podcast: bool = False) -> bytes:
    """With `podcast`, what Apple's directory asks for beside; then every entry has its file."""
    spaces = {"version": "2.0", "xmlns:atom": ATOM}
    root = ET.Element("rss", spaces | ({"xmlns:itunes": ITUNES} if podcast else {}))
    channel = ET.SubElement(root, "channel")
    _text(channel, "title", feed.title)
    _text(channel, "link", feed.site_url)
    _text(channel, "description", feed.description)
    _text(channel, "language", feed.language)
    if feed.updated is not None:
        _text(channel, "lastBuildDate", _rfc822(feed.updated))
    ET.SubElement(channel, "atom:link", {"rel": "self", "type": "application/rss+xml", "href": feed.self_url})
    if podcast:
        _podcast_channel(channel, feed)
    for entry in feed.entries:
        _rss_item(channel, entry, podcast=podcast)
    return _document(root)


def _podcast_channel(channel: ET.Element, feed: Feed) -> None:
    _text(channel, "itunes:author", feed.author.name)
    _text(channel, "itunes:type", "episodic")
    _text(channel, "itunes:explicit", "false")
    ET.SubElement(channel, "itunes:category", {"text": "Government"})
    if feed.image_url:
        ET.SubElement(channel, "itunes:image", {"href": feed.image_url})
    if feed.author.email:
        owner = ET.SubElement(channel, "itunes:owner")
        _text(owner, "itunes:name", feed.author.name)
        _text(owner, "itunes:email", feed.author.email)


def _rss_item(channel: ET.Element, entry: Entry, *, podcast: bool) -> None:
    item = ET.SubElement(channel, "item")
    _text(item, "title", entry.title)
    _text(item, "link", entry.url)
    guid = ET.SubElement(item, "guid", {"isPermaLink": "true" if entry.id.startswith("http") else "false"})
    guid.text = entry.id
    _text(item, "pubDate", _rfc822(entry.published))
    _text(item, "description", entry.summary)
    if entry.enclosure is not None:
        enclosure = entry.enclosure
        ET.SubElement(item, "enclosure", {"url": enclosure.url, "length": str(enclosure.bytes), "type": enclosure.type})
        if podcast:
            _text(item, "itunes:duration", str(enclosure.seconds))
            _text(item, "itunes:explicit", "false")


def calendar(sessions: Iterable[FeedSession], name: str, page_of: "dict[int, str]", language: str) -> bytes:
    """Sessions as events in UTC. One that was called off stays, so that it disappears from calendars that had it."""
    found = Calendar()
    found.add("prodid", "-//Gryf//Council sessions//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", name)
    found.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
    for session in sessions:
        event = Event()
        event.add("uid", str(session.calendar_uid))
        event.add("sequence", session.calendar_sequence)
        event.add("dtstamp", session.updated.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", session.held_at.astimezone(UTC).replace(microsecond=0))
        ends = session.ended_at or session.held_at + USUAL_LENGTH
        event.add("dtend", ends.astimezone(UTC).replace(microsecond=0))
        event.add("summary", _clean(session.title), parameters={"language": language})
        event.add("status", "CANCELLED" if session.called_off_at is not None else "CONFIRMED")
        if session.place:
            event.add("location", _clean(session.place))
        lines = [*session.agenda, page_of[session.id]]
        event.add("description", _clean("\n".join(lines)))
        event.add("url", page_of[session.id])
        found.add_component(event)
    return bytes(found.to_ical())


def shortened(text: str) -> str:
    """A summary that readers take, cut at a line."""
    if len(text) <= LONGEST_SUMMARY:
        return text
    return text[: LONGEST_SUMMARY - 2].rpartition("\n")[0] + "\n…"


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))
