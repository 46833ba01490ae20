"""What is wrong with a material. Pure."""

import re
from typing import Final
from urllib.parse import urlsplit

from app.files import AUDIO, DOCUMENTS, IMAGES, VIDEO
from app.i18n import _
from portals.dialog.materials.model import MOST_CHAPTERS, MOST_TEXT, Chapter, Content, Kind, Material, MaterialDraft

ACCEPTED: Final = DOCUMENTS | IMAGES | AUDIO | VIDEO
"""Neither SVG nor HTML nor archives: they carry scripts and surprises."""

_CHAPTER: Final = re.compile(r"(?:(\d{1,2}):)?([0-5]?\d):([0-5]\d)\s+(\S.*)")


def read_chapters(text: str) -> list[Chapter] | None:
    """Lines such as `2:30 What is planned` or `1:02:30 …`; None where one cannot be read or stands out of turn."""
    found: list[Chapter] = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        match = _CHAPTER.fullmatch(line)
        if match is None or len(match[4]) > 120 or len(found) == MOST_CHAPTERS:
            return None
        starts_s = int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
        if found and starts_s <= found[-1].starts_s:
            return None
        found.append(Chapter(starts_s, match[4]))
    return found


def draft_faults(draft: MaterialDraft, file_type: str = "") -> dict[str, str]:
    """Field → message id. `file_type`: of the file it shows, if any."""
    found = {}
    if not draft.title:
        found["title"] = _("Give it a name")
    elif len(draft.title) > 200:
        found["title"] = _("This is too long: 200 characters at most")
    if len(draft.summary) > 1000:
        found["summary"] = _("This is too long: 1,000 characters at most")
    if file_type in IMAGES and not draft.alt:
        found["alt"] = _("Say what the picture shows: some people cannot see it")
    elif len(draft.alt) > 1000:
        found["alt"] = _("This is too long: 1,000 characters at most")
    if len(draft.chapters) > 20_000 or read_chapters(draft.chapters) is None:
        found["chapters"] = _("A line for each chapter, in the order of the film, such as: 2:30 What is planned")
    return found


def content_faults(kind: Kind, content: Content) -> dict[str, str]:
    found = {}
    if kind == "text":
        if not content.text:
            found["text"] = _("Write the text")
        elif len(content.text) > MOST_TEXT:
            found["text"] = _("This is too long: 50,000 characters at most")
    if kind == "link" and not is_address(content.link):
        found["link"] = _("Enter a whole address, such as https://www.example.org/plan")
    if len(content.note) > 500:
        found["note"] = _("This is too long: 500 characters at most")
    return found


def is_address(text: str) -> bool:
    """Whether a link may stand on a page: http or https, a host, no user, no spaces."""
    if not text or len(text) > 2000 or any(sign.isspace() or not sign.isprintable() for sign in text):
        return False
    try:
        parts = urlsplit(text)
        host, user = parts.hostname, parts.username
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and user is None


def title_of(name: str) -> str:
    """A name for a material, of its file's name."""
    stem = name.rpartition(".")[0] or name
    return " ".join(stem.replace("_", " ").split())[:200]


def same_family(material: Material, file_type: str) -> bool:
    """A picture's next version is a picture, a film's a film: words and thread stay true."""
    families = (IMAGES, AUDIO, VIDEO)
    return all((material.type in family) == (file_type in family) for family in families)
