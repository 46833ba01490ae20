"""A debate in Chromium: asked from the phone, run by keyboard from the desk, seen by everybody."""

import time

import pytest

from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, person, violations
from tests.flows.processes import product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TABLET = {"width": 1024, "height": 768}
CONNECTED = "() => document.querySelectorAll('[data-queue-list] > [data-id]').length === 3"
NOBODY_FEEDS = ("404", "WebSocket", "ERR_INTERNET_DISCONNECTED")


def row(page, name: str):
    return page.locator("[data-queue-list] > [data-id]", has_text=name)


async def queue(page) -> list[str]:
    return await page.locator("[data-queue-list] [data-text=speaker]").all_inner_texts()


async def says(page, names: list[str]) -> None:
    """Waits until the page's queue is this one."""
    await page.wait_for_function(
        "wanted => JSON.stringify([...document.querySelectorAll('[data-queue-list] [data-text=speaker]')]"
        ".map(one => one.textContent)) === JSON.stringify(wanted)",
        arg=names,
        timeout=10_000,
    )


async def test_a_debate_from_the_raised_hand_to_the_list_of_speeches(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        live = ready["session"].removeprefix(ready["http"])
        people = {
            "desk": ("clerk", "/council/desk/4", LAPTOP),
            "chair": ("chair", f"{live}/chair", TABLET),
            "phone": ("councillor", "/council/me", PHONE),
            "resident": ("resident", f"{live}?text=1", LAPTOP),
            "screen": ("", f"{live}/screen", LAPTOP),
        }
        pages, faults = {}, []
        for name, (role, path, size) in people.items():
            context = await person(chromium, ready, role, size)
            pages[name] = await context.new_page()
            faults.append(Faults(pages[name], NOBODY_FEEDS))
            await pages[name].goto(path)
        desk, chair, phone, resident, screen = pages.values()
        second = await desk.context.new_page()  # the desk is open twice
        await second.goto("/council/desk/4")
        for page in (desk, second, chair):
            await page.wait_for_function(CONNECTED, timeout=20_000)
        await phone.get_by_text("Po naciśnięciu przewodniczący").wait_for()

        # a hand is raised on the phone; a formal motion stands first
        began = time.monotonic()
        await phone.get_by_role("button", name="Wniosek formalny").click()
        await row(desk, "Marek Wiśniewski").wait_for()
        assert time.monotonic() - began < 3
        waiting = ["Marek Wiśniewski", "Joanna Pawłowska", "Paweł Jasiński", "Halina Mróz"]
        for page in (desk, second, chair):
            await says(page, waiting)
        await phone.get_by_text("Pierwsze miejsce w kolejce (wniosek formalny)").wait_for()

        # the chair moves a row with the keyboard; both desks follow
        grip = row(chair, "Halina Mróz").locator("[data-grip]")
        await grip.focus()
        await chair.keyboard.press("ArrowUp")
        moved = ["Marek Wiśniewski", "Joanna Pawłowska", "Halina Mróz", "Paweł Jasiński"]
        for page in (desk, second, chair):
            await says(page, moved)

        # the desk, by keyboard alone: the floor, a guest, more time
        await desk.locator("body").press("g")
        for page in (desk, chair, phone, resident, screen):
            await page.locator("[data-talk-name]", has_text="Marek Wiśniewski").first.wait_for()
        await phone.get_by_text("Głos udzielony").wait_for()
        await desk.keyboard.press("a")
        await desk.keyboard.type("Jan Kowalski")
        await desk.keyboard.press("Tab")
        await desk.keyboard.type("mieszkaniec")
        await desk.keyboard.press("Enter")
        await says(second, ["Joanna Pawłowska", "Halina Mróz", "Paweł Jasiński", "Jan Kowalski"])
        await desk.keyboard.press("Escape")
        await desk.get_by_role("tab", name="Prowadzenie").focus()
        left = await desk.locator("[data-talk-clock]").inner_text()
        await desk.keyboard.press("x")
        await desk.wait_for_function(
            """before => {
                const seconds = text => text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
                return seconds(document.querySelector("[data-talk-clock]").textContent) > seconds(before) + 30;
            }""",
            arg=left,
        )

        # taken out by mistake, and back at its place
        await row(desk, "Halina Mróz").locator("[data-do=withdraw]").click()
        await says(chair, ["Joanna Pawłowska", "Paweł Jasiński", "Jan Kowalski"])
        await desk.get_by_role("button", name="Cofnij").click()
        await says(chair, ["Joanna Pawłowska", "Halina Mróz", "Paweł Jasiński", "Jan Kowalski"])

        # the phone loses the network with a hand raised meanwhile; it comes back and the hand is up
        await phone.context.set_offline(True)
        await phone.get_by_role("button", name="Chcę zabrać głos").click()
        await phone.get_by_text("Zgłoszenie wyśle się samo").wait_for()
        await phone.context.set_offline(False)
        await row(desk, "Marek Wiśniewski").wait_for(timeout=20_000)
        await phone.get_by_text("Miejsce w kolejce: 5").wait_for()
        await phone.reload()
        await phone.get_by_text("Miejsce w kolejce: 5").wait_for()

        # the next item: the queue says for which item the floor was asked, guesses move, the bell has rung
        await resident.locator("[data-agenda] [data-bell]:visible").first.click()
        await resident.get_by_role("button", name="Zapisz").click()
        await resident.locator("[data-bell][aria-pressed=true]").wait_for()
        await desk.keyboard.press("n")
        await row(chair, "Joanna Pawłowska").get_by_text("do punktu 7").wait_for()
        await resident.get_by_text("Właśnie zaczął się punkt 8").wait_for()
        await resident.locator("[data-journal] li", has_text="8. Podjęcie uchwały").wait_for()
        guessed = await resident.locator("[data-guess]:visible").all_inner_texts()
        assert len(guessed) == 4
        assert all(text.startswith("~") for text in guessed)

        await desk.keyboard.press("e")
        await desk.get_by_text("Teraz nikt nie ma głosu").wait_for()
        await resident.get_by_role("tab", name="Mówcy").click()
        await resident.locator("[data-speeches] li", has_text="Marek Wiśniewski").wait_for()
        assert await resident.locator("[data-speeches] [data-text=speaker]").all_inner_texts() == [
            "Renata Bilska",
            "Marek Wiśniewski",
        ]
        assert [fault for one in faults for fault in one.found] == []


async def test_the_debates_pages_fit_and_axe_finds_nothing(chromium, tmp_path):
    async with product(tmp_path / "data", "--no-feed") as running:
        ready = running.ready
        live = ready["session"].removeprefix(ready["http"])
        visits = (
            ("clerk", "/council/desk/4", (PHONE, LAPTOP)),
            ("chair", f"{live}/chair", (PHONE, TABLET, LAPTOP)),
            ("councillor", "/council/me", (PHONE, LAPTOP)),
            ("", f"{live}?text=1", (PHONE, LAPTOP)),
        )
        faults = []
        for role, path, sizes in visits:
            for size in sizes:
                context = await person(chromium, ready, role, size)
                page = await context.new_page()
                heard = Faults(page, NOBODY_FEEDS)
                await page.goto(path)
                await page.locator("[data-talk]:visible").first.wait_for()
                faults += [f"{path}: {line}" for line in await violations(page)]
                wide = await overflow(page)
                if wide > 0:
                    faults.append(f"{path} {size}: {wide} px wider than the window")
                faults += heard.found
                if path.startswith("/council/desk") and size is LAPTOP:
                    # one screen: what is pressed stands in the window, each column scrolls by itself
                    for selector in (
                        "[data-next]",
                        "[data-floor-next]",
                        "[data-talk-end]",
                        "[data-end]",
                        "[data-agenda] [data-state=current]",
                    ):
                        box = await page.locator(selector).bounding_box()
                        if box is None or box["y"] < 0 or box["y"] + box["height"] > size["height"]:
                            faults.append(f"{selector} is out of the window: {box}")
                    for name in ("2", "3", "1"):
                        await page.keyboard.press(name)
                        await page.locator(f"[role=tab][data-key='{name}'][aria-selected=true]").wait_for()
                        faults += [f"{path} view {name}: {line}" for line in await violations(page)]
                await context.close()
        assert faults == []
