"""Check digits of Polish register numbers. Pure."""

from collections.abc import Sequence
from typing import Final

_PESEL: Final = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
_NIP: Final = (6, 5, 7, 2, 3, 4, 5, 6, 7)
_REGON: Final = (8, 9, 2, 3, 4, 5, 6, 7)


def is_pesel(text: str) -> bool:
    """The number of a person (PESEL): eleven digits, the last one checks the others."""
    digits = _digits(text)
    return len(digits) == 11 and (10 - _sum(digits, _PESEL) % 10) % 10 == digits[10]


def is_nip(text: str) -> bool:
    """The number of a taxpayer (NIP): ten digits."""
    digits = _digits(text)
    return len(digits) == 10 and _sum(digits, _NIP) % 11 == digits[9]


def is_regon(text: str) -> bool:
    """The number of a firm (REGON): nine digits."""
    digits = _digits(text)
    return len(digits) == 9 and _sum(digits, _REGON) % 11 % 10 == digits[8]


def _digits(text: str) -> list[int]:
    """Spaces and hyphens are how people write them; anything else is no number."""
    plain = text.replace(" ", "").replace("-", "")
    return [int(one) for one in plain] if plain.isascii() and plain.isdigit() else []


def _sum(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))
