"""Objects over HTTP: a fake store on loopback sees what a real one would."""

import asyncio
import hashlib
import random
from pathlib import Path

import pytest

from app.config import Sources, load_section
from app.errors import ConfigurationError
from media.archive import cloud
from media.archive.cloud import NoSuchObject, Objects, StoreFailed, bucket_of
from media.archive.settings import ArchiveSettings
from tests.media.archive.fake_s3 import KEYS, FakeS3

PART = 100_000
KEY = "s 1/ąę+%.mp4"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "PART_BYTES", PART)


def objects_of(s3: FakeS3, **settings: str) -> Objects:
    bucket = bucket_of(ArchiveSettings(**{"s3_endpoint": f"{s3.endpoint}/", **KEYS, **settings}))
    assert bucket is not None
    return Objects(bucket)


def file_of(tmp_path: Path, size: int) -> tuple[Path, bytes]:
    data = random.Random(size).randbytes(size)
    (tmp_path / "take").write_bytes(data)
    return tmp_path / "take", data


async def got(objects: Objects, begin: int, end: int) -> list[bytes]:
    async with objects.read(KEY, begin, end) as blocks:
        return [block async for block in blocks]


@pytest.mark.parametrize(("size", "puts"), [(0, 1), (1, 1), (PART, 1), (PART + 1, 2), (3 * PART, 3)])
async def test_a_file_arrives_whole(tmp_path: Path, s3: FakeS3, size: int, puts: int):
    path, data = file_of(tmp_path, size)
    objects = objects_of(s3)
    assert await objects.put(KEY, path, "video/mp4") == (size, hashlib.sha256(data).hexdigest())
    assert (s3.objects, s3.types, s3.puts) == ({KEY: data}, {KEY: "video/mp4"}, puts)
    assert not s3.uploads
    assert await objects.size(KEY) == size


async def test_ranges_come_in_blocks(s3: FakeS3):
    s3.objects[KEY] = random.Random(1).randbytes(3_000_000)
    blocks = await got(objects_of(s3), 1000, 2_500_001)
    assert b"".join(blocks) == s3.objects[KEY][1000:2_500_001]
    assert len(blocks) > 3
    assert max(map(len, blocks)) < 1_500_000


async def test_a_range_that_breaks_off_goes_on_where_it_was(s3: FakeS3):
    s3.objects[KEY] = random.Random(2).randbytes(1_000_000)
    s3.cuts = 1
    assert b"".join(await got(objects_of(s3), 0, 900_000)) == s3.objects[KEY][:900_000]
    assert s3.cuts == 0


async def test_a_range_that_never_comes_whole_is_told(s3: FakeS3):
    s3.objects[KEY] = bytes(3_000_000)
    s3.cuts = 100
    with pytest.raises(StoreFailed, match="does not answer"):
        await got(objects_of(s3), 0, 3_000_000)


async def test_what_nobody_takes_is_not_fetched(s3: FakeS3):
    s3.objects[KEY] = bytes(64 << 20)
    async with objects_of(s3).read(KEY, 0, 64 << 20) as blocks:
        assert await anext(blocks)
        before = -1
        while s3.sent != before:
            before = s3.sent
            await asyncio.sleep(0.1)
        assert s3.sent < 32 << 20


@pytest.mark.parametrize("size", [PART // 2, 3 * PART])
async def test_a_body_that_changed_on_its_way_is_refused(tmp_path: Path, s3: FakeS3, size: int):
    s3.flips = True
    with pytest.raises(StoreFailed, match=r"^the store answered 400 XAmzContentSHA256Mismatch$"):
        await objects_of(s3).put(KEY, file_of(tmp_path, size)[0], "video/mp4")
    assert (s3.objects, s3.uploads) == ({}, {})


async def test_a_store_that_loses_bytes_is_told(tmp_path: Path, s3: FakeS3):
    s3.forgets = True
    with pytest.raises(StoreFailed, match="has not arrived whole"):
        await objects_of(s3).put(KEY, file_of(tmp_path, 3 * PART)[0], "video/mp4")


async def test_parts_of_an_upload_that_failed_are_dropped(tmp_path: Path, s3: FakeS3):
    s3.fails_at = 2
    with pytest.raises(StoreFailed, match="400 QuotaExceeded"):
        await objects_of(s3).put(KEY, file_of(tmp_path, 5 * PART)[0], "video/mp4")
    assert s3.puts >= 2
    assert (s3.objects, s3.uploads) == ({}, {})


async def test_parts_of_an_upload_that_was_cancelled_are_dropped(tmp_path: Path, s3: FakeS3):
    path, _ = file_of(tmp_path, 50 * PART)
    sending = asyncio.create_task(objects_of(s3).put(KEY, path, "video/mp4"))
    while not s3.puts and not sending.done():
        await asyncio.sleep(0)
    s3.open.clear()
    sending.cancel()
    await asyncio.sleep(0)
    s3.open.set()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert s3.puts < 50
    assert (s3.objects, s3.uploads) == ({}, {})


async def test_a_file_that_is_not_there_is_no_fault_of_the_store(tmp_path: Path, s3: FakeS3):
    with pytest.raises(FileNotFoundError):
        await objects_of(s3).put(KEY, tmp_path / "none", "video/mp4")


async def test_what_is_not_there(s3: FakeS3):
    objects = objects_of(s3)
    assert await objects.size(KEY) is None
    await objects.delete(KEY)
    with pytest.raises(NoSuchObject, match="404 NoSuchKey"):
        await got(objects, 0, 10)


async def test_an_object_is_deleted_alone(s3: FakeS3):
    s3.objects |= {KEY: b"a", f"{KEY}2": b"b"}
    await objects_of(s3).delete(KEY)
    assert s3.objects == {f"{KEY}2": b"b"}


async def test_a_store_that_is_away(tmp_path: Path, s3: FakeS3):
    path, _ = file_of(tmp_path, 10)
    s3.away = True
    objects = objects_of(s3)
    for asked in (objects.put(KEY, path, "video/mp4"), got(objects, 0, 10), objects.delete(KEY)):
        with pytest.raises(StoreFailed, match=r"^the store answered 503 SlowDown$"):
            await asked
    with pytest.raises(StoreFailed, match=r"^the store answered 503$"):
        await objects.size(KEY)
    nowhere = objects_of(s3, s3_endpoint="http://127.0.0.1:1")
    with pytest.raises(StoreFailed, match="the store does not answer: "):
        await nowhere.size(KEY)


async def test_a_silent_store_is_not_waited_for(s3: FakeS3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cloud, "ANSWER_S", 0.2)
    s3.objects[KEY] = b"a"
    s3.open.clear()
    with pytest.raises(StoreFailed, match="does not answer"):
        await asyncio.wait_for(objects_of(s3).size(KEY), 30)


async def test_a_store_that_wakes_up_is_asked_again(s3: FakeS3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cloud, "RETRIES", 50)
    s3.objects[KEY] = b"abc"
    s3.away = True
    asking = asyncio.create_task(objects_of(s3).size(KEY))
    await asyncio.sleep(0.2)
    s3.away = False
    assert await asking == 3


async def test_only_our_settings_decide(tmp_path: Path, s3: FakeS3, monkeypatch: pytest.MonkeyPatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "INNY",
        "AWS_SESSION_TOKEN": "inny",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "eu-2",
        "AWS_BUCKET": "inny",
        "AWS_UNSIGNED_PAYLOAD": "true",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    }.items():
        monkeypatch.setenv(name, value)
    path, data = file_of(tmp_path, 10)
    await objects_of(s3).put(KEY, path, "video/mp4")
    assert s3.objects == {KEY: data}


async def test_a_bucket_may_be_named_by_the_host(tmp_path: Path, s3: FakeS3):
    path, data = file_of(tmp_path, 10)
    await objects_of(s3, s3_endpoint=f"{s3.endpoint}/nagrania", s3_bucket="").put(KEY, path, "video/mp4")
    assert s3.objects == {KEY: data}


async def test_keys_are_told_to_nobody(s3: FakeS3):
    bucket = bucket_of(ArchiveSettings(s3_endpoint=s3.endpoint, **KEYS))
    objects = objects_of(s3)
    s3.away = True
    with pytest.raises(StoreFailed) as failed:
        await objects.size(KEY)
    shown = f"{bucket!r} {bucket} {objects!r} {vars(objects)!r} {failed.value} {failed.value.__cause__!r}"
    assert "nagrania" in shown
    assert "tajne" not in shown
    assert "GRYF" not in shown


@pytest.mark.parametrize("endpoint", ["s3.example.org", "ftp://s3.example.org", "https://", "https://a b"])
def test_an_endpoint_is_an_address(endpoint: str):
    with pytest.raises(ConfigurationError, match="s3_endpoint"):
        load_section(ArchiveSettings, "archive", Sources({}, {"GRYF_ARCHIVE_S3_ENDPOINT": endpoint}))


@pytest.mark.parametrize("endpoint", ["", "https://s3.example.org", "http://10.0.0.1:9000/minio/"])
def test_endpoints(endpoint: str):
    found = load_section(ArchiveSettings, "archive", Sources({}, {"GRYF_ARCHIVE_S3_ENDPOINT": endpoint}))
    assert (bucket_of(found) is None) == (endpoint == "")
