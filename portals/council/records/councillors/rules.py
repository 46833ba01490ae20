"""Agreement between councillors. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from portals.council.records.councillors.model import Agreement, CouncillorRow, Matrix, MatrixRow, Pair
from portals.council.records.facts.rules import by_surname

FEWEST: Final = 5
"""Named votes that two must have met in before a page compares pairs: below it one vote says too much."""


class PairOf(msgspec.Struct, frozen=True):
    """Two who agree much or little."""

    one: MatrixRow
    other: MatrixRow
    share: float


def share(pair: Pair | None) -> float | None:
    return pair.same / pair.both if pair is not None and pair.both else None


def ordered(people: Iterable[CouncillorRow]) -> list[CouncillorRow]:
    """Clubs together, the unaffiliated last; by surname inside."""
    return sorted(people, key=lambda one: (one.club is None, one.club or "", by_surname(one.name)))


def matrix(term: str, votes: int, people: Sequence[CouncillorRow], pairs: Iterable[Pair]) -> Matrix:
    known = {(pair.one_id, pair.other_id): pair for pair in pairs}
    order = ordered(people)
    rows = [
        MatrixRow(one.id, one.name, one.club, [share(known.get((one.id, other.id))) for other in order])
        for one in order
    ]
    return Matrix(term, votes, rows)


def agreements(own_id: int, people: Sequence[CouncillorRow], pairs: Iterable[Pair]) -> list[Agreement]:
    """With everybody else, the most agreeing first, unknown last."""
    known = {pair.other_id: pair for pair in pairs if pair.one_id == own_id}
    found = []
    for one in people:
        if one.id != own_id:
            pair = known.get(one.id)
            counts = (pair.both, pair.same) if pair is not None else (0, 0)
            found.append(Agreement(one.id, one.name, one.club, *counts, share(pair)))
    return sorted(found, key=lambda one: (one.share is None, -(one.share or 0), by_surname(one.other)))


def extremes(made: Matrix, pairs: Iterable[Pair], count: int = 5) -> tuple[list[PairOf], list[PairOf]]:
    """The pairs that agree most, and least, each pair once."""
    rows = {row.id: row for row in made.rows}
    found = [
        PairOf(rows[pair.one_id], rows[pair.other_id], pair.same / pair.both)
        for pair in pairs
        if pair.one_id < pair.other_id and pair.both >= FEWEST and pair.one_id in rows and pair.other_id in rows
    ]
    least = sorted(found, key=lambda pair: (pair.share, by_surname(pair.one.name)))
    most = sorted(found, key=lambda pair: (-pair.share, by_surname(pair.one.name)))
    return most[:count], least[:count]


def step(value: float | None) -> str:
    """Class of a cell's ground: eleven steps, the text says it exactly."""
    return "none" if value is None else str(round(value * 10))


def initials(name: str) -> str:
    """«A. Kowal», where there is little room."""
    first, _space, last = name.rpartition(" ")
    return f"{first[:1]}. {last}" if first else last
