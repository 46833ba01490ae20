"""What a hand does on a page, with the mouse and with a finger."""

from playwright.async_api import Browser, Locator, Page

from tests.browser.watching import PHONE


async def drag(page: Page, from_box: dict, to: tuple[float, float], *, finger: bool) -> None:
    """From the middle of a box, in steps, as a hand does."""
    x, y = from_box["x"] + from_box["width"] / 2, from_box["y"] + from_box["height"] / 2
    steps = [(x + (to[0] - x) * part / 8, y + (to[1] - y) * part / 8) for part in range(1, 9)]
    if not finger:
        await page.mouse.move(x, y)
        await page.mouse.down()
        for at in steps:
            await page.mouse.move(*at)
        await page.mouse.up()
        return
    touch = await page.context.new_cdp_session(page)

    async def send(kind: str, at: tuple[float, float] | None = None) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        await touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await send("touchStart", (x, y))
    for at in steps:
        await send("touchMove", at)
    await send("touchEnd")


async def at_top(one: Locator) -> dict:
    """Scrolls until it stands near the top, below the edge at which dragging scrolls by itself; its box."""
    await one.evaluate("one => scrollBy(0, one.getBoundingClientRect().top - 80)")
    box = await one.bounding_box()
    assert box is not None
    return box


async def on_phone(chromium: Browser, ready: dict, role: str = "") -> Page:
    """Somebody on a phone that is touched, signed in where a role is named."""
    context = await chromium.new_context(
        viewport=PHONE, locale="pl-PL", base_url=ready["http"], reduced_motion="reduce", has_touch=True, is_mobile=True
    )
    if role:
        login, password = ready["logins"][role]
        assert (await context.request.post("/api/sign-in", data={"login": login, "password": password})).ok
    return await context.new_page()
