"""Events that come in any order leave in one, each once."""

from hypothesis import given
from hypothesis import strategies as st

from realtime.order import MOST_WAITING, Numbered, Order


def event(seq: int) -> Numbered:
    return Numbered(seq, str(seq), b"")


@given(st.permutations(range(1, 12)), st.integers(0, 11), st.integers(0, 11))
def test_whatever_comes_first_and_whenever_it_begins(arriving: list[int], base: int, begun_after: int) -> None:
    order, left = Order(), list[int]()
    for index, seq in enumerate([*arriving, *arriving]):
        if index == begun_after:
            order.begin(base)
            left += [one.seq for one in order.ready()]
        left += [one.seq for one in order.take(event(seq))]
    assert left == list(range(base + 1, 12))
    assert not order.has_gap


def test_a_gap_is_seen_until_it_is_filled() -> None:
    order = Order()
    order.begin(5)
    assert order.take(event(7)) == []
    assert order.has_gap
    assert [one.seq for one in order.take(event(6))] == [6, 7]
    assert not order.has_gap
    assert order.take(event(6)) == []


def test_what_waits_is_bounded() -> None:
    order = Order()
    order.begin(0)
    for seq in range(MOST_WAITING * 2, 1, -1):
        order.take(event(seq))
    assert len(order._waiting) == MOST_WAITING
    assert order.has_gap
