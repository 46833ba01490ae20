"""A whole session in six browsers, from the pasted agenda to the minutes.

What residents see is timed from the presses of the others (tests/browser/stopwatch.py): each within half a second of
the server's answer; a machine that keeps everybody waiting is allowed for by what it does to a thread that only sleeps.
"""

import io
import re
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import docx
import pypdfium2
import pytest

from tests.browser.cast import CORRECTED, EXPECTED, PASTED, SENTENCE, Cast, end_the_demos_session, hold
from tests.browser.stopwatch import sent
from tests.browser.test_cable import PLAYING, camera
from tests.browser.watching import moment_shown, overflow
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(600)]

WITHIN_MS = 500


async def plan(cast: Cast) -> None:
    """Pasted, looked through, corrected and saved; a resident who has the notice open sees the next correction."""
    clerk, resident = cast.clerk, cast.resident
    await clerk.goto("/council/desk/new")
    await clerk.get_by_label("Numer", exact=True).fill("XXXIII")
    await clerk.get_by_label("Tytuł").fill("XXXIII sesja Rady Miejskiej")
    now = datetime.now(ZoneInfo("Europe/Warsaw"))
    await clerk.get_by_label("Początek").fill(now.strftime("%Y-%m-%dT%H:%M"))
    await clerk.get_by_label("Porządek obrad", exact=True).fill(PASTED)
    await clerk.get_by_role("button", name="Rozpisz na punkty").click()
    titles = clerk.locator("[data-row] [name=row_title]")
    assert await titles.nth(1).input_value() == "Podjęcie uchwały w sprawie łąk kwietnych przy ulicy Szczecińskiej"
    await titles.nth(1).fill("Podjęcie uchwały w sprawie łąk kwietnych")
    await clerk.get_by_role("button", name="Zapisz").click()
    await clerk.locator("[data-desk][data-state=planned]").wait_for()
    numbers = await clerk.locator("[data-agenda] [data-text=number]").all_inner_texts()
    assert numbers == ["1", "2", "3", "4"]

    await resident.goto("/council/sessions")
    await resident.get_by_role("link", name="XXXIII sesja Rady Miejskiej").click()
    await resident.locator("[data-agenda] > [data-id]").nth(3).wait_for()
    await cast.marek.goto("/council/me")
    await cast.halina.goto("/council/me")
    await cast.chair.goto(f"{resident.url}/chair")

    await clerk.goto(f"{clerk.url}/agenda")
    await clerk.locator("[data-row] [name=row_title]").nth(1).fill(CORRECTED)
    await cast.sees("the corrected agenda", clerk, clerk.get_by_role("button", name="Zapisz porządek obrad").click())


async def open_the_desk(cast: Cast) -> str:
    """Returns the key that the clerk makes for the camera."""
    clerk = cast.clerk
    await clerk.goto(clerk.url.replace("/agenda", ""))
    await clerk.get_by_role("tab", name="Transmisja").click()
    await clerk.get_by_label("Do czego jest klucz").fill("Kamera w sali 211")
    await clerk.get_by_role("button", name="Utwórz klucz").click()
    await clerk.locator("[data-fresh-key]:visible").wait_for()
    return await clerk.locator("[data-fresh-key-value]").input_value()


async def begin(cast: Cast) -> None:
    """Rehearsal, start, the first item, everybody present."""
    clerk, resident = cast.clerk, cast.resident
    await clerk.get_by_role("tab", name="Prowadzenie").click()
    await clerk.wait_for_function(
        "() => document.querySelector('[data-strip]').dataset.live === 'true'", timeout=30_000
    )

    async def start() -> None:
        await hold(clerk, "[data-start]")
        await clerk.locator("[data-desk][data-state=live]").wait_for()

    await cast.sees("the session has begun", clerk, start())
    await clerk.locator("[data-next]:visible").wait_for()
    await cast.sees("the first item", clerk, clerk.locator("[data-next]").click())
    await resident.get_by_role("tab", name="Głosowania").click()
    await cast.sees("attendance and the quorum", clerk, clerk.locator("[data-all]").click())
    await resident.wait_for_function(PLAYING, timeout=30_000)


async def vote(cast: Cast) -> None:
    """Opened on the desk, cast on two phones, closed on the desk, read by name."""
    clerk, resident = cast.clerk, cast.resident
    await cast.sees("the second item", clerk, clerk.locator("[data-next]").click())
    await cast.sees("a vote is open", clerk, clerk.locator("[data-open-now]").click())
    await cast.sees("one vote is cast", cast.marek, cast.marek.locator(".phone-choice[data-choice=for]").click())
    halina = cast.halina.locator(".phone-choice[data-choice=for]")
    await cast.sees("two votes are cast", cast.halina, halina.click())
    await cast.marek.locator("[data-votes-phone] [data-said]", has_text="ZA").wait_for()
    assert [await overflow(phone) for phone in (cast.marek, cast.halina)] == [0, 0]
    await cast.sees("the result by name", clerk, hold(clerk, "[data-votes-desk] [data-close]"))
    await resident.locator("[data-votes-now] summary").click()
    for name, choice in (("Marek Wiśniewski", "za"), ("Halina Mróz", "za"), ("Anna Kowal", "bez głosu")):
        row = resident.locator("[data-votes-now] [data-voters] tr", has_text=name)
        assert (await row.locator("[data-choice-word]").inner_text()) == choice
    await cast.halina.locator("[data-votes-phone] .vote-card [data-status]", has_text="Przyjęto").wait_for()


async def speak(cast: Cast) -> None:
    """Asked on the phone, given by the chair, timed everywhere; long enough to go back to (2 s behind is live)."""
    resident, chair = cast.resident, cast.chair
    await resident.get_by_role("tab", name="Mówcy").click()
    hand = cast.halina.get_by_role("button", name="Chcę zabrać głos")
    await cast.sees("who asks for the floor", cast.halina, hand.click())
    await chair.locator("[data-next-name]", has_text="Halina Mróz").wait_for()
    await cast.sees("who speaks", chair, chair.locator("[data-floor-next]").click())
    await cast.halina.get_by_text("Głos udzielony").wait_for()
    for page, clock in ((chair, r"\d:5\d"), (resident, r"0:0[5-9]")):
        await page.locator("[data-talk-clock]:visible", has_text=re.compile(clock)).first.wait_for()


async def caption(cast: Cast) -> None:
    field = cast.captioner.get_by_label("Co jest mówione")
    await cast.captioner.get_by_label("Kto mówi").fill("Halina Mróz")
    await field.fill(SENTENCE)
    await cast.sees("a caption", cast.captioner, field.press("Enter"))
    await cast.sees("the speech has ended", cast.chair, cast.chair.locator("[data-talk-end]").click())


async def go_back(cast: Cast) -> None:
    """A resident who rewinds while it is live reads who spoke at the moment that is shown, and comes back."""
    resident = cast.resident
    await resident.locator("[data-from-start]").wait_for(timeout=30_000)
    await resident.locator("[data-speeches] [data-speech-jump]", has_text="Halina Mróz").click()
    await resident.locator(".picture-name", has_text="Halina Mróz").wait_for(timeout=20_000)
    await resident.locator("[data-speeches] > .is-playing", has_text="Halina Mróz").wait_for()
    await resident.locator("[data-back-to-live]").click()
    await resident.locator(".picture-name").wait_for(state="hidden", timeout=20_000)


async def close_a_part(cast: Cast) -> None:
    """A slate for residents: of what the camera sees from the answer on, not one picture."""
    clerk, resident = cast.clerk, cast.resident
    await clerk.locator("[data-when=none] [data-opens=closed-dialog]").click()
    await clerk.fill("#closed-basis", "art. 5 ust. 2 ustawy o dostępie do informacji publicznej")
    await clerk.fill("#closed-reason", "dane osobowe stron")
    await clerk.check("#closed-none")
    await cast.sees("the part closed to the public", clerk, clerk.locator("#closed-dialog button[type=submit]").click())
    closed_ms = (await sent(clerk))[-1]["answered"]
    assert closed_ms is not None
    hidden, until = 0, time.monotonic() + 20
    while hidden < 5:
        assert time.monotonic() < until, "the slate has not come"
        shown_ms = await moment_shown(resident)
        assert shown_ms is None or shown_ms <= closed_ms, "a picture of the closed part"
        hidden = hidden + 1 if shown_ms is None else 0
        await resident.wait_for_timeout(200)
    assert "dane osobowe stron" not in await resident.content()
    await cast.sees("the public is back", clerk, hold(clerk, "[data-end-closed]"))
    opened_ms = (await sent(clerk))[-1]["sent"]
    await cast.sees("the third item", clerk, clerk.locator("[data-next]").click())
    while (shown_ms := await moment_shown(resident)) is None or shown_ms < opened_ms:
        assert shown_ms is None or shown_ms <= closed_ms
        assert time.monotonic() < until + 30, "the picture has not come back"
        await resident.wait_for_timeout(200)


async def end_and_watch_again(cast: Cast) -> None:
    """The same address is the archive: chapters, the vote and the words of its captions."""
    clerk, resident = cast.clerk, cast.resident
    address = resident.url

    async def end() -> None:
        await hold(clerk, "[data-end]")
        await clerk.locator("[data-desk][data-state=ended]").wait_for()

    await cast.sees("the end", clerk, end())
    assert resident.url.split("#")[0] == address.split("#")[0]
    await resident.get_by_role("tab", name="Porządek obrad").click()
    chapters = resident.locator("[data-position]")
    assert await chapters.locator(".agenda-title").all_inner_texts() == [
        "Otwarcie sesji i stwierdzenie quorum", CORRECTED, "Wolne wnioski",
    ]  # fmt: skip
    place = float(await chapters.nth(1).get_attribute("data-position"))
    await chapters.nth(1).click()
    await resident.wait_for_function(
        "(place) => Math.abs(document.querySelector('video').currentTime - place) < 2", arg=place, timeout=20_000
    )
    await resident.get_by_role("tab", name="Głosowania").click()
    await resident.locator("[data-votes-tab] .vote-line", has_text="pasiek miejskich").wait_for()
    await resident.get_by_role("tab", name="Zapis słów").click()
    await resident.locator(".transcript-line", has_text="żółwiach").wait_for()


async def take_down(cast: Cast) -> None:
    """The draft of the minutes, as PDF and for a word processor."""
    clerk = cast.clerk
    await clerk.goto(f"{clerk.url.split('#')[0]}/documents")
    texts = []
    for name in ("minutes.pdf", "minutes.docx"):
        row = clerk.locator(f"[data-id='{name}']")
        await row.locator("[data-make]").click()
        await clerk.locator(f"[data-id='{name}'][data-state=ready]").wait_for(timeout=60_000)
        async with clerk.expect_download() as download:
            await row.get_by_role("link", name="Pobierz").click()
        content = Path(await (await download.value).path()).read_bytes()
        texts.append((text_of_pdf if name.endswith("pdf") else text_of_docx)(content))
    for text in texts:
        for words in (
            "XXXIII sesja Rady Miejskiej", "Obecnych 23 z 23", CORRECTED, "za 2, przeciw 0", "Marek Wiśniewski",
            "Halina Mróz (Klub Radnych Gryfici", "art. 5 ust. 2",
        ):  # fmt: skip
            assert words in text, (words, text)
        assert "dane osobowe stron" not in text


def text_of_pdf(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def text_of_docx(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    return " ".join(" ".join(paragraph.text.split()) for paragraph in document.paragraphs)


async def test_a_whole_session_in_six_browsers(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed", ladder=True) as running:
        cast = Cast(chromium, running)
        with cast.watch.ticks.ticking():
            await cast.gather()
            await end_the_demos_session(cast)
            await plan(cast)
            key = await open_the_desk(cast)
            async with camera(f"{running.ready['rtmp']}/{key}"):
                await begin(cast)
                number = await cast.clerk.get_attribute("[data-desk]", "data-desk")
                await cast.captioner.goto(f"/council/captions/sessions/{number}/live")
                await vote(cast)
                await speak(cast)
                await caption(cast)
                await go_back(cast)
                await close_a_part(cast)
                await end_and_watch_again(cast)
        await take_down(cast)
        print(f"\n{cast.watch.table()}")
        assert {one.event for one in cast.watch.readings} == set(EXPECTED) - {"a break", "the break is over"}
        assert [one for one in cast.watch.readings if one.own_ms >= WITHIN_MS] == []
        assert {name: fault.found for name, fault in cast.faults.items() if fault.found} == {}
