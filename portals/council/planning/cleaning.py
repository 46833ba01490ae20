"""What a document leaves in pasted text: odd spaces, soft hyphens, quotes of Windows, bullets of Word. Pure."""

import re
import unicodedata
from typing import Final

_WINDOWS: Final = str.maketrans(
    {
        "\x82": "‚",
        "\x84": "„",
        "\x85": "…",
        "\x91": "‘",
        "\x92": "’",
        "\x93": "“",
        "\x94": "”",
        "\x95": "•",
        "\x96": "–",
        "\x97": "—",
        "\xa0": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u3000": " ",
        "\t": " ",
        "\u2011": "-",
    }
)
"""C1 controls are what windows-1250 text becomes when it is read as Latin-1."""
_LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\u2028\u2029]")
_INVISIBLE: Final = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_SPACES = re.compile(r"[^\S\n]+")
_QUOTE_OPENS = re.compile(r"(?<![\w,]),,(?=\w)")
_QUOTE_CLOSES = re.compile(r"(?<=[\w.!?…])''(?!\w)")
SOFT_HYPHEN: Final = "\u00ad"


def clean_lines(text: str) -> list[str]:
    """Lines without what cannot be seen; an empty one stays empty. A soft hyphen at a line's end is kept there."""
    lines = []
    for raw in _LINE_ENDS.split(unicodedata.normalize("NFC", text).translate(_WINDOWS)):
        line = _SPACES.sub(" ", "".join(sign for sign in raw if _seen(sign))).strip()
        broken = line.endswith(SOFT_HYPHEN)
        line = line.replace(SOFT_HYPHEN, "")
        line = _QUOTE_CLOSES.sub("”", _QUOTE_OPENS.sub("„", line))
        lines.append(line + SOFT_HYPHEN if broken and line else line)
    return lines


def joined(first: str, second: str) -> str:
    """Two lines of one sentence: a word broken by a soft hyphen is whole again, a hyphen keeps its halves together."""
    if first.endswith(SOFT_HYPHEN):
        return first[:-1] + second
    if first.endswith("-") and not first.endswith(" -") and second[:1].isalpha():
        return first + second
    return f"{first} {second}".strip()


def _seen(sign: str) -> bool:
    return sign not in _INVISIBLE and unicodedata.category(sign) not in {"Cc", "Cs", "Cn"}
