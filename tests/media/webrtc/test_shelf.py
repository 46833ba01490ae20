"""Packed once: what each viewer gets of it, header by header."""

import itertools
import struct

from media.webrtc.shelf import KEPT, MAX_KEPT, Place, Shelf

STEP = 90


def place(shelf, **changes):
    given = {"ssrc": 7, "payload_type": 102, "sequence": 65534, "time_offset": 1000, "step": STEP}
    return Place(shelf, **{**given, **changes})


def read(packet):
    """(marker, payload type, sequence, time, ssrc, payload)."""
    flags, kind, sequence, time, ssrc = struct.unpack_from("!BBHII", packet)
    assert flags == 0x80
    return kind >> 7, kind & 0x7F, sequence, time, ssrc, packet[12:]


def all_of(place):
    found = []
    while taken := place.take(3):
        found += map(read, taken)
    return found


def test_headers_of_one_viewer():
    shelf = Shelf()
    shelf.add([b"a", b"b"], 3600, key=True)
    mine = place(shelf)
    assert mine.begin()
    shelf.add([b"c"], 7200, key=False)
    assert all_of(mine) == [
        (0, 102, 65534, 4600, 7, b"a"),
        (1, 102, 65535, 4600, 7, b"b"),
        (1, 102, 0, 8200, 7, b"c"),
    ]
    assert (mine.packets, mine.octets, mine.behind) == (3, 3, 0)


def test_a_latecomer_gets_the_group_in_small_steps_and_is_not_behind():
    shelf = Shelf()
    for index in range(50):
        shelf.add([b"x"], 3600 * index, key=index == 0)
    mine = place(shelf, time_offset=0)
    mine.begin()
    times = [one[3] for one in all_of(mine)]
    assert times[-1] == 3600 * 49
    assert [b - a for a, b in itertools.pairwise(times)] == [STEP] * 49
    shelf.add([b"y"], 3600 * 50, key=False)
    assert all_of(mine)[0][3] == 3600 * 50


def test_the_same_group_again_after_a_pli_never_goes_back_in_time():
    shelf = Shelf()
    for index in range(5):
        shelf.add([b"x"], 3600 * index, key=index == 0)
    mine = place(shelf, time_offset=0)
    mine.begin()
    before = all_of(mine)
    mine.begin()
    again = all_of(mine)
    assert [one[5] for one in again] == [one[5] for one in before]
    times = [one[3] for one in before + again]
    assert times == sorted(set(times))
    assert [one[2] for one in before + again] == [(65534 + index) & 0xFFFF for index in range(10)]


def test_a_viewer_without_a_key_frame_waits_for_one():
    shelf = Shelf()
    shelf.add([b"a"], 0, key=False)
    mine = place(shelf, time_offset=0)
    assert not mine.begin()
    assert mine.take(9) == []
    shelf.add([b"k"], 3600, key=True)
    mine.begin()
    assert [(one[3], one[5]) for one in all_of(mine)] == [(3600, b"k")]


def test_a_slow_viewer_goes_on_with_a_key_frame_and_sees_no_gap_in_the_numbers():
    shelf = Shelf()
    shelf.add([b"k"], 0, key=True)
    mine = place(shelf)
    mine.begin()
    first = all_of(mine)
    for index in range(1, 5):
        shelf.add([b"p"], 3600 * index, key=False)
    shelf.add([b"K"], 18_000, key=True)
    mine.skip()
    second = all_of(mine)
    assert [one[5] for one in second] == [b"K"]
    assert second[0][2] == (first[-1][2] + 1) & 0xFFFF
    assert mine.dropped == 4
    shelf.add([b"p"], 21_600, key=False)
    mine.skip()
    assert mine.next is None
    assert mine.dropped == 5


def test_packets_are_sent_again_as_they_were():
    shelf = Shelf()
    shelf.add([b"k", b"l"], 0, key=True)
    mine = place(shelf)
    mine.begin()
    before = all_of(mine)
    assert read(mine.again(65535)) == before[1]
    assert mine.again(3) is None
    for index in range(3 * KEPT):
        shelf.add([b"p"], 3600 * index, key=False)
        all_of(mine)
    shelf.add([b"K"], 0, key=True)
    for _index in range(3 * KEPT):
        shelf.add([b"p"], 0, key=False)
    assert mine.again(65535) is None


def test_the_shelf_is_bounded():
    shelf = Shelf()
    shelf.add([b"k"], 0, key=True)
    mine = place(shelf)
    mine.begin()
    for index in range(3 * MAX_KEPT):
        shelf.add([b"p"], index, key=False)
    assert shelf.end - shelf.first <= MAX_KEPT + KEPT
    assert shelf.key is None
    assert mine.take(9) == []  # what it stood at is gone
    assert mine.dropped > 0
