"""What the demonstration shows of outages, filled into a small helpdesk."""

from app.database import DATABASE
from portals.helpdesk.actions import save_thing
from portals.helpdesk.model import CategoryField
from portals.helpdesk.outages import demo, hitting, store
from portals.helpdesk.setup_model import Category, Service
from tests.portals.helpdesk.desk import AUDITOR, LEAD, TEACHER, Desk


async def test_the_demo_shows_each_kind_and_minds_nothing_that_is_there(database):
    desk = await Desk.set(database)
    for name in ("Poczta urzędu", "Dziennik"):
        await save_thing(database, LEAD, Service(name=name))
    wifi = (await save_thing(database, LEAD, Service(name="Wi-Fi w szkołach"))).id
    where = CategoryField(key="where", label="Gdzie?")
    await save_thing(database, LEAD, Category(name="Internet i Wi-Fi", service_id=wifi, fields=[where]))
    async with database.transaction() as tx:
        await tx.execute("UPDATE account SET login = $1 WHERE login = 'piotr'", demo.NETWORK_AGENT)
        await tx.execute("UPDATE account SET login = $1 WHERE login = 'jan'", demo.TEACHER)
        await tx.execute("UPDATE helpdesk_queue SET name = 'Sieć i łącza' WHERE id = $1", desk.second)
    for _time in range(2):
        await demo.fill({DATABASE: database})
    async with database.transaction(readonly=True) as tx:
        board = await hitting.board(tx, AUDITOR)
        own = await hitting.own_notices(tx, TEACHER)
        status = await hitting.public_status(tx)
        updates = await store.updates(tx, [one.id for one in board.running])
    (running,) = board.running
    assert [len(board.announced), len(board.past), len(status.past)] == [1, len(demo.PAST), len(demo.PAST)]
    assert sorted(running.unit_ids) == sorted([desk.school, desk.other_school])
    assert running.people >= 1
    assert running.tickets >= 1
    assert [one.kind for one in updates[running.id]] == ["begun", "update"]
    assert {one.title for one in own.notices} == {demo.TITLE, board.announced[0].title}
    assert all(one.ended_at > one.starts_at and one.outcome for one in board.past)
