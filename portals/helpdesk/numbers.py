"""Numbers of tickets that can be read out: the ticket's id with a check digit, «4 217-3».

The check digit is Damm's (2004): a mistyped digit and two neighbours that were swapped are always found. Nothing of it
is stored: number and id are made from each other.
"""

import re
from typing import Final

from stdnum import damm

NARROW_SPACE: Final = "\u202f"
_WRITTEN: Final = re.compile(r"(?:nr\.?|no\.?|#|№)?\s*(\d[\d\s.]{0,24}?)\s*[-–/ ]?\s*(\d)", re.IGNORECASE)
_SPACES: Final = re.compile(r"[\s.]")
LONGEST: Final = 18
"""Digits; more do not fit the database."""


def digits_of(ticket_id: int) -> str:
    """As it stands in addresses and in the subject of letters: `42173`."""
    return f"{ticket_id}{damm.calc_check_digit(str(ticket_id))}"


def number_of(ticket_id: int) -> str:
    """As people see it and read it out: `4 217-3`, in groups of three."""
    grouped = f"{ticket_id:,}".replace(",", NARROW_SPACE)
    return f"{grouped}-{damm.calc_check_digit(str(ticket_id))}"


def id_of(written: str) -> int | None:
    """The id behind a number as somebody types it, with or without spaces and dash; None where a digit is wrong."""
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        return None
    digits = _SPACES.sub("", found[1]) + found[2]
    if not digits.isascii() or not 2 <= len(digits) <= LONGEST or digits[0] == "0":
        return None
    return int(digits[:-1]) if damm.is_valid(digits) else None
