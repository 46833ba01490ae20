"""The agents' list as the server draws it: which tickets, in which order, and what is unread for whom."""

import pytest

from portals.helpdesk import actions, desk_store
from portals.helpdesk.drafts import Written
from tests.portals.helpdesk.desk import AGENT, SECOND_AGENT, TEACHER, Desk


async def subjects(database, queue_id, actor, show="all", sort="urgent"):
    async with database.transaction(readonly=True) as tx:
        rows, more = await desk_store.rows(tx, queue_id, actor.account_id, show, sort)
    assert more == 0
    return [one.ticket.subject for one in rows]


async def test_filters_and_orders(database):
    desk = await Desk.set(database)
    a, b, c, d = [await desk.send(text) for text in ("A", "B", "C", "D")]
    await desk.change(AGENT, b, priority=4)
    await desk.change(AGENT, c, assignee_id=AGENT.account_id)
    await desk.reply(SECOND_AGENT, a)  # takes it, and it waits for us no more
    await desk.change(AGENT, d, state="solved")
    assert await subjects(database, desk.first, AGENT) == ["B", "A", "C"]
    assert await subjects(database, desk.first, AGENT, sort="newest") == ["C", "B", "A"]
    assert await subjects(database, desk.first, AGENT, sort="waiting") == ["B", "C", "A"]
    assert await subjects(database, desk.first, AGENT, "mine") == ["C"]
    assert await subjects(database, desk.first, SECOND_AGENT, "mine") == ["A"]
    assert await subjects(database, desk.first, AGENT, "free") == ["B"]
    assert await subjects(database, desk.first, AGENT, "ours") == ["B", "C"]
    assert await subjects(database, desk.second, AGENT) == []


async def test_unread_is_each_agents_own(database):
    desk = await Desk.set(database)
    ticket = await desk.send("A")

    async def unread(actor):
        async with database.transaction(readonly=True) as tx:
            ((row, *_rest), _more) = await desk_store.rows(tx, desk.first, actor.account_id, "all", "urgent")
        return row.unread

    assert await unread(AGENT)
    entries = await desk.entries(ticket)
    await actions.see(database, AGENT, ticket.id, entries[-1].id)
    assert (await unread(AGENT), await unread(SECOND_AGENT)) == (False, True)
    await actions.note(database, AGENT, ticket.id, Written(text="Patrzę"))
    assert not await unread(AGENT)  # one's own word
    await desk.change(AGENT, await desk.fresh(ticket), room="3")
    assert not await unread(AGENT)  # an event is no word
    await desk.reply(TEACHER, ticket, "I jak?")
    assert await unread(AGENT)


async def test_more_than_fit_are_counted(database, monkeypatch):
    monkeypatch.setattr(desk_store, "MOST_ROWS", 2)
    desk = await Desk.set(database)
    for text in ("A", "B", "C"):
        await desk.send(text)
    async with database.transaction(readonly=True) as tx:
        rows, more = await desk_store.rows(tx, desk.first, AGENT.account_id, "free", "urgent")
    assert (len(rows), more) == (2, 1)


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("/pomoc/obsluga?show=mine", "Moje"),
        ("/pomoc/obsluga?show=nonsense&sort=%27;--&ticket=abc", "Wszystkie"),
        ("/pomoc/obsluga?ticket=10012", "Wszystkie"),
    ],
)
async def test_an_address_that_says_nonsense_shows_the_list(site, address, there):
    polish = {"Accept-Language": "pl"}
    async with site.client("helpdesk_agent") as client, client.get(address, headers=polish) as answer:
        assert answer.status == 200
        assert there in await answer.text()


async def test_changes_of_many_over_http(site):
    """By numbers with check digits; refusals in the reader's language; back with the id that the answer gave."""
    path = "/api/helpdesk/desk/changes"
    async with site.client("teacher") as teacher, site.client("helpdesk_agent") as agent:
        numbers = []
        for text in ("Pierwsze", "Drugie"):
            async with teacher.post("/api/helpdesk/tickets", json={"text": text}) as answer:
                numbers.append("".join(one for one in (await answer.json())["number"] if one.isdigit()))
        tickets = [{"number": one, "rev": 1} for one in numbers]
        async with agent.post(path, json={"tickets": tickets, "wanted": {"priority": 3}}) as answer:
            assert answer.status == 200, await answer.text()
            made = await answer.json()
        assert (made["changed"], made["refused"]) == (numbers, {})
        polish = {"Accept-Language": "pl"}
        async with agent.post(path, json={"tickets": tickets, "wanted": {"priority": 1}}, headers=polish) as answer:
            assert (await answer.json())["refused"] == dict.fromkeys(numbers, "Ktoś inny zmienił to w międzyczasie")
        async with teacher.post(path, json={"tickets": tickets, "wanted": {"priority": 1}}) as answer:
            assert answer.status == 403
        for body in (
            {"tickets": [], "wanted": {"priority": 1}},
            {"tickets": [{"number": "12"}], "wanted": {"priority": 1}},
            {"tickets": tickets, "wanted": {"priority": 9}},
        ):
            async with agent.post(path, json=body) as answer:
                assert answer.status == 422, body
        async with agent.post(f"{path}/{made['change_id']}/undo") as answer:
            assert await answer.json() == {"back": numbers, "kept": {}}
        async with agent.post(f"{path}/999999/undo") as answer:
            assert answer.status == 404
        here = f"/api/helpdesk/tickets/{numbers[0]}/company"
        async with agent.post(here, json={"page": "p1", "doing": "reading"}) as answer:
            assert answer.status == 204
        for body in ({"page": "p1", "doing": "sleeping"}, {"page": "", "doing": "reading"}):
            async with agent.post(here, json=body) as answer:
                assert answer.status == 422
        async with agent.get(f"/api/live/snapshot?room=helpdesk/ticket/{int(numbers[0]) // 10}/company") as answer:
            assert [one["doing"] for one in (await answer.json())["snapshot"]["company"]] == ["reading"]
