"""Looks at a whole uploaded file: its type by content, then that type's limits. Blocking: call it in a thread."""

import codecs
import warnings
from pathlib import Path
from typing import Final

from PIL import Image

from app.errors import Invalid
from app.files.archive import ArchiveLimits, Unsafe, check_archive
from app.files.sniff import (
    HEAD_BYTES,
    IMAGES,
    MESSAGE,
    UNKNOWN,
    ZIP,
    is_text,
    office_type,
    runs_by_name,
    settled_type,
    sniff,
    text_type,
    type_by_name,
)

MOST_PIXELS: Final = 50_000_000
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")


def inspected_type(path: Path, *, name: str, claimed: str, accept: frozenset[str], field: str) -> str:
    """The file's type, which is one of `accept`. Raises Invalid for `field`."""
    if runs_by_name(name):
        raise Invalid(fields={field: "Files of this kind are not taken here"})
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise Invalid(fields={field: "This file is empty"})
    found = sniff(head) or _text(path, name)
    if found == ZIP:
        found = _archive_type(path, field)
    kind = settled_type(found, name, claimed)
    if kind is None:
        raise Invalid(fields={field: "The content of this file does not match its name or type"})
    if kind not in accept:
        raise Invalid(fields={field: "Files of this kind are not taken here"})
    if kind in IMAGES:
        _check_image(path, field)
    return kind


def _text(path: Path, name: str) -> str:
    # letters may be in any charset, and in several at once
    is_letter = type_by_name(name) == MESSAGE
    decoder = codecs.getincrementaldecoder("latin-1" if is_letter else "utf-8-sig")()
    start = ""
    try:
        with path.open("rb") as file:
            while block := file.read(65536):
                text = decoder.decode(block)
                if not is_text(text):
                    return UNKNOWN
                start = start or text
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return UNKNOWN
    kind = text_type(start, name)
    return kind if kind == MESSAGE or not is_letter else UNKNOWN


def _archive_type(path: Path, field: str) -> str:
    try:
        with path.open("rb") as file:
            archive = check_archive(file, ArchiveLimits())
    except Unsafe as verdict:
        raise Invalid(fields={field: str(verdict)}) from None
    return office_type(archive.names, archive.mimetype, archive.content_types)


def _check_image(path: Path, field: str) -> None:
    """Reads the header alone: nothing is decoded here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            with Image.open(path, formats=_FORMATS) as image:
                width, height = image.size
    except Image.DecompressionBombError:
        width, height = MOST_PIXELS, 2
    except (OSError, ValueError, SyntaxError):
        raise Invalid(fields={field: "This picture is damaged"}) from None
    if width * height > MOST_PIXELS:
        raise Invalid(fields={field: "This picture has too many pixels"})
