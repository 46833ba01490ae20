"""Notifications in Chromium: switched on by keyboard, told through a push service while the page is closed, and opened.

Chromium's own push service is its maker's and out of reach of a test, so `subscribe` gives a browser made here instead;
what the push service gets is deciphered with that browser's keys and handed to the real service worker.
"""

import json

import pytest

from tests.app.push.browser import Browser, PushService
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGE = "/account/notifications"
STAND_IN = """
(given) => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const made = (key) => ({
    endpoint: given.endpoint,
    options: { applicationServerKey: key },
    getKey: (name) => bytes(name === "auth" ? given.auth : given.public_key).buffer,
    unsubscribe: async () => { localStorage.removeItem("stand-in"); return true; },
  });
  PushManager.prototype.subscribe = async function (options) {
    localStorage.setItem("stand-in", "yes");
    return made(options.applicationServerKey.buffer ?? options.applicationServerKey);
  };
  PushManager.prototype.getSubscription = async () => localStorage.getItem("stand-in") ? made(null) : null;
}
"""


async def delivered(context, page, told: bytes) -> None:
    """As the browser's push service would: to the worker, whether a page is open or not."""
    session = await context.new_cdp_session(page)
    workers: list[dict] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: workers.extend(event["registrations"]))
    await session.send("ServiceWorker.enable")
    while not workers:
        await page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    origin = page.url.split("/", 3)
    await session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": "/".join(origin[:3]), "registrationId": workers[0]["registrationId"], "data": told.decode()},
    )


async def shown(page) -> list[dict]:
    """Notifications on the screen, once there is one."""
    await page.wait_for_function(
        "async () => (await (await navigator.serviceWorker.getRegistration('/')).getNotifications()).length > 0"
    )
    return await page.evaluate(
        "async () => (await (await navigator.serviceWorker.getRegistration('/')).getNotifications())"
        ".map((one) => ({title: one.title, body: one.body, tag: one.tag, path: one.data.path}))"
    )


async def told_by_service(page, service: PushService, number: int) -> bytes:
    """What the service was given; the worker of the product sends it a while after the entry."""
    for _look in range(1200):
        if len(service.taken) >= number:
            return service.taken[number - 1][2]
        await page.wait_for_timeout(50)
    raise AssertionError("nothing was told")


async def test_a_closed_page_is_told_and_the_notice_opens_it(tmp_path, chromium):
    async with PushService() as service:
        config = tmp_path / "gryf.toml"
        config.write_text(f'[push]\ntest_origin = "{service.origin}"\n')
        async with product(tmp_path / "data", "--no-feed", "--config", str(config)) as running:
            await _walk(running.ready, chromium, service)


async def _walk(ready, chromium, service) -> None:
    browser = Browser()
    context = await person(chromium, ready, "resident")
    await context.grant_permissions(["notifications"], origin=ready["http"])
    given = json.dumps(browser.device(f"{service.origin}/chromium"))
    await context.add_init_script(f"({STAND_IN})({given})")
    page = await context.new_page()
    faults = Faults(page, allowed=("422",))  # the browser tells of the form that was not taken
    await page.goto("/account")
    await page.get_by_role("link", name="Zobacz i zmień").click()
    await page.get_by_text("W tej przeglądarce są wyłączone.").wait_for()
    on = page.get_by_role("button", name="Włącz w tej przeglądarce")
    await on.focus()
    await on.press("Enter")
    await page.get_by_text("W tej przeglądarce są włączone.").wait_for()
    await page.get_by_role("heading", name="Gdzie powiadomienia są włączone").wait_for()
    await page.get_by_text("1 nieprzeczytana").wait_for()
    assert await violations(page) == []
    await page.set_viewport_size(PHONE)
    assert await overflow(page) <= 0
    await page.set_viewport_size(LAPTOP)

    # quiet hours: what is wrong is said beside the field, and nothing typed is lost
    await page.get_by_label("Nie powiadamiaj w tych godzinach").check()
    await page.get_by_label("Od", exact=True).fill("25:00")
    await page.get_by_role("button", name="Zapisz godziny ciszy").press("Enter")
    await page.locator(".field-error", has_text="Wpisz godzinę").first.wait_for()
    assert await page.get_by_label("Od", exact=True).input_value() == "25:00"
    await page.get_by_label("Nie powiadamiaj w tych godzinach").uncheck()
    await page.get_by_role("button", name="Zapisz godziny ciszy").press("Enter")
    await page.get_by_text("Zapisano").wait_for()

    # the thread: followed already, read by looking at it
    await page.get_by_role("link", name="Rozmowa o placu").first.click()
    follow = page.get_by_role("button", name="Obserwuj dyskusję")
    await follow.scroll_into_view_if_needed()
    assert await follow.get_attribute("aria-pressed") == "true"
    assert await violations(page) == []
    block = await page.locator("[data-discussion]").first.get_attribute("data-block")

    # the page is closed; somebody writes
    await page.close()
    other = await person(chromium, ready, "resident2")
    answer = await other.request.post(
        f"/api/dialog/blocks/{block}/discussion", data={"draft": {"text": "Pod platanami potrzeba cienia i wody."}}
    )
    assert answer.status == 201, await answer.text()
    page = await context.new_page()
    await page.goto("about:blank")
    told = browser.reads(await told_by_service(page, service, 1))
    assert "platan" not in told.decode()
    await page.goto(PAGE)
    await page.get_by_text("1 nieprzeczytana").wait_for()  # the other one was read by looking at it
    await delivered(context, page, told)
    (notice,) = await shown(page)
    assert notice == {
        "title": "Rozmowa o placu",
        "body": "Nowa wypowiedź w obserwowanej dyskusji",
        "tag": json.loads(told)["tag"],
        "path": json.loads(told)["path"],
    }
    assert (await page.goto(notice["path"])).ok
    await page.get_by_text("Pod platanami potrzeba cienia i wody.").first.wait_for()

    # not followed any more, and off in this browser
    await page.goto(PAGE)
    await page.get_by_label("Jak obserwować „Rozmowa o placu”").select_option("off")
    await page.get_by_role("button", name="Zapisz", exact=True).press("Enter")
    await page.get_by_text("Zapisano").wait_for()
    assert await page.get_by_label("Jak obserwować „Rozmowa o placu”").count() == 0
    await page.get_by_role("button", name="Wyłącz w tej przeglądarce").press("Enter")
    await page.get_by_text("W tej przeglądarce są wyłączone.").wait_for()
    assert await page.get_by_role("heading", name="Gdzie powiadomienia są włączone").count() == 0
    assert faults.found == [], faults.found

    # blocked, in words
    blocked = await person(chromium, ready, "resident")
    await blocked.add_init_script("Object.defineProperty(Notification, 'permission', {get: () => 'denied'})")
    page = await blocked.new_page()
    await page.goto(PAGE)
    await page.get_by_text("Ta przeglądarka je blokuje.").wait_for()
    assert await page.get_by_role("button", name="Włącz w tej przeglądarce").count() == 0
