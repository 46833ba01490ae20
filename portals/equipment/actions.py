"""Verbs of equipment; the loaders that say who may know of a device stand on top."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.feature import Params
from app.i18n import _
from app.identity.access import city_path
from app.search import folded
from app.tables import tidy
from portals.equipment import rules, store
from portals.equipment.history import told
from portals.equipment.model import (
    STOCK_ROOM,
    Cause,
    Change,
    Device,
    DeviceChange,
    DeviceChanged,
    DeviceDraft,
    DevicePage,
    DeviceTold,
    DeviceView,
    HistoryLine,
    Stock,
    StockChanged,
    Wanted,
    device_room,
)
from portals.equipment.store import COLUMNS, Line, Reach
from portals.intranet import actions as intranet
from portals.intranet.model import OrganisationUnit

MOST_TOLD: Final = 50
"""Devices of one action that are told one by one; of more only the sums are."""
WORDS: Final = 8
"""Of one search."""


# loaders


async def access_device(tx: Tx, actor: Actor, device_id: int) -> Device:
    """A device of the actor's unit, or of a part of the organisation whose equipment the actor reads."""
    return await _readable(tx, actor, await store.device(tx, device_id))


async def access_device_to_change(tx: Tx, actor: Actor, device_id: int) -> Device:
    """The same for those who keep the inventory; it is locked until the transaction ends."""
    found = await _readable(tx, actor, await store.device(tx, device_id, lock=True))
    if not rules.can_keep(actor, found.unit_path):
        raise Forbidden
    return found


async def device_by_label(tx: Tx, label: str) -> Device | None:
    """The device with this label, as it was typed or scanned; whoever asks checks who may know of it."""
    number = rules.label_from(label)
    return None if number is None else await store.device_labelled(tx, number)


async def access_device_by_label(tx: Tx, actor: Actor, label: str) -> Device:
    """The same, checked: NotFound for a wrong check digit too."""
    return await _readable(tx, actor, await device_by_label(tx, label))


async def devices_for(tx: Tx, actor: Actor) -> list[Device]:
    """What somebody has: for their start page, and for whoever asks them what is broken."""
    return [] if actor.account_id is None else await store.devices_of_account(tx, actor.account_id)


async def reach_of(tx: Tx, actor: Actor) -> Reach:
    """What of the inventory the actor may read."""
    units = await intranet.units_of(tx, actor.account_id)
    return Reach(rules.paths_of(actor, rules.READING_ROLES), list(units))


async def can_keep_anything(tx: Tx, actor: Actor) -> bool:
    """Whether there is a part of the inventory that the actor changes."""
    return rules.can_keep(actor, await city_path(tx)) or bool(rules.paths_of(actor, rules.KEEPING_ROLES))


async def _readable(tx: Tx, actor: Actor, found: Device | None) -> Device:
    if found is None:
        raise NotFound
    units = await intranet.units_of(tx, actor.account_id)
    if not rules.can_read(actor, found.unit_path, is_member=found.unit_id in units):
        raise NotFound
    return found


async def access_unit_to_keep(tx: Tx, actor: Actor, unit_id: int, field: str = "unit_id") -> OrganisationUnit:
    """A unit into which the actor may put devices. Raises `Invalid` for `field`."""
    found = next((one for one in await intranet.unit_choices(tx) if one.id == unit_id), None)
    if found is None or not rules.can_keep(actor, found.path):
        raise Invalid(fields={field: _("Choose a unit whose equipment you keep")})
    return found


# reading


async def list_devices(database: Database, actor: Actor, wanted: Wanted) -> DevicePage:
    """What the actor may read of what is wanted."""
    async with database.transaction(readonly=True) as tx:
        reach = await reach_of(tx, actor)
        found, total = await store.page(tx, wanted, words_of(wanted.text), reach, today())
    pages = max(1, -(-total // store.PAGE))
    return DevicePage(devices=found, total=total, page=wanted.page, pages=pages)


async def show_device(database: Database, actor: Actor, device_id: int) -> DeviceView:
    async with database.transaction(readonly=True) as tx:
        return await view(tx, actor, await access_device(tx, actor, device_id))


async def view(tx: Tx, actor: Actor, device: Device) -> DeviceView:
    """A device that was checked, with its history."""
    lines = await lines_of(tx, await store.history(tx, device.id))
    return DeviceView(device=device, history=lines, may_change=rules.can_keep(actor, device.unit_path))


async def lines_of(tx: Tx, changes: Sequence[Change]) -> list[HistoryLine]:
    """A history in words."""
    ids: dict[str, set[int]] = {"unit_id": set(), "model_id": set()}
    for one in changes:
        for name, known in ids.items():
            known.update(value for value in one.changes.get(name, ()) if isinstance(value, int))
    units, models = await store.names_of(tx, list(ids["unit_id"]), list(ids["model_id"]))
    return [told(one, units, models) for one in changes]


async def device_snapshot(tx: Tx, actor: Actor, params: Params) -> DeviceView:
    text = params["device_id"]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return await view(tx, actor, await access_device(tx, actor, int(text)))


async def stock_snapshot(tx: Tx, actor: Actor, params: Params) -> Stock:  # noqa: ARG001  # a room's signature
    """For those who read the inventory of the whole city."""
    if not rules.can_read(actor, await city_path(tx), is_member=False):
        raise NotFound
    return await store.stock(tx)


def words_of(text: str) -> list[str]:
    """What is looked for: each word must stand somewhere."""
    return folded(tidy(text)).split()[:WORDS]


def today() -> date:
    return datetime.now(UTC).date()


def latest_day() -> date:
    """The later of the days that it is somewhere: what is bought after midnight here was not bought tomorrow."""
    return datetime.now(ZoneInfo("Etc/GMT-14")).date()


# writing


async def add_device(database: Database, actor: Actor, draft: DeviceDraft) -> Device:
    """A device gets its label. Raises `Invalid` by field."""
    async with database.transaction() as tx:
        row = await _row(tx, actor, draft, None)
        label = rules.label_of((await store.next_numbers(tx, 1))[0])
        try:
            ids = await store.add_devices(tx, [label], [row])
        except asyncpg.UniqueViolationError as problem:
            raise _taken(problem) from None
        await tx.audit(actor, "device.add", f"device/{ids[0]}", label=label, unit=draft.unit_id)
        return (await settle(tx, actor, "made", [Line(device_id=ids[0], changes={}, rev=1)]))[0]


async def change_device(database: Database, actor: Actor, device_id: int, change: DeviceChange) -> Device:
    """Raises `Invalid` by field, `Conflict` when somebody else was faster."""
    async with database.transaction() as tx:
        old = await access_device_to_change(tx, actor, device_id)
        if old.rev != change.rev:
            raise Conflict("Somebody has changed this device in the meantime. Look at it once more")
        row = await _row(tx, actor, change, old)
        changes = differences(old, row)
        if not changes:
            return old
        try:
            await store.change_devices(tx, [device_id], [row])
        except asyncpg.UniqueViolationError as problem:
            raise _taken(problem) from None
        await tx.audit(actor, "device.change", f"device/{device_id}", fields=sorted(changes))
        return (await settle(tx, actor, "edit", [Line(device_id=device_id, changes=changes, rev=old.rev + 1)]))[0]


async def settle(
    tx: Tx, actor: Actor, cause: Cause, lines: Sequence[Line], batch_id: int | None = None
) -> list[Device]:
    """What follows every writing: whose devices they are, what a search finds, history, and telling it."""
    ids = [one.device_id for one in lines]
    await store.link_accounts(tx, ids)
    found = await store.devices(tx, ids)
    await store.set_folded(tx, await asyncio.to_thread(_folded, found) if len(found) > MOST_TOLD else _folded(found))
    await store.add_lines(tx, cause, actor.account_id, actor.name, lines, batch_id)
    if len(found) <= MOST_TOLD:
        for one in found:
            newest = (await store.history(tx, one.id))[:1]
            tx.publish(STOCK_ROOM, DeviceChanged(one))
            tx.publish(device_room(one.id), DeviceTold(one, await lines_of(tx, newest)))
    tx.publish(STOCK_ROOM, StockChanged(await store.stock(tx)))
    return found


def _folded(devices: Sequence[Device]) -> dict[int, str]:
    return {one.id: rules.folded_of(one) for one in devices}


def row_of(device: Device) -> dict[str, Any]:
    """A device as it is written."""
    return {name: getattr(device, name) for name in COLUMNS}


def differences(old: Device, row: dict[str, Any]) -> dict[str, list[Any]]:
    """Field → [was, is], as the history keeps it."""
    was = row_of(old)
    return {
        name: [msgspec.to_builtins(was[name]), msgspec.to_builtins(value)]
        for name, value in row.items()
        if was[name] != value
    }


async def _row(tx: Tx, actor: Actor, draft: DeviceDraft, old: Device | None) -> dict[str, Any]:
    """What is written of a draft; everything that is wrong with it at once."""
    texts = rules.tidied(draft)
    faults = rules.faults(draft, texts, latest_day())
    if old is None or draft.unit_id != old.unit_id:
        try:
            await access_unit_to_keep(tx, actor, draft.unit_id)
        except Invalid as problem:
            faults |= problem.fields
    mac, itself = rules.mac_of(draft.mac) if draft.mac else None, old.id if old else None
    if texts["serial"] and (await store.serials_taken(tx, [texts["serial"]])).get(texts["serial"], itself) != itself:
        faults["serial"] = SERIAL_TAKEN
    if mac and (await store.macs_taken(tx, [mac])).get(mac, itself) != itself:
        faults["mac"] = MAC_TAKEN
    if faults:
        raise Invalid(fields=faults)
    model_id = (await store.model_ids(tx, [(draft.kind, texts["maker"], texts["model"])]))[0]
    plain = {name: texts[name] for name in ("serial", "asset_number", "room", "assigned_to", "note")}
    dates = {"bought": draft.bought, "warranty_until": draft.warranty_until}
    place = {"unit_id": draft.unit_id, "state": draft.state}
    return {"model_id": model_id, **plain, **dates, **place, "mac": mac, "channel": draft.channel}


SERIAL_TAKEN: Final = _("Another device has this serial number")
MAC_TAKEN: Final = _("Another device has this MAC address")


def _taken(problem: asyncpg.UniqueViolationError) -> Invalid:
    """Two people have entered the same number at the same moment."""
    if "mac" in str(problem.constraint_name):
        return Invalid(fields={"mac": MAC_TAKEN})
    return Invalid(fields={"serial": SERIAL_TAKEN})
