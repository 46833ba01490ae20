"""Many devices at once: moved, given another state, and taken back."""

from typing import Any

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from app.tables import tidy
from portals.equipment import actions, rules, store
from portals.equipment.model import Device, Move, Moved, Undone
from portals.equipment.store import Line


async def move_devices(database: Database, actor: Actor, move: Move) -> Moved:
    """All of them or none. Raises `Invalid` by field, `NotFound` where one of them is out of reach."""
    async with database.transaction() as tx:
        fields = await _fields(tx, actor, move)
        found = await store.devices(tx, sorted(set(move.ids)), lock=True)
        if len(found) != len(set(move.ids)) or not all(rules.can_keep(actor, one.unit_path) for one in found):
            raise NotFound
        lines, rows = [], []
        for device in found:
            row = {**actions.row_of(device), **fields}
            changes = actions.differences(device, row)
            if changes:
                lines.append(Line(device_id=device.id, changes=changes, rev=device.rev + 1))
                rows.append(row)
        if not lines:
            return Moved(batch_id=None, count=0, kept=len(found))
        await store.change_devices(tx, [one.device_id for one in lines], rows)
        batch_id = await store.add_batch(tx, "move", len(lines), actor.account_id)
        await tx.audit(actor, "device.move", f"device-batch/{batch_id}", count=len(lines), **fields)
        await actions.settle(tx, actor, "move", lines, batch_id)
        return Moved(batch_id=batch_id, count=len(lines), kept=len(found) - len(lines))


async def undo_move(database: Database, actor: Actor, batch_id: int) -> Undone:
    """Takes back what nobody has changed since, within a day. Raises `Conflict` the second time."""
    async with database.transaction() as tx:
        batch = await store.batch(tx, batch_id, lock=True)
        if batch is None or batch.what != "move":
            raise NotFound
        done = {one.device_id: one for one in await store.batch_lines(tx, batch_id)}
        found = await store.devices(tx, sorted(done), lock=True)
        if not all(rules.can_keep(actor, one.unit_path) for one in found):
            raise NotFound
        if batch.undone:
            raise Conflict("This has been taken back already")
        if not batch.fresh:
            raise Conflict("This was done more than a day ago. Move the devices anew")
        lines, rows = [], []
        for device in found:
            if device.rev != done[device.id].rev:
                continue  # somebody has changed it since: theirs stays
            row = {**actions.row_of(device), **_before(done[device.id])}
            lines.append(Line(device_id=device.id, changes=actions.differences(device, row), rev=device.rev + 1))
            rows.append(row)
        await store.mark_undone(tx, batch_id)
        await tx.audit(actor, "device.move_undone", f"device-batch/{batch_id}", count=len(lines))
        if lines:
            await store.change_devices(tx, [one.device_id for one in lines], rows)
            await actions.settle(tx, actor, "undo", lines, batch_id)
        return Undone(count=len(lines), kept=len(found) - len(lines))


def _before(line: Line) -> dict[str, Any]:
    """Fields of a move as they were; none of them is a date."""
    return {name: was for name, (was, _now) in line.changes.items()}


async def _fields(tx: Tx, actor: Actor, move: Move) -> dict[str, Any]:
    """What is written into each device."""
    fields: dict[str, Any] = {}
    if move.unit_id is not None:
        await actions.access_unit_to_keep(tx, actor, move.unit_id)
        fields["unit_id"] = move.unit_id
    for name in ("room", "assigned_to"):
        text = getattr(move, name)
        if text is not None:
            fields[name] = tidy(text)
            if len(fields[name]) > rules.LONGEST[name]:
                raise Invalid(fields={name: _("This is too long")})
    if move.state is not None:
        fields["state"] = move.state
    if not fields:
        raise Invalid(_("Say what shall change: unit, room, state or who has it"))
    return fields


async def chosen(database: Database, actor: Actor, ids: list[int]) -> list[Device]:
    """Devices of a selection that the actor may read, by label; what is out of reach is left out."""
    async with database.transaction(readonly=True) as tx:
        reach = await actions.reach_of(tx, actor)
        found = await store.devices(tx, ids)
        return [one for one in found if rules.can_read(actor, one.unit_path, is_member=one.unit_id in reach.units)]
