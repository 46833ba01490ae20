"""Order, loss, and what is asked for again."""

import random

from hypothesis import given
from hypothesis import strategies as st

from media.webrtc.reorder import ASK_AGAIN_S, MAX_ASKED, Reorder, Unwrapped


def pushed(order, *packets, now=0.0):
    """`packets`: (sequence, timestamp, payload, marker)."""
    found = []
    for sequence, timestamp, payload, marker in packets:
        found += order.push(sequence & 0xFFFF, timestamp, payload, now, marker=marker)
    return found


def test_a_frame_leaves_with_its_marker():
    order = Reorder(0.4, by_marker=True)
    assert pushed(order, (1, 90, b"a", False)) == []
    (frame,) = pushed(order, (2, 90, b"b", True))
    assert (frame.timestamp, frame.payloads, frame.after_loss) == (90, [b"a", b"b"], False)


def test_a_new_timestamp_ends_a_frame_without_marker():
    order = Reorder(0.4, by_marker=True)
    frames = pushed(order, (1, 90, b"a", False), (2, 180, b"b", False))
    assert [frame.payloads for frame in frames] == [[b"a"]]


def test_sequence_and_time_wrap():
    order = Reorder(0.4, by_marker=True)
    frames = pushed(order, (65535, 2**32 - 10, b"a", True), (0, 3590, b"b", True))
    assert [frame.timestamp for frame in frames] == [2**32 - 10, 2**32 + 3590]


def test_swapped_packets_are_put_right_and_doubles_ignored():
    order = Reorder(0.4, by_marker=True)
    frames = pushed(
        order, (1, 0, b"a", True), (3, 90, b"c", True), (3, 90, b"c", True), (2, 90, b"b", False), (1, 0, b"a", True)
    )
    assert [frame.payloads for frame in frames] == [[b"a"], [b"b", b"c"]]
    assert order.lost == 0


def test_what_is_missing_is_asked_for_a_few_times():
    order = Reorder(10, by_marker=True)
    pushed(order, (1, 0, b"a", True), (4, 90, b"d", True))
    now = 1.0
    asked = 0
    while order.asks(now) == [2, 3]:
        assert order.asks(now) == []
        now += ASK_AGAIN_S
        asked += 1
    assert asked == MAX_ASKED
    pushed(order, (2, 90, b"b", False))
    assert order.asks(now + 1) == []


def test_a_gap_is_waited_for_and_then_given_up():
    order = Reorder(0.4, by_marker=True)
    pushed(order, (1, 0, b"a", True), (3, 180, b"c", True), now=1.0)
    assert order.advance(1.3) == []
    (frame,) = order.advance(1.41)
    assert (frame.payloads, frame.after_loss) == ([b"c"], True)
    assert order.lost == 1
    assert order.asks(2.0) == []
    (late,) = pushed(order, (4, 270, b"d", True))
    assert not late.after_loss


def test_a_far_jump_is_a_new_start():
    order = Reorder(0.4, by_marker=False)
    pushed(order, (1, 0, b"a", False))
    (frame,) = pushed(order, (20_000, 90, b"b", False))
    assert frame.after_loss
    assert order.asks(1.0) == []


def test_sound_needs_no_marker():
    order = Reorder(0.1, by_marker=False)
    assert [frame.payloads for frame in pushed(order, (1, 0, b"a", False), (2, 960, b"b", False))] == [[b"a"], [b"b"]]


@given(seed=st.integers(0, 10**9), begin=st.integers(0, 65535))
def test_any_order_within_reach_comes_out_straight(seed, begin):
    packets = [(begin + number, number // 3 * 90, bytes((number,)), number % 3 == 2) for number in range(60)]
    chance = random.Random(seed)
    mixed = [packet for at in range(0, 60, 6) for packet in chance.sample(packets[at : at + 6], 6)]
    mixed.remove(packets[0])
    order = Reorder(0.4, by_marker=True)
    frames = pushed(order, packets[0], *mixed)
    assert [payload for frame in frames for payload in frame.payloads] == [packet[2] for packet in packets]


def test_numbers_that_wrap():
    count = Unwrapped(16)
    assert [count.add(value) for value in (65534, 0, 65535, 3)] == [65534, 65536, 65535, 65539]
