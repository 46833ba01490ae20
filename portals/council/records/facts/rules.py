"""Order and sums over facts. Pure."""

from collections.abc import Iterable
from typing import Final

from portals.council.records.facts.model import MemberFact

_ALPHABET: Final = "aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźż"


def by_surname(name: str) -> tuple[list[int], list[int]]:
    """Key that sorts «Anna Łoś» as Polish lists do: by surname, letters in Polish order."""
    first, _space, last = name.lower().rpartition(" ")
    return _places(last), _places(first)


def _places(text: str) -> list[int]:
    return [_ALPHABET.find(letter) + 1 if letter in _ALPHABET else 100 + ord(letter) for letter in text]


def were_there(members: Iterable[MemberFact]) -> list[MemberFact]:
    """Who came at all."""
    return [member for member in members if member.state != "absent"]


def quorum_of(statutory: int) -> int:
    """At least half of the statutory number (art. 14 ust. 1 u.s.g.)."""
    return (statutory + 1) // 2
