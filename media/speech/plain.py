"""Words of captions as plain text: no markup, no control characters, no empty lines. Pure."""

import html
import re
import unicodedata
from typing import Final

from media.speech.model import LONGEST_SPEAKER, LONGEST_TEXT

_TAG: Final = re.compile(r"</?(?:[A-Za-z][^<>]*|\d[\d:.]*)>")
_VOICE: Final = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]*)>", re.IGNORECASE)
_BRACES: Final = re.compile(r"\{(?:\\|[a-zA-Z]:)[^{}]*\}")
_SPACES: Final = re.compile(r"[ \t\u00a0]+")
_DIRECTION: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def stripped(text: str) -> tuple[str, str, bool]:
    """Text without tags and entities, the voice that it names, and whether any styling was taken away.

    Entities become characters once, after the tags are gone: what was escaped stays text.
    """
    voice = _VOICE.search(text)
    bare = _BRACES.sub("", _TAG.sub("", text))
    styled = bare != _VOICE.sub("", text).replace("</v>", "")
    return clean_text(html.unescape(bare)), clean_speaker(html.unescape(voice[1])) if voice else "", styled


def clean_text(text: str) -> str:
    """Lines without control characters and doubled spaces; no empty ones."""
    kept = "".join(one for one in unicodedata.normalize("NFC", text) if one == "\n" or _is_text(one))
    lines = (_SPACES.sub(" ", line).strip() for line in kept.split("\n"))
    return "\n".join(line for line in lines if line)[:LONGEST_TEXT].strip()


def clean_speaker(text: str) -> str:
    """A name on one line."""
    return _SPACES.sub(" ", clean_text(text).replace("\n", " ")).strip()[:LONGEST_SPEAKER].strip()


def folded(text: str) -> str:
    """Lower case without accents, for search: «żółw» and «zolw» are the same."""
    spread = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return " ".join("".join(one for one in spread if not unicodedata.combining(one)).split())


def _is_text(character: str) -> bool:
    if character == "\t":
        return True
    return unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} and character not in _DIRECTION
