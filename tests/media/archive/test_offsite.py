"""Copies of recordings in an S3 store, a fake one on loopback: made, kept in step, read from there, removed."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.actor import SYSTEM
from app.database import Database
from media.archive import cloud, offsite, store
from media.archive.cloud import StoreFailed
from media.archive.offsite import release_local, store_recording
from media.archive.removal import Decision, remove_recording
from tests.media.archive import recorded
from tests.media.archive.fake_s3 import KEYS, FakeS3
from tests.media.archive.recorded import STREAM, at, clocked
from tests.media.archive.served import Served, served
from tests.media.archive.test_trim_and_clips import API, asked


@contextlib.asynccontextmanager
async def with_copies(database: Database, tmp_path: Path, s3: FakeS3, **settings) -> AsyncIterator[Served]:
    """Two takes of 8 s, worked up; nothing is copied yet."""
    async with served(database, tmp_path, s3_endpoint=s3.endpoint, **KEYS, **settings) as found:
        turn = clocked(8)
        await recorded.record(database, found.folder, turn, at(60, turn))
        await found.work()
        yield found


def files_of(folder: Path) -> dict[str, bytes]:
    home = folder / STREAM
    return {f"{STREAM}/{path.relative_to(home)}": path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "PART_BYTES", 100_000)
    monkeypatch.setattr(offsite, "LEAST_BYTES", 50_000)


async def test_copies_are_whole_and_made_once(database: Database, tmp_path: Path, s3: FakeS3):
    async with with_copies(database, tmp_path, s3) as found:
        await store_recording(database, found.archive(), STREAM)
        assert s3.objects == files_of(found.folder)
        assert len(s3.objects[f"{STREAM}/0.mp4"]) > 200_000, "it went in parts"
        assert not s3.uploads
        puts = s3.puts
        await store_recording(database, found.archive(), STREAM)
        assert s3.puts == puts


async def test_a_store_that_is_away_only_delays(database: Database, tmp_path: Path, s3: FakeS3):
    async with with_copies(database, tmp_path, s3, local_days=1) as found, found.client() as resident:
        s3.away = True
        with pytest.raises(StoreFailed, match="503 SlowDown"):
            await store_recording(database, found.archive(), STREAM)
        async with database.transaction() as tx:
            assert await store.streams_to_store(tx) == [STREAM]
            await tx.execute("UPDATE recording SET ended_at = ended_at - interval '2 days'")
        before = files_of(found.folder)
        await release_local(database, found.archive())
        assert files_of(found.folder) == before, "nothing goes from the disk before everything has arrived"
        await asked(resident, "GET", f"/recordings/{STREAM}/0.mp4")
        s3.away = False
        await store_recording(database, found.archive(), STREAM)
        assert s3.objects == before
        async with database.transaction() as tx:
            assert await store.streams_to_store(tx) == []


async def test_what_is_in_the_store_alone_is_sent_from_there(
    database: Database, tmp_path: Path, s3: FakeS3, playlist_guard
):
    async with (
        with_copies(database, tmp_path, s3, local_days=1) as found,
        found.client("clerk") as clerk,
        found.client() as resident,
    ):
        await store_recording(database, found.archive(), STREAM)
        whole = files_of(found.folder)
        async with database.transaction() as tx:
            await tx.execute("UPDATE recording SET ended_at = ended_at - interval '2 days'")
        await release_local(database, found.archive())
        left = files_of(found.folder)
        assert f"{STREAM}/0.mp4" not in left
        assert f"{STREAM}/assets/recording.mp4" not in left
        assert f"{STREAM}/assets/waveform.json" in left

        take, movie = f"/recordings/{STREAM}/1.mp4", f"/recordings/{STREAM}/assets/recording.mp4"
        assert await asked(resident, "GET", take) == whole[f"{STREAM}/1.mp4"]
        async with resident.get(movie, headers={"Range": "bytes=1000-150000"}) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (206, "video/mp4")
            assert await answer.read() == whole[f"{STREAM}/assets/recording.mp4"][1000:150_001]
            etag = answer.headers["ETag"]
        async with resident.get(movie, headers={"If-None-Match": etag}) as answer:
            assert answer.status == 304
        async with resident.get(movie, headers={"Range": "bytes=99999999-"}) as answer:
            assert answer.status == 416
        async with resident.head(movie) as answer:
            assert answer.content_length == len(whole[f"{STREAM}/assets/recording.mp4"])
        s3.away = True
        async with resident.get(movie) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        s3.away = False

        # a trim holds here too, and brings the takes back to make its products
        await asked(clerk, "PUT", f"{API}/trim", begin_s=0, end_s=8)
        await asked(resident, "GET", take, 404)
        await asked(resident, "GET", movie, 404)
        await found.work()
        assert files_of(found.folder)[f"{STREAM}/0.mp4"] == whole[f"{STREAM}/0.mp4"]
        assert len(await asked(resident, "GET", movie)) < len(whole[f"{STREAM}/assets/recording.mp4"])


async def test_a_copy_that_was_changed_does_not_come_back(database: Database, tmp_path: Path, s3: FakeS3):
    async with with_copies(database, tmp_path, s3) as found:
        await store_recording(database, found.archive(), STREAM)
        changed = bytearray(s3.objects[f"{STREAM}/0.mp4"])
        changed[5000] ^= 1
        s3.objects[f"{STREAM}/0.mp4"] = bytes(changed)
        (found.folder / STREAM / "0.mp4").unlink()
        with pytest.raises(StoreFailed, match="came back changed"):
            await offsite.bring_back(database, found.archive(), STREAM)
        assert not (found.folder / STREAM / "0.mp4").exists()


async def test_copies_of_what_was_removed_are_removed(database: Database, tmp_path: Path, s3: FakeS3):
    async with with_copies(database, tmp_path, s3) as found, found.client() as resident:
        await store_recording(database, found.archive(), STREAM)
        assert s3.objects
        await remove_recording(database, found.folder, SYSTEM, STREAM, Decision("person", "clerk", "pomyłka"))
        await asked(resident, "GET", f"/recordings/{STREAM}/0.mp4", 404)
        async with database.transaction() as tx:
            assert await tx.value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'archive.copy'") == 1
            assert await store.streams_to_store(tx) == [STREAM]
        await store_recording(database, found.archive(), STREAM)
        assert s3.objects == {}
        async with database.transaction() as tx:
            assert await store.streams_to_store(tx) == []


async def test_a_wrong_key_is_told(database: Database, tmp_path: Path, s3: FakeS3):
    async with with_copies(database, tmp_path, s3) as found:
        with pytest.raises(StoreFailed, match="403 InvalidAccessKeyId"):
            await store_recording(database, found.archive(s3_access_key="INNY"), STREAM)
