"""Captions over HTTP: the player's rendition, the transcript's pages and files, and who is refused."""

import pytest

from app.errors import Invalid
from portals.council.captions.languages import language_tag, own_name


@pytest.fixture
async def past(site):
    """The older session of the demonstration, with its published transcript."""
    async with site.client() as client, client.get("/api/council/sessions") as answer:
        found = await answer.json()
    return next(one for one in found["past"] if one["number"] == "XXX"), found["live"][0]


async def test_a_transcript_in_every_form(site, past):
    session, _live = past
    address = f"/api/council/sessions/{session['id']}/transcript"
    slug = f"/council/sessions/{session['slug']}/captions"
    async with site.client() as client:
        head = await (await client.get(address)).json()
        assert head["track"]["version"] == 1
        assert head["count"] > 10
        page = await (await client.get(f"{address}/pages/0")).json()
        assert page["lines"][0]["text"].startswith("Dzień dobry państwu")
        assert [line["index"] for line in page["lines"]] == list(range(head["count"]))
        hits = await (await client.get(f"{address}/search", params={"q": "rondo SOLIDARNOSCI"})).json()
        assert hits["total"] == 1
        assert (await client.get(f"{address}/search", params={"q": "x" * 300})).status == 422
        vtt = await client.get(f"{slug}/pl.vtt")
        assert vtt.content_type == "text/vtt"
        body = await vtt.text()
        assert body.startswith("WEBVTT\n\n00:00:00.000 --> ")
        assert "<v Anna Kowal>" in body
        again = await client.get(f"{slug}/pl.vtt", headers={"If-None-Match": vtt.headers["ETag"]})
        assert again.status == 304
        srt = await client.get(f"{slug}/pl.srt")
        assert "attachment" in srt.headers["Content-Disposition"]
        assert "Anna Kowal: Dzień dobry" in await srt.text()
        assert "[00:00:00] Anna Kowal: " in await (await client.get(f"{slug}/pl.txt")).text()
        for wrong in ("uk.vtt", "pl.exe", "pl", "pl.vtt?version=7"):
            assert (await client.get(f"{slug}/{wrong}")).status == 404
        assert (await client.get(f"{slug}/pl.vtt?version=-1")).status == 422
        text = await (await client.get(f"/council/sessions/{session['slug']}")).text()
        assert "data-transcript" in text
        assert (await client.get("/api/council/sessions/999/transcript")).status == 404


async def test_typed_lines_by_the_api(site, past):
    _session, live = past
    address = f"/api/council/sessions/{live['id']}/captions"
    async with site.client("captioner") as captioner, site.client("resident") as resident:
        typed = {"op": "a-1", "text": "Otwieram sesję.", "speaker": "Anna Kowal", "ago_ms": 900}
        assert (await resident.post(f"{address}/lines", json=typed)).status == 403
        first = await captioner.post(f"{address}/lines", json=typed)
        assert first.status == 201
        again = await captioner.post(f"{address}/lines", json=typed)
        assert (await first.json()) == (await again.json())
        assert (await captioner.post(f"{address}/lines", json=typed | {"op": "bad op!"})).status == 422
        assert (await captioner.post(f"{address}/lines", json=typed | {"op": "b", "ago_ms": -5})).status == 422
        shown = await (
            await resident.get("/api/live/snapshot", params={"room": f"council/session/{live['id']}/captions"})
        ).json()
        assert [line["text"] for line in shown["snapshot"]["lines"]] == ["Otwieram sesję."]
        assert shown["snapshot"]["track"]["live"] is True
        head = await (await resident.get(f"/api/council/sessions/{live['id']}/transcript")).json()
        assert head["count"] == 1


async def test_a_preview_keeps_nothing_and_an_upload_keeps_what_was_mended(site, past):
    session, _live = past
    address = f"/api/council/sessions/{session['id']}/captions"
    broken = b"00:05 --> 00:04\nOstatnie\n\n00:01 --> 00:02\n<i>Pierwsze</i>\n"
    async with site.client("captioner") as client:
        answer = await client.post(f"{address}/preview", data=broken)
        found = await answer.json()
        assert (found["cues"], found["words"]) == (2, 2)
        assert [note["line"] for note in found["notes"]] == [1, 4, 4]
        assert all(note["text"] for note in found["notes"])
        assert (await client.post(f"{address}/preview", data=b"nic")).status == 422
        assert (await client.post(f"{address}/preview", data=b"")).status == 422
        made = await (await client.post(f"{address}/upload?name=plik.srt&language=uk", data=broken)).json()
        assert (made["kind"], made["language"], made["version"], made["state"]) == ("uploaded", "uk", 1, "working")
        cues = await (await client.get(f"/api/council/captions/{made['id']}/cues")).json()
        assert [cue["text"] for cue in cues["cues"]] == ["Pierwsze", "Ostatnie"]
        assert (await client.post(f"{address}/upload?language=xx", data=broken)).status == 422
        bad = await client.post(f"/api/council/captions/{made['id']}/withdraw", json={"reason": "x"})
        assert bad.status == 404  # captioners do not withdraw
        page = await (await client.get(f"/council/captions/{made['id']}")).text()
        assert 'data-editable="true"' in page
        queue = await (await client.get("/council/captions")).text()
        assert session["title"] in queue


def test_languages_have_their_own_names():
    assert [own_name(tag) for tag in ("pl", "uk", "en")] == ["Polski", "Українська", "English"]
    assert language_tag(" PL ") == "pl"
    for wrong in ("", "polski", "xx", "p", "../pl"):
        with pytest.raises(Invalid):
            language_tag(wrong)
