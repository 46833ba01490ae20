"""Changes of many tickets at once, and taking them back: each on its own, nothing of anybody else's is lost."""

import pytest

from app.errors import Forbidden, Invalid, NotFound
from portals.helpdesk import actions as core
from portals.helpdesk import part_store
from portals.helpdesk.desk import actions, store
from portals.helpdesk.desk.model import ForAll
from portals.helpdesk.events import TicketChanged, queue_room
from portals.helpdesk.setup_model import Queue, Team
from tests.portals.helpdesk.desk import (
    AGENT,
    AUDITOR,
    HEAD,
    LEAD,
    NOBODY,
    OTHER_AGENT,
    SECOND_AGENT,
    TEACHER,
    Desk,
)


def seen(*tickets):
    return {one.id: one.rev for one in tickets}


async def test_many_are_changed_and_put_back_as_each_was(database):
    desk = await Desk.set(database)
    one, two, three = await desk.send("A"), await desk.send("B"), await desk.send("C")
    two = await desk.change(AGENT, two, state="pending", pending_reason="parts", assignee_id=SECOND_AGENT.account_id)
    wanted = ForAll(assignee_id=AGENT.account_id, priority=4)
    done = await actions.change_together(database, AGENT, seen(one, two, three), wanted)
    assert (done.changed, done.same, done.refused) == ([one.id, two.id, three.id], [], {})
    now = [await desk.fresh(ticket) for ticket in (one, two, three)]
    assert [(x.assignee_id, x.priority, x.priority_set, x.state) for x in now] == [
        (4, 4, True, "open"), (4, 4, True, "pending"), (4, 4, True, "open"),
    ]  # fmt: skip
    desk.backplane.published.clear()
    back = await actions.put_back(database, AGENT, done.change_id)
    assert (back.back, back.kept) == ([one.id, two.id, three.id], {})
    now = [await desk.fresh(ticket) for ticket in (one, two, three)]
    assert [(x.assignee_id, x.priority, x.priority_set, x.state, x.pending_reason) for x in now] == [
        (None, 2, False, "new", None), (5, 2, False, "pending", "parts"), (None, 2, False, "new", None),
    ]  # fmt: skip
    told = desk.backplane.of(queue_room(desk.first))
    assert [(type(x), x.ticket.assignee_id) for x in told] == [
        (TicketChanged, None), (TicketChanged, 5), (TicketChanged, None),
    ]  # fmt: skip
    assert (await desk.audited()).count("ticket.undo") == 3
    again = await actions.put_back(database, AGENT, done.change_id)
    assert (again.back, again.kept) == ([], {})


async def test_what_somebody_has_changed_since_stays_and_is_told_by_ticket(database):
    desk = await Desk.set(database)
    one, two = await desk.send("A"), await desk.send("B")
    done = await actions.change_together(database, AGENT, seen(one, two), ForAll(state="solved"))
    later = await desk.change(SECOND_AGENT, await desk.fresh(two), state="open")
    await desk.change(SECOND_AGENT, await desk.fresh(one), room="Sala 3")  # another field: no hindrance
    back = await actions.put_back(database, AGENT, done.change_id)
    assert back.back == [one.id]
    assert back.kept == {two.id: "Somebody has changed it since"}
    one, two = await desk.fresh(one), await desk.fresh(two)
    assert (one.state, one.room, one.solved_at) == ("new", "Sala 3", None)
    assert (two.state, two.rev) == ("open", later.rev)


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("solved", ForAll(state="closed")),
        ("solved", ForAll(state="open")),
        ("closed", ForAll(state="open")),
        ("closed", ForAll(state="open", assignee_id=AGENT.account_id, priority=4)),
        ("solved", ForAll(queue_id=2, state="open")),
    ],
)
async def test_undo_brings_back_when_it_was_solved_and_closed(database, before, wanted):
    desk = await Desk.set(database)
    ticket = await desk.change(AGENT, await desk.send("A"), state="solved")
    if before == "closed":
        ticket = await desk.change(AGENT, ticket, state="closed")
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE ticket SET solved_at = solved_at - interval '9 days', closed_at = closed_at - interval '2 days'"
        )
    ticket = await desk.fresh(ticket)
    assert (ticket.solved_at is not None, ticket.closed_at is not None) == (True, before == "closed")
    done = await actions.change_together(database, AGENT, seen(ticket), wanted)
    changed = await desk.fresh(ticket)
    assert (changed.state, changed.closed_at) != (before, ticket.closed_at)
    assert (await actions.put_back(database, AGENT, done.change_id)).back == [ticket.id]
    now = await desk.fresh(ticket)
    assert (now.state, now.solved_at, now.closed_at) == (before, ticket.solved_at, ticket.closed_at)


async def test_undo_brings_back_when_a_child_was_solved_with_its_parent_and_the_requester_hears_nothing_twice(database):
    desk = await Desk.set(database)
    parent, child = await desk.send("Awaria"), await desk.send("U nas też")
    await core.set_parent(database, AGENT, child.id, parent.id)
    await actions.change_together(database, AGENT, {parent.id: None}, ForAll(state="solved"))
    first = await desk.fresh(child)
    reopened = await actions.change_together(database, AGENT, {parent.id: None, child.id: None}, ForAll(state="open"))
    assert (await desk.fresh(child)).solved_at is None
    async with database.transaction() as tx:
        told = await tx.value("SELECT count(*) FROM push_message")
    assert (await actions.put_back(database, AGENT, reopened.change_id)).back == [parent.id, child.id]
    now = await desk.fresh(child)
    assert (now.state, now.solved_at) == ("solved", first.solved_at)
    async with database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM push_message") == told


async def test_who_was_faster_is_not_overwritten(database):
    desk = await Desk.set(database)
    one, two = await desk.send("A"), await desk.send("B")
    await desk.change(SECOND_AGENT, one, assignee_id=SECOND_AGENT.account_id)
    done = await actions.change_together(database, AGENT, seen(one, two), ForAll(assignee_id=AGENT.account_id))
    assert (done.changed, done.refused) == ([two.id], {one.id: "Somebody else has changed it in the meantime"})
    assert (await desk.fresh(one)).assignee_id == SECOND_AGENT.account_id
    done = await actions.change_together(database, AGENT, {one.id: None}, ForAll(assignee_id=AGENT.account_id))
    assert done.changed == [one.id]
    done = await actions.change_together(database, AGENT, {one.id: None}, ForAll(assignee_id=AGENT.account_id))
    assert (done.change_id, done.changed, done.same) == (None, [], [one.id])


async def test_some_fail_and_the_others_are_changed(database):
    desk = await Desk.set(database)
    mine, closed = await desk.send("A"), await desk.send("B")
    await actions.change_together(database, AGENT, {closed.id: None}, ForAll(state="closed"))
    elsewhere = await desk.send("C")
    await desk.change(LEAD, elsewhere, queue_id=desk.second)
    wanted = {mine.id: None, closed.id: None, elsewhere.id: None, 999_999: None}
    done = await actions.change_together(database, AGENT, wanted, ForAll(state="solved"))
    assert done.changed == [mine.id]
    assert done.refused == {
        closed.id: "From here a ticket cannot go there",
        elsewhere.id: "There is nothing here",
        999_999: "There is nothing here",
    }
    done = await actions.change_together(database, AGENT, {mine.id: None}, ForAll(assignee_id=OTHER_AGENT.account_id))
    assert done.refused == {mine.id: "This person does not work on this queue"}
    done = await actions.change_together(database, AGENT, {mine.id: None}, ForAll(state="pending"))
    assert done.refused == {mine.id: "Say what is waited for"}


async def test_undo_brings_children_and_approvals_back(database):
    desk = await Desk.set(database)
    parent, child = await desk.send("Awaria"), await desk.send("U nas też", unit_id=desk.school)
    await core.set_parent(database, AGENT, child.id, parent.id)
    await core.ask_approval(database, AGENT, child.id, HEAD.account_id, "Czy kupić?")
    child = await desk.fresh(child)
    assert (child.state, child.pending_reason) == ("pending", "approval")
    done = await actions.change_together(database, AGENT, {parent.id: None}, ForAll(state="solved"))
    assert (await desk.fresh(child)).state == "solved"
    async with database.transaction(readonly=True) as tx:
        assert [one.state for one in await part_store.approvals(tx, child.id)] == ["withdrawn"]
    back = await actions.put_back(database, AGENT, done.change_id)
    assert back.back == [parent.id, child.id]
    child = await desk.fresh(child)
    assert (child.state, child.pending_reason, (await desk.fresh(parent)).state) == ("pending", "approval", "new")
    async with database.transaction(readonly=True) as tx:
        assert [one.state for one in await part_store.approvals(tx, child.id)] == ["waiting"]


async def test_a_move_to_another_queue_is_put_back_out_of_the_actors_reach(database):
    desk = await Desk.set(database)
    ticket = await desk.send("A")
    ticket = await desk.change(AGENT, ticket, assignee_id=SECOND_AGENT.account_id)
    done = await actions.change_together(database, AGENT, seen(ticket), ForAll(queue_id=desk.second))
    moved = await desk.fresh(ticket)
    assert (moved.queue_id, moved.assignee_id) == (desk.second, None)
    back = await actions.put_back(database, AGENT, done.change_id)
    assert back.back == [ticket.id]
    ticket = await desk.fresh(ticket)
    assert (ticket.queue_id, ticket.assignee_id) == (desk.first, SECOND_AGENT.account_id)


async def test_undo_does_not_give_a_ticket_to_somebody_who_left_the_team(database):
    desk = await Desk.set(database)
    ticket = await desk.send("A")
    ticket = await desk.change(AGENT, ticket, assignee_id=SECOND_AGENT.account_id)
    done = await actions.change_together(database, AGENT, seen(ticket), ForAll(assignee_id=None))
    team = Team(id=desk.team, name="Helpdesk", members=[AGENT.account_id], queues=[desk.first], rev=2)
    await core.save_thing(database, LEAD, team)
    back = await actions.put_back(database, AGENT, done.change_id)
    assert back.kept == {ticket.id: "Whoever worked on it does not work on this queue any more"}
    assert (await desk.fresh(ticket)).assignee_id is None


async def test_undo_does_not_put_a_ticket_into_a_queue_that_is_not_used(database):
    desk = await Desk.set(database)
    ticket = await desk.send("A")
    ticket = await desk.change(LEAD, ticket, queue_id=desk.second)
    done = await actions.change_together(database, LEAD, seen(ticket), ForAll(queue_id=desk.first))
    await core.save_thing(database, LEAD, Queue(id=desk.second, name="Sieć", place=50, active=False, rev=1))
    back = await actions.put_back(database, LEAD, done.change_id)
    assert back.kept == {ticket.id: "Its queue is not used any more"}


async def test_only_who_made_a_change_takes_it_back_and_only_within_the_hour(database):
    desk = await Desk.set(database)
    ticket = await desk.send("A")
    done = await actions.change_together(database, AGENT, seen(ticket), ForAll(priority=1))
    for actor in (SECOND_AGENT, LEAD, AUDITOR, TEACHER, NOBODY):
        with pytest.raises(NotFound):
            await actions.put_back(database, actor, done.change_id)
    async with database.transaction() as tx:
        await tx.execute("UPDATE ticket_change_set SET made_at = made_at - interval '61 min'")
    with pytest.raises(NotFound):
        await actions.put_back(database, AGENT, done.change_id)
    assert (await desk.fresh(ticket)).priority == 1
    async with database.transaction() as tx:
        await tx.execute("UPDATE ticket_change_set SET made_at = made_at - interval '1 day'")
        await store.begin_set(tx, AGENT.account_id)
        assert await tx.value("SELECT count(*) FROM ticket_change_set") == 1


async def test_those_outside_change_nothing(database):
    desk = await Desk.set(database)
    ticket = await desk.send("A")
    for actor in (AUDITOR, TEACHER, HEAD, NOBODY):
        with pytest.raises(Forbidden):
            await actions.change_together(database, actor, seen(ticket), ForAll(priority=1))
    with pytest.raises(Invalid):
        await actions.change_together(database, AGENT, dict.fromkeys(range(1, 202)), ForAll(priority=1))
    assert (await desk.fresh(ticket)).rev == ticket.rev
