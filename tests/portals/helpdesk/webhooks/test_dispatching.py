"""From a ticket to a real receiver: what is sent, in which order, how often, and what becomes of bad answers."""

import asyncio
import json
import socket
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.identity.keys import Keys
from portals.helpdesk import actions as helpdesk
from portals.helpdesk.drafts import Written
from portals.helpdesk.outages import actions as outages
from portals.helpdesk.outages.model import Ending, NewUpdate, OutageDraft
from portals.helpdesk.webhooks import actions, rules, signing, store
from portals.helpdesk.webhooks.dispatching import Dispatcher
from portals.helpdesk.webhooks.model import WebhookDraft
from portals.helpdesk.webhooks.sending import FORBIDDEN, GuardedResolver, Sender
from portals.helpdesk.webhooks.words import EVENTS
from tests.house.sources import ROOT
from tests.portals.helpdesk.desk import AGENT, AUDITOR, LEAD, NOBODY, TEACHER, Desk
from tests.portals.helpdesk.outages.test_outages import listens, told
from tests.portals.helpdesk.webhooks.receiver import (
    Receiver,
    answers,
    closes,
    drips,
    endless_headers,
    hangs,
    huge,
    no_http,
)

LOCAL = (ip_network("127.0.0.0/8"),)
KEYS = Keys(b"x" * 40)


class Clock:
    """Goes on when it is told to; begins a little ahead, so that what triggers write is due."""

    def __init__(self):
        self.moment = datetime.now(UTC) + timedelta(seconds=5)

    def __call__(self) -> datetime:
        return self.moment

    def on(self, **more: float) -> None:
        self.moment += timedelta(**more)


class Office:
    def __init__(self, desk, receiver):
        self.desk, self.receiver, self.clock = desk, receiver, Clock()
        self.dispatcher = self.another()
        self.webhook, self.secret = None, b""

    def another(self, timeout_s: float = 2.0) -> Dispatcher:
        """As a process that has just started."""
        return Dispatcher(self.desk.database, Sender(LOCAL, timeout_s), KEYS, "https://gryf.example", self.clock)

    async def hook(self, *events: str, **more) -> None:
        fields = {"name": "Tablica", "url": self.receiver.url, "events": list(events or EVENTS)} | more
        made = await actions.add(self.desk.database, LEAD, WebhookDraft(**fields), KEYS, LOCAL)
        self.webhook, self.secret = made.webhook, signing.key_of(made.secret)

    async def fresh(self):
        async with self.desk.database.transaction(readonly=True) as tx:
            return await store.webhook(tx, self.webhook.id)

    async def log(self):
        async with self.desk.database.transaction(readonly=True) as tx:
            return list(reversed((await actions.deliveries_view(tx, LEAD, self.webhook.id)).deliveries))

    @property
    def got(self) -> list[dict]:
        return [json.loads(body) for _headers, body in self.receiver.got]


@pytest.fixture
async def office(database):
    desk = await Desk.set(database)
    async with Receiver.open() as receiver:
        yield Office(desk, receiver)


async def test_a_ticket_is_told_from_the_beginning_to_the_end(office):
    desk = office.desk
    await office.hook()
    ticket = await desk.send("Nie drukuje")
    await desk.reply(AGENT, ticket, "Sprawdzamy", state="pending")
    await desk.reply(TEACHER, ticket, "Dziękuję")
    await desk.change(AGENT, await desk.fresh(ticket), state="solved")
    await desk.change(AGENT, await desk.fresh(ticket), state="closed")
    await office.dispatcher.send_due()
    kinds = [one["type"] for one in office.got]
    assert kinds == [
        "ticket.sent", "ticket.replied", "ticket.changed", "ticket.replied", "ticket.changed", "ticket.solved",
        "ticket.closed",
    ]  # fmt: skip
    first, said = office.got[0], office.got[1]
    assert (first["version"], first["data"]["ticket"]["number"]) == (1, ticket.number)
    assert first["data"]["ticket"]["url"].startswith("https://gryf.example/pomoc/obsluga/")
    assert (said["data"]["entry"]["text"], said["data"]["entry"]["by_staff"]) == ("Sprawdzamy", True)
    assert said["data"]["ticket"]["state"] == "new"  # as it was when it was said
    assert office.got[2]["data"]["ticket"]["state"] == "pending"
    whole = json.dumps(office.got)
    for private in ("@gryf.example", "requester_email", "requester_phone", "field_revs"):
        assert private not in whole
    assert [one.state for one in await office.log()] == ["delivered"] * 7


async def test_signed_so_that_a_receiver_can_tell(office):
    await office.hook("ticket.sent")
    await office.desk.send()
    await office.dispatcher.send_due()
    headers, body = office.receiver.got[0]
    wanted = signing.signature(office.secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == wanted
    assert abs(int(headers["webhook-timestamp"]) - office.clock().timestamp()) < 2
    assert headers["content-type"] == "application/json"
    renewed = await actions.rotate(office.desk.database, LEAD, office.webhook.id, KEYS, office.clock())
    for hours, count in ((0, 2), (25, 1)):
        office.clock.on(hours=hours)
        await office.desk.send(f"Po {hours}")
        await office.dispatcher.send_due()
        headers, body = office.receiver.got[-1]
        signatures = headers["webhook-signature"].split(" ")
        assert len(signatures) == count
        new = signing.key_of(renewed.secret)
        assert signatures[0] == signing.signature(new, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    async with office.desk.database.transaction() as tx:
        sealed, _old = await store.secrets(tx, office.webhook.id)
    assert new not in sealed
    assert KEYS.unseal(sealed, office.webhook.id + 1, "webhooks") is None  # moved to another row it does not open


async def test_notes_stay_inside_unless_they_are_asked_for(office):
    desk = office.desk
    await office.hook()
    ticket = await desk.send()
    await helpdesk.note(desk.database, AGENT, ticket.id, Written(text="Tajne słowo"))
    await office.dispatcher.send_due()
    assert "Tajne słowo" not in json.dumps(office.got, ensure_ascii=False)
    assert [one["type"] for one in office.got] == ["ticket.sent"]
    await actions.change(
        desk.database, LEAD, office.webhook.id,
        WebhookDraft(name="Tablica", url=office.receiver.url, events=["ticket.replied"], notes=True, rev=(await office.fresh()).rev),
        LOCAL,
    )  # fmt: skip
    await helpdesk.note(desk.database, AGENT, ticket.id, Written(text="Drugie słowo"))
    await office.dispatcher.send_due()
    assert (office.got[-1]["type"], office.got[-1]["data"]["entry"]["text"]) == ("ticket.noted", "Drugie słowo")


async def test_what_is_rolled_back_is_not_sent_and_what_is_off_is_not_written(office):
    desk = office.desk
    await office.hook("ticket.sent")
    with pytest.raises(Invalid):
        await desk.send("", category_id=999)
    try:
        async with desk.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO ticket (subject, source, requester_name, queue_id, impact, urgency, priority)"
                " VALUES ('x', 'api', 'x', $1, 1, 1, 1)",
                desk.first,
            )
            raise RuntimeError
    except RuntimeError:
        pass
    assert await office.log() == []
    off = await office.fresh()
    await actions.change(
        desk.database, LEAD, off.id,
        WebhookDraft(name=off.name, url=off.url, events=["ticket.sent"], active=False, rev=off.rev), LOCAL,
    )  # fmt: skip
    await desk.send()
    assert await office.log() == []


async def test_outages_and_alarms(office):
    desk = office.desk
    await office.hook("outage.begun", "outage.updated", "outage.ended", "ticket.alarm")
    draft = OutageDraft(title="Wi-Fi", unit_ids=[desk.school], queue_id=desk.first)
    outage = await outages.declare(desk.database, AGENT, draft)
    await outages.say(desk.database, AGENT, outage.id, NewUpdate(text="Szukamy"))
    await outages.end(desk.database, AGENT, outage.id, Ending("Kabel"))
    ticket = await desk.send()
    async with desk.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO ticket_alarm (ticket_id, measure, kind, level, target_min, at, quiet)"
            " VALUES ($1, 'response', 'late', 0, 60, now(), false), ($1, 'response', 'warning', 0, 60, now(), true)",
            ticket.id,
        )
    await office.dispatcher.send_due()
    by_type = {one["type"]: one["data"] for one in office.got}
    assert set(by_type) == {"outage.begun", "outage.updated", "outage.ended", "ticket.alarm"}
    assert by_type["outage.updated"]["update"]["text"] == "Szukamy"
    assert (by_type["outage.ended"]["outage"]["outcome"], by_type["outage.ended"]["outage"]["state"]) == (
        "Kabel",
        "ended",
    )
    assert by_type["outage.begun"]["outage"]["unit_names"] == ["SP 5"]
    assert (by_type["ticket.alarm"]["alarm"]["kind"], by_type["ticket.alarm"]["alarm"]["target_min"]) == ("late", 60)


async def test_tried_again_with_growing_pauses_under_the_same_id(office):
    await office.hook("ticket.sent")
    office.receiver.then = [answers(500), answers(503), closes, answers(404), answers(200)]
    await office.desk.send()
    waits = []
    for _attempt in range(5):
        assert await office.dispatcher.send_due() == 1
        (delivery,) = await office.log()
        if delivery.state == "delivered":
            break
        waits.append((delivery.next_at - office.clock()).total_seconds())
        assert await office.dispatcher.send_due() == 0  # not before its time
        office.clock.moment = delivery.next_at
    assert [len(office.receiver.got), delivery.attempts] == [5, 5]
    assert len({headers["webhook-id"] for headers, _body in office.receiver.got}) == 1
    assert len({body for _headers, body in office.receiver.got}) == 1
    assert len({headers["webhook-timestamp"] for headers, _body in office.receiver.got}) == 5
    for wait, base in zip(waits, rules.PAUSES_S, strict=False):
        assert 0.8 * base <= wait <= 1.2 * base
    async with office.desk.database.transaction(readonly=True) as tx:
        attempts = await store.attempts(tx, delivery.id, 10)
    assert [one.status for one in reversed(attempts)] == [500, 503, None, 404, 200]
    assert (await office.fresh()).failing_since is None


async def test_of_one_ticket_in_order_and_of_others_meanwhile(office):
    desk = office.desk
    await office.hook("ticket.sent", "ticket.replied")
    stuck = await desk.send("Pierwsze")
    await desk.reply(AGENT, stuck, "Odpowiedź")
    office.receiver.then = [answers(500), answers(200)]
    await office.dispatcher.send_due()
    other = await desk.send("Drugie")
    office.clock.on(seconds=1)
    await office.dispatcher.send_due()
    numbers = [(one["type"], one["data"]["ticket"]["number"]) for one in office.got]
    assert numbers == [("ticket.sent", stuck.number), ("ticket.sent", other.number)]  # the reply waits behind the first
    office.clock.on(seconds=10)
    await office.dispatcher.send_due()
    numbers = [(one["type"], one["data"]["ticket"]["number"]) for one in office.got]
    assert numbers[2:] == [("ticket.sent", stuck.number), ("ticket.replied", stuck.number)]


async def test_retry_after_leaves_the_whole_receiver_in_peace(office):
    await office.hook("ticket.sent")
    office.receiver.then = [answers(429, Retry_After="120"), answers(200)]
    await office.desk.send("Pierwsze")
    await office.dispatcher.send_due()
    await office.desk.send("Drugie")
    for seconds, count in ((60, 1), (55, 1), (10, 3)):
        office.clock.on(seconds=seconds)
        await office.dispatcher.send_due()
        assert len(office.receiver.got) == count


async def test_gone_switches_it_off_and_tells_the_leads(office):
    await listens(office.desk, LEAD, AGENT)
    await office.hook("ticket.sent")
    office.receiver.then = [answers(410)]
    await office.desk.send()
    await office.dispatcher.send_due()
    webhook = await office.fresh()
    assert (webhook.active, webhook.stopped) == (False, "gone")
    assert [who for ref, who in await told(office.desk) if ref.startswith("webhook-gone/")] == ["beata"]
    assert "webhook.stop" in await office.desk.audited()
    with pytest.raises(Conflict):
        await actions.test(office.desk.database, LEAD, webhook.id)


async def test_given_up_after_three_days_and_switched_off_after_five(office):
    await listens(office.desk, LEAD)
    await office.hook("ticket.sent")
    office.receiver.then = [answers(500)]
    began = office.clock()
    await office.desk.send()
    while (await office.log())[0].state == "waiting":
        await office.dispatcher.send_due()
        office.clock.moment = max(office.clock(), (await office.log())[0].next_at)
        assert office.clock() <= began + timedelta(days=3, minutes=1)
    assert office.clock() >= began + timedelta(days=2, hours=23, minutes=59)
    assert 9 <= (await office.log())[0].attempts <= 12
    assert [ref.split("/")[0] for ref, _who in await told(office.desk)] == ["webhook-given-up"]
    assert (await office.fresh()).active
    office.clock.moment = began + timedelta(days=5, minutes=1)
    await office.desk.send("Drugie")
    async with office.desk.database.transaction() as tx:  # sent now by the other clock
        await tx.execute("UPDATE webhook_delivery SET since = $1, next_at = $1 WHERE state = 'waiting'", office.clock())
    await office.dispatcher.send_due()
    webhook = await office.fresh()
    assert (webhook.active, webhook.stopped) == (False, "failing")
    assert [ref.split("/")[0] for ref, _who in await told(office.desk)] == ["webhook-given-up", "webhook-failing"]
    office.receiver.then = [answers(200)]
    await actions.change(
        office.desk.database, LEAD, webhook.id,
        WebhookDraft(name=webhook.name, url=webhook.url, events=["ticket.sent"], rev=webhook.rev), LOCAL,
    )  # fmt: skip
    office.clock.on(hours=1)
    await office.dispatcher.send_due()
    assert [one.state for one in await office.log()] == ["given_up", "delivered"]


@pytest.mark.parametrize("behaviour", [hangs, closes, no_http, endless_headers])
async def test_receivers_that_do_not_answer(office, behaviour):
    office.dispatcher = office.another(timeout_s=0.5)
    await office.hook("ticket.sent")
    office.receiver.then = [behaviour]
    await office.desk.send()
    async with asyncio.timeout(8):
        await office.dispatcher.send_due()
    (delivery,) = await office.log()
    assert (delivery.state, delivery.status) == ("waiting", None)
    assert delivery.problem


@pytest.mark.parametrize("behaviour", [huge, drips])
async def test_long_and_slow_answers_are_cut_and_taken(office, behaviour):
    await office.hook("ticket.sent")
    office.receiver.then = [behaviour]
    await office.desk.send()
    async with asyncio.timeout(8):
        await office.dispatcher.send_due()
    (delivery,) = await office.log()
    assert (delivery.state, delivery.status) == ("delivered", 200)
    async with office.desk.database.transaction(readonly=True) as tx:
        (attempt,) = await store.attempts(tx, delivery.id, 5)
    assert len(attempt.answer) <= 1000


async def test_redirections_are_not_followed(office):
    await office.hook("ticket.sent")
    office.receiver.then = [answers(302, Location=office.receiver.url + "/elsewhere"), answers(200)]
    await office.desk.send()
    await office.dispatcher.send_due()
    assert len(office.receiver.got) == 1
    assert (await office.log())[0].status == 302


async def test_a_process_that_dies_in_the_middle_loses_nothing(office):
    """It has taken a message, perhaps sent it, and written nothing down: another one sends it under the same id."""
    await office.hook("ticket.sent", "ticket.replied")
    ticket = await office.desk.send()
    await office.desk.reply(AGENT, ticket)
    (taken,) = await office.dispatcher.take()
    await office.dispatcher.sender.send(taken.url, b"{}", {"webhook-id": taken.message_id})
    office.receiver.got.clear()
    other = office.another()
    assert await other.take() == []  # it is in the first one's hands, and what follows waits
    office.clock.on(seconds=other.sender.longest_s + 31)
    await other.send_due()
    assert [one["type"] for one in office.got] == ["ticket.sent", "ticket.replied"]
    assert office.receiver.got[0][0]["webhook-id"] == taken.message_id


async def test_two_processes_send_each_once(office):
    await office.hook("ticket.sent")
    for number in range(15):
        await office.desk.send(f"Zgłoszenie {number}")
    first, second = office.another(), office.another()
    await asyncio.gather(first.send_due(), second.send_due())
    ids = [headers["webhook-id"] for headers, _body in office.receiver.got]
    assert len(ids) == len(set(ids)) == 15


async def test_a_slow_receiver_holds_up_nobody_else(office):
    async with Receiver.open() as quick:
        office.dispatcher = office.another(timeout_s=5)
        await office.hook("ticket.sent")
        draft = WebhookDraft(name="Szybki", url=quick.url, events=["ticket.sent"])
        await actions.add(office.desk.database, LEAD, draft, KEYS, LOCAL)
        office.receiver.then = [hangs]
        for number in range(12):
            await office.desk.send(f"Zgłoszenie {number}")
        task = asyncio.create_task(office.dispatcher.run())
        try:
            async with asyncio.timeout(4):
                while len(quick.got) < 12:
                    await asyncio.sleep(0.02)
            assert len(office.receiver.got) <= 4
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_sent_again_and_tested(office):
    await office.hook("ticket.sent")
    await office.desk.send()
    await office.dispatcher.send_due()
    (delivery,) = await office.log()
    office.clock.on(seconds=5)
    await actions.send_again(office.desk.database, LEAD, office.webhook.id, delivery.id)
    await actions.test(office.desk.database, LEAD, office.webhook.id)
    office.clock.on(seconds=5)
    await office.dispatcher.send_due()
    assert [one["type"] for one in office.got] == ["ticket.sent", "ticket.sent", "webhook.test"]
    assert office.receiver.got[0][0]["webhook-id"] == office.receiver.got[1][0]["webhook-id"]


class Turning:
    """A name that leads outside when it is first asked, and inside later."""

    def __init__(self, *answers: str):
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0}
            for one in address.split(",")
        ]

    async def close(self):
        pass


async def test_names_that_lead_inside_are_not_called(office):
    """Asked once for each attempt, and what was checked is what is connected to."""
    for answer in ("127.0.0.1", "10.0.0.5", "93.184.216.34,127.0.0.1", "169.254.169.254", "::1", "64:ff9b::7f00:1"):
        turning = Turning(answer)
        sender = Sender((), 1.0, inner=turning)
        found = await sender.send(f"https://evil.example:{office.receiver.port}/", b"{}", {})
        assert found.status is None
        assert FORBIDDEN in found.problem
        assert turning.asked == 1
    resolver = GuardedResolver(LOCAL, secure=False, inner=Turning("127.0.0.1", "93.184.216.34"))
    assert (await resolver.resolve("first.example"))[0]["host"] == "127.0.0.1"
    with pytest.raises(OSError, match="network"):  # http to the public is refused
        await resolver.resolve("first.example")
    turning = Turning("127.0.0.1", "10.0.0.1")
    found = await Sender(LOCAL, 1.0, inner=turning).send(f"http://first.example:{office.receiver.port}/", b"{}", {})
    assert (found.status, turning.asked) == (200, 1)
    assert office.receiver.got[-1][0]["host"].startswith("first.example")


async def test_addresses_inside_are_refused_when_they_are_written_down(office):
    for url in ("https://127.0.0.1/", "http://10.0.0.1/", "https://169.254.169.254/", "http://example.org/"):
        with pytest.raises(Invalid) as problem:
            await actions.add(
                office.desk.database, LEAD, WebhookDraft(name="Zły", url=url, events=["ticket.sent"]), KEYS, ()
            )
        assert set(problem.value.fields) == {"url"}
    # one that was allowed and is no longer: refused when it is called
    await office.hook("ticket.sent")
    await office.desk.send()
    office.dispatcher = Dispatcher(office.desk.database, Sender((), 1.0), KEYS, "https://gryf.example", office.clock)
    await office.dispatcher.send_due()
    assert office.receiver.got == []
    assert (await office.log())[0].problem == FORBIDDEN


async def test_leads_alone_and_conflicts(office):
    database = office.desk.database
    await office.hook("ticket.sent")
    draft = WebhookDraft(name="Inny", url=office.receiver.url, events=["ticket.sent"], rev=office.webhook.rev)
    for actor in (AGENT, AUDITOR, TEACHER, NOBODY):
        for attempt in (
            actions.add(database, actor, draft, KEYS, LOCAL),
            actions.change(database, actor, office.webhook.id, draft, LOCAL),
            actions.rotate(database, actor, office.webhook.id, KEYS),
            actions.test(database, actor, office.webhook.id),
            actions.remove(database, actor, office.webhook.id),
        ):
            with pytest.raises(Forbidden):
                await attempt
    await office.desk.send()
    await office.dispatcher.send_due()  # what is sent is nobody's change
    await actions.change(database, LEAD, office.webhook.id, draft, LOCAL)
    with pytest.raises(Conflict):
        await actions.change(database, LEAD, office.webhook.id, draft, LOCAL)
    with pytest.raises(Invalid) as problem:
        await actions.add(database, LEAD, draft, KEYS, LOCAL)
    assert set(problem.value.fields) == {"name"}
    await actions.remove(database, LEAD, office.webhook.id)
    with pytest.raises(NotFound):
        await actions.rotate(database, LEAD, office.webhook.id, KEYS)
    assert {"webhook.add", "webhook.change", "webhook.remove"} <= set(await office.desk.audited())


async def test_another_secret_of_the_installation_is_said_and_not_signed_with(office):
    await office.hook("ticket.sent")
    await office.desk.send()
    other = Dispatcher(office.desk.database, Sender(LOCAL, 1.0), Keys(b"y" * 40), "https://gryf.example", office.clock)
    await other.send_due()
    assert office.receiver.got == []
    assert "secret" in (await office.log())[0].problem


async def test_kill_9_in_the_middle_of_sending(office, database_url):
    """A process of its own hangs on the receiver and is killed; what it was sending and what waited behind it come."""
    await office.hook("ticket.sent", "ticket.replied")
    ticket = await office.desk.send()
    await office.desk.reply(AGENT, ticket)
    other = await office.desk.send("Drugie")
    office.receiver.then = [hangs]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.portals.helpdesk.webhooks.lone_sender", database_url, cwd=ROOT
    )
    try:
        async with asyncio.timeout(60):
            while len(office.receiver.got) < 2:
                await asyncio.sleep(0.05)
    finally:
        process.kill()
        await process.wait()
    held = {headers["webhook-id"] for headers, _body in office.receiver.got}
    office.receiver.got.clear()
    office.receiver.then = [answers(200)]
    office.clock.on(minutes=1)
    await office.dispatcher.send_due()
    said = [(one["type"], one["data"]["ticket"]["number"]) for one in office.got]
    assert sorted(said) == sorted(
        [("ticket.sent", ticket.number), ("ticket.replied", ticket.number), ("ticket.sent", other.number)]
    )
    assert said.index(("ticket.sent", ticket.number)) < said.index(("ticket.replied", ticket.number))
    assert held < {headers["webhook-id"] for headers, _body in office.receiver.got}
    assert {one.state for one in await office.log()} == {"delivered"}
