"""Planned work is over when it was said to be, unless somebody says that it takes longer."""

from datetime import timedelta

import pytest

from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.outages import actions, hitting, store, watching
from portals.helpdesk.outages.events import NoticeLeft, unit_room
from portals.helpdesk.outages.model import NewUpdate, OutageDraft
from tests.portals.helpdesk.desk import AGENT, COLLEAGUE, LEAD, SECOND_AGENT, TEACHER, Desk
from tests.portals.helpdesk.outages.test_outages import HOUR, declared, fresh, listens, now, own, told

SAID = "Prace zakończone zgodnie z planem."
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def desk(database):
    return await Desk.set(database)


async def running(desk, **more):
    """Planned work of the first school that began two hours ago and is to take three."""
    moment = await now(desk)
    fields = {"kind": "planned", "starts_at": moment + HOUR, "expected_end": moment + 4 * HOUR, "public": True}
    outage = await declared(desk, **(fields | more))
    await shift(desk, starts_at=-3 * HOUR, expected_end=-3 * HOUR)
    await watching.begin_planned(desk.database)
    await shift(desk, updated_at=-2 * HOUR)
    return await fresh(desk, outage)


async def shift(desk, **by) -> None:
    async with desk.database.transaction() as tx:
        for name, span in by.items():
            await tx.execute(f"UPDATE outage SET {name} = {name} + $1::interval", span)


async def main_ticket(desk, outage):
    async with desk.database.transaction(readonly=True) as tx:
        return await helpdesk_store.ticket(tx, outage.ticket_id)


async def test_it_ends_by_itself_with_its_tickets_and_everybody_is_told_once(desk):
    await listens(desk, AGENT, SECOND_AGENT, TEACHER, COLLEAGUE, LEAD)
    outage = await running(desk, everywhere=True, unit_ids=[])
    child = await desk.send("Poczta nie działa", category_id=desk.broken)
    assert child.parent_id == outage.ticket_id
    await hitting.me_too(desk.database, COLLEAGUE, outage.id, wanted=True)
    await watching.settle(desk.database, SAID)
    assert (await fresh(desk, outage)).state == "running"
    await shift(desk, expected_end=-2 * HOUR)
    planned_end = (await fresh(desk, outage)).expected_end
    desk.backplane.published.clear()
    for _time in range(2):
        await watching.settle(desk.database, SAID)
    ended = await fresh(desk, outage)
    assert (ended.state, ended.ended_at, ended.outcome) == ("ended", planned_end, SAID)
    assert ((await main_ticket(desk, outage)).state, (await desk.fresh(child)).state) == ("solved", "solved")
    assert [one.text for one in await desk.entries(child, public=True) if one.by_staff and one.kind == "reply"] == [
        SAID
    ]
    assert (await own(desk, TEACHER)).notices == []
    assert [type(one) for one in desk.backplane.of(unit_room(desk.school))] == [NoticeLeft]
    sent = await told(desk)
    assert sent.count((f"outage-over/{outage.id}", "ewa")) == 1
    assert not [ref for ref, _who in sent if ref.startswith(("outage-overdue/", "outage-silent/"))]
    async with desk.database.transaction(readonly=True) as tx:
        kinds = [one.kind for one in (await store.updates(tx, [outage.id]))[outage.id]]
        public = await hitting.public_status(tx)
    assert kinds == ["announced", "begun", "ended"]
    assert ([one.id for one in public.past], public.current) == ([outage.id], [])
    assert (await desk.audited()).count("outage.end") == 1


async def test_whoever_planned_it_is_asked_shortly_before_and_another_end_keeps_it(desk):
    await listens(desk, AGENT, SECOND_AGENT, LEAD)
    outage = await running(desk)
    assert await watching.tell_alarms(desk.database, outage.expected_end - 16 * MINUTE) == 0
    assert await watching.tell_alarms(desk.database, outage.expected_end - 15 * MINUTE) == 1
    assert await watching.tell_alarms(desk.database, outage.expected_end - 14 * MINUTE) == 0
    assert [(ref.split("/")[0], who) for ref, who in await told(desk) if ref.startswith("outage-")] == [
        ("outage-ending", "adam"),
    ]
    later = await now(desk) + 2 * HOUR
    await actions.say(desk.database, AGENT, outage.id, NewUpdate(text="Dłużej", expected_end=later, keep_end=False))
    await shift(desk, expected_end=-4 * HOUR)  # the moment of before has come and gone
    async with desk.database.transaction() as tx:
        await tx.execute("UPDATE outage SET expected_end = $1", later)
    await watching.settle(desk.database, SAID)
    assert (await fresh(desk, outage)).state == "running"
    assert await watching.tell_alarms(desk.database, later - 15 * MINUTE) == 1  # asked anew for the new end
    draft = OutageDraft(
        title=outage.title, kind="planned", category_id=desk.broken, unit_ids=[desk.school],
        expected_end=later + HOUR, rev=(await fresh(desk, outage)).rev,
    )  # fmt: skip
    await actions.change(desk.database, AGENT, outage.id, draft)  # by the form it is the same
    assert await watching.tell_alarms(desk.database, later + 46 * MINUTE) == 1


async def test_without_an_end_it_goes_on_and_an_incident_never_ends_by_itself(desk):
    outage = await running(desk)
    await actions.say(desk.database, AGENT, outage.id, NewUpdate(text="Nie wiemy do kiedy", keep_end=False))
    incident = await declared(desk, title="Nie działa drukarka", category_id=None, expected_end=await now(desk) + HOUR)
    await shift(desk, starts_at=-10 * HOUR, expected_end=-5 * HOUR)
    await watching.settle(desk.database, SAID)
    assert [(await fresh(desk, one)).state for one in (outage, incident)] == ["running", "running"]


async def test_work_that_was_over_while_nobody_looked_begins_and_ends_at_once(desk):
    moment = await now(desk)
    outage = await declared(desk, kind="planned", starts_at=moment + HOUR, expected_end=moment + 2 * HOUR)
    await shift(desk, starts_at=-9 * HOUR, expected_end=-9 * HOUR)
    planned_end = (await fresh(desk, outage)).expected_end
    await watching.settle(desk.database, SAID)
    ended = await fresh(desk, outage)
    assert (ended.state, ended.ended_at) == ("ended", planned_end)
