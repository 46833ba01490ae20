import asyncio
import errno
import hashlib
import os
from pathlib import Path

import pytest

from media.hls.muxer import Init, Muxer, Part, Timing
from media.record.files import read_tracks, take_path
from media.record.model import Fsync, HealthChanged, News, RecordingFinished, SegmentWritten, TakeOpened
from media.record.writer import AppendPart, CloseTake, OpenTake, RecordingWriter, WriterOptions
from tests.media.hls import feed, reading


def takes(seconds: int = 8) -> tuple[Init, list[Part]]:
    tracks, packets = feed.both(seconds)
    ((init, parts),) = reading.takes(reading.mux(Muxer(Timing()), tracks, packets))
    return init, parts


class Desk:
    """Starts a writer and keeps its news."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.news: list[News] = []
        self.writer = RecordingWriter(WriterOptions(folder, min_free_mib=0, **options), self.news.extend)
        self.writer.start()

    def segments(self) -> list[SegmentWritten]:
        return [item for item in self.news if isinstance(item, SegmentWritten)]

    def reasons(self) -> list[str]:
        return [item.reason for item in self.news if isinstance(item, HealthChanged)]


@pytest.mark.parametrize("fsync", list(Fsync))
async def test_a_take_is_the_initialisation_section_and_its_parts(tmp_path: Path, fsync: Fsync):
    init, parts = takes()
    desk = Desk(tmp_path, fsync=fsync)
    desk.writer.submit(OpenTake("s", init))
    for part in parts:
        assert desk.writer.submit(AppendPart("s", part))
    desk.writer.submit(CloseTake("s", final=True))
    await desk.writer.stop()
    data = take_path(tmp_path, "s", 0).read_bytes()
    assert data == reading.file_of(init, parts)
    reading.decode(data, tmp_path)
    assert read_tracks(take_path(tmp_path, "s", 0)) == init.tracks
    assert isinstance(desk.news[0], TakeOpened)
    assert isinstance(desk.news[-1], RecordingFinished)
    rows = [item.segment for item in desk.segments()]
    assert [row.msn for row in rows] == [1, 2, 3, 4]
    assert rows[0].byte_offset == len(init.data)
    for row in rows:
        piece = data[row.byte_offset : row.byte_offset + row.byte_length]
        assert piece == b"".join(part.data for part in parts if part.msn == row.msn)
        assert hashlib.sha256(piece).digest() == row.sha256
    assert sum(row.duration_90k for row in rows) == sum(part.duration_90k for part in parts)
    assert desk.writer.backlog_bytes == 0


async def test_a_full_disk_loses_segments_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    init, parts = takes()
    real = os.pwrite
    full = {part.data[:100] for part in parts if part.msn == 2 and part.index >= 2}

    def pwrite(fd: int, data: memoryview, offset: int) -> int:
        if bytes(data[:100]) in full:
            real(fd, data[:50], offset)
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data, offset)

    monkeypatch.setattr("media.record.writer.os.pwrite", pwrite)
    desk = Desk(tmp_path)
    desk.writer.submit(OpenTake("s", init))
    for part in parts:
        desk.writer.submit(AppendPart("s", part))
    await desk.writer.stop()
    written = [part for part in parts if part.msn != 2 or part.index < 2]
    data = take_path(tmp_path, "s", 0).read_bytes()
    assert data == reading.file_of(init, written), "whole parts are kept, the torn one is cut off"
    assert [item.segment.msn for item in desk.segments()] == [1, 2, 3, 4]
    assert desk.segments()[1].segment.duration_90k == 93_600
    assert desk.reasons() == ["No space left on device", ""]


async def test_a_disk_that_refuses_the_file_is_tried_again_with_the_next_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    init, parts = takes()
    real = os.open
    refusals = [1, 1]

    def opened(path: object, flags: int, *rest: int) -> int:
        if str(path).endswith(".mp4") and refusals:
            refusals.pop()
            raise OSError(errno.EACCES, "Permission denied")
        return real(path, flags, *rest)

    monkeypatch.setattr("media.record.writer.os.open", opened)
    desk = Desk(tmp_path)
    desk.writer.submit(OpenTake("s", init))
    for part in parts:
        desk.writer.submit(AppendPart("s", part))
    await desk.writer.stop()
    assert take_path(tmp_path, "s", 0).read_bytes() == reading.file_of(init, [part for part in parts if part.msn > 2])
    assert desk.reasons() == ["Permission denied", ""]


async def test_too_little_room_is_said_before_the_disk_is_full(tmp_path: Path):
    init, parts = takes()
    desk = Desk(tmp_path)
    desk.writer._space._min_mib = 10**9
    desk.writer.submit(OpenTake("s", init))
    desk.writer.submit(AppendPart("s", parts[0]))
    await desk.writer.stop()
    assert "must stay free" in desk.reasons()[0]
    assert not take_path(tmp_path, "s", 0).exists()


async def test_what_is_recorded_is_never_written_over(tmp_path: Path):
    init, parts = takes()
    path = take_path(tmp_path, "s", 0)
    path.parent.mkdir()
    path.write_bytes(b"yesterday")
    desk = Desk(tmp_path)
    desk.writer.submit(OpenTake("s", init))
    desk.writer.submit(AppendPart("s", parts[0]))
    await desk.writer.stop()
    assert path.read_bytes() == b"yesterday"
    assert desk.reasons() == ["File exists"]


async def test_a_slow_disk_refuses_parts_and_goes_on_when_it_has_caught_up(tmp_path: Path):
    init, parts = takes()
    desk = Desk(tmp_path, queue_mib=8)
    huge = Part(
        **{name: getattr(parts[0], name) for name in parts[0].__struct_fields__ if name != "data"},
        data=bytes(9 * 2**20),
    )
    assert not desk.writer.submit(AppendPart("s", huge))
    desk.writer.submit(OpenTake("s", init))
    assert desk.writer.submit(AppendPart("s", parts[0]))
    await desk.writer.stop()


async def test_a_path_is_not_made_of_an_id(tmp_path: Path):
    init, parts = takes()
    desk = Desk(tmp_path)
    desk.writer.submit(OpenTake("../evil", init))
    desk.writer.submit(OpenTake("good", init))
    desk.writer.submit(AppendPart("good", parts[0]))
    await desk.writer.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["good"]
    assert await asyncio.to_thread((tmp_path / "good" / "0.mp4").stat)
