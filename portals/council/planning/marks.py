"""What stands in front of a line of an agenda: 1. · 1) · 7.1 · 7a. · IV. · a) · – and bullets. Pure."""

import re
from typing import Final, Literal

import msgspec

Style = Literal["roman", "number", "paren", "parted", "letter", "bullet"]
"""`number` is 1. and `paren` 1): documents number sub-items so."""

_PREFIX = r"(?:(?:pkt\.?|punkt|ad\.?)\s*)?"
_AFTER = r"(?=\s|[^\W\d_]|[„\"(]|$)"
"""A space, a word, a quotation, or nothing more on the line."""
_PARTED = re.compile(
    rf"{_PREFIX}\(?(\d{{1,3}}(?:\.\d{{1,2}}){{1,3}}(?:[a-z](?=[.)\s]|$))?)[.)]{{0,2}}{_AFTER}", re.IGNORECASE
)
_NUMBER = re.compile(rf"{_PREFIX}\(?(\d{{1,3}})(?:\.\)|[.)]){_AFTER}", re.IGNORECASE)
_NUMBER_LETTER = re.compile(rf"{_PREFIX}(\d{{1,3}}[a-z])[.)]{{1,2}}{_AFTER}", re.IGNORECASE)
_NUMBER_TABBED = re.compile(r"(\d{1,3})(?= (?=[A-ZĄĆĘŁŃÓŚŹŻ„]))")
_PREFIXED = re.compile(r"(?:pkt\.?|punkt|ad\.?)\s*(\d{1,3}[a-z]?):?(?=\s|$)", re.IGNORECASE)
_ROMAN = re.compile(rf"([IVXLC]{{1,7}})(?:\.\)|[.)]){_AFTER}")
_LETTER = re.compile(rf"([a-z])\){_AFTER}")
_LETTER_DOTTED = re.compile(r"([a-z])\.(?=\s\S)")
_BULLET = re.compile(r"(?:[•·▪▫◦‣●○■□➢➤✓*\u2043]|[\ue000-\uf8ff]|[-–—](?=\s|[^\W\d_])|o(?= [A-ZĄĆĘŁŃÓŚŹŻ]))\s*")
_ROMAN_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN_PIECES: Final = (
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


class Mark(msgspec.Struct, frozen=True):
    """`text` is as it was written, `number` what is left of it, `parts` its numbers: 7.1 → (7, 1), b) → (2,).

    `sure` False: it may as well be a word of the sentence, so only the right successor is believed.
    """

    style: Style
    text: str
    number: str
    parts: tuple[int, ...]
    sure: bool = True


def read_mark(line: str) -> tuple[Mark, str] | None:
    """The mark and the rest of the line; None where the line starts with a word."""
    for style, pattern, sure in (
        ("parted", _PARTED, True),
        ("number", _NUMBER_LETTER, True),
        ("number", _NUMBER, True),
        ("number", _PREFIXED, True),
        ("number", _NUMBER_TABBED, False),
        ("roman", _ROMAN, True),
        ("letter", _LETTER, True),
        ("letter", _LETTER_DOTTED, False),
    ):
        found = pattern.match(line)
        if found is None:
            continue
        mark = _mark(style, found[0], found[1], sure)  # type: ignore[arg-type]  # styles stand in the table above
        if mark is not None:
            return mark, line[found.end() :].strip()
    found = _BULLET.match(line)
    if found is not None and found.end() > 0:
        return Mark("bullet", found[0].strip(), "", ()), line[found.end() :].strip()
    return None


def roman_value(text: str) -> int | None:
    """None for letters that are no number: «IIX»."""
    values = [_ROMAN_VALUES[letter] for letter in text]
    total = sum(
        -value if any(later > value for later in values[index + 1 : index + 2]) else value
        for index, value in enumerate(values)
    )
    return total if total > 0 and _roman(total) == text else None


def _mark(style: Style, text: str, number: str, sure: bool) -> Mark | None:
    if style == "parted":
        pieces = number.lower().split(".")
        if any(piece.startswith("0") for piece in pieces):  # a time such as 10.00
            return None
        return Mark(style, text, number, tuple(int(piece.rstrip("abcdefghijklmnopqrstuvwxyz")) for piece in pieces))
    if style == "number":
        digits = number.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return Mark("paren" if ")" in text else style, text, number, (int(digits),), sure) if int(digits) else None
    if style == "roman":
        value = roman_value(number)
        return None if value is None else Mark(style, text, number, (value,))
    return Mark(style, text, number, (ord(number) - ord("a") + 1,), sure)


def _roman(value: int) -> str:
    text = ""
    for amount, letters in _ROMAN_PIECES:
        while value >= amount:
            text, value = text + letters, value - amount
    return text
