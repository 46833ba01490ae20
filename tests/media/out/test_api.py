"""Targets in the whole product: the API, the room, the audit log, a stream that goes on air, a restart."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from app.database import DATABASE
from media.out import store
from media.out.api import unseal
from media.out.model import TargetState
from media.out.relays import KEY_LOST, RELAYS
from media.streams import STREAMS
from tests.conftest import Demo, Site, running_site
from tests.media.hls import feed
from tests.media.out.targets import FakeTarget
from tests.media.test_stream import Encoder

KEY = "fb-1234-s3cret"
STREAM = "sesja-na-zywo"
PATH = f"/api/media/streams/{STREAM}/targets"


@pytest.fixture
async def site(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setenv("GRYF_OUT_ALLOW_PRIVATE", "true")
    monkeypatch.setenv("GRYF_OUT_TARGETS", "2")
    async with demo.copy(tmp_path) as url, running_site(url, tmp_path) as found:
        yield found


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def begin(site: Site) -> asyncio.Task[None]:
    """Puts the stream on air and feeds it."""
    stream = site.app[STREAMS].put_on_air(STREAM)
    stream.begin(Encoder())
    tracks, packets = feed.both(4)

    async def push() -> None:
        stream.set_tracks(tracks)
        for packet in feed.looped(packets, 4 * 90_000):
            stream.push(packet)
            await asyncio.sleep(0.002)

    return asyncio.create_task(push())


def new(target: FakeTarget, **changes: object) -> dict[str, object]:
    return {"url": f"rtmp://127.0.0.1:{target.port}/app", "key": KEY, "name": "Tube", **changes}


async def rows(site: Site, sql: str, *values: object) -> list[Any]:
    async with site.app[DATABASE].transaction(readonly=True) as tx:
        return await tx.records(sql, *values)


async def test_a_targets_whole_life(site: Site) -> None:
    async with FakeTarget().serving() as target, site.client("clerk") as clerk:
        async with clerk.post(PATH, json=new(target)) as answer:
            assert answer.status == 201
            text = await answer.text()
            made = await answer.json()
        assert KEY not in text
        assert (made["name"], made["state"], made["enabled"], made["reason"]) == ("Tube", "waiting", True, "")
        feeding = begin(site)
        await until(lambda: target.packets)
        assert target.keys == [KEY]
        async with clerk.get(PATH) as answer:
            listed = (await answer.json())["targets"]
        assert [(one["id"], one["state"]) for one in listed] == [(made["id"], "live")]
        async with clerk.post(f"{PATH}/{made['id']}/stop") as answer:
            assert (await answer.json())["state"] == "stopped"
        await until(lambda: target.ended == 1)
        async with clerk.post(f"{PATH}/{made['id']}/start") as answer:
            assert (await answer.json())["rev"] == 3
        await until(lambda: len(target.keys) == 2)
        async with clerk.delete(f"{PATH}/{made['id']}") as answer:
            assert answer.status == 204
        await until(lambda: target.ended == 2)
        async with clerk.get(PATH) as answer:
            assert await answer.json() == {"targets": []}
        feeding.cancel()
    found = await rows(
        site, "SELECT action, subject, details FROM audit_entry WHERE action LIKE 'target.%' ORDER BY id"
    )
    assert [row["action"] for row in found] == ["target.add", "target.stop", "target.start", "target.remove"]
    assert {row["subject"] for row in found} == {f"stream/{STREAM}"}
    assert KEY not in repr(found)


async def test_the_room_hears_what_the_list_says(site: Site) -> None:
    async with FakeTarget().serving() as target, site.client("clerk") as clerk:
        socket = await clerk.ws_connect("/live", origin=site.http)
        await socket.send_json({"op": "join", "room": f"media/stream/{STREAM}", "ref": 1})
        known: dict[int, dict[str, Any]] = {}

        async def hear() -> None:
            async for message in socket:
                for frame in _events(message.json()):
                    if frame.get("type") == "TargetChanged":
                        known[frame["target"]["id"]] = frame["target"]
                    elif frame.get("type") == "TargetRemoved":
                        known.pop(frame["target_id"], None)

        hearing = asyncio.create_task(hear())
        await asyncio.sleep(0.3)
        for name in ("one", "two"):
            async with clerk.post(PATH, json=new(target, name=name)) as answer:
                assert answer.status == 201
                last = (await answer.json())["id"]
        feeding = begin(site)
        await until(lambda: [one["state"] for one in known.values()] == ["live", "live"])
        async with clerk.delete(f"{PATH}/{last}") as answer:
            assert answer.status == 204
        await until(lambda: len(known) == 1)
        async with clerk.get(PATH) as answer:
            assert (await answer.json())["targets"] == list(known.values())
        site.app[STREAMS].take_off_air(STREAM)
        await until(lambda: [one["state"] for one in known.values()] == ["waiting"])
        feeding.cancel()
        hearing.cancel()
        await socket.close()


def _events(frame: Any) -> list[dict[str, Any]]:
    """Events anywhere in a frame, batched or not."""
    if isinstance(frame, list):
        return [event for one in frame for event in _events(one)]
    if not isinstance(frame, dict):
        return []
    own = [frame] if frame.get("type") in ("TargetChanged", "TargetRemoved") else []
    return own + [event for value in frame.values() if isinstance(value, dict | list) for event in _events(value)]


async def test_what_is_not_accepted_names_its_field(site: Site) -> None:
    wrong = (
        ({"url": "http://example.org/app"}, "url"),
        ({"url": "rtmp://127.0.0.1"}, "url"),
        ({"url": "rtmp://no-such-name.invalid/app"}, "url"),
        ({"url": "rtmp://me:pass@127.0.0.1/app"}, "url"),
        ({"key": "  "}, "key"),
        ({"key": "two words"}, "key"),
    )
    async with site.client("clerk") as clerk, FakeTarget().serving() as target:
        for changes, field in wrong:
            async with clerk.post(PATH, json=new(target, **changes)) as answer:
                assert answer.status == 422, changes
                assert list((await answer.json())["fields"]) == [field]


async def test_the_number_of_targets_is_limited_and_others_do_not_exist(site: Site) -> None:
    async with site.client("clerk") as clerk, FakeTarget().serving() as target:
        for status in (201, 201, 409):
            async with clerk.post(PATH, json=new(target)) as answer:
                assert answer.status == status
        async with clerk.get(PATH) as answer:
            number = (await answer.json())["targets"][0]["id"]
        elsewhere = PATH.replace(STREAM, "another")
        async with clerk.delete(f"{elsewhere}/{number}") as answer:
            assert answer.status == 404
        async with clerk.post(f"{PATH}/999/start") as answer:
            assert answer.status == 404
        for role, status in (("", 401), ("resident", 403), ("moderator", 403)):
            async with site.client(role) as other, other.get(PATH) as answer:
                assert answer.status == status
            async with site.client(role) as other, other.post(f"{PATH}/{number}/stop") as answer:
                assert answer.status == status


async def test_private_addresses_are_refused_unless_allowed(filled_url: str, tmp_path: Path) -> None:
    async with running_site(filled_url, tmp_path / "data") as site, site.client("clerk") as clerk:
        for host in ("127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254"):
            async with clerk.post(PATH, json={"url": f"rtmp://{host}/app", "key": KEY}) as answer:
                assert answer.status == 422, host
                assert list((await answer.json())["fields"]) == ["url"]


async def test_a_restart_goes_on_and_the_key_is_sealed(
    filled_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRYF_OUT_ALLOW_PRIVATE", "true")
    async with FakeTarget().serving() as target:
        async with running_site(filled_url, tmp_path / "data") as site, site.client("clerk") as clerk:
            async with clerk.post(PATH, json=new(target)) as answer:
                assert answer.status == 201
            feeding = begin(site)
            await until(lambda: target.packets)
            (row,) = await rows(site, "SELECT key_sealed FROM media_target")
            assert KEY.encode() not in row["key_sealed"]
            async with site.app[DATABASE].transaction(readonly=True) as tx:
                (kept,) = await store.targets(tx, STREAM)
            assert unseal(site.app, kept) == KEY
            moved = type(kept)(**{name: getattr(kept, name) for name in kept.__struct_fields__} | {"stream_id": "x"})
            assert unseal(site.app, moved) is None, "it opens for its own stream alone"
            feeding.cancel()
        await until(lambda: target.ended == 1)
        async with running_site(filled_url, tmp_path / "data", demo=False) as site:
            feeding = begin(site)
            await until(lambda: len(target.keys) == 2)
            assert target.keys[1] == KEY
            feeding.cancel()
        (tmp_path / "data" / "secret").unlink()
        async with running_site(filled_url, tmp_path / "data", demo=False) as site:
            feeding = begin(site)
            relays = site.app[RELAYS]
            await until(lambda: relays.view(kept).state is TargetState.RETRYING)
            assert relays.view(kept).reason == site.app[RELAYS]._translate(KEY_LOST) != KEY_LOST
            feeding.cancel()


async def test_the_key_is_in_no_log(site: Site) -> None:
    out, records = io.StringIO(), []
    handler = logging.StreamHandler(out)
    logging.getLogger().addHandler(handler)
    structlog.configure(processors=[lambda _logger, _name, event: records.append(event) or "dropped"])
    try:
        fake = FakeTarget()
        fake.refuses = f"{KEY} is unknown"
        async with fake.serving() as target, site.client("clerk") as clerk:
            async with clerk.post(PATH, json=new(target)) as answer:
                assert answer.status == 201
            feeding = begin(site)
            await until(lambda: any("simulcast" in str(record.get("event")) for record in records))
            feeding.cancel()
    finally:
        structlog.reset_defaults()
        logging.getLogger().removeHandler(handler)
    assert KEY not in out.getvalue() + repr(records)
