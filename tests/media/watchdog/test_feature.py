"""The watchdog in the application: it watches what is on air without anybody looking."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from aiohttp import ClientSession, web

from app.config import City, Server
from app.database import Database
from app.identity.settings import IdentitySettings
from app.wire import build_app
from media.feature import HEALTH, rtmp_port
from media.features import features
from media.health import StreamHealthChanged
from media.settings import MediaSettings
from media.streams import STREAMS, PublishGrant
from media.watchdog.finding import Code, FindingChange
from media.watchdog.settings import WatchdogSettings
from tests.media.test_stream import Encoder, live


async def authorise(_app: web.Application, key: str, _address: str) -> PublishGrant | None:
    return PublishGrant(stream_id="sesja1", on_air=True, label="test") if key == "hall" else None


class Board:
    """What was told: the listener's changes and the rooms' events."""

    def __init__(self) -> None:
        self.changes: list[FindingChange] = []
        self.told: list[Any] = []

    def announce(self, publications: list[Any]) -> None:
        self.told += publications


@asynccontextmanager
async def running(
    database: Database, data: Path, settings: WatchdogSettings, board: Board
) -> AsyncIterator[tuple[web.Application, str]]:
    database.backplane.announce = board.announce  # type: ignore[method-assign]  # the test listens in
    mounted = features(authorise, finding_listener=board.changes.append)
    own = {MediaSettings: MediaSettings(rtmp_host="127.0.0.1", rtmp_port=0, min_free_mib=0), WatchdogSettings: settings}
    sections = [own.get(one.settings) or one.settings() for one in mounted if one.settings is not None]
    given = [City(languages=("pl",)), Server(data=str(data)), IdentitySettings()]
    app = build_app(mounted, [*given, *sections], database)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield app, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_stream_on_air_without_encoder_is_told_though_nobody_looks(database: Database, tmp_path: Path) -> None:
    board = Board()
    async with running(database, tmp_path, WatchdogSettings(), board) as (app, url), ClientSession() as http:
        app[STREAMS].put_on_air("sesja1")
        async with asyncio.timeout(30):
            while not board.changes:
                await asyncio.sleep(0.1)
        assert [(change.stream_id, change.raised) for change in board.changes] == [("sesja1", True)]
        assert [publication.room for publication in board.told] == ["media/stream/sesja1"], "only the change is told"
        event = board.told[0].event
        assert isinstance(event, StreamHealthChanged)
        assert [finding.what for finding in event.health.findings] == ["Żaden koder nie nadaje"]
        assert app[HEALTH].view("sesja1").findings == event.health.findings
        async with http.get(f"{url}/metrics") as answer:
            text = await answer.text()
        assert 'gryf_media_finding{code="encoder_missing",stream="sesja1"} 1.0' in text
        app[STREAMS].take_off_air("sesja1")
        async with asyncio.timeout(30):
            while len(board.changes) < 2:
                await asyncio.sleep(0.1)
        assert not board.changes[1].raised
        assert app[HEALTH].view("sesja1").findings == ()


@pytest.mark.slow
async def test_a_real_encoder_with_its_lens_cap_on_and_its_microphone_off(database: Database, tmp_path: Path) -> None:
    board = Board()
    async with running(database, tmp_path, WatchdogSettings(), board) as (app, _url):
        encoder = await asyncio.create_subprocess_exec(
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-re"),
            *("-f", "lavfi", "-i", "color=black:size=320x180:rate=25", "-f", "lavfi", "-i", "anullsrc=r=48000"),
            *("-t", "60", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-c:a", "aac"),
            *("-f", "flv", f"rtmp://127.0.0.1:{rtmp_port(app)}/live/hall"),
        )
        try:
            async with asyncio.timeout(50):
                while not {change.finding.code for change in board.changes} >= {Code.BLACK, Code.SILENCE}:
                    await asyncio.sleep(0.1)
        finally:
            encoder.kill()
            await encoder.wait()
        what = {finding.what for finding in app[HEALTH].view("sesja1").findings}
        assert what >= {"Obraz jest czarny", "Nic nie słychać"}


@pytest.mark.parametrize(("picture", "sound"), [(True, True), (False, False)])
async def test_checks_of_picture_and_sound_can_be_switched_off(
    database: Database, tmp_path: Path, picture: bool, sound: bool
) -> None:
    settings = WatchdogSettings(picture=picture, sound=sound)
    async with running(database, tmp_path, settings, Board()) as (app, _url):
        stream = app[STREAMS].put_on_air("sesja1")
        live(stream)
        health = app[HEALTH]
        health.tick()
        watched = health._watched["sesja1"]
        assert watched.watch is not None
        assert (watched.watch._look is not None) is picture
        assert (watched.tap is not None) is sound
        if watched.tap is not None:
            assert watched.tap.sparing
        health.look("sesja1")
        assert watched.tap is not None, "who opens the page sees the level"
        assert not watched.tap.sparing


async def test_a_rehearsal_is_watched_once_somebody_looks(database: Database, tmp_path: Path) -> None:
    async with running(database, tmp_path, WatchdogSettings(), Board()) as (app, _url):
        entry = app[STREAMS]._entry("proba", "rehearsal")
        entry.stream.begin(Encoder())
        health = app[HEALTH]
        health.tick()
        assert "proba" not in health._watched
        health.look("proba")
        assert health._watched["proba"].watch is not None
