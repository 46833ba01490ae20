"""Attendance and a vote in Chromium: the clerk with keys alone, two phones, a resident and the chamber's screen."""

from datetime import datetime

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OUTCOME_SEEN = """() => {
  const look = () => { if (document.querySelector("[data-votes-now] [data-outcome=rejected]")) window.seenAt ??= Date.now(); };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""


async def test_a_vote_from_the_desk_to_everybody(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        path = ready["session"].removeprefix(ready["http"])
        clerk = await person(chromium, ready, "clerk")
        chair = await person(chromium, ready, "chair", PHONE)
        councillor = await person(chromium, ready, "councillor", PHONE)
        resident = await person(chromium, ready, "", LAPTOP)
        desk, phone, other = await clerk.new_page(), await chair.new_page(), await councillor.new_page()
        page, screen = await resident.new_page(), await resident.new_page()
        # a title that is refused and a phone that is cut off on purpose are told to the console too
        faults = [Faults(desk, ("422",)), Faults(phone), Faults(page), Faults(other, ("ERR_INTERNET_DISCONNECTED",))]
        api = await (await clerk.request.get("/api/council/sessions")).json()
        session_id = api["live"][0]["id"]
        await desk.goto(f"/council/desk/{session_id}")
        await phone.goto("/council/me")
        await other.goto("/council/me")
        await page.goto(path)
        await screen.goto(f"{path}/screen")

        # attendance by keys: the list opens with the focus on its first line, and a digit marks
        quorum = page.locator("[data-votes-tab] [data-quorum-text]")
        await page.wait_for_function(
            "() => document.querySelector('[data-votes-tab] [data-quorum]').dataset.met === 'true'"
        )
        assert "obecnych 21 z 23" in await quorum.text_content()
        await desk.locator("[data-votes-people] [data-members] .member-button[tabindex='0']").first.wait_for(
            state="attached"
        )
        await desk.keyboard.press("o")
        await desk.wait_for_function("() => document.activeElement.closest('[data-members] [data-id]') !== null")
        await desk.keyboard.press("3")
        first = desk.locator("[data-votes-people] .member").first
        await first.locator("[data-set=left][aria-pressed=true]").wait_for()
        await page.wait_for_function(
            "() => document.querySelector('[data-votes-tab] [data-quorum-text]').textContent.includes('obecnych 20 z 23')"
        )
        await desk.keyboard.press("1")
        await first.locator("[data-set=present][aria-pressed=true]").wait_for()

        # a vote needs a title; then it opens, and every phone has its buttons
        await desk.keyboard.press("v")
        title = desk.locator("#vote-title-field")
        assert await title.evaluate("element => element === document.activeElement")
        await title.fill("   ")
        await desk.get_by_role("button", name="Otwórz głosowanie").first.click()
        await desk.locator("#vote-title-problem", has_text="Głosowanie musi mieć tytuł").wait_for()
        await title.fill("Uchwała o łąkach kwietnych")
        await desk.get_by_role("button", name="Otwórz głosowanie").first.click()
        await phone.locator(".phone-choice[data-choice=for]").click()
        said = phone.locator("[data-votes-phone] [data-said]")
        await said.filter(has_text="ZA").wait_for()
        await phone.locator(".phone-choice[data-choice=against]").click()
        await said.filter(has_text="PRZECIW").wait_for()

        # a phone without a network keeps trying; when it is back the vote counts once, and a new page shows it
        await other.locator(".phone-choice[data-choice=against]").wait_for()
        await councillor.set_offline(True)
        await other.locator(".phone-choice[data-choice=against]").click()
        await other.get_by_text("Głos zostanie wysłany ponownie sam").wait_for()
        await councillor.set_offline(False)
        await other.locator("[data-said]", has_text="PRZECIW").first.wait_for(timeout=20_000)
        await other.reload()
        await other.locator("[data-votes-phone] [data-said]", has_text="PRZECIW").wait_for()
        assert await other.locator(".phone-choice[data-choice=against]").get_attribute("aria-pressed") == "true"

        # residents see how many, not who and not how
        card = page.locator("[data-votes-now] .vote-card")
        await card.locator("[data-status]", has_text="głosów 2 z 23").wait_for()
        assert await page.locator("[data-votes-now] [data-voters] tr").count() == 0
        await screen.locator("[data-votes-screen] [data-status]", has_text="głosów 2 z 23").wait_for()

        # for somebody without a device the clerk enters the vote, by keys
        await desk.locator("[data-entry-list] button[tabindex='0']").first.focus()
        await desk.keyboard.press("1")
        await card.locator("[data-status]", has_text="głosów 3 z 23").wait_for()
        assert [await violations(one) for one in (desk, phone)] == [[], []]

        # closing is held: a short press does nothing
        await page.evaluate(OUTCOME_SEEN)
        await desk.keyboard.press("z")
        close = desk.locator("[data-votes-desk] [data-close]")
        await desk.wait_for_function("() => document.activeElement.matches('[data-close]')")
        await desk.keyboard.down("Enter")
        await desk.keyboard.up("Enter")
        assert await close.is_visible()
        await desk.keyboard.down("Enter")
        await card.locator("[data-status]", has_text="Odrzucono").wait_for()
        await desk.keyboard.up("Enter")
        votes = await (await clerk.request.get(f"/api/council/sessions/{session_id}/votes")).json()
        vote = votes["votes"][-1]["vote"]
        assert (vote["votes_for"], vote["votes_against"], vote["outcome"]) == (1, 2, "rejected")
        seen_ms = await page.evaluate("() => window.seenAt")
        assert seen_ms - datetime.fromisoformat(vote["closed_at"]).timestamp() * 1000 < 1500

        # by name, at once, everywhere
        row = page.locator("[data-votes-now] [data-voters] tr", has_text="Anna Kowal")
        assert "przeciw" in await row.text_content()
        assert await page.locator("[data-votes-now] .seat[data-choice=against]").count() == 2
        await screen.locator("[data-votes-screen] [data-status]", has_text="Odrzucono").wait_for()
        await phone.locator("[data-votes-phone] .vote-card [data-status]", has_text="Odrzucono").wait_for()
        line = page.locator("[data-votes-tab] .vote-line", has_text="Uchwała o łąkach kwietnych")
        await line.locator("[data-outcome], [data-status]", has_text="Odrzucono").wait_for(state="attached")

        # a repetition says why, and stands with the first vote
        await desk.locator("[data-repeat-menu] > summary").click()
        await desk.get_by_label("Powód powtórzenia głosowania").fill("Pomyłka przy liczeniu obecnych")
        await desk.get_by_role("button", name="Przygotuj ponowne głosowanie").click()
        await desk.locator(".draft", has_text="Pomyłka przy liczeniu obecnych").wait_for()

        assert [await violations(one) for one in (desk, phone, page)] == [[], [], []]
        assert await overflow(phone) <= 0
        assert [fault.found for fault in faults] == [[], [], [], []]


async def test_a_secret_vote_asks_once_more_and_is_final(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        clerk = await person(chromium, ready, "clerk")
        chair = await person(chromium, ready, "chair", PHONE)
        phone = await chair.new_page()
        fault = Faults(phone)
        api = await (await clerk.request.get("/api/council/sessions")).json()
        base = f"/api/council/sessions/{api['live'][0]['id']}/votes"
        await phone.goto("/council/me")
        vote = await (await clerk.request.post(base, data={"title": "Wybór delegata", "secret": True})).json()
        assert (await clerk.request.post(f"{base}/{vote['id']}/open")).ok
        await phone.locator(".phone-choice[data-choice=for]").click()
        confirm = phone.locator("[data-votes-phone] [data-confirm]")
        await confirm.filter(has_text="Wrzuć do urny: ZA").wait_for()
        await phone.locator(".phone-choice[data-choice=abstain]").click()
        await confirm.filter(has_text="WSTRZYMUJE SIĘ").wait_for()
        assert (await (await clerk.request.get(f"{base}/{vote['id']}")).json())["vote"]["voted"] == 0
        assert await violations(phone) == []
        await confirm.click()
        await phone.locator("[data-votes-phone] [data-said]", has_text="Głos jest w urnie").wait_for()
        assert not await phone.locator(".phone-choice[data-choice=for]").is_visible()
        closed = await (await clerk.request.post(f"{base}/{vote['id']}/close")).json()
        assert (closed["abstained"], closed["voted"]) == (1, 1)
        await phone.locator("[data-votes-phone] .vote-card", has_text="Wybór delegata").wait_for()
        assert fault.found == []
