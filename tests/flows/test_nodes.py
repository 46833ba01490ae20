"""Media node and web node: what begins on one is seen on the other, and one outlives the other."""

import asyncio
import subprocess
import sys

import aiohttp
import pytest

from tests.flows.nodes import two_nodes
from tests.flows.processes import ROOT, ffmpeg_feed
from tests.flows.test_session import browser, event, joined, recording_of, seconds_in, sign_in, text_of, until

pytestmark = pytest.mark.slow


async def planned(client: aiohttp.ClientSession) -> dict:
    async with client.get("/api/council/sessions") as answer:
        return (await answer.json())["coming"][0]


async def send(client: aiohttp.ClientSession, path: str, **body: object) -> dict:
    async with client.post(path, json=body) as answer:
        assert answer.status in {200, 201}, await answer.text()
        return await answer.json()


async def test_a_session_over_two_processes(tmp_path, filled_url):
    async with two_nodes(tmp_path, filled_url) as nodes, browser(nodes.web.ready) as clerk:
        media, web = nodes.media.ready, nodes.web.ready
        await sign_in(clerk, nodes.logins["clerk"])
        session = await planned(clerk)
        base = f"/api/council/sessions/{session['id']}"
        key = await send(clerk, f"{base}/keys", label="Koder na sali")
        room = f"media/stream/{session['stream_id']}"
        async with ffmpeg_feed(f"{media['rtmp']}/{key['key']}"):
            # the rehearsal: picture and health through the web node
            async def previewed() -> str:
                async with clerk.get(f"{base}/preview") as answer:
                    return (await answer.json())["hls"] or ""

            preview = await until(previewed)
            assert "CODECS" in await until(lambda: text_of(clerk, preview))
            watching = await joined(clerk, web["http"], session["id"])
            await watching.send_json({"op": "join", "room": room, "ref": 9})
            health, _at = await event(watching, "StreamHealthChanged", 15)
            assert not health["health"]["on_air"]
            async with clerk.get(f"/council/desk/{session['id']}") as answer:
                assert answer.status == 200

            # on air: said on the web node, done on the media node, told on the web node
            await send(clerk, f"{base}/start")
            changed, _at = await event(watching, "SessionChanged")
            assert changed["session"]["state"] == "live"
            for ready in (media, web):
                async with browser(ready) as viewer:
                    await until(lambda viewer=viewer: text_of(viewer, f"/hls/{session['stream_id']}/live.m3u8"))
            items = (await (await clerk.get(base)).json())["items"]
            await send(clerk, f"{base}/current", item_id=items[0]["id"])
            await event(watching, "AgendaItemChanged")
            await asyncio.sleep(5)

            # the web node dies: encoder, viewers and recording do not notice
            await nodes.web.kill()
            async with browser(media) as viewer:
                first = await text_of(viewer, f"/hls/{session['stream_id']}/live.m3u8")
                await until(lambda: _other_than(viewer, f"/hls/{session['stream_id']}/live.m3u8", first))
            nodes.web = await nodes.new_web()
        async with browser(nodes.web.ready) as clerk_again:
            await sign_in(clerk_again, nodes.logins["clerk"])
            await send(clerk_again, f"{base}/end")
            takes = await recording_of(clerk_again, session["stream_id"])
            assert seconds_in(takes[0]) >= 5
            chapters = await (await clerk_again.get(f"{base}/chapters")).json()
            assert [one["item_id"] for one in chapters["chapters"]] == [items[0]["id"]]


async def _other_than(client: aiohttp.ClientSession, path: str, first: str) -> bool:
    return await text_of(client, path) not in {"", first}


async def test_the_media_node_is_away(tmp_path, filled_url):
    async with two_nodes(tmp_path, filled_url) as nodes, browser(nodes.web.ready) as clerk:
        await sign_in(clerk, nodes.logins["clerk"])
        session = await planned(clerk)
        await nodes.media.kill()
        async with clerk.post(f"/api/council/sessions/{session['id']}/start") as answer:
            assert answer.status == 503
        async with clerk.get(f"/hls/{session['stream_id']}/index.m3u8") as answer:
            assert answer.status == 503
        # what needs no stream goes on
        async with clerk.get("/council/sessions") as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--role", "web"], "set database_url"),
        (["--role", "media"], "set database_url"),
        (["--role", "other"], "other"),
    ],
)
def test_what_a_role_needs_is_said(tmp_path, options, words):
    command = [sys.executable, "run.py", "serve", "--data", str(tmp_path), "--port", "0", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
