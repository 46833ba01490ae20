import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from app.database import Database
from media.hls.muxer import Muxer, Timing
from media.packet import Kind
from media.record import store
from media.record.files import take_path
from media.record.model import utc
from media.record.recordings import Recordings
from media.record.recovery import recover, recover_all, recover_take
from media.record.scan import gather_segments, scan_init, scan_parts
from media.record.writer import WriterOptions
from tests.media.hls import feed, reading

ROOT = Path(__file__).resolve().parents[3]

CHILD = """
import asyncio, sys
from pathlib import Path
from media.hls.muxer import Muxer, Timing, Init
from media.record.writer import *
from tests.media.hls import feed

async def main(folder):
    writer = RecordingWriter(WriterOptions(Path(folder), min_free_mib=0), lambda news: None)
    writer.start()
    tracks, packets = feed.both(8)
    muxer = Muxer(Timing())
    muxer.begin(tracks)
    print("ready", flush=True)
    for packet in feed.looped(packets, 8 * 90000):
        for made in muxer.push(packet, 1_700_000_000 + packet.dts / 90000):
            writer.submit(OpenTake("s", made) if isinstance(made, Init) else AppendPart("s", made))
            await asyncio.sleep(0.002)

asyncio.run(main(sys.argv[1]))
"""


def recorded(folder: Path, seconds: int = 8, **options: int) -> bytes:
    tracks, packets = feed.both(seconds, **options)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, packets, 1_700_000_000))
    path = take_path(folder, "s", 0)
    path.parent.mkdir(parents=True)
    data = reading.file_of(init, parts)
    path.write_bytes(data)
    path.with_suffix(".json").write_bytes(b"{}")
    return data


def scan(data: bytes):
    def read(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    init = scan_init(read)
    assert init is not None
    return list(scan_parts(read, init.length, init))


def test_a_file_tells_its_index():
    for tracks, packets in (feed.both(8), feed.both(8, b_frames=2)):
        ((init, parts),) = reading.takes(reading.mux(Muxer(Timing(), next_msn=41), tracks, packets, 1_700_000_000))
        found = scan(reading.file_of(init, parts))
        assert [(p.sequence // 64, p.sequence % 64) for p in found] == [(p.msn, p.index) for p in parts]
        assert [p.dts_90k for p in found] == [p.dts_90k for p in parts]
        assert [p.independent for p in found] == [p.independent for p in parts]
        assert [p.length for p in found] == [len(p.data) for p in parts]
        assert all(abs(a.began_at_s - b.began_at_s) < 1e-5 for a, b in zip(found, parts, strict=True))
        segments = list(gather_segments(iter(found)))
        assert [s.msn for s in segments] == [41, 42, 43, 44]
        assert [s.duration_90k for s in segments] == [180_000] * 4


def test_sound_alone_tells_its_index():
    track, packets = feed.audio(6)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), reading.Tracks(audio=track), list(packets)))
    found = scan(reading.file_of(init, parts))
    assert len(found) == len(parts)
    assert abs(found[-1].samples_90k - parts[-1].duration_90k) < 2000


def test_a_file_torn_anywhere_keeps_its_whole_parts(tmp_path: Path):
    data = recorded(tmp_path)
    parts = scan(data)
    path = take_path(tmp_path, "s", 0)
    where = random.Random(7)
    for _ in range(60):
        cut = where.randint(0, len(data))
        path.write_bytes(data[:cut] + bytes(where.choice([0, 0, 4096])))
        take = recover_take(path, "s", 0, 0, cut=True)
        whole = [part for part in parts if part.offset + part.length <= cut]
        if cut < parts[0].offset:
            assert take is None
            continue
        assert take is not None
        end = whole[-1].offset + whole[-1].length if whole else parts[0].offset
        assert path.stat().st_size == end
        assert sum(segment.byte_length for segment in take.segments) == sum(part.length for part in whole)
        if whole:
            seen = reading.read(path.read_bytes())
            assert len(seen.video) > 0


def test_damage_in_the_middle_ends_the_file_there(tmp_path: Path):
    data = bytearray(recorded(tmp_path))
    parts = scan(bytes(data))
    data[parts[5].offset + 34] ^= 0xFF
    assert len(scan(bytes(data))) == 5


def test_kill_9_leaves_a_recording_that_plays(tmp_path: Path):
    for turn in range(3):
        folder = tmp_path / str(turn)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        path = take_path(folder, "s", 0)
        deadline = time.monotonic() + 20
        while (not path.exists() or path.stat().st_size < 60_000) and time.monotonic() < deadline:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        size = path.stat().st_size
        take = recover_take(path, "s", 0, 0, cut=True)
        assert take is not None
        assert size - path.stat().st_size < 30_000, "no more than a part is lost"
        assert take.segments
        reading.decode(path.read_bytes(), tmp_path)


async def test_a_recording_unknown_to_the_database_comes_back(database: Database, tmp_path: Path):
    data = recorded(tmp_path)
    take_path(tmp_path, "s", 0).write_bytes(data[:-1000])
    assert await recover_all(database, tmp_path, Timing()) == ["s"]
    async with database.transaction() as tx:
        rows = await store.segments(tx, "s")
        recording = await store.recording(tx, "s")
    assert recording is not None
    assert (recording.next_msn, recording.next_take, recording.ended_at) == (5, 1, None)
    assert [row.position_90k for row in rows] == [0, 180_000, 360_000, 540_000]
    assert rows[0].began_at == utc(1_700_000_000)
    assert rows[-1].duration_90k == 140_400


async def test_what_the_index_has_is_not_read_again_and_the_rest_is_added(database: Database, tmp_path: Path):
    recorded(tmp_path)
    await recover_all(database, tmp_path, Timing())
    async with database.transaction() as tx:
        whole = await store.segments(tx, "s")
        await tx.execute("DELETE FROM recording_segment WHERE msn > 2")
    assert await recover(database, tmp_path, "s", Timing(), cut=True) == 2
    async with database.transaction() as tx:
        assert await store.segments(tx, "s") == whole
        await tx.execute("DELETE FROM recording_segment WHERE msn = 2")
    await recover(database, tmp_path, "s", Timing(), cut=False)
    async with database.transaction() as tx:
        assert await store.segments(tx, "s") == whole


async def test_an_ended_recording_is_left_alone(database: Database, tmp_path: Path):
    recorded(tmp_path)
    await recover_all(database, tmp_path, Timing())
    async with database.transaction() as tx:
        await store.end_recording(tx, "s", utc(1_700_000_100))
    assert await recover_all(database, tmp_path, Timing()) == []


async def test_a_killed_process_goes_on_with_its_numbers(database: Database, tmp_path: Path):
    recorded(tmp_path)
    recordings = Recordings(database, WriterOptions(tmp_path, min_free_mib=0))
    assert await recordings.start(Timing()) == ["s"]
    known = recordings.start_of("s")
    assert known is not None
    timing, start = known
    assert timing == Timing()
    assert (start.next_msn, start.next_take) == (5, 1)
    assert [segment.msn for segment in start.segments] == [1, 2, 3, 4]
    await recordings.stop()
    assert Kind.VIDEO == "video"
