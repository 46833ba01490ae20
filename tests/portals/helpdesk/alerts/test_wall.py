"""The wall: what it counts, who sees which queue, addresses of screens, and what a screen must never show."""

import msgspec
import pytest

from app.errors import Forbidden, Invalid, NotFound
from portals.helpdesk.alerts import wall
from portals.helpdesk.alerts.events import WallEnded, wall_room
from portals.helpdesk.sla.watching import settle
from tests.portals.helpdesk.desk import AGENT, AUDITOR, LEAD, OTHER_AGENT, STRANGER, TEACHER, Desk
from tests.portals.helpdesk.sla.test_clocks import age, set_up

WARSAW = "Europe/Warsaw"


async def test_a_queue_is_counted(database):
    desk = await set_up(database)
    first, second, third = [await desk.send(text, category_id=desk.broken) for text in ("Raz", "Dwa", "Trzy")]
    await settle(database, WARSAW)
    await age(desk, first, 61)
    await desk.change(AGENT, second, assignee_id=AGENT.account_id)
    await desk.change(AGENT, third, state="pending", pending_reason="parts")
    await settle(database, WARSAW)
    view = await wall.own_wall(database, AGENT)
    (queue,) = view.queues
    assert (queue.id, queue.open, queue.unassigned, queue.waiting, queue.late) == (desk.first, 3, 2, 1, 1)
    assert [one.ticket_id for one in queue.deadlines][0] == first.id  # due first
    assert queue.deadlines[0].clock.is_late_at(view.now)
    assert {one.ticket_id for one in queue.deadlines} == {first.id, second.id}  # the third one's clocks stand
    assert [one.ticket_id for one in queue.alerts] == [third.id, second.id, first.id]
    assert [one.taken for one in queue.alerts] == [False, True, False]
    assert (queue.alerts[0].unit_name, queue.alerts[0].category_name) == ("SP 5", "Zepsuty sprzęt")
    assert sum(one.sent for one in queue.hours) == 3
    await desk.reply(AGENT, await desk.fresh(second), "Zrobione", state="solved")
    (queue,) = (await wall.own_wall(database, AGENT)).queues
    assert (queue.open, sum(one.solved for one in queue.hours)) == (2, 1)


async def test_everybody_sees_their_own_queues(database):
    desk = await Desk.set(database)
    await desk.send()
    assert [one.id for one in (await wall.own_wall(database, OTHER_AGENT)).queues] == [desk.second]
    for actor in (LEAD, AUDITOR):
        assert [one.id for one in (await wall.own_wall(database, actor)).queues] == [desk.first, desk.second]
    async with database.transaction(readonly=True) as tx:
        with pytest.raises(NotFound):
            await wall.queue_snapshot(tx, OTHER_AGENT, {"queue_id": str(desk.first)})
        assert (await wall.queue_snapshot(tx, AGENT, {"queue_id": str(desk.first)})).open == 1


async def test_an_address_shows_its_queues_without_words_and_names_until_it_is_taken_back(database):
    desk = await Desk.set(database)
    await desk.send("Tajny temat o Kowalskim", category_id=desk.broken)
    secret = await wall.add_wallboard(database, LEAD, "  Pokój   12 ", [desk.first])
    key = wall.wallboard_key(secret)
    board, view = await wall.screen(database, key)
    assert (board.name, [one.id for one in view.queues]) == ("Pokój 12", [desk.first])
    shown = msgspec.json.encode(view).decode()
    assert "Kowalskim" not in shown
    assert TEACHER.name not in shown
    assert "requester" not in shown
    async with database.transaction(readonly=True) as tx:
        stored = await tx.value("SELECT key FROM helpdesk_wallboard")
        assert stored == key != secret  # the secret itself is nowhere
        here = {"queue_id": str(desk.first), "key": key}
        assert (await wall.screen_snapshot(tx, STRANGER, here)).open == 1
        for wrong in ({**here, "queue_id": str(desk.second)}, {**here, "key": secret}):
            with pytest.raises(NotFound):
                await wall.screen_snapshot(tx, STRANGER, wrong)
    desk.backplane.published.clear()
    await wall.revoke_wallboard(database, LEAD, board.id)
    assert desk.backplane.of(wall_room(desk.first, key)) == [WallEnded()]
    with pytest.raises(NotFound):
        await wall.screen(database, key)
    with pytest.raises(NotFound):
        await wall.revoke_wallboard(database, LEAD, board.id)
    assert {"wallboard.add", "wallboard.revoke"} <= set(await desk.audited())


async def test_a_screen_without_chosen_queues_shows_all(database):
    desk = await Desk.set(database)
    key = wall.wallboard_key(await wall.add_wallboard(database, LEAD, "Hol", None))
    _board, view = await wall.screen(database, key)
    assert {one.id for one in view.queues} == {desk.first, desk.second}


@pytest.mark.parametrize("actor", [AGENT, AUDITOR, TEACHER])
async def test_only_leads_give_addresses_out(database, actor):
    await Desk.set(database)
    for doing in (
        wall.wallboards(database, actor),
        wall.add_wallboard(database, actor, "Pokój", None),
        wall.revoke_wallboard(database, actor, 1),
    ):
        with pytest.raises(Forbidden):
            await doing


async def test_a_wrong_address_is_refused_by_field(database):
    await Desk.set(database)
    for name, queues, fields in (("", None, {"name"}), ("x" * 81, [99], {"name", "queues"})):
        with pytest.raises(Invalid) as problem:
            await wall.add_wallboard(database, LEAD, name, queues)
        assert problem.value.fields.keys() == fields
