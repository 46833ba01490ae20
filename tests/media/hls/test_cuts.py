"""A muxer that follows another: whatever the leading one makes of its packets, the same segments, dates and positions."""

from collections import deque
from pathlib import Path

import pytest

from media.hls.cuts import Lead, LedCuts, OwnCuts
from media.hls.muxer import Init, Muxer, Part, Timing
from media.packet import CLOCK_HZ, Kind, Packet, Tracks
from tests.media.hls import feed, reading


def follow(
    packets: list[Packet], tracks: Tracks, wanted: Tracks, skip: int = 0
) -> tuple[list[Part], list[Init | Part]]:
    """The leader's parts, and what a follower makes of the same packets from the leader's `skip`-th segment on."""
    leader, follower = Muxer(Timing(), 5, 2), Muxer(Timing(), leads=deque())
    led, out = [], []
    leader.begin(tracks)
    follower.begin(wanted)
    known: Lead | None = None
    leads: list[Lead] = []
    for packet in packets:
        led += leader.push(packet, 1_000_000 + packet.dts / CLOCK_HZ)
        standing, lane = leader.standing, leader.placed(packet.kind)
        assert standing is not None
        assert lane is not None
        if known is None or standing.msn != known.msn:
            known = standing
            leads.append(standing)
            if len(leads) > skip:
                assert follower.leads is not None
                follower.leads.append(standing)
        if len(leads) <= skip or (packet.kind is Kind.VIDEO and wanted.video is None):
            continue
        at = packet.pts + lane.offset
        out += follower.push(Packet(packet.kind, at, at, packet.key, packet.data), 0)
    return [part for part in [*led, *leader.pause()] if isinstance(part, Part)], [*out, *follower.pause()]


def segments(parts: list[Init | Part] | list[Part]) -> dict[int, tuple[int, int, float]]:
    """Each segment's take, position and date by its number."""
    return {p.msn: (p.take, p.dts_90k, p.began_at_s) for p in parts if isinstance(p, Part) and p.index == 0}


def jumped(packets: list[Packet], at_s: float, by_s: float) -> list[Packet]:
    edge = at_s * CLOCK_HZ
    return [one if one.dts < edge else feed.shifted([one], round(by_s * CLOCK_HZ))[0] for one in packets]


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda packets: packets, id="plain"),
        pytest.param(lambda packets: jumped(packets, 5, 1000), id="the clock jumps ahead"),
        pytest.param(lambda packets: jumped(packets, 5, -4), id="the clock is set back"),
        pytest.param(lambda packets: feed.shifted(packets, 2**33), id="a late clock"),
    ],
)
def test_pictures_and_sound_are_cut_alike(change, skip: int, tmp_path: Path) -> None:
    tracks, packets = feed.both(10)
    led, out = follow(change(packets), tracks, tracks, skip)
    want, got = segments(led), segments(out)
    assert list(want) == [5, 6, 7, 8, 9]
    assert got == {msn: place for msn, place in want.items() if msn >= 5 + skip}
    ((init, parts),) = reading.takes(out)
    reading.check_parts(parts, Timing().part_target_90k)
    reading.decode(reading.file_of(init, parts), tmp_path)


@pytest.mark.parametrize("gop", [25, 90, 250])
def test_rare_and_frequent_key_frames(gop: int) -> None:
    """Every 10 s is too rare for the target: the leading muxer cuts without one, and the follower at the same place."""
    tracks, packets = feed.both(14, gop=gop)
    led, out = follow(packets, tracks, tracks)
    assert segments(out) == segments(led)
    assert [p.independent for p in out if isinstance(p, Part) and p.index == 0] == [
        p.independent for p in led if p.index == 0
    ]


@pytest.mark.parametrize("skip", [0, 1])
def test_sound_alone_is_cut_at_the_same_places(skip: int, tmp_path: Path) -> None:
    tracks, packets = feed.both(10)
    led, out = follow(packets, tracks, Tracks(audio=tracks.audio), skip)
    want, got = segments(led), segments(out)
    assert got == {msn: place for msn, place in want.items() if msn >= 5 + skip}
    ((init, parts),) = reading.takes(out)
    reading.check_parts(parts, Timing().part_target_90k)
    reading.decode(reading.file_of(init, parts), tmp_path)


def test_dates_follow_a_leader_whose_clock_is_set_anew() -> None:
    leads = deque([Lead(0, 1, 0, 1000.0), Lead(0, 2, 180_000, 1002.7)])
    cuts = LedCuts(leads)
    assert (cuts.segment_at, cuts.anchor_s) == (0, 1000.0)
    assert not cuts.is_due(179_000)
    assert cuts.part_end(170_000, 45_000) == 180_000
    assert cuts.part_end(90_000, 45_000) == 135_000
    assert cuts.begins(180_000, key=False)
    cuts.begin_segment(180_000)
    assert (cuts.segment_at, cuts.anchor_s) == (180_000, pytest.approx(1000.7))
    assert not cuts.is_full(10**9)


def test_own_cuts_wait_for_a_key_frame_until_the_target_is_near() -> None:
    cuts = OwnCuts(2.0, 6, 49_500, 1000.0)
    assert not cuts.begins(180_000, key=False)
    assert cuts.begins(179_200, key=True)
    assert not cuts.begins(178_000, key=True)
    assert not cuts.is_due(10**9)
    assert not cuts.is_full(500_000)
    assert cuts.is_full(540_001)
