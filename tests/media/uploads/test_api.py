"""Uploads over HTTP, with the worker's jobs run beside the product."""

import asyncio
import contextlib
from pathlib import Path

import aiohttp
import pytest

from app import jobs
from app.database import DATABASE
from app.files import FILES
from app.wire import data_folder
from media.uploads.feature import workshop
from realtime.backplane import worker_backplane
from tests.media.uploads.films import film

SRT = b"1\n00:00:01,000 --> 00:00:02,000\nDzie\xc5\x84 dobry\n"
UPLOADS = "/api/media/uploads"


@contextlib.asynccontextmanager
async def working(site):
    """The worker's loop in this process: its events come through the outbox, as from another one."""
    import run
    from app.database import Database

    database = Database(site.app[DATABASE].pool)
    database.backplane = worker_backplane(database)
    stop = asyncio.Event()
    declared = tuple(job for feature in run.FEATURES for job in feature.jobs if job.name.startswith("uploads."))
    parts = (site.app[FILES], workshop(site.app))
    task = asyncio.create_task(jobs.run_worker(database, declared, stop, jobs.Pace(finish_s=0.1), parts))
    try:
        yield
    finally:
        stop.set()
        await task


async def until_final(client, upload_id: int) -> dict:
    async with asyncio.timeout(60):
        while True:
            async with client.get(f"{UPLOADS}/{upload_id}") as answer:
                found = await answer.json()
            if found["state"] in {"ready", "failed", "cancelled"}:
                return found
            await asyncio.sleep(0.1)


async def send(client, path: Path, **query: str) -> dict:
    async with client.post(UPLOADS, data=path.read_bytes(), params=query) as answer:
        assert answer.status == 201, await answer.text()
        return await answer.json()


async def test_from_upload_to_picture(site, tmp_path):
    source = film(tmp_path / "film.mov", "mov", "libx264", "pcm_s16le", muxer={"brand": "qt  "})
    async with working(site), site.client("clerk") as client:
        made = await send(client, source, name="Konsultacje w parku.mp4")
        assert (made["state"], made["name"], made["playlist"]) == ("waiting", "Konsultacje w parku.mp4", None)
        async with client.ws_connect("/live", origin=site.http) as socket:
            await socket.send_json({"op": "join", "room": f"media/upload/{made['id']}", "ref": 1})
            heard = []
            async with asyncio.timeout(60):
                while not heard or heard[-1]["state"] != "ready":
                    message = await socket.receive_json()
                    if message["op"] == "joined":
                        heard.append(message["snapshot"])
                    if message["op"] == "event":
                        heard.append(message["data"]["upload"])
        assert [one["rev"] for one in heard] == sorted(one["rev"] for one in heard)
        found = await until_final(client, made["id"])
        assert found == heard[-1]
        assert (found["width"], found["height"], found["has_sound"], found["percent"]) == (160, 120, True, 100)
        async with client.get(found["playlist"]) as answer:
            assert "CODECS" in await answer.text()
        async with site.app[DATABASE].transaction(readonly=True) as tx:
            state = await jobs.queue_state(tx)
        assert [one.waiting for one in state.jobs if one.name == "archive.products"] == [1]  # poster, MP4 …
        async with client.post(f"{UPLOADS}/{made['id']}/captions?language=pl&label=Polski", data=SRT) as answer:
            captions = (await answer.json())["captions"]
        assert [(one["language"], one["label"]) for one in captions] == [("pl", "Polski")]
        async with client.get(captions[0]["address"]) as answer:
            assert answer.content_type == "text/vtt"
            assert "00:00:01.000 --> 00:00:02.000\nDzień dobry" in await answer.text()
        async with client.delete(f"{UPLOADS}/{made['id']}/captions/1") as answer:
            assert (await answer.json())["captions"] == []
        folder = data_folder(site.app) / "recordings" / found["playlist"].split("/")[2]
        assert folder.exists()
        async with client.delete(f"{UPLOADS}/{made['id']}") as answer:
            assert answer.status == 204
        async with client.get(found["playlist"]) as answer:
            assert answer.status == 404
        async with asyncio.timeout(30):
            while folder.exists():
                await asyncio.sleep(0.1)


async def test_a_form_and_a_file_that_says_something_else(site, tmp_path):
    """Browsers name films by their endings; what is inside is what counts."""
    async with site.client("clerk") as client:
        form = aiohttp.FormData()
        form.add_field(
            "file", film(tmp_path / "a", "avi", "mpeg4").read_bytes(), filename="a.mp4", content_type="video/mp4"
        )
        async with client.post(UPLOADS, data=form) as answer:
            assert answer.status == 201, await answer.text()
            assert (await answer.json())["name"] == "a.mp4"
        async with client.post(UPLOADS, data=b"To nie jest film.\n", params={"name": "b.mp4"}) as answer:
            assert answer.status == 422
        async with client.post(UPLOADS, data=b"") as answer:
            assert answer.status == 422
        async with client.get(UPLOADS) as answer:
            assert [one["name"] for one in (await answer.json())["uploads"]] == ["a.mp4"]


async def test_why_it_failed_is_told_in_the_readers_language(site, tmp_path):
    async with working(site), site.client("clerk") as client:
        (tmp_path / "x").write_bytes(b"\x00\x01\x02\x03" * 1000)
        made = await send(client, tmp_path / "x", name="x.mp4")
        found = await until_final(client, made["id"])
        assert (found["state"], found["failure"]) == ("failed", "no-media")
        assert found["reason"].startswith("W tym pliku nie ma")
        async with client.post(f"{UPLOADS}/{made['id']}/captions?language=pl", data=SRT) as answer:
            assert answer.status == 409


async def test_cancel(site, tmp_path):
    source = film(tmp_path / "film", "mpeg", "mpeg2video", "mp2", seconds=8, size=(640, 480))
    async with site.client("clerk") as client:
        made = await send(client, source)
        async with client.post(f"{UPLOADS}/{made['id']}/cancel") as answer:
            assert (await answer.json())["state"] == "cancelled"
        async with working(site):
            await asyncio.sleep(0.5)
            found = await until_final(client, made["id"])
        assert (found["state"], found["playlist"]) == ("cancelled", None)
        async with client.post(f"{UPLOADS}/{made['id']}/cancel") as answer:
            assert answer.status == 409


async def test_cancel_while_it_is_converted(bench, tmp_path):
    from app.actor import Actor
    from media.uploads import actions
    from media.uploads.model import UploadState

    source = film(tmp_path / "film", "mpeg", "mpeg2video", seconds=40, size=(640, 480))
    upload = await bench.keep(source)
    task = asyncio.create_task(bench.package(upload))
    async with asyncio.timeout(60):
        while (await bench.look(upload.id)).state is not UploadState.CONVERTING:
            await asyncio.sleep(0.05)
    async with bench.database.transaction() as tx:
        await actions.cancel_upload(tx, Actor(), await bench.look(upload.id))
    found = await task
    assert found.state is UploadState.CANCELLED
    assert list((bench.folder / "recordings").iterdir()) == [bench.folder / "recordings" / ".uploads"]


async def test_others_do_not_see_it(site, tmp_path):
    async with site.client("clerk") as client:
        made = await send(client, film(tmp_path / "film", "mp4", "libx264"))
    async with site.client("admin") as client, client.get(f"{UPLOADS}/{made['id']}") as answer:
        assert answer.status == 200
    async with site.client("moderator") as client, client.get(f"{UPLOADS}/{made['id']}") as answer:
        assert answer.status == 403


async def test_one_that_is_too_large_is_refused_while_it_comes(site, monkeypatch):
    from media.uploads import api

    monkeypatch.setattr(api, "MIB", 16)
    async with site.client("clerk") as client:
        with contextlib.suppress(aiohttp.ClientError):
            async with client.post(UPLOADS, data=blocks()) as answer:
                assert answer.status == 413


async def blocks():
    for _number in range(10_000):
        yield bytes(1000)


@pytest.mark.parametrize("who", ["", "resident", "councillor"])
async def test_who_may_send(site, who):
    async with site.client(who) as client, client.post(UPLOADS, data=b"x") as answer:
        assert answer.status == (403 if who else 401)
