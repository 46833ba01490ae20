"""static/js/live.js in Chromium against the real server."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from app.feature import SessionEnded
from realtime.client import pause_after_s
from tests.realtime.conftest import Site, SiteMaker, sockets_open
from tests.realtime.test_socket import until

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).parents[2] / "static" / "js"
CHROMIUM = shutil.which("chromium")

PAGE = """<!doctype html><meta charset="utf-8"><title>live</title><script type="module">
import { connect, newer, pauseMs } from "/js/live.js";
window.newer = newer; window.pauseMs = pauseMs;
window.live = connect();
window.same = connect() === live;
window.states = []; window.byes = [];
live.addEventListener("state", (event) => states.push(event.detail));
live.addEventListener("bye", (event) => byes.push(event.detail.why));
window.enter = (room) => {
  const log = { rows: new Map(), snapshots: 0, events: [], presence: 0, refused: [], states: [] };
  log.stay = live.join(room, {
    snapshot(data) { log.snapshots += 1; log.rows.clear(); for (const row of data.notes) newer(log.rows, row); },
    event(data, seq) { log.events.push([seq, data.note.id]); newer(log.rows, data.note); },
    presence(sockets) { log.presence = sockets; },
    refused(problem) { log.refused.push([problem.status, problem.code]); },
    state(name) { log.states.push(name); },
  });
  return log;
};
window.a = enter("board/a");
</script>"""


@pytest.fixture
async def page(make_site: SiteMaker, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Page, Site]]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")

    async def show_page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async with make_site(pages={"/": show_page}, scripts=SCRIPTS) as site, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        opened = await browser.new_page()
        await opened.goto(str(site.server.make_url("/")))
        await opened.wait_for_function("window.a?.snapshots === 1")
        yield opened, site
        await browser.close()


async def test_snapshot_events_presence_and_refusal(page: tuple[Page, Site]) -> None:
    opened, site = page
    assert await opened.evaluate("same")
    await site.write(1, "one")
    await site.write(1, "two")
    await opened.wait_for_function("a.events.length === 2")
    assert await opened.evaluate("[...a.rows.values()]") == [{"id": 1, "text": "two", "rev": 2}]
    await opened.evaluate("window.b = enter('staff/a')")
    await opened.wait_for_function("b.refused.length === 1")
    assert await opened.evaluate("b.refused") == [[401, "sign-in-needed"]]
    assert await opened.evaluate("a.presence") == 1
    assert await opened.evaluate("[states, a.states]") == [["connected"], ["connected"]]
    await opened.evaluate("window.c = enter('board/a')")
    await opened.wait_for_function("c.snapshots === 1 && a.snapshots === 2")
    await opened.evaluate("a.stay.leave()")
    await site.write(2)
    await opened.wait_for_function("c.events.length === 1")
    assert await opened.evaluate("a.events.length") == 2


async def test_resumes_after_the_server_cut_it(page: tuple[Page, Site]) -> None:
    opened, site = page
    await site.write(1)
    await opened.wait_for_function("a.events.length === 1")
    from realtime.web import SOCKETS

    for connection in list(site.app[SOCKETS].open):
        connection.transport.abort()
    await until(lambda: sockets_open(site) == 0)
    await site.write(2)
    await site.write(3)
    await opened.wait_for_function("a.events.length === 3")
    assert await opened.evaluate("[a.snapshots, a.events, states]") == [
        1,
        [[1, 1], [2, 2], [3, 3]],
        ["connected", "reconnecting", "connected"],
    ]


async def test_offline_and_back(page: tuple[Page, Site]) -> None:
    opened, site = page
    await opened.context.set_offline(True)
    await opened.wait_for_function("states.at(-1) === 'offline'")
    await site.write(1)
    await opened.context.set_offline(False)
    await opened.wait_for_function("states.at(-1) === 'connected' && a.rows.size === 1")
    assert await opened.evaluate("a.states") == ["connected", "offline", "connected"]


async def test_missed_events_lead_to_a_snapshot(page: tuple[Page, Site]) -> None:
    opened, site = page
    from realtime.web import SOCKETS

    await site.write(1)
    await opened.wait_for_function("a.events.length === 1")
    site.hub.forget()
    site.app[SOCKETS].end_all("events-missed")
    await opened.wait_for_function("a.snapshots === 2")
    assert await opened.evaluate("[byes, a.rows.size]") == [["events-missed"], 1]


async def test_an_ended_session_comes_back_as_who_it_is_then(page: tuple[Page, Site]) -> None:
    opened, site = page
    from app.actor import Actor

    site.current = lambda request: Actor(1, session_id="s1", address=request.remote or "")
    await opened.reload()
    await opened.wait_for_function("window.a?.snapshots === 1")
    site.current = lambda request: Actor(address=request.remote or "")
    async with site.database.transaction() as tx:
        tx.publish("session/s1", SessionEnded())
    await opened.wait_for_function("byes.length === 1 && states.length === 3")
    await site.write(1)
    await opened.wait_for_function("a.rows.size === 1")


async def test_a_fault_in_one_part_of_a_page_does_not_touch_the_others(page: tuple[Page, Site]) -> None:
    opened, site = page
    await opened.evaluate("void live.join('board/a', {snapshot() { throw new Error('mine') }, event() { throw 1 }})")
    await opened.wait_for_function("a.snapshots === 2")
    await site.write(1)
    await opened.wait_for_function("a.events.length === 1")
    assert await opened.evaluate("[a.rows.size, states.at(-1), byes.length]") == [1, "connected", 0]


async def test_pauses_and_revisions(page: tuple[Page, Site]) -> None:
    opened, _ = page
    aways_s = (0, 2, 30, 3600)
    pauses = await opened.evaluate(f"{[*aways_s]}.flatMap((s) => [0, 1].map((one) => pauseMs(s * 1000, () => one)))")
    assert pauses == [0, 1000, 500, 2500, 7500, 23_500, 7500, 23_500]
    assert pauses == [1000 * pause_after_s(away_s, lambda one=one: one) for away_s in aways_s for one in (0, 1)]
    told = await opened.evaluate(
        "(() => { const rows = new Map(); return [[1, 2], [1, 1], [1, 2], [2, 0], [1, 3]]"
        ".map(([id, rev]) => newer(rows, { id, rev })).concat(rows.get(1).rev) })()"
    )
    assert told == [True, False, False, True, True, 3]


async def test_a_silent_server_is_found_out(page: tuple[Page, Site]) -> None:
    """The tab comes to the front and the socket looks open, but nothing answers any more."""
    opened, site = page
    from realtime.web import SOCKETS

    for connection in list(site.app[SOCKETS].open):
        connection.transport.pause_reading()
        site.hub.remove(connection.outlet)
    await opened.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await opened.wait_for_function("states.includes('reconnecting')", timeout=20_000)
    async with asyncio.timeout(20):
        await opened.wait_for_function("states.at(-1) === 'connected'")


async def test_acknowledges_a_moment_after_its_handlers(page: tuple[Page, Site]) -> None:
    opened, site = page
    from app.actor import Actor

    await site.database.pool.execute(
        "INSERT INTO account (id, login, name, folded) OVERRIDING SYSTEM VALUE VALUES (1, 'p1', 'Person', '')"
    )
    site.current = lambda request: Actor(1, session_id="s1", address=request.remote or "")
    await opened.reload()
    await opened.wait_for_function("window.a?.snapshots === 1")
    await opened.evaluate("window.alerts = enter('alerts/a')")
    await opened.wait_for_function("alerts.snapshots === 1")
    for number in (1, 2):
        await site.write(number, room="alerts/a")
    await opened.wait_for_function("alerts.events.length === 2")

    async def acked() -> int:
        return await site.database.pool.fetchval("SELECT seq FROM realtime_ack WHERE account_id = 1") or 0

    async with asyncio.timeout(15):
        while await acked() < 2:
            await asyncio.sleep(0.1)
    # what came while the page was closed comes again, after the snapshot
    await opened.goto("about:blank")
    await until(lambda: sockets_open(site) == 0)
    await site.write(3, room="alerts/a")
    await opened.goto(str(site.server.make_url("/")))
    await opened.wait_for_function("window.a?.snapshots === 1")
    await opened.evaluate("window.alerts = enter('alerts/a')")
    await opened.wait_for_function("alerts.events.length === 1")
    assert await opened.evaluate("[alerts.snapshots, alerts.events]") == [1, [[3, 3]]]


async def test_optional_rooms_are_left_out_while_the_device_saves_data(page: tuple[Page, Site]) -> None:
    opened, site = page
    await opened.evaluate(
        """() => {
            window.saves = true;
            Object.defineProperty(navigator.connection, "saveData", { get: () => window.saves, configurable: true });
            window.typing = 0;
            window.spare = live.join("typing/a", { snapshot() { window.typing += 1; } }, { optional: true });
            window.b = enter("board/b");
        }"""
    )
    await opened.wait_for_function("b.snapshots === 1")
    assert "typing/a" not in site.hub.rooms
    await opened.evaluate("() => { saves = false; navigator.connection.dispatchEvent(new Event('change')); }")
    await opened.wait_for_function("typing === 1")
    await until(lambda: "typing/a" in site.hub.rooms)
    await opened.evaluate("() => { saves = true; navigator.connection.dispatchEvent(new Event('change')); }")
    await until(lambda: "typing/a" not in site.hub.rooms)
    await site.write(1, room="board/b")
    await opened.wait_for_function("b.events.length === 1")
