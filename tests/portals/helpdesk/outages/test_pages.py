"""Pages and the API over HTTP, with the triggers, the form and the line over every page."""

import html
import re

import pytest

from tests.portals.helpdesk.outages.test_outages import declared
from tests.portals.helpdesk.sla.office import get, open_office, post

BOARD = "/pomoc/obsluga/awarie"


@pytest.fixture
async def office(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as found:
        yield found


async def test_an_agent_declares_says_and_ends_it(office):
    site, desk = office
    async with site.client("adam") as client:
        assert "data-outages-desk" in await get(client, "/pomoc/obsluga")
        assert "Wszystko działa" in await get(client, BOARD)
        fields = {
            "kind": "incident", "title": "Nie działa Wi-Fi", "unit_ids": str(desk.school), "category_id": str(desk.broken),
            "queue_id": str(desk.first), "gathers": "y", "public": "y", "words": "wifi, internet", "update_every_min": "30",
        }  # fmt: skip
        where, _text = await post(client, f"{BOARD}/nowa", f"{BOARD}/nowa", **fields)
        assert re.fullmatch(rf"{BOARD}/\d+", where)
        page = await get(client, where)
        assert "Nie działa Wi-Fi" in page
        assert "wifi, internet" in page
        assert (await post(client, f"{where}/wpis", where, text="**Szukamy** przyczyny", expected_end=""))[0] == where
        assert "<strong>Szukamy</strong>" in await get(client, where)
        _where, text = await post(client, f"{where}/wpis", where, 422, text="Słowo", expected_end="2020-01-01T10:00")
        assert "Słowo" in text
        assert 'id="expected_end-error"' in text
        _where, text = await post(client, f"{where}/koniec", where, 422, outcome=" ")
        assert 'id="outcome-error"' in text
        assert "data-open" in text
        assert (await post(client, f"{where}/koniec", where, outcome="Kabel wymieniony"))[0] == where
        page = await get(client, where)
        assert "Kabel wymieniony" in page
        assert "/koniec" not in page
    async with site.client() as visitor:
        page = await get(visitor, "/awarie")
        assert "Nie działa Wi-Fi" in page
        assert "Kabel wymieniony" in page
        assert "Adam" not in page
        assert page.count('<rect class="outage-day level-') == 90 + 5  # a row of days and the legend


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(office):
    site, desk = office
    async with site.client("adam") as client:
        _where, text = await post(
            client, f"{BOARD}/nowa", f"{BOARD}/nowa", 422, kind="planned", title="Wymiana", text="Proszę zapisać pracę",
            starts_at="2020-01-01T10:00", expected_end="2020-01-01T09:00", queue_id=str(desk.first), room="x" * 90,
        )  # fmt: skip
        for field in ("starts_at", "expected_end", "unit_ids", "room"):
            assert f'id="{field}-error"' in text or f'id="{field}-0-error"' in text, field
        assert "Proszę zapisać pracę" in text
        assert "2020-01-01T10:00" in text


async def test_two_editors(office):
    site, desk = office
    outage = await declared(desk)
    path = f"{BOARD}/{outage.id}/zmiana"
    fields = {"title": "Pierwszy", "unit_ids": str(desk.school), "rev": str(outage.rev), "update_every_min": "60"}
    async with site.client("adam") as client:
        assert (await post(client, path, path, **fields))[0] == f"{BOARD}/{outage.id}"
    async with site.client("olga") as client:
        _where, text = await post(client, path, path, 422, **(fields | {"title": "Drugi"}))
        assert 'value="Drugi"' in text  # mine stays
        assert "Pierwszy" in text  # theirs is shown
        newer = re.search(r'name="rev"[^>]*value="(\d+)"', text)
        assert newer is not None
        where, _text = await post(client, path, path, **(fields | {"title": "Drugi", "rev": newer[1]}))
        assert "Drugi" in await get(client, where)


async def test_a_ticket_leads_to_the_form_and_then_to_its_outage(office):
    site, desk = office
    ticket = await desk.send("Nie ma internetu", unit_id=desk.school, category_id=desk.broken)
    digits = ticket.desk_path.rpartition("/")[2]
    async with site.client("adam") as client:
        assert f"{BOARD}/nowa?ticket={digits}" in html.unescape(await get(client, ticket.desk_path))
        page = await get(client, f"{BOARD}/nowa?ticket={digits}")
        assert 'value="Nie ma internetu"' in page
        assert re.search(rf'checked[^>]*value="{desk.school}"|value="{desk.school}"[^>]*checked', page)
        where, _text = await post(
            client, f"{BOARD}/nowa", f"{BOARD}/nowa?ticket={digits}", kind="incident", title="Internet", ticket=digits,
            unit_ids=str(desk.school),
        )  # fmt: skip
        async with client.get(f"{BOARD}/nowa?ticket={digits}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, where)


async def test_those_whom_it_hits(office):
    site, desk = office
    outage = await declared(desk, text="Proszę używać kabla")
    path = f"/pomoc/awarie/{outage.id}"
    async with site.client("jan") as client:
        async with client.get("/api/helpdesk/outages/own") as answer:
            own = await answer.json()
        assert ([one["title"] for one in own["notices"]], own["units"]) == ([outage.title], [desk.school])
        assert "data-outages" in await get(client, "/pomoc")
        assert "data-outage-offer" in await get(client, "/pomoc/nowe?category=1")
        assert "Proszę używać kabla" in await get(client, path)
        assert (await post(client, f"{path}/ja-tez", path))[0] == path
        assert "Już nie" in await get(client, path)
        assert (await post(client, f"{path}/nie-ja", path))[0] == path
        async with client.post(f"/api/helpdesk/outages/{outage.id}/me-too", json={"wanted": True}) as answer:
            assert await answer.json() == {"wanted": True}
        await get(client, BOARD, 403)
    for who in ("ewa", "igor"):  # another school, a resident
        async with site.client(who) as client:
            await get(client, path, 404)
            async with client.get("/api/helpdesk/outages/own") as answer:
                assert (await answer.json())["notices"] == []
            async with client.post(f"/api/helpdesk/outages/{outage.id}/me-too", json={}) as answer:
                assert answer.status == 404
    async with site.client() as visitor:
        assert "data-outages" not in await get(visitor, "/awarie")
        async with visitor.get("/api/helpdesk/outages/public") as answer:
            assert await answer.json() == {"current": [], "planned": [], "past": []}


async def test_a_ticket_by_the_api_comes_below_it_and_is_taken_out(office):
    site, desk = office
    outage = await declared(desk)
    async with site.client("jan") as client:
        body = {"text": "Nie działa", "category_id": desk.broken}
        async with client.post("/api/helpdesk/tickets", json=body) as answer:
            number = (await answer.json())["number"]
    async with site.client("adam") as client:
        async with client.get(f"/api/helpdesk/outages/{outage.id}") as answer:
            view = await answer.json()
        assert [one["ticket"]["number"] for one in view["joined"]] == [number]
        page = f"{BOARD}/{outage.id}"
        shown = await get(client, page)
        assert f'action="{page}/zgloszenia/odlacz"' in shown
        assert 'name="csrf_token" value=""' not in shown
        assert len(re.findall(r' id="([^"]+)"', shown)) == len(set(re.findall(r' id="([^"]+)"', shown)))
        where, _text = await post(client, f"{page}/zgloszenia/odlacz", page, number=number)
        assert where.startswith(page)
        _where, text = await post(client, f"{page}/zgloszenia/dolacz", page, 422, number="12")
        assert 'id="number-error"' in text
        async with client.get("/api/helpdesk/outages") as answer:
            assert [one["id"] for one in (await answer.json())["running"]] == [outage.id]
        async with client.put(f"/api/helpdesk/outages/{outage.id}", json={"title": "x", "rev": 99}) as answer:
            assert answer.status == 409
        async with client.post(f"/api/helpdesk/outages/{outage.id}/end", json={"outcome": "Gotowe"}) as answer:
            assert (await answer.json())["state"] == "ended"
        async with client.post(f"/api/helpdesk/outages/{outage.id}/end", json={"outcome": "Gotowe"}) as answer:
            assert answer.status == 409
