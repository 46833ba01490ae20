"""People of a session, each with a browser of their own, and what a resident is to see of what they do."""

from tests.browser.stopwatch import PRESSES, Reading, Stopwatch
from tests.browser.watching import LAPTOP, PHONE, Faults, person

TABLET = {"width": 1024, "height": 768}
PASTED = """Porządek obrad:
1. Otwarcie sesji i stwierdzenie quorum
2. Podjęcie uchwały w sprawie łąk
kwietnych przy ulicy Szczecińskiej
3. Wolne wnioski
4. Zamknięcie sesji"""
CORRECTED = "Podjęcie uchwały w sprawie łąk kwietnych i pasiek miejskich"
SENTENCE = "Proszę o spokojną rozmowę o żółwiach i łąkach."

EXPECTED = {
    "the corrected agenda": "shown('[data-agenda] [data-text=title]', 'pasiek miejskich')",
    "the session has begun": "shown('#flashes', 'Sesja się zaczęła')",
    "the first item": "shown('[data-now]', 'Otwarcie sesji')",
    "attendance and the quorum": "shown('[data-votes-tab] [data-quorum-text]', 'obecnych 23 z 23')",
    "the second item": "shown('[data-now]', 'pasiek miejskich')",
    "a vote is open": "shown('[data-votes-now] [data-status]', 'Trwa głosowanie')",
    "one vote is cast": "shown('[data-votes-now] [data-status]', 'głosów 1 z 23')",
    "two votes are cast": "shown('[data-votes-now] [data-status]', 'głosów 2 z 23')",
    "the result by name": "shown('[data-votes-now] [data-status]', 'Przyjęto')"
    " && [...document.querySelectorAll('[data-votes-now] [data-voters] tr')].length === 23",
    "who asks for the floor": "shown('[data-queue-list] > [data-id]', 'Halina Mróz')",
    "who speaks": "shown('.session-talk [data-talk-name]', 'Halina Mróz')"
    " && (shown('.picture-name', 'Halina Mróz') || !document.querySelector('.player-layer'))",
    "the speech has ended": "shown('[data-speeches] li', 'Halina Mróz')",
    "a caption": "shown('[data-caption-lines] li', 'żółwiach')",
    "the part closed to the public": "shown('[data-interval][data-kind=closed]')",
    "the public is back": "'the part closed to the public' in seen && !shown('[data-interval]')",
    "a break": "shown('[data-interval][data-kind=break]')",
    "the break is over": "'a break' in seen && !shown('[data-interval][data-kind=break]')",
    "the third item": "shown('[data-now]', 'Wolne wnioski')",
    "the end": "shown('#flashes', 'Sesja się zakończyła')",
}  # fmt: skip


class Cast:
    """Whoever takes part, with a browser each."""

    def __init__(self, chromium, running) -> None:
        self.chromium = chromium
        self.running = running
        self.watch = Stopwatch(EXPECTED)
        self.faults: dict[str, Faults] = {}

    async def enters(self, name: str, role: str, viewport: dict):
        context = await person(self.chromium, self.running.ready, role, viewport)
        await context.add_init_script(PRESSES)
        if name == "resident":
            await self.watch.follow(context)
        page = await context.new_page()
        # a picture that is not there yet is asked for again and again
        self.faults[name] = Faults(page, ("404",))
        return page

    async def gather(self) -> None:
        await self.gather_two()
        self.chair = await self.enters("chair", "chair", TABLET)
        self.marek = await self.enters("marek", "councillor", PHONE)
        self.halina = await self.enters("halina", "councillor2", PHONE)
        self.captioner = await self.enters("captioner", "captioner", LAPTOP)

    async def gather_two(self) -> None:
        self.clerk = await self.enters("clerk", "clerk", LAPTOP)
        self.resident = await self.enters("resident", "", LAPTOP)

    async def sees(self, event: str, actor, press) -> Reading:
        return await self.watch.time(event, self.resident, actor, press)


async def hold(page, selector: str) -> None:
    """Presses what is dangerous for as long as it wants: a second."""
    await page.locator(selector).scroll_into_view_if_needed()
    box = await page.locator(selector).bounding_box()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.locator(f"{selector}.holding").wait_for(state="hidden")
    await page.mouse.up()


async def end_the_demos_session(cast: Cast) -> None:
    """The demonstration is on air already; this session is planned from nothing."""
    api = cast.clerk.context.request
    live = (await (await api.get("/api/council/sessions")).json())["live"]
    assert (await api.post(f"/api/council/sessions/{live[0]['id']}/end", data={})).ok
