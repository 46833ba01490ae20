"""From votes to the map: pure, blocking for some seconds with thousands of people; call it in a worker.

Who is on the map: whoever has voted on a third of the statements, or on seven of them. It is made from fifteen people
up; groups of fewer than five people are not told.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from portals.dialog.opinions import mapping
from portals.dialog.opinions.mapping import Row, Spot
from portals.dialog.opinions.model import Group, OpinionMap, Point, StatementResult, Typical, Votes

LEAST_VOTERS: Final = 15
LEAST_GROUP: Final = 5
LEAST_VOTES: Final = 7
SURE: Final = 1.645
"""z of a one-sided test at 95 %."""
MOST_TYPICAL: Final = 5


class Ballots(msgspec.Struct, frozen=True):
    """Everything the map is made of. `votes`: participant → statement → choice."""

    statements: list[tuple[int, str]]
    votes: Mapping[int, Mapping[int, int]]


class Drawn(msgspec.Struct, frozen=True):
    """The map, and which point is whose."""

    map: OpinionMap | None
    places: dict[int, int]


def draw(ballots: Ballots) -> Drawn:
    """None where fewer than fifteen people stand on it."""
    columns = [statement_id for statement_id, _text in ballots.statements]
    needed = min(LEAST_VOTES, max(1, -(-len(columns) // 3)))
    rows: dict[int, Row] = {}
    for person, votes in ballots.votes.items():
        row = tuple(votes.get(column) for column in columns)
        if sum(vote is not None for vote in row) >= needed:
            rows[person] = row
    # by what they say, not by who they are: the order of points tells nothing of the order in which people came
    people = sorted(rows, key=lambda person: [(9 if vote is None else vote) for vote in rows[person]])
    if len(people) < LEAST_VOTERS or len(columns) < 2:
        return Drawn(None, {})
    matrix = [rows[person] for person in people]
    covariance = mapping.covariance(matrix)
    axes = mapping.two_axes(covariance)
    spots = _within(mapping.spots(matrix, mapping.means_of(matrix), [axis for _value, axis in axes]))
    labels = mapping.groups_of(spots)
    total = sum(covariance[at][at] for at in range(len(columns)))
    results = statement_results(ballots.statements, matrix, labels)
    groups = [
        _group(number, [spot for spot, label in zip(spots, labels, strict=True) if label == number], results)
        for number in range(max(labels) + 1)
    ]
    told = {group.number for group in groups if group.size is not None}
    shown = [person for person, label in zip(people, labels, strict=True) if label in told]
    points = [Point(*spot, label) for spot, label in zip(spots, labels, strict=True) if label in told]
    return Drawn(
        OpinionMap(
            voters=len(people),
            points=points,
            groups=groups,
            statements=[_told(one, told) for one in results],
            explained=round(sum(value for value, _axis in axes) / total, 4) if total else 0.0,
        ),
        {person: at for at, person in enumerate(shown)},
    )


def _within(spots: Sequence[Spot]) -> list[Spot]:
    """Both axes by one measure, from −1 to 1."""
    size = max((max(abs(x), abs(y)) for x, y in spots), default=0.0) or 1.0
    return [(round(x / size, 4) + 0.0, round(y / size, 4) + 0.0) for x, y in spots]


def statement_results(
    statements: Sequence[tuple[int, str]], matrix: Sequence[Row], labels: Sequence[int]
) -> list[StatementResult]:
    """Exact figures of those on the map, by groups; nothing is hidden yet."""
    found = []
    count = max(labels, default=-1) + 1
    for column, (statement_id, text) in enumerate(statements):
        cells = [(row[column], label) for row, label in zip(matrix, labels, strict=True)]
        by_group = [_votes([vote for vote, label in cells if label == number]) for number in range(count)]
        found.append(
            StatementResult(
                statement_id=statement_id,
                text=text,
                all=_votes([vote for vote, _label in cells]),
                by_group=list(by_group),
                consensus=round(mapping.consensus([(one.agree, one.seen) for one in by_group]), 6),
            )
        )
    return found


def _votes(cells: Sequence[int | None]) -> Votes:
    seen = [vote for vote in cells if vote is not None]
    return Votes(len(seen), seen.count(1), seen.count(-1))


def typical(number: int, results: Sequence[StatementResult]) -> list[Typical]:
    """Statements that a group answers otherwise than the rest, surest first."""
    found = []
    for one in results:
        own = one.by_group[number]
        if own is None or own.seen < LEAST_GROUP:
            continue
        others = Votes(one.all.seen - own.seen, one.all.agree - own.agree, one.all.disagree - own.disagree)
        for agree, hits, other_hits in ((True, own.agree, others.agree), (False, own.disagree, others.disagree)):
            z = mapping.two_proportions(hits, own.seen, other_hits, others.seen)
            if z > SURE and hits * 2 > own.seen:
                found.append(Typical(one.statement_id, agree, round(hits / own.seen, 4), round(z, 4)))
    return sorted(found, key=lambda one: (-one.z, one.statement_id))[:MOST_TYPICAL]


def _group(number: int, spots: Sequence[Spot], results: Sequence[StatementResult]) -> Group:
    if len(spots) < LEAST_GROUP:
        return Group(number, None, 0.0, 0.0, [], [])
    middle = sum(x for x, _y in spots) / len(spots), sum(y for _x, y in spots) / len(spots)
    return Group(
        number, len(spots), round(middle[0], 4), round(middle[1], 4), mapping.hull(spots), typical(number, results)
    )


def _told(one: StatementResult, told: set[int]) -> StatementResult:
    """Votes of small groups, and of few people in a group, are not told. Where exactly one group is left out it could
    be worked out of the whole; then another one is left out too.
    """
    hidden = {
        number
        for number, votes in enumerate(one.by_group)
        if number not in told or (votes is not None and 0 < votes.seen < LEAST_GROUP)
    }
    left = [number for number in range(len(one.by_group)) if number not in hidden]
    if len(hidden) == 1 and left:
        hidden.add(min(left, key=lambda number: ((votes.seen if (votes := one.by_group[number]) else 0), number)))
    by_group = [None if number in hidden else votes for number, votes in enumerate(one.by_group)]
    return msgspec.structs.replace(one, by_group=by_group)
