"""deploy/nginx.conf in the real nginx, before the real product."""

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from app.wire import data_folder
from portals.council.demo import showcase
from tests.conftest import running_site
from tests.deploy.proxy import NAME, NGINX, ROOT, nginx, numbers
from tests.flows.processes import ffmpeg_feed
from tests.media.uploads.films import film

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed here: apt-get install nginx"),
]
VIEWERS = 40


class Behind:
    """The product, and nginx before it."""

    def __init__(self, site, proxy, key: str, stream_id: str) -> None:
        self.site = site
        self.proxy = proxy
        self.feed = f"{site.rtmp}/{key}"
        self.live = f"/hls/{stream_id}/live.m3u8"
        self.root = f"/hls/{stream_id}"
        self.stream_id = stream_id

    def signed_in(self):
        return self.proxy.connect(cookie_jar=aiohttp.CookieJar())

    async def asked(self, path: str) -> float:
        """How many requests of a route the product has answered."""
        async with aiohttp.ClientSession(self.site.http) as client, client.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if line.startswith("gryf_http_requests_total") and f'"{path}"' in line and 'status="200"' in line
        )


@pytest.fixture
async def behind(filled_url, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GRYF_SERVER_TRUSTED_PROXIES", "127.0.0.1")
    monkeypatch.setenv("GRYF_MEDIA_ACCEL_PREFIX", "/_recordings")
    monkeypatch.setenv("GRYF_MEDIA_MIN_FREE_MIB", "1")
    data, folder = tmp_path / "data", tmp_path / "nginx"
    folder.mkdir()
    async with running_site(filled_url, data) as site:
        node = site.http.removeprefix("http://")
        shown = await showcase(site.app)
        async with nginx(folder, node, node, data / "recordings") as proxy:
            yield Behind(site, proxy, shown.stream_key, shown.stream_id)


async def first_playlist(client: aiohttp.ClientSession, path: str) -> str:
    async with asyncio.timeout(30):
        while True:
            async with client.get(path) as answer:
                text = await answer.text()
                if answer.status == 200 and "PRELOAD-HINT" in text:
                    return text
            await asyncio.sleep(0.2)


async def test_live_through_the_proxy(behind):
    """Blocking reload works and nobody waits for another's; who comes later, and nearly all for a part, get a copy."""
    async with ffmpeg_feed(behind.feed), behind.proxy.connect() as client:
        text = await first_playlist(client, behind.live)

        async def reload(msn: int, part: int) -> tuple[str, str]:
            async with client.get(behind.live, params={"_HLS_msn": str(msn), "_HLS_part": str(part)}) as answer:
                assert answer.status == 200
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                return await answer.text(), answer.headers["X-Cache"]

        for _round in range(4):
            msn, part = numbers(text)
            answers = await asyncio.gather(*(reload(msn, part) for _viewer in range(VIEWERS)))
            texts = {answer[0] for answer in answers}
            assert len(texts) == 1
            text = texts.pop()
            assert f"{msn}.{part}.m4s" in text.replace("PRELOAD-HINT", "").split("#EXT-X-PRELOAD")[0]
            assert numbers(text) > (msn, part)
            before = await behind.asked("/hls/{stream_id}/live.m3u8")
            assert await reload(msn, part) == (text, "HIT")
            assert await behind.asked("/hls/{stream_id}/live.m3u8") == before
            first, _cache = await _bytes(client, f"{behind.root}/{msn}.{part}.m4s")
            parts = await asyncio.gather(*(_bytes(client, f"{behind.root}/{msn}.{part}.m4s") for _ in range(VIEWERS)))
            assert b"moof" in first
            assert set(parts) == {(first, "HIT")}


async def _bytes(client: aiohttp.ClientSession, path: str) -> tuple[bytes, str]:
    async with client.get(path) as answer:
        assert answer.status == 200
        return await answer.read(), answer.headers["X-Cache"]


async def test_what_is_not_there_yet_is_not_remembered(behind):
    async with behind.proxy.connect() as client:
        for _round in range(2):
            async with client.get(f"{behind.root}/99.0.m4s") as answer:
                assert answer.status == 404
        async with ffmpeg_feed(behind.feed):
            text = await first_playlist(client, behind.live)
            msn, _part = numbers(text)
            async with client.get(f"{behind.live}?_HLS_msn={msn + 50}") as answer:
                assert answer.status == 400
                assert answer.headers["Cache-Control"] == "no-store"


async def test_plain_and_packed_playlists_are_kept_apart(behind):
    async with ffmpeg_feed(behind.feed), behind.proxy.connect(auto_decompress=False) as client:
        text = ""
        async with asyncio.timeout(30):
            while len(text) < 1500:
                await asyncio.sleep(0.5)
                async with client.get(behind.live, headers={"Accept-Encoding": "identity"}) as answer:
                    text = await answer.text() if answer.status == 200 else ""
        msn, part = numbers(text)
        asked = {"_HLS_msn": str(msn), "_HLS_part": str(part)}
        for encoding, packed in (("gzip, deflate, br", "gzip"), ("identity", None), ("br;q=1.0, gzip;q=0.8", "gzip")):
            async with client.get(behind.live, params=asked, headers={"Accept-Encoding": encoding}) as answer:
                assert answer.headers.get("Content-Encoding") == packed
                data = await answer.read()
                assert data.startswith(b"\x1f\x8b" if packed else b"#EXTM3U")


async def test_recordings_are_sent_from_the_disk(behind):
    folder = data_folder(behind.site.app) / "recordings" / behind.stream_id
    async with behind.signed_in() as client:
        async with ffmpeg_feed(behind.feed):
            await first_playlist(client, behind.live)
            async with asyncio.timeout(60):  # a slate may be shown first, which is a take that is not recorded
                while not (found := [file for file in folder.glob("*.mp4") if file.stat().st_size > 1000]):
                    await asyncio.sleep(0.2)
        recorded = min(found).name
        take = f"/recordings/{behind.stream_id}/{recorded}"
        expected = (folder / recorded).read_bytes()
        async with client.get(take, headers={"Range": "bytes=0-3"}) as answer:
            assert answer.status == 206
            assert await answer.read() == expected[:4]
            assert answer.headers["Content-Range"].startswith("bytes 0-3/")
            assert answer.headers["Content-Type"] == "video/mp4"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "X-Accel-Redirect" not in answer.headers
        async with client.get(take, headers={"Range": "bytes=100-199"}) as answer:
            assert await answer.read() == expected[100:200]
        async with client.get(f"/_recordings/{behind.stream_id}/{recorded}") as answer:
            assert answer.status == 404
        async with client.get(f"/recordings/{behind.stream_id}/..%2f{recorded}") as answer:
            assert answer.status in {400, 404, 405}


async def test_pages_sockets_and_addresses(behind):
    async with behind.signed_in() as client:
        async with client.get("/") as answer:
            assert answer.status == 200
            assert answer.version == aiohttp.HttpVersion11
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
            assert "Python" not in answer.headers["Server"]
        login, password = behind.site.logins["clerk"]
        headers = {"Origin": behind.proxy.https, "X-Forwarded-For": "203.0.113.9"}
        async with client.post("/api/sign-in", json={"login": login, "password": password}, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        async with client.post("/api/sign-in", json={}, headers={"Origin": "https://evil.example"}) as answer:
            assert answer.status == 403
        async with client.ws_connect("/live", origin=behind.proxy.https) as socket:
            await socket.send_json({"op": "join", "room": "council/session/1", "ref": 1})
            assert (await socket.receive_json(timeout=10))["op"] == "joined"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.ws_connect("/live", origin="https://evil.example")
    async with behind.proxy.connect() as client:
        async with client.get(f"{behind.proxy.http}/council/sessions?a=b", allow_redirects=False) as answer:
            assert answer.status == 308
            assert answer.headers["Location"] == f"https://{NAME}/council/sessions?a=b"


async def test_what_visitors_claim_of_themselves_is_replaced(tmp_path):
    """A node that tells what it sees stands behind every location of the configuration."""
    seen = []

    async def tell(request: web.Request) -> web.Response:
        seen.append((request.path, dict(request.headers)))
        return web.Response(text="")

    node = web.Application()
    node.router.add_route("*", "/{path:.*}", tell)
    runner = web.AppRunner(node)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    paths = [
        "/",
        "/live",
        "/api/live/events",
        "/hls/a/live.m3u8",
        "/hls/a/1.m4s",
        "/hls/a/x",
        "/recordings/a/index.m3u8",
    ]
    paths += ["/whip", "/whep/a", "/metrics", "/readyz", "/api/media/uploads"]
    claims = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "gopher"}
    try:
        async with (
            nginx(tmp_path, f"127.0.0.1:{port}", f"127.0.0.1:{port}", tmp_path) as proxy,
            proxy.connect() as client,
        ):
            for path in paths:
                async with client.get(path, headers=claims) as answer:
                    assert answer.status == 200, path
            host = proxy.https.removeprefix("https://")
    finally:
        await runner.cleanup()
    assert [path for path, _headers in seen] == paths
    for path, headers in seen:
        told = (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"], headers["Host"])
        assert told == ("127.0.0.1", "https", host), path


async def test_an_upload_is_passed_on_as_it_comes(behind, tmp_path):
    async with behind.signed_in() as client:
        login, password = behind.site.logins["clerk"]
        async with client.post("/api/sign-in", json={"login": login, "password": password}) as answer:
            assert answer.status == 200
        data = film(tmp_path / "film.mp4", "mp4", "libx264", "aac").read_bytes()
        began: list[float] = []

        async def slowly():
            yield data[:1000]
            began.append(time.monotonic())
            await asyncio.sleep(0.5)
            yield data[1000:] + bytes(3_000_000)

        async with client.post("/api/media/uploads?name=film.mp4", data=slowly()) as answer:
            assert answer.status == 201, await answer.text()
        async with client.post("/api/council/sessions", data=bytes(3_000_000)) as answer:
            assert answer.status == 413


async def test_figures_are_not_for_the_public(behind):
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    assert text.count("deny all;") == 2
    async with behind.proxy.connect() as client, client.get("/metrics") as answer:
        assert answer.status == 200  # this machine may
