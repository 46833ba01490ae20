"""What rings, what stands on the bell, who is told while no page is open; and who may know of any of it."""

from datetime import timedelta

import pytest

from app.errors import Forbidden, Invalid, NotFound
from portals.helpdesk import actions as helpdesk
from portals.helpdesk.alerts import actions, store
from portals.helpdesk.alerts.events import BellChanged, bell_room
from portals.helpdesk.alerts.model import BellDraft
from portals.helpdesk.desk import actions as desk_actions
from portals.helpdesk.desk.model import ForAll
from portals.helpdesk.drafts import Written
from portals.helpdesk.events import AlertBack, AlertOver, TicketSent, alerts_room
from tests.portals.helpdesk.desk import (
    AGENT,
    AUDITOR,
    LEAD,
    NOBODY,
    OTHER_AGENT,
    SECOND_AGENT,
    STRANGER,
    TEACHER,
    Desk,
)
from tests.portals.helpdesk.sla.test_clocks import age, set_up
from tests.portals.helpdesk.sla.test_clocks import settle as settle_clocks

WARSAW = "Europe/Warsaw"
ALWAYS = ["24h"] * 7


def draft(**more) -> BellDraft:
    return BellDraft(**({"hours": ALWAYS} | more))


async def on_bell(desk, actor) -> list[tuple[str, str, bool]]:
    view = await actions.show_bell(desk.database, actor, WARSAW)
    return [(one.kind, one.subject, one.mine) for one in view.alerts]


async def test_what_was_sent_stands_on_each_bell_of_the_queue_until_somebody_takes_it(database):
    desk = await Desk.set(database)
    ticket = await desk.send("Projektor miga")
    assert await on_bell(desk, AGENT) == await on_bell(desk, SECOND_AGENT) == [("new", "Projektor miga", False)]
    assert await on_bell(desk, OTHER_AGENT) == []
    desk.backplane.published.clear()
    await desk.change(SECOND_AGENT, ticket, assignee_id=SECOND_AGENT.account_id)
    assert await on_bell(desk, AGENT) == await on_bell(desk, SECOND_AGENT) == []
    (over,) = desk.backplane.of(alerts_room(desk.first))
    assert (type(over), over.by, over.ticket.id, over.moved) == (AlertOver, "Olga Wilk", ticket.id, False)


async def test_an_answer_ends_the_alert_too_and_says_who(database):
    desk = await Desk.set(database)
    ticket = await desk.send()
    desk.backplane.published.clear()
    await desk.reply(AGENT, ticket, "Proszę uruchomić ponownie")
    (over,) = desk.backplane.of(alerts_room(desk.first))
    assert (type(over), over.by) == (AlertOver, "Adam Bielski")
    assert await on_bell(desk, SECOND_AGENT) == []
    desk.backplane.published.clear()
    await desk.reply(AGENT, ticket, "Jeszcze jedno")  # nothing rang: nothing is over
    assert desk.backplane.of(alerts_room(desk.first)) == []


async def test_a_ticket_that_is_given_back_returns_to_the_bells_and_says_so(database):
    desk = await Desk.set(database)
    ticket = await desk.send("Projektor miga")
    taken = await desk.change(AGENT, ticket, assignee_id=AGENT.account_id)
    assert await on_bell(desk, SECOND_AGENT) == []
    desk.backplane.published.clear()
    await desk.change(AGENT, taken, assignee_id=None)
    (back,) = desk.backplane.of(alerts_room(desk.first))
    assert (type(back), back.ticket.id, back.ticket.assignee_id) == (AlertBack, ticket.id, None)
    assert await on_bell(desk, SECOND_AGENT) == [("new", "Projektor miga", False)]
    desk.backplane.published.clear()
    await desk.change(AGENT, await desk.fresh(ticket), room="Sala 3")  # it waits as before: nothing is told
    assert desk.backplane.of(alerts_room(desk.first)) == []


async def test_a_change_of_many_that_is_put_back_brings_the_alerts_back(database):
    desk = await Desk.set(database)
    one, two = await desk.send("A"), await desk.send("B")
    wanted = ForAll(assignee_id=AGENT.account_id, state="solved")
    done = await desk_actions.change_together(database, AGENT, {one.id: one.rev, two.id: two.rev}, wanted)
    assert await on_bell(desk, SECOND_AGENT) == []
    desk.backplane.published.clear()
    await desk_actions.put_back(database, AGENT, done.change_id)
    assert [(type(x), x.ticket.id) for x in desk.backplane.of(alerts_room(desk.first))] == [
        (AlertBack, one.id), (AlertBack, two.id),
    ]  # fmt: skip
    assert {subject for _kind, subject, _mine in await on_bell(desk, SECOND_AGENT)} == {"A", "B"}


async def test_a_word_of_the_requester_that_opens_a_ticket_again_rings_once(database):
    desk = await Desk.set(database)
    ticket = await desk.send("Konto")
    await desk.change(AGENT, ticket, state="solved")
    desk.backplane.published.clear()
    await helpdesk.reply(database, TEACHER, ticket.id, Written(text="Dalej nie działa"))
    assert [type(one).__name__ for one in desk.backplane.of(alerts_room(desk.first))] == ["RequesterReplied"]


async def test_a_ticket_that_is_moved_leaves_one_bell_for_another(database):
    desk = await Desk.set(database)
    ticket = await desk.send("Wi-Fi")
    desk.backplane.published.clear()
    await desk.change(AGENT, ticket, queue_id=desk.second)
    (over,) = desk.backplane.of(alerts_room(desk.first))
    assert (type(over), over.moved, over.ticket.queue_id) == (AlertOver, True, desk.first)
    (sent,) = desk.backplane.of(alerts_room(desk.second))
    assert (type(sent), sent.moved) == (TicketSent, True)
    assert await on_bell(desk, AGENT) == []
    assert await on_bell(desk, OTHER_AGENT) == [("moved", "Wi-Fi", False)]
    await actions.set_bell(database, OTHER_AGENT, draft(rings=["new"]))
    assert await on_bell(desk, OTHER_AGENT) == []


async def test_answers_ring_for_whose_ticket_it_is_or_for_all_as_it_is_set(database):
    desk = await Desk.set(database)
    ticket = await desk.send("Konto")
    await desk.change(AGENT, ticket, assignee_id=AGENT.account_id)
    await desk.reply(AGENT, ticket, "Jaki login?")
    await helpdesk.reply(database, TEACHER, ticket.id, Written(text="jan"))
    assert await on_bell(desk, AGENT) == [("answer", "Konto", True)]
    assert await on_bell(desk, SECOND_AGENT) == []
    await actions.set_bell(database, SECOND_AGENT, draft(rings=["answers_any"]))
    assert await on_bell(desk, SECOND_AGENT) == [("answer", "Konto", False)]
    entry = (await desk.entries(ticket))[-1]
    await helpdesk.see(database, AGENT, ticket.id, entry.id)  # the page of the ticket was open
    assert await on_bell(desk, AGENT) == []
    await desk.reply(AGENT, ticket, "Dziękuję")
    assert await on_bell(desk, SECOND_AGENT) == []


async def test_a_missed_promise_stands_on_the_bell_until_its_clock_stops(database):
    desk = await set_up(database)
    ticket = await desk.send("Serwer")
    await settle_clocks(desk)
    await age(desk, ticket, 61)
    await settle_clocks(desk)
    assert {kind for kind, *_rest in await on_bell(desk, AGENT)} == {"new", "late"}
    await desk.reply(AGENT, ticket)
    await settle_clocks(desk)
    assert await on_bell(desk, AGENT) == []


async def test_putting_away_and_emptying(database):
    desk = await Desk.set(database)
    await desk.send("Pierwsze")
    await desk.send("Drugie")
    desk.backplane.published.clear()
    view = await actions.show_bell(database, AGENT, WARSAW)
    bell = await actions.put_away(database, AGENT, [view.alerts[0].key])
    assert [one[1] for one in await on_bell(desk, AGENT)] == ["Pierwsze"]
    assert desk.backplane.of(bell_room(AGENT.account_id)) == [BellChanged(bell)]
    assert await actions.put_away(database, AGENT, [view.alerts[0].key]) == bell  # said twice it is no news
    await actions.clear(database, AGENT)
    assert await on_bell(desk, AGENT) == []
    assert len(await on_bell(desk, SECOND_AGENT)) == 2  # everybody has a bell of their own
    await desk.send("Trzecie")
    assert [one[1] for one in await on_bell(desk, AGENT)] == ["Trzecie"]


async def test_settings_are_kept_told_and_written_down(database):
    desk = await Desk.set(database)
    bell = await actions.set_bell(
        database,
        AGENT,
        draft(hours=["7:30-15:30"] * 5 + ["", ""], queues=[desk.first], tone="knock", volume=15, push=True),
    )
    assert (bell.tone, bell.volume, bell.queues, bell.push, bell.hours[5]) == ("knock", 15, [desk.first], True, ())
    assert desk.backplane.of(bell_room(AGENT.account_id)) == [BellChanged(bell)]
    async with database.transaction(readonly=True) as tx:
        fresh = await actions.bell_snapshot(tx, AGENT, {"account_id": str(AGENT.account_id)})
    assert (fresh.bell, fresh.queues) == (bell, [desk.first])  # snapshot and events say the same
    assert "bell.set" in await desk.audited()


async def test_what_cannot_be_set_is_refused_by_field(database):
    desk = await Desk.set(database)
    with pytest.raises(Invalid) as problem:
        await actions.set_bell(database, AGENT, draft(queues=[desk.second], hours=["16-8", *ALWAYS[1:]]))
    assert problem.value.fields.keys() == {"queues", "hours_0"}
    with pytest.raises(Invalid):
        await actions.be_quiet(database, AGENT, 100_000)
    async with database.transaction(readonly=True) as tx:
        assert await store.bell(tx, AGENT.account_id) is None


async def test_silence_for_an_hour_and_back(database):
    await Desk.set(database)
    view = await actions.show_bell(database, AGENT, WARSAW)
    assert view.windows[0][0] <= view.now.timestamp()
    await actions.be_quiet(database, AGENT, 60)
    view = await actions.show_bell(database, AGENT, WARSAW)
    assert 3590 <= view.windows[0][0] - view.now.timestamp() <= 3601
    await actions.be_quiet(database, AGENT, 0)
    view = await actions.show_bell(database, AGENT, WARSAW)
    assert view.windows[0][0] <= view.now.timestamp()


@pytest.mark.parametrize("actor", [AUDITOR, TEACHER, STRANGER, NOBODY])
async def test_only_who_works_at_the_helpdesk_has_a_bell(database, actor):
    await Desk.set(database)
    for doing in (
        actions.show_bell(database, actor, WARSAW),
        actions.set_bell(database, actor, draft()),
        actions.be_quiet(database, actor, 60),
        actions.clear(database, actor),
        actions.put_away(database, actor, ["sent/1/1"]),
    ):
        with pytest.raises(Forbidden):
            await doing


async def test_nobody_listens_at_somebody_elses_bell(database):
    await Desk.set(database)
    async with database.transaction(readonly=True) as tx:
        with pytest.raises(NotFound):
            await actions.bell_snapshot(tx, LEAD, {"account_id": str(AGENT.account_id)})


async def test_a_lead_hears_nothing_until_queues_are_chosen(database):
    desk = await Desk.set(database)
    await desk.send("Drukarka")
    assert await on_bell(desk, LEAD) == []
    await actions.set_bell(database, LEAD, draft(queues=[desk.first, desk.second]))
    assert [one[0] for one in await on_bell(desk, LEAD)] == ["new"]


# while no page is open


async def with_device(database, *actors) -> None:
    async with database.transaction() as tx:
        for actor in actors:
            await tx.execute(
                "INSERT INTO push_device (account_id, endpoint, public_key, auth, label)"
                " VALUES ($1, $2, $3, $4, 'Telefon')",
                actor.account_id,
                f"https://push.example/{actor.login}",
                bytes(65),
                bytes(16),
            )


async def pushed(database) -> list[tuple[int, str]]:
    async with database.transaction() as tx:
        records = await tx.records("SELECT account_id, text FROM push_message WHERE ref LIKE 'bell/%' ORDER BY id")
    return [(one["account_id"], one["text"]) for one in records]


NOW = timedelta()


async def test_who_has_no_page_is_told_on_the_telephone(database):
    desk = await Desk.set(database)
    await with_device(database, AGENT, SECOND_AGENT, OTHER_AGENT)
    for actor in (AGENT, SECOND_AGENT, OTHER_AGENT):
        await actions.set_bell(database, actor, draft(push=True))
    await desk.send()
    assert await actions.push_waiting(database, WARSAW) == 0  # an open page has some seconds to acknowledge it
    assert await actions.push_waiting(database, WARSAW, NOW) == 1
    assert await pushed(database) == [(4, actions.PUSHED["new"]), (5, actions.PUSHED["new"])]
    assert await actions.push_waiting(database, WARSAW, NOW) == 0  # each once


async def test_whose_page_has_acknowledged_it_is_not_told(database):
    desk = await Desk.set(database)
    await with_device(database, AGENT, SECOND_AGENT)
    for actor in (AGENT, SECOND_AGENT):
        await actions.set_bell(database, actor, draft(push=True))
    ticket = await desk.send()
    room = alerts_room(desk.first)
    async with database.transaction() as tx:  # what the live rooms write when a page has shown it
        await tx.execute("INSERT INTO realtime_room (room, epoch, seq) VALUES ($1, 'e', 7)", room)
        await tx.execute(
            "INSERT INTO realtime_log (room, seq, key, payload) VALUES ($1, 7, $2, '{}')",
            room,
            f"sent/{ticket.id}/{desk.first}/{ticket.rev}",
        )
        await tx.execute("INSERT INTO realtime_ack (room, account_id, seq) VALUES ($1, 4, 7), ($1, 5, 6)", room)
    await actions.push_waiting(database, WARSAW, NOW)
    assert [who for who, _text in await pushed(database)] == [SECOND_AGENT.account_id]


async def test_what_was_taken_meanwhile_or_comes_outside_of_the_hours_is_not_told(database):
    desk = await Desk.set(database)
    await with_device(database, AGENT, SECOND_AGENT)
    await actions.set_bell(database, AGENT, draft(push=True))
    await actions.set_bell(database, SECOND_AGENT, draft(push=True, hours=[""] * 7))
    ticket = await desk.send()
    await desk.change(AGENT, ticket, assignee_id=AGENT.account_id)
    assert await actions.push_waiting(database, WARSAW, NOW) == 1
    assert await pushed(database) == []
    await desk.send()
    await actions.be_quiet(database, AGENT, 60)
    await actions.push_waiting(database, WARSAW, NOW)
    assert await pushed(database) == []


async def test_answers_and_moves_are_told_as_they_are_set(database):
    desk = await Desk.set(database)
    await with_device(database, AGENT, SECOND_AGENT, OTHER_AGENT)
    for actor in (AGENT, SECOND_AGENT, OTHER_AGENT):
        await actions.set_bell(database, actor, draft(push=True, rings=["moved", "answers_any"]))
    ticket = await desk.send()
    await desk.change(AGENT, ticket, assignee_id=AGENT.account_id)
    await desk.reply(AGENT, ticket)
    await actions.push_waiting(database, WARSAW, NOW)
    assert await pushed(database) == []
    await helpdesk.reply(database, TEACHER, ticket.id, Written(text="Dalej nie działa"))
    await actions.push_waiting(database, WARSAW, NOW)
    # whose ticket it is gets one note, that of the core
    assert await pushed(database) == [(SECOND_AGENT.account_id, actions.PUSHED["answer"])]
    await desk.change(AGENT, await desk.fresh(ticket), queue_id=desk.second)
    await actions.push_waiting(database, WARSAW, NOW)
    assert (await pushed(database))[1:] == [(OTHER_AGENT.account_id, actions.PUSHED["moved"])]


async def test_while_nobody_wants_it_nothing_is_noted(database):
    desk = await Desk.set(database)
    await desk.send()
    async with database.transaction(readonly=True) as tx:
        assert await tx.value("SELECT count(*) FROM helpdesk_bell_mark") == 0


async def test_a_lead_is_told_of_any_queue_and_an_agent_only_while_it_is_theirs(database):
    desk = await Desk.set(database)
    await with_device(database, LEAD, OTHER_AGENT)
    await actions.set_bell(database, LEAD, draft(push=True, queues=[desk.first]))
    await actions.set_bell(database, OTHER_AGENT, draft(push=True, queues=[desk.second]))
    async with database.transaction() as tx:  # moved to another team since: the setting stays, the right does not
        await tx.execute("DELETE FROM helpdesk_team_member WHERE account_id = $1", OTHER_AGENT.account_id)
    await desk.send()
    await actions.push_waiting(database, WARSAW, NOW)
    assert [who for who, _text in await pushed(database)] == [LEAD.account_id]
    moved = await desk.send()
    await desk.change(AGENT, moved, queue_id=desk.second)
    await actions.push_waiting(database, WARSAW, NOW)
    assert [who for who, _text in await pushed(database)] == [LEAD.account_id]
