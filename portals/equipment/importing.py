"""Verbs of imports: a file is taken in, it is said what it would do, and that is done in one go or not at all."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from app.tables import Fault, Refused, Row, plain, rows_of
from app.workbook.reading import table_of
from portals.equipment import actions, import_store, rules, store
from portals.equipment.import_store import Waiting
from portals.equipment.imports import COLUMNS, Known, Place, Plan, Step, cell_fault, named, plan_of
from portals.equipment.store import Line
from portals.intranet import actions as intranet

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_ROWS: Final = 20_000


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file."""

    new: int
    changed: int
    same: int
    left_out: list[Fault] = []
    """What was wrong with lines that were not taken."""


async def access_imports(tx: Tx, actor: Actor) -> None:
    """For those who keep some part of the inventory."""
    if not await actions.can_keep_anything(tx, actor):
        raise NotFound


async def list_imports(database: Database, actor: Actor) -> list[Waiting]:
    """The actor's own files, newest first, without their content."""
    async with database.transaction(readonly=True) as tx:
        await access_imports(tx, actor)
        return await import_store.imports_of(tx, actor.account_id)


async def take_in(database: Database, actor: Actor, file_name: str, content: bytes) -> int:
    """Keeps a file until somebody decides. Nothing of it is in the inventory yet."""
    if not content.strip():
        raise Invalid(fields={"file": _("This file is empty")})
    async with database.transaction() as tx:
        await access_imports(tx, actor)
        return await import_store.add_waiting(tx, file_name[:200] or "plik.csv", content, actor.account_id)


async def show_import(database: Database, actor: Actor, import_id: int) -> tuple[Waiting, Plan]:
    """What a file would do now; of one that is done, nothing but its report."""
    async with database.transaction(readonly=True) as tx:
        found = await _waiting(tx, actor, import_id)
        return found, Plan(steps=[], faults=[]) if found.content is None else await _plan(tx, actor, found.content)


async def carry_out(database: Database, actor: Actor, import_id: int, seen: str, *, leave_out: bool = False) -> Report:
    """Does what was shown: `seen` is the `digest` of that plan. `leave_out`: lines with a fault are left out.

    Raises `Conflict` if something has changed since, or if there are faults and they are not to be left out.
    """
    async with database.transaction() as tx:
        found = await _waiting(tx, actor, import_id, lock=True)
        if found.content is None:
            raise Conflict("This file has been imported already")
        plan = await _plan(tx, actor, found.content, lock=True)
        if digest(plan) != seen:
            raise Conflict("Something has changed in the meantime. Look at the preview once more")
        if plan.faults and not (leave_out and plan.changes):
            raise Conflict("The file has faults. Mend them and send it again")
        try:
            batch_id = await _write(tx, actor, plan)
        except asyncpg.UniqueViolationError:
            raise Conflict("Something has changed in the meantime. Look at the preview once more") from None
        counts = {sort: plan.count(sort) for sort in ("new", "changed", "same")}
        report = Report(**counts, left_out=plan.faults)
        await import_store.mark_done(tx, import_id, batch_id, msgspec.to_builtins(report))
        await tx.audit(
            actor, "device.import", f"device-import/{import_id}", file=found.file_name, left_out=plan.faulty_lines,
            **counts,
        )  # fmt: skip
        return report


async def drop_import(database: Database, actor: Actor, import_id: int) -> None:
    """The file is gone; nothing had come of it."""
    async with database.transaction() as tx:
        found = await _waiting(tx, actor, import_id, lock=True)
        if found.content is None:
            raise Conflict("This file has been imported already")
        await import_store.drop(tx, import_id)


def digest(plan: Plan) -> str:
    """What was shown, in short."""
    return hashlib.sha256(msgspec.json.encode((plan.steps, plan.faults))).hexdigest()


def report_of(found: Waiting) -> Report | None:
    return None if found.report is None else msgspec.convert(found.report, Report)


async def _waiting(tx: Tx, actor: Actor, import_id: int, *, lock: bool = False) -> Waiting:
    """One's own file: it may hold what others shall not read."""
    await access_imports(tx, actor)
    found = await import_store.waiting(tx, import_id, lock=lock)
    if found is None or found.made_by != actor.account_id:
        raise NotFound
    return found


async def _plan(tx: Tx, actor: Actor, content: bytes, *, lock: bool = False) -> Plan:
    try:
        table = await table_of(content, MOST_ROWS)
        rows, faults = await asyncio.to_thread(rows_of, table, COLUMNS, cell_fault)
    except Refused as problem:
        return Plan(steps=[], faults=[problem.fault])
    known = await _known(tx, actor, rows, lock=lock)
    plan = await asyncio.to_thread(plan_of, rows, faults, known, actions.latest_day())
    return msgspec.structs.replace(plan, encoding=table.encoding, delimiter=table.delimiter)


async def _known(tx: Tx, actor: Actor, rows: Sequence[Row], *, lock: bool) -> Known:
    places: dict[str, Place] = {}
    for unit in await intranet.unit_choices(tx):
        place = Place(unit.id, unit.short_name, rules.can_keep(actor, unit.path))
        places |= {plain(unit.name): place, plain(unit.short_name): place}
    labels, serials, macs = (named(rows, key) for key in ("label", "serial", "mac"))
    ids = await import_store.ids_named(tx, labels, serials, macs)
    devices = await store.devices(tx, ids, lock=lock)
    return Known(
        places=places,
        by_label={one.inventory_number: one for one in devices},
        by_serial={one.serial.upper(): one for one in devices if one.serial},
        by_mac={one.mac: one for one in devices if one.mac},
    )


async def _write(tx: Tx, actor: Actor, plan: Plan) -> int | None:
    """The batch; None where nothing changes."""
    steps = [one for one in plan.steps if one.sort != "same"]
    if not steps:
        return None
    models = sorted({one.model for one in steps})
    ids = dict(zip(models, await store.model_ids(tx, models), strict=True))
    batch_id = await store.add_batch(tx, "import", len(steps), actor.account_id)
    lines = await _add(tx, [one for one in steps if one.device_id is None], ids)
    lines += await _change(tx, [one for one in steps if one.device_id is not None], ids)
    await actions.settle(tx, actor, "import", lines, batch_id)
    return batch_id


async def _add(tx: Tx, steps: Sequence[Step], models: dict[tuple[Any, str, str], int]) -> list[Line]:
    if not steps:
        return []
    labels = [rules.label_of(number) for number in await store.next_numbers(tx, len(steps))]
    rows = [{**one.row, "model_id": models[one.model]} for one in steps]
    return [Line(device_id=one, changes={}, rev=1) for one in await store.add_devices(tx, labels, rows)]


async def _change(tx: Tx, steps: Sequence[Step], models: dict[tuple[Any, str, str], int]) -> list[Line]:
    if not steps:
        return []
    wanted = {one.device_id: {**one.row, "model_id": models[one.model]} for one in steps if one.device_id is not None}
    devices = await store.devices(tx, list(wanted))
    lines = [
        Line(device_id=one.id, changes=actions.differences(one, wanted[one.id]), rev=one.rev + 1) for one in devices
    ]
    await store.change_devices(tx, [one.id for one in devices], [wanted[one.id] for one in devices])
    return lines
