"""Names that people give to files: cleaned on the way in, written into a header on the way out. No I/O."""

import unicodedata
from typing import Final, Literal
from urllib.parse import quote

MOST_NAME_BYTES: Final = 200
"""In UTF-8; file systems take 255, and something may be put before it."""

Disposition = Literal["attachment", "inline"]
_FORBIDDEN: Final = frozenset('<>:"|?*')
"""What Windows refuses in a name."""


def clean_name(name: str, fallback: str = "file") -> str:
    """The last part of a path in NFC, without control characters; a long one is cut before its ending."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        "_" if sign in _FORBIDDEN else sign
        for sign in last
        if not unicodedata.category(sign).startswith("C") and unicodedata.category(sign) not in {"Zl", "Zp"}
    )
    kept = " ".join(kept.split()).strip(". ")
    if not kept:
        return fallback
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > 16:
        stem, dot, ending = kept, "", ""
    room = MOST_NAME_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending


def content_disposition(disposition: Disposition, name: str) -> str:
    """Header value of RFC 6266: an ASCII name for old programs and the whole name in RFC 8187 for all others."""
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
    ascii_name = "".join(
        "_" if sign in '"\\%' or not " " <= sign <= "~" else sign for sign in plain if not unicodedata.combining(sign)
    )
    value = f'{disposition}; filename="{ascii_name}"'
    return value if ascii_name == name else f"{value}; filename*=UTF-8''{quote(name, safe='')}"
