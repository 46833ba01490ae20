"""Two browsers on one session's page; the network of one is cut, and afterwards nobody can tell."""

import os

import pytest

from tests.browser.watching import Faults, person
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CUT_S = float(os.environ.get("GRYF_CUT_S", "8"))
"""How long the network is away; 30 s take the same way."""

MESSAGES = "() => [...document.querySelectorAll('[data-messages] > [data-id]')].map((row) => row.innerText)"
CONNECTED = "() => document.querySelector('#connection-bar').hidden"


async def send(page, text: str) -> None:
    await page.get_by_label("Wiadomość", exact=True).fill(text)
    await page.get_by_role("button", name="Wyślij").click()
    await page.locator(".chat-message", has_text=text).wait_for(timeout=10_000)


async def test_a_cut_of_one_browser_s_network(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        path = ready["session"].removeprefix(ready["http"])
        here, there = await person(chromium, ready, "resident"), await person(chromium, ready, "councillor")
        page, other = await here.new_page(), await there.new_page()
        # what a browser says of requests that find no network is no fault of the page
        faults = [Faults(page, ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")), Faults(other)]
        for one in (page, other):
            await one.goto(path)
            await one.get_by_role("tab", name="Czat").click()
            await one.locator("[data-messages]").wait_for(state="attached")
        await send(other, "Przed przerwą")
        await page.locator(".chat-message", has_text="Przed przerwą").wait_for(timeout=10_000)

        # the network is gone: the page says so, and the text that is being written stays
        field = page.get_by_label("Wiadomość", exact=True)
        await field.fill("Piszę to w tunelu, więc")
        await here.set_offline(True)
        bar = page.locator("#connection-bar")
        await bar.get_by_text("Łączę ponownie").wait_for(timeout=10_000)
        for number in range(3):
            await send(other, f"W czasie przerwy {number}")
        await other.wait_for_timeout(CUT_S * 1000)
        assert await page.locator(".chat-message", has_text="W czasie przerwy").count() == 0
        assert await field.input_value() == "Piszę to w tunelu, więc"

        # it is back: nothing is missing, nothing came twice, and the sentence can be finished
        await here.set_offline(False)
        await page.locator(".chat-message", has_text="W czasie przerwy 2").wait_for(timeout=20_000)
        await page.wait_for_function(CONNECTED)
        assert await field.input_value() == "Piszę to w tunelu, więc"
        await field.press("End")
        await field.type(" kończę teraz")
        await page.get_by_role("button", name="Wyślij").click()
        await other.locator(".chat-message", has_text="Piszę to w tunelu, więc kończę teraz").wait_for(timeout=10_000)
        told = [await one.evaluate(MESSAGES) for one in (page, other)]
        assert told[0] == told[1]
        assert len(set(told[0])) == len(told[0])

        # behind another tab it stays up to date
        front = await here.new_page()
        await front.goto("/council/sessions")
        await page.evaluate(
            "() => { Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
            " document.dispatchEvent(new Event('visibilitychange')); }"
        )
        await send(other, "Do karty w tle")
        await page.locator(".chat-message", has_text="Do karty w tle").wait_for(state="attached", timeout=10_000)
        assert [fault for one in faults for fault in one.found] == []


async def test_a_restart_of_the_server_loses_no_message_and_repeats_none(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        path = ready["session"].removeprefix(ready["http"])
        resident = await person(chromium, ready, "resident")
        page = await resident.new_page()
        await page.goto(path)
        await page.get_by_role("tab", name="Czat").click()
        await send(page, "Przed zatrzymaniem")
        await page.get_by_label("Wiadomość", exact=True).fill("Niedokończone")
        await running.stop()
        await page.locator("#connection-bar").get_by_text("Łączę ponownie").wait_for(timeout=10_000)
        before = await page.evaluate(MESSAGES)
        port = ready["http"].rpartition(":")[2]
        async with product(tmp_path / "data", "--no-feed", "--port", port):
            await page.wait_for_function(CONNECTED, timeout=45_000)
            assert await page.evaluate(MESSAGES) == before
            assert await page.get_by_label("Wiadomość", exact=True).input_value() == "Niedokończone"
            await page.get_by_role("button", name="Wyślij").click()
            await page.locator(".chat-message", has_text="Niedokończone").wait_for(timeout=10_000)
            assert await page.evaluate(MESSAGES) == [*before, (await page.evaluate(MESSAGES))[-1]]
