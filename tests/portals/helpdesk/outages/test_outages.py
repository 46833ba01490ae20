"""Outages against the database: whom they reach, which tickets they take in, what is told and when."""

import asyncio
from datetime import timedelta

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from portals.helpdesk import actions as helpdesk
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.drafts import NewTicket, Requester
from portals.helpdesk.events import TicketSent, alerts_room, queue_room
from portals.helpdesk.model import Ticket
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.outages import actions, hitting, store, watching
from portals.helpdesk.outages.events import (
    DESK_ROOM,
    PUBLIC_ROOM,
    NoticeChanged,
    NoticeLeft,
    OutageChanged,
    PublicNoticeChanged,
    PublicNoticeLeft,
    unit_room,
)
from portals.helpdesk.outages.model import Ending, Joining, NewUpdate, Outage, OutageDraft
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

HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(database):
    return await Desk.set(database)


async def now(desk):
    async with desk.database.transaction(readonly=True) as tx:
        return await helpdesk_store.now(tx)


async def declared(desk, actor=AGENT, **more) -> Outage:
    """By default of the first school, about broken devices."""
    fields = {
        "title": "Nie działa Wi-Fi",
        "category_id": desk.broken,
        "unit_ids": [desk.school],
        "queue_id": desk.first,
    }
    return await actions.declare(desk.database, actor, OutageDraft(**(fields | more)))


async def fresh(desk, outage) -> Outage:
    async with desk.database.transaction(readonly=True) as tx:
        return await store.outage(tx, outage.id)


async def view(desk, actor, outage):
    async with desk.database.transaction(readonly=True) as tx:
        return await hitting.outage_view(tx, actor, outage.id)


async def own(desk, actor):
    async with desk.database.transaction(readonly=True) as tx:
        return await hitting.own_notices(tx, actor)


def rung(desk, queue_id) -> list[int]:
    return [one.ticket.id for one in desk.backplane.of(alerts_room(queue_id)) if isinstance(one, TicketSent)]


async def told(desk) -> list[tuple[str, str]]:
    """Ref and login of what was pushed."""
    async with desk.database.transaction() as tx:
        records = await tx.records(
            "SELECT m.ref, a.login FROM push_message m JOIN account a ON a.id = m.account_id ORDER BY m.id"
        )
    return [(one["ref"], one["login"]) for one in records]


async def listens(desk, *actors) -> None:
    """Each has a browser that may be told something."""
    async with desk.database.transaction() as tx:
        for actor in actors:
            await tx.execute(
                "INSERT INTO push_device (account_id, endpoint, public_key, auth, label)"
                " VALUES ($1::bigint, 'https://push.example/' || $1::bigint, decode(repeat('00', 65), 'hex'),"
                " decode(repeat('00', 16), 'hex'), '')",
                actor.account_id,
            )


async def test_an_outage_is_declared_with_a_ticket_of_its_own(desk):
    outage = await declared(desk, text="Prosimy o cierpliwość", public=True)
    assert (outage.state, outage.kind, outage.unit_names, outage.declared_name) == (
        "running", "incident", ["SP 5"], AGENT.name,
    )  # fmt: skip
    async with desk.database.transaction(readonly=True) as tx:
        ticket = await helpdesk_store.ticket(tx, outage.ticket_id)
    assert (ticket.state, ticket.assignee_id, ticket.queue_id, ticket.category_id) == (
        "open", AGENT.account_id, desk.first, desk.broken,
    )  # fmt: skip
    assert [type(one) for one in desk.backplane.of(unit_room(desk.school))] == [NoticeChanged]
    assert desk.backplane.of(unit_room(desk.other_school)) == []
    assert [type(one) for one in desk.backplane.of(PUBLIC_ROOM)] == [PublicNoticeChanged]
    assert desk.backplane.of(PUBLIC_ROOM)[0].notice.updates[0].author_name == ""
    assert "outage.declare" in await desk.audited()


async def test_a_ticket_becomes_an_outage_once(desk):
    ticket = await desk.send("Nie ma internetu", unit_id=desk.school)
    outage = await declared(desk, ticket=ticket.number, queue_id=None)
    assert outage.ticket_id == ticket.id
    for number, field in ((ticket.number, "ticket"), ("1 002-9", "ticket"), (digits_of(99_999), "ticket")):
        with pytest.raises(Invalid) as problem:
            await declared(desk, ticket=number)
        assert set(problem.value.fields) == {field}


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"title": " "}, {"title"}),
        ({"title": "x" * 121}, {"title"}),
        ({"text": "x" * 2001}, {"text"}),
        ({"unit_ids": []}, {"unit_ids"}),
        ({"unit_ids": [999]}, {"unit_ids"}),
        ({"service_id": 999}, {"service_id"}),
        ({"category_id": 999}, {"category_id"}),
        ({"model_id": 999}, {"model_id"}),
        ({"queue_id": None}, {"queue_id"}),
        ({"queue_id": 999}, {"queue_id"}),
        ({"starts_at": HOUR}, {"starts_at"}),
        ({"starts_at": -40 * 24 * HOUR}, {"starts_at"}),
        ({"expected_end": -HOUR}, {"expected_end"}),
        ({"expected_end": 400 * 24 * HOUR}, {"expected_end"}),
        ({"kind": "planned", "expected_end": HOUR}, {"starts_at"}),
        ({"kind": "planned", "starts_at": HOUR}, {"expected_end"}),
        ({"kind": "planned", "starts_at": 2 * HOUR, "expected_end": HOUR}, {"expected_end"}),
    ],
)
async def test_what_is_wrong_is_said_by_field(desk, more, fields):
    moment = await now(desk)
    filled = {name: moment + value if isinstance(value, timedelta) else value for name, value in more.items()}
    with pytest.raises(Invalid) as problem:
        await declared(desk, **filled)
    assert set(problem.value.fields) == fields
    async with desk.database.transaction(readonly=True) as tx:
        assert not await store.has_outages(tx)
        assert await tx.value("SELECT count(*) FROM ticket") == 0


async def test_who_may_do_what(desk):
    for actor in (TEACHER, HEAD, AUDITOR, STRANGER, NOBODY):
        with pytest.raises(Forbidden):
            await declared(desk, actor)
    with pytest.raises(Invalid):  # a queue that is not theirs
        await declared(desk, OTHER_AGENT)
    outage = await declared(desk)
    for actor, refusal in ((OTHER_AGENT, Forbidden), (AUDITOR, Forbidden), (TEACHER, NotFound), (NOBODY, NotFound)):
        with pytest.raises(refusal):
            await actions.say(desk.database, actor, outage.id, NewUpdate(text="Nowe"))
        with pytest.raises(refusal):
            await actions.end(desk.database, actor, outage.id, Ending("Koniec"))
        with pytest.raises(refusal):
            await actions.change(desk.database, actor, outage.id, OutageDraft(title="Inny", rev=outage.rev))
    await actions.say(desk.database, SECOND_AGENT, outage.id, NewUpdate(text="Sprawdzamy"))
    await actions.end(desk.database, LEAD, outage.id, Ending("Naprawione"))
    for actor in (AGENT, OTHER_AGENT, LEAD, AUDITOR):
        assert (await view(desk, actor, outage)).outage.state == "ended"
    for actor in (TEACHER, STRANGER, NOBODY):
        with pytest.raises(NotFound):
            await view(desk, actor, outage)


async def test_tickets_about_it_come_below_it_and_do_not_ring(desk):
    outage = await declared(desk)
    desk.backplane.published.clear()
    swallowed = await desk.send("Laptopy nie mają sieci", category_id=desk.broken)
    other_unit = await desk.send("Nie działa", COLLEAGUE, category_id=desk.broken)
    other_matter = await desk.send("Toner się skończył", category_id=desk.access)
    assert [one.parent_id for one in (swallowed, other_unit, other_matter)] == [outage.ticket_id, None, None]
    assert rung(desk, desk.first) == [other_unit.id, other_matter.id]
    assert [one.ticket.id for one in desk.backplane.of(queue_room(desk.first))][0] == swallowed.id  # in the list it is
    await watching.settle(desk.database)
    (joined,) = (await view(desk, AGENT, outage)).joined
    assert (joined.ticket.id, joined.how) == (swallowed.id, "itself")
    entries = await desk.entries(swallowed, public=True)
    assert [(one.verb, one.changes[0].new) for one in entries if one.kind == "event"] == [
        ("outage_joined", "Nie działa Wi-Fi")
    ]
    found = await fresh(desk, outage)
    assert (found.tickets, found.hit_units, found.people) == (1, 1, 0)
    assert desk.backplane.of(DESK_ROOM)[-1].outage.tickets == 1


async def test_words_floor_and_model_decide(desk):
    async with desk.database.transaction() as tx:
        model = await tx.value("SELECT model_id FROM device WHERE id = $1", desk.device)
    outage = await declared(
        desk, category_id=None, words=["Wi-Fi", "Łącz"], room="II piętro", everywhere=True, unit_ids=[]
    )
    assert outage.words == ["wi fi", "lacz"]
    letters = {
        "Wi-Fi nie działa": ("sala 23, II piętro", True),
        "BRAK ŁĄCZA od rana": ("II PIĘTRO", True),
        "wifi nie działa": ("II piętro", False),
        "Radiowi-fi": ("II piętro", False),
        "WI FI pada": ("I piętro", False),
    }
    async with desk.database.transaction() as tx:
        for text, (room, wanted) in letters.items():
            requester = Requester(name="Zofia", email="zofia@gryf.example")
            ticket = await helpdesk.send_ticket_in(tx, AGENT, NewTicket(text=text, room=room), requester, "mail")
            assert (ticket.parent_id is not None) is wanted, text
    await actions.end(desk.database, AGENT, outage.id, Ending("Naprawione"))
    second = await declared(desk, title="Wada modelu", model_id=model)
    mine = await desk.send("Drukarka gaśnie", category_id=desk.broken, device_label="000013")
    assert mine.parent_id == second.ticket_id
    async with desk.database.transaction() as tx:
        await tx.execute("INSERT INTO device_model (kind, maker, name) VALUES ('printer', 'X', 'Y')")
        await tx.execute("UPDATE device SET model_id = (SELECT max(id) FROM device_model)")
    assert (await desk.send("Inna gaśnie", category_id=desk.broken, device_label="000013")).parent_id is None


async def test_an_outage_that_takes_nothing_in_or_whose_ticket_is_closed(desk):
    outage = await declared(desk, gathers=False)
    alone = await desk.send(category_id=desk.broken)
    assert alone.parent_id is None
    assert [one.id for one in (await view(desk, AGENT, outage)).candidates] == [alone.id]
    await actions.change(
        desk.database, AGENT, outage.id,
        OutageDraft(title=outage.title, category_id=desk.broken, unit_ids=[desk.school], rev=outage.rev),
    )  # fmt: skip
    assert (await desk.send(category_id=desk.broken)).parent_id == outage.ticket_id
    async with desk.database.transaction() as tx:
        await tx.execute("UPDATE ticket SET parent_id = NULL")
    ticket = await desk.fresh(Ticket_of(outage))
    await desk.change(AGENT, ticket, state="solved")
    assert (await desk.send(category_id=desk.broken)).parent_id is None


def Ticket_of(outage):  # noqa: N802 - a stand-in for the row
    class Known:
        id = outage.ticket_id

    return Known


async def test_a_mismatch_is_detached_and_rings(desk):
    outage = await declared(desk)
    ticket = await desk.send("Toner", category_id=desk.broken)
    assert ticket.parent_id == outage.ticket_id
    await watching.settle(desk.database)
    desk.backplane.published.clear()
    await hitting.join(desk.database, AGENT, outage.id, Joining(ticket.number, wanted=False))
    assert (await desk.fresh(ticket)).parent_id is None
    assert rung(desk, desk.first) == [ticket.id]
    await watching.settle(desk.database)
    seen = await view(desk, AGENT, outage)
    assert (seen.joined, seen.candidates, (await fresh(desk, outage)).tickets) == ([], [], 0)
    with pytest.raises(Conflict):
        await hitting.join(desk.database, AGENT, outage.id, Joining(ticket.number, wanted=False))
    await hitting.join(desk.database, AGENT, outage.id, Joining(ticket.number))
    assert [(one.ticket.id, one.how) for one in (await view(desk, AGENT, outage)).joined] == [(ticket.id, "by_hand")]
    for number in ("12", "1 002-9", digits_of(99_999)):
        with pytest.raises(Invalid) as problem:
            await hitting.join(desk.database, AGENT, outage.id, Joining(number))
        assert set(problem.value.fields) == {"number"}


async def test_me_too_is_counted_once_and_taken_back(desk):
    outage = await declared(desk, everywhere=True, unit_ids=[])
    assert [one.id for one in (await own(desk, COLLEAGUE)).notices] == [outage.id]
    for _time in range(2):
        await hitting.me_too(desk.database, COLLEAGUE, outage.id, wanted=True)
    await hitting.me_too(desk.database, TEACHER, outage.id, wanted=True)
    desk.backplane.published.clear()
    await watching.settle(desk.database)
    assert [(one.outage.people, one.outage.hit_units) for one in desk.backplane.of(DESK_ROOM)] == [(2, 2)]
    assert (await own(desk, COLLEAGUE)).mine == [outage.id]
    await hitting.me_too(desk.database, TEACHER, outage.id, wanted=False)
    await watching.settle(desk.database)
    assert (await fresh(desk, outage)).people == 1
    for actor in (STRANGER, NOBODY):
        with pytest.raises(NotFound):
            await hitting.me_too(desk.database, actor, outage.id, wanted=True)
    assert (await own(desk, STRANGER)).notices == []


async def test_a_whole_school_at_once(desk):
    """Forty people press while tickets come in: nothing is lost, and pages are told in a few words."""
    outage = await declared(desk)
    async with desk.database.transaction() as tx:
        ids = [
            await tx.value("INSERT INTO account (login, name, folded) VALUES ($1, $1, $1) RETURNING id", f"n{number}")
            for number in range(40)
        ]
        for account_id in ids:
            await tx.execute("INSERT INTO unit_member VALUES ($1, $2, false)", account_id, desk.school)
    from app.actor import Actor

    people = [Actor(account_id=one, name=f"n{one}", login=f"n{one}") for one in ids]
    desk.backplane.published.clear()
    await asyncio.gather(
        *(hitting.me_too(desk.database, one, outage.id, wanted=True) for one in people),
        *(desk.send(f"Nie działa {one.name}", one, category_id=desk.broken) for one in people[:10]),
    )
    await watching.settle(desk.database)
    found = await fresh(desk, outage)
    assert (found.people, found.tickets, found.hit_units) == (40, 10, 1)
    assert rung(desk, desk.first) == []
    assert len([one for one in desk.backplane.of(DESK_ROOM) if isinstance(one, OutageChanged)]) <= 3


async def test_ending_tells_everybody_and_solves_the_tickets(desk):
    await listens(desk, TEACHER, COLLEAGUE, HEAD)
    outage = await declared(desk, everywhere=True, unit_ids=[], public=True)
    child = await desk.send("Nic nie działa", category_id=desk.broken)
    for actor in (COLLEAGUE, HEAD):
        await hitting.me_too(desk.database, actor, outage.id, wanted=True)
    await hitting.me_too(desk.database, HEAD, outage.id, wanted=False)
    await watching.settle(desk.database)
    desk.backplane.published.clear()
    ended = await actions.end(desk.database, AGENT, outage.id, Ending("Uszkodzony kabel, wymieniony"))
    assert (ended.state, ended.outcome, ended.people, ended.tickets) == ("ended", "Uszkodzony kabel, wymieniony", 1, 1)
    solved = await desk.fresh(child)
    assert solved.state == "solved"
    assert (await desk.entries(child, public=True))[-2].text == "Uszkodzony kabel, wymieniony"
    assert (f"outage-over/{outage.id}", "ewa") in await told(desk)
    assert not [one for one in await told(desk) if one == (f"outage-over/{outage.id}", "hanna")]
    assert [one for one in await told(desk) if one[0].startswith("ticket-solved/") and one[1] == "jan"]
    assert isinstance(desk.backplane.of(unit_room(desk.other_school))[-1], NoticeLeft)
    assert isinstance(desk.backplane.of(PUBLIC_ROOM)[-1], PublicNoticeChanged)
    assert (await own(desk, COLLEAGUE)).notices == []
    with pytest.raises(Conflict):
        await actions.end(desk.database, SECOND_AGENT, outage.id, Ending("Drugi raz"))
    with pytest.raises(Conflict):
        await actions.say(desk.database, SECOND_AGENT, outage.id, NewUpdate(text="Po wszystkim"))
    with pytest.raises(Conflict):
        await hitting.me_too(desk.database, TEACHER, outage.id, wanted=True)
    with pytest.raises(Invalid):
        await actions.end(desk.database, AGENT, outage.id, Ending("  "))


async def test_a_ticket_that_comes_while_it_ends_is_solved_or_stands_alone(desk):
    """Whoever is first: never an open ticket below a solved one."""
    for _round in range(4):
        outage = await declared(desk)
        results = await asyncio.gather(
            actions.end(desk.database, AGENT, outage.id, Ending("Koniec")),
            *(desk.send("Nie działa", category_id=desk.broken) for _number in range(4)),
        )
        for sent in results[1:]:
            ticket: Ticket = await desk.fresh(sent)
            assert (ticket.parent_id is None) == ticket.is_open, ticket


async def test_two_who_change_it_at_once(desk):
    outage = await declared(desk)
    draft = OutageDraft(title="Nie działa sieć", category_id=desk.broken, unit_ids=[desk.school], rev=outage.rev)
    after = await actions.change(desk.database, AGENT, outage.id, draft)
    with pytest.raises(actions.OutageClash) as problem:
        await actions.change(desk.database, SECOND_AGENT, outage.id, draft)
    assert (problem.value.now.title, problem.value.now.rev) == ("Nie działa sieć", after.rev)
    await asyncio.gather(  # lines of the log never meet
        actions.say(desk.database, AGENT, outage.id, NewUpdate(text="Pierwsze")),
        actions.say(desk.database, SECOND_AGENT, outage.id, NewUpdate(text="Drugie")),
    )
    assert {one.text for one in (await view(desk, AGENT, outage)).updates} >= {"Pierwsze", "Drugie"}


async def test_units_that_are_not_hit_any_more_hear_that_it_left(desk):
    outage = await declared(desk, unit_ids=[desk.school, desk.other_school])
    desk.backplane.published.clear()
    await actions.change(
        desk.database, AGENT, outage.id,
        OutageDraft(title=outage.title, unit_ids=[desk.other_school], rev=outage.rev),
    )  # fmt: skip
    assert [type(one) for one in desk.backplane.of(unit_room(desk.school))] == [NoticeLeft]
    assert [type(one) for one in desk.backplane.of(unit_room(desk.other_school))] == [NoticeChanged]


async def test_planned_work_is_announced_begins_by_itself_and_may_be_called_off(desk):
    moment = await now(desk)
    outage = await declared(
        desk,
        kind="planned",
        starts_at=moment + HOUR,
        expected_end=moment + 2 * HOUR,
        public=True,
        unit_kinds=["school"],
    )
    async with desk.database.transaction(readonly=True) as tx:
        ticket = await helpdesk_store.ticket(tx, outage.ticket_id)
    assert (outage.state, ticket.state, ticket.pending_reason) == ("announced", "pending", "planned")
    assert (await desk.send(category_id=desk.broken)).parent_id is None
    with pytest.raises(Conflict):
        await actions.end(desk.database, AGENT, outage.id, Ending("Za wcześnie"))
    with pytest.raises(Conflict):
        await hitting.me_too(desk.database, TEACHER, outage.id, wanted=True)
    async with desk.database.transaction() as tx:
        await tx.execute("UPDATE outage SET starts_at = clock_timestamp() - interval '1 second'")
    await watching.settle(desk.database)
    found = await fresh(desk, outage)
    assert found.state == "running"
    assert (await desk.fresh(Ticket_of(outage))).state == "open"
    with pytest.raises(Conflict):
        await actions.withdraw(desk.database, AGENT, outage.id)
    await actions.end(desk.database, AGENT, outage.id, Ending("Zrobione"))

    second = await declared(desk, kind="planned", starts_at=moment + HOUR, expected_end=moment + 2 * HOUR, public=True)
    desk.backplane.published.clear()
    await actions.withdraw(desk.database, AGENT, second.id)
    assert isinstance(desk.backplane.of(PUBLIC_ROOM)[-1], PublicNoticeLeft)
    assert (await desk.fresh(Ticket_of(second))).state == "closed"
    async with desk.database.transaction(readonly=True) as tx:
        status = await hitting.public_status(tx)
    assert ([one.id for one in status.past], status.planned, status.current) == ([outage.id], [], [])


async def test_silence_is_escalated_once_each_until_something_is_said(desk):
    await listens(desk, AGENT, SECOND_AGENT, LEAD, OTHER_AGENT)
    outage = await declared(desk, update_every_min=30)
    minute = timedelta(minutes=1)
    assert await watching.tell_alarms(desk.database, outage.updated_at + 29 * minute) == 0
    assert await watching.tell_alarms(desk.database, outage.updated_at + 30 * minute) == 1
    assert await watching.tell_alarms(desk.database, outage.updated_at + 31 * minute) == 0
    first = [who for ref, who in await told(desk) if ref.startswith("outage-silent/") and ref.endswith("/1")]
    assert sorted(first) == ["adam", "olga"]
    assert await watching.tell_alarms(desk.database, outage.updated_at + 60 * minute) == 1
    second = [who for ref, who in await told(desk) if ref.startswith("outage-silent/") and ref.endswith("/2")]
    assert sorted(second) == ["adam", "beata", "olga"]
    assert await watching.tell_alarms(desk.database, outage.updated_at + 600 * minute) == 0
    after = await actions.say(desk.database, AGENT, outage.id, NewUpdate(text="Szukamy"))
    assert await watching.tell_alarms(desk.database, after.updated_at + 29 * minute) == 0
    assert await watching.tell_alarms(desk.database, after.updated_at + 30 * minute) == 1


async def test_a_closed_ticket_under_a_running_outage_is_told(desk):
    await listens(desk, AGENT)
    outage = await declared(desk, update_every_min=None)
    assert await watching.tell_alarms(desk.database) == 0
    await desk.change(AGENT, await desk.fresh(Ticket_of(outage)), state="solved")
    assert await watching.tell_alarms(desk.database) == 1
    assert await watching.tell_alarms(desk.database) == 0
    assert [ref.split("/")[0] for ref, _who in await told(desk)] == ["outage-solved"]
    ended = await actions.end(desk.database, AGENT, outage.id, Ending("Koniec"))
    assert ended.state == "ended"


async def test_snapshots_and_events_come_to_the_same(desk):
    """What a unit's room told, from nothing on, is what its snapshot says."""
    outage = await declared(desk)
    await actions.say(desk.database, AGENT, outage.id, NewUpdate(text="Szukamy"))
    second = await declared(desk, title="Druga", category_id=None)
    await actions.end(desk.database, AGENT, second.id, Ending("Koniec"))
    rows = {}
    for event in desk.backplane.of(unit_room(desk.school)):
        if isinstance(event, NoticeLeft):
            rows.pop(event.notice.id, None)
        elif rows.get(event.notice.id) is None or rows[event.notice.id].rev <= event.notice.rev:
            rows[event.notice.id] = event.notice
    async with desk.database.transaction(readonly=True) as tx:
        snapshot = await hitting.unit_snapshot(tx, TEACHER, {"unit_id": str(desk.school)})
        with pytest.raises(NotFound):
            await hitting.unit_snapshot(tx, COLLEAGUE, {"unit_id": str(desk.school)})
    assert list(rows.values()) == snapshot.notices
    assert snapshot.notices[0].news == "Szukamy"


async def test_tickets_of_other_queues_are_counted_and_not_shown(desk):
    outage = await declared(desk, LEAD, queue_id=desk.second)
    await desk.send("Nie działa", category_id=desk.broken)
    seen = await view(desk, OTHER_AGENT, outage)
    assert (seen.joined, seen.hidden, seen.may_work) == ([], 1, True)
    assert len((await view(desk, LEAD, outage)).joined) == 1
