"""Writing MP4 files from takes on a real disk, and what may go wrong."""

from pathlib import Path

import av
import pytest

from app.database import Database
from media.archive import export
from media.archive.export import NoSpace, read_parts, write_mp4
from media.archive.spans import spans
from tests.media.archive import recorded
from tests.media.archive.recorded import STREAM, clocked


def quiet(_done: int, _of: int) -> None:
    """Nobody asks how far it is."""


async def test_sound_alone_is_copied_without_the_picture(database: Database, tmp_path: Path):
    index = await recorded.record(database, tmp_path, clocked(8))
    told: list[tuple[int, int]] = []
    whole = write_mp4(tmp_path / STREAM, spans(index), tmp_path / "a.mp4", lambda done, of: told.append((done, of)))
    sound = write_mp4(tmp_path / STREAM, spans(index), tmp_path / "a.m4a", quiet, sound_only=True)
    assert sound.bytes < whole.bytes / 2
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    with av.open(str(tmp_path / "a.m4a")) as container:
        assert [stream.type for stream in container.streams] == ["audio"]
        assert sum(1 for _ in container.decode(audio=0)) == 375
    assert (tmp_path / "a.m4a").read_bytes()[4:12] == b"ftypM4A "


async def test_a_disk_without_room_is_told_before_a_byte_is_written(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    index = await recorded.record(database, tmp_path, clocked(4))
    monkeypatch.setattr(export, "MARGIN_BYTES", 1 << 60)
    with pytest.raises(NoSpace, match="MiB more must be free"):
        write_mp4(tmp_path / STREAM, spans(index), tmp_path / "a.mp4", quiet)
    assert not (tmp_path / "a.mp4").exists()


async def test_a_take_that_is_torn_is_told(database: Database, tmp_path: Path):
    index = await recorded.record(database, tmp_path, clocked(4))
    take = tmp_path / STREAM / "0.mp4"
    (span,) = spans(index)
    with take.open("rb") as file:
        parts = list(read_parts(file.fileno(), span.offset, span.length))
        assert sum(len(run.sizes) for part in parts for run in part.runs if run.track_id == 1) == 100
        with pytest.raises(ValueError, match="torn"):
            list(read_parts(file.fileno(), span.offset, span.length - 10))
    with take.open("r+b") as file:
        file.truncate(span.offset + span.length - 10)
    with pytest.raises(ValueError, match="shorter than its index says"):
        write_mp4(tmp_path / STREAM, [span], tmp_path / "a.mp4", quiet)
