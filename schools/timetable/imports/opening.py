"""From an uploaded file to what is read of it: a page, a folder as ZIP, an XML file. Blocking: call it in a thread."""

import io
import zipfile
from typing import Final

from app.errors import Invalid
from app.files.archive import ArchiveLimits, Unsafe, check_archive
from schools.timetable.imports import asc, optivum
from schools.timetable.imports.model import ReadTimetable, Source

MOST_BYTES: Final = 8 * 1024 * 1024
LIMITS: Final = ArchiveLimits(members=2000, unpacked_bytes=64 * 1024 * 1024, depth=1)


def read_upload(name: str, content: bytes) -> tuple[Source, ReadTimetable]:
    """By its content, whatever it is called. Raises Invalid for `file`."""
    if not content:
        raise Invalid(fields={"file": "This file is empty"})
    if len(content) > MOST_BYTES:
        raise Invalid(fields={"file": "This file is larger than a timetable is: 8 MB at most"})
    if content.startswith(b"PK\x03\x04"):
        return "optivum", optivum.read_files(unpacked(content))
    head = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if (head.startswith(b"<?xml") and b"<html" not in head) or head.startswith((b"<timetable", b"<!doctype timetable")):
        return "asc", asc.read_file(name, content)
    if b"<html" in head or b"<!doctype html" in head or b"<table" in head:
        # one page: it need not be called o1.html then
        return "optivum", optivum.read_files({name if optivum.is_class_file(name) else "o1.html": content})
    raise Invalid(fields={"file": "This is neither Optivum's HTML (or a ZIP of its folder) nor aSc's XML"})


def unpacked(content: bytes) -> dict[str, bytes]:
    """Pages of a folder. The archive is checked whole first: bombs, foreign paths and the like are refused."""
    try:
        check_archive(io.BytesIO(content), LIMITS)
    except Unsafe as verdict:
        raise Invalid(fields={"file": str(verdict)}) from None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            info.filename: archive.read(info)
            for info in archive.infolist()
            if info.filename.lower().endswith((".html", ".htm"))
        }
