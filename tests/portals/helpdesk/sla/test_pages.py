"""The lead's pages and the API over HTTP."""

import html
import re

import pytest

from portals.helpdesk.numbers import digits_of
from portals.helpdesk.sla import setup_store
from portals.helpdesk.sla.model import Span
from tests.portals.helpdesk.sla.office import get, open_office, post

TERMS = "/pomoc/ustawienia/terminy"
CALENDARS = "/pomoc/ustawienia/kalendarze"


@pytest.fixture
async def office(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as found:
        yield found


def said(text: str) -> str:
    return html.unescape(text)


async def test_a_lead_makes_a_calendar_and_an_agreement(office):
    site, desk = office
    async with site.client("beata") as client:
        assert "Godziny pracy" in await get(client, TERMS)
        hours = {f"hours_{place}": "7-16" for place in range(5)} | {"hours_5": "", "hours_6": "zamknięte"}
        made, _text = await post(
            client, f"{CALENDARS}/nowy", f"{CALENDARS}/nowy", name="Szkoły", country="pl", since="2026-09-01", **hours
        )
        assert made.startswith(f"{CALENDARS}/")
        day, _text = await post(
            client, f"{made}/dni", made, day="2026-12-12", day_hours="9:00–13:00", why="Odpracowanie"
        )
        assert day == made
        page = said(await get(client, made))
        assert "Odpracowanie" in page
        assert "9:00–13:00" in page
        fields = {
            "name": "Szkoły", "calendar_id": made.rpartition("/")[2], "units": str(desk.school), "warn_percent": "80",
            "response_4": "15 min", "solution_4": "2 h", "response_2": "1:30", "escalate": "1 h, 4 h", "paused_by": "requester",
        }  # fmt: skip
        where, _text = await post(client, f"{TERMS}/nowa", f"{TERMS}/nowa", **fields)
        assert where == TERMS
        assert "Szkoła Podstawowa nr 5" in await get(client, TERMS)
    async with desk.database.transaction(readonly=True) as tx:
        agreement = next(one for one in await setup_store.agreements(tx) if one.name == "Szkoły")
        calendar = await setup_store.calendar(tx, agreement.calendar_id)
    assert (agreement.units, agreement.warn_percent, agreement.escalate_min) == ([desk.school], 80, [60, 240])
    assert [(one.priority, one.response_min, one.solution_min) for one in agreement.targets] == [
        (4, 15, 120),
        (2, 90, None),
    ]
    assert agreement.paused_by == ["requester"]
    assert (calendar.country, calendar.days[0].hours) == ("PL", (Span(540, 780),))
    assert calendar.weeks[0].days == ((Span(420, 960),),) * 5 + ((), ())


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(office):
    site, _desk = office
    async with site.client("beata") as client:
        hours = {f"hours_{place}": "" for place in range(7)} | {
            "hours_1": "16-8",
            "hours_2": "8-12, 11-14",
            "hours_3": "rano",
        }
        _where, text = await post(
            client, f"{CALENDARS}/nowy", f"{CALENDARS}/nowy", 422, name="", country="XX", since="2026-09-01", **hours
        )
        for words in ("16-8", "8-12, 11-14", "rano", 'id="hours_1-error"', 'id="hours_2-error"', 'id="hours_3-error"'):
            assert words in text
        _where, text = await post(
            client,
            f"{CALENDARS}/nowy",
            f"{CALENDARS}/nowy",
            422,
            name="X",
            country="XX",
            since="",
            hours_0="8-16",
        )
        assert 'id="since-error"' in text
        _where, text = await post(
            client, f"{TERMS}/nowa", f"{TERMS}/nowa", 422, name="Nowa", calendar_id="1", warn_percent="200",
            response_4="szybko", solution_4="0", escalate="1 h, 2 h, 3 h, 4 h", response_3="8 h", solution_3="1 h",
        )  # fmt: skip
        for words in (
            "szybko",
            'id="response_4-error"',
            'id="solution_4-error"',
            'id="escalate-error"',
            'id="warn_percent-error"',
        ):
            assert words in text
        _where, text = await post(
            client, f"{TERMS}/nowa", f"{TERMS}/nowa", 422, name="Nowa", calendar_id="1", warn_percent="75",
            response_3="8 h", solution_3="1 h",
        )  # fmt: skip
        assert 'id="response_3-error"' in text
        assert 'id="units-error"' in text


async def test_hours_of_a_later_day_and_their_removal(office):
    site, desk = office
    path = f"{CALENDARS}/1"
    async with site.client("beata") as client:
        hours = {f"hours_{place}": "8-16" for place in range(5)}
        fields = {"name": "Godziny pracy", "country": "PL", "since": "2099-01-01", "rev": "1", **hours}
        assert (await post(client, path, path, **fields))[0] == path
        assert "2099" in await get(client, path)
        _where, text = await post(client, path, path, 422, **fields)
        assert "error-summary" in text  # somebody was faster: the page shows an older rev
        assert (await post(client, f"{path}/godziny/2099-01-01/usun", path))[0] == path
        assert "2099" not in await get(client, path)
        assert (await post(client, f"{path}/dni", path, day="2026-12-24", why="Wigilia"))[0] == path
        assert (await post(client, f"{path}/dni/2026-12-24/usun", path))[0] == path
        (back,) = re.findall(r'action="([^"]+/przywroc[^"]*)"', await get(client, path))
        assert (await post(client, html.unescape(back), path))[0] == path
    async with desk.database.transaction(readonly=True) as tx:
        calendar = await setup_store.calendar(tx, 1)
    assert len(calendar.weeks) == 1
    assert [(one.why, one.hours) for one in calendar.days] == [("Wigilia", ())]


async def test_who_may_open_what(office):
    site, _desk = office
    async with site.client("adam") as client:
        await get(client, TERMS, 403)
    async with site.client("teresa") as client:
        page = await get(client, TERMS)
        assert f"{TERMS}/nowa" not in page
        await get(client, f"{TERMS}/1", 403)
        async with client.get("/api/helpdesk/sla") as answer:
            assert (await answer.json())["agreements"][0]["name"] == "Wszyscy"
        async with client.post("/api/helpdesk/sla/calendars", json={}) as answer:
            assert answer.status == 403
    async with site.client() as client:
        async with client.get("/api/helpdesk/sla") as answer:
            assert answer.status == 401


async def test_the_api_does_what_the_pages_do(office):
    site, desk = office
    ticket = await desk.send()
    async with site.client("beata") as client:
        draft = {"name": "Nocny", "country": "", "since": "2026-01-01", "hours": ["22-24", "0-6", "", "", "", "", ""]}
        async with client.post("/api/helpdesk/sla/calendars", json=draft) as answer:
            made = await answer.json()
            assert (answer.status, made["weeks"][0]["days"][0]) == (201, [[1320, 1440]])
        async with client.put(
            f"/api/helpdesk/sla/calendars/{made['id']}", json=draft | {"hours": ["x"] * 7, "rev": 1}
        ) as answer:
            assert (answer.status, set((await answer.json())["fields"])) == (
                422,
                {f"hours_{place}" for place in range(7)},
            )
        async with client.delete("/api/helpdesk/sla/calendars/1") as answer:
            assert answer.status == 409
        async with client.delete(f"/api/helpdesk/sla/calendars/{made['id']}") as answer:
            assert answer.status == 204
        async with client.delete("/api/helpdesk/sla/agreements/1") as answer:
            assert answer.status == 409
    async with site.client("adam") as client:
        async with client.get(f"/api/helpdesk/tickets/{digits_of(ticket.id)}/clocks") as answer:
            found = await answer.json()
        # the product's own service has counted it, or is about to
        assert found["ticket_id"] == ticket.id
        async with client.get(f"/api/helpdesk/queues/{desk.second}/clocks") as answer:
            assert answer.status == 404
        async with client.get(f"/api/helpdesk/queues/{desk.first}/alarms") as answer:
            assert await answer.json() == {"queue_id": desk.first, "alarms": []}
