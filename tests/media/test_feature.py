"""The whole core behind one application: encoder in, playlists and recording out, restart in between."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import imageio_ffmpeg
import pytest
from aiohttp import ClientSession, web

from app.config import City, Server
from app.database import Database
from app.identity.settings import IdentitySettings
from app.wire import build_app
from media.continuity.settings import ContinuitySettings
from media.feature import HEALTH, AuthorisePublish, feature, rtmp_port
from media.hls.web import MayWatch, anyone_may_watch
from media.packet import Packet
from media.record.recordings import RECORDINGS
from media.rtmp.settings import RtmpSettings
from media.settings import MediaSettings
from media.streams import STREAMS, PublishGrant
from tests.media.hls import feed, reading, rules


class Encoder:
    """A publisher without a socket."""

    def close(self, reason: str) -> None:
        self.reason = reason


async def authorise(_app: web.Application, key: str, _address: str) -> PublishGrant | None:
    return PublishGrant(stream_id="sesja1", on_air=True, label="test") if key == "good" else None


@asynccontextmanager
async def running(
    database: Database, data: Path, grants: AuthorisePublish = authorise, may_watch: MayWatch = anyone_may_watch
) -> AsyncIterator[tuple[web.Application, str]]:
    settings = MediaSettings(rtmp_host="127.0.0.1", rtmp_port=0, min_free_mib=0)
    app = build_app(
        (feature(grants, may_watch=may_watch),),
        [City(), Server(data=str(data)), IdentitySettings(), RtmpSettings(), ContinuitySettings(slate=False), settings],
        database,
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield app, f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def push(app: web.Application, packets: list[Packet], tracks: object) -> None:
    stream = await app[STREAMS].claim("good", "127.0.0.1", Encoder())
    stream.set_tracks(tracks)
    for packet in packets:
        stream.push(packet)
        await asyncio.sleep(0)
    publisher = stream.publisher
    assert publisher is not None
    stream.pause(publisher)


async def fetch(http: ClientSession, url: str, status: int = 200) -> bytes:
    async with http.get(url) as answer:
        assert answer.status == status, (url, answer.status)
        return await answer.read()


async def test_stream_restart_end_archive(database: Database, tmp_path: Path) -> None:
    tracks, packets = feed.both(8)
    async with running(database, tmp_path) as (app, url), ClientSession() as http:
        assert rtmp_port(app) > 0
        await push(app, packets, tracks)
        master = (await fetch(http, f"{url}/hls/sesja1/index.m3u8")).decode()
        assert 'CODECS="avc1.' in master
        text = (await fetch(http, f"{url}/hls/sesja1/live.m3u8")).decode()
        rules.check_media(text)
        before = rules.parse_media(text)
        assert [segment.msn for segment in before.segments] == [1, 2, 3, 4]
        live_bytes = await fetch(http, f"{url}/hls/sesja1/init-0.mp4")
        live_bytes += b"".join([await fetch(http, f"{url}/hls/sesja1/{n}.m4s") for n in range(1, 5)])
        await fetch(http, f"{url}/hls/sesja1/live.m3u8?_HLS_msn=900", 400)
        await fetch(http, f"{url}/hls/sesja1/live.m3u8?_HLS_part=1", 400)
        await fetch(http, f"{url}/hls/nobody/index.m3u8", 404)

    async with running(database, tmp_path) as (app, url), ClientSession() as http:
        # The encoder is not back yet: the playlist is still live, and its segments come from the disk.
        text = (await fetch(http, f"{url}/hls/sesja1/live.m3u8")).decode()
        rules.check_media(text)
        waiting = rules.parse_media(text)
        assert [segment.msn for segment in waiting.segments] == [1, 2, 3, 4]
        assert not waiting.ended
        kept = await fetch(http, f"{url}/hls/sesja1/init-0.mp4")
        kept += b"".join([await fetch(http, f"{url}/hls/sesja1/{n}.m4s") for n in range(1, 5)])
        assert kept == live_bytes
        await push(app, packets, tracks)
        text = (await fetch(http, f"{url}/hls/sesja1/live.m3u8")).decode()
        rules.check_media(text)
        after = rules.parse_media(text)
        assert [segment.msn for segment in after.segments] == list(range(1, 9))
        assert [segment.discontinuity for segment in after.segments] == [0] * 4 + [1] * 4
        app[STREAMS].take_off_air("sesja1")
        rules.check_media(text := (await fetch(http, f"{url}/hls/sesja1/live.m3u8")).decode())
        assert text.endswith("#EXT-X-ENDLIST\n")

    async with running(database, tmp_path) as (app, url), ClientSession() as http:
        summary = await app[RECORDINGS].summary("sesja1")
        assert summary is not None
        assert summary.duration_s == pytest.approx(16, abs=0.01)
        assert summary.takes == 2
        text = (await fetch(http, f"{url}/recordings/sesja1/media.m3u8")).decode()
        rules.check_media(text)
        archive = rules.parse_media(text)
        assert archive.ended
        first = archive.segments[0]
        assert first.byte_range is not None
        data = await fetch(http, f"{url}/recordings/sesja1/0.mp4")
        assert data == live_bytes
        async with http.get(
            f"{url}/recordings/sesja1/0.mp4",
            headers={"Range": f"bytes={first.byte_range[1]}-{first.byte_range[1] + 9}"},
        ) as answer:
            assert answer.status == 206
            assert await answer.read() == data[first.byte_range[1] : first.byte_range[1] + 10]


@pytest.mark.slow
async def test_a_real_encoder_is_recorded_as_viewers_see_it(database: Database, tmp_path: Path) -> None:
    async with running(database, tmp_path) as (app, url), ClientSession() as http:
        encoder = await asyncio.create_subprocess_exec(
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-re"),
            *("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=frequency=440"),
            *("-t", "6", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-c:a", "aac"),
            *("-f", "flv", f"rtmp://127.0.0.1:{rtmp_port(app)}/live/good"),
        )
        known: list[rules.Playlist] = []
        query = ""
        while encoder.returncode is None:
            async with http.get(f"{url}/hls/sesja1/live.m3u8{query}") as answer:
                if answer.status == 200:
                    found = rules.check_media(await answer.text())
                    if known:
                        rules.check_update(known[-1], found)
                    known.append(found)
                    msn, part = found.last_part
                    query = f"?_HLS_msn={msn}&_HLS_part={part}"
                else:
                    await asyncio.sleep(0.2)
        assert encoder.returncode == 0
        assert len(known) > 4
        view = app[HEALTH].look("sesja1")
        assert view.on_air
        app[STREAMS].take_off_air("sesja1")
        async with asyncio.timeout(10):
            while (summary := await app[RECORDINGS].summary("sesja1")) is None or summary.duration_s < 5.9:
                app[RECORDINGS].library.forget("sesja1")
                await asyncio.sleep(0.1)
        assert summary.gaps == []
        reading.decode(await fetch(http, f"{url}/recordings/sesja1/0.mp4"), tmp_path)
        async with http.get(f"{url}/metrics") as answer:
            assert "gryf_media_streams 0.0" in await answer.text()
        async with http.get(f"{url}/readyz") as answer:
            assert answer.status == 200, await answer.text()


async def test_a_rehearsal_has_its_own_address_and_is_not_recorded(database: Database, tmp_path: Path) -> None:
    async def rehearse(_app: web.Application, _key: str, _address: str) -> PublishGrant:
        return PublishGrant(stream_id="sesja1", on_air=False, label="test")

    tracks, packets = feed.both(4)
    async with running(database, tmp_path, rehearse) as (app, url), ClientSession() as http:
        await push(app, packets, tracks)
        preview = app[STREAMS].preview_id("sesja1")
        rules.check_media((await fetch(http, f"{url}/hls/{preview}/live.m3u8")).decode())
        await fetch(http, f"{url}/hls/sesja1/live.m3u8", 404)
        app[STREAMS].put_on_air("sesja1")
        await push(app, packets, tracks)
        ended = (await fetch(http, f"{url}/hls/{preview}/live.m3u8")).decode()
        assert ended.endswith("#EXT-X-ENDLIST\n")
        rules.check_media((await fetch(http, f"{url}/hls/sesja1/live.m3u8")).decode())
    assert [path.name for path in (tmp_path / "recordings").iterdir()] == ["sesja1"]


async def test_head_options_and_packed_answers(database: Database, tmp_path: Path) -> None:
    tracks, packets = feed.both(8)
    async with running(database, tmp_path) as (app, url), ClientSession(auto_decompress=False) as http:
        await push(app, packets, tracks)
        async with http.head(f"{url}/hls/sesja1/1.m4s") as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
            assert answer.headers["Content-Type"] == "video/iso.segment"
            assert int(answer.headers["Content-Length"]) > 10_000
        whole = await fetch(http, f"{url}/hls/sesja1/4.m4s")
        parts = [await fetch(http, f"{url}/hls/sesja1/4.{n}.m4s") for n in range(4)]
        assert b"".join(parts) == whole
        await fetch(http, f"{url}/hls/sesja1/4.4.m4s", 404)
        async with http.options(f"{url}/hls/sesja1/live.m3u8") as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
        async with http.get(f"{url}/hls/sesja1/live.m3u8", headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Cache-Control"] == "no-cache"
            rules.check_media(gzip.decompress(await answer.read()).decode())


async def test_who_may_not_watch_learns_nothing(database: Database, tmp_path: Path) -> None:
    async def nobody(_request: web.Request, _stream_id: str) -> bool:
        return False

    tracks, packets = feed.both(4)
    async with running(database, tmp_path, may_watch=nobody) as (app, url), ClientSession() as http:
        await push(app, packets, tracks)
        for path in ("hls/sesja1/index.m3u8", "hls/sesja1/live.m3u8", "hls/sesja1/1.m4s", "recordings/sesja1/0.mp4"):
            await fetch(http, f"{url}/{path}", 404)
