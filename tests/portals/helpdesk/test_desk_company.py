"""Who is at a ticket: what pages say, who may know of it, and that events lead where a fresh snapshot is."""

import pytest

from app.errors import Forbidden, NotFound
from portals.helpdesk import actions as core
from portals.helpdesk.desk import company
from portals.helpdesk.desk.events import queue_company_room, ticket_company_room
from portals.helpdesk.desk.model import Here
from portals.helpdesk.drafts import Written
from portals.helpdesk.events import queue_room
from tests.portals.helpdesk.desk import AGENT, AUDITOR, LEAD, NOBODY, OTHER_AGENT, SECOND_AGENT, TEACHER, Desk


async def queue_view(database, actor, queue_id):
    async with database.transaction(readonly=True) as tx:
        return (await company.queue_snapshot(tx, actor, {"queue_id": str(queue_id)})).company


async def ticket_view(database, actor, ticket_id):
    async with database.transaction(readonly=True) as tx:
        return (await company.ticket_snapshot(tx, actor, {"ticket_id": str(ticket_id)})).company


async def test_reading_writing_and_going_are_told_and_a_snapshot_says_the_same(database):
    desk = await Desk.set(database)
    ticket, other = await desk.send("A"), await desk.send("B")
    for actor, one, page, doing in (
        (AGENT, ticket, "p1", "reading"),
        (SECOND_AGENT, ticket, "p2", "reading"),
        (AGENT, ticket, "p1", "writing"),
        (AGENT, other, "p3", "reading"),
        (SECOND_AGENT, ticket, "p2", "gone"),
    ):
        await company.say_here(database, actor, one.id, Here(page, doing))
    state = {}
    for event in desk.backplane.of(queue_company_room(desk.first)):
        known = state.get(event.key)
        assert known is None or event.rev > known.rev
        state[event.key] = event.company
    there = [one for one in state.values() if one.doing != "gone"]
    assert sorted(there, key=lambda one: one.ticket_id) == await queue_view(database, AGENT, desk.first)
    assert [(one.name, one.doing, one.page) for one in there] == [
        ("Adam Bielski", "writing", "p1"),
        ("Adam Bielski", "reading", "p3"),
    ]
    assert await ticket_view(database, AUDITOR, ticket.id) == [one for one in there if one.ticket_id == ticket.id]
    assert len(desk.backplane.of(ticket_company_room(ticket.id))) == 4
    assert desk.backplane.of(queue_room(desk.first))[2:] == []  # nothing of it touches the tickets


async def test_who_falls_silent_has_gone(database):
    desk = await Desk.set(database)
    ticket = await desk.send("A")
    await company.say_here(database, AGENT, ticket.id, Here("p1", "writing"))
    async with database.transaction() as tx:
        await tx.execute("UPDATE ticket_company SET seen_at = seen_at - interval '46 s'")
    assert await queue_view(database, LEAD, desk.first) == []
    assert await ticket_view(database, LEAD, ticket.id) == []
    async with database.transaction() as tx:
        await tx.execute("UPDATE ticket_company SET seen_at = seen_at - interval '300 s'")
    await company.say_here(database, SECOND_AGENT, ticket.id, Here("p2", "reading"))
    async with database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM ticket_company") == 1


async def test_only_those_inside_say_and_know_it(database):
    desk = await Desk.set(database)
    ticket = await desk.send("A")
    for actor, refusal in (
        (TEACHER, Forbidden),
        (NOBODY, Forbidden),
        (AUDITOR, Forbidden),
        (OTHER_AGENT, NotFound),
    ):
        with pytest.raises(refusal):
            await company.say_here(database, actor, ticket.id, Here("p1", "reading"))
    for actor in (TEACHER, OTHER_AGENT, NOBODY):
        with pytest.raises(NotFound):
            await queue_view(database, actor, desk.first)
        with pytest.raises(NotFound):
            await ticket_view(database, actor, ticket.id)
    await core.note(database, AGENT, ticket.id, Written(text="Zobacz, @piotr"))
    said = await company.say_here(database, OTHER_AGENT, ticket.id, Here("p9", "reading"))
    assert said.name == "Piotr Lis"
    assert await queue_view(database, AGENT, desk.first) == [said]
    with pytest.raises(NotFound):
        await queue_view(database, OTHER_AGENT, 999_999)
