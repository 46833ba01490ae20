"""The player in another site's frame, and oEmbed."""

import html
import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


async def site_with(markup):
    """Another site, whose page holds `markup`."""

    async def show(_request):
        return web.Response(text=f"<!doctype html><title>Gazeta</title>{markup}", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", show)
    server = TestServer(app)
    await server.start_server()
    return server


async def test_another_site_finds_the_player_and_shows_it(chromium, tmp_path):
    async with product(tmp_path / "data") as running:
        visitor = await person(chromium, running.ready)
        session_url = running.ready["session"]
        page = await visitor.new_page()
        await page.goto(session_url)
        discovered = await page.locator('link[type="application/json+oembed"]').get_attribute("href")
        answer = await visitor.request.get(f"{discovered}&maxwidth=480")
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["access-control-allow-origin"] == "*"
        told = await answer.json()
        assert (told["version"], told["type"]) == ("1.0", "video")
        assert (told["width"], told["height"]) == (480, 270)
        assert told["title"] == "XXXI sesja Rady Miejskiej"

        # the same frame is what the page offers to copy, in its usual size
        offered = await page.locator("#embed-code").input_value()
        source = re.search(r'src="([^"]+)"', told["html"])[1]
        assert re.search(r'src="([^"]+)"', offered)[1] == source

        for query, status in (
            (f"url={session_url}&format=xml", 501),
            (f"url={running.ready['http']}/council/sessions/none", 404),
            ("url=https://example.org/council/sessions/a", 404),
            ("", 404),
        ):
            assert (await visitor.request.get(f"/oembed?{query}")).status == status

        server = await site_with(told["html"])
        try:
            page = await visitor.new_page()
            faults = Faults(page, ("Failed to load resource",))  # the other site has no icon
            await page.goto(str(server.make_url("/")))
            frame = await (await page.wait_for_selector("iframe")).content_frame()
            await frame.wait_for_url(html.unescape(source))
            await frame.wait_for_function(
                "() => { const v = document.querySelector('video'); return v && v.currentTime > 1; }", timeout=45_000
            )
            assert await frame.locator("nav, [data-chat], .site-header").count() == 0
            link = frame.get_by_role("link", name="XXXI sesja Rady Miejskiej")
            assert await link.get_attribute("href") == session_url
            assert faults.found == []
        finally:
            await server.close()


async def test_only_the_player_may_stand_in_a_frame(chromium, shown):
    visitor = await person(chromium, shown)
    for path in ("", "/screen"):
        answer = await visitor.request.get(shown["session"] + path)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    slug = shown["session"].rsplit("/", 1)[1]
    answer = await visitor.request.get(f"/embed/{slug}")
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert (await visitor.request.get("/embed/none")).status == 404


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_live_planned_and_past_fit_and_axe_finds_nothing(chromium, shown, viewport):
    visitor = await person(chromium, shown, viewport=viewport)
    sessions = await (await visitor.request.get("/api/council/sessions")).json()
    page = await visitor.new_page()
    faults = Faults(page)
    for kind in ("live", "coming", "past"):
        await page.goto(f"/embed/{sessions[kind][0]['slug']}")
        await page.wait_for_load_state("load")
        assert await violations(page) == [], kind
        assert await overflow(page) <= 0, kind
    assert faults.found == []
