"""Clocks of real tickets: counted after each change, told once. Time is the database's; tickets are sent earlier."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from app.database import Database, open_pool
from app.errors import Conflict, Forbidden, Invalid, NotFound
from portals.helpdesk import actions as helpdesk
from portals.helpdesk.model import Ticket
from portals.helpdesk.sla import actions, rules, setup_store, store, watching
from portals.helpdesk.sla.events import ClocksChanged, ClocksLeft, ClockTold, alarms_room, clocks_room
from portals.helpdesk.sla.model import AgreementDraft, CalendarDraft, Clock, DayDraft, Target
from tests.portals.helpdesk.desk import AGENT, AUDITOR, COLLEAGUE, LEAD, OTHER_AGENT, STRANGER, TEACHER, Desk

WARSAW = "Europe/Warsaw"
ALWAYS = CalendarDraft(name="Całą dobę", country="", since=date(2000, 1, 1), hours=["0-24"] * 7)
REASONS = ["requester", "approval", "parts"]


async def set_up(database, **more) -> Desk:
    """A helpdesk that works round the clock: an hour to answer, four to solve; warned after half of it."""
    desk = await Desk.set(database)
    calendar = await actions.save_calendar(database, LEAD, None, ALWAYS)
    draft = {
        "name": "Wszyscy",
        "calendar_id": calendar.id,
        "warn_percent": 50,
        "escalate_min": [60],
        "paused_by": REASONS,
        "targets": [Target(priority=2, response_min=60, solution_min=240), Target(priority=4, response_min=10)],
        "rev": 1,
    } | more
    await actions.save_agreement(database, LEAD, 1, AgreementDraft(**draft))
    await watching.settle(database, WARSAW)
    desk.backplane.published.clear()
    return desk


async def settle(desk: Desk) -> None:
    await watching.settle(desk.database, WARSAW)


async def age(desk: Desk, ticket: Ticket, minutes: float) -> None:
    """Everything that became of the ticket so far was so much earlier."""
    async with desk.database.transaction() as tx:
        back = timedelta(minutes=minutes)
        await tx.execute(
            "UPDATE ticket SET sent_at = sent_at - $2::interval, first_reply_at = first_reply_at - $2::interval, solved_at = solved_at - $2::interval"
            " WHERE id = $1",
            ticket.id,
            back,
        )
        await tx.execute(
            "UPDATE ticket_span SET begun_at = begun_at - $2::interval, ended_at = ended_at - $2::interval WHERE ticket_id = $1",
            ticket.id,
            back,
        )


async def clocks(desk: Desk, ticket: Ticket) -> dict[str, Clock]:
    await settle(desk)
    async with desk.database.transaction(readonly=True) as tx:
        found = await actions.clocks_of(tx, [ticket.id])
    return {one.measure: one for one in found[ticket.id].clocks} if found else {}


async def alarms(desk: Desk) -> list[tuple[str, str, int, bool]]:
    async with desk.database.transaction() as tx:
        rows = await tx.records("SELECT measure, kind, level, quiet FROM ticket_alarm ORDER BY at, id")
    return [tuple(row) for row in rows]


def told(desk: Desk) -> list[tuple[str, str, int]]:
    return [
        (one.alarm.measure, one.alarm.kind, one.alarm.level)
        for one in desk.backplane.of(alarms_room(desk.first))
        if isinstance(one, ClockTold)
    ]


async def test_a_ticket_gets_what_is_promised_to_everyone(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    found = await clocks(desk, ticket)
    async with database.transaction(readonly=True) as tx:
        office = (await setup_store.calendars(tx))[0].calendar(WARSAW)
    assert {measure: one.target_min for measure, one in found.items()} == {"response": 240, "solution": 1440}
    for one in found.values():
        assert one.due_at == rules.due_at(ticket.sent_at, one.target_min, office)
        assert one.used_s == rules.working_s_between(ticket.sent_at, one.counted_at, office)
        left_s = sum(until - since for since, until in one.runs)
        assert one.used_s + left_s == pytest.approx(one.target_min * 60, abs=len(one.runs) + 1)
        assert (one.kept, one.paused, one.stopped_at) == (None, False, None)
    told = [event for event in desk.backplane.of(clocks_room(desk.first)) if isinstance(event, ClocksChanged)]
    assert [event.ticket.ticket_id for event in told] == [ticket.id]


async def test_an_answer_stops_the_one_clock_and_a_solution_the_other(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await age(desk, ticket, 30)
    await desk.reply(AGENT, ticket)
    found = await clocks(desk, ticket)
    assert found["response"].kept is True
    assert found["response"].used_s == pytest.approx(1800, abs=5)
    assert found["solution"].kept is None
    assert found["solution"].share_at(found["solution"].counted_at) == pytest.approx(1 / 8, abs=0.01)
    await desk.change(AGENT, await desk.fresh(ticket), state="solved")
    solved = await clocks(desk, ticket)
    assert (solved["solution"].kept, solved["solution"].runs) == (True, [])
    assert isinstance(desk.backplane.of(clocks_room(desk.first))[-1], ClocksLeft)


async def test_too_late_is_not_kept(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await age(desk, ticket, 61)
    await desk.reply(AGENT, ticket)
    found = (await clocks(desk, ticket))["response"]
    assert (found.kept, found.is_late_at(datetime.now(UTC))) == (False, True)
    assert found.used_s == pytest.approx(61 * 60, abs=5)


async def test_clocks_stand_while_a_ticket_waits_for_what_pauses_them(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await age(desk, ticket, 30)
    await desk.change(AGENT, ticket, state="pending", pending_reason="requester")
    waiting = await clocks(desk, ticket)
    assert waiting["solution"].paused
    assert (waiting["solution"].due_at, waiting["solution"].runs) == (None, [])
    await age(desk, ticket, 100)
    await desk.change(AGENT, await desk.fresh(ticket), state="open")
    again = await clocks(desk, ticket)
    assert not again["solution"].paused
    assert again["solution"].used_s == pytest.approx(30 * 60, abs=5)
    fresh = await desk.fresh(ticket)
    expected = fresh.sent_at + timedelta(minutes=240 + 100)
    assert abs(again["solution"].due_at - expected) < timedelta(seconds=5)
    await desk.change(AGENT, fresh, state="pending", pending_reason="supplier")
    assert not (await clocks(desk, ticket))["solution"].paused


async def test_the_time_a_ticket_was_solved_does_not_count_when_it_is_opened_again(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await age(desk, ticket, 30)
    await desk.change(AGENT, ticket, state="solved")
    await age(desk, ticket, 600)
    await desk.reply(TEACHER, ticket, "Nadal nie działa")
    found = await clocks(desk, ticket)
    assert (found["solution"].kept, found["solution"].paused) == (None, False)
    assert found["solution"].used_s == pytest.approx(30 * 60, abs=5)
    assert found["response"].kept is True
    assert found["response"].used_s == pytest.approx(30 * 60, abs=5)
    assert await alarms(desk) == []


async def test_another_priority_has_other_targets(database):
    desk = await set_up(database)
    ticket = await desk.send()
    assert {one.target_min for one in (await clocks(desk, ticket)).values()} == {60, 240}
    await desk.change(AGENT, ticket, priority=4)
    found = await clocks(desk, ticket)
    assert {measure: one.target_min for measure, one in found.items()} == {"response": 10}
    await desk.change(AGENT, await desk.fresh(ticket), priority=1)
    assert await clocks(desk, ticket) == {}


async def test_the_nearest_units_agreement_holds(database):
    desk = await set_up(database)
    draft = AgreementDraft(
        name="Szkoła", calendar_id=1, units=[desk.school], targets=[Target(priority=2, response_min=7)]
    )
    made = await actions.save_agreement(database, LEAD, None, draft)
    own, other = await desk.send(), await desk.send(actor=COLLEAGUE)
    assert [one.target_min for one in (await clocks(desk, own)).values()] == [7]
    assert len(await clocks(desk, other)) == 2
    with pytest.raises(Invalid) as problem:
        await actions.save_agreement(
            database, LEAD, None, AgreementDraft(name="Druga", calendar_id=1, units=[desk.school])
        )
    assert set(problem.value.fields) == {"units"}
    await actions.remove_agreement(database, LEAD, made.id)
    assert len(await clocks(desk, own)) == 2


async def test_another_calendar_moves_what_is_due(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    before = (await clocks(desk, ticket))["solution"].due_at
    tomorrow = before.date()
    await actions.set_day(database, LEAD, 1, DayDraft(day=tomorrow, why="Awaria prądu"))
    after = (await clocks(desk, ticket))["solution"].due_at
    assert after > before
    await actions.remove_day(database, LEAD, 1, tomorrow)
    assert (await clocks(desk, ticket))["solution"].due_at == before


async def test_each_step_is_told_once(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await settle(desk)
    assert told(desk) == []
    for minutes, expected in (
        (31, [("response", "warning", 0)]),
        (30, [("response", "late", 0)]),
        (60, [("response", "escalation", 1), ("solution", "warning", 0)]),
        (120, [("solution", "late", 0)]),
        (60, [("solution", "escalation", 1)]),
        (600, []),
    ):
        desk.backplane.published.clear()
        await age(desk, ticket, minutes)
        await settle(desk)
        await settle(desk)
        assert sorted(told(desk)) == sorted(expected)
    actions_done = await desk.audited()
    assert [actions_done.count(f"sla.{kind}") for kind in ("warning", "late", "escalation")] == [2, 2, 2]


async def test_waiting_and_going_on_tells_nothing_again(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await age(desk, ticket, 61)
    await settle(desk)
    assert len(told(desk)) == 2
    waiting = await desk.change(AGENT, ticket, state="pending", pending_reason="requester")
    await settle(desk)
    await desk.change(AGENT, waiting, state="open")
    await settle(desk)
    assert [one[:2] for one in told(desk)] == [("response", "warning"), ("response", "late")]


async def test_nothing_is_told_while_a_ticket_waits(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await desk.change(AGENT, ticket, state="pending", pending_reason="parts")
    await age(desk, ticket, 1000)
    await settle(desk)
    assert told(desk) == []


async def test_an_answer_in_the_last_moment_is_counted_before_anything_is_told(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await settle(desk)
    await age(desk, ticket, 59)
    await desk.reply(AGENT, ticket)
    await age(desk, ticket, 10)
    while await watching.tell_due(database):
        pass
    assert told(desk) == []


async def test_after_a_restart_what_came_meanwhile_is_told_once(database, database_url):
    desk = await set_up(database)
    ticket = await desk.send()
    await age(desk, ticket, 200)
    pool = await open_pool(database_url, 5)
    try:
        later = Database(pool, desk.backplane)
        await watching.settle(later, WARSAW)
        await watching.settle(later, WARSAW)
    finally:
        pool.terminate()
    assert sorted(told(desk)) == [
        ("response", "escalation", 1),
        ("response", "late", 0),
        ("response", "warning", 0),
        ("solution", "warning", 0),
    ]


async def test_two_processes_tell_each_thing_once(database, database_url):
    desk = await set_up(database)
    tickets = [await desk.send(f"Nie działa {number}") for number in range(12)]
    for ticket in tickets:
        await age(desk, ticket, 61)
    pool = await open_pool(database_url, 5)
    try:
        other = Database(pool, desk.backplane)
        await asyncio.gather(*(watching.settle(one, WARSAW) for one in (database, other, database, other)))
    finally:
        pool.terminate()
    events = desk.backplane.of(alarms_room(desk.first))
    assert len(events) == len({event.key for event in events}) == 24
    assert len(await alarms(desk)) == 24


async def test_imported_tickets_and_changed_promises_ring_nowhere(database):
    desk = await set_up(database)
    old = datetime.now(UTC) - timedelta(hours=3)
    async with database.transaction() as tx:
        from portals.helpdesk.drafts import NewTicket, Requester

        await helpdesk.send_ticket_in(tx, LEAD, NewTicket(text="Stare"), Requester(name="Jan"), "api", at=old)
    await settle(desk)
    assert told(desk) == []
    assert await alarms(desk) == [
        ("response", "warning", 0, True),
        ("response", "late", 0, True),
        ("response", "escalation", 1, True),
        ("solution", "warning", 0, True),
    ]
    ticket = await desk.send()
    await age(desk, ticket, 20)
    await settle(desk)
    async with database.transaction(readonly=True) as tx:
        agreement = await setup_store.agreement(tx, 1)
    draft = AgreementDraft(
        name="Wszyscy", calendar_id=agreement.calendar_id, warn_percent=50, rev=agreement.rev,
        targets=[Target(priority=2, response_min=10, solution_min=240)],
    )  # fmt: skip
    await actions.save_agreement(database, LEAD, 1, draft)
    await settle(desk)
    assert told(desk) == []
    assert (await clocks(desk, ticket))["response"].is_late_at(datetime.now(UTC))


async def test_what_was_judged_once_stays_so(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await age(desk, ticket, 30)
    await desk.reply(AGENT, ticket)
    before = (await clocks(desk, ticket))["response"]
    assert before.kept is True
    async with database.transaction(readonly=True) as tx:
        agreement = await setup_store.agreement(tx, 1)
    stricter = AgreementDraft(
        name="Wszyscy", calendar_id=agreement.calendar_id, rev=agreement.rev,
        targets=[Target(priority=2, response_min=10, solution_min=20)],
    )  # fmt: skip
    await actions.save_agreement(database, LEAD, 1, stricter)
    after = await clocks(desk, ticket)
    assert after["response"] == before
    assert after["solution"].target_min == 20
    await desk.change(AGENT, await desk.fresh(ticket), state="solved", priority=4)
    await desk.change(AGENT, await desk.fresh(ticket), state="closed")
    assert (await clocks(desk, ticket))["response"] == before


async def test_a_moved_ticket_takes_its_clocks_along(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await settle(desk)
    await desk.change(LEAD, ticket, queue_id=desk.second)
    await settle(desk)
    assert isinstance(desk.backplane.of(clocks_room(desk.first))[-1], ClocksLeft)
    assert isinstance(desk.backplane.of(clocks_room(desk.second))[-1], ClocksChanged)


async def test_snapshot_and_events_are_a_fresh_snapshot(database):
    desk = await set_up(database)
    first, second = await desk.send("Pierwsze"), await desk.send("Drugie")
    await settle(desk)
    async with database.transaction(readonly=True) as tx:
        rows = {one.ticket_id: one for one in (await actions.clocks_view(tx, AGENT, desk.first)).tickets}
    desk.backplane.published.clear()
    await desk.reply(AGENT, first)
    await desk.change(AGENT, second, state="solved")
    third = await desk.send("Trzecie")
    await desk.change(LEAD, await desk.fresh(third), priority=4)
    await settle(desk)
    for event in desk.backplane.of(clocks_room(desk.first)):
        known = rows.get(event.ticket.ticket_id)
        assert known is None or event.rev > known.rev
        if isinstance(event, ClocksLeft):
            rows.pop(event.ticket.ticket_id, None)
        else:
            rows[event.ticket.ticket_id] = event.ticket
    async with database.transaction(readonly=True) as tx:
        fresh = (await actions.clocks_view(tx, AGENT, desk.first)).tickets
    assert rows == {one.ticket_id: one for one in fresh}
    assert set(rows) == {first.id, third.id}


async def test_a_merged_ticket_promises_nothing(database):
    desk = await set_up(database)
    first, second = await desk.send("Nie ma sieci"), await desk.send("Nie ma internetu")
    await settle(desk)
    await helpdesk.merge(database, AGENT, second.id, first.id)
    assert await clocks(desk, second) == {}
    assert len(await clocks(desk, first)) == 2


async def test_who_rings_was_answered(database):
    from portals.helpdesk.drafts import Entered, NewTicket

    desk = await set_up(database)
    ticket = await helpdesk.enter_ticket(
        database, AGENT, Entered(ticket=NewTicket(text="Dzwoni w sprawie drukarki"), name="Ewa")
    )
    found = await clocks(desk, ticket)
    assert (found["response"].kept, found["response"].used_s) == (True, 0)
    assert found["solution"].kept is None


async def test_agents_hear_of_it_and_leads_of_an_escalation(database):
    desk = await set_up(database)
    async with database.transaction() as tx:
        for actor in (AGENT, OTHER_AGENT, LEAD):
            await tx.execute(
                "INSERT INTO push_device (account_id, endpoint, public_key, auth, label) VALUES ($1, $2, $3, $4, '')",
                actor.account_id,
                f"https://push.example/{actor.login}",
                b"\x04" * 65,
                b"1" * 16,
            )
    ticket = await desk.send()

    async def heard() -> list[tuple[int, str]]:
        async with database.transaction() as tx:
            rows = await tx.records(
                "SELECT account_id, text FROM push_message WHERE ref LIKE 'sla/%' ORDER BY id, account_id"
            )
        return [tuple(row) for row in rows]

    await age(desk, ticket, 61)
    await settle(desk)
    assert await heard() == [
        (AGENT.account_id, "Somebody must answer soon"),
        (AGENT.account_id, "The time to answer is over"),
    ]
    await age(desk, ticket, 60)
    await settle(desk)
    assert (LEAD.account_id, "Nobody has answered for too long") in await heard()
    assert OTHER_AGENT.account_id not in {account for account, _text in await heard()}


async def test_who_may_look_and_who_may_set_up(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await settle(desk)
    for actor in (AGENT, LEAD, AUDITOR):
        found = await actions.show_clocks(database, actor, ticket.id)
        assert [one.measure for one in found.clocks] == ["response", "solution"]
        async with database.transaction(readonly=True) as tx:
            assert len((await actions.clocks_view(tx, actor, desk.first)).tickets) == 1
            assert (await actions.alarms_view(tx, actor, desk.first)).alarms == []
    for actor in (TEACHER, OTHER_AGENT, STRANGER):
        with pytest.raises(NotFound):
            await actions.show_clocks(database, actor, ticket.id)
        async with database.transaction(readonly=True) as tx:
            with pytest.raises(NotFound):
                await actions.clocks_view(tx, actor, desk.first)
            with pytest.raises(NotFound):
                await actions.alarms_view(tx, actor, desk.first)
    for actor in (AGENT, AUDITOR, TEACHER):
        with pytest.raises(Forbidden):
            await actions.save_calendar(database, actor, None, ALWAYS)
        with pytest.raises(Forbidden):
            await actions.remove_agreement(database, actor, 1)


async def test_two_leads_do_not_overwrite_each_other(database):
    desk = await set_up(database)
    async with database.transaction(readonly=True) as tx:
        seen = await setup_store.calendar(tx, 1)
    draft = CalendarDraft(name="Praca", since=date(2026, 12, 1), hours=["8-16"] * 5 + ["", ""], rev=seen.rev)
    await actions.save_calendar(desk.database, LEAD, 1, draft)
    with pytest.raises(Conflict):
        await actions.save_calendar(desk.database, LEAD, 1, draft)


async def test_the_clock_of_the_service_wakes_in_the_right_moment(database):
    """It sleeps until the moment itself; a change in this process wakes it at once."""
    from app.config import City

    desk = await set_up(database, targets=[Target(priority=2, response_min=1)], warn_percent=100, escalate_min=[])
    task = asyncio.create_task(watching._watch(database, City(name="Miasto")))
    try:
        ticket = await desk.send()
        await age(desk, ticket, 1 - 1.5 / 60)
        async with database.transaction() as tx:
            tx.wake("helpdesk.sla")
        async with asyncio.timeout(20):
            while not told(desk):
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
    (event,) = desk.backplane.of(alarms_room(desk.first))
    assert timedelta() <= event.alarm.told_at - event.alarm.at < timedelta(seconds=10)
    async with database.transaction(readonly=True) as tx:
        assert await store.next_moment(tx) is None
