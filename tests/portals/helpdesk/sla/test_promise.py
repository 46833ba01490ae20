"""What a requester is promised next: counted from the clocks, said in words, told as it changes."""

from datetime import UTC, datetime, timedelta

import pytest

from app.config import City
from app.errors import NotFound
from app.i18n import Locales
from portals.helpdesk.sla import actions, promising
from portals.helpdesk.sla.events import PromiseChanged, promise_room
from portals.helpdesk.sla.model import Clock, DayDraft, Promise
from portals.helpdesk.sla.promising import in_words, next_promise, promise_now, promise_snapshot, stored_promise
from tests.conftest import ROOT
from tests.portals.helpdesk.desk import AGENT, COLLEAGUE, HEAD, LEAD, NOBODY, OTHER_AGENT, STRANGER, TEACHER, Desk
from tests.portals.helpdesk.sla.office import open_office
from tests.portals.helpdesk.sla.test_clocks import WARSAW, age, set_up, settle

NOON = datetime(2026, 11, 30, 11, tzinfo=UTC)
"""Monday, 12:00 in Warsaw."""


def clock(measure="response", **more) -> Clock:
    values = {
        "measure": measure, "target_min": 60, "started_at": NOON - timedelta(hours=1), "stopped_at": None, "paused": False,
        "used_s": 60.0, "counted_at": NOON, "due_at": NOON + timedelta(hours=2), "late_at": NOON + timedelta(hours=2),
        "kept": None, "runs": [],
    }  # fmt: skip
    return Clock(**values | more)


@pytest.fixture(scope="module")
def polish():
    return Locales.read(ROOT, City(name="Słupsk", office="Urząd")).get("pl")


def test_the_answer_comes_first_then_the_solution():
    done = clock(stopped_at=NOON, kept=True)
    solution = clock("solution", due_at=NOON + timedelta(hours=5))
    assert next_promise(7, [clock(), solution], 3, NOON).measure == "response"
    assert next_promise(7, [done, solution], 3, NOON) == Promise(
        ticket_id=7, measure="solution", due_at=NOON + timedelta(hours=5), rev=3
    )
    assert next_promise(7, [done, clock("solution", stopped_at=NOON, kept=True)], 3, NOON).measure is None
    assert next_promise(7, [], 3, NOON) == Promise(ticket_id=7, rev=3)


def test_a_promise_that_stands_and_one_that_is_late():
    standing = next_promise(7, [clock(paused=True, due_at=None, late_at=None)], 1, NOON)
    assert (standing.paused, standing.due_at, standing.late) == (True, None, False)
    late = next_promise(7, [clock(paused=True, due_at=None, late_at=NOON)], 1, NOON)
    assert (late.paused, late.late) == (False, True)  # it waits now, but was late before
    assert not next_promise(7, [clock(late_at=NOON)], 1, NOON - timedelta(seconds=1)).late


@pytest.mark.parametrize(
    ("measure", "due", "now", "words"),
    [
        ("response", "2026-11-30T14:15+01:00", "2026-11-30T12:00+01:00", "Odpowiemy dziś do 14:15"),
        ("response", "2026-12-01T10:15+01:00", "2026-11-30T12:00+01:00", "Odpowiemy do jutra do 10:15"),
        ("response", "2026-12-02T07:30+01:00", "2026-11-30T12:00+01:00", "Odpowiemy do 2 grudnia 2026 do 07:30"),
        ("solution", "2026-11-30T15:30+01:00", "2026-11-30T00:00+01:00", "Rozwiążemy to dziś do 15:30"),
        ("solution", "2026-12-01T15:30+01:00", "2026-11-30T23:59:59+01:00", "Rozwiążemy to do jutra do 15:30"),
        # one minute later tomorrow has become today
        ("solution", "2026-12-01T15:30+01:00", "2026-12-01T00:00+01:00", "Rozwiążemy to dziś do 15:30"),
        # said in UTC it is still Monday, on the clocks of Warsaw it is Tuesday
        ("response", "2026-12-01T08:00+01:00", "2026-11-30T23:30+00:00", "Odpowiemy dziś do 08:00"),
        # the night in which March loses an hour: 1:30 in winter, due at 3:30 in summer
        ("response", "2026-03-29T03:30+02:00", "2026-03-29T01:30+01:00", "Odpowiemy dziś do 03:30"),
        # and from Saturday: tomorrow, although it is 23 hours long
        ("response", "2026-03-29T12:00+02:00", "2026-03-28T12:00+01:00", "Odpowiemy do jutra do 12:00"),
        ("response", "2027-01-04T08:00+01:00", "2026-12-31T15:00+01:00", "Odpowiemy do 4 stycznia 2027 do 08:00"),
    ],
)
def test_words(polish, measure, due, now, words):
    promise = Promise(ticket_id=1, measure=measure, due_at=datetime.fromisoformat(due), rev=1)
    assert in_words(promise, polish, datetime.fromisoformat(now)) == words


def test_words_of_what_stands_is_late_or_is_not_promised(polish):
    promise = Promise(ticket_id=1, measure="response", paused=True, rev=1)
    assert in_words(promise, polish, NOON) == "Czas na odpowiedź stoi, dopóki zgłoszenie czeka"
    assert in_words(Promise(ticket_id=1, measure="solution", late=True, rev=1), polish, NOON).startswith(
        "Spóźniamy się"
    )
    assert in_words(Promise(ticket_id=1, rev=1), polish, NOON) == ""
    assert set(promising.WORDS) == {
        (measure, when)
        for measure in ("response", "solution")
        for when in ("today", "tomorrow", "later", "late", "paused")
    }


async def promised(desk: Desk, ticket) -> tuple[Promise, Promise]:
    """As a page shows it at this moment, and as it is stored."""
    async with desk.database.transaction(readonly=True) as tx:
        return await promise_now(tx, ticket.id, WARSAW), await stored_promise(tx, ticket.id)


def told(desk: Desk, ticket) -> list[Promise]:
    return [one.promise for one in desk.backplane.of(promise_room(ticket.id)) if isinstance(one, PromiseChanged)]


async def test_a_page_that_follows_a_press_shows_what_is_counted_later(database):
    desk = await set_up(database)
    ticket = await desk.send()
    now, stored = await promised(desk, ticket)
    assert stored.measure is None  # nobody has counted yet
    assert now.measure == "response"
    assert now.due_at == ticket.sent_at + timedelta(minutes=60)
    await settle(desk)
    after, stored = await promised(desk, ticket)
    assert after == stored == told(desk, ticket)[-1]
    assert (stored.measure, stored.due_at) == (now.measure, now.due_at)


async def test_an_answer_a_pause_and_the_solution_are_told_as_they_come(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await settle(desk)
    await desk.reply(AGENT, ticket)
    await settle(desk)
    await desk.change(AGENT, await desk.fresh(ticket), state="pending", pending_reason="parts")
    await settle(desk)
    await desk.change(AGENT, await desk.fresh(ticket), state="open", pending_reason=None)
    await settle(desk)
    await desk.change(AGENT, await desk.fresh(ticket), state="solved")
    await settle(desk)
    found = told(desk, ticket)
    assert [(one.measure, one.paused) for one in found] == [
        ("response", False), ("solution", False), ("solution", True), ("solution", False), (None, False),
    ]  # fmt: skip
    assert [one.rev for one in found] == sorted({one.rev for one in found})
    _now, stored = await promised(desk, ticket)
    assert stored == found[-1]  # snapshot + events == fresh snapshot


async def test_that_it_is_late_is_told_in_the_moment_it_is(database):
    desk = await set_up(database)
    ticket = await desk.send()
    await settle(desk)
    assert [one.late for one in told(desk, ticket)] == [False]
    async with database.transaction() as tx:  # the hour passes, and nothing of the ticket changes
        await tx.execute(
            "UPDATE ticket_clock SET due_at = now() - interval '1 s', late_at = now() - interval '1 s',"
            ' next_at = now() - interval \'1 s\', steps = \'[{"kind": "late", "level": 0, "at": "2026-01-01T00:00:00Z"}]\''
            " WHERE ticket_id = $1 AND measure = 'response'",
            ticket.id,
        )
    await settle(desk)
    assert [one.late for one in told(desk, ticket)] == [False, True]
    _now, stored = await promised(desk, ticket)
    assert stored.late


async def test_a_calendar_that_changes_changes_the_promise(database):
    """The office closes tomorrow: what was due then is due a day later."""
    desk = await Desk.set(database)
    ticket = await desk.send()
    await settle(desk)
    before = told(desk, ticket)[-1]
    async with database.transaction(readonly=True) as tx:
        (calendar,) = [one async for one in _calendars(tx)]
    await actions.set_day(database, LEAD, calendar, DayDraft(day=before.due_at.date(), hours=""))
    await settle(desk)
    assert told(desk, ticket)[-1].due_at > before.due_at + timedelta(hours=12)


async def _calendars(tx):
    for row in await tx.records("SELECT id FROM sla_calendar"):
        yield row["id"]


@pytest.mark.parametrize(
    ("actor", "may"),
    [(TEACHER, True), (HEAD, True), (AGENT, True), (LEAD, True), (COLLEAGUE, False), (OTHER_AGENT, False), (STRANGER, False), (NOBODY, False)],
)  # fmt: skip
async def test_whoever_sees_the_ticket_sees_the_promise(database, actor, may):
    desk = await Desk.set(database)
    ticket = await desk.send()
    await settle(desk)
    async with database.transaction(readonly=True) as tx:
        if may:
            assert (await promise_snapshot(tx, actor, {"ticket_id": str(ticket.id)})).measure == "response"
        else:
            with pytest.raises(NotFound):
                await promise_snapshot(tx, actor, {"ticket_id": str(ticket.id)})


async def test_page_and_api_say_it_in_words(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        ticket = await desk.send("Nie działa drukarka")
        async with site.client("jan") as client:
            async with client.get(f"/api{ticket.path.replace('/pomoc', '/helpdesk/tickets')}/promise") as answer:
                told = await answer.json()
                assert answer.status == 200
            async with client.get(ticket.path) as answer:
                page = await answer.text()
            assert told["promise"]["measure"] == "response"
            assert told["words"].startswith("Odpowiemy ")
            assert told["words"] in page
            assert f'data-promise-room="helpdesk/promise/{ticket.id}"' in page
            await desk.reply(AGENT, ticket)
            async with client.get(ticket.path) as answer:
                assert "Rozwiążemy to " in await answer.text()
            await age(desk, ticket, 60)
