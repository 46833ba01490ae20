"""Trimming and clips through the product's own addresses."""

from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from app.database import Database
from tests.media.archive import recorded
from tests.media.archive.recorded import BEGAN, STREAM, clocked
from tests.media.archive.served import served
from tests.media.hls import rules

API = f"/api/media/recordings/{STREAM}"


@pytest.fixture
async def recording(database: Database, tmp_path: Path):
    """24 s, an IDR every 2 s, and the products made."""
    async with served(database, tmp_path) as found:
        await recorded.record(database, found.folder, clocked(24))
        await found.work()
        yield found


async def asked(client, method: str, path: str, status: int = 200, **body):
    async with client.request(method, path, **({"json": body} if body else {})) as answer:
        assert answer.status == status, (method, path, answer.status, await answer.text())
        return await answer.json() if answer.content_type.endswith("json") else await answer.read()


async def text_of(client, path: str) -> str:
    return (await asked(client, "GET", path)).decode()


def clock_of(movie: bytes, folder: Path) -> tuple[float, float, int]:
    """First and last second that the pictures of a movie say, and how many there are."""
    path = folder / "shown.mp4"
    path.write_bytes(movie)
    with av.open(str(path)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    return recorded.read_clock(frames[0], 60), recorded.read_clock(frames[-1], 60), len(frames)


async def test_trim_shows_less_and_undo_shows_all(recording, playlist_guard, tmp_path: Path):
    async with recording.client("clerk") as clerk, recording.client() as resident:
        before = rules.check_media(await text_of(resident, f"/recordings/{STREAM}/media.m3u8"))
        assert sum(s.duration for s in before.segments) == pytest.approx(24)
        old_movie = f"/recordings/{STREAM}/assets/recording.mp4"
        await asked(resident, "GET", old_movie)

        view = await asked(clerk, "PUT", f"{API}/trim", begin_s=5.0, end_s=17.5)
        playlist_guard.forget()
        assert view["trim"] == {"begin_s": 4.0, "end_s": 18.0, "whole_s": 24.0}, "widened to IDRs, and told"
        assert view["duration_s"] == 14.0
        after = rules.check_media(await text_of(resident, f"/recordings/{STREAM}/media.m3u8"))
        assert sum(s.duration for s in after.segments) == pytest.approx(14)
        first, last = after.segments[0].byte_range, after.segments[-1].byte_range
        take = f"/recordings/{STREAM}/0.mp4"

        async def ranged(begin: int, end: int) -> int:
            async with resident.get(take, headers={"Range": f"bytes={begin}-{end - 1}"}) as answer:
                return answer.status

        assert await ranged(first[1], first[1] + first[0]) == 206
        assert await ranged(last[1], last[1] + last[0]) == 206
        assert await ranged(0, 500) == 206, "the initialisation section"
        assert await ranged(first[1] - 1, first[1] + 5) == 404, "what was cut off cannot be had"
        assert await ranged(last[1] + last[0], last[1] + last[0] + 10) == 404
        await asked(resident, "GET", take, 404)
        await asked(resident, "GET", f"/hls/{STREAM}/1.m4s", 404)
        assert len(await asked(resident, "GET", f"/hls/{STREAM}/3.m4s")) > 1000
        await asked(resident, "GET", old_movie, 404)
        states = {asset["kind"]: asset["state"] for asset in view["assets"]}
        assert states.pop("manifest") == "ready"
        assert set(states.values()) == {"queued"}

        await recording.work()
        movie = await asked(resident, "GET", old_movie)
        assert clock_of(movie, tmp_path) == (pytest.approx(4, abs=0.001), pytest.approx(17.96, abs=0.001), 350)

        view = await asked(clerk, "DELETE", f"{API}/trim")
        playlist_guard.forget()
        assert (view["trim"], view["duration_s"]) == (None, 24.0)
        again = rules.check_media(await text_of(resident, f"/recordings/{STREAM}/media.m3u8"))
        assert again.segments == before.segments
        assert len(await asked(resident, "GET", take)) > 100_000

        for begin, end, field in ((30, 40, "begin_s"), (5, 5, "end_s"), (9, 3, "end_s")):
            problem = await asked(clerk, "PUT", f"{API}/trim", 422, begin_s=begin, end_s=end)
            assert list(problem["fields"]) == [field]
        await asked(clerk, "PUT", "/api/media/recordings/nobody/trim", 404, begin_s=0, end_s=1)


async def test_a_clip_has_its_own_address(recording, playlist_guard, tmp_path: Path):
    async with recording.client("clerk") as clerk, recording.client() as resident:
        clip = await asked(clerk, "POST", f"{API}/clips", 201, title="Budżet", begin_s=7.0, end_s=11.0)
        assert (clip["begin_s"], clip["end_s"], clip["mp4"], clip["state"]) == (6.0, 12.0, None, "queued")
        playlist = rules.check_media(await text_of(resident, clip["playlist"]))
        assert sum(s.duration for s in playlist.segments) == pytest.approx(6)
        assert playlist.segments[0].map_uri == f"../{STREAM}/0.mp4"
        moments = {n: datetime.fromtimestamp(BEGAN + n, UTC).isoformat() for n in (13, 15)}
        other = await asked(
            clerk, "POST", f"{API}/clips", 201, title="Po godzinie", began_at=moments[13], ended_at=moments[15]
        )
        assert (other["begin_s"], other["end_s"]) == (12.0, 16.0)
        item = await asked(clerk, "POST", f"{API}/clips", 201, mark="item-7")
        assert (item["title"], item["begin_s"], item["end_s"]) == ("Budżet", 4.0, 10.0)
        await asked(clerk, "DELETE", f"{API}/clips/{item['token']}", 204)
        await recording.work()
        listed = (await asked(resident, "GET", f"{API}/clips"))["clips"]
        assert [(one["title"], one["state"]) for one in listed] == [("Budżet", "ready"), ("Po godzinie", "ready")]
        movie = await asked(resident, "GET", listed[0]["mp4"])
        assert clock_of(movie, tmp_path) == (pytest.approx(6, abs=0.001), pytest.approx(11.96, abs=0.001), 150)
        async with resident.get(listed[0]["mp4"] + "?download") as answer:
            assert "Sesja%20nr%20XXXI_%20Bud%C5%BCet.mp4" in answer.headers["Content-Disposition"]

        # what a trim hides, a clip does not show either
        await asked(clerk, "PUT", f"{API}/trim", begin_s=8.0, end_s=24.0)
        playlist_guard.forget()
        playlist = rules.check_media(await text_of(resident, clip["playlist"]))
        assert sum(s.duration for s in playlist.segments) == pytest.approx(4)
        await asked(resident, "GET", clip["mp4"] or f"{clip['playlist']}/clip.mp4", 404)
        await asked(clerk, "PUT", f"{API}/trim", begin_s=14.0, end_s=24.0)
        playlist_guard.forget()
        await asked(resident, "GET", clip["playlist"], 404)
        await asked(clerk, "DELETE", f"{API}/trim")
        playlist_guard.forget()

        await asked(clerk, "DELETE", f"{API}/clips/{other['token']}", 204)
        await asked(resident, "GET", other["playlist"], 404)
        await asked(resident, "GET", "/recordings/clips/nothing-here", 404)
        for body in ({"title": "x"}, {"begin_s": 1, "end_s": 2}, {"mark": "none", "title": "x"}):
            await asked(clerk, "POST", f"{API}/clips", 422, **body)
        async with resident.post(f"{API}/clips", json={"title": "x", "begin_s": 1, "end_s": 2}) as answer:
            assert answer.status == 401


async def test_who_may_not_watch_learns_nothing(recording):
    async with recording.client("clerk") as clerk, recording.client() as resident:
        clip = await asked(clerk, "POST", f"{API}/clips", 201, title="x", begin_s=1, end_s=2)

        recording.hidden.add(STREAM)
        for path in (
            API,
            f"{API}/clips",
            clip["playlist"],
            f"{clip['playlist']}/clip.mp4",
            f"/recordings/{STREAM}/assets/poster.jpg",
            f"/recordings/{STREAM}/manifest.json",
        ):
            await asked(resident, "GET", path, 404)


async def test_assets_are_sent_with_ranges_names_and_versions(recording):
    async with recording.client() as resident:
        view = await asked(resident, "GET", API)
        poster = next(asset for asset in view["assets"] if asset["kind"] == "poster")["files"][0]
        async with resident.get(poster["url"]) as answer:
            data = await answer.read()
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert "immutable" in answer.headers["Cache-Control"]
        async with resident.get(f"/recordings/{STREAM}/assets/poster.jpg", headers={"Range": "bytes=2-5"}) as answer:
            assert (answer.status, await answer.read()) == (206, data[2:6])
            assert answer.headers["Cache-Control"] == "no-cache"
        for name in ("..%2F0.mp4", "poster.html", ".making-x", "nothing.jpg"):
            async with resident.get(f"/recordings/{STREAM}/assets/{name}") as answer:
                assert answer.status == 404, name
        keys = await asked(resident, "GET", "/.well-known/gryf-recordings.json")
        manifest = await asked(resident, "GET", f"/recordings/{STREAM}/manifest.json")
        assert manifest["key"] == keys["keys"][0]


async def test_a_server_in_front_sends_products(database: Database, tmp_path: Path):
    async with served(database, tmp_path, accel="/_recordings/") as found, found.client() as resident:
        folder = found.folder / STREAM / "assets"
        folder.mkdir(parents=True)
        (folder / "poster.jpg").write_bytes(b"picture")
        async with resident.get(f"/recordings/{STREAM}/assets/poster.jpg?v=1&download") as answer:
            assert answer.headers["X-Accel-Redirect"] == f"/_recordings/{STREAM}/assets/poster.jpg"
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert "immutable" in answer.headers["Cache-Control"]
            assert "%28poster%29.jpg" in answer.headers["Content-Disposition"]
            assert await answer.read() == b""
        async with resident.get(f"/recordings/{STREAM}/assets/recording.mp4") as answer:
            assert answer.status == 404
