"""A whole council session: encoder, live page, chat, agenda, end, archive; and what a bad day does to it."""

import asyncio
import io
import re
import time

import aiohttp
import av
import pytest

from tests.flows.processes import ffmpeg_feed, product, start_product

pytestmark = pytest.mark.slow


async def until(check, seconds: float = 20.0):
    """Waits for a truthy answer and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        found = await check()
        if found:
            return found
        assert time.monotonic() < deadline, "this did not happen in time"
        await asyncio.sleep(0.2)


async def text_of(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        return await answer.text() if answer.status == 200 else ""


async def sign_in(client: aiohttp.ClientSession, login: list[str]) -> None:
    async with client.post("/api/sign-in", json={"login": login[0], "password": login[1]}) as answer:
        assert answer.status == 200, await answer.text()


def browser(ready: dict) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(ready["http"], cookie_jar=aiohttp.CookieJar(unsafe=True))


async def joined(client, http: str, session_id: int):
    """A socket in the session's rooms, past its snapshots."""
    socket = await client.ws_connect("/live", origin=http)
    for number, room in enumerate((f"council/session/{session_id}", f"council/session/{session_id}/chat")):
        await socket.send_json({"op": "join", "room": room, "ref": number})
        while (await socket.receive_json(timeout=10)).get("op") != "joined":
            pass
    return socket


async def event(socket, kind: str, within_s: float = 5.0) -> tuple[dict, float]:
    """The next event of a type, and the moment it came."""
    async with asyncio.timeout(within_s):
        while True:
            frame = await socket.receive_json()
            if frame.get("op") == "event" and frame["data"]["type"] == kind:
                return frame["data"], time.monotonic()


async def live_session(client) -> dict:
    async with client.get("/api/council/sessions") as answer:
        return (await answer.json())["live"][0]


async def fed_by(clerk, session: dict, what: str) -> None:
    """Returns once that is what viewers get: `primary`, `slate`."""

    async def is_fed() -> bool:
        async with clerk.get(f"/api/council/sessions/{session['id']}/encoders") as answer:
            return (await answer.json())["feeding"] == what

    await until(is_fed, 30)


def listed(playlist: str) -> list[int]:
    """Numbers of the segments."""
    return [int(number) for number in re.findall(r"^(\d+)\.m4s$", playlist, re.MULTILINE)]


async def with_camera(clerk, session: dict, segments: int) -> str:
    """The live playlist once the camera has filled so many segments. A slate's are listed too, long before them."""
    live = f"/hls/{session['stream_id']}/live.m3u8"
    await fed_by(clerk, session, "primary")
    before = max(listed(await text_of(clerk, live)), default=-1)

    async def enough() -> str:
        playlist = await text_of(clerk, live)
        # the first of them may be the end of the slate
        return playlist if max(listed(playlist), default=-1) > before + segments else ""

    return await until(enough, 30)


async def recording_of(client, stream_id: str) -> list[bytes]:
    """The bytes of every take, as an archive's player would fetch them."""

    async def closed() -> str:
        found = await text_of(client, f"/recordings/{stream_id}/media.m3u8")
        return found if found.rstrip().endswith("#EXT-X-ENDLIST") else ""

    playlist = await until(closed, 20)
    names = sorted({line for line in playlist.splitlines() if line and not line.startswith("#")})
    takes = []
    for name in names:
        async with client.get(f"/recordings/{stream_id}/{name}") as answer:
            assert answer.status == 200
            takes.append(await answer.read())
    assert takes
    return takes


def seconds_in(take: bytes) -> float:
    """How much of a take can be decoded."""
    with av.open(io.BytesIO(take)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    return frames / 25


async def test_a_session_from_the_encoder_to_the_archive(tmp_path):
    async with (
        product(tmp_path / "data", "--no-feed") as running,
        browser(running.ready) as clerk,
        browser(running.ready) as resident,
        ffmpeg_feed(f"{running.ready['rtmp']}/{running.ready['stream_key']}"),
    ):
        ready = running.ready
        await sign_in(clerk, ready["logins"]["clerk"])
        await sign_in(resident, ready["logins"]["resident"])
        session = await live_session(resident)
        base = f"/api/council/sessions/{session['id']}"
        watching = await joined(clerk, ready["http"], session["id"])

        playlist = await until(lambda: text_of(resident, ready["hls"].removeprefix(ready["http"])))
        assert 'CODECS="avc1.' in playlist
        await with_camera(clerk, session, 1)

        # a message of one browser reaches the other, and so does the clerk's next item
        sent = time.monotonic()
        async with resident.post(f"{base}/messages", json={"body": "Dzień dobry, słychać świetnie"}) as answer:
            assert answer.status == 201
        message, came = await event(watching, "ChatMessageSent")
        assert message["message"]["body"] == "Dzień dobry, słychać świetnie"
        assert message["message"]["author"] == "Jan Wrona"
        assert came - sent < 2.0
        items = (await (await clerk.get(base)).json())["items"]
        await asyncio.sleep(4)
        async with clerk.post(f"{base}/current", json={"item_id": items[8]["id"]}) as answer:
            assert answer.status == 200
        changed, _ = await event(watching, "AgendaItemChanged")
        assert changed["item"]["state"] == "done"
        changed, _ = await event(watching, "AgendaItemChanged")
        assert (changed["item"]["id"], changed["item"]["state"]) == (items[8]["id"], "current")
        await asyncio.sleep(3)

        async with clerk.post(f"{base}/end") as answer:
            assert answer.status == 200
        await event(watching, "SessionChanged")
        page = await text_of(resident, ready["session"].removeprefix(ready["http"]))
        assert f'data-recording="/recordings/{session["stream_id"]}/index.m3u8"' in page
        takes = await recording_of(resident, session["stream_id"])
        chapters = (await (await resident.get(f"{base}/chapters")).json())["chapters"]
        ninth = next(one for one in chapters if one["item_id"] == items[8]["id"])
        assert len(takes) == 1
        assert seconds_in(takes[0]) > ninth["position_s"] + 2 > 5
        # the key is of no use any more
        async with ffmpeg_feed(f"{ready['rtmp']}/{ready['stream_key']}", seconds=5) as late:
            assert await asyncio.wait_for(late.wait(), 15) != 0


async def test_the_encoder_drops_and_comes_back(tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, browser(running.ready) as clerk:
        ready = running.ready
        await sign_in(clerk, ready["logins"]["clerk"])
        session = await live_session(clerk)
        live = f"/hls/{session['stream_id']}/live.m3u8"
        for _ in range(2):
            async with ffmpeg_feed(f"{ready['rtmp']}/{ready['stream_key']}"):
                await with_camera(clerk, session, 2)
            await fed_by(clerk, session, "slate")
        assert "#EXT-X-DISCONTINUITY\n" in await text_of(clerk, live)
        async with clerk.post(f"/api/council/sessions/{session['id']}/end") as answer:
            assert answer.status == 200
        takes = await recording_of(clerk, session["stream_id"])
        assert len(takes) == 2
        assert all(seconds_in(take) > 3 for take in takes)
        page = await text_of(clerk, ready["session"].removeprefix(ready["http"]))
        assert "nie było obrazu" in page


async def test_kill_9_loses_at_most_the_last_part(tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, browser(running.ready) as clerk:
        ready = running.ready
        port = ready["rtmp"].split(":")[2].split("/")[0]
        await sign_in(clerk, ready["logins"]["clerk"])
        session = await live_session(clerk)
        async with ffmpeg_feed(f"{ready['rtmp']}/{ready['stream_key']}"):
            await with_camera(clerk, session, 2)
            async with clerk.post(
                f"/api/council/sessions/{session['id']}/messages", json={"body": "Tego nie wolno zgubić"}
            ) as answer:
                assert answer.status == 201
            before = await text_of(clerk, f"/hls/{session['stream_id']}/live.m3u8")
            await running.kill()
    _, _, of_camera = before.rpartition("#EXT-X-MAP")
    assert len(listed(of_camera)) >= 2

    running = await start_product(tmp_path / "data", "--no-feed", rtmp_port=int(port))
    try:
        again = running.ready
        assert again["stream_key"] == ready["stream_key"]
        assert again["session"].removeprefix(again["http"]) == ready["session"].removeprefix(ready["http"])
        async with browser(again) as clerk:
            await sign_in(clerk, again["logins"]["clerk"])
            messages = (await (await clerk.get(f"/api/council/sessions/{session['id']}/messages")).json())["messages"]
            assert messages[-1]["body"] == "Tego nie wolno zgubić"
            async with ffmpeg_feed(f"{again['rtmp']}/{again['stream_key']}"):
                after = await with_camera(clerk, session, 1)
            assert min(set(listed(after)) - set(listed(before))) > max(listed(before)), "no number is given out twice"
            async with clerk.post(f"/api/council/sessions/{session['id']}/end") as answer:
                assert answer.status == 200
            takes = await recording_of(clerk, session["stream_id"])
            assert len(takes) == 2
            listed_s = sum(float(line[8:].rstrip(",")) for line in of_camera.splitlines() if line.startswith("#EXTINF"))
            assert seconds_in(takes[0]) >= listed_s
    finally:
        assert await running.stop() < 10
