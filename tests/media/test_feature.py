"""The whole core behind one application: encoder in, playlists and recording out, restart in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from app.config import City, Server
from app.database import Database
from app.identity.settings import IdentitySettings
from app.wire import build_app
from media.feature import feature, rtmp_port
from media.packet import Packet
from media.record.recordings import RECORDINGS
from media.settings import MediaSettings
from media.streams import STREAMS, PublishGrant
from tests.media.hls import feed, rules


class Encoder:
    """A publisher without a socket."""

    def close(self, reason: str) -> None:
        self.reason = reason


async def authorise(_app: web.Application, key: str, _address: str) -> PublishGrant | None:
    return PublishGrant(stream_id="sesja1", on_air=True, label="test") if key == "good" else None


@asynccontextmanager
async def running(database: Database, data: Path) -> AsyncIterator[tuple[web.Application, str]]:
    settings = MediaSettings(rtmp_host="127.0.0.1", rtmp_port=0, min_free_mib=0)
    app = build_app((feature(authorise),), [City(), Server(data=str(data)), IdentitySettings(), settings], database)
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
