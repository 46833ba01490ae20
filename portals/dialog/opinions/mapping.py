"""The mathematics of an opinion map: pure, exact where it can be, the same for the same votes in whatever order.

Rows are people, columns statements; a vote is 1, 0 or −1, None is unseen. Unseen stands for the statement's mean, so in
the centred matrix it is 0. The covariance is made of counts of bits of whole numbers: people are the bits. So it is
exact, quick (5,000 people × 200 statements: about ten seconds for all) and does not depend on the order of people.
"""

import math
import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

Row = tuple[int | None, ...]
Matrix = list[list[float]]
Spot = tuple[float, float]
MOST_TURNS: Final = 600
SAMPLE: Final = 400
"""People looked at for the silhouette: it compares each with each."""
CENTRED: Final = 1_000
"""People from whom the centres of groups are found; then everybody goes to the nearest one."""
RESTARTS: Final = 5
MOST_GROUPS: Final = 5


def covariance(rows: Sequence[Row]) -> Matrix:
    """Of the centred matrix, divided by the number of people."""
    width = len(rows[0]) if rows else 0
    yes, no, seen = [0] * width, [0] * width, [0] * width
    for at, row in enumerate(rows):
        bit = 1 << at
        for column, vote in enumerate(row):
            if vote is None:
                continue
            seen[column] |= bit
            if vote > 0:
                yes[column] |= bit
            elif vote < 0:
                no[column] |= bit
    means = [
        Fraction(yes[c].bit_count() - no[c].bit_count(), seen[c].bit_count()) if seen[c] else Fraction(0)
        for c in range(width)
    ]
    found = [[0.0] * width for _ in range(width)]
    for a in range(width):
        for b in range(a, width):
            both = seen[a] & seen[b]
            product = (
                (yes[a] & yes[b]).bit_count()
                + (no[a] & no[b]).bit_count()
                - (yes[a] & no[b]).bit_count()
                - (no[a] & yes[b]).bit_count()
            )
            sum_a = (yes[a] & both).bit_count() - (no[a] & both).bit_count()
            sum_b = (yes[b] & both).bit_count() - (no[b] & both).bit_count()
            count = both.bit_count()
            exact = product - means[b] * sum_a - means[a] * sum_b + means[a] * means[b] * count
            found[a][b] = found[b][a] = float(exact / len(rows))
    return found


def means_of(rows: Sequence[Row]) -> list[float]:
    """Mean of each statement over those who have seen it."""
    found = []
    for column in zip(*rows, strict=True):
        votes = [vote for vote in column if vote is not None]
        found.append(sum(votes) / len(votes) if votes else 0.0)
    return found


def two_axes(matrix: Matrix) -> list[tuple[float, list[float]]]:
    """The two greatest eigenvalues with their unit vectors, by power iteration and deflation.

    The sign is fixed: a vector's greatest part (the first of equals) is positive.
    """
    found: list[tuple[float, list[float]]] = []
    rest = [list(row) for row in matrix]
    for _axis in range(min(2, len(matrix))):
        value, vector = _greatest(rest, [known for _value, known in found])
        found.append((value, vector))
        for a, row in enumerate(rest):
            rest[a] = [cell - value * vector[a] * vector[b] for b, cell in enumerate(row)]
    return found


def _greatest(matrix: Matrix, known: Sequence[Sequence[float]]) -> tuple[float, list[float]]:
    size = len(matrix)
    scale = max((abs(cell) for row in matrix for cell in row), default=0.0)
    if scale < 1e-12:
        return 0.0, _unlike(known, size)
    # the columns' squared lengths are near the greatest axis already, and do not depend on chance
    start = max(range(size), key=lambda a: (round(_dot(matrix[a], matrix[a]), 9), -a))
    vector = _unit([matrix[start][b] + scale * 1e-6 * (b + 1) for b in range(size)])
    for _turn in range(MOST_TURNS):
        moved = [_dot(row, vector) for row in matrix]
        for other in known:
            along = _dot(moved, other)
            moved = [one - along * two for one, two in zip(moved, other, strict=True)]
        length = math.sqrt(_dot(moved, moved))
        if length < 1e-15:
            break
        following = [one / length for one in moved]
        change = max(abs(one - two) for one, two in zip(following, vector, strict=True))
        vector = following
        if change < 1e-12:
            break
    value = _dot(vector, [_dot(row, vector) for row in matrix])
    return max(0.0, value), _signed(vector)


def _unlike(known: Sequence[Sequence[float]], size: int) -> list[float]:
    """A unit vector at right angles to those known."""
    for at in range(size):
        vector = [1.0 if place == at else 0.0 for place in range(size)]
        for other in known:
            along = _dot(vector, other)
            vector = [one - along * two for one, two in zip(vector, other, strict=True)]
        if _dot(vector, vector) > 1e-9:
            return _unit(vector)
    return [0.0] * size


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _unit(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(_dot(vector, vector)) or 1.0
    return [one / length for one in vector]


def _signed(vector: Sequence[float]) -> list[float]:
    size = max(abs(one) for one in vector)
    first = next(one for one in vector if abs(abs(one) - size) < 1e-9)
    return [one if first > 0 else -one for one in vector]


def spots(rows: Sequence[Row], means: Sequence[float], axes: Sequence[Sequence[float]]) -> list[Spot]:
    """Where each person stands on the axes."""
    found = []
    for row in rows:
        centred = [0.0 if vote is None else vote - mean for vote, mean in zip(row, means, strict=True)]
        both = [round(_dot(centred, axis), 9) + 0.0 for axis in axes]
        found.append((both[0], both[1] if len(both) > 1 else 0.0))
    return found


# groups


def groups_of(people: Sequence[Spot]) -> list[int]:
    """A group for each spot: k-means with k from 2 to 5, the k of the best mean silhouette. Greatest group first."""
    distinct = sorted(set(people))
    if len(distinct) < 2:
        return [0] * len(people)
    sample, many = _thinned(people, SAMPLE), _thinned(people, CENTRED)
    best: tuple[float, list[Spot]] | None = None
    for k in range(2, min(MOST_GROUPS, len(distinct)) + 1):
        centres = k_means(many, k)
        quality = silhouette(sample, [nearest(spot, centres) for spot in sample])
        if best is None or quality > best[0] + 1e-9:
            best = (quality, centres)
    assert best is not None  # there are two spots at least
    labels = [nearest(spot, best[1]) for spot in people]
    sizes = {label: labels.count(label) for label in set(labels)}
    order = sorted(sizes, key=lambda label: (-sizes[label], best[1][label]))
    return [order.index(label) for label in labels]


def _thinned(people: Sequence[Spot], most: int) -> list[Spot]:
    """All of them in order, or so many of them at equal distances."""
    ordered = sorted(people)
    if len(ordered) <= most:
        return ordered
    return [ordered[at * len(ordered) // most] for at in range(most)]


def k_means(people: Sequence[Spot], k: int) -> list[Spot]:
    """Centres (sorted) of the tightest of several runs from seeded beginnings: the same each time."""
    ordered = sorted(people)
    best: tuple[float, list[Spot]] | None = None
    for turn in range(RESTARTS):
        centres = _settled(ordered, _beginning(ordered, k, turn))
        spread = round(math.fsum(_apart(spot, centres[nearest(spot, centres)]) for spot in ordered), 9)
        if best is None or (spread, centres) < best:
            best = (spread, centres)
    assert best is not None
    return best[1]


def _beginning(ordered: Sequence[Spot], k: int, turn: int) -> list[Spot]:
    """k-means++: the first run takes the farthest spot each time, the others one by chance of its distance."""
    chance = random.Random(turn)  # noqa: S311 - the same each time is what is wanted
    centres = [ordered[0] if turn == 0 else chance.choice(ordered)]
    while len(centres) < k:
        far = [min(_apart(spot, centre) for centre in centres) for spot in ordered]
        if turn == 0 or sum(far) == 0:
            centres.append(ordered[far.index(max(far))])
        else:
            centres.append(chance.choices(ordered, far)[0])
    return centres


def _settled(ordered: Sequence[Spot], centres: list[Spot]) -> list[Spot]:
    for _turn in range(100):
        members: list[list[Spot]] = [[] for _ in centres]
        for spot in ordered:
            members[nearest(spot, centres)].append(spot)
        moved = [_middle(held) if held else centre for held, centre in zip(members, centres, strict=True)]
        if moved == centres:
            break
        centres = moved
    return sorted(centres)


def _middle(held: Sequence[Spot]) -> Spot:
    return math.fsum(x for x, _y in held) / len(held), math.fsum(y for _x, y in held) / len(held)


def nearest(spot: Spot, centres: Sequence[Spot]) -> int:
    return min(range(len(centres)), key=lambda at: (_apart(spot, centres[at]), at))


def _apart(one: Spot, other: Spot) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def silhouette(people: Sequence[Spot], labels: Sequence[int]) -> float:
    """Mean of (b − a) / max(a, b): a: mean distance within one's group, b: to the nearest other one; alone: 0."""
    members: dict[int, list[Spot]] = {}
    for spot, label in zip(people, labels, strict=True):
        members.setdefault(label, []).append(spot)
    if len(members) < 2:
        return -1.0
    values = []
    for spot, label in zip(people, labels, strict=True):
        if len(members[label]) == 1:
            values.append(0.0)
            continue
        mean = {other: math.fsum(math.dist(spot, one) for one in held) / len(held) for other, held in members.items()}
        within = mean.pop(label) * len(members[label]) / (len(members[label]) - 1)
        beyond = min(mean.values())
        values.append((beyond - within) / max(within, beyond) if max(within, beyond) > 0 else 0.0)
    return math.fsum(values) / len(values)


# statements


def two_proportions(hits: int, of: int, other_hits: int, of_others: int) -> float:
    """Z of the two-proportion test with pooled variance, each proportion smoothed by (hits + 1) / (of + 2)."""
    one, other = (hits + 1) / (of + 2), (other_hits + 1) / (of_others + 2)
    pooled = (hits + other_hits + 2) / (of + of_others + 4)
    return (one - other) / math.sqrt(pooled * (1 - pooled) * (1 / (of + 2) + 1 / (of_others + 2)))


def consensus(votes: Sequence[tuple[int, int]]) -> float:
    """Π over groups of (A + 1) / (S + 2); A agree of S who have seen it."""
    return math.prod((agree + 1) / (seen + 2) for agree, seen in votes)


def hull(people: Sequence[Spot]) -> list[Spot]:
    """The convex hull, anticlockwise (Andrew's monotone chain)."""
    ordered = sorted(set(people))
    if len(ordered) < 3:
        return ordered

    def half(line: Sequence[Spot]) -> list[Spot]:
        found: list[Spot] = []
        for spot in line:
            while len(found) > 1 and _turn(found[-2], found[-1], spot) <= 0:
                found.pop()
            found.append(spot)
        return found[:-1]

    return half(ordered) + half(ordered[::-1])


def _turn(one: Spot, two: Spot, three: Spot) -> float:
    return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])
