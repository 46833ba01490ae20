"""What was said in a span that is muted later, or in a closed part, is read nowhere: every public route is walked for it."""

import re
from datetime import timedelta

import run
from app.database import DATABASE
from portals.council import store as council_store
from portals.council.captions import actions, cue_store
from portals.council.captions.model import CaptionLineRemoved, public_room
from portals.council.sealing import store as sealing_store
from tests.portals.council.captions.test_booth import app, session
from tests.portals.council.captions.test_versions import record
from tests.portals.council.records.conftest import indexed

__all__ = ["app", "indexed", "session"]

SECRET = "Tulipanowej"
VTT = f"""WEBVTT

00:00:10.000 --> 00:00:13.000
Zwracam się o pomoc dla rodziny.

00:00:20.000 --> 00:00:23.000
<v Zdzisława Tajna>Mieszkamy przy {SECRET} siedem,

00:00:23.100 --> 00:00:25.000
<v Zdzisława Tajna>przy tej samej {SECRET} co szkoła.

00:00:40.000 --> 00:00:43.000
Dziękuję bardzo.
"""
OUTLETS = {
    "/api/council/search",
    "/council/search",
    "/council/sessions/{slug}/captions/{file:[a-z0-9.]{1,20}}",
    r"/api/council/sessions/{session_id:\d{1,18}}/transcript",
    r"/api/council/sessions/{session_id:\d{1,18}}/transcript/pages/{number:\d{1,6}}",
    r"/api/council/sessions/{session_id:\d{1,18}}/transcript/search",
}
"""Where the words are read while nothing is muted."""


def addresses(path: str, session) -> list[str]:
    """A route's addresses that could tell of this session."""
    known = {"slug": session.slug, "session_id": str(session.id), "stream_id": session.stream_id, "language": "pl"}

    def value(place: re.Match[str]) -> str:
        name, pattern = place[1], place[2] or ".+"
        samples = (known.get(name, "0"), "1" if name.endswith("_id") else "0", "x" * 12, "poster.jpg", "minutes.pdf")
        return next((sample for sample in samples if re.fullmatch(pattern, sample)), "x")  # not of this portal

    if path.endswith("/captions/{file:[a-z0-9.]{1,20}}"):
        names = [f"/council/sessions/{session.slug}/captions/pl.{suffix}" for suffix in ("vtt", "srt", "txt")]
    else:
        names = [re.sub(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}", value, path)]
    return [name + query for name in names for query in ("", "?version=2", "?q=siedem", "?q=siedem&version=2")]


async def outlets(site, session, secrets: tuple[str, str] = (SECRET, "Tajna")) -> set[str]:
    """Public routes whose answers hold the words. Searches are asked for others, said in the same breath."""
    found = set()
    async with site.client() as nobody:
        for route in [one for feature in run.FEATURES for one in feature.routes]:
            if route.method != "GET" or not route.allow.anonymous or route.path.startswith("/static"):
                continue
            for address in addresses(route.path, session):
                if "?" in address and not any(word in route.path for word in ("transcript", "captions", "search")):
                    continue
                async with nobody.get(address, allow_redirects=False) as answer:
                    assert answer.status < 500, address
                    text = (await answer.read()).decode(errors="replace")
                hits = re.search(r'"total":[1-9]', text) if "transcript/search" in route.path else None
                if any(one in text for one in secrets) or hits:
                    found.add(route.path)
        for room in [one for feature in run.FEATURES for one in feature.rooms if one.allow.anonymous]:
            name = room.pattern.replace("{session_id}", str(session.id)).replace("{stream_id}", session.stream_id)
            async with nobody.get("/api/live/snapshot", params={"room": name}) as answer:
                text = await answer.text()
            if any(one in text for one in secrets):
                found.add(room.pattern)
    return found


async def ready_redaction(site, session, begin_s: float, end_s: float) -> int:
    """A muted span whose file is made; of a recording that is rows alone."""
    async with site.app[DATABASE].transaction() as tx:
        redaction = await tx.value(
            "INSERT INTO recording_redaction (stream_id, begin_90k, end_90k, mute, picture, area_left, area_top,"
            " area_width, area_height, legal_basis, reason, state) VALUES ($1, $2, $3, true, '', 0, 0, 1, 1,"
            " 'art. 5 ust. 2 u.d.i.p.', 'adres domowy', 'ready') RETURNING id",
            session.stream_id,
            round(begin_s * 90_000),
            round(end_s * 90_000),
        )
        await tx.execute(
            "INSERT INTO recording_patch SELECT stream_id, 1000000, $2, began_at, tracks, init_bytes"
            " FROM recording_take WHERE stream_id = $1",
            session.stream_id,
            redaction,
        )
        await tx.execute(
            "INSERT INTO recording_patch_segment SELECT stream_id, 1000000, msn, byte_offset, byte_length, dts_90k,"
            " duration_90k, independent, sha256 FROM recording_segment WHERE stream_id = $1",
            session.stream_id,
        )
    return redaction


async def test_muted_words_are_read_nowhere_until_they_are_heard_again(site, indexed, playlist_guard):
    async with site.app[DATABASE].transaction() as tx:
        session = (await council_store.past_sessions(tx, 1, 0))[0]
    await record(site.app, session)
    captions = f"/api/council/sessions/{session.id}/captions"
    async with site.client("captioner") as captioner, site.client("clerk") as clerk, site.client() as nobody:
        async with captioner.post(f"{captions}/upload", data=VTT.encode(), params={"name": "napisy.vtt"}) as answer:
            assert answer.status == 201, await answer.text()
            first = await answer.json()
        assert first["version"] == 2  # the demonstration's is the first
        assert (await captioner.post(f"/api/council/captions/{first['id']}/publish", json={})).status == 200
        second = await (await captioner.post(f"/api/council/captions/{first['id']}/copy", json={})).json()
        assert (await captioner.post(f"/api/council/captions/{second['id']}/publish", json={})).status == 200
        await indexed()
        assert await outlets(site, session) == OUTLETS

        redaction = await ready_redaction(site, session, 19.8, 24)  # begins in one caption, ends within another
        own = f"/api/media/recordings/{session.stream_id}/redactions/{redaction}"
        files = f"/council/sessions/{session.slug}/captions"
        etag = (await nobody.get(f"{files}/pl.vtt")).headers["ETag"]
        async with clerk.post(f"{own}/publish", json={}) as answer:
            assert answer.status == 200, await answer.text()
        playlist_guard.forget()  # another version of the recording
        assert await outlets(site, session) == set()  # at once, whatever the index is doing
        await indexed()
        assert await outlets(site, session) == set()

        # one mark in place of both, with what the public log says; what was said around it is read as before
        async with nobody.get(f"{files}/pl.vtt", headers={"If-None-Match": etag}) as answer:
            assert answer.status == 200
            text = await answer.text()
        assert "00:00:20.000 --> 00:00:25.000\n[fragment usunięty: adres domowy, art. 5 ust. 2 u.d.i.p.]\n" in text
        assert text.count("-->") == 3
        assert "Zwracam się o pomoc" in text
        assert "Dziękuję bardzo" in text
        async with nobody.get(f"/api/council/sessions/{session.id}/transcript/pages/0") as answer:
            lines = (await answer.json())["lines"]
        assert [(one["index"], one["text"], one["withheld"]) for one in lines] == [
            (0, "Zwracam się o pomoc dla rodziny.", ""),
            (1, "", "adres domowy, art. 5 ust. 2 u.d.i.p."),
            (2, "Dziękuję bardzo.", ""),
        ]
        async with nobody.get("/api/council/search", params={"q": "dziękuję bardzo", "kind": "transcript"}) as answer:
            assert session.title in [hit["session"] for hit in (await answer.json())["hits"]]
        # whoever corrects it sees the words, and that nobody else does
        async with captioner.get(f"/api/council/captions/{second['id']}/cues") as answer:
            cues = (await answer.json())["cues"]
        assert [bool(one["withheld"]) for one in cues] == [False, True, True, False]
        assert SECRET in cues[1]["text"]

        async with clerk.post(f"{own}/withdraw", json={}) as answer:
            assert answer.status == 200, await answer.text()
        playlist_guard.forget()
        await indexed()
        assert await outlets(site, session) == OUTLETS
        await a_closed_part_is_not_read(site, indexed)
    playlist_guard.faults.clear()  # of a recording that is rows alone


async def a_closed_part_is_not_read(site, indexed):
    """A session without a recording counts from its start: an uploaded file may speak of its closed part."""
    async with site.app[DATABASE].transaction() as tx:
        session = (await council_store.past_sessions(tx, 1, 1))[0]
        began = session.started_at
        closed = (began + timedelta(seconds=19), began + timedelta(seconds=26))
        await sealing_store.add_past_interval(tx, session.id, "closed", *closed, "art. 11b u.s.g.")
    async with site.client("captioner") as captioner:
        captions = f"/api/council/sessions/{session.id}/captions"
        words = VTT.replace(SECRET, "Jaśminowej").replace("Tajna", "Skryta").encode()
        track = await (await captioner.post(f"{captions}/upload", data=words, params={"name": "napisy.vtt"})).json()
        assert (await captioner.post(f"/api/council/captions/{track['id']}/publish", json={})).status == 200
    await indexed()
    assert await outlets(site, session, ("Jaśminowej", "Skryta")) == set()
    async with site.client() as nobody, nobody.get(f"/council/sessions/{session.slug}/captions/pl.txt") as answer:
        assert "[fragment usunięty: art. 11b u.s.g.]" in await answer.text()


async def test_lines_that_were_typed_are_taken_back_and_more_of_them_is_withheld(app, session):
    """What is typed comes after it was said; a line that was told is replaced in the memory of its room."""
    from portals.council import actions as council
    from portals.council.captions import booth
    from tests.portals.council.captions.test_booth import CLERK, MAGDA

    database = app[DATABASE]
    await record(app, session)
    lines = await booth.type_line(app, MAGDA, session.id, booth.TypedLine("a", "Mieszkam przy Tulipanowej"))
    await council.end_session(app, CLERK, session.id)
    async with database.transaction() as tx:
        await tx.execute("UPDATE caption_cue SET begin_ms = 30000, end_ms = 32000 WHERE id = $1", lines[0].id)
        await tx.execute(
            "INSERT INTO recording_redaction (stream_id, begin_90k, end_90k, mute, picture, area_left, area_top,"
            " area_width, area_height, legal_basis, reason, state) VALUES ($1, $2, $3, true, '', 0, 0, 1, 1, 'RODO',"
            " 'adres', 'published')",
            session.stream_id,
            20 * 90_000,
            22 * 90_000,
        )
        track = await cue_store.newest_lines(tx, lines[0].track_id, 5)
        assert [one.text for one in track] == ["Mieszkam przy Tulipanowej"]
        assert await cue_store.newest_public_lines(tx, lines[0].track_id, 5) == []
        database.backplane.published.clear()
        await actions.tell_withheld(tx, session.stream_id)
    told = database.backplane.in_room(public_room(session.id))
    assert [type(one).__name__ for one in told] == ["CaptionLineRemoved", "CaptionsChanged"]
    assert told[0] == CaptionLineRemoved(lines[0].id)
    assert told[0].key == f"line/{lines[0].id}"
