"""The stream goes on: through a killed server without an encoder, and from one encoder to the other."""

import signal

import pytest

from tests.flows.processes import ffmpeg_feed, product
from tests.flows.test_session import (
    browser,
    listed,
    live_session,
    recording_of,
    seconds_in,
    sign_in,
    text_of,
    until,
    with_camera,
)

pytestmark = pytest.mark.slow


def maps(playlist: str) -> int:
    """How many takes are listed."""
    return playlist.count("#EXT-X-MAP")


async def test_a_killed_server_goes_on_with_the_slate_and_then_with_the_encoder(tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, browser(running.ready) as clerk:
        ready = running.ready
        await sign_in(clerk, ready["logins"]["clerk"])
        session = await live_session(clerk)
        stream_id = session["stream_id"]
        live = f"/hls/{stream_id}/live.m3u8"
        async with ffmpeg_feed(f"{ready['rtmp']}/{ready['stream_key']}"):
            fed = await with_camera(clerk, session, 2)
        await until(lambda: enough(clerk, live, len(listed(fed)) + 3))
        before = await text_of(clerk, live)
        assert maps(before) >= 2
        assert "#EXT-X-DISCONTINUITY\n" in before
        await running.kill()

    async with product(tmp_path / "data", "--no-feed") as again, browser(again.ready) as clerk:
        ready = again.ready
        await sign_in(clerk, ready["logins"]["clerk"])
        first = await until(lambda: enough(clerk, live, 2))
        assert min(new(first, before)) > max(listed(before)), "no number is given out twice"
        assert "#EXT-X-ENDLIST" not in first
        async with ffmpeg_feed(f"{ready['rtmp']}/{ready['stream_key']}"):
            await with_camera(clerk, session, 1)
        async with clerk.post(f"/api/council/sessions/{session['id']}/end", json={}) as answer:
            assert answer.status == 200
        takes = await recording_of(clerk, stream_id)
    assert len(takes) == 2, "the encoder's two takes, and no slate"
    assert all(seconds_in(take) > 0.5 for take in takes)


async def enough(client, live: str, count: int) -> str:
    text = await text_of(client, live)
    return text if len(listed(text)) >= count else ""


def new(later: str, earlier: str) -> set[int]:
    return set(listed(later)) - set(listed(earlier))


async def test_the_backup_takes_over_and_the_primary_returns(tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running, browser(running.ready) as clerk:
        ready = running.ready
        await sign_in(clerk, ready["logins"]["clerk"])
        session = await live_session(clerk)
        base = f"/api/council/sessions/{session['id']}"
        async with clerk.post(f"{base}/keys", json={"label": "Zapas", "slot": "backup"}) as answer:
            key = await answer.json()
            assert (answer.status, key["slot"]) == (201, "backup")

        async def fed(by: str) -> bool:
            async with clerk.get(f"{base}/encoders") as answer:
                return (await answer.json())["feeding"] == by

        assert await fed("nothing") or await fed("slate")
        async with (
            ffmpeg_feed(f"{ready['rtmp']}/{ready['stream_key']}") as primary,
            ffmpeg_feed(f"{ready['rtmp']}/{key['key']}"),
        ):
            await until(lambda: fed("primary"))
            await until(lambda: both(clerk, base))
            primary.send_signal(signal.SIGSTOP)  # its connection stays open, as with a pulled cable
            await until(lambda: fed("backup"))
            primary.send_signal(signal.SIGCONT)
            await until(lambda: fed("primary"), 40)
            async with clerk.put(f"{base}/encoders", json={"slot": "backup"}) as answer:
                assert answer.status == 204
            await until(lambda: fed("backup"))
            async with clerk.put(f"{base}/encoders", json={"slot": None}) as answer:
                assert answer.status == 204
            await until(lambda: fed("primary"), 40)
        async with clerk.post(f"{base}/end", json={}) as answer:
            assert answer.status == 200
        takes = await recording_of(clerk, session["stream_id"])
    assert len(takes) >= 5
    assert all(seconds_in(take) > 0 for take in takes)


async def both(clerk, base: str) -> bool:
    async with clerk.get(f"{base}/encoders") as answer:
        return len((await answer.json())["connected"]) == 2
