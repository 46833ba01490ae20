"""A span is taken out of the published copy: seen and heard from outside, in everything that is made of a recording."""

import re
from pathlib import Path

import pytest

from app.database import Database
from app.jobs.queue import running
from media.archive.redaction.making import make_redaction
from media.record.files import FIRST_PATCH
from tests.media.archive import recorded
from tests.media.archive.recorded import STREAM, clocked
from tests.media.archive.redaction.marked import loudness, pictures
from tests.media.archive.served import served
from tests.media.archive.test_trim_and_clips import asked, text_of
from tests.media.hls import rules

pytestmark = pytest.mark.timeout(300)  # half a minute of coding where three others code too
API = f"/api/media/recordings/{STREAM}"
WHY = {"legal_basis": "art. 6 RODO", "reason": "numer PESEL na slajdzie"}
LOWER_RIGHT = {"left": 0.5, "top": 0.5, "width": 0.5, "height": 0.5}
SPAN = {"begin_s": 7.0, "end_s": 10.5}


@pytest.fixture
async def recording(database: Database, tmp_path: Path):
    """24 s, an IDR every 2 s, and the products made."""
    async with served(database, tmp_path) as found:
        await recorded.record(database, found.folder, clocked(24))
        await found.work()
        yield found


async def make(recording, redaction_id: int) -> None:
    with running(1):
        await make_redaction(recording.database, recording.archive(), redaction_id)


async def ordered(recording, clerk, **body) -> dict:
    made = await asked(clerk, "POST", f"{API}/redactions", 202, **WHY, **body)
    assert made["state"] == "making"
    await make(recording, made["id"])
    found = await asked(clerk, "GET", f"{API}/redactions")
    (row,) = [one for one in found["redactions"] if one["id"] == made["id"]]
    return row


async def played(client, path: str = f"/recordings/{STREAM}/media.m3u8") -> list[tuple[str, bytes]]:
    """Each piece between discontinuities as one movie, as a player would put it together."""
    playlist = await text_of(client, path)
    rules.check_media(playlist)
    movies: list[tuple[str, bytes]] = []
    init = None
    for piece in playlist.split("#EXT-X-DISCONTINUITY\n"):
        init = re.search(r'EXT-X-MAP:URI="([^"]+)",BYTERANGE="(\d+)@0"', piece) or init
        assert init is not None
        data = await ranged(client, path, init[1], 0, int(init[2]))
        for length, begin, name in re.findall(r"EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)", piece):
            data += await ranged(client, path, name, int(begin), int(begin) + int(length))
        movies.append((init[1], data))
    return movies


async def ranged(client, base: str, name: str, begin: int, end: int) -> bytes:
    async with client.get(f"{base.rpartition('/')[0]}/{name}", headers={"Range": f"bytes={begin}-{end - 1}"}) as answer:
        assert answer.status == 206, (name, begin, end, answer.status)
        return await answer.read()


def is_black(picture, x: int, y: int) -> bool:
    """Stripes beside each other differ by eight, so one of them is never black."""
    return max(max(picture.getpixel((x + step, y))) for step in range(0, 96, 8)) < 12


async def test_nothing_of_the_span_is_left_in_what_the_public_gets(recording, playlist_guard, tmp_path: Path):
    async with recording.client("clerk") as clerk, recording.client() as resident:
        before = await played(resident)
        row = await ordered(recording, clerk, **SPAN, mute=True, picture="black", area=LOWER_RIGHT)
        assert (row["state"], len(row["previews"])) == ("ready", 1)

        # it can be looked at before it is published, by those who may, and nothing has changed for the others
        seen = pictures(await asked(clerk, "GET", row["previews"][0]), tmp_path)
        assert (len(seen), seen[0].clock_s, seen[-1].clock_s) == (150, pytest.approx(6), pytest.approx(11.96))
        await asked(resident, "GET", row["previews"][0], 401)
        await asked(resident, "GET", f"/recordings/{STREAM}/{FIRST_PATCH}.mp4", 404)
        assert await played(resident) == before

        published = await asked(clerk, "POST", f"{API}/redactions/{row['id']}/publish")
        playlist_guard.forget()
        assert published["state"] == "published"
        await asked(resident, "GET", f"/recordings/{STREAM}/assets/recording.mp4", 404)
        movies = await played(resident)
        assert [name for name, _ in movies] == ["0.mp4", f"{FIRST_PATCH}.mp4", "0.mp4"]
        await public_is_clean(movies, tmp_path)

        # the very bytes of the segments cannot be had, by whatever address
        first, last = (re.search(r"(\d+)@(\d+)", part) for part in ranges_around(await text_of(resident, MEDIA)))
        begin, end = int(first[2]) + int(first[1]), int(last[2])
        for spoken in (f"bytes={begin}-{end - 1}", f"bytes={begin + 10}-{begin + 20}", f"bytes=0-{end}", "bytes=5-"):
            async with resident.get(f"/recordings/{STREAM}/0.mp4", headers={"Range": spoken}) as answer:
                assert answer.status == 404, spoken
        await asked(resident, "GET", f"/recordings/{STREAM}/0.mp4", 404)
        for msn in (4, 5, 6):
            await asked(resident, "GET", f"/hls/{STREAM}/{msn}.m4s", 404)
        assert len(await asked(resident, "GET", f"/hls/{STREAM}/3.m4s")) > 1000
        for path in ("original/media.m3u8", "original/0.mp4", "redactions"):
            await asked(resident, "GET", f"{API}/{path}", 401)
        original = await played(clerk, f"{API}/original/media.m3u8")
        assert original == before, "the original is untouched, and those who decide see it"


MEDIA = f"/recordings/{STREAM}/media.m3u8"


def ranges_around(playlist: str) -> tuple[str, str]:
    """The byte range of the take before the patch, and the one behind it."""
    lines = re.findall(r"EXT-X-BYTERANGE:(\S+)\n(\S+)", playlist)
    place = next(n for n, (_, name) in enumerate(lines) if name != "0.mp4")
    behind = next(spoken for spoken, name in lines[place:] if name == "0.mp4")
    return lines[place - 1][0], behind


async def public_is_clean(movies: list[tuple[str, bytes]], folder: Path) -> None:
    (_, before), (_, patch), (_, after) = movies
    assert [one.clock_s for one in pictures(before, folder)] == pytest.approx([n / 25 for n in range(150)])
    assert pictures(after, folder)[0].clock_s == pytest.approx(12)
    for one in pictures(patch, folder):
        inside = 7 <= one.clock_s < 10.5
        assert is_black(one.picture, 500, 300) == inside, one.clock_s
        assert not is_black(one.picture, 200, 300), "beside the rectangle the picture is there"
    heard = loudness(patch, folder)
    assert max(level for at, level in heard.items() if 7.0 <= at < 10.5) < 0.001
    assert min(level for at, level in heard.items() if 6.1 < at < 6.8 or 10.7 < at < 11.8) > 0.1
    assert min(level for at, level in loudness(before, folder).items() if at > 0.1) > 0.1


async def test_products_follow_and_withdrawing_shows_all_again(recording, playlist_guard, tmp_path: Path):
    async with recording.client("clerk") as clerk, recording.client() as resident:
        old = await asked(resident, "GET", API)
        whole = await played(resident)
        clip = await asked(clerk, "POST", f"{API}/clips", 201, title="Slajd", begin_s=6.0, end_s=12.0)
        await recording.work(podcast=True, storyboard=True)
        row = await ordered(recording, clerk, **SPAN, mute=True, picture="blur", area=LOWER_RIGHT)
        await asked(clerk, "POST", f"{API}/redactions/{row['id']}/publish")
        playlist_guard.forget()
        await asked(resident, "GET", f"{clip['playlist']}/clip.mp4", 404)
        await recording.work(podcast=True, storyboard=True)

        view = await asked(resident, "GET", API)
        files = {asset["kind"]: asset["files"] for asset in view["assets"]}
        assert [len(files[kind]) for kind in ("mp4", "audio", "podcast", "storyboard")] == [1, 1, 1, 2]
        movie = await asked(resident, "GET", files["mp4"][0]["url"])
        seen = pictures(movie, tmp_path)
        assert [one.at_s for one in seen] == pytest.approx([n / 25 for n in range(600)], abs=0.001)
        assert [one.clock_s for one in seen] == pytest.approx([n / 25 for n in range(600)])
        for one in seen[::5]:
            assert is_smeared(one.picture) == (7 <= one.clock_s < 10.5), one.clock_s
        for name in ("mp4", "audio", "podcast"):
            heard = loudness(await asked(resident, "GET", files[name][0]["url"]), tmp_path)
            assert max(level for at, level in heard.items() if 7.1 <= at < 10.4) < 0.002, name
            assert min(level for at, level in heard.items() if 1 < at < 6.5 or 11 < at < 23) > 0.05, name
        peaks = (await asked(resident, "GET", files["waveform"][0]["url"]))["peaks"]
        assert max(peaks[15:20]) == 0
        assert min(peaks[2:13]) > 10
        piece = pictures(await asked(resident, "GET", f"{clip['playlist']}/clip.mp4"), tmp_path)
        assert {is_smeared(one.picture) for one in piece if 7 <= one.clock_s < 10.5} == {True}
        # the manifest proves what was recorded, whatever is shown of it
        assert files["manifest"] == next(one for one in old["assets"] if one["kind"] == "manifest")["files"]

        await asked(clerk, "POST", f"{API}/redactions/{row['id']}/withdraw")
        playlist_guard.forget()
        assert await played(resident) == whole
        log = (await asked(resident, "GET", f"{API}/redaction-log"))["lines"]
        assert [(one["what"], one["version"], one["begin_s"], one["end_s"]) for one in log] == [
            ("withdrawn", 3, 7.0, 10.5),
            ("published", 2, 7.0, 10.5),
        ]
        assert {(one["legal_basis"], one["reason"], one["decided_as"]) for one in log} == {
            ("art. 6 RODO", "numer PESEL na slajdzie", "clerk")
        }


def is_smeared(picture) -> bool:
    """The body's stripes are eight pixels wide; in a smeared field all pixels are alike."""
    levels = [picture.convert("L").getpixel((x, 300)) for x in range(488, 528)]
    return max(levels) - min(levels) < 12


async def test_one_over_another(recording, playlist_guard, tmp_path: Path):
    async with recording.client("clerk") as clerk, recording.client() as resident:
        black = await ordered(recording, clerk, begin_s=7, end_s=9, picture="black")
        muted = await ordered(recording, clerk, begin_s=8, end_s=11, mute=True)
        publish = f"{API}/redactions/{{}}/publish"
        await asked(clerk, "POST", publish.format(black["id"]))
        # it was made before the other one was published: published as it is, it would show again what that one hides
        again = await asked(clerk, "POST", publish.format(muted["id"]))
        assert again["state"] == "making"
        await make(recording, muted["id"])
        assert (await asked(clerk, "POST", publish.format(muted["id"])))["state"] == "published"
        playlist_guard.forget()
        _, (_, second), _ = await played(resident)
        seen = {round(one.at_s, 2): is_black(one.picture, 300, 300) for one in pictures(second, tmp_path)}
        assert (len(seen), seen[6.0], seen[7.52], seen[8.52], seen[10.0]) == (150, False, True, True, False)
        heard = loudness(second, tmp_path)
        assert (heard[9.0] < 0.001, heard[10.9] < 0.001, heard[11.5] > 0.1) == (True, True, True)
        await asked(clerk, "POST", f"{API}/redactions/{black['id']}/withdraw", 409)
        await asked(clerk, "POST", f"{API}/redactions/{muted['id']}/withdraw")
        await asked(clerk, "POST", f"{API}/redactions/{black['id']}/withdraw")
        playlist_guard.forget()
        assert len(await played(resident)) == 1


async def test_bad_orders_are_refused_beside_their_field(recording):
    async with recording.client("clerk") as clerk, recording.client() as resident:
        good = {**WHY, **SPAN, "mute": True}
        for change, field in (
            ({"begin_s": 30}, "begin_s"),
            ({"end_s": 7.0}, "end_s"),
            ({"mute": False}, "picture"),
            ({"legal_basis": " "}, "legal_basis"),
            ({"reason": "x"}, "reason"),
            ({"picture": "black", "area": {"left": 0.6, "width": 0.6}}, "area"),
        ):
            problem = await asked(clerk, "POST", f"{API}/redactions", 422, **{**good, **change})
            assert list(problem["fields"]) == [field]
        async with resident.post(f"{API}/redactions", json=good) as answer:
            assert answer.status == 401
        await asked(clerk, "POST", "/api/media/recordings/nobody/redactions", 404, **good)
        draft = await ordered(recording, clerk, **SPAN, mute=True)
        file = recording.folder / STREAM / "patches" / f"{FIRST_PATCH}.mp4"
        assert file.exists()
        await asked(clerk, "DELETE", f"{API}/redactions/{draft['id']}", 204)
        assert not file.exists()
        await asked(clerk, "POST", f"{API}/redactions/{draft['id']}/publish", 404)
