"""The ladder inside the application: what a player asks for over HTTP while a publisher sends, and what is left after."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from app.config import City, Server
from app.database import Database
from app.errors import ConfigurationError
from app.identity.settings import IdentitySettings
from app.wire import build_app
from media.continuity.settings import ContinuitySettings
from media.feature import feature
from media.ladder.feature import feature as ladder
from media.ladder.overseer import LADDERS
from media.ladder.settings import LadderSettings
from media.rtmp.settings import RtmpSettings
from media.settings import MediaSettings
from media.streams import STREAMS, PublishGrant
from tests.media.hls import feed, reading, rules
from tests.media.ladder.playing import is_running, until


class Encoder:
    """A publisher without a socket."""

    def close(self, reason: str) -> None:
        self.reason = reason


async def authorise(_app: web.Application, _key: str, _address: str) -> PublishGrant:
    return PublishGrant(stream_id="sesja1", on_air=True, label="test")


@asynccontextmanager
async def running(
    database: Database, data: Path, settings: LadderSettings
) -> AsyncIterator[tuple[web.Application, str]]:
    media = MediaSettings(rtmp_host="127.0.0.1", rtmp_port=0, min_free_mib=0)
    sections = [City(), Server(data=str(data)), IdentitySettings(), RtmpSettings(), ContinuitySettings(slate=False)]
    app = build_app((feature(authorise), ladder()), [*sections, media, settings], database)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield app, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_player_finds_and_plays_the_smaller_versions(database: Database, tmp_path: Path) -> None:
    tracks, packets = feed.both(8, width=640, height=360)
    async with running(database, tmp_path, LadderSettings()) as (app, url), ClientSession() as http:

        async def fetch(path: str) -> bytes:
            async with http.get(f"{url}/hls/sesja1/{path}") as answer:
                assert answer.status == 200, path
                return await answer.read()

        stream = await app[STREAMS].claim("good", "127.0.0.1", Encoder())
        stream.set_tracks(tracks)
        follows = app[LADDERS].ladders["sesja1"]
        await until(lambda: follows.ready)
        assert follows.worker is not None
        pid = follows.worker.pid
        for packet in packets:
            stream.push(packet)
            await asyncio.sleep(0)
            await until(lambda: follows.lag_s < 0.5)
        await until(lambda: "240p" in follows.source.renditions)

        master = (await fetch("index.m3u8")).decode()
        assert "\n240p/live.m3u8\n" in master
        assert "\naudio/live.m3u8\n" in master
        assert "RESOLUTION=426x240" in master
        assert "480p" not in master
        for name in ("240p", "audio"):
            text = (await fetch(f"{name}/live.m3u8")).decode()
            rules.check_media(text)
            msns = [segment.msn for segment in rules.parse_media(text).segments]
            assert msns == [1, 2, 3]
            data = await fetch(f"{name}/init-0.mp4")
            data += b"".join([await fetch(f"{name}/{msn}.m4s") for msn in msns])
            reading.decode(data, tmp_path)
        async with http.get(f"{url}/metrics") as answer:
            text = await answer.text()
            assert "gryf_ladder_workers 1.0" in text
            assert "gryf_ladder_dropped_total 0.0" in text
        assert [path.name for path in (tmp_path / "recordings").iterdir()] == ["sesja1"]
    assert not is_running(pid)


async def test_a_wrong_name_in_the_settings_ends_the_start(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="8k"):
        async with running(database, tmp_path, LadderSettings(renditions="8k")):
            pass
