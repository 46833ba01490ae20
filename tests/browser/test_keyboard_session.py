"""A clerk plans and runs a session by keyboard alone: every stop of the focus is seen, and axe finds nothing."""

import pytest

from tests.browser.cast import PASTED, Cast, end_the_demos_session
from tests.browser.watching import PHONE, overflow, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

MOST_TABS = 90
NO_POINTER = """(() => {
  for (const name of ["pointerdown", "mousedown"]) {
    addEventListener(name, () => sessionStorage.setItem("pointer", "used"), { capture: true });
  }
})();"""
FOCUS = """(selector) => {
    const one = document.activeElement;
    if (one === document.body) return { there: false, seen: true, what: "" };
    // the parts of a date and its calendar's button are the browser's own, with its own ring
    if (one.matches("input[type=datetime-local], input[type=time]")) return { there: one.matches(selector), seen: true, what: "" };
    const style = getComputedStyle(one);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return {
        there: one.matches(selector),
        seen: one.matches(":focus-visible") && (outlined || style.boxShadow !== "none") && one.checkVisibility(),
        what: one.outerHTML.slice(0, 120),
    };
}"""


class Keyboard:
    """The keys of one page. A stop of the focus that cannot be seen is a fault."""

    def __init__(self, page) -> None:
        self.page = page
        self.unseen: list[str] = []

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def write(self, text: str) -> None:
        await self.page.keyboard.insert_text(text)

    async def to(self, selector: str, key: str = "Tab") -> None:
        """Tabs until the focus is on what is meant."""
        for _ in range(MOST_TABS):
            await self.page.keyboard.press(key)
            focus = await self.page.evaluate(FOCUS, selector)
            if not focus["seen"]:
                self.unseen.append(focus["what"])
            if focus["there"]:
                return
        raise AssertionError(f"{selector} is out of reach of the Tab key")

    async def follow(self, selector: str) -> None:
        """Enter on what leads to another page, which is known by something on it."""
        await self.page.keyboard.press("Enter")
        await self.page.locator(selector).first.wait_for()
        await self.page.wait_for_load_state("load")

    async def hold(self, selector: str) -> None:
        """Holds Enter for as long as the focused button wants."""
        await self.page.locator(f"{selector}:focus").wait_for()
        await self.page.keyboard.down("Enter")
        await self.page.locator(f"{selector}.holding").wait_for(state="hidden")
        await self.page.keyboard.up("Enter")


async def look(page, faults: list[str]) -> None:
    """axe on the page as it stands; and on a phone nothing sticks out of it."""
    wide = page.viewport_size
    faults += [f"{page.url}: {line}" for line in await violations(page)]
    await page.set_viewport_size(PHONE)
    if await overflow(page) > 0:
        faults.append(f"{page.url} is wider than {PHONE['width']} px")
    await page.set_viewport_size(wide)


async def plan(cast: Cast, keys: Keyboard, faults: list[str]) -> None:
    """From the list of desks to a saved agenda whose items were corrected and moved."""
    clerk = cast.clerk
    await clerk.goto("/council/desk")
    await look(clerk, faults)
    await keys.to("a[href='/council/desk/new']")
    await keys.follow("[name=agenda]")
    await keys.to("[name=number]")
    await keys.write("XXXIII")
    await keys.to("[name=title]")
    await keys.write("XXXIII sesja Rady Miejskiej")
    await keys.to("[name=agenda]")
    await keys.write(PASTED)
    await keys.to("button[value=read]")
    await keys.follow("[data-row] [data-handle]")
    await keys.to("[data-row]:nth-child(3) [data-handle]")
    await keys.press("ArrowUp", "ArrowDown")
    await keys.to("[data-row]:nth-child(2) [name=row_title]", "Shift+Tab")
    await keys.press("End")
    await keys.write(" i pasiek miejskich")
    await look(clerk, faults)
    await keys.to("button[value=save]")
    await keys.follow("[data-desk][data-state=planned]")
    titles = await clerk.locator("[data-agenda] [data-text=title]").all_inner_texts()
    numbers = await clerk.locator("[data-agenda] [data-text=number]").all_inner_texts()
    assert numbers == ["1", "2", "3", "4"]
    assert [title.split()[0] for title in titles] == ["Otwarcie", "Podjęcie", "Wolne", "Zamknięcie"]


async def read_the_keys(cast: Cast, keys: Keyboard) -> None:
    """`?` lists what each key does now."""
    await keys.press("?")
    sheet = cast.clerk.locator("#shortcuts[open]")
    await sheet.wait_for()
    listed = await sheet.locator("dt").all_inner_texts()
    assert {"s", "n", "v", "z", ".", "o", "g", "e", "x", "a", "b", "c", "1", "2", "3"} <= set(listed)
    assert len(listed) == len(set(listed)), "a key is listed twice"
    await keys.press("Escape")
    await sheet.wait_for(state="hidden")


async def begin(cast: Cast, keys: Keyboard) -> None:
    """Start, the first item, the attendance list line by line."""
    clerk, resident = cast.clerk, cast.resident
    session = clerk.url.rsplit("/", 1)[1]
    found = await (await clerk.context.request.get(f"/api/council/sessions/{session}")).json()
    await resident.goto(f"/council/sessions/{found['session']['slug']}")
    await keys.press("s")

    async def start() -> None:
        await keys.hold("[data-start]")
        await clerk.locator("[data-desk][data-state=live]").wait_for()

    await cast.sees("the session has begun", clerk, start())
    await clerk.locator("[data-next]:visible").wait_for()
    await cast.sees("the first item", clerk, keys.press("n"))
    await resident.get_by_role("tab", name="Głosowania").click()
    await read_the_keys(cast, keys)
    await clerk.locator("[data-votes-people] [data-members] > [data-id]").nth(22).wait_for(state="attached")
    await keys.press("o")
    await clerk.wait_for_function("() => document.activeElement.closest('[data-members] [data-id]') !== null")
    await keys.press("ArrowDown", "2")
    await clerk.locator("[data-members] > [data-state=late]").wait_for()
    await keys.press("1")
    await clerk.locator("[data-members] > [data-state=present]").wait_for()
    await cast.sees("attendance and the quorum", clerk, keys.press("."))


async def vote(cast: Cast, keys: Keyboard, faults: list[str]) -> None:
    """Opened, entered by hand for those without a device, closed."""
    clerk = cast.clerk
    await cast.sees("the second item", clerk, keys.press("n"))
    await keys.press("v")
    await keys.to("[data-open-now]")
    await cast.sees("a vote is open", clerk, keys.press("Enter"))
    await keys.to("[data-entry-list] button")
    await cast.sees("one vote is cast", clerk, keys.press("1"))
    await keys.press("ArrowDown")
    await cast.sees("two votes are cast", clerk, keys.press("1"))
    await look(clerk, faults)
    await keys.press("z")
    await cast.sees("the result by name", clerk, keys.hold("[data-votes-desk] [data-close]"))
    await look(clerk, faults)


async def speak(cast: Cast, keys: Keyboard) -> None:
    """A councillor is put into the queue, gets the floor and more time."""
    clerk = cast.clerk
    await cast.resident.get_by_role("tab", name="Mówcy").click()
    await keys.press("a")
    await keys.write("Halina Mróz")
    await cast.sees("who asks for the floor", clerk, keys.press("Enter"))
    await clerk.wait_for_function("() => document.querySelector('#speaker-name').value === ''")
    await keys.press("Escape")
    await cast.sees("who speaks", clerk, keys.press("g"))
    before = await clerk.locator("[data-talk-clock]").inner_text()
    await keys.press("x")
    await clerk.wait_for_function(
        "(before) => document.querySelector('[data-talk-clock]').textContent > before", arg=before
    )
    await cast.sees("the speech has ended", clerk, keys.press("e"))


async def pause_and_close(cast: Cast, keys: Keyboard, faults: list[str]) -> None:
    """A break with a note, then a part without the public."""
    clerk = cast.clerk
    await keys.press("b")
    await keys.to("#break-note")
    await keys.write("posiedzenia klubów")
    await look(clerk, faults)
    await cast.sees("a break", clerk, keys.press("Enter"))
    await clerk.locator("#break-dialog").wait_for(state="hidden")
    await cast.sees("the break is over", clerk, keys.press("w"))
    await keys.press("c")
    await keys.to("#closed-basis")
    await keys.write("art. 5 ust. 2 ustawy o dostępie do informacji publicznej")
    await keys.to("#closed-reason")
    await keys.write("dane osobowe stron")
    await keys.to("[name=recording]")
    await keys.press("ArrowDown")
    await look(clerk, faults)
    await keys.to("#closed-dialog button[type=submit]")
    await cast.sees("the part closed to the public", clerk, keys.press("Enter"))
    await clerk.locator("#closed-dialog").wait_for(state="hidden")
    await keys.press("w")
    await cast.sees("the public is back", clerk, keys.hold("[data-end-closed]"))


async def test_a_clerk_runs_a_session_by_keyboard_alone(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        cast, faults = Cast(chromium, running), []
        await cast.gather_two()
        clerk = cast.clerk
        await clerk.context.add_init_script(NO_POINTER)
        await end_the_demos_session(cast)
        keys = Keyboard(clerk)
        await plan(cast, keys, faults)
        await look(clerk, faults)
        await begin(cast, keys)
        await vote(cast, keys, faults)
        await speak(cast, keys)
        await pause_and_close(cast, keys, faults)
        for view in ("2", "3", "1"):
            await keys.press(view)
            await clerk.locator(f"[role=tab][data-key='{view}'][aria-selected=true]").wait_for()
            await look(clerk, faults)
        await cast.sees("the third item", clerk, keys.press("n"))
        await keys.press("s")

        async def end() -> None:
            await keys.hold("[data-end]")
            await clerk.locator("[data-desk][data-state=ended]").wait_for()

        await cast.sees("the end", clerk, end())
        await look(clerk, faults)
        await look(cast.resident, faults)
        assert await clerk.evaluate("() => sessionStorage.getItem('pointer')") is None
        assert keys.unseen == []
        assert faults == []
        assert {name: one.found for name, one in cast.faults.items() if one.found} == {}
