"""What encoders do wrong, from the bytes of RTMP to the bytes of a part: sound stays with its picture."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from media.hls.muxer import Muxer, Timing
from media.packet import Kind, Packet, Tracks
from tests.media.headers_samples import ASC_44100_STEREO, ASC_48000_MONO, AVCC_1080P
from tests.media.hls import feed, reading
from tests.media.wire_feed import Frame, Placed, Wire, apart_s, steady

IN_STEP_S = 0.045
WRAP_MS = 1 << 32
HOUR_MS = 3_600_000
LONG = Timing(part_ms=1000, segment_s=4, target_s=6)
ASC_16000_MONO = bytes.fromhex("1408")
ASC_HE_48000_STEREO = bytes.fromhex("2b11880800")


def of(placed: list[Placed], kind: Kind) -> list[Placed]:
    return [frame for frame in placed if frame.kind is kind]


def run(frames: list[Frame], sound: bytes = ASC_48000_MONO, timing: Timing | None = None) -> list[Placed]:
    wire = Wire(sound, timing)
    wire.send(frames)
    return wire.end()


def check_times(placed: list[Placed]) -> None:
    """Frames of each track follow one another on each take."""
    for kind in Kind:
        for earlier, later in pairwise(of(placed, kind)):
            assert later.take > earlier.take or later.at_s > earlier.at_s


@pytest.mark.parametrize("ppm", [-200, 0, 200])
def test_an_hour_stays_in_step_over_the_wrap_of_the_clock(ppm):
    frames = list(steady(3600, begin_ms=WRAP_MS - HOUR_MS // 2, ppm=ppm))
    placed = run(frames, timing=LONG)
    assert apart_s(placed) < IN_STEP_S
    check_times(placed)
    pictures = of(placed, Kind.VIDEO)
    assert len(pictures) == 18_000
    assert max(abs(frame.shift_s) for frame in pictures) < 0.002


@pytest.mark.slow
def test_a_day_stays_in_step_over_the_wrap_of_the_clock():
    wire = Wire(ASC_16000_MONO, LONG)
    worst, pictures, last_s = 0.0, 0, -1.0
    batch: list[Frame] = []
    for frame in steady(24 * 3600, fps=1, gop=4, frame_ms=64, begin_ms=WRAP_MS - 12 * HOUR_MS, ppm=60):
        batch.append(frame)
        if len(batch) == 60_000:
            wire.send(batch)
            batch = []
            placed = wire.placed()
            worst = max(worst, apart_s(placed))
            pictures += len(of(placed, Kind.VIDEO))
            assert placed[0].at_s > last_s
            last_s = placed[0].at_s
    wire.send(batch)
    placed = wire.end()
    assert max(worst, apart_s(placed)) < IN_STEP_S
    assert pictures + len(of(placed, Kind.VIDEO)) == 24 * 3600
    assert of(placed, Kind.VIDEO)[-1].at_s == pytest.approx(24 * 3600 - 1, abs=0.002)


def later(frames: list[Frame], from_ms: float, by_ms: int, kinds: tuple[Kind, ...] = tuple(Kind)) -> list[Frame]:
    """The encoder's clock jumps."""
    return [
        Frame(f.kind, f.taken_ms, (f.said_ms + by_ms) & 0xFFFFFFFF, f.key)
        if f.taken_ms >= from_ms and f.kind in kinds
        else f
        for f in frames
    ]


@pytest.mark.parametrize("by_ms", [-7_200_000, -60_000, -6_000, -4_000, -1_000, 35_000, 7_200_000, 1 << 31])
def test_a_jump_of_the_whole_clock_leaves_sound_with_its_picture(by_ms):
    frames = later(list(steady(40, begin_ms=HOUR_MS * 3)), 20_000, by_ms)
    placed = run(frames)
    assert apart_s(placed) < IN_STEP_S
    check_times(placed)
    pictures = of(placed, Kind.VIDEO)
    assert max(b.at_s - a.at_s for a, b in pairwise(pictures)) < 0.5
    assert pictures[-1].at_s == pytest.approx(39.8, abs=0.3)


@pytest.mark.parametrize("by_ms", [-7_200_000, -6_000, -5_000, -2_000, -1_000, 35_000])
@pytest.mark.parametrize("kind", Kind)
def test_a_jump_of_one_track_alone_leaves_sound_with_its_picture(kind, by_ms):
    placed = run(later(list(steady(40, begin_ms=HOUR_MS * 3)), 20_000, by_ms, (kind,)))
    check_times(placed)
    assert apart_s(placed) < IN_STEP_S
    assert len(placed) == len(list(steady(40))), "nothing is left out"


@pytest.mark.parametrize("late_ms", [1_300, 2_500, 4_000])
def test_sound_that_is_always_late_is_heard(late_ms):
    """An encoder that interleaves badly: longer than its sound can be waited for."""
    frames = sorted(steady(60), key=lambda f: f.taken_ms + (late_ms if f.kind is Kind.AUDIO else 0))
    placed = run(frames)
    check_times(placed)
    settled = [frame for frame in of(placed, Kind.AUDIO) if frame.taken_s > 30]
    assert len(settled) > 0.85 * 30 * 48_000 / 1024


@pytest.mark.parametrize("by_ms", [-7_200_000, 7_200_000])
def test_one_track_that_jumps_is_followed_by_the_other_a_moment_later(by_ms):
    """Encoders that set their clock between two frames: the sound's times change half a second after the picture's."""
    frames = list(steady(40, begin_ms=HOUR_MS * 3))
    frames = later(later(frames, 20_000, by_ms, (Kind.VIDEO,)), 20_500, by_ms, (Kind.AUDIO,))
    placed = run(frames)
    check_times(placed)
    settled = [frame for frame in placed if frame.taken_s > 25]
    assert apart_s(settled) < 0.6, "no worse than the encoder itself was"
    pictures = of(placed, Kind.VIDEO)
    assert pictures[-1].at_s == pytest.approx(39.8, abs=0.8)


def test_a_clock_that_runs_backwards_a_little_loses_nothing():
    """Loose interleaving: sound comes up to 800 ms after the picture of its time."""
    frames = sorted(steady(30), key=lambda f: f.taken_ms + (800 if f.kind is Kind.AUDIO else 0))
    placed = run(frames)
    check_times(placed)
    assert apart_s(placed) < IN_STEP_S
    assert len(of(placed, Kind.VIDEO)) == 150
    assert len(of(placed, Kind.AUDIO)) >= 1400


def test_times_that_stand_still_or_repeat_are_put_in_order():
    frames = [
        Frame(f.kind, f.taken_ms, f.said_ms // 400 * 400 if f.kind is Kind.VIDEO else f.said_ms, f.key)
        for f in steady(20, fps=25, gop=50)
    ]
    placed = run(frames)
    check_times(placed)
    assert len(of(placed, Kind.VIDEO)) == 500
    assert apart_s(placed) < 0.4 + IN_STEP_S


def test_shaking_times_cost_no_frame():
    shake = (0, 9, -7, 4, -9, 8)
    frames = [
        Frame(f.kind, f.taken_ms, max(0, f.said_ms + shake[index % 6]), f.key) for index, f in enumerate(steady(60))
    ]
    placed = run(frames)
    check_times(placed)
    sounds = of(placed, Kind.AUDIO)
    assert all(b.at_s - a.at_s == pytest.approx(1024 / 48_000, abs=1e-6) for a, b in pairwise(sounds))


@pytest.mark.parametrize(
    ("begin_s", "end_s"), [(0, 8), (12, 20), (12, 12.4), (0, 99)], ids=["late", "stops", "hiccup", "never"]
)
def test_sound_that_is_missing_comes_back_to_its_place(begin_s, end_s):
    frames = [f for f in steady(40) if f.kind is Kind.VIDEO or not begin_s * 1000 <= f.taken_ms < end_s * 1000]
    placed = run(frames)
    check_times(placed)
    assert apart_s(placed) < IN_STEP_S
    assert len(of(placed, Kind.VIDEO)) == 200 or begin_s == 0, "a take begins anew where sound joins late"
    heard = sum(f.kind is Kind.AUDIO for f in frames)
    assert len(of(placed, Kind.AUDIO)) >= heard - 2


def test_a_stall_of_five_seconds():
    """The encoder left out what it could not send."""
    frames = [f for f in steady(40, fps=25, gop=50) if not 15_000 <= f.taken_ms < 20_000]
    placed = run(frames)
    check_times(placed)
    assert apart_s(placed) < IN_STEP_S


@pytest.mark.parametrize("gop", [25, 100, 1000])
def test_sparse_key_frames_with_sound(gop):
    placed = run(list(steady(60, fps=25, gop=gop)))
    check_times(placed)
    assert apart_s(placed) < IN_STEP_S
    assert len(of(placed, Kind.VIDEO)) == 1500


def test_another_size_in_the_middle_is_another_take():
    wire = Wire()
    frames = list(steady(20))
    wire.send(f for f in frames if f.taken_ms < 10_000)
    wire.header(Kind.VIDEO, AVCC_1080P)
    wire.send(f for f in frames if f.taken_ms >= 10_000)
    placed = wire.end()
    assert {frame.take for frame in placed} == {0, 1}
    assert apart_s(placed) < IN_STEP_S
    second = [frame for frame in of(placed, Kind.VIDEO) if frame.take == 1]
    assert (second[0].at_s, second[0].taken_s) == (0, 10)


def test_another_sound_in_the_middle_is_another_take():
    wire = Wire()
    wire.send(f for f in steady(10))
    wire.header(Kind.AUDIO, ASC_44100_STEREO)
    rest = [f for f in steady(20, frame_ms=1024 / 44.1) if f.taken_ms >= 10_000]
    wire.send(rest)
    placed = wire.end()
    assert {frame.take for frame in placed} == {0, 1}
    assert apart_s([frame for frame in placed if frame.take == 1]) < IN_STEP_S


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_rate_of_sound_plays_and_ends_with_its_picture(rate, channels, tmp_path: Path):
    picture, frames = feed.video(8)
    track, samples = feed.audio(8, rate=rate, channels=channels)
    packets = feed.interleaved(frames, samples)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), Tracks(picture, track), packets))
    reading.check_parts(parts, Timing().part_target_90k)
    data = reading.file_of(init, parts)
    reading.decode(data, tmp_path)
    seen = reading.read(data)
    frame_s = 1024 / rate
    assert all(b[0] - a[0] == pytest.approx(frame_s, abs=1e-4) for a, b in pairwise(seen.audio))
    assert seen.audio[0][0] < 0.001
    assert abs(seen.audio[-1][0] + frame_s - seen.video[-1][1] - 0.04) < 2 * frame_s


def test_he_aac_counts_at_its_doubled_rate(tmp_path: Path):
    from media.headers import aac_track

    picture, frames = feed.video(8)
    core, samples = feed.audio(8, rate=24_000)
    track = aac_track(ASC_HE_48000_STEREO)
    assert (track.name, track.sample_rate, track.frame_samples) == ("mp4a.40.5", 48_000, 2048)
    assert core.sample_rate == 24_000
    packets = feed.interleaved(frames, samples)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), Tracks(picture, track), packets))
    seen = reading.read(reading.file_of(init, parts))
    assert all(b[0] - a[0] == pytest.approx(2048 / 48_000, abs=1e-4) for a, b in pairwise(seen.audio))
    assert abs(seen.audio[-1][0] - seen.video[-1][1]) < 0.1


def test_b_frames_with_a_jump_keep_their_order():
    tracks, packets = feed.both(8, b_frames=2)
    half = [p for p in packets if p.dts < 4 * 90_000]
    rest = feed.shifted([p for p in packets if p.dts >= 4 * 90_000], 3600 * 90_000)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, [*half, *rest]))
    shown = sorted(pts for _, pts, _ in reading.read(reading.file_of(init, parts)).video)
    assert len(shown) == 200
    assert max(b - a for a, b in pairwise(shown)) < 0.3
    assert min(b - a for a, b in pairwise(shown)) > 0


def test_wild_composition_times_do_not_stop_the_stream():
    tracks, packets = feed.both(8)
    wild = [
        Packet(p.kind, p.dts, p.pts + (1 << 22 if index % 40 == 7 else 0), p.key, p.data)
        for index, p in enumerate(packets)
    ]
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, wild))
    reading.check_parts(parts, Timing().part_target_90k)
    assert len(reading.read(reading.file_of(init, parts)).video) == 200


def test_what_is_sent_twice_costs_nothing_that_follows():
    """An encoder that repeats its last second after it connected again on the same clock."""
    frames = list(steady(20))
    again = [f for f in frames if 9_000 <= f.taken_ms < 10_000]
    first = [f for f in frames if f.taken_ms < 10_000]
    rest = [f for f in frames if f.taken_ms >= 10_000]
    placed = run([*first, *again, *rest])
    check_times(placed)
    assert apart_s(placed) < IN_STEP_S
    assert Counter(frame.kind for frame in placed)[Kind.VIDEO] == 105
    assert of(placed, Kind.VIDEO)[-1].taken_s == pytest.approx(19.8)
