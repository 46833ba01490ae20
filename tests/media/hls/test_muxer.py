from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from media.hls.muxer import Init, Muxer, Part, Timing
from media.packet import Kind, Packet, Tracks
from tests.media.hls import feed, reading

TARGET = Timing().part_target_90k


def without(packets: list[Packet], kind: Kind, begin_s: float, end_s: float) -> list[Packet]:
    return [p for p in packets if p.kind is not kind or not begin_s <= p.dts / 90_000 < end_s]


def test_parts_and_segments_of_25_frames_a_second(tmp_path: Path):
    tracks, packets = feed.both(8)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, packets))
    assert [(part.msn, part.index) for part in parts] == [(msn, index) for msn in range(1, 5) for index in range(4)]
    assert [part.duration_90k for part in parts[:4]] == [46_800, 46_800, 46_800, 39_600]
    assert [part.independent for part in parts[:5]] == [True, False, False, False, True]
    reading.check_parts(parts, TARGET)
    data = reading.file_of(init, parts)
    seen = reading.read(data)
    assert len(seen.video) == 200
    assert seen.video[0] == (0, 0, True)
    assert [round(dts, 3) for dts, _, _ in seen.video[:3]] == [0, 0.04, 0.08]
    reading.decode(data, tmp_path)


def test_every_segment_plays_alone_and_its_sound_begins_with_its_picture():
    tracks, packets = feed.both(8)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, packets))
    for msn in range(1, 5):
        seen = reading.read(reading.file_of(init, [part for part in parts if part.msn == msn]))
        assert seen.video[0][2]
        assert abs(seen.audio[0][0] - seen.video[0][1]) < 0.022
        assert len(seen.video) == 50


def test_b_frames_are_shown_in_order_from_zero(tmp_path: Path):
    tracks, packets = feed.both(8, b_frames=2)
    assert any(packet.pts != packet.dts for packet in packets)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, packets))
    data = reading.file_of(init, parts)
    seen = reading.read(data)
    shown = sorted(pts for _, pts, _ in seen.video)
    assert shown[0] == pytest.approx(0, abs=1e-4)
    assert all(later - earlier == pytest.approx(0.04, abs=1e-4) for earlier, later in pairwise(shown))
    assert all(later[0] > earlier[0] for earlier, later in pairwise(seen.video))
    picture_pts = {packet.pts for packet in packets if packet.kind is Kind.VIDEO}
    first_sound = min(p.pts for p in packets if p.kind is Kind.AUDIO and p.pts >= min(picture_pts))
    assert seen.audio[0][0] == pytest.approx((first_sound - min(picture_pts)) / 90_000, abs=0.003)
    reading.decode(data, tmp_path)


def test_a_clock_that_starts_anywhere_starts_at_zero():
    tracks, packets = feed.both(4)
    plain = reading.mux(Muxer(Timing()), tracks, packets)
    late = reading.mux(Muxer(Timing()), tracks, feed.shifted(packets, 90_000 * 3600), 1_000_000.0 - 3600)
    assert [item.data for item in plain] == [item.data for item in late]


def test_forward_jump_is_left_out_and_wall_clock_follows(tmp_path: Path):
    tracks, packets = feed.both(8)
    jumped = packets[: len(packets) // 2] + feed.shifted(packets[len(packets) // 2 :], 90_000 * 100)
    muxer = Muxer(Timing())
    out = reading.mux(muxer, tracks, [*jumped, *feed.shifted(packets, 90_000 * 108)])
    assert muxer.jumps == 0, "a take that ended has no jumps to tell"
    ((init, parts),) = reading.takes(out)
    reading.check_parts(parts, TARGET)
    end = parts[-1].dts_90k + parts[-1].duration_90k
    assert end / 90_000 == pytest.approx(16, abs=0.1)
    seen = reading.read(reading.file_of(init, parts))
    assert max(b[0] - a[0] for a, b in pairwise(seen.video)) < 0.1
    assert abs(seen.video[-1][1] - seen.audio[-1][0]) < 0.1
    assert parts[-1].began_at_s - parts[0].began_at_s == pytest.approx(100 + parts[-1].dts_90k / 90_000, abs=0.3)
    reading.decode(reading.file_of(init, parts), tmp_path)


def test_clock_set_back_goes_on():
    tracks, packets = feed.both(8)
    back = [*feed.shifted(packets, 90_000 * 1000), *packets]
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, back))
    seen = reading.read(reading.file_of(init, parts))
    assert seen.video[-1][0] == pytest.approx(15.96, abs=0.1)
    assert abs(seen.video[-1][1] - seen.audio[-1][0]) < 0.1


def test_a_frame_that_runs_backwards_is_put_behind_the_last():
    tracks, packets = feed.both(4)
    frames = [p for p in packets if p.kind is Kind.VIDEO]
    wrong = Packet(Kind.VIDEO, frames[30].dts - 9000, frames[30].pts - 9000, frames[30].key, frames[30].data)
    disturbed = [wrong if p is frames[30] else p for p in packets]
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), Tracks(tracks.video), disturbed))
    times = [dts for dts, _, _ in reading.read(reading.file_of(init, parts)).video]
    assert times == sorted(times)
    assert len(set(times)) == 100


def test_sparse_key_frames_never_break_the_target_duration(tmp_path: Path):
    tracks, packets = feed.both(20, gop=250)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, packets))
    reading.check_parts(parts, TARGET)
    segments: dict[int, int] = {}
    for part in parts:
        segments[part.msn] = segments.get(part.msn, 0) + part.duration_90k
    assert all(round(duration / 90_000) <= 6 for duration in segments.values())
    begins = [(part.dts_90k / 90_000, part.independent) for part in parts if part.index == 0]
    assert (0, True) in begins
    assert (10, True) in begins, "an IDR still begins a segment"
    assert any(not independent for _, independent in begins)
    reading.decode(reading.file_of(init, parts), tmp_path)


def test_key_frames_as_far_apart_as_the_target_duration_are_never_cut_between():
    tracks, packets = feed.both(18, gop=150)
    ((_, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, packets))
    assert [part.dts_90k / 90_000 for part in parts if part.index == 0] == [0, 6, 12]


@pytest.mark.parametrize("fps", [3, 5, 8, 10, 12, 15, 24, 30, 50, 60])
def test_every_frame_rate_keeps_the_rules_of_parts(fps: int):
    picture, frames = feed.video(6, fps=fps, gop=2 * fps)
    sound, samples = feed.audio(6)
    out = reading.mux(Muxer(Timing()), Tracks(picture, sound), feed.interleaved(frames, samples))
    ((init, parts),) = reading.takes(out)
    reading.check_parts(parts, TARGET)
    assert [part.dts_90k / 90_000 for part in parts if part.index == 0] == [0, 2, 4]
    assert len(reading.read(reading.file_of(init, parts)).video) == 6 * fps


def test_a_slide_every_two_seconds_without_sound():
    picture, frames = feed.video(4, fps=25)
    slides = [p for p in frames if p.key]
    out = reading.mux(Muxer(Timing()), Tracks(picture), [*slides, *feed.shifted(slides, 4 * 90_000)])
    ((init, parts),) = reading.takes(out)
    reading.check_parts(parts, TARGET)
    assert [round(dts, 2) for dts, _, _ in reading.read(reading.file_of(init, parts)).video] == [0, 2, 4, 6]


def test_sound_that_comes_late_never_or_stops(tmp_path: Path):
    tracks, packets = feed.both(8)
    for begin, end in ((0, 3), (0, 9), (3, 9), (3, 6)):
        ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, without(packets, Kind.AUDIO, begin, end)))
        data = reading.file_of(init, parts)
        seen = reading.read(data)
        assert len(seen.video) == 200
        assert seen.audio[0][0] == pytest.approx(0, abs=0.001)
        assert seen.audio[-1][0] == pytest.approx(8, abs=0.05)
        steps = [b[0] - a[0] for a, b in pairwise(seen.audio)]
        assert all(step == pytest.approx(1024 / 48_000, abs=1e-4) for step in steps), "no hole in sound"
        reading.decode(data, tmp_path)


def test_sound_that_returns_is_where_it_belongs():
    tracks, packets = feed.both(8)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, without(packets, Kind.AUDIO, 3, 6)))
    seen = reading.read(reading.file_of(init, parts))
    often = Counter(p.data for p in packets)
    real = {p.data: p.pts / 90_000 for p in packets if p.kind is Kind.AUDIO and often[p.data] == 1}
    placed = [(at, real[data]) for (at, _), data in zip(seen.audio, seen.audio_data, strict=True) if data in real]
    assert len(placed) > 200
    assert all(abs(at - time) < 0.045 for at, time in placed)


def test_picture_that_stops_is_held_and_returns_with_a_key_frame(tmp_path: Path):
    tracks, packets = feed.both(16)
    muxer = Muxer(Timing())
    ((init, parts),) = reading.takes(reading.mux(muxer, tracks, without(packets, Kind.VIDEO, 4.1, 11)))
    assert muxer.still_frames in range(3, 12)
    reading.check_parts(parts, TARGET)
    data = reading.file_of(init, parts)
    seen = reading.read(data)
    assert max(b[0] - a[0] for a, b in pairwise(seen.video)) <= 3
    assert seen.video[-1][0] == pytest.approx(15.96, abs=0.05)
    reading.decode(data, tmp_path)


def test_picture_that_comes_late_ends_sound_alone():
    tracks, packets = feed.both(16)
    out = reading.mux(Muxer(Timing()), tracks, without(packets, Kind.VIDEO, 0, 9))
    found = reading.takes(out)
    assert [init.tracks for init, _ in found] == [Tracks(audio=tracks.audio), tracks]
    assert [init.take for init, _ in found] == [0, 1]
    assert found[1][1][0].msn == found[0][1][-1].msn + 1
    assert found[1][1][0].independent
    assert found[1][1][0].dts_90k == 0


def test_picture_a_little_late_starts_with_its_key_frame():
    tracks, packets = feed.both(8)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, without(packets, Kind.VIDEO, 0, 2)))
    seen = reading.read(reading.file_of(init, parts))
    assert len(seen.video) == 150
    assert seen.audio[0][0] < 0.022


def test_sound_alone_is_cut_by_time(tmp_path: Path):
    track, packets = feed.audio(8)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), Tracks(audio=track), list(packets)))
    reading.check_parts(parts, TARGET)
    assert all(part.independent for part in parts)
    assert {part.msn for part in parts} == {1, 2, 3, 4}
    seen = reading.read(reading.file_of(init, parts))
    assert len(seen.audio) == len(packets)
    reading.decode(reading.file_of(init, parts), tmp_path)


def test_other_tracks_begin_another_take_and_numbers_go_on():
    tracks, packets = feed.both(4)
    small, frames = feed.video(4, width=160, height=90)
    muxer = Muxer(Timing(), next_msn=41, next_take=7)
    out = list(muxer.begin(tracks))
    for packet in packets:
        out += muxer.push(packet, 5.0)
    out += muxer.begin(Tracks(small))
    for packet in frames:
        out += muxer.push(packet, 9.0)
    out += muxer.pause()
    found = reading.takes(out)
    assert [init.take for init, _ in found] == [7, 8]
    parts = [part for _, parts in found for part in parts]
    msns = sorted({part.msn for part in parts})
    assert msns == list(range(41, 41 + len(msns)))
    assert reading.read(reading.file_of(*found[1])).audio == []


def test_pause_at_any_packet_leaves_no_hole_in_numbers():
    tracks, packets = feed.both(4)
    for stop in range(1, len(packets), 7):
        muxer = Muxer(Timing())
        out = [*reading.mux(muxer, tracks, packets[:stop]), *reading.mux(muxer, tracks, packets[:stop])]
        parts = [item for item in out if isinstance(item, Part)]
        msns = sorted({part.msn for part in parts})
        assert msns == list(range(1, len(msns) + 1)), stop
        assert muxer.next_msn == len(msns) + 1
        assert sum(part.frames for part in parts) == 2 * sum(p.kind is Kind.VIDEO for p in packets[:stop])


def test_nothing_before_a_key_frame():
    tracks, packets = feed.both(4)
    muxer = Muxer(Timing())
    assert muxer.begin(tracks) == ()
    tail = [p for p in packets if p.kind is Kind.VIDEO][1:50]
    assert all(muxer.push(packet, 0.0) == () for packet in tail)
    assert muxer.pause() == ()


def test_tracks_without_anything_make_nothing():
    _, packets = feed.both(4)
    assert reading.mux(Muxer(Timing()), Tracks(), packets) == []


def test_part_says_when_it_began_and_which_it_is():
    tracks, packets = feed.both(4)
    muxer = Muxer(Timing(), next_msn=3)
    init, *parts = reading.mux(muxer, tracks, packets, began_at_s=1_700_000_000.25)
    assert isinstance(init, Init)
    part = parts[1]
    assert isinstance(part, Part)
    assert part.data[4:8] == b"prft"
    ntp = int.from_bytes(part.data[16:24], "big")
    assert ntp / 2**32 - 2_208_988_800 == pytest.approx(1_700_000_000.25 + 0.52, abs=1e-5)
    assert int.from_bytes(part.data[24:32], "big") == 46_800
    assert part.data[36:40] == b"moof"
    assert part.data[44:48] == b"mfhd"
    assert int.from_bytes(part.data[52:56], "big") == 3 * 64 + 1


@pytest.mark.parametrize("stall_s", [1.0, 5.0, 20.0])
def test_dates_never_run_backwards_after_a_stall(stall_s: float):
    """The network stops for a while and then everything comes at once."""
    tracks, packets = feed.both(8)
    muxer = Muxer(Timing())
    out = list(muxer.begin(tracks))
    for packet in feed.looped(packets, 8 * 90_000):
        at_s = packet.dts / 90_000
        if at_s > 60:
            break
        arrived_s = at_s if at_s < 10 else max(at_s, 10 + stall_s + (at_s - 10) / 10)
        out += muxer.push(packet, 1_000_000 + arrived_s)
    parts = [item for item in out if isinstance(item, Part) and item.index == 0]
    assert all(later.began_at_s > earlier.began_at_s for earlier, later in pairwise(parts))
    assert parts[-1].began_at_s - 1_000_000 == pytest.approx(parts[-1].dts_90k / 90_000, abs=0.6)


def test_takes_never_begin_before_the_last_one_ended():
    tracks, packets = feed.both(4)
    muxer = Muxer(Timing())
    first = reading.mux(muxer, tracks, packets, 1_000_000.0)
    second = reading.mux(muxer, tracks, packets, 999_000.0)
    (_, earlier), (init, later) = reading.takes([*first, *second])
    assert init.began_at_s == later[0].began_at_s == earlier[-1].began_at_s + earlier[-1].duration_90k / 90_000
