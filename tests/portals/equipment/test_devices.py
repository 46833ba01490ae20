"""Devices: who may know of them and change them, their history, moves and taking them back."""

from datetime import UTC, date, datetime

import pytest

from app.actor import Actor, Grant
from app.errors import Conflict, Forbidden, Invalid, NotFound
from portals.equipment import actions, moving
from portals.equipment.model import (
    STOCK_ROOM,
    DeviceChange,
    DeviceChanged,
    DeviceTold,
    Move,
    StockChanged,
    Wanted,
    device_room,
)
from tests.portals.intranet.stage import (
    ADMIN,
    AGENT,
    AUDITOR,
    HEAD,
    KEEPER,
    NOBODY,
    OTHER,
    RESIDENT,
    TEACHER,
    Organisation,
)

FIELDS = (
    "kind", "maker", "model", "serial", "asset_number", "unit_id", "room", "state", "assigned_to", "bought",
    "warranty_until", "note", "channel", "rev",
)  # fmt: skip


def change_of(device, **fields):
    return DeviceChange(**{**{name: getattr(device, name) for name in FIELDS}, "mac": device.mac or "", **fields})


async def test_who_may_know_of_a_device_and_change_it(database):
    org = await Organisation.set(database)
    device = await org.device(unit="SP 4", serial="abc123")
    for actor in (ADMIN, KEEPER, AUDITOR, AGENT, HEAD, TEACHER):
        view = await actions.show_device(database, actor, device.id)
        assert view.may_change is (actor in {ADMIN, KEEPER})
        assert [one.id for one in (await actions.list_devices(database, actor, Wanted())).devices] == [device.id]
    for actor in (OTHER, RESIDENT, NOBODY):
        with pytest.raises(NotFound):
            await actions.show_device(database, actor, device.id)
        assert (await actions.list_devices(database, actor, Wanted())).total == 0
    for actor, refusal in ((AUDITOR, Forbidden), (AGENT, Forbidden), (HEAD, Forbidden), (OTHER, NotFound)):
        with pytest.raises(refusal):
            await actions.change_device(database, actor, device.id, change_of(device, room="1"))
    for actor in (AUDITOR, AGENT, HEAD, RESIDENT):
        with pytest.raises(Invalid):
            await actions.add_device(database, actor, org.draft())


async def test_a_keeper_of_one_school_keeps_that_school(database):
    org = await Organisation.set(database)
    own = Actor(account_id=7, name="Jan", login="jan", grants=(Grant("equipment_keeper", org.units["SP 4"].path),))
    here, there = await org.device(unit="SP 4"), await org.device(unit="SP 5")
    assert (await actions.change_device(database, own, here.id, change_of(here, room="3"))).room == "3"
    with pytest.raises(NotFound):
        await actions.show_device(database, own, there.id)
    with pytest.raises(Invalid) as problem:
        await actions.change_device(database, own, here.id, change_of(here, rev=2, unit_id=org.units["SP 5"].id))
    assert set(problem.value.fields) == {"unit_id"}
    with pytest.raises(NotFound):
        await moving.move_devices(database, own, Move(ids=[here.id, there.id], room="5"))
    with pytest.raises(NotFound):
        async with database.transaction(readonly=True) as tx:
            await actions.stock_snapshot(tx, own, {})


async def test_a_label_is_given_and_found_again(database):
    org = await Organisation.set(database)
    device = await org.device()
    assert device.inventory_number == "000013"
    async with database.transaction(readonly=True) as tx:
        for text in ("000013", "00001-3", " 00001 3 "):
            assert (await actions.access_device_by_label(tx, TEACHER, text)).id == device.id
        for text in ("000014", "000031", "00013", "x", ""):
            assert await actions.device_by_label(tx, text) is None
        with pytest.raises(NotFound):
            await actions.access_device_by_label(tx, OTHER, "000013")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"model": " "}, {"model"}),
        ({"model": "x" * 121, "room": "y" * 41}, {"model", "room"}),
        ({"unit_id": 999}, {"unit_id"}),
        ({"serial": "abc-1"}, {"serial"}),
        ({"mac": "00:1A:1E:00:00:01"}, {"mac"}),
        ({"mac": "00:1A:1E:00:00"}, {"mac"}),
        ({"mac": "01:00:5e:00:00:01"}, {"mac"}),
        ({"channel": 15}, {"channel"}),
        ({"bought": date(2999, 1, 1)}, {"bought"}),
        ({"bought": date(2024, 5, 1), "warranty_until": date(2024, 4, 30)}, {"warranty_until"}),
        ({"warranty_until": date(2999, 1, 1)}, {"warranty_until"}),
    ],
)
async def test_a_fault_is_told_at_its_field(database, fields, wrong):
    org = await Organisation.set(database)
    await org.device(serial="ABC-1", mac="001a.1e00.0001")
    with pytest.raises(Invalid) as problem:
        await actions.add_device(database, KEEPER, org.draft(**fields))
    assert set(problem.value.fields) == wrong


class HalfPastMidnight(datetime):
    """In Warsaw it is 2 July already, in UTC it is not."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2026, 7, 1, 22, 30, tzinfo=UTC).astimezone(tz)


async def test_what_is_bought_today_may_be_entered_right_after_midnight(database, monkeypatch):
    org = await Organisation.set(database)
    monkeypatch.setattr(actions, "datetime", HalfPastMidnight)
    assert (await actions.add_device(database, KEEPER, org.draft(bought=date(2026, 7, 2)))).bought == date(2026, 7, 2)
    with pytest.raises(Invalid) as problem:
        await actions.add_device(database, KEEPER, org.draft(bought=date(2026, 7, 3)))
    assert set(problem.value.fields) == {"bought"}


async def test_history_tells_who_when_from_and_to(database):
    org = await Organisation.set(database)
    device = await org.device(unit="SP 4", room="12")
    moved = await actions.change_device(
        database, ADMIN, device.id, change_of(device, unit_id=org.units["SP 5"].id, room="7", state="in_repair")
    )
    assert (moved.unit_name, moved.room, moved.state, moved.rev) == ("SP 5", "7", "in_repair", 2)
    view = await actions.show_device(database, OTHER, device.id)
    assert [(one.cause, one.by_name) for one in view.history] == [("edit", "Robert Kania"), ("made", "Paweł Rogala")]
    assert [(one.field, one.was, one.now) for one in view.history[0].told] == [
        ("unit_id", "SP 4", "SP 5"), ("room", "12", "7"), ("state", "in use", "in repair"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        await actions.show_device(database, TEACHER, device.id)  # it has left
    with pytest.raises(Conflict):
        await actions.change_device(database, ADMIN, device.id, change_of(device, room="8"))
    again = await actions.change_device(database, ADMIN, device.id, change_of(moved))
    assert again.rev == 2
    events = org.backplane.of(device_room(device.id))
    assert [type(one) for one in events] == [DeviceTold] * 2
    assert (events[-1].device, events[-1].lines) == (moved, view.history[:1])
    assert await org.audited("device.") == ["device.add", "device.change"]


async def test_the_stock_is_told_as_a_fresh_snapshot_would_say_it(database):
    org = await Organisation.set(database)
    device = await org.device()
    await actions.change_device(database, KEEPER, device.id, change_of(device, state="lost"))
    told = org.backplane.of(STOCK_ROOM)
    assert [type(one) for one in told] == [DeviceChanged, StockChanged] * 2
    async with database.transaction(readonly=True) as tx:
        fresh = await actions.stock_snapshot(tx, AUDITOR, {})
        for actor in (HEAD, OTHER, RESIDENT):
            with pytest.raises(NotFound):
                await actions.stock_snapshot(tx, actor, {})
    assert fresh == told[-1].stock
    assert (fresh.counts.lost, fresh.counts.in_use) == (1, 0)


async def test_a_device_belongs_to_the_member_whose_name_it_has(database):
    org = await Organisation.set(database)
    device = await org.device(unit="SP 4", assigned_to="katarzyna  lewandowska")
    assert device.account_id == TEACHER.account_id
    async with database.transaction(readonly=True) as tx:
        assert [one.id for one in await actions.devices_for(tx, TEACHER)] == [device.id]
        assert await actions.devices_for(tx, HEAD) == []
    moved = await actions.change_device(database, KEEPER, device.id, change_of(device, unit_id=org.units["SP 5"].id))
    assert (moved.assigned_to, moved.account_id) == ("katarzyna lewandowska", None)


async def test_a_list_is_filtered(database):
    org = await Organisation.set(database)
    lost = await org.device(unit="SP 4", state="lost", serial="L1")
    screen = await org.device(unit="SP 5", kind="projector", maker="Epson", model="EB-992F", room="Sala Łabędzia")
    laptop = await org.device(unit="SP 4", serial="pf2x", warranty_until=date(2020, 1, 1))

    async def ids(**wanted):
        return [one.id for one in (await actions.list_devices(database, KEEPER, Wanted(**wanted))).devices]

    assert await ids() == [laptop.id, screen.id]
    assert await ids(state="gone") == [lost.id]
    assert set(await ids(state="all")) == {lost.id, screen.id, laptop.id}
    assert await ids(text="labedzia epson") == [screen.id]
    assert await ids(text="PF2X") == [laptop.id]
    assert await ids(text=f"{laptop.inventory_number[:-1]}-{laptop.inventory_number[-1]}") == [laptop.id]
    assert await ids(text="labedzia thinkpad") == []
    assert await ids(kind="projector") == [screen.id]
    assert await ids(unit_id=org.units["SP 5"].id) == [screen.id]
    assert await ids(model_id=laptop.model_id) == [laptop.id]
    assert await ids(warranty="over") == [laptop.id]
    assert await ids(warranty="soon") == []
    assert await ids(text="%\0_") == []
    far = await actions.list_devices(database, KEEPER, Wanted(page=3))
    assert (far.devices, far.total, far.pages) == ([], 2, 1)


async def test_many_are_moved_at_once_and_taken_back(database):
    org = await Organisation.set(database)
    devices = [await org.device(unit="SP 4", room=str(place)) for place in range(3)]
    there = await org.device(unit="SP 5", room="magazyn", state="spare")
    ids = [*(one.id for one in devices), there.id]
    move = Move(ids=ids, unit_id=org.units["SP 5"].id, room=" magazyn ", state="spare")
    moved = await moving.move_devices(database, KEEPER, move)
    assert (moved.count, moved.kept) == (3, 1)
    page = await actions.list_devices(database, OTHER, Wanted())
    assert {(one.unit_name, one.room, one.state) for one in page.devices} == {("SP 5", "magazyn", "spare")}
    assert (await moving.move_devices(database, KEEPER, move)).batch_id is None
    later = next(one for one in page.devices if one.id == devices[0].id)
    await actions.change_device(database, KEEPER, later.id, change_of(later, note="brak zasilacza"))
    for actor in (AUDITOR, HEAD, OTHER):
        with pytest.raises(NotFound):
            await moving.undo_move(database, actor, moved.batch_id)
    undone = await moving.undo_move(database, KEEPER, moved.batch_id)
    assert (undone.count, undone.kept) == (2, 1)
    page = await actions.list_devices(database, KEEPER, Wanted(unit_id=org.units["SP 4"].id))
    assert [(one.id, one.room, one.state) for one in page.devices] == [
        (devices[1].id, "1", "in_use"), (devices[2].id, "2", "in_use"),
    ]  # fmt: skip
    with pytest.raises(Conflict):
        await moving.undo_move(database, KEEPER, moved.batch_id)
    history = (await actions.show_device(database, KEEPER, devices[1].id)).history
    assert [one.cause for one in history] == ["undo", "move", "made"]
    assert (await org.audited("device.move")) == ["device.move", "device.move_undone"]


async def test_a_move_that_cannot_be_is_refused_whole(database):
    org = await Organisation.set(database)
    device = await org.device()
    for move, wrong in (
        (Move(ids=[device.id], unit_id=12345), {"unit_id"}),
        (Move(ids=[device.id], room="x" * 41), {"room"}),
        (Move(ids=[device.id]), set()),
    ):
        with pytest.raises(Invalid) as problem:
            await moving.move_devices(database, KEEPER, move)
        assert set(problem.value.fields) == wrong
    with pytest.raises(NotFound):
        await moving.move_devices(database, KEEPER, Move(ids=[device.id, 999], room="4"))
    with pytest.raises(NotFound):
        await moving.undo_move(database, KEEPER, 999)
    assert (await actions.show_device(database, KEEPER, device.id)).device.rev == 1
