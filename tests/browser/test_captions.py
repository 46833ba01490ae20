"""Captions in Chromium: typed here, read there within a second or so, in the player too; corrected, published, found."""

import asyncio
import time

import pytest

from app.actor import SYSTEM
from app.database import DATABASE
from media.speech.model import SpokenCue
from portals.council import store as council
from portals.council.captions import actions, store
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.conftest import running_site
from tests.flows.processes import product
from tests.portals.council.captions.test_versions import record
from tests.portals.council.sealing.test_withheld_words import ready_redaction

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLAYING = "() => { const v = document.querySelector('video'); return v && v.readyState >= 3 && v.currentTime > 1; }"
SHOWN_CUES = """() => [...document.querySelector('video').textTracks].filter((one) => one.mode === 'showing')
    .flatMap((one) => [...(one.activeCues ?? [])]).map((cue) => cue.text)"""


async def test_typed_lines_reach_page_player_and_survive_a_cut(chromium, tmp_path):
    async with product(tmp_path / "data") as running:
        ready = running.ready
        path = ready["session"].removeprefix(ready["http"])
        resident, captioner = await person(chromium, ready), await person(chromium, ready, "captioner")
        page, booth = await resident.new_page(), await captioner.new_page()
        faults = [
            Faults(page),
            Faults(booth, allowed=("ERR_INTERNET_DISCONNECTED", "Failed to load resource", "WebSocket")),
        ]
        await page.goto(path, wait_until="domcontentloaded")
        await page.wait_for_function(PLAYING, timeout=30_000)
        session = await page.get_attribute("[data-session]", "data-session")
        await booth.goto(f"/council/captions/sessions/{session}/live", wait_until="domcontentloaded")
        field = booth.get_by_label("Co jest mówione")
        await field.wait_for()
        assert await violations(booth) == []

        # Enter sends; the other page has it as text within about a second
        await booth.get_by_label("Kto mówi").fill("Anna Kowal")
        await field.fill("Otwieram trzydziestą pierwszą sesję.")
        began = time.monotonic()
        await field.press("Enter")
        line = page.locator("[data-caption-lines] li", has_text="Otwieram trzydziestą pierwszą sesję.")
        await line.wait_for(timeout=10_000)
        assert time.monotonic() - began < 3
        assert await field.input_value() == ""

        # the player of a page that was open before gets captions when they are asked for
        button = page.locator("[data-captions]")
        await button.wait_for(timeout=10_000)
        await button.click()
        await page.wait_for_function(PLAYING, timeout=30_000)
        for number in range(12):
            await field.fill(f"Zdanie numer {number} o budżecie miasta.")
            await field.press("Enter")
            await asyncio.sleep(0.5)
            if any("Zdanie numer" in text for text in await page.evaluate(SHOWN_CUES)):
                break
        await page.wait_for_function(
            f"() => ({SHOWN_CUES})().some((text) => text.includes('Zdanie numer'))", timeout=20_000
        )

        # a pause of the writer sends by itself
        await field.fill("Kończę myśl kropką.")
        await field.press("End")
        await page.locator("[data-caption-lines] li", has_text="Kończę myśl kropką.").wait_for(timeout=10_000)

        # the network goes, two lines are typed, it comes back: both are there, once, in order
        await captioner.set_offline(True)
        for words in ("Pierwsze zdanie bez sieci.", "Drugie zdanie bez sieci."):
            await field.fill(words)
            await field.press("Enter")
        await booth.locator("[data-lines] [data-state=waiting]").nth(1).wait_for(timeout=5_000)
        await captioner.set_offline(False)
        for words in ("Pierwsze zdanie bez sieci.", "Drugie zdanie bez sieci."):
            await page.locator("[data-caption-lines] li", has_text=words).wait_for(timeout=20_000)
        await booth.wait_for_function(
            "() => document.querySelectorAll('[data-lines] [data-state=waiting]').length === 0"
        )
        texts = await page.locator("[data-caption-lines] li").all_inner_texts()
        assert [text for text in texts if "bez sieci" in text] == [
            "Pierwsze zdanie bez sieci.",
            "Drugie zdanie bez sieci.",
        ]

        # the last line is corrected by the keyboard alone, on both pages
        await field.press("ArrowUp")
        mending = booth.get_by_label("Poprawianie wiersza")
        await mending.fill("Drugie zdanie, poprawione.")
        await mending.press("Enter")
        await page.locator("[data-caption-lines] li", has_text="Drugie zdanie, poprawione.").wait_for(timeout=10_000)
        assert await page.locator("[data-caption-lines] li", has_text="Drugie zdanie bez sieci.").count() == 0
        await booth.set_viewport_size(PHONE)
        assert await overflow(booth) <= 0
        assert [one.found for one in faults] == [[], []]


async def test_upload_correct_publish_and_find(chromium, filled_url, tmp_path):
    async with running_site(filled_url, tmp_path / "data") as site:
        ready = {"http": site.http, "logins": site.logins}
        one = await person(chromium, ready, "captioner")
        two = await person(chromium, ready, "captioner2", LAPTOP)
        resident = await person(chromium, ready, "", PHONE)
        page, other, reader = await one.new_page(), await two.new_page(), await resident.new_page()
        faults = [Faults(page, allowed=("422", "409")), Faults(other, allowed=("409",)), Faults(reader)]

        await page.goto("/council/captions")
        await page.get_by_role("link", name="XXX sesja Rady Miejskiej").click()
        await page.locator("[data-captions-desk]").wait_for()
        assert await violations(page) == []

        # a file without captions is refused beside its field; a broken one is mended, and told before it is kept
        file = page.get_by_label("Plik (WebVTT lub SRT)")
        await file.set_input_files({"name": "pusty.srt", "mimeType": "text/plain", "buffer": b"nic tu nie ma"})
        await page.locator("#upload-problem").wait_for()
        broken = "2\n00:00:05,000 --> 00:00:08,000\nDrugie zdanie o żółwiach\n\n1\n00:00:01,000 --> 00:00:06,000\n<b>Pierwsze zdanie</b>\n"
        await file.set_input_files({"name": "napisy.srt", "mimeType": "text/plain", "buffer": broken.encode("cp1250")})
        await page.locator("[data-preview-notes]", has_text="windows-1250").wait_for()
        assert "wiersz 6" in await page.locator("[data-preview-notes]").inner_text()
        await page.get_by_role("button", name="Utwórz wersję").click()
        await page.locator(".cue").nth(1).wait_for()
        assert await violations(page) == []

        # two editors: what one saves the other sees; what both change is shown, not swallowed
        await other.goto(page.url)
        first = page.locator(".cue").first.get_by_label("Słowa")
        theirs = other.locator(".cue").first.get_by_label("Słowa")
        await theirs.wait_for()
        await first.fill("Pierwsze zdanie, poprawione.")
        await first.press("Tab")
        await other.wait_for_function(
            "() => document.querySelector('.cue textarea').value === 'Pierwsze zdanie, poprawione.'"
        )
        await one.set_offline(True)
        await first.fill("Moja wersja zdania.")
        await theirs.fill("Wersja Olgi.")
        await theirs.press("Tab")
        await other.get_by_text("Wszystko zapisane").wait_for()
        await one.set_offline(False)
        note = page.locator(".cue").first.locator("[data-note]")
        await note.filter(has_text="Wersja Olgi.").wait_for(timeout=20_000)
        await page.get_by_role("button", name="Zostaw moje").click()
        await other.wait_for_function("() => document.querySelector('.cue textarea').value === 'Moja wersja zdania.'")

        # by keyboard: split at the cursor, and undo
        await first.click()
        await first.evaluate("(area) => area.setSelectionRange(5, 5)")
        await page.keyboard.press("Alt+KeyK")
        await page.wait_for_function("() => document.querySelectorAll('.cue').length === 3")
        await page.keyboard.press("Alt+KeyZ")
        await page.wait_for_function("() => document.querySelectorAll('.cue').length === 2")
        assert await first.input_value() == "Moja wersja zdania."

        await page.get_by_role("link", name="Gotowe: do publikacji").click()
        await page.locator("[data-versions] [data-do=publish]").first.click()
        await page.locator("#ask-dialog [data-yes]").click()
        await page.locator("[data-versions] li", has_text="zastąpiona").wait_for()

        # residents read and find it
        async with site.app[DATABASE].transaction(readonly=True) as tx:
            (shown,) = [
                track
                for track in await store.tracks(tx, [1, 2, 3, 4])
                if track.state == "published" and track.version == 2
            ]
        slug = (await page.get_by_role("link", name="Strona dla mieszkańców").get_attribute("href")) or ""
        await reader.goto(slug)
        await reader.get_by_role("tab", name="Zapis słów").click()
        await reader.get_by_text("Moja wersja zdania.").wait_for()
        await reader.get_by_label("Szukaj w zapisie").fill("zolwiach")
        await reader.locator(".transcript-line.is-hit", has_text="żółwiach").wait_for()
        assert await reader.locator("[data-hits]").inner_text() == "1 z 1"
        assert await violations(reader) == []
        assert await overflow(reader) <= 0
        text = await (await resident.request.get(f"{slug}/captions/pl.srt")).text()
        assert "Drugie zdanie o żółwiach" in text
        old = await (await resident.request.get(f"{slug}/captions/pl.txt?version=1")).text()
        assert "Otwieram sesję Rady Miejskiej" in old
        assert shown.version == 2
        assert [one.found for one in faults] == [[], [], []]

        # a span is muted: what was said in it leaves the open page, and the editor says so
        async with site.app[DATABASE].transaction(readonly=True) as tx:
            session = await council.session_by_id(tx, shown.session_id)
        await record(site.app, session)
        redaction = await ready_redaction(site, session, 5.6, 7.0)
        clerk = await person(chromium, ready, "clerk")
        address = f"/api/media/recordings/{session.stream_id}/redactions/{redaction}"
        assert (await clerk.request.post(f"{address}/publish", data={})).ok
        gone = reader.locator(".transcript-line.is-withheld")
        await gone.filter(has_text="[fragment usunięty: adres domowy, art. 5 ust. 2 u.d.i.p.]").wait_for()
        assert await reader.get_by_text("żółwiach").count() == 0
        assert await reader.get_by_text("Moja wersja zdania.").count() == 1
        assert await violations(reader) == []
        await other.locator(".cue").nth(1).get_by_text("Mieszkańcy tego nie czytają: adres domowy").wait_for()
        assert await other.locator(".cue").nth(1).get_by_label("Słowa").input_value() == "Drugie zdanie o żółwiach"
        assert await violations(other) == []
        assert (await clerk.request.post(f"{address}/withdraw", data={})).ok
        await reader.get_by_text("Drugie zdanie o żółwiach").wait_for()


async def test_three_hundred_thousand_words_stay_light(chromium, filled_url, tmp_path):
    async with running_site(filled_url, tmp_path / "data") as site:
        words = [
            SpokenCue(n * 1300, n * 1300 + 1200, f"To jest zdanie numer {n} w długiej debacie o budżecie", "")
            for n in range(30_000)
        ]
        words[29_000] = SpokenCue(29_000 * 1300, 29_000 * 1300 + 1200, "Tu pada słowo gżegżółka", "Anna Kowal")
        async with site.app[DATABASE].transaction(readonly=True) as tx:
            session = (await council.past_sessions(tx, 1, 0))[0]
        track = await actions.add_uploaded(site.app[DATABASE], SYSTEM, session.id, words, "pl", "dlugi.srt")
        await actions.publish_track(site.app[DATABASE], SYSTEM, track.id)
        reader = await person(chromium, {"http": site.http, "logins": site.logins})
        page = await reader.new_page()
        faults = Faults(page)
        await page.goto(session.path, wait_until="domcontentloaded")
        await page.get_by_role("tab", name="Zapis słów").click()
        lines = page.locator(".transcript-line")
        await lines.filter(has_text="zdanie numer 3 w").wait_for()
        assert await lines.count() <= 2 * 400
        await page.get_by_label("Szukaj w zapisie").fill("gzegzolka")
        hit = page.locator(".transcript-line.is-hit-now")
        await hit.wait_for()
        assert "gżegżółka" in await hit.inner_text()
        await page.wait_for_function("() => document.querySelectorAll('.transcript-line').length <= 5 * 400")
        inside = "(line) => { const box = line.closest('[data-scroller]').getBoundingClientRect(), at = line.getBoundingClientRect(); return at.top >= box.top - 1 && at.bottom <= box.bottom + 1; }"
        await page.wait_for_function(f"() => ({inside})(document.querySelector('.transcript-line.is-hit-now'))")
        assert faults.found == []
