"""Whole streams, simulated: every playlist on the way obeys the rules, and follows from the one before."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.hls.muxer import Init, Muxer, Part, Timing
from media.hls.window import Bounds, Start, Window
from media.packet import Kind, Packet, Tracks
from tests.media.hls import feed, rules

DATA = b"\x00\x00\x00\x02\x09\x10"


def add(window: Window, item: Init | Part) -> None:
    if isinstance(item, Init):
        window.add_init(item)
    else:
        window.add_part(item)


def drive(window: Window, made: tuple[Init | Part, ...], known: list[rules.Playlist]) -> None:
    for item in made:
        add(window, item)
        follow(window, known)


def follow(window: Window, known: list[rules.Playlist]) -> None:
    # Clocks jump here on purpose, and the dates tell the truth about it.
    found = rules.check_media(window.playlist(), clock_tolerance_s=math.inf)
    if known:
        rules.check_update(known[-1], found, may_be_short=window.bytes_kept > 1_000_000)
    known.append(found)
    rules.check_media(window.playlist(skip=True), clock_tolerance_s=math.inf)
    for segment in found.segments:
        whole = window.segment(segment.msn)
        if whole is not None and segment.parts:
            parts = [window.part(segment.msn, n) for n in range(len(segment.parts))]
            assert b"".join(bytes(part) for part in parts if part is not None) == whole


def run(
    packets: list[Packet],
    tracks: Tracks,
    pauses: set[int],
    start: Start,
    bounds: Bounds,
    began_at_s: float = 1_700_000_000,
) -> Window:
    window, muxer, known = Window(Timing(), bounds, start), Muxer(Timing(), start.next_msn, start.next_take), []
    muxer.begin(tracks)
    for number, packet in enumerate(packets):
        if number in pauses:
            drive(window, muxer.pause(), known)
            window.close_segment()
            follow(window, known)
            muxer.begin(tracks)
        drive(window, muxer.push(packet, began_at_s + packet.dts / 90_000), known)
    drive(window, muxer.pause(), known)
    window.end()
    follow(window, known)
    assert known[-1].ended
    return window


frame = st.tuples(
    st.sampled_from([Kind.VIDEO, Kind.VIDEO, Kind.AUDIO]),
    st.one_of(st.integers(0, 9000), st.integers(-20_000, 400_000), st.integers(-(10**7), 10**7)),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(frame, min_size=5, max_size=160), st.sets(st.integers(1, 150), max_size=3), st.integers(0, 3))
def test_no_timing_breaks_a_rule(frames, pauses, which):
    whole, _ = feed.both(1)
    tracks = (whole, Tracks(whole.video), Tracks(audio=whole.audio), whole)[which]
    times = {Kind.VIDEO: 0, Kind.AUDIO: 0}
    packets = []
    for kind, step, key in frames:
        times[kind] += step
        packets.append(
            Packet(
                kind, times[kind], times[kind] + (3600 if kind is Kind.VIDEO else 0), key or kind is Kind.AUDIO, DATA
            )
        )
    run(packets, tracks, pauses, Start(next_msn=9, next_take=2), Bounds(18, 10_000_000))


def test_an_hour_stays_within_its_bounds():
    tracks, packets = feed.both(8)
    muxer, window = Muxer(Timing()), Window(Timing(), Bounds(24, 10_000_000), Start())
    muxer.begin(tracks)
    most = 0
    for packet in feed.looped(packets, 8 * 90_000):
        if packet.dts > 600 * 90_000:
            break
        for item in muxer.push(packet, packet.dts / 90_000):
            add(window, item)
            most = max(most, window.bytes_kept)
    found = rules.check_media(window.playlist())
    assert 24 <= sum(segment.duration for segment in found.segments) < 27
    assert window.bytes_kept <= most < 1_000_000
    assert window.segment(found.first_msn - 3) is not None, "kept for players that read the list just before"
    assert window.segment(found.first_msn - 4) is None


def test_a_heavy_stream_is_cut_to_its_memory():
    tracks, packets = feed.both(8)
    heavy = [Packet(p.kind, p.dts, p.pts, p.key, p.data * 40) for p in packets]
    window = run([*heavy, *feed.shifted(heavy, 8 * 90_000)], tracks, set(), Start(), Bounds(24, 3_000_000))
    assert window.bytes_kept < 3_000_000 + 2 * 400_000 * 4


def test_what_may_be_waited_for():
    tracks, packets = feed.both(8)
    window, muxer = Window(Timing(), Bounds(), Start()), Muxer(Timing())
    muxer.begin(tracks)
    for packet in packets:
        if packet.dts >= 5.3 * 90_000:
            break
        for item in muxer.push(packet, 0.0):
            add(window, item)
    assert window.opened is not None
    assert (window.opened.msn, len(window.opened.parts)) == (3, 2)
    assert window.holds(3, 1)
    assert not window.holds(3, 2)
    assert not window.holds(3, None)
    assert window.holds(2, None)
    assert window.holds(2, 9), "a part beyond a closed segment's last is the next segment's first (§6.2.5.2)"
    assert not window.is_far(5, None, 6)
    assert window.is_far(6, None, 6)
    assert not window.is_far(3, 7, 6)
    assert window.is_far(3, 8, 6)
    assert window.may_come(3, 2)
    assert not window.may_come(3, 3)
    assert not window.may_come(4, 0)


def test_numbers_and_takes_continue_from_a_start():
    tracks, packets = feed.both(4)
    earlier = run(packets, tracks, set(), Start(), Bounds())
    start = Start(next_msn=earlier.next_msn, next_take=1, segments=earlier.listed())
    window = run(packets, tracks, set(), start, Bounds(), 1_700_000_100)
    found = rules.parse_media(window.playlist())
    assert [s.msn for s in found.segments] == [1, 2, 3, 4]
    assert [s.discontinuity for s in found.segments] == [0, 0, 1, 1]
    assert [s.map_uri for s in found.segments] == ["init-0.mp4"] * 2 + ["init-1.mp4"] * 2


def test_a_measured_variant():
    tracks, packets = feed.both(8)
    window = run(packets, tracks, set(), Start(), Bounds())
    variant = window.variant()
    assert variant is not None
    assert variant.frames_per_s == 25
    total = sum(len(p.data) for p in packets) * 8 / 8
    assert variant.average_bps == pytest.approx(total, rel=0.2)
    assert variant.peak_bps >= variant.average_bps
