"""Takes people out of what a ticket says, before it becomes a draft. Pure; an editor reads it before it is saved."""

import re
from collections.abc import Iterable
from typing import Final

from app.search import folded

PERSON: Final = "[osoba]"
EMAIL: Final = "[e-mail]"
NUMBER: Final = "[numer]"
_EMAIL: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_LOGIN: Final = re.compile(r"(?<![\w@.])@[a-z0-9][a-z0-9._-]{1,63}", re.IGNORECASE)
_KEPT: Final = r"\d{4}-\d{2}-\d{2}|\d{1,3}(?:\.\d{1,3}){3}|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}:\d{2}"
"""Days, addresses of machines, times of day."""
_NUMBER: Final = re.compile(
    rf"(?P<kept>{_KEPT})"
    r"|(?<![\w.,:/-])(?:\(?(?:\+|00)\d{1,3}\)?[ .-]?)?(?:\(?\d{2,4}\)?[ .-]?){2,4}\d{2,4}(?![\w/:])"
)
_UPPER: Final = "A-ZĄĆĘŁŃÓŚŹŻ"
_TITLED: Final = re.compile(rf"\b(?:[Pp]an(?:i|a|u|em|ią|ie)?|p\.)\s+[{_UPPER}]\w+(?:[ -][{_UPPER}]\w+)*")
_CAPITAL: Final = re.compile(r"[^\W\d_]\w*")
_ENDING: Final = re.compile(
    r"\n+\s*(?:z poważaniem|pozdrawiam\w*|z wyrazami szacunku)\b.*\Z", re.IGNORECASE | re.DOTALL
)
SHORTEST_NAME: Final = 3
DIGITS: Final = 7
"""A number with so many digits may be somebody's telephone; a shorter one is a room, a code, an amount."""


def without_people(text: str, names: Iterable[str]) -> str:
    """E-mail addresses, logins, telephone numbers, and the names given, in whatever case they stand."""
    text = _ENDING.sub("", text)
    text = _EMAIL.sub(EMAIL, text)
    text = _LOGIN.sub(PERSON, text)
    text = _NUMBER.sub(_number, text)
    text = _TITLED.sub(PERSON, text)
    stems = {_stem(part) for name in names for part in re.split(r"[\s-]+", name) if len(part) >= SHORTEST_NAME}
    text = _CAPITAL.sub(lambda found: PERSON if _is_name(found[0], stems) else found[0], text)
    return re.sub(rf"{re.escape(PERSON)}(?:[ -]{re.escape(PERSON)})+", PERSON, text).strip()


def _number(found: re.Match[str]) -> str:
    if found["kept"] is not None:
        return found[0]
    return NUMBER if sum(letter.isdigit() for letter in found[0]) >= DIGITS else found[0]


def _stem(part: str) -> str:
    """What all cases of a name begin with: «Kowalska» and «Kowalskiej» share `kowalsk`, «Ewa» and «Ewie» `ew`."""
    plain = folded(part)
    return plain[:2] + plain[2:].rstrip("aeiouy")


def _is_name(word: str, stems: set[str]) -> bool:
    """A word with a capital that begins with a name and goes on by an ending at most (-owskiego would be another)."""
    if not word[0].isupper():
        return False
    plain = folded(word)
    return any(len(stem) > 1 and plain.startswith(stem) and len(plain) - len(stem) <= 4 for stem in stems)
