"""Sealed recordings on the disk: whole, apart from everything else, and only with the key."""

import asyncio
import io
import stat
import time
from pathlib import Path

import av
import pytest

from app.errors import ConfigurationError
from media.record.recovery import recover_all
from media.sealed.files import open_movie, part_folder, sealed_files
from media.sealed.key import sealing_key
from media.sealed.recorder import SealedRecordings
from media.stream import Stream
from tests.media.hls import feed


class Encoder:
    def close(self, reason: str) -> None:
        pass


@pytest.fixture
async def recordings(tmp_path: Path):
    found = SealedRecordings(tmp_path / "sealed", lambda: sealing_key(tmp_path / "key"))
    await found.load()
    yield found
    await found.close()


def send(stream: Stream, seconds: float = 3) -> list:
    tracks, packets = feed.both(seconds)
    encoder = Encoder()
    stream.begin(encoder)
    stream.set_tracks(tracks)
    for packet in packets:
        stream.push(packet)
    return encoder


def movie(recordings: SealedRecordings, number: int) -> bytes:
    return b"".join(open_movie(recordings.folder, recordings.key, "s", "7", number))


def frames(data: bytes) -> int:
    with av.open(io.BytesIO(data)) as container:
        return sum(1 for _ in container.decode(video=0))


async def test_an_encoder_that_drops_and_comes_back_makes_two_files(recordings, tmp_path: Path):
    stream = Stream("s")
    send(stream, 1)
    recordings.begin(stream, "7")
    stream.pause(stream.publisher)
    send(stream)
    assert recordings.state("s").running
    stream.pause(stream.publisher)
    send(stream, 2)
    await recordings.end("s")
    assert not recordings.state("s").running
    send(stream)  # what comes after it is not in it
    files = sealed_files(recordings.folder, recordings.key, "s", "7")
    assert [(one.number, one.whole) for one in files] == [(1, True), (2, True), (3, True)]
    assert [frames(movie(recordings, one.number)) for one in files] == [25, 75, 50], (
        "the first picture is there at once"
    )
    assert abs(files[0].began_at.timestamp() - time.time()) < 60
    folder = part_folder(recordings.folder, "s", "7")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir(), tmp_path / "key")}
    assert modes == {0o700, 0o600}, "nobody else on this machine reads them"
    with pytest.raises(FileNotFoundError):
        open_movie(recordings.folder, recordings.key, "s", "7", 4)
    for name in ("../7", "", "x"):
        with pytest.raises(ValueError, match="sealed"):
            sealed_files(recordings.folder, recordings.key, "s", name)
    assert sealed_files(recordings.folder, bytes(32), "s", "7") == [], "with another key there is nothing"


async def test_a_restart_goes_on_in_another_file(recordings, tmp_path: Path):
    stream = Stream("s")
    send(stream)
    recordings.begin(stream, "7")
    recordings.begin(stream, "7")
    stream.pause(stream.publisher)
    send(stream)
    await recordings.close()
    again = SealedRecordings(tmp_path / "sealed", lambda: sealing_key(tmp_path / "key"))
    await again.load()
    assert again.key == recordings.key
    other = Stream("s")
    send(other, 1)
    again.begin(other, "7")
    other.end()
    await again.close()
    assert [frames(movie(again, one.number)) for one in sealed_files(again.folder, again.key, "s", "7")][-1] == 25


async def test_a_disk_that_refuses_is_said_and_the_stream_goes_on(recordings):
    recordings.folder.mkdir()
    (recordings.folder / "s").write_text("not a folder")
    stream = Stream("s")
    send(stream)
    recordings.begin(stream, "7")
    stream.pause(stream.publisher)
    send(stream)
    for _ in range(100):
        if recordings.state("s").problem:
            break
        await asyncio.sleep(0.05)
    assert "director" in recordings.state("s").problem.lower()
    assert stream.live
    (recordings.folder / "s").unlink()
    stream.pause(stream.publisher)
    send(stream)
    await recordings.end("s")
    files = sealed_files(recordings.folder, recordings.key, "s", "7")
    assert frames(movie(recordings, files[-1].number)) == 75, "it goes on with the next take"


async def test_no_recording_of_the_archive_knows_of_it(recordings, database, tmp_path: Path):
    """Even where somebody sets the folder below the recordings': recovery reads takes alone."""
    from media.hls.muxer import Timing

    inside = SealedRecordings(tmp_path / "recordings", lambda: bytes(32))
    await inside.load()
    stream = Stream("s")
    send(stream)
    inside.begin(stream, "7")
    stream.end()
    await inside.close()
    await recover_all(database, tmp_path / "recordings", Timing())
    async with database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM recording_take") == 0


def test_a_damaged_key_is_said_in_one_line(tmp_path: Path):
    (tmp_path / "key").write_text("abc")
    with pytest.raises(ConfigurationError, match="sealing key"):
        sealing_key(tmp_path / "key")
