"""The demonstration's units and inventory: as many as promised, and the same again after a second start."""

import time

from app.actor import SYSTEM
from app.database import DATABASE
from app.identity.actions import ensure_city
from portals.equipment import demo as equipment
from portals.equipment import store
from portals.equipment.actions import list_devices, show_device
from portals.equipment.model import Wanted
from portals.equipment.rules import label_from
from portals.intranet import demo as intranet
from portals.intranet.actions import list_units
from tests.portals.intranet.stage import KEEPER


async def test_it_is_filled_once_and_quickly(database):
    await ensure_city(database, "Gryfin")
    application = {DATABASE: database}
    began = time.process_time()
    for _start in range(2):
        await intranet.fill(application)
        await equipment.fill(application)
    took = time.process_time() - began
    units = (await list_units(database, SYSTEM)).units
    assert [sum(one.kind == kind for one in units) for kind in ("school", "department", "other")] == [28, 17, 5]
    assert all(one.heads and one.members >= 3 for one in units)
    totals = {}
    for kind in ("laptop", "projector", "access_point", "printer"):
        page = await list_devices(database, KEEPER, Wanted(kind=kind, state="all"))
        totals[kind] = page.total
        assert all(label_from(one.inventory_number) == one.inventory_number for one in page.devices)
    assert totals["laptop"] == 600
    assert totals["projector"] > 80
    assert totals["access_point"] > 80
    async with database.transaction(readonly=True) as tx:
        points = await store.access_points(tx)
        mine = await store.devices_of_account(tx, 1)
    assert len({one.mac for one in points}) == len(points)
    assert all(one.seen_at for one in points)
    history = (await show_device(database, KEEPER, mine[0].id)).history
    assert [one.cause for one in history] == ["edit", "made"]
    assert [one.field for one in history[0].told] == ["assigned_to"]
    assert history[0].at > history[1].at
    assert took < 3  # of our own work
