"""A teacher's telephone reports a broken device, agents' screens ring: once, whatever tabs, cuts and reloads do to them."""

import time

import pytest

from tests.browser.test_helpdesk_levels import looked_at, signed_in
from tests.browser.watching import LAPTOP, PHONE, Faults
from tests.portals.helpdesk.desk import AGENT, NUMBER, SECOND_AGENT
from tests.portals.helpdesk.sla.office import open_office

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a347d6b0000000049454e44ae426082"
)
LISTEN = """
() => {
  window.rang = [];
  document.addEventListener("gryf:bell-rang", ({ detail }) => window.rang.push({ ...detail, at: Date.now() }));
}
"""


HELD_BACK = """
(() => {
  let pressed = false;
  addEventListener("pointerdown", () => (pressed = true), { capture: true });
  const { get } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, "state");
  Object.defineProperty(BaseAudioContext.prototype, "state", { get() { return pressed ? get.call(this) : "suspended"; } });
  const resume = AudioContext.prototype.resume;
  AudioContext.prototype.resume = function () { return pressed ? resume.call(this) : new Promise(() => {}); };
})();
"""


async def listening(page, path: str = "/pomoc/obsluga") -> None:
    """The page is open, its bell is in its rooms, and rings are written down."""
    await page.add_init_script(f"({LISTEN})()")
    await page.goto(path)
    await connected(page)


async def connected(page) -> None:
    await page.wait_for_function("document.querySelector('[data-bell-said]').textContent.includes(':')")
    await page.wait_for_timeout(1200)  # what was waiting is gathered by then


async def rings(page) -> list[dict]:
    return await page.evaluate("window.rang")


async def until_rung(page, count: int = 1) -> None:
    await page.wait_for_function("count => window.rang.length >= count", arg=count)


async def count_on(page) -> str:
    return await page.locator("[data-bell-count]").text_content()


async def test_a_telephone_reports_and_the_screen_rings(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        agent = await signed_in(chromium, site, "adam")
        faults = Faults(agent)
        await listening(agent)
        other = await signed_in(chromium, site, "piotr")  # of the other queue
        await listening(other)

        teacher = await signed_in(chromium, site, "jan")
        await teacher.set_viewport_size(PHONE)
        await teacher.goto(f"/pomoc/urzadzenie/{NUMBER}")  # what the label's QR code says
        await teacher.get_by_role("link", name="Zepsuty sprzęt").click()
        await teacher.locator("textarea[name=text]").fill("Drukarka nie drukuje, mruga czerwona lampka")
        await teacher.locator("input[type=file]").first.set_input_files(
            {"name": "lampka.png", "mimeType": "image/png", "buffer": PNG}
        )
        pressed = time.time()
        await teacher.get_by_role("button", name="Wyślij").click()
        await teacher.wait_for_url("**/pomoc/*")
        await until_rung(agent)
        (ring,) = await rings(agent)
        print(f"from the press on the telephone to the ring: {ring['at'] / 1000 - pressed:.3f} s")
        assert ring["heard"] == "heard"
        assert not ring["away"]
        assert await rings(other) == []
        assert await count_on(agent) == "1"
        assert (await agent.title()).startswith("(1) ")
        toast = agent.locator(".bell-toast")
        assert "Drukarka nie drukuje" in await toast.inner_text()
        await looked_at(agent)
        await agent.set_viewport_size(LAPTOP)
        await toast.get_by_role("button", name="Otwórz").click()
        await agent.wait_for_url("**/pomoc/obsluga/1*")
        await agent.get_by_text("mruga czerwona lampka").first.wait_for()
        await connected(agent)
        assert await agent.locator("[data-bell-count]").is_hidden()  # opened: it left this bell
        assert await rings(agent) == []  # a new page, and nothing new
        assert desk.first
        assert faults.found == []


async def test_two_pages_ring_once_and_a_reload_rings_never_again(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        first = await signed_in(chromium, site, "adam")
        await listening(first)
        second = await first.context.new_page()
        await listening(second, "/pomoc")
        ticket = await send(site, "Nie ma internetu")
        await first.wait_for_function("document.querySelector('[data-bell-count]').textContent === '1'")
        await second.wait_for_function("document.querySelector('[data-bell-count]').textContent === '1'")
        await second.wait_for_timeout(1500)
        assert len(await rings(first)) + len(await rings(second)) == 1
        await first.reload()
        await second.reload()
        for page in (first, second):
            await connected(page)
        assert await rings(first) + await rings(second) == []
        assert await count_on(first) == await count_on(second) == "1"

        # somebody takes it: it leaves every bell at once, and says whose it is
        await first.locator("[data-bell] > summary").click()
        await first.get_by_text("Nie ma internetu").first.wait_for()
        await looked_at(first)
        await desk_change(site, ticket, SECOND_AGENT.account_id)
        for page in (first, second):
            await page.locator("[data-bell-count]").wait_for(state="hidden")
        await first.get_by_text("zajmuje się Olga Wilk").wait_for()


async def test_what_came_during_a_cut_is_shown_once_together(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        agent = await signed_in(chromium, site, "adam")
        await listening(agent)
        await agent.context.set_offline(True)
        await agent.wait_for_function("document.querySelector('[data-bell]').classList.contains('bell-silent')")
        for text in ("Pierwsze", "Drugie", "Trzecie"):
            await send(site, text)
        await agent.context.set_offline(False)
        await until_rung(agent)
        await agent.wait_for_timeout(1500)
        (ring,) = await rings(agent)
        assert ring["away"]
        assert len(ring["keys"]) == 3
        assert "Podczas nieobecności: 3" in await agent.locator(".bell-toast").inner_text()
        assert await count_on(agent) == "3"
        await agent.reload()
        await connected(agent)
        assert await rings(agent) == []

        # a page that was closed altogether: the next one tells what came meanwhile, once
        await agent.close()
        await send(site, "Czwarte")
        await send(site, "Piąte")
        again = await agent.context.new_page()
        await again.add_init_script(f"({LISTEN})()")
        await again.goto("/pomoc")
        await until_rung(again)
        (ring,) = await rings(again)
        assert (ring["away"], len(ring["keys"])) == (True, 2)


async def test_settings_decide_what_rings(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        agent = await signed_in(chromium, site, "adam")
        faults = Faults(agent, allowed=("422",))
        await listening(agent, "/pomoc/dzwonek")
        await looked_at(agent)
        await agent.get_by_role("button", name="Posłuchaj").click()
        await agent.get_by_text("Tak dzwoni.").wait_for()
        await agent.get_by_label("Wtorek", exact=True).fill("15-7")
        await agent.get_by_label("Z dźwiękiem").uncheck()
        await agent.get_by_role("button", name="Zapisz").click()
        await agent.locator("#hours_1-error").wait_for()
        await looked_at(agent)
        await agent.get_by_label("Wtorek", exact=True).fill("24h")
        await agent.get_by_role("button", name="Zapisz").click()
        await agent.get_by_text("Zapisano").first.wait_for()
        await connected(agent)
        await send(site, "Bez dźwięku")
        await until_rung(agent)
        assert (await rings(agent))[-1]["heard"] == "off"

        await agent.locator("[data-bell] > summary").click()
        await agent.locator("[data-bell-hush]").click()
        await agent.get_by_text("Cisza do").first.wait_for()
        before = len(await rings(agent))
        await send(site, "W ciszy")
        await agent.wait_for_function("document.querySelector('[data-bell-count]').textContent === '2'")
        await agent.wait_for_timeout(800)
        assert len(await rings(agent)) == before
        await agent.locator("[data-bell-clear]").click()
        await agent.locator("[data-bell-count]").wait_for(state="hidden")
        await agent.locator("[data-bell-loud]").click()
        await agent.locator("[data-bell-hush]").wait_for()
        await send(site, "Znowu")
        await until_rung(agent, before + 1)
        assert faults.found == []


async def test_a_page_in_the_background_rings_and_says_so_in_its_title(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        agent = await signed_in(chromium, site, "adam")
        await listening(agent)
        front = await agent.context.new_page()
        await front.goto("about:blank")
        await front.bring_to_front()
        await send(site, "W tle")
        await until_rung(agent)
        assert (await agent.title()).startswith("(1) ")


async def test_a_blocked_sound_says_so_and_one_press_helps(chromium, database_url, tmp_path):
    """Playwright's own calls count as presses of a person, so the browser's rule is played by a script."""
    async with open_office(database_url, tmp_path) as (site, _desk):
        agent = await signed_in(chromium, site, "adam")
        await agent.add_init_script(HELD_BACK)
        await listening(agent)
        await send(site, "Cicho")
        await until_rung(agent)
        assert (await rings(agent))[0]["heard"] == "blocked"
        toast = agent.locator(".bell-toast")
        assert "przeglądarka wstrzymuje dźwięk" in await toast.inner_text()
        await looked_at(agent)
        await toast.get_by_role("button", name="Włącz dźwięk").click()
        await agent.wait_for_function("!document.querySelector('[data-bell]').classList.contains('bell-mute')")
        await agent.wait_for_timeout(2600)  # while one sound rings no other begins
        await send(site, "Głośno")
        await until_rung(agent, 2)
        assert (await rings(agent))[1]["heard"] == "heard"


async def test_the_wall_follows_and_says_when_it_stands_still(chromium, database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, _desk):
        lead = await signed_in(chromium, site, "beata")
        faults = Faults(lead, allowed=("ERR_INTERNET_DISCONNECTED", "WebSocket"))
        await lead.goto("/pomoc/ustawienia/tablice")
        await looked_at(lead)
        await lead.get_by_label("Gdzie wisi ekran").fill("Pokój 12")
        await lead.get_by_role("button", name="Utwórz adres").click()
        address = await lead.locator("[data-made]").get_attribute("href")
        await looked_at(lead)
        stranger = await chromium.new_context(viewport={"width": 1920, "height": 1080}, locale="pl-PL")
        wall = await stranger.new_page()
        wrong = Faults(wall, allowed=("ERR_INTERNET_DISCONNECTED", "WebSocket"))
        await wall.goto(address)
        await looked_at(wall, {"width": 1920, "height": 1080}, PHONE)
        await wall.set_viewport_size({"width": 1920, "height": 1080})
        await send(site, "Tajny temat")
        first = wall.locator("[data-queue]", has_text="Helpdesk")
        await first.locator('[data-figure="open"]', has_text="1").wait_for()
        await wall.locator("[data-wall-alerts] li").first.wait_for()
        await wall.get_by_text("Dziś: przyszło 1, rozwiązano 0").wait_for()
        await wall.locator("[data-wall-clocks] li").first.wait_for(timeout=20_000)
        assert "Tajny" not in await wall.content()
        await looked_at(wall, {"width": 1920, "height": 1080}, PHONE)
        await stranger.set_offline(True)
        await wall.get_by_text("Brak połączenia od").wait_for()
        await stranger.set_offline(False)
        await wall.locator("[data-wall-link]").wait_for(state="hidden")
        await lead.get_by_role("button", name="Wycofaj: Pokój 12").click()
        await wall.wait_for_function("document.querySelector('[data-hd-wall]').children.length === 0")
        assert faults.found == wrong.found == []


async def send(site, text: str) -> dict:
    async with site.client("jan") as teacher, teacher.post("/api/helpdesk/tickets", json={"text": text}) as answer:
        assert answer.status == 201, await answer.text()
        return await answer.json()


async def desk_change(site, ticket: dict, assignee_id: int) -> None:
    number = "".join(one for one in ticket["number"] if one.isdigit())
    body = {"wanted": {"assignee_id": assignee_id}, "rev": ticket["rev"]}
    async with site.client(AGENT.login) as agent, agent.patch(f"/api/helpdesk/tickets/{number}", json=body) as answer:
        assert answer.status == 200, await answer.text()
