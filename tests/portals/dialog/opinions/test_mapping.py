"""The mathematics against matrices with known answers, and properties that must hold for all."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portals.dialog.opinions import mapping
from portals.dialog.opinions.drawing import Ballots, draw, statement_results, typical
from portals.dialog.opinions.model import Votes

votes = st.sampled_from((1, 0, -1, None))
matrices = st.integers(2, 6).flatmap(lambda width: st.lists(st.tuples(*[votes] * width), min_size=3, max_size=25))


def test_pca_of_a_matrix_worked_out_by_hand():
    # rows (1,1), (1,1), (−1,−1), (−1,1): means 0 and 0.5; centred (1,.5), (1,.5), (−1,−1.5), (−1,.5)
    rows = [(1, 1), (1, 1), (-1, -1), (-1, 1)]
    covariance = mapping.covariance(rows)
    assert covariance == [[1.0, 0.5], [0.5, 0.75]]  # sums 4, 2, 3 over 4 people
    (first, one), (second, two) = mapping.two_axes(covariance)
    root = math.sqrt((1 - 0.75) ** 2 + 4 * 0.5**2)  # the eigenvalues of a symmetric 2 × 2 matrix
    assert first == pytest.approx((1.75 + root) / 2, abs=1e-9)
    assert second == pytest.approx((1.75 - root) / 2, abs=1e-9)
    angle = math.atan2(2 * 0.5, 1 - 0.75) / 2
    assert one == pytest.approx([math.cos(angle), math.sin(angle)], abs=1e-6)
    assert two == pytest.approx([-math.sin(angle), math.cos(angle)], abs=1e-6)
    spots = mapping.spots(rows, mapping.means_of(rows), [one, two])
    assert spots[0] == pytest.approx((math.cos(angle) + 0.5 * math.sin(angle), 0.5 * math.cos(angle) - math.sin(angle)))
    assert math.fsum(x for x, _y in spots) == pytest.approx(0, abs=1e-8)


def test_unseen_stands_for_the_mean_and_is_not_a_pass():
    rows = [(1, 1), (1, None), (-1, -1)]
    # second statement: mean 0 of two; the person who has not seen it adds nothing
    assert mapping.covariance(rows) == [
        [pytest.approx(8 / 9), pytest.approx(2 / 3)],
        [pytest.approx(2 / 3), pytest.approx(2 / 3)],
    ]
    passed = [(1, 1), (1, 0), (-1, -1)]
    assert mapping.covariance([(1, 1), (1, None), (1, 1)])[1][1] == 0
    assert mapping.covariance([(1, 1), (1, 0), (1, 1)])[1][1] == pytest.approx(2 / 9)
    assert mapping.means_of(passed) == [pytest.approx(1 / 3), 0.0]


@given(matrices)
def test_covariance_by_bits_equals_the_plain_sum(rows):
    means = mapping.means_of(rows)
    centred = [[0.0 if v is None else v - mean for v, mean in zip(row, means, strict=True)] for row in rows]
    found = mapping.covariance(rows)
    for a in range(len(means)):
        for b in range(len(means)):
            assert found[a][b] == pytest.approx(sum(row[a] * row[b] for row in centred) / len(rows), abs=1e-9)


@given(matrices)
def test_axes_are_eigenvectors_at_right_angles_with_a_fixed_sign(rows):
    matrix = mapping.covariance(rows)
    (first, one), (second, two) = mapping.two_axes(matrix)
    assert first >= second - 1e-6 >= -1e-6
    assert sum(a * b for a, b in zip(one, two, strict=True)) == pytest.approx(0, abs=1e-5)
    if first > 1e-6:
        moved = [sum(cell * part for cell, part in zip(row, one, strict=True)) for row in matrix]
        assert moved == pytest.approx([first * part for part in one], abs=1e-3)
    assert max(one, key=abs) > 0 or max(map(abs, one)) == pytest.approx(max(one))


@settings(deadline=None, max_examples=40)
@given(matrices, st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(rows, chance):
    matrix = [row for row in rows for _copy in range(6)]
    statements = [(number, f"Zdanie {number}") for number in range(len(rows[0]))]
    people = [(at, {n: v for n, v in enumerate(row) if v is not None}) for at, row in enumerate(matrix)]
    one = draw(Ballots(statements, dict(people)))
    chance.shuffle(people)
    other = draw(Ballots(statements, dict(people)))
    assert one.map == other.map
    if one.map:
        for person, place in one.places.items():
            assert one.map.points[place] == other.map.points[other.places[person]]


def blocks(sizes, width=12, noise=0.0, seed=1):
    """People in blocks: each camp says yes to its own share of the statements and no to the rest."""
    chance = random.Random(seed)
    share = width // len(sizes)
    found = {}
    for camp, size in enumerate(sizes):
        for _number in range(size):
            row = {s: (1 if s // share == camp else -1) for s in range(width)}
            found[len(found)] = {s: (-v if chance.random() < noise else v) for s, v in row.items()}
    return Ballots([(number, f"Zdanie {number}") for number in range(width)], found)


@pytest.mark.parametrize(("sizes", "noise"), [((20, 12), 0.05), ((15, 11, 9), 0.04), ((14, 12, 10), 0.0)])
def test_well_separated_blocks_are_the_groups(sizes, noise):
    drawn = draw(blocks(sizes, noise=noise))
    assert [group.size for group in drawn.map.groups] == list(sizes)
    start = 0
    for number, size in enumerate(sizes):
        groups = {drawn.map.points[drawn.places[person]].group for person in range(start, start + size)}
        assert groups == {number}
        start += size
    share = 12 // len(sizes)
    for number, group in enumerate(drawn.map.groups):
        said_yes = {one.statement_id for one in group.typical if one.agree}
        assert said_yes <= set(range(number * share, (number + 1) * share))
        assert said_yes or len(sizes) == 2


def test_fewer_than_fifteen_people_are_no_map():
    assert draw(blocks((8, 6))).map is None
    assert draw(blocks((8, 7))).map.voters == 15


def test_a_group_of_fewer_than_five_is_not_told():
    drawn = draw(blocks((14, 9, 3)))
    small = drawn.map.groups[2]
    assert (small.size, small.hull, small.typical) == (None, [], [])
    assert len(drawn.map.points) == 23
    assert {point.group for point in drawn.map.points} == {0, 1}
    assert all(person not in drawn.places for person in range(23, 26))
    for one in drawn.map.statements:
        assert one.by_group[2] is None
        assert one.by_group.count(None) == 2  # else it could be worked out of the whole


def test_z_of_two_proportions():
    # (9 of 10 and 2 of 10), smoothed 10/12 and 3/12, pooled 13/24
    expected = (10 / 12 - 3 / 12) / math.sqrt(13 / 24 * 11 / 24 * (1 / 12 + 1 / 12))
    assert mapping.two_proportions(9, 10, 2, 10) == pytest.approx(expected)
    assert mapping.two_proportions(2, 10, 9, 10) == pytest.approx(-expected)
    assert mapping.two_proportions(0, 0, 0, 0) == 0
    assert mapping.two_proportions(5, 10, 50, 100) == pytest.approx(0, abs=0.02)


def test_consensus_is_the_product_over_groups():
    assert mapping.consensus([(9, 10), (4, 8)]) == pytest.approx(10 / 12 * 5 / 10)
    assert mapping.consensus([(0, 0)]) == 0.5
    rows = [(1, 1)] * 6 + [(1, -1)] * 6
    found = statement_results([(1, "a"), (2, "b")], rows, [0] * 6 + [1] * 6)
    assert found[0].consensus == pytest.approx((7 / 8) ** 2, abs=1e-6)
    assert found[1].consensus == pytest.approx(7 / 8 * 1 / 8, abs=1e-6)
    assert found[1].by_group == [Votes(6, 6, 0), Votes(6, 0, 6)]
    assert [(one.statement_id, one.agree) for one in typical(1, found)] == [(2, False)]


def test_silhouette_by_hand():
    people = [(0.0, 0.0), (0.0, 2.0), (10.0, 0.0)]
    # first: a = 2, b = 10; second: a = 2, b = √104; third is alone: 0
    expected = ((10 - 2) / 10 + (math.sqrt(104) - 2) / math.sqrt(104)) / 3
    assert mapping.silhouette(people, [0, 0, 1]) == pytest.approx(expected)
    assert mapping.silhouette(people, [0, 0, 0]) == -1


def test_k_means_settles_in_the_middles():
    people = [(0.0, 0.0), (0.0, 2.0), (10.0, 0.0), (10.0, 4.0)]
    assert mapping.k_means(people, 2) == [(0.0, 1.0), (10.0, 2.0)]
    assert mapping.groups_of([(1.0, 1.0)] * 4) == [0, 0, 0, 0]


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=40))
def test_a_hull_holds_everybody(people):
    around = mapping.hull([(float(x), float(y)) for x, y in people])
    assert set(around) <= {(float(x), float(y)) for x, y in people}
    if len(around) > 2:
        for one, other in zip(around, around[1:] + around[:1], strict=True):
            for x, y in people:
                assert (other[0] - one[0]) * (y - one[1]) - (other[1] - one[1]) * (x - one[0]) >= -1e-9
