import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.database import Database
from app.errors import Unavailable
from media.hls.muxer import Timing
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.record import index as index_module
from media.record import store
from media.record.model import RecorderState
from media.record.recordings import Recordings
from media.record.writer import WriterOptions
from tests.media.hls import feed


def play(recordings: Recordings, turns: list[float], stream_id: str = "s") -> Packager:
    """Pushes 4 s of stream at each of these moments."""
    now = [turns[0]]
    packager = Packager(
        stream_id, Timing(), Bounds(), Start(), recordings.record(stream_id, Timing()), clock=lambda: now[0]
    )
    tracks, packets = feed.both(4)
    for began in turns:
        packager.on_tracks(tracks)
        for packet in packets:
            now[0] = began + packet.dts / 90_000
            packager.on_packet(packet)
        packager.on_pause()
    return packager


async def until(condition) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


async def test_the_gap_is_marked_and_times_convert(database: Database, tmp_path: Path):
    began = 1_700_000_000.0
    recordings = Recordings(database, WriterOptions(tmp_path, min_free_mib=0), clock=lambda: began + 200)
    await recordings.start(Timing())
    packager = play(recordings, [began, began + 60])
    recorder = recordings.recorder("s")
    assert recorder is not None
    packager.on_end()
    await recordings.stop()
    assert recorder.state is RecorderState.CLOSED
    summary = await recordings.summary("s")
    assert summary is not None
    assert summary.duration_s == pytest.approx(8, abs=0.01)
    assert summary.takes == 2
    (gap,) = summary.gaps
    assert gap.position_s == pytest.approx(4, abs=0.01)
    assert gap.seconds == pytest.approx(56, abs=0.05)
    assert gap.began_at.timestamp() == pytest.approx(began + 4, abs=0.05)
    from media.record.model import utc

    for moment, position in ((-5, 0), (0, 0), (3, 3), (30, 4), (60, 4), (62.5, 6.5), (500, 8)):
        found = await recordings.position_at("s", utc(began + moment))
        assert found == pytest.approx(position, abs=0.01), moment
    for position, moment in ((0, 0), (3, 3), (5, 61), (99, 64)):
        found = await recordings.moment_at("s", position)
        assert found is not None
        assert found.timestamp() == pytest.approx(began + moment, abs=0.01)
    assert await recordings.summary("nobody") is None
    assert await recordings.summary("../evil") is None
    async with database.transaction() as tx:
        row = await store.recording(tx, "s")
    assert row is not None
    assert row.ended_at is not None
    assert (row.next_msn, row.next_take) == (5, 2)


async def test_news_waits_for_a_database_that_is_away(database: Database, tmp_path: Path, monkeypatch):
    recordings = Recordings(database, WriterOptions(tmp_path, min_free_mib=0))
    await recordings.start(Timing())
    real = database.transaction

    @asynccontextmanager
    async def away(**_options):
        raise Unavailable
        yield

    monkeypatch.setattr(database, "transaction", away)
    play(recordings, [1_700_000_000.0])
    with pytest.raises(Unavailable):
        await recordings.stop()
    assert len(recordings.index) > 0
    monkeypatch.setattr(database, "transaction", real)
    await recordings.index.flush()
    async with database.transaction() as tx:
        assert [row.msn for row in await store.segments(tx, "s")] == [1, 2]


async def test_what_no_longer_fits_is_read_back_from_the_file(database: Database, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(index_module, "MAX_ENTRIES", 8)
    recordings = Recordings(database, WriterOptions(tmp_path, min_free_mib=0))
    await recordings.start(Timing())
    packager = play(recordings, [1_700_000_000.0 + 10 * n for n in range(6)])
    await recordings.writer.stop()
    await asyncio.sleep(0)
    assert recordings.index.forgotten == {"s"}
    await recordings.index.flush()
    async with database.transaction() as tx:
        rows = await store.segments(tx, "s")
    assert [row.msn for row in rows] == list(range(1, 13))
    assert [row.position_90k for row in rows] == [180_000 * n for n in range(12)]
    assert packager.window.next_msn == 13


async def test_a_full_disk_is_told_and_forgotten(database: Database, tmp_path: Path):
    recordings = Recordings(database, WriterOptions(tmp_path, min_free_mib=0))
    await recordings.start(Timing())
    recordings.writer._space._min_mib = 10**9
    packager = play(recordings, [1_700_000_000.0])
    await until(recordings.failing)
    assert "must stay free" in recordings.failing()["s"]
    assert packager.window.next_msn == 3, "the live stream goes on"
    recordings.writer._space._min_mib = 0
    tracks, packets = feed.both(4)
    packager.on_tracks(tracks)
    for packet in packets:
        packager.on_packet(packet)
    await until(lambda: not recordings.failing())
    await recordings.stop()


async def test_whoever_reads_a_recording_closed_this_moment_sees_it_whole(database: Database, tmp_path: Path):
    recordings = Recordings(database, WriterOptions(tmp_path, min_free_mib=0))
    await recordings.start(Timing())
    packager = play(recordings, [1_700_000_000.0])
    running = asyncio.create_task(recordings.index.run())
    assert await recordings.summary("s") is None or (await recordings.summary("s")).duration_s < 4  # kept for a moment
    packager.on_end()
    summary = await recordings.summary("s")
    assert summary is not None
    assert summary.duration_s == pytest.approx(4, abs=0.01)
    found = await recordings.library.find("s")
    assert found is not None
    assert found.recording.ended_at is not None
    running.cancel()
    await recordings.stop()
