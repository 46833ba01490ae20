"""The agents' desk: triage without a mouse, two agents on one ticket, new tickets while reading, cuts, an expired session."""

import asyncio
import contextlib

import pytest

from app.database import DATABASE
from portals.helpdesk import desk_store, store, views
from tests.browser.watching import LAPTOP, PHONE, Faults, overflow, violations
from tests.portals.helpdesk.desk import AGENT, SECOND_AGENT, TEACHER
from tests.portals.helpdesk.sla.office import open_office

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROWS = ".hd-row:visible"


@contextlib.asynccontextmanager
async def office(database_url, folder):
    """The product, and a desk whose changes are told by it."""
    async with open_office(database_url, folder) as (site, desk):
        desk.database = site.app[DATABASE]
        yield site, desk


async def signed_in(chromium, site, who: str, viewport=LAPTOP):
    context = await chromium.new_context(base_url=site.http, viewport=viewport, locale="pl-PL", reduced_motion="reduce")
    login, password = site.logins[who]
    answer = await context.request.post("/api/sign-in", data={"login": login, "password": password})
    assert answer.status == 200, await answer.text()
    return await context.new_page()


async def send(site, text: str, **more) -> str:
    """Number of a ticket by the teacher, without signs."""
    async with (
        site.client("jan") as client,
        client.post("/api/helpdesk/tickets", json={"text": text, **more}) as answer,
    ):
        assert answer.status == 201, await answer.text()
        return "".join(one for one in (await answer.json())["number"] if one.isdigit())


async def until(condition, what: str, within_s: float = 15):
    """Waits for an async condition of the database."""
    for _turn in range(int(within_s * 20)):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(what)


async def focused(page) -> str:
    """What has the focus, in a word."""
    return await page.evaluate(
        """() => {
            const one = document.activeElement;
            if (one === document.body) return "nothing";
            if (one.matches("[data-heading]")) return `heading: ${one.textContent}`;
            if (one.closest(".hd-row")) return `row: ${one.querySelector("[data-text=subject]")?.textContent}`;
            return one.id || one.textContent.trim() || one.name;
        }"""
    )


async def opened(page, subject: str):
    await page.locator("[data-pane] [data-heading]", has_text=subject).wait_for()
    await page.wait_for_function("() => document.activeElement.matches('[data-heading]')")


async def test_ten_tickets_are_seen_to_without_a_mouse(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        for number in range(1, 11):
            await desk.send(f"Zgłoszenie {number:02}")
        page = await signed_in(chromium, site, "adam")
        faults = Faults(page)
        await page.add_init_script(
            "window.pointed = 0; for (const kind of ['pointerdown', 'mousedown', 'touchstart'])"
            " addEventListener(kind, () => (window.pointed += 1), {capture: true});"
        )
        await page.goto("/pomoc/obsluga")
        await page.locator("[data-count=all]", has_text="10").wait_for()
        pressed = 0

        async def press(*keys: str):
            nonlocal pressed
            for key in keys:
                await page.keyboard.press(key)
                pressed += 1

        await press("j", "Enter")
        for number in range(1, 11):
            await opened(page, f"Zgłoszenie {number:02}")
            if number % 5 == 1:  # an answer that solves it leads to the next one by itself
                await press("r")
                await page.keyboard.type("Gotowe, proszę sprawdzić.")
                await press("Tab")
                for _turn in range(12):
                    if "rozwiąż" in await focused(page):
                        break
                    await press("Tab")
                await press("Enter")
            elif number % 5 == 2:  # an answer, then on
                await press("r")
                await page.keyboard.type("Który to pokój?")
                await press("Control+Enter")
                await page.locator("[data-pane] .hd-words", has_text="Który to pokój?").wait_for()
                await opened(page, f"Zgłoszenie {number:02}")
                await press("j")
            elif number % 5 == 3:  # taken, and a note
                await press("t")
                await page.locator("[data-pane] [data-part=head]", has_text="Adam Bielski").wait_for()
                await opened(page, f"Zgłoszenie {number:02}")
                await press("n")
                await page.keyboard.type("Zadzwonię jutro")
                await press("Control+Enter")
                await page.locator("[data-pane] .hd-entry.note", has_text="Zadzwonię").wait_for()
                await opened(page, f"Zgłoszenie {number:02}")
                await press("j")
            elif number % 5 == 4:  # to somebody else
                await press("a")
                await page.locator("#choose-assign[open]").wait_for()
                await press("ArrowDown", "Enter")
                await page.locator("[data-pane] [data-part=head]", has_text="Olga Wilk").wait_for()
                await press("j")
            else:  # waits for parts
                await press("s")
                await page.locator("#choose-state[open]").wait_for()
                await press("ArrowDown", "ArrowDown", "ArrowDown", "Enter")
                await page.locator("[data-pane] [data-part=head]", has_text="części").wait_for()
                if number < 10:
                    await press("j")
        assert await page.evaluate("window.pointed") == 0
        assert await focused(page) == "heading: Zgłoszenie 10"
        async with desk.database.transaction(readonly=True) as tx:
            tickets = await store.tickets(tx, range(1001, 1011))
        assert [(one.state, one.pending_reason, one.assignee_name) for one in tickets] == 2 * [
            ("solved", None, "Adam Bielski"),
            ("open", None, "Adam Bielski"),
            ("open", None, "Adam Bielski"),
            ("open", None, "Olga Wilk"),
            ("pending", "parts", ""),
        ]
        print(f"ten tickets by {pressed} keys beside the typed words")
        assert pressed <= 80
        # the list again, several at once, and back
        await press("Escape")
        assert await focused(page) == "row: Zgłoszenie 10"
        await press("k", "x", "k", "k", "Shift+X")
        assert await page.locator("[data-many-words]").inner_text() == "Zaznaczono 3 zgłoszenia"
        await press("p")
        await page.locator("#choose-priority[open]").wait_for()
        await press("ArrowDown", "ArrowDown", "ArrowDown", "Enter")
        await page.locator("#flashes .flash", has_text="Zmieniono 3 zgłoszenia.").wait_for()
        assert await page.locator("[data-priority]:visible", has_text="krytyczny").count() == 3
        await press("z")
        await page.locator("#flashes .flash", has_text="Cofnięto zmianę 3 zgłoszeń.").wait_for()
        await page.wait_for_function("() => !document.querySelector('[data-priority]:not([hidden])')")
        await press("?")
        keys = await page.locator("#shortcuts .shortcut-list kbd").all_inner_texts()
        assert {"j", "k", "r", "n", "a", "m", "s", "x", "/", "."} <= set(keys)
        assert faults.found == []


async def test_two_agents_on_one_ticket(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        ticket = await desk.send("Projektor miga")
        one, two = await signed_in(chromium, site, "adam"), await signed_in(chromium, site, "olga")
        faults = [Faults(one, allowed=("409",)), Faults(two, allowed=("409",))]
        for page in (one, two):
            await page.goto("/pomoc/obsluga")
            await page.get_by_role("link", name="Projektor miga").click()
            await opened(page, "Projektor miga")
        # each sees the other, at the ticket and in the list
        await one.locator("[data-company-line]", has_text="Czyta też: Olga Wilk.").wait_for()
        await two.locator(".hd-row [data-company]", has_text="AB").wait_for()
        await two.locator("#say-text").press_sequentially("Dzień dobry")
        await one.locator("[data-company-line]", has_text="Teraz pisze: Olga Wilk.").wait_for()
        await one.locator(".hd-initials.writing", has_text="OW").wait_for()
        # different fields: both win, and what is half-written stays
        await one.locator("#field-room").evaluate("one => (one.closest('details').open = true)")
        await one.locator("#field-room").fill("Sala 14")
        await one.locator("#ticket-fields button", has_text="Zapisz").click()
        await one.locator("#flashes", has_text="Zapisano").wait_for()
        await until(lambda: _is(desk, ticket, room="Sala 14"), "the room is saved")
        await two.wait_for_function("() => document.querySelector('#field-room').value === 'Sala 14'")
        assert await two.locator("#say-text").input_value() == "Dzień dobry"
        await two.locator("#field-urgency").select_option("3")
        await two.locator("#ticket-fields button", has_text="Zapisz").click()
        await until(lambda: _is(desk, ticket, room="Sala 14", urgency=3), "both are saved")
        assert await two.locator("#say-text").input_value() == "Dzień dobry"
        # the same field: what was touched is kept and marked, saving shows both and asks
        await one.wait_for_function("() => document.querySelector('#field-urgency').value === '3'")
        await one.locator("#field-assignee_id").select_option(label="Adam Bielski")
        await desk.change(SECOND_AGENT, await desk.fresh(ticket), assignee_id=SECOND_AGENT.account_id)
        await one.locator("[data-field=assignee_id] [data-moved]", has_text="Olga Wilk").wait_for()
        assert await one.locator("#field-assignee_id option:checked").inner_text() == "Adam Bielski"
        await one.locator("#say-text").fill("Pół odpowiedzi")
        await one.locator("#ticket-fields button", has_text="Zapisz").click()
        clash = one.locator(".hd-clash")
        await clash.wait_for()
        assert "Olga Wilk" in await clash.inner_text()
        assert "Adam Bielski" in await clash.inner_text()
        assert await one.locator("#say-text").input_value() == "Pół odpowiedzi"
        assert await one.evaluate("document.activeElement.matches('.error-summary')")
        assert await violations(one) == []
        assert (await desk.fresh(ticket)).assignee_id == SECOND_AGENT.account_id
        await clash.get_by_label("Moje:").check()
        await one.locator("#ticket-fields button", has_text="Zapisz").click()
        await until(lambda: _is(desk, ticket, assignee_id=AGENT.account_id), "mine is kept")
        # whoever goes is seen to go
        await two.goto("/pomoc")
        await one.wait_for_function("() => document.querySelector('[data-company-line]').textContent === ''")
        assert [one.found for one in faults] == [[], []]


async def _is(desk, ticket, **fields) -> bool:
    now = await desk.fresh(ticket)
    return all(getattr(now, name) == value for name, value in fields.items())


async def test_new_tickets_wait_under_a_tab_while_somebody_reads(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        for number in range(1, 4):
            await desk.send(f"Zgłoszenie {number}")
        page = await signed_in(chromium, site, "adam")
        faults = Faults(page)
        await page.goto("/pomoc/obsluga?sort=newest")
        await page.get_by_role("link", name="Zgłoszenie 2").click()
        await opened(page, "Zgłoszenie 2")
        await page.locator("#say-text").fill("Zaraz")
        box = await page.get_by_role("link", name="Zgłoszenie 2").bounding_box()
        await send(site, "Nowe pierwsze")
        await page.locator("[data-new]", has_text="1 nowe").wait_for()
        await send(site, "Nowe drugie")
        await page.locator("[data-new]", has_text="2 nowe").wait_for()
        assert await page.locator(ROWS).count() == 3
        assert await page.locator("#say-text").input_value() == "Zaraz"
        assert await focused(page) == "say-text"
        after = await page.get_by_role("link", name="Zgłoszenie 2").bounding_box()
        assert after["x"] == box["x"]
        for number in range(3, 7):
            await send(site, f"Nowe {number}")
        await page.locator("[data-new]", has_text="6 nowych").wait_for()
        await page.keyboard.press("Escape")
        await page.keyboard.press(".")
        await page.locator(".hd-row:visible", has_text="Nowe drugie").wait_for()
        assert await focused(page) == "row: Nowe 6"
        assert await page.locator(".hd-row:visible [data-text=subject]").all_inner_texts() == [
            *(f"Nowe {number}" for number in (6, 5, 4, 3)), "Nowe drugie", "Nowe pierwsze",
            *(f"Zgłoszenie {number}" for number in (3, 2, 1)),
        ]  # fmt: skip
        assert not await page.locator("[data-new]").is_visible()
        # the address is the whole state: filter, order, ticket
        await page.get_by_role("link", name="Niczyje").click()
        await page.wait_for_url("**/pomoc/obsluga?queue=*&show=free&sort=newest&ticket=*")
        await page.reload()
        await page.locator("[data-pane] [data-heading]", has_text="Zgłoszenie 2").wait_for()
        assert await page.locator("#say-text").input_value() == "Zaraz"
        assert await page.locator("[data-show-link=free]").get_attribute("aria-current") == "true"
        await page.go_back()
        await page.wait_for_url("**/pomoc/obsluga?queue=*&sort=newest&ticket=*")
        await page.locator("[data-show-link=all][aria-current]").wait_for()
        # what somebody else solves leaves the list once no hand is there
        await page.mouse.move(1000, 10)
        await desk.reply(SECOND_AGENT, await _called(desk, "Nowe 4"), state="solved")
        await page.wait_for_function("() => !document.body.textContent.includes('Nowe 4')")
        assert await page.locator("[data-count=all]").inner_text() == "8"
        assert faults.found == []


async def _called(desk, subject: str):
    async with desk.database.transaction(readonly=True) as tx:
        found = await tx.value("SELECT id FROM ticket WHERE subject = $1", subject)
        return await store.ticket(tx, found)


async def test_a_cut_brings_everything_once(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        await desk.send("Zgłoszenie 1")
        page = await signed_in(chromium, site, "adam")
        await page.goto("/pomoc/obsluga")
        await page.get_by_role("link", name="Zgłoszenie 1").click()
        await opened(page, "Zgłoszenie 1")
        await page.locator("#say-text").fill("Pół zdania")
        await send(site, "Przed cięciem")
        await page.locator("[data-new]", has_text="1 nowe").wait_for()
        for turn in range(3):
            await page.context.set_offline(True)
            await page.locator("#connection-bar", has_text="Łączę ponownie").wait_for(timeout=10_000)
            await send(site, f"W czasie cięcia {turn}")
            await page.context.set_offline(False)
            await page.locator("[data-new]", has_text=f"{turn + 2} nowe").wait_for(timeout=30_000)
        await desk.reply(TEACHER, await _called(desk, "Zgłoszenie 1"), "Dalej nie działa")
        await page.locator("[data-pane] .hd-words", has_text="Dalej nie działa").wait_for(timeout=30_000)
        assert await page.locator("[data-pane] .hd-words", has_text="Dalej nie działa").count() == 1
        await page.keyboard.press("Escape")
        await page.keyboard.press(".")
        subjects = await page.locator(".hd-row [data-text=subject]").all_inner_texts()
        assert sorted(subjects) == sorted(
            ["Zgłoszenie 1", "Przed cięciem", *(f"W czasie cięcia {turn}" for turn in range(3))]
        )
        assert not await page.locator("[data-new]").is_visible()
        assert await page.locator("#say-text").input_value() == "Pół zdania"


async def test_a_half_written_answer_survives_an_expired_session(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        ticket, other = await desk.send("Monitor nie świeci"), await desk.send("Drugie")
        page = await signed_in(chromium, site, "adam")
        await page.goto("/pomoc/obsluga")
        await page.get_by_role("link", name="Monitor nie świeci").click()
        await opened(page, "Monitor nie świeci")
        await page.locator("#say-text").fill("Proszę sprawdzić kabel")
        await page.get_by_role("link", name="Drugie").click()
        await opened(page, "Drugie")
        assert await page.locator("#say-text").input_value() == ""
        await page.get_by_role("link", name="Monitor nie świeci").click()
        await opened(page, "Monitor nie świeci")
        assert await page.locator("#say-text").input_value() == "Proszę sprawdzić kabel"
        await page.context.clear_cookies()
        await page.locator("#say-text").focus()
        await page.keyboard.press("Control+Enter")
        dialog = page.locator("#sign-in-again[open]")
        await dialog.wait_for()
        assert await page.locator("#say-text").input_value() == "Proszę sprawdzić kabel"
        await dialog.locator("[name=password]").fill(site.logins["adam"][1])
        await dialog.locator("[name=password]").press("Enter")
        await page.locator("[data-pane] .hd-words", has_text="Proszę sprawdzić kabel").wait_for()
        entries = [one.text for one in await desk.entries(ticket) if one.kind == "reply"]
        assert entries.count("Proszę sprawdzić kabel") == 1
        # the live event may bring the answer before the request has heard that it was taken
        await page.wait_for_function("() => document.querySelector('#say-text').value === ''")
        assert [one.text for one in await desk.entries(other) if one.kind == "reply"] == ["Drugie"]
        await page.reload()
        await page.locator("[data-pane] .hd-words", has_text="Proszę sprawdzić kabel").wait_for()
        assert await page.locator("#say-text").input_value() == ""


async def test_many_fail_in_part_and_the_requester_sees_the_answer_arrive(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        one, two = await desk.send("Raz"), await desk.send("Dwa")
        page, requester = await signed_in(chromium, site, "adam"), await signed_in(chromium, site, "jan", PHONE)
        await requester.goto(one.path)
        await page.goto("/pomoc/obsluga")
        await page.locator("[data-count=all]", has_text="2").wait_for()
        await page.locator(".hd-row", has_text="Raz").locator("[data-pick]").check()
        await page.locator(".hd-row", has_text="Dwa").locator("[data-pick]").click(modifiers=["Shift"])
        assert await page.locator("[data-many-words]").inner_text() == "Zaznaczono 2 zgłoszenia"
        await page.get_by_role("button", name="Przydziel").click()
        await page.locator("#choose-assign[open]").wait_for()
        await desk.change(SECOND_AGENT, two, assignee_id=SECOND_AGENT.account_id)
        await page.locator(".hd-row", has_text="Olga Wilk").wait_for()
        await page.locator("#choose-assign button", has_text="Zmień").click()
        said = page.locator("#flashes .flash")
        await said.filter(has_text="Zmieniono 1 zgłoszenie.").wait_for()
        assert f"Nie zmieniono: {two.number}: Ktoś inny zmienił to w międzyczasie" in await said.inner_text()
        assert (await desk.fresh(two)).assignee_id == SECOND_AGENT.account_id
        assert await page.locator(".hd-row.hd-picked").count() == 1
        await page.get_by_role("link", name="Raz").click()
        await opened(page, "Raz")
        await page.locator("#say-text").fill("Proszę wyłączyć i włączyć")
        await page.get_by_role("button", name="Wyślij", exact=True).click()
        await requester.locator(".hd-words", has_text="Proszę wyłączyć i włączyć").wait_for()
        await requester.locator("[data-part=facts]", has_text="Adam Bielski").wait_for()


async def test_what_is_so_already_does_not_stay_chosen(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        one, two = await desk.send("Raz"), await desk.send("Dwa")
        await desk.change(AGENT, two, priority=4)
        page = await signed_in(chromium, site, "adam")
        await page.goto("/pomoc/obsluga")
        await page.locator("[data-count=all]", has_text="2").wait_for()
        chosen, said = page.locator(".hd-row.hd-picked"), page.locator("#flashes .flash")

        async def make_critical(*subjects: str) -> None:
            for subject in subjects:
                await page.locator(".hd-row", has_text=subject).locator("[data-pick]").check()
            await page.get_by_role("button", name="Priorytet").click()
            await page.locator("#choose-priority").get_by_label("Krytyczny").check()
            await page.locator("#choose-priority button", has_text="Zmień").click()

        await make_critical("Raz", "Dwa")  # the one is changed, the other was like this
        await said.filter(has_text="Zmieniono 1 zgłoszenie.").wait_for()
        assert await chosen.count() == 0
        assert await page.locator("[data-many]").is_hidden()
        assert (await desk.fresh(one)).priority == 4
        await make_critical("Dwa")
        await said.filter(has_text="Nic się nie zmieniło.").wait_for()
        await page.locator("[data-many]").wait_for(state="hidden")
        assert await chosen.count() == 0


async def test_the_list_by_deadline(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        for subject in ("Pierwsze", "Drugie", "Trzecie"):
            await desk.send(subject)
        page = await signed_in(chromium, site, "adam")
        await page.goto("/pomoc/obsluga")
        names = page.locator(f"{ROWS} [data-text=subject]")

        async def renewed(*subjects: str) -> None:
            await page.wait_for_function(
                "wanted => [...document.querySelectorAll('.hd-row:not([hidden]) [data-text=subject]')]"
                ".map((one) => one.textContent).join() === wanted",
                arg=",".join(subjects),
            )

        async def clocks(count: int) -> bool:
            async with site.app[DATABASE].transaction() as tx:
                return count == await tx.value("SELECT count(*) FROM ticket_clock WHERE stopped_at IS NULL")

        await until(lambda: clocks(6), "clocks of three tickets")
        async with site.app[DATABASE].transaction() as tx:  # the third is due first, the first stands
            await tx.execute(
                "UPDATE ticket_clock c SET due_at = now() + interval '1 hour' FROM ticket t"
                " WHERE t.id = c.ticket_id AND t.subject = 'Trzecie'"
            )
            await tx.execute(
                "UPDATE ticket_clock c SET due_at = NULL, late_at = NULL, paused = true, runs = '[]' FROM ticket t"
                " WHERE t.id = c.ticket_id AND t.subject = 'Pierwsze'"
            )
        await page.reload()
        assert await names.all_text_contents() == ["Pierwsze", "Drugie", "Trzecie"]
        await page.locator(".hd-sort summary").click()
        await page.locator("[data-sort-link=due]").click()
        await renewed("Trzecie", "Drugie", "Pierwsze")
        assert page.url.endswith("sort=due")
        assert await page.locator("[data-sort-words]").inner_text() == "najbliższy termin najpierw"
        # what comes takes its place by its deadline once it is asked for: before all that are due later
        await send(site, "Czwarte")
        await page.locator("[data-new]:visible").wait_for()
        await until(lambda: clocks(8), "clocks of the new one")
        await page.locator(".hd-row", has_text="Czwarte").locator(".sla-ring").first.wait_for(state="attached")
        await page.keyboard.press(".")
        await renewed("Trzecie", "Drugie", "Czwarte", "Pierwsze")
        await page.reload()
        await renewed("Trzecie", "Drugie", "Czwarte", "Pierwsze")
        assert await violations(page) == []


async def test_in_a_list_that_does_not_fit_only_new_tickets_are_new(chromium, database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(desk_store, "MOST_ROWS", 2)
    monkeypatch.setattr(views, "MOST_ROWS", 2)
    async with office(database_url, tmp_path) as (site, desk):
        tickets = [await desk.send(text) for text in ("Raz", "Dwa", "Trzy", "Cztery")]
        async with site.app[DATABASE].transaction() as tx:
            await tx.execute("UPDATE ticket SET sent_at = sent_at - interval '1 day'")
        page = await signed_in(chromium, site, "adam")
        await page.goto("/pomoc/obsluga")
        await page.locator(ROWS).nth(1).wait_for()
        await page.wait_for_function("() => document.querySelector('[data-desk]').dataset.more === '2'")
        await page.locator("[data-clocks-ticket] .sla-ring").first.wait_for()  # the rooms have answered
        last = await desk.change(SECOND_AGENT, tickets[3], room="Sala 3")  # it stands further down, as before
        await desk.change(SECOND_AGENT, last, room="Sala 4")
        await desk.change(SECOND_AGENT, tickets[0], priority=3)  # comes after it, and is seen
        await page.locator(".hd-row", has_text="Raz").locator("[data-priority]:visible").wait_for()
        assert await page.locator("[data-new]").is_hidden()
        await desk.change(SECOND_AGENT, tickets[2], priority=4)  # belongs to the first ones now
        await page.locator("[data-new]", has_text="1 nowe").wait_for()
        await send(site, "Pięć")  # and what is new is told wherever its place is
        await page.locator("[data-new]", has_text="2 nowe").wait_for()


async def test_the_desk_is_clean_on_a_laptop_and_a_phone(chromium, database_url, tmp_path):
    async with office(database_url, tmp_path) as (site, desk):
        await desk.change(AGENT, await desk.send("Drukarka w sekretariacie drukuje białe kartki"), priority=4)
        ticket = await desk.send("Laptop", unit_id=desk.school)
        for who in ("adam", "teresa"):
            page = await signed_in(chromium, site, who)
            await page.goto("/pomoc/obsluga")
            assert await violations(page) == []
            await page.get_by_role("link", name="Laptop").click()
            await opened(page, "Laptop")
            for size in (LAPTOP, PHONE):
                await page.set_viewport_size(size)
                assert await violations(page) == []
                assert await overflow(page) <= 0
        phone = await signed_in(chromium, site, "olga", PHONE)
        faults = Faults(phone)
        await phone.goto("/pomoc/obsluga")
        assert await violations(phone) == []
        assert await overflow(phone) <= 0
        await phone.get_by_role("link", name="Laptop").click()
        await phone.wait_for_url(f"**{ticket.desk_path}")
        assert await violations(phone) == []
        assert await overflow(phone) <= 0
        await phone.goto("/pomoc/obsluga?show=mine")
        await phone.get_by_text("Teraz nie ma takiego otwartego zgłoszenia.").wait_for()
        assert await violations(phone) == []
        assert faults.found == []
