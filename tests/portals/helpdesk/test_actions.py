"""Sending, talking, changing: real rows, the database's clock."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from portals.helpdesk import actions, part_store, setup_store, views
from portals.helpdesk.access import access_ticket
from portals.helpdesk.closing import close_solved, wake_waiting
from portals.helpdesk.drafts import Written
from portals.helpdesk.events import (
    EntryWritten,
    PartsChanged,
    TicketChanged,
    TicketLeft,
    TicketSent,
    alerts_room,
    inside_room,
    queue_room,
    ticket_room,
)
from portals.helpdesk.refusals import FieldClash, TicketClosed
from portals.helpdesk.setup_model import CannedReply, Category, Matrix, RoutingRule
from tests.portals.helpdesk.desk import (
    AGENT,
    AUDITOR,
    COLLEAGUE,
    HEAD,
    LEAD,
    NOBODY,
    OTHER_AGENT,
    SECOND_AGENT,
    STRANGER,
    TEACHER,
    Desk,
)


async def test_a_ticket_is_sent_and_rings_in_its_queue(database):
    desk = await Desk.set(database)
    ticket = await desk.send("Drukarka w sali 12 nie drukuje\nŚwieci na czerwono", device_label="000013")
    assert ticket.subject == "Drukarka w sali 12 nie drukuje"
    assert (ticket.state, ticket.priority, ticket.queue_id) == ("new", 2, desk.first)
    assert (ticket.unit_name, ticket.device_label, ticket.room) == ("SP 5", "000013", "12")
    assert (ticket.requester_id, ticket.requester_email) == (TEACHER.account_id, "jan@gryf.example")
    assert desk.backplane.of(alerts_room(desk.first)) == [TicketSent(ticket.row)]
    assert desk.backplane.of(queue_room(desk.first)) == [TicketChanged(ticket.row)]
    entries = await desk.entries(ticket)
    assert [(one.kind, one.public, one.by_staff, one.text) for one in entries] == [
        ("reply", True, False, "Drukarka w sali 12 nie drukuje\nŚwieci na czerwono")
    ]
    assert "ticket.send" in await desk.audited()


async def test_a_reply_takes_the_ticket_and_a_word_back_opens_it(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    await desk.reply(AGENT, ticket, "Proszę o numer sali", state="pending")
    taken = await desk.fresh(ticket)
    assert (taken.state, taken.pending_reason, taken.assignee_id) == ("pending", "requester", AGENT.account_id)
    assert taken.first_reply_at is not None
    assert not taken.waits_for_us
    await desk.reply(TEACHER, ticket, "Sala 12")
    again = await desk.fresh(ticket)
    assert (again.state, again.pending_reason, again.waits_for_us) == ("open", None, True)
    async with database.transaction() as tx:
        spans = await tx.records("SELECT state, pending_reason, ended_at IS NULL AS runs FROM ticket_span ORDER BY id")
    assert [tuple(one) for one in spans] == [
        ("new", None, False),
        ("pending", "requester", False),
        ("open", None, True),
    ]


async def test_residents_send_no_tickets(database):
    desk = await Desk.set(database)
    with pytest.raises(NotFound):
        await desk.send(actor=STRANGER)
    with pytest.raises(Invalid) as problem:
        await desk.send("", device_label="999999")
    assert set(problem.value.fields) == {"text", "device_label"}
    ticket = await desk.send()
    with pytest.raises(NotFound):
        await desk.reply(STRANGER, ticket)


# two who change the same ticket


async def test_two_agents_who_save_different_fields_both_win(database):
    desk = await Desk.set(database)
    seen = await desk.send()
    await desk.change(AGENT, seen, urgency=3)
    after = await desk.change(SECOND_AGENT, seen, room="Sala 14", category_id=desk.broken)
    assert (after.urgency, after.priority, after.room, after.category_name) == (3, 3, "Sala 14", "Zepsuty sprzęt")


async def test_the_same_field_is_asked_for_and_neither_value_is_lost(database):
    desk = await Desk.set(database)
    seen = await desk.send()
    theirs = await desk.change(AGENT, seen, room="Sala 14")
    with pytest.raises(FieldClash) as problem:
        await desk.change(SECOND_AGENT, seen, room="Sala 41", urgency=3)
    clash = problem.value.clashes[0]
    assert [(one.field, one.mine, one.theirs, one.by) for one in problem.value.clashes] == [
        ("room", "Sala 41", "Sala 14", "Adam Bielski")
    ]
    unchanged = await desk.fresh(seen)
    assert (unchanged.room, unchanged.urgency, unchanged.rev) == ("Sala 14", 2, theirs.rev)
    kept = await desk.change(SECOND_AGENT, seen, {"room": clash.rev}, room="Sala 41", urgency=3)
    assert (kept.room, kept.urgency) == ("Sala 41", 3)
    again = await desk.change(AGENT, seen, room="Sala 41")  # the very value that is there is no conflict
    assert again.rev == kept.rev


async def test_what_follows_from_a_field_meets_who_chose_it(database):
    desk = await Desk.set(database)
    seen = await desk.send()
    raised = await desk.change(AGENT, seen, impact=3, urgency=3)
    assert (raised.priority, raised.priority_set) == (4, False)
    with pytest.raises(FieldClash) as problem:
        await desk.change(SECOND_AGENT, seen, priority=1)
    assert [(one.field, one.mine, one.theirs) for one in problem.value.clashes] == [("priority", "1", "4")]
    chosen = await desk.change(SECOND_AGENT, raised, priority=2)
    assert (await desk.change(AGENT, chosen, urgency=1)).priority == 2
    assert (await desk.change(AGENT, await desk.fresh(seen), priority=None)).priority == 2  # impact 3, urgency 1


async def test_the_states_of_two_agents_meet(database):
    desk = await Desk.set(database)
    seen = await desk.send()
    await desk.change(AGENT, seen, state="pending", pending_reason="parts")
    with pytest.raises(FieldClash) as problem:
        await desk.change(SECOND_AGENT, seen, state="solved")
    assert [(one.mine, one.theirs) for one in problem.value.clashes] == [("solved", "pending:parts")]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"state": "pending"}, "pending_reason"),
        ({"state": "open", "pending_reason": "parts"}, "pending_reason"),
        ({"subject": "  "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"category_id": 999}, "category_id"),
        ({"queue_id": 999}, "queue_id"),
        ({"assignee_id": 6}, "assignee_id"),  # works on the other queue
        ({"assignee_id": 1}, "assignee_id"),  # a teacher
        ({"unit_id": 999}, "unit_id"),
        ({"device_id": 999}, "device_id"),
        ({"details": {"nothing": "x"}}, "details.nothing"),
    ],
)
async def test_what_cannot_be_is_told_beside_its_field(database, wanted, field):
    desk = await Desk.set(database)
    ticket = await desk.send()
    with pytest.raises(Invalid) as problem:
        await desk.change(AGENT, ticket, **wanted)
    assert set(problem.value.fields) == {field}
    assert (await desk.fresh(ticket)).rev == ticket.rev


async def test_a_ticket_that_is_moved_rings_there_and_leaves_here(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    ticket = await desk.change(AGENT, ticket, assignee_id=AGENT.account_id, team_id=desk.team)
    assert ticket.state == "open"
    moved = await desk.change(AGENT, ticket, queue_id=desk.second)
    assert (moved.queue_id, moved.assignee_id, moved.team_id) == (desk.second, None, None)
    assert desk.backplane.of(alerts_room(desk.second)) == [TicketSent(moved.row, moved=True)]
    assert [type(one) for one in desk.backplane.of(queue_room(desk.first))][-1] is TicketLeft
    with pytest.raises(NotFound):
        await desk.change(AGENT, moved, urgency=3)
    assert (await desk.change(OTHER_AGENT, moved, urgency=3)).priority == 3


# talk


async def test_notes_stay_inside_and_name_colleagues(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    written = Written(text="@olga zna tę drukarkę, @jan nie, @nikt też", minutes=10)
    entry = await actions.note(database, AGENT, ticket.id, written)
    assert entry.mentions == [SECOND_AGENT.account_id]
    assert [one.text for one in await desk.entries(ticket, public=True)] == ["Drukarka nie drukuje"]
    assert desk.backplane.of(ticket_room(ticket.id)) == []
    assert (await desk.fresh(ticket)).spent_minutes == 10
    with pytest.raises(NotFound):
        await actions.note(database, TEACHER, ticket.id, written)


async def test_a_closed_ticket_takes_no_word_and_an_empty_one_is_none(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    with pytest.raises(Invalid):
        await desk.reply(TEACHER, ticket, "  \n ")
    await actions.close_own(database, TEACHER, ticket.id)
    with pytest.raises(TicketClosed):
        await desk.reply(TEACHER, ticket, "A jednak")
    with pytest.raises(TicketClosed):
        await actions.close_own(database, TEACHER, ticket.id)


async def test_what_is_sent_twice_is_taken_once(database):
    desk = await Desk.set(database)
    first = await desk.send("Raz", sent_key="k1")
    assert (await desk.send("Raz", sent_key="k1")).id == first.id
    assert (await desk.send("Raz", sent_key="k2")).id != first.id


async def test_solved_tickets_are_rated_and_closed_after_a_week(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    with pytest.raises(Conflict):
        await actions.rate(database, TEACHER, ticket.id, 5)
    await desk.reply(AGENT, ticket, "Gotowe", state="solved")
    with pytest.raises(NotFound):
        await actions.rate(database, COLLEAGUE, ticket.id, 5)
    rated = await actions.rate(database, TEACHER, ticket.id, 5, "Szybko")
    assert (rated.rating, rated.rating_note, rated.state) == (5, "Szybko", "solved")
    assert await close_solved(database, 7) == 0
    async with database.transaction() as tx:
        await tx.execute("UPDATE ticket SET solved_at = solved_at - interval '8 days' WHERE id = $1", ticket.id)
    assert await close_solved(database, 0) == 0
    assert await close_solved(database, 7) == 1
    assert (await desk.fresh(ticket)).state == "closed"


async def test_a_ticket_that_waits_for_a_day_comes_back(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    until = datetime.now(UTC) + timedelta(days=1)
    ticket = await desk.change(AGENT, ticket, state="pending", pending_reason="planned", pending_until=until)
    assert await wake_waiting(database) == 0
    async with database.transaction() as tx:
        await tx.execute("UPDATE ticket SET pending_until = now() - interval '1 minute' WHERE id = $1", ticket.id)
    assert await wake_waiting(database) == 1
    assert ((await desk.fresh(ticket)).state, (await desk.fresh(ticket)).waits_for_us) == ("open", True)


# tickets that have to do with each other


async def test_merged_tickets_are_one_talk_and_can_be_taken_apart(database):
    desk = await Desk.set(database)
    first = await desk.send("Nie drukuje sala 12")
    second = await desk.send("Drukarka w 12 stoi", actor=HEAD)
    await actions.merge(database, AGENT, second.id, first.id)
    assert (await desk.fresh(second)).state == "merged"
    entry = await desk.reply(HEAD, second, "Czy wiadomo coś?")
    assert entry.ticket_id == first.id
    async with database.transaction() as tx:
        place = await access_ticket(tx, HEAD, first.id)
        view = await views.public_view(tx, HEAD, place)
        left = await views.public_view(tx, HEAD, await access_ticket(tx, HEAD, second.id))
    assert "Drukarka w 12 stoi" in [one.text for one in view.entries]
    assert [(one.verb, [change.new for change in one.changes]) for one in left.entries if one.verb == "merged"] == [
        ("merged", [first.number])
    ]
    with pytest.raises(Invalid):
        await actions.merge(database, AGENT, first.id, first.id)
    with pytest.raises(Invalid):
        await actions.merge(database, AGENT, second.id, first.id)
    await actions.unmerge(database, AGENT, second.id)
    assert (await desk.fresh(second)).state == "open"
    with pytest.raises(Conflict):
        await actions.unmerge(database, AGENT, second.id)


@pytest.mark.parametrize("state", ["solved", "closed"])
async def test_a_merged_ticket_that_is_taken_out_was_solved_and_closed_when_it_was(database, state):
    desk = await Desk.set(database)
    first, second = await desk.send("Sala 12"), await desk.send("Sala 12 znowu")
    second = await desk.change(AGENT, second, state="solved")
    if state == "closed":
        second = await desk.change(AGENT, second, state="closed")
    await actions.merge(database, AGENT, second.id, first.id)
    assert (await desk.fresh(second)).state == "merged"
    await actions.unmerge(database, AGENT, second.id)
    now = await desk.fresh(second)
    assert (now.state, now.solved_at, now.closed_at) == (state, second.solved_at, second.closed_at)
    assert (now.closed_at is not None) == (state == "closed")


async def test_solving_an_incident_solves_and_tells_what_stands_below_it(database):
    desk = await Desk.set(database)
    incident = await desk.send("Awaria łącza", actor=HEAD)
    below = [await desk.send("Brak internetu"), await desk.send("Nie ma sieci", actor=COLLEAGUE)]
    for one in below:
        await actions.set_parent(database, AGENT, one.id, incident.id)
    with pytest.raises(Invalid):
        await actions.set_parent(database, AGENT, incident.id, below[0].id)
    await desk.reply(AGENT, incident, "Światłowód zespawany", state="solved")
    for one in below:
        assert (await desk.fresh(one)).state == "solved"
        assert (await desk.entries(one, public=True))[-2].text == "Światłowód zespawany"
    assert (await desk.fresh(below[0])).first_reply_at is not None


async def test_a_word_is_split_off(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    entry = await desk.reply(TEACHER, ticket, "I jeszcze: projektor w sali 3 miga")
    made = await actions.split(database, AGENT, ticket.id, entry.id, "Projektor miga")
    assert (made.subject, made.requester_id, made.unit_id) == ("Projektor miga", TEACHER.account_id, desk.school)
    assert (made.source, made.split_from_id) == ("split", ticket.id)
    async with database.transaction() as tx:
        found = await part_store.related(tx, ticket.id)
    assert [(one.id, one.how) for one in found] == [(made.id, "split_off")]
    await actions.relate(database, AGENT, ticket.id, made.id)
    await actions.relate(database, AGENT, made.id, ticket.id, wanted=False)
    async with database.transaction() as tx:
        assert [one.how for one in await part_store.related(tx, ticket.id)] == ["split_off"]


# agreement, checklist, time


async def test_a_head_is_asked_first_and_decides_once(database):
    desk = await Desk.set(database)
    ticket = await desk.fresh(await desk.send("Proszę o dostęp", category_id=desk.access))
    assert (ticket.state, ticket.pending_reason) == ("pending", "approval")
    async with database.transaction() as tx:
        asked = (await part_store.approvals_waiting_for(tx, HEAD.account_id))[0]
    with pytest.raises(NotFound):
        await actions.decide(database, TEACHER, asked.id, granted=True)
    with pytest.raises(Invalid):
        await actions.decide(database, HEAD, asked.id, granted=False)
    done = await actions.decide(database, HEAD, asked.id, granted=True)
    assert done.state == "granted"
    assert (await desk.fresh(ticket)).state == "open"
    with pytest.raises(Conflict):
        await actions.decide(database, HEAD, asked.id, granted=False, answer="Jednak nie")


async def test_the_checklist_comes_with_the_category(database):
    desk = await Desk.set(database)
    async with database.transaction() as tx:
        category = await setup_store.thing(tx, Category, desk.broken)
    steps = msgspec.structs.replace(category, checklist=["Gwarancja?", "  Zastępczy? "])
    await actions.save_thing(database, LEAD, steps)
    ticket = await desk.send(category_id=desk.broken)
    async with database.transaction() as tx:
        checks = await part_store.checks(tx, ticket.id)
    assert [one.text for one in checks] == ["Gwarancja?", "Zastępczy?"]
    await actions.set_check(database, AGENT, ticket.id, checks[0].id, done=True)
    again = await actions.set_check(database, SECOND_AGENT, ticket.id, checks[0].id, done=True)
    assert again.done_name == "Adam Bielski"
    with pytest.raises(NotFound):
        await actions.set_check(database, AGENT, ticket.id, 999, done=True)
    with pytest.raises(Invalid):
        await actions.add_time(database, AGENT, ticket.id, -5)
    assert (await actions.add_time(database, AGENT, ticket.id, 25, "Dojazd")).spent_minutes == 25
    assert (await actions.add_time(database, AGENT, ticket.id, -5)).spent_minutes == 20


# set-up


async def test_rules_route_and_a_stale_form_is_refused(database):
    desk = await Desk.set(database)
    rule = RoutingRule(words=["Internet", "Wi-Fi"], queue_id=desk.second, priority=4)
    saved = await actions.save_thing(database, LEAD, rule)
    assert saved.words == ["internet", "wi fi"]
    ticket = await desk.send("Brak internetu w sali")
    assert (ticket.queue_id, ticket.priority, ticket.priority_set) == (desk.second, 4, True)
    await actions.save_thing(database, LEAD, msgspec.structs.replace(saved, priority=1))
    with pytest.raises(Conflict):
        await actions.save_thing(database, LEAD, msgspec.structs.replace(saved, priority=2))
    with pytest.raises(Forbidden):
        await actions.save_thing(database, AGENT, rule)
    with pytest.raises(Invalid) as problem:
        await actions.save_thing(database, LEAD, CannedReply(title="", text="{numer}"))
    assert set(problem.value.fields) == {"title", "text"}
    async with database.transaction() as tx:
        matrix = await setup_store.matrix(tx)
    cells = [msgspec.structs.replace(one, priority=1) for one in matrix.cells]
    await actions.set_matrix(database, LEAD, Matrix(cells))
    assert (await desk.send("Coś innego", urgency=3, impact=3)).priority == 1


# who sees what

SIDES = {
    "teacher": (TEACHER, "requester"),
    "head": (HEAD, "head"),
    "colleague": (COLLEAGUE, None),
    "stranger": (STRANGER, None),
    "nobody": (NOBODY, None),
    "agent": (AGENT, "desk"),
    "other agent": (OTHER_AGENT, None),
    "lead": (LEAD, "desk"),
    "auditor": (AUDITOR, "reader"),
}


@pytest.mark.parametrize("who", SIDES)
async def test_who_sees_a_ticket_and_as_whom(database, who):
    desk = await Desk.set(database)
    ticket = await desk.send()
    await actions.note(database, AGENT, ticket.id, Written(text="Tylko dla nas"))
    actor, side = SIDES[who]
    rooms = {"ticket_id": str(ticket.id), "queue_id": str(desk.first)}
    async with database.transaction() as tx:
        if side is None:
            for snapshot in (views.ticket_snapshot, views.inside_snapshot):
                with pytest.raises(NotFound):
                    await snapshot(tx, actor, rooms)
        else:
            place = await access_ticket(tx, actor, ticket.id)
            assert place.side == side
            outside = await views.ticket_snapshot(tx, actor, rooms)
            assert [one.text for one in outside.entries] == ["Drukarka nie drukuje"]
        inside = side in {"desk", "reader"}
        for snapshot in (views.inside_snapshot, views.queue_snapshot, views.alerts_snapshot):
            if inside:
                await snapshot(tx, actor, rooms)
            else:
                with pytest.raises(NotFound):
                    await snapshot(tx, actor, rooms)
    if who == "auditor":
        with pytest.raises(Forbidden):
            await desk.change(actor, ticket, urgency=3)
    elif not inside:
        with pytest.raises(NotFound):
            await desk.change(actor, ticket, urgency=3)


async def test_events_and_snapshot_come_to_the_same(database):
    """Rule 5: what a page has after the events is what a fresh one starts with."""
    desk = await Desk.set(database)
    ticket = await desk.send()
    rooms = {"ticket_id": str(ticket.id), "queue_id": str(desk.first)}
    async with database.transaction() as tx:
        outside = await views.ticket_snapshot(tx, TEACHER, rooms)
        inside = await views.inside_snapshot(tx, AGENT, rooms)
    desk.backplane.published.clear()
    await desk.reply(AGENT, ticket, "Patrzymy", state="pending")
    await actions.note(database, AGENT, ticket.id, Written(text="Tylko dla nas"))
    await desk.reply(TEACHER, ticket, "Dziękuję")
    await desk.change(AGENT, await desk.fresh(ticket), urgency=3)
    seen = {"public": outside.ticket, "inside": inside.ticket, "outside": [*outside.entries], "all": [*inside.entries]}
    for event in desk.backplane.of(ticket_room(ticket.id)):
        if isinstance(event, EntryWritten):
            seen["outside"].append(event.entry)
        else:
            seen["public"] = event.ticket
    for event in desk.backplane.of(inside_room(ticket.id)):
        if isinstance(event, EntryWritten):
            seen["all"].append(event.entry)
        elif not isinstance(event, PartsChanged):
            seen["inside"] = event.ticket
    async with database.transaction() as tx:
        outside = await views.ticket_snapshot(tx, TEACHER, rooms)
        inside = await views.inside_snapshot(tx, AGENT, rooms)
        rows = (await views.queue_snapshot(tx, AGENT, rooms)).tickets
    assert seen["all"] == inside.entries
    assert seen["outside"] == outside.entries
    assert seen["inside"] == inside.ticket
    assert msgspec.structs.replace(seen["public"], rev=outside.ticket.rev) == outside.ticket
    assert desk.backplane.of(queue_room(desk.first))[-1].ticket == rows[0]
