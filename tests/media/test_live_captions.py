"""Captions of a live stream over HTTP, as a player asks for them, against a real encoder's stream."""

import asyncio
import time
from pathlib import Path

from aiohttp import ClientSession

from app.database import Database
from media.hls.caption_web import LIVE_CAPTIONS
from media.hls.captions import AiredCaption
from tests.hls_playlists import parse_media
from tests.hls_rules import media_problems, multivariant_problems
from tests.media.hls import feed
from tests.media.test_feature import fetch, push, running


async def test_a_player_finds_captions_beside_the_pictures(database: Database, tmp_path: Path) -> None:
    tracks, packets = feed.both(8)
    async with running(database, tmp_path) as (app, url), ClientSession(url) as http:
        await push(app, packets, tracks)
        plain = (await fetch(http, "/hls/sesja1/index.m3u8")).decode()
        assert "EXT-X-MEDIA" not in plain
        await fetch(http, "/hls/sesja1/captions/pl/live.m3u8", 404)

        # what is captioned from now on stands in the playlist, and the rest of it stays as it was
        captions = app[LIVE_CAPTIONS].offer("sesja1", "pl", "Polski")
        text = (await fetch(http, "/hls/sesja1/index.m3u8")).decode()
        assert multivariant_problems(text) == []
        assert [
            line.replace(',SUBTITLES="captions"', "") for line in text.split("\n") if "EXT-X-MEDIA" not in line
        ] == (plain.split("\n"))
        now = time.time()
        captions.add(AiredCaption(5, now - 60, now + 60, "Otwieram sesję"))
        listed = (await fetch(http, "/hls/sesja1/captions/pl/live.m3u8")).decode()
        found = parse_media(listed)
        assert media_problems(found) == []
        assert {report["URI"] for report in found.reports} == {"../../live.m3u8"}
        pictures = parse_media((await fetch(http, "/hls/sesja1/live.m3u8")).decode())
        assert [one.msn for one in found.segments] == [one.msn for one in pictures.segments]
        for segment in found.segments:
            vtt = (await fetch(http, f"/hls/sesja1/captions/pl/{segment.uri}")).decode()
            assert vtt.startswith("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:")
            assert "Otwieram sesję" in vtt
            for part in segment.parts:
                assert "Otwieram sesję" in (await fetch(http, f"/hls/sesja1/captions/pl/{part.uri}")).decode()
        for missing in ("9999.vtt", "1.99.vtt"):
            await fetch(http, f"/hls/sesja1/captions/pl/{missing}", 404)
        await fetch(http, "/hls/sesja1/captions/uk/live.m3u8", 404)
        await fetch(http, "/hls/sesja1/captions/pl/live.m3u8?_HLS_part=1", 400)
        await fetch(http, "/hls/nothing/captions/pl/live.m3u8", 404)
        async with http.options("/hls/sesja1/captions/pl/live.m3u8") as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        async with http.get("/hls/sesja1/captions/pl/1.vtt") as answer:
            assert answer.content_type == "text/vtt"
            assert "immutable" in answer.headers["Cache-Control"]


async def test_a_reload_of_captions_is_held_like_that_of_the_pictures(database: Database, tmp_path: Path) -> None:
    tracks, packets = feed.both(8)
    async with running(database, tmp_path) as (app, url), ClientSession(url) as http:
        app[LIVE_CAPTIONS].offer("sesja1", "pl", "Polski")
        half = [packet for packet in packets if packet.dts < 5 * 90_000]
        await push(app, half, tracks)
        found = parse_media((await fetch(http, "/hls/sesja1/captions/pl/live.m3u8")).decode())
        msn, _part = found.last_part
        held = asyncio.ensure_future(fetch(http, f"/hls/sesja1/captions/pl/live.m3u8?_HLS_msn={msn}"))
        hinted = asyncio.ensure_future(fetch(http, f"/hls/sesja1/captions/pl/{found.hint}"))
        await asyncio.sleep(0.1)
        assert not held.done()
        assert not hinted.done()
        await push(app, packets, tracks)
        assert parse_media((await held).decode()).last_part[0] > msn
        assert (await hinted).startswith(b"WEBVTT")
