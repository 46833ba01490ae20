"""A ladder with a real worker process."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from media.hls.window import Start
from media.ladder.settings import LadderSettings
from media.packet import Kind, Packet, Tracks
from tests.media.hls import feed, reading
from tests.media.ladder.playing import BEGAN_AT_S, Source, is_running, laddered, places, play, seen, until


@pytest.mark.slow
async def test_smaller_pictures_stand_beside_the_source(tmp_path: Path) -> None:
    tracks, packets = feed.both(8, width=1280, height=720)
    source = Source(Start(next_msn=40, next_take=3))
    async with laddered(source) as ladder:
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        source.packager.on_end()
        await until(lambda: not ladder.is_working)
    renditions = source.packager.renditions
    assert set(renditions) == {"480p", "240p", "audio"}
    want = places(source.packager)
    assert list(want) == [40, 41, 42, 43]
    for name, size in (("480p", (854, 480)), ("240p", (426, 240))):
        window = renditions[name].window
        assert window.ended
        video = window.tracks.video if window.tracks else None
        assert video is not None
        assert (video.width, video.height) == size
        got = places(renditions[name])
        assert list(got) == list(want)
        for msn, (take, discontinuity, began_at_s) in got.items():
            assert (take, discontinuity) == want[msn][:2]
            assert began_at_s == pytest.approx(want[msn][2], abs=0.001)
        assert [one.duration_90k for one in window.listed()] == [180_000] * 4
        found = seen(renditions[name], tmp_path, take=3)
        assert [at for at, _, key in found.video if key] == [0, 2, 4, 6]
        assert len(found.video) == 200
        assert found.audio[-1][0] == pytest.approx(8, abs=0.1)


async def test_a_late_ladder_begins_at_a_segment_and_on_the_same_timeline(tmp_path: Path) -> None:
    """The source has an IDR every second and cuts at every other; with B-frames its first picture is shown late."""
    tracks, packets = feed.both(9, width=640, height=360, gop=25, b_frames=2)
    source = Source()
    source.packager.on_tracks(tracks)
    half = next(index for index, packet in enumerate(packets) if packet.dts > 3 * 90_000)
    for packet in packets[:half]:
        source.push(packet)
    async with laddered(source, LadderSettings(renditions="240p")) as ladder:
        await play(source, ladder, packets[half:])
        source.packager.on_pause()
        await until(lambda: ladder.lag_s == 0)
        small = source.packager.renditions["240p"]
        await until(lambda: small.paused)
    want, got = places(source.packager), places(small)
    assert list(want) == [1, 2, 3, 4, 5]
    assert list(got) == [3, 4, 5]
    assert all(got[msn][2] == pytest.approx(want[msn][2], abs=0.001) for msn in got)
    found = seen(small, tmp_path)
    # ffmpeg takes the source's edit list off, so its first picture is at 0 too: the third segment's is at 4 s
    assert [at for at, _, key in found.video if key] == [4, 5, 6, 7, 8]
    assert len(found.video) == 5 * 25
    assert found.audio[0][0] == pytest.approx(4, abs=0.03)


async def test_nothing_is_scaled_up() -> None:
    tracks, packets = feed.both(4, width=426, height=240)
    source = Source()
    async with laddered(source) as ladder:
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        source.packager.on_end()
        await until(lambda: not ladder.is_working)
    assert set(source.packager.renditions) == {"audio"}


async def test_sound_alone_plays_and_keeps_step(tmp_path: Path) -> None:
    tracks, packets = feed.both(14)
    # Sound stops for 5 s: silence takes its place.
    packets = [one for one in packets if one.kind is Kind.VIDEO or not 4 * 90_000 < one.pts < 9 * 90_000]
    source = Source()
    async with laddered(source, LadderSettings(renditions="audio"), wait=False) as ladder:
        assert not ladder.is_working
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        source.packager.on_end()
        sound = source.packager.renditions["audio"]
    want, got = places(source.packager), places(sound)
    assert list(got) == list(want) == [1, 2, 3, 4, 5, 6, 7]
    assert all(got[msn][2] == pytest.approx(want[msn][2], abs=0.001) for msn in got)
    variant = sound.variant()
    assert variant is not None
    assert variant.tracks == Tracks(audio=tracks.audio)
    found = seen(sound, tmp_path)
    assert found.video == []
    assert len(found.audio) == pytest.approx(14 * 48_000 / 1024, abs=3)


async def test_a_publisher_that_comes_back_and_changes_its_size(tmp_path: Path) -> None:
    tracks, packets = feed.both(4, width=640, height=360)
    larger, larger_packets = feed.both(4, width=960, height=540)
    source = Source()
    async with laddered(source) as ladder:
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        source.packager.on_pause()
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        # The encoder changes what it sends, without a pause: 480p is possible from here.
        source.packager.on_tracks(larger)
        await play(source, ladder, larger_packets)
        source.packager.on_end()
        await until(lambda: not ladder.is_working)
    want = places(source.packager)
    small, middle = source.packager.renditions["240p"], source.packager.renditions["480p"]
    assert [one[:2] for one in places(small).values()] == [(0, 0)] * 2 + [(1, 1)] * 2 + [(2, 2)] * 2
    assert [one[:2] for one in places(middle).values()] == [(2, 2)] * 2
    for rendition in (small, middle, source.packager.renditions["audio"]):
        assert all(at[2] == pytest.approx(want[msn][2], abs=0.001) for msn, at in places(rendition).items())
        assert rendition.window.ended
    assert small.window.playlist().count("#EXT-X-DISCONTINUITY\n") == 2
    for take in (0, 1, 2):
        assert len(seen(small, tmp_path, take).video) == 100


async def test_a_killed_worker_is_started_again_and_the_source_goes_on(tmp_path: Path) -> None:
    tracks, packets = feed.both(6, width=640, height=360)
    source = Source()
    async with laddered(source, LadderSettings(renditions="240p")) as ladder:
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        assert ladder.worker is not None
        first = ladder.worker.pid
        assert set(source.packager.renditions) == {"240p"}
        player = asyncio.create_task(source.packager.renditions["240p"].wait_for_playlist(50, None, 600))
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        await until(lambda: ladder.worker is None or ladder.worker.pid != first)
        # Withdrawn: a player that waits is answered, and told to choose another one when it asks again.
        assert source.packager.renditions == {}
        await asyncio.wait_for(player, 30)
        await play(source, ladder, feed.shifted(packets, 6 * 90_000))
        await until(lambda: ladder.ready)
        await play(source, ladder, feed.shifted(packets, 12 * 90_000))
        source.packager.on_end()
        await until(lambda: not ladder.is_working)
        small = source.packager.renditions["240p"]
    assert ladder.figures.restarts._value.get() == 1
    want, got = places(source.packager), places(small)
    assert list(want) == list(range(1, 10))
    assert len(reading.read(reading_file(source)).video) == 18 * 25
    assert list(got) == [7, 8, 9]
    assert all(got[msn][2] == pytest.approx(want[msn][2], abs=0.001) for msn in got)
    assert [at for at, _, key in seen(small, tmp_path).video if key] == [12, 14, 16]
    assert not is_running(first)


def reading_file(source: Source) -> bytes:
    window = source.packager.window
    init = window.init(0)
    assert init is not None
    return init + b"".join(bytes(window.segment(one.msn) or b"") for one in window.listed())


async def test_a_worker_that_stands_still_is_given_up_within_bounds() -> None:
    tracks, packets = feed.both(6, width=640, height=360)
    source = Source()
    async with laddered(source, LadderSettings(renditions="240p")) as ladder:
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        worker = ladder.worker
        assert worker is not None
        await until(lambda: ladder.lag_s < 0.1)
        assert set(source.packager.renditions) == {"240p"}
        os.kill(worker.pid, signal.SIGSTOP)
        most = withdrawn_at_s = 0.0
        try:
            for turn in range(1, 6):
                for packet in feed.shifted(packets, turn * 6 * 90_000):
                    source.push(packet)
                    if packet.kind is Kind.VIDEO:
                        await asyncio.sleep(0)
                        ladder.check()
                        most = max(most, worker.backlog.bytes)
                        if not withdrawn_at_s and not source.packager.renditions:
                            withdrawn_at_s = source.now_s - BEGAN_AT_S
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        assert ladder.dropped > 100
        assert 0 < most <= 16 * 1024 * 1024
        assert 11.9 <= withdrawn_at_s <= 16
        assert len(places(source.packager)) == 17
        assert source.packager.muxer.jumps == 0
        assert is_running(worker.pid)


async def test_a_worker_that_cannot_start_is_tried_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.ladder.budget.FIRST_PAUSE_S", 0.001)
    tracks, packets = feed.both(4)
    source = Source()
    command = (sys.executable, "-c", "raise SystemExit(3)")
    async with laddered(source, command=command, wait=False) as ladder:
        spent: list[bool] = []
        ladder.when_spent = lambda: spent.append(True)
        source.packager.on_tracks(tracks)
        await until(lambda: bool(spent))
        await play(source, ladder, packets)
        assert ladder.figures.restarts._value.get() == 5
        assert ladder.worker is None
        assert set(source.packager.renditions) == {"audio"}
    assert len(places(source.packager)) == 1


async def test_the_end_of_the_ladder_is_the_end_of_the_process() -> None:
    source = Source()
    async with laddered(source) as ladder:
        assert ladder.worker is not None
        pid = ladder.worker.pid
        assert is_running(pid)
    assert not is_running(pid)
    assert source.packager.follower is None


def test_packets_are_not_touched_without_a_ladder() -> None:
    _, packets = feed.both(2)
    source = Source()
    source.packager.on_tracks(Tracks())
    source.push(Packet(Kind.VIDEO, 0, 0, key=True, data=packets[0].data))
    assert source.packager.renditions == {}


async def test_a_worker_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.ladder.ladder.HUNG_AFTER_S", 0.2)
    tracks, packets = feed.both(6, width=640, height=360)
    source = Source()
    async with laddered(source, LadderSettings(renditions="240p")) as ladder:
        worker = ladder.worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGSTOP)
        source.packager.on_tracks(tracks)
        for packet in packets:
            source.push(packet)
        assert ladder.lag_s > 5
        await asyncio.sleep(0.3)
        ladder.check()
        await until(lambda: ladder.worker is not worker)
        assert not is_running(worker.pid)
        assert ladder.dropped > 0


async def test_a_slate_stands_in_for_the_smaller_pictures_too() -> None:
    tracks, packets = feed.both(4, width=640, height=360)
    slate_tracks, slate_packets = feed.both(4, width=1280, height=720)
    source = Source()
    async with laddered(source, LadderSettings(renditions="240p,audio")) as ladder:
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        source.packager.on_pause()
        source.packager.begin_stand_in(slate_tracks)
        await play(source, ladder, slate_packets)
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        source.packager.on_end()
        await until(lambda: not ladder.is_working)
    want = places(source.packager)
    assert len(want) == 6
    for name in ("240p", "audio"):
        assert places(source.packager.renditions[name]) == {
            msn: (take, discontinuity, pytest.approx(began_at_s, abs=0.001))
            for msn, (take, discontinuity, began_at_s) in want.items()
        }


async def test_a_picture_that_stops_is_held_in_the_smaller_ones_too(tmp_path: Path) -> None:
    tracks, packets = feed.both(16, width=640, height=360)
    packets = [one for one in packets if one.kind is Kind.AUDIO or not 4 * 90_000 <= one.dts < 12 * 90_000]
    source = Source()
    async with laddered(source, LadderSettings(renditions="240p")) as ladder:
        source.packager.on_tracks(tracks)
        await play(source, ladder, packets)
        source.packager.on_end()
        await until(lambda: not ladder.is_working)
    small = source.packager.renditions["240p"]
    want, got = places(source.packager), places(small)
    assert list(got) == list(want)
    assert all(got[msn][2] == pytest.approx(want[msn][2], abs=0.6) for msn in got)
    assert small.muxer.still_frames > 0
    found = seen(small, tmp_path)
    assert found.audio[-1][0] == pytest.approx(16, abs=0.1)
    assert found.video[-1][0] == pytest.approx(16, abs=0.1)


async def test_a_worker_that_says_too_much_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker says is not trusted: a broken picture may have taken it over."""
    monkeypatch.setattr("media.ladder.budget.FIRST_PAUSE_S", 0.001)
    liar = (
        "import sys\n"
        "from media.framing import encode\n"
        "from media.ladder.protocol import *\n"
        "sys.stdout.buffer.write(encode(Ready())); sys.stdout.flush()\n"
        "sys.stdin.buffer.read(1)\n"
        "sys.stdout.buffer.write(encode(Began(1, ()))); sys.stdout.flush()\n"
        "sys.stdin.buffer.read()\n"
    )
    tracks, packets = feed.both(4, width=640, height=360)
    source = Source()
    command = (sys.executable, "-c", liar)
    async with laddered(source, LadderSettings(renditions="240p"), command) as ladder:
        first = ladder.worker
        source.packager.on_tracks(tracks)
        for packet in packets:
            source.push(packet)
        await until(lambda: ladder.worker is not first)
        assert source.packager.renditions == {}
    assert len(places(source.packager)) == 1
