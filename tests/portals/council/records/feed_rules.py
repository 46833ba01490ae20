"""What RFC 4287 and RSS 2.0 ask of a feed, as rules that name what is wrong. The tests show that each rule can fail."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

ATOM = "{http://www.w3.org/2005/Atom}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
)


def absolute(address: str | None) -> bool:
    parts = urlsplit(address or "")
    return bool(parts.scheme and (parts.netloc or parts.scheme == "urn"))


def atom_faults(content: bytes) -> list[str]:
    """RFC 4287, 4.1 and 4.2."""
    root = ET.fromstring(content)
    faults = []
    if root.tag != f"{ATOM}feed":
        return [f"the root is {root.tag}"]
    faults += [f"feed: {fault}" for fault in _atom_common(root)]
    if root.find(f"{ATOM}author/{ATOM}name") is None and any(
        entry.find(f"{ATOM}author") is None for entry in root.iter(f"{ATOM}entry")
    ):
        faults.append("feed: no author, and entries without one")
    if not root.findall(f"{ATOM}link[@rel='self']"):
        faults.append("feed: no link to itself")
    seen = set()
    for number, entry in enumerate(root.findall(f"{ATOM}entry")):
        faults += [f"entry {number}: {fault}" for fault in _atom_common(entry)]
        alternates = entry.findall(f"{ATOM}link[@rel='alternate']")
        if entry.find(f"{ATOM}content") is None and not alternates:
            faults.append(f"entry {number}: neither content nor an alternate link")
        key = (entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated"))
        if key in seen:
            faults.append(f"entry {number}: the same id and time twice")
        seen.add(key)
    return faults


def _atom_common(node: ET.Element) -> list[str]:
    faults = [
        f"{name} stands {len(found)} times"
        for name in ("id", "title", "updated")
        if len(found := node.findall(f"{ATOM}{name}")) != 1
    ]
    if not absolute(node.findtext(f"{ATOM}id")):
        faults.append("id is no IRI")
    for name in ("updated", "published"):
        text = node.findtext(f"{ATOM}{name}")
        if text is not None:
            if not RFC3339.fullmatch(text):
                faults.append(f"{name} is {text}")
            else:
                datetime.fromisoformat(text)
    faults += [f"link {link.get('href')}" for link in node.findall(f"{ATOM}link") if not absolute(link.get("href"))]
    alternates = [(link.get("type"), link.get("hreflang")) for link in node.findall(f"{ATOM}link[@rel='alternate']")]
    if len(alternates) != len(set(alternates)):
        faults.append("two alternate links of one type")
    return faults


def rss_faults(content: bytes, *, podcast: bool = False) -> list[str]:
    """https://www.rssboard.org/rss-specification, and Apple's requirements for podcasts."""
    root = ET.fromstring(content)
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        return ["no RSS 2.0"]
    faults = [
        f"channel: no {name}" for name in ("title", "link", "description") if not (channel.findtext(name) or "").strip()
    ]
    if not absolute(channel.findtext("link")):
        faults.append("channel: link is no address")
    if channel.find(f"{ATOM}link[@rel='self']") is None:
        faults.append("channel: no link to itself")
    guids = [item.findtext("guid") for item in channel.findall("item")]
    if len(guids) != len(set(guids)):
        faults.append("a guid stands twice")
    for number, item in enumerate(channel.findall("item")):
        faults += [f"item {number}: {fault}" for fault in _item_faults(item, podcast=podcast)]
    if podcast:
        for name in ("author", "category", "explicit", "image"):
            if channel.find(f"{ITUNES}{name}") is None:
                faults.append(f"channel: no itunes:{name}")
    return faults


def _item_faults(item: ET.Element, *, podcast: bool) -> list[str]:
    faults = []
    if not item.findtext("title") and not item.findtext("description"):
        faults.append("neither title nor description")
    date = item.findtext("pubDate") or ""
    if not RFC822.fullmatch(date):
        faults.append(f"pubDate is {date}")
    else:
        parsedate_to_datetime(date)
    guid = item.find("guid")
    if guid is not None and guid.get("isPermaLink", "true") == "true" and not absolute(guid.text):
        faults.append("guid is no address")
    enclosure = item.find("enclosure")
    if podcast and enclosure is None:
        faults.append("no enclosure")
    if enclosure is not None:
        if not absolute(enclosure.get("url")) or not (enclosure.get("url") or "").startswith("http"):
            faults.append("enclosure: url is no address")
        if not (enclosure.get("length") or "").isdecimal() or int(enclosure.get("length") or 0) <= 0:
            faults.append("enclosure: length is no number of bytes")
        if "/" not in (enclosure.get("type") or ""):
            faults.append("enclosure: type is no media type")
    return faults
