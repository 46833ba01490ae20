from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from media.archive import web as archive
from media.record.library import LIBRARY, Library

DATA = bytes(range(256)) * 8192


class WholeLibrary(Library):
    """Takes without an index: everything is shown."""

    async def shows(self, stream_id: str, take: int, begin: int, end: int) -> bool:
        return True


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[TestClient]:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "0.mp4").write_bytes(DATA)
    app = web.Application()
    app[LIBRARY] = WholeLibrary(None, tmp_path)  # type: ignore[arg-type]  # takes are served without the index
    app[archive.ACCEL_PREFIX] = archive.AccelPrefix()
    app.router.add_get("/recordings/{stream_id}/{take}.mp4", archive.send_take)
    async with TestClient(TestServer(app)) as found:
        yield found


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-", 100, len(DATA)),
        ("bytes=-5", len(DATA) - 5, len(DATA)),
        ("bytes=600000-1200000", 600_000, 1_200_001),
        ("bytes=7-99999999999", 7, len(DATA)),
        (f"bytes=-{len(DATA) * 2}", 0, len(DATA)),
    ],
)
async def test_a_range(client: TestClient, asked: str, begin: int, end: int):
    answer = await client.get("/recordings/s/0.mp4", headers={"Range": asked})
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(DATA)}"
    assert await answer.read() == DATA[begin:end]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("asked", ["", "bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=0-1,4-5", "bytes=-", "bytes=+1-2"])
async def test_what_is_no_range_gets_the_whole(client: TestClient, asked: str):
    answer = await client.get("/recordings/s/0.mp4", headers={"Range": asked} if asked else {})
    assert answer.status == 200
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert await answer.read() == DATA


@pytest.mark.parametrize("asked", [f"bytes={len(DATA)}-", "bytes=-0"])
async def test_a_range_that_is_not_there(client: TestClient, asked: str):
    answer = await client.get("/recordings/s/0.mp4", headers={"Range": asked})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"


async def test_head_and_conditions(client: TestClient):
    head = await client.head("/recordings/s/0.mp4")
    assert head.status == 200
    assert head.headers["Content-Length"] == str(len(DATA))
    etag = head.headers["ETag"]
    known = await client.get("/recordings/s/0.mp4", headers={"If-None-Match": etag})
    assert known.status == 304
    same = await client.get("/recordings/s/0.mp4", headers={"Range": "bytes=1-2", "If-Range": etag})
    assert (same.status, await same.read()) == (206, DATA[1:3])
    other = await client.get("/recordings/s/0.mp4", headers={"Range": "bytes=1-2", "If-Range": '"other"'})
    assert other.status == 200


@pytest.mark.parametrize("path", ["/recordings/s/1.mp4", "/recordings/t/0.mp4", "/recordings/..%2Fs/0.mp4"])
async def test_what_is_not_there(client: TestClient, path: str):
    assert (await client.get(path)).status == 404


async def test_a_server_in_front_sends_the_file(client: TestClient, tmp_path: Path):
    app = web.Application()
    app[LIBRARY] = WholeLibrary(None, tmp_path)  # type: ignore[arg-type]  # takes are served without the index
    app[archive.ACCEL_PREFIX] = archive.AccelPrefix("/_recordings/")
    app.router.add_get("/recordings/{stream_id}/{take}.mp4", archive.send_take)
    async with TestClient(TestServer(app)) as other:
        answer = await other.get("/recordings/s/0.mp4")
        assert answer.headers["X-Accel-Redirect"] == "/_recordings/s/0.mp4"
        assert await answer.read() == b""
