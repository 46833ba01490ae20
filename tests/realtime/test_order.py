"""Events that come in any order leave in one, each once."""

from hypothesis import given
from hypothesis import strategies as st

from realtime.order import MOST_REMOVED, MOST_WAITING, NEVER, REMOVED_KEPT_S, Numbered, Order, Removed


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


def test_a_removal_is_remembered_for_a_while() -> None:
    removed = Removed()
    removed.add("a", "1", NEVER, 100)
    removed.add("a", "2", 7, 100)
    removed.add("a", "2", 5, 101)
    shown = [(key, rev) for key in "123" for rev in (0, 6, 7, NEVER) if not removed.hides("a", key, rev)]
    assert shown == [("1", NEVER), ("2", 7), ("2", NEVER), ("3", 0), ("3", 6), ("3", 7), ("3", NEVER)]
    assert not removed.hides("b", "1", 6)
    removed.add("b", "1", NEVER, 100 + REMOVED_KEPT_S + 0.5)
    assert not removed.hides("a", "1", 6)
    assert removed.hides("a", "2", 6), "its newer word counts"
    for number in range(MOST_REMOVED):
        removed.add("c", str(number), NEVER, 100 + REMOVED_KEPT_S + 0.5)
    assert not removed.hides("b", "1", 6)
