"""A stream in several sizes: each playlist says how far the others are."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from app.feature import ANYONE
from media.feature import media_routes
from media.hls.marks import Mark
from media.hls.muxer import Timing
from media.hls.web import MAY_WATCH, PACKAGERS, Packagers, anyone_may_watch
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.packet import Kind, Tracks
from tests.media.hls import feed, rules

BEGAN = 1_700_000_000.0


def packager(name: str, *, sound_alone: bool = False, seconds: float = 5.3) -> Packager:
    clock = [BEGAN]
    made = Packager(name, Timing(), Bounds(), Start(), clock=lambda: clock[0])
    tracks, packets = feed.both(8)
    made.on_tracks(Tracks(audio=tracks.audio) if sound_alone else tracks)
    for packet in packets:
        if packet.dts < seconds * 90_000 and not (sound_alone and packet.kind is Kind.VIDEO):
            clock[0] = BEGAN + packet.dts / 90_000
            made.on_packet(packet)
    return made


@pytest.fixture
def source() -> Packager:
    made = packager("s")
    made.renditions["480p"] = packager("s/480p", seconds=4.7)
    made.renditions["audio"] = packager("s/audio", sound_alone=True)
    made.renditions["720p"] = Packager("s/720p", Timing(), Bounds(), Start())
    return made


@pytest.fixture
async def client(source: Packager) -> AsyncIterator[TestClient]:
    app = web.Application()
    app[PACKAGERS] = Packagers(s=source)
    app[MAY_WATCH] = anyone_may_watch
    for route in media_routes():
        app.router.add_route(route.method, route.path, route.handler)
    async with TestClient(TestServer(app)) as found:
        yield found


async def text(client: TestClient, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, (path, answer.status)
        return await answer.text()


async def test_the_multivariant_playlist_lists_what_can_be_played(client: TestClient):
    found = await text(client, "/hls/s/index.m3u8")
    rules.check_multivariant(found)
    lines = found.splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "live.m3u8",
        "480p/live.m3u8",
        "audio/live.m3u8",
    ], "720p has no segment yet"
    sound = lines[lines.index("audio/live.m3u8") - 1]
    assert 'CODECS="mp4a.40.2",STABLE-VARIANT-ID="audio"' in sound
    assert "RESOLUTION" not in sound


async def test_each_playlist_reports_the_others(client: TestClient):
    whole = rules.check_media(await text(client, "/hls/s/live.m3u8"), {"480p/live.m3u8", "audio/live.m3u8"})
    assert whole.reports[0] == {"URI": "480p/live.m3u8", "LAST-MSN": "3", "LAST-PART": "0"}
    small = rules.check_media(await text(client, "/hls/s/480p/live.m3u8"), {"../live.m3u8", "../audio/live.m3u8"})
    assert small.reports[0] == {"URI": "../live.m3u8", "LAST-MSN": "3", "LAST-PART": "1"}
    sound = rules.check_media(await text(client, "/hls/s/audio/live.m3u8"), {"../live.m3u8", "../480p/live.m3u8"})
    assert [part.independent for part in sound.parts] == [True] * len(sound.parts)


async def test_a_report_moves_when_its_rendition_does(client: TestClient, source: Packager):
    before = await text(client, "/hls/s/live.m3u8")
    rendition = source.renditions["480p"]
    for packet in feed.both(8)[1]:
        if 4.7 * 90_000 <= packet.dts < 5.3 * 90_000:
            rendition.on_packet(packet)
    after = await text(client, "/hls/s/live.m3u8")
    assert before.replace("LAST-MSN=3,LAST-PART=0", "LAST-MSN=3,LAST-PART=1", 1) == after
    assert after != before


async def test_bytes_of_a_rendition_are_its_own(client: TestClient, source: Packager):
    for name in ("480p", "audio"):
        rendition = source.renditions[name]
        for path, expected in (
            ("init-0.mp4", rendition.window.init(0)),
            ("1.m4s", rendition.window.segment(1)),
            ("2.1.m4s", rendition.window.part(2, 1)),
        ):
            async with client.get(f"/hls/s/{name}/{path}") as answer:
                assert answer.status == 200
                assert expected is not None
                assert await answer.read() == bytes(expected)


async def test_what_is_no_rendition_is_not_there(client: TestClient):
    for path in ("240p/live.m3u8", "240p/1.m4s", "240p/init-0.mp4", "240p/1.0.m4s", "480p/99.m4s", "480p/init-9.mp4"):
        await text(client, f"/hls/s/{path}", 404)
    await text(client, "/hls/s/480p/live.m3u8?_HLS_msn=900", 400)


async def test_a_rendition_that_ended_before_its_source_is_not_offered(client: TestClient, source: Packager):
    source.renditions["480p"].on_end()
    assert "480p" not in await text(client, "/hls/s/index.m3u8")
    rules.check_media(await text(client, "/hls/s/live.m3u8"), {"audio/live.m3u8"})
    source.on_end()
    source.renditions["audio"].on_end()
    assert "audio/live.m3u8" in await text(client, "/hls/s/index.m3u8")


async def test_marks_of_the_source_stand_in_every_rendition(client: TestClient, source: Packager):
    source.marks.add(Mark("1", BEGAN, None, "Budget"))
    for path in ("live.m3u8", "480p/live.m3u8", "audio/live.m3u8"):
        found = rules.check_media(await text(client, f"/hls/s/{path}"))
        assert [mark["X-TITLE"] for mark in found.marks] == ["Budget"]


def test_every_rendition_route_says_who_may_use_it():
    routes = [route for route in media_routes() if "{rendition:" in route.path]
    assert len(routes) == 5
    assert all(route.allow == ANYONE for route in routes)
