"""The shell in Chromium: within reach of everybody in every theme and size, and its scripts do what they promise."""

import re

import pytest
from aiohttp.test_utils import TestServer

from tests.app.shell_app import shell_app
from tests.browser.watching import AXE, Faults, overflow

pytestmark = pytest.mark.browser

SIZES = {"phone": (360, 740), "tablet": (768, 1024), "laptop": (1366, 768), "desktop": (1920, 1080)}
LOOKS = {
    "light": {},
    "dark": {"theme": "dark"},
    "contrast": {"contrast": "high"},
    "contrast-dark": {"contrast": "high", "theme": "dark"},
    "large": {"text": "150"},
}


@pytest.fixture
async def address(monkeypatch, tmp_path):
    (tmp_path / "templates").mkdir()
    async with TestServer(shell_app(monkeypatch, tmp_path)) as server:
        yield str(server.make_url("")).rstrip("/")


async def open_page(chromium, address, path="/guide", size="laptop", look="light", **options):
    width, height = SIZES[size]
    context = await chromium.new_context(
        viewport={"width": width, "height": height},
        base_url=address,
        locale="pl-PL",
        reduced_motion="reduce",
        **options,
    )
    cookies = [{"name": f"gryf_{name}", "value": value, "url": address} for name, value in LOOKS[look].items()]
    if cookies:
        await context.add_cookies(cookies)
    page = await context.new_page()
    page.faults = Faults(page, ("Failed to load resource",))
    await page.goto(path)
    return page


async def violations(page):
    """All of axe-core's rules, best practices too. What passes is not described: that is most of the work."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]
    ]


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize("look", LOOKS)
async def test_nothing_is_out_of_reach_in_any_size(chromium, address, look):
    for size in SIZES:
        page = await open_page(chromium, address, "/guide?clerk", size, look)
        assert await violations(page) == [], size
        assert await overflow(page) <= 0, size
        await page.goto("/error/409")
        assert await violations(page) == [], size
        assert page.faults.found == [], size
        await page.context.close()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
async def test_open_menus_and_dialogs_are_within_reach(chromium, address):
    page = await open_page(chromium, address, "/guide?clerk", "phone")
    await page.locator(".menu-button").click()
    await page.locator("summary", has_text="A+").click()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    assert await page.locator(".menu-button").get_attribute("aria-expanded") == "false"
    await page.locator("[data-opens=ask]").click()
    assert await page.locator("#ask").is_visible()
    assert await page.evaluate("() => document.activeElement.textContent") == "Не зараз"
    assert await violations(page) == []


async def test_touch_targets_are_large_enough(chromium, address):
    page = await open_page(chromium, address, "/guide", "phone", has_touch=True, is_mobile=True)
    await page.locator(".menu-button").click()
    small = await page.evaluate(
        """() => [...document.querySelectorAll('button, summary, .btn, .site-nav a, .bottom-bar a, .tabs a, .pagination a')]
            .filter((one) => one.checkVisibility())
            .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
            .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
            .map(([text, box]) => `${text} ${box.width}x${box.height}`)"""
    )
    assert small == []


async def test_the_menu_of_the_phone_never_outgrows_the_window(chromium, address):
    page = await open_page(chromium, address, "/guide", "phone", "large")
    await page.locator(".menu-button").click()
    await page.locator("summary", has_text="A+").click()
    button = page.get_by_role("button", name="Ciemne")
    await button.scroll_into_view_if_needed()
    box = await button.bounding_box()
    bar = await page.locator(".bottom-bar").bounding_box()
    assert box["y"] + box["height"] <= bar["y"]


async def test_themes_change_at_once_and_stay(chromium, address):
    page = await open_page(chromium, address)
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"
    await page.locator("summary", has_text="A+").click()
    await page.get_by_role("button", name="Ciemne").click()
    await page.get_by_role("button", name="Wysoki").click()
    assert await page.evaluate(ground) == "rgb(0, 0, 0)"
    await page.get_by_role("button", name="A++ Największe litery").click()
    assert await page.evaluate("() => getComputedStyle(document.documentElement).fontSize") == "24px"
    await page.reload()
    assert await page.evaluate(ground) == "rgb(0, 0, 0)"
    assert await page.locator("html").get_attribute("data-text") == "150"


async def test_themes_and_language_work_without_scripts(chromium, address):
    page = await open_page(chromium, address, java_script_enabled=False)
    await page.locator("summary", has_text="A+").click()
    await page.get_by_role("button", name="Ciemne").click()
    assert await page.locator("html").get_attribute("data-theme") == "dark"
    await page.locator("summary", has_text="PL").click()
    await page.get_by_role("button", name="Українська").click()
    assert await page.locator("html").get_attribute("lang") == "uk"
    assert re.search("/guide$", page.url)


async def test_without_scripts_the_phone_shows_its_menu(chromium, address):
    page = await open_page(chromium, address, size="phone", java_script_enabled=False)
    assert await page.locator(".site-nav a").first.is_visible()


async def test_banners_come_as_text(chromium, address):
    page = await open_page(chromium, address)
    banner = page.locator("#banners .banner", has_text="Trwa sesja <b>XXXI</b>")
    await banner.wait_for()
    assert await banner.get_by_role("link", name="Oglądaj").get_attribute("href") == "/watch"


async def test_the_thin_bar_waits_and_goes(chromium, address):
    page = await open_page(chromium, address)
    tell = "(state) => document.dispatchEvent(new CustomEvent('gryf:live-state', {detail: {state}}))"
    bar = page.locator("#connection-bar")
    await page.evaluate(tell, "reconnecting")
    await page.evaluate(tell, "connected")
    await page.evaluate(tell, "reconnecting")
    await bar.wait_for(state="visible")
    assert await bar.text_content() == "Łączę ponownie…"
    await page.evaluate(tell, "connected")
    assert await bar.is_hidden()


async def test_typed_text_survives_a_lost_page_and_goes_when_sent(chromium, address):
    page = await open_page(chromium, address, "/error/404")
    await page.evaluate(
        """() => {
            document.querySelector('main').innerHTML =
                '<form data-keep="a" method="post" action="/sign-in"><input name="words" aria-label="a">' +
                '<input name="secret" type="password" aria-label="b"><button>ok</button></form>';
        }"""
    )
    load = "() => import(document.querySelector('script[type=module][src*=\"js/shell.js\"]').src.replace('shell.js', 'shell/forms.js')).then((m) => m.keepInput({restored: 'kept', discard: 'x'}))"
    await page.evaluate(load)
    await page.locator("[name=words]").fill("Szanowna Rado")
    await page.locator("[name=secret]").fill("tajne")
    await page.wait_for_function("() => Object.values(sessionStorage).some((text) => text.includes('Szanowna Rado'))")
    assert not await page.evaluate("() => Object.values(sessionStorage).some((text) => text.includes('tajne'))")
    await page.evaluate("() => document.querySelector('main form').reset()")
    await page.evaluate(load)
    assert await page.locator("[name=words]").input_value() == "Szanowna Rado"
    await page.locator("#flashes", has_text="kept").wait_for()
    await page.get_by_role("button", name="ok").click()
    await page.goto("/guide")
    assert await page.evaluate("() => Object.keys(sessionStorage).filter((key) => key.startsWith('gryf:draft'))") == []


async def test_a_form_is_sent_once(chromium, address):
    page = await open_page(chromium, address, "/error/404")
    await page.evaluate(
        """() => {
            document.querySelector('main').innerHTML = '<form method="post" action="/x"><button>ok</button></form>';
            window.sent = 0;
            addEventListener('submit', (event) => { if (!event.defaultPrevented) sent += 1; event.preventDefault(); });
        }"""
    )
    await page.get_by_role("button", name="ok").click()
    await page.get_by_role("button", name="ok").click(force=True)
    assert await page.evaluate("() => sent") == 1


async def test_keys_press_focus_and_list_themselves(chromium, address):
    page = await open_page(chromium, address)
    await page.evaluate(
        "() => document.querySelector('[data-key=n]').addEventListener('click', () => { window.pressed = (window.pressed ?? 0) + 1; })"
    )
    await page.locator("#main").focus()
    await page.keyboard.press("n")
    assert await page.evaluate("() => pressed") == 1
    await page.locator("textarea").press("n")
    assert await page.evaluate("() => pressed") == 1
    await page.locator("#main").focus()
    await page.keyboard.press("?")
    assert "Następny punkt" in await page.locator("#shortcuts").inner_text()
    await page.get_by_label("Pojedyncze klawisze działają na tym urządzeniu").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    assert await page.evaluate("() => pressed") == 1


async def test_a_dangerous_button_must_be_held(chromium, address):
    page = await open_page(chromium, address)
    button = page.get_by_role("button", name="Przytrzymaj")
    await button.evaluate("(one) => one.addEventListener('click', () => { window.done = (window.done ?? 0) + 1; })")
    await button.click()
    assert await page.evaluate("() => window.done ?? 0") == 0
    await button.hover()
    await page.mouse.down()
    await page.wait_for_function("() => window.done === 1")
    await page.mouse.up()
    assert await page.evaluate("() => done") == 1
    await button.focus()
    await page.keyboard.press("Enter")
    assert await page.evaluate("() => done") == 1


async def test_forced_colours_keep_what_colour_says(chromium, address):
    page = await open_page(chromium, address, forced_colors="active")
    current = page.locator(".segmented [aria-pressed=true]").first
    style = await current.evaluate("(one) => getComputedStyle(one).borderBottomWidth")
    assert style == "3px"
    assert page.faults.found == []
