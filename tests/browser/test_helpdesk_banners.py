"""Every page of the helpdesk at 360 px with every line that can stand over it at once: nothing runs out of the window."""

from datetime import timedelta

import pytest

from app.database import DATABASE
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.outages import actions, watching
from portals.helpdesk.outages.model import OutageDraft
from tests.browser.test_helpdesk_desk import send, signed_in
from tests.browser.watching import PHONE, Faults, violations
from tests.portals.helpdesk.desk import AGENT, TEACHER
from tests.portals.helpdesk.outages.test_outages import now
from tests.portals.helpdesk.sla.office import open_office

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "Nie działa Wi-Fi w całym budynku i w sali gimnastycznej, a laptopy uczniów tracą sieć co kilka minut"
WORD = "Najnieprawdopodobniejszokomputeryzacyjnemudrukarkowi"
"""As long as some addresses and device names are."""
OUTSIDE = """
() => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
  const scrolls = (one) => {
    for (let box = one.parentElement; box; box = box.parentElement) {
      if (box !== document.documentElement && /auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
    }
    return false;
  };
  const out = [...document.querySelectorAll("#banners *, #flashes *, #connection-bar, main *")].filter((one) => {
    if (!shown(one) || one.closest(".visually-hidden, svg")) return false;
    const { left, right } = one.getBoundingClientRect();
    return (right > innerWidth + 1 || left < -1) && !scrolls(one);
  });
  return {
    wider: document.documentElement.scrollWidth - innerWidth,
    out: out.slice(0, 5).map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 60)}`),
  };
}
"""
"""What stands outside of the window, also where the page cuts it off, unless it can be scrolled to."""
LINES = """
(text) => {
  const live = document.getElementById("banner-template").content.firstElementChild.cloneNode(true);
  live.querySelector(".banner-text").textContent = `Na żywo: Sesja XXXI — ${text}`;
  Object.assign(live.querySelector("a"), { href: "/", textContent: "Oglądaj" });
  document.getElementById("banners").prepend(live);
  const bar = document.getElementById("connection-bar");
  bar.hidden = false;
  bar.textContent = "Łączę ponownie…";
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind: "warning", button: { text: "Cofnij", press() {} } } }));
}
"""
"""Lines that other parts bring: a session on air, a lost connection, a message with its way back."""


async def outages(desk) -> int:
    """Two that run and one that is announced, with long words; id of the first."""
    moment = await now(desk)
    draft = OutageDraft(
        title=LONG, text=f"{LONG}. {WORD}", category_id=desk.broken, everywhere=True, queue_id=desk.first, public=True,
        expected_end=moment + timedelta(hours=2),
    )  # fmt: skip
    first = await actions.declare(desk.database, AGENT, draft)
    second = OutageDraft(title=WORD, unit_ids=[desk.office, desk.school], queue_id=desk.first, gathers=False)
    await actions.declare(desk.database, AGENT, second)
    planned = OutageDraft(
        title=f"Wymiana serwera poczty: {LONG[:80]}", kind="planned", everywhere=True, queue_id=desk.first,
        starts_at=moment + timedelta(hours=20), expected_end=moment + timedelta(hours=23),
    )  # fmt: skip
    await actions.declare(desk.database, AGENT, planned)
    return first.id


def addresses(site) -> list[str]:
    """Pages of the helpdesk that need no object."""
    found = {one.resource.canonical for one in site.app.router.routes() if one.method == "GET" and one.resource}
    return sorted(one for one in found if one.startswith(("/pomoc", "/awarie")) and "{" not in one and "." not in one)


async def test_nothing_runs_out_of_a_phone_with_every_line_over_it(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        desk.database = site.app[DATABASE]
        outage = await outages(desk)
        alone = await desk.send(f"{WORD} nie drukuje", category_id=desk.access)
        below = await desk.send(LONG, category_id=desk.broken)
        await watching.settle(desk.database)
        lead = await signed_in(chromium, site, "beata", PHONE)
        faults = Faults(lead)
        tickets = [one for ticket in (alone, below) for one in (ticket.path, ticket.desk_path)]
        paths = [
            *addresses(site), *tickets, f"/pomoc/obsluga?ticket={digits_of(alone.id)}", f"/pomoc/awarie/{outage}",
            f"/pomoc/obsluga/awarie/{outage}", f"/pomoc/obsluga/awarie/{outage}/zmiana", "/pomoc/ustawienia/queues",
            "/pomoc/ustawienia/categories", "/pomoc/nowe?category=1",
        ]  # fmt: skip
        assert len(paths) > 30
        wrong = {}
        for path in paths:
            await lead.goto(path)
            lines = lead.locator("#banners [data-outage]")
            offered = lead.locator("[data-outage-offer] [data-outage]")
            if await lead.locator("[data-outages]").count():  # not on a wall
                await lines.or_(offered).first.wait_for()
                await lead.evaluate(LINES, LONG)
            found = await lead.evaluate(OUTSIDE)
            if found["wider"] > 0 or found["out"]:
                wrong[path] = found
        assert wrong == {}, "\n".join(f"{path}: {found}" for path, found in wrong.items())
        assert faults.found == []


async def test_the_desk_with_outages_is_clean_and_can_be_pressed(chromium, database_url, tmp_path):
    """What agents have before their eyes the whole day: the list and a ticket, on a phone while something is broken."""
    async with open_office(database_url, tmp_path) as (site, desk):
        desk.database = site.app[DATABASE]
        await outages(desk)
        await desk.send("Drukarka", category_id=desk.access)
        page = await signed_in(chromium, site, "adam", PHONE)
        await page.goto("/pomoc/obsluga")
        line = page.locator(".oa-desk-line", has_text=LONG)
        await line.wait_for()
        assert await page.locator("#banners [data-outage]").count() == 3
        assert await violations(page) == []
        box = await line.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        for button in await page.locator("#banners .btn:visible, #banners .icon-button:visible").all():
            place = await button.bounding_box()
            assert place["x"] + place["width"] <= PHONE["width"]
        await page.locator("#banners [data-me-too]:visible").first.click()
        await page.locator("#banners [data-me-too][aria-pressed=true]").wait_for()
        await page.locator(".hd-row-link", has_text="Drukarka").click()
        await page.locator("[data-heading]", has_text="Drukarka").wait_for()
        found = await page.evaluate(OUTSIDE)
        assert found == {"wider": 0, "out": []}
        assert await violations(page) == []


async def test_a_requester_takes_a_ticket_out_of_an_outage_and_puts_it_back(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        desk.database = site.app[DATABASE]
        await outages(desk)
        ticket = await desk.send("Toner się skończył", TEACHER, category_id=desk.broken)
        await watching.settle(desk.database)
        teacher, agent = await signed_in(chromium, site, "jan", PHONE), await signed_in(chromium, site, "olga")
        await agent.goto("/pomoc/obsluga")
        await agent.locator("[data-bell-said]", has_text="nic nie czeka").wait_for(state="attached")
        await teacher.goto(ticket.path)
        part = teacher.locator("[data-part=below]")
        await part.get_by_text(LONG).wait_for()
        assert await violations(teacher) == []
        await part.get_by_role("button", name="Chodzi o coś innego").focus()
        await teacher.keyboard.press("Enter")
        await part.get_by_role("button", name="To jednak ta awaria").wait_for()
        assert await violations(teacher) == []
        await agent.locator("[data-bell-count]", has_text="1").wait_for()
        assert (await desk.fresh(ticket)).parent_id is None
        await teacher.locator("#flashes").get_by_role("button", name="Cofnij").click()
        await part.get_by_role("button", name="Chodzi o coś innego").wait_for()
        assert (await desk.fresh(ticket)).parent_id is not None
        await agent.locator("[data-bell-count]").wait_for(state="hidden")


async def test_a_ticket_that_is_given_back_stands_on_other_bells_at_once(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        desk.database = site.app[DATABASE]
        adam, olga = await signed_in(chromium, site, "adam"), await signed_in(chromium, site, "olga")
        number = await send(site, "Projektor miga")
        await olga.add_init_script(
            "window.rang = 0; document.addEventListener('gryf:bell-rang', () => (window.rang += 1));"
        )
        await olga.goto("/pomoc/wiedza")
        count = olga.locator("[data-bell-count]")
        await count.filter(has_text="1").wait_for()
        await adam.goto(f"/pomoc/obsluga?ticket={number}")

        async def give(whom: str) -> None:
            await adam.locator("[data-pane] [data-heading]", has_text="Projektor").wait_for()
            await adam.locator("[data-pane] [data-does=assign]").click()
            await adam.locator("#choose-assign[open]").wait_for()
            await adam.locator("#choose-assign").get_by_label(whom).check()
            await adam.locator("#choose-assign button", has_text="Zmień").click()

        await give("Adam Bielski")
        await count.wait_for(state="hidden")
        rang = await olga.evaluate("window.rang")
        await give("nikt")
        await count.filter(has_text="1").wait_for()  # without another page, and without a sound: it rang before
        assert await olga.evaluate("window.rang") == rang
        assert "Projektor miga" in await olga.locator("[data-bell-list]").text_content()
