"""Whoever sent a ticket says that it is not about the outage below which it was put."""

import asyncio

import pytest

from app.actor import SYSTEM
from app.errors import Conflict, NotFound
from portals.helpdesk import actions as helpdesk
from portals.helpdesk.model import Ticket
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.outages import actions, belonging, hitting, watching
from portals.helpdesk.outages.model import Ending, Joining
from tests.portals.helpdesk.desk import AGENT, AUDITOR, COLLEAGUE, HEAD, LEAD, NOBODY, STRANGER, TEACHER, Desk
from tests.portals.helpdesk.outages.test_outages import declared, fresh, rung, view
from tests.portals.helpdesk.sla.office import get, open_office, post


@pytest.fixture
async def desk(database):
    return await Desk.set(database)


async def seen(desk, ticket) -> bool | None:
    async with desk.database.transaction(readonly=True) as tx:
        found = await belonging.below(tx, ticket.id)
    return found.stands if found else None


async def test_it_stands_alone_and_rings_and_can_be_put_back(desk):
    outage = await declared(desk)
    ticket = await desk.send("Toner", category_id=desk.broken)
    await watching.settle(desk.database)
    assert await seen(desk, ticket) is True
    desk.backplane.published.clear()
    alone = await belonging.belong(desk.database, TEACHER, ticket.id, wanted=False)
    assert (alone.parent_id, await seen(desk, ticket)) == (None, False)
    assert rung(desk, desk.first) == [ticket.id]
    await watching.settle(desk.database)
    assert ((await view(desk, AGENT, outage)).joined, (await fresh(desk, outage)).tickets) == ([], 0)
    events = [(one.verb, one.by_staff, one.author_name) for one in await desk.entries(ticket, public=True) if one.verb]
    assert events == [("outage_joined", True, SYSTEM.name), ("outage_left", False, TEACHER.name)]
    again = await belonging.belong(desk.database, TEACHER, ticket.id, wanted=False)  # twice is once
    assert again.rev == (await desk.fresh(ticket)).rev
    assert rung(desk, desk.first) == [ticket.id]
    back = await belonging.belong(desk.database, TEACHER, ticket.id, wanted=True)
    assert (back.parent_id, await seen(desk, ticket)) == (outage.ticket_id, True)
    await watching.settle(desk.database)
    assert [one.ticket.id for one in (await view(desk, AGENT, outage)).joined] == [ticket.id]
    assert [one for one in await desk.audited() if one.startswith("outage.") and one != "outage.declare"] == [
        "outage.detach", "outage.join",
    ]  # fmt: skip


async def test_what_an_agent_put_there_by_hand_too(desk):
    outage = await declared(desk)
    ticket = await desk.send("Projektor", category_id=desk.access)
    assert await seen(desk, ticket) is None
    await hitting.join(desk.database, AGENT, outage.id, Joining(ticket.number))
    assert (await belonging.belong(desk.database, TEACHER, ticket.id, wanted=False)).parent_id is None


async def test_nobody_but_who_sent_it(desk):
    await declared(desk)
    ticket = await desk.send("Toner", category_id=desk.broken)
    for actor in (HEAD, COLLEAGUE, AGENT, LEAD, AUDITOR, STRANGER, NOBODY):
        with pytest.raises(NotFound):
            await belonging.belong(desk.database, actor, ticket.id, wanted=False)
    assert (await desk.fresh(ticket)).parent_id is not None


async def test_not_when_it_is_over_or_has_nothing_to_do_with_one(desk):
    lone = await desk.send("Toner")
    with pytest.raises(Conflict):
        await belonging.belong(desk.database, TEACHER, lone.id, wanted=False)
    incident = await desk.send("Zwykłe", HEAD)
    await helpdesk.set_parent(desk.database, AGENT, lone.id, incident.id)  # below a ticket that is no outage
    with pytest.raises(Conflict):
        await belonging.belong(desk.database, TEACHER, lone.id, wanted=False)
    outage = await declared(desk)
    ticket = await desk.send("Sieć", category_id=desk.broken)
    left = await desk.send("Inne", category_id=desk.broken)
    await belonging.belong(desk.database, TEACHER, left.id, wanted=False)
    await helpdesk.set_parent(desk.database, AGENT, left.id, incident.id)  # the helpdesk has put it elsewhere since
    with pytest.raises(Conflict):
        await belonging.belong(desk.database, TEACHER, left.id, wanted=True)
    await actions.end(desk.database, AGENT, outage.id, Ending("Koniec"))
    for wanted in (True, False):
        with pytest.raises(Conflict):
            await belonging.belong(desk.database, TEACHER, ticket.id, wanted=wanted)
    assert await seen(desk, ticket) is None


async def test_while_the_outage_ends(desk):
    """Whoever is first: never an open ticket below a solved one, and no two that wait for each other."""
    for _round in range(4):
        outage = await declared(desk)
        tickets = [await desk.send(f"Nie działa {n}", category_id=desk.broken) for n in range(2)]
        await asyncio.gather(
            actions.end(desk.database, AGENT, outage.id, Ending("Koniec")),
            *(belonging.belong(desk.database, TEACHER, one.id, wanted=False) for one in tickets),
            return_exceptions=True,
        )
        assert (await fresh(desk, outage)).state == "ended"
        for one in tickets:
            ticket: Ticket = await desk.fresh(one)
            assert (ticket.parent_id is None) == ticket.is_open, ticket


async def test_on_its_page_with_a_way_back(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        await declared(desk)
        ticket = await desk.send("Toner się skończył", category_id=desk.broken)
        page = f"/pomoc/{digits_of(ticket.id)}"
        act = f"/pomoc/awarie/zgloszenia/{page.rpartition('/')[2]}"
        async with site.client("jan") as client:
            text = await get(client, page)
            assert "Chodzi o coś innego" in text
            assert "Nie działa Wi-Fi" in text
            assert (await post(client, f"{act}/odlacz", page))[0] == page
            # an open page that follows takes no message away
            async with client.get(page, headers={"Gryf-Parts": "yes"}) as answer:
                assert "Helpdesk zajmie się tym osobno" not in await answer.text()
            text = await get(client, page)
            assert "Helpdesk zajmie się tym osobno" in text
            assert f"{act}/dolacz" in text
            assert "To jednak ta awaria" in text
            assert "To coś innego niż «Nie działa Wi-Fi»" in text
            assert (await post(client, f"{act}/dolacz", page))[0] == page
            assert f"{act}/odlacz" in await get(client, page)
            number = act.rpartition("/")[2]
            async with client.post(f"/api/helpdesk/tickets/{number}/belonging", json={"wanted": False}) as answer:
                assert (answer.status, await answer.json()) == (200, {"wanted": False})
        assert (await desk.fresh(ticket)).parent_id is None
        async with site.client("hanna") as client:  # her unit's head reads it and does not decide it
            assert "Chodzi o coś innego" not in await get(client, page)
