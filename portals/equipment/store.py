"""SQL of devices, models and histories."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from app.database import Tx
from portals.equipment.model import Cause, Change, Counts, Device, DeviceModel, Kind, Stock, Wanted

_DEVICE = """
SELECT d.id, d.rev, d.inventory_number, d.asset_number, d.kind, d.model_id, d.maker, d.model, d.serial, d.unit_id,
       d.unit_name, d.unit_path, d.room, d.state, d.assigned_to, d.account_id, d.bought, d.warranty_until, d.note,
       d.mac, d.channel, d.seen_at
  FROM device_row d
"""
COLUMNS: Final = {
    "model_id": "bigint",
    "serial": "text",
    "asset_number": "text",
    "unit_id": "bigint",
    "room": "text",
    "state": "text",
    "assigned_to": "text",
    "bought": "date",
    "warranty_until": "date",
    "note": "text",
    "mac": "text",
    "channel": "smallint",
}
"""What is written of a device: column → type."""
PAGE: Final = 50


class Reach(msgspec.Struct, frozen=True):
    """What somebody may read: everything at or below these paths of the organisation, and these units."""

    paths: list[str]
    units: list[int]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history that is written."""

    device_id: int
    changes: dict[str, list[Any]]
    rev: int


# reading


async def device(tx: Tx, device_id: int, *, lock: bool = False) -> Device | None:
    if lock:
        await tx.execute("SELECT FROM device WHERE id = $1 FOR UPDATE", device_id)
    return await tx.maybe(Device, f"{_DEVICE} WHERE d.id = $1", device_id)


async def device_labelled(tx: Tx, label: str) -> Device | None:
    return await tx.maybe(Device, f"{_DEVICE} WHERE d.inventory_number = $1", label)


async def devices(tx: Tx, ids: Sequence[int], *, lock: bool = False) -> list[Device]:
    """In the order of their labels."""
    if lock:
        await tx.execute("SELECT FROM device WHERE id = ANY($1) ORDER BY id FOR UPDATE", list(ids))
    return await tx.all(Device, f"{_DEVICE} WHERE d.id = ANY($1) ORDER BY d.inventory_number", list(ids))


def _filters(wanted: Wanted, words: Sequence[str], reach: Reach, today: date) -> tuple[str, list[object]]:
    """Conditions on `device_row` d and `device` f, and their values."""
    values: list[object] = [reach.paths, reach.units]
    within = (
        "(d.unit_id = ANY($2) OR EXISTS (SELECT FROM unnest($1::text[]) AS p"
        " WHERE d.unit_path = p OR starts_with(d.unit_path, p || '.')))"
    )
    parts = [within]

    def where(condition: str, value: object) -> None:
        values.append(value)
        parts.append(condition.replace("?", f"${len(values)}"))

    if words:
        where("NOT EXISTS (SELECT FROM unnest(?::text[]) AS w WHERE strpos(f.folded, w) = 0)", list(words))
    if wanted.unit_id:
        where("d.unit_id = ?", wanted.unit_id)
    if wanted.kind:
        where("d.kind = ?", wanted.kind)
    if wanted.model_id:
        where("d.model_id = ?", wanted.model_id)
    if wanted.state in {"", "gone"}:
        parts.append(f"d.state {'NOT ' if wanted.state == '' else ''}IN ('scrapped', 'lost')")
    elif wanted.state != "all":
        where("d.state = ?", wanted.state)
    if wanted.warranty:
        condition = (
            "d.warranty_until < ?" if wanted.warranty == "over" else "d.warranty_until - ?::date BETWEEN 0 AND 90"
        )
        where(condition, today)
    return " AND ".join(parts), values


async def page(tx: Tx, wanted: Wanted, words: Sequence[str], reach: Reach, today: date) -> tuple[list[Device], int]:
    """A page of what is wanted, by unit, kind, and label; how many there are of it."""
    where, values = _filters(wanted, words, reach, today)
    joined = "JOIN device f ON f.id = d.id" if words else ""
    total = int(await tx.value(f"SELECT count(*) FROM device_row d {joined} WHERE {where}", *values))
    found = await tx.all(
        Device,
        f"{_DEVICE} {joined} WHERE {where} ORDER BY d.unit_name, d.kind, d.room, d.inventory_number"
        f" LIMIT {PAGE} OFFSET ${len(values) + 1}",
        *values,
        (wanted.page - 1) * PAGE,
    )
    return found, total


async def ids_wanted(tx: Tx, wanted: Wanted, words: Sequence[str], reach: Reach, today: date, most: int) -> list[int]:
    """Of all pages, up to `most`."""
    where, values = _filters(wanted, words, reach, today)
    joined = "JOIN device f ON f.id = d.id" if words else ""
    rows = await tx.records(
        f"SELECT d.id FROM device_row d {joined} WHERE {where} ORDER BY d.inventory_number LIMIT {int(most)}", *values
    )
    return [row["id"] for row in rows]


async def devices_of_account(tx: Tx, account_id: int) -> list[Device]:
    """What somebody has."""
    return await tx.all(
        Device,
        f"{_DEVICE} WHERE d.account_id = $1 AND d.state NOT IN ('scrapped', 'lost') ORDER BY d.kind, d.id",
        account_id,
    )


async def counts_of_units(tx: Tx, unit_ids: Sequence[int]) -> dict[int, int]:
    """How many devices units have, without what is scrapped or lost."""
    rows = await tx.records(
        "SELECT unit_id, count(*) AS devices FROM device WHERE unit_id = ANY($1) AND state NOT IN ('scrapped', 'lost')"
        " GROUP BY unit_id",
        list(unit_ids),
    )
    return {row["unit_id"]: row["devices"] for row in rows}


async def stock(tx: Tx) -> Stock:
    rows = await tx.records("SELECT state, count(*) AS devices FROM device GROUP BY state")
    rev = int(await tx.value("SELECT coalesce(max(id), 0) FROM device_change"))
    return Stock(counts=Counts(**{row["state"]: row["devices"] for row in rows}), rev=rev)


async def history(tx: Tx, device_id: int) -> list[Change]:
    """Newest first."""
    return await tx.all(
        Change,
        "SELECT id, cause, changes, rev, batch_id, by_name, at FROM device_change"
        " WHERE device_id = $1 ORDER BY id DESC",
        device_id,
    )


async def names_of(tx: Tx, unit_ids: Sequence[int], model_ids: Sequence[int]) -> tuple[dict[int, str], dict[int, str]]:
    """How units and models of a history are called now."""
    units = await tx.records("SELECT id, short_name FROM organisation_unit WHERE id = ANY($1)", list(unit_ids))
    models = await tx.records(
        "SELECT id, btrim(maker || ' ' || name) AS title FROM device_model WHERE id = ANY($1)", list(model_ids)
    )
    return {row["id"]: row["short_name"] for row in units}, {row["id"]: row["title"] for row in models}


# models


async def models(tx: Tx) -> list[DeviceModel]:
    return await tx.all(
        DeviceModel,
        "SELECT m.id, m.kind, m.maker, m.name,"
        " count(d.id) FILTER (WHERE d.state NOT IN ('scrapped', 'lost')) AS devices"
        " FROM device_model m LEFT JOIN device d ON d.model_id = m.id"
        " GROUP BY m.id ORDER BY m.kind, lower(m.maker), lower(m.name), m.id",
    )


async def model_ids(tx: Tx, wanted: Sequence[tuple[Kind, str, str]]) -> list[int]:
    """Ids of models (kind, maker, name) in their order; what is not known yet is added."""
    given = ([one[0] for one in wanted], [one[1] for one in wanted], [one[2] for one in wanted])
    await tx.execute(
        "INSERT INTO device_model (kind, maker, name)"
        " SELECT DISTINCT ON (kind, lower(maker), lower(name)) kind, maker, name"
        " FROM unnest($1::text[], $2::text[], $3::text[]) AS g (kind, maker, name)"
        " ORDER BY kind, lower(maker), lower(name) ON CONFLICT DO NOTHING",
        *given,
    )
    rows = await tx.records(
        "SELECT m.id FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS g (kind, maker, name, place)"
        " JOIN device_model m ON m.kind = g.kind AND lower(m.maker) = lower(g.maker) AND lower(m.name) = lower(g.name)"
        " ORDER BY g.place",
        *given,
    )
    return [row["id"] for row in rows]


# writing


async def next_numbers(tx: Tx, count: int) -> list[int]:
    """For labels: numbers that nobody else gets."""
    rows = await tx.records("SELECT nextval('device_number') AS number FROM generate_series(1, $1)", count)
    return [row["number"] for row in rows]


async def add_devices(tx: Tx, labels: Sequence[str], rows: Sequence[Mapping[str, object]]) -> list[int]:
    """Ids in the order of the rows, all `COLUMNS` in each. A number that is taken raises `UniqueViolationError`."""
    names = ", ".join(COLUMNS)
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(COLUMNS.values(), start=2))
    found = await tx.records(
        f"INSERT INTO device (inventory_number, {names}) SELECT label, {names}"
        f" FROM unnest($1::text[], {arrays}) WITH ORDINALITY AS g (label, {names}, place) ORDER BY place RETURNING id",
        list(labels),
        *([row[name] for row in rows] for name in COLUMNS),
    )
    return [row["id"] for row in found]


async def change_devices(tx: Tx, ids: Sequence[int], rows: Sequence[Mapping[str, object]]) -> None:
    """Writes all of `COLUMNS` of each device."""
    names = ", ".join(COLUMNS)
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(COLUMNS.values(), start=2))
    setting = ", ".join(f"{name} = g.{name}" for name in COLUMNS)
    await tx.execute(
        f"UPDATE device AS d SET {setting}, rev = d.rev + 1"
        f" FROM unnest($1::bigint[], {arrays}) AS g (id, {names}) WHERE d.id = g.id",
        list(ids),
        *([row[name] for row in rows] for name in COLUMNS),
    )


async def link_accounts(tx: Tx, ids: Sequence[int]) -> None:
    """A device whose user is written as one member of its unit is called, is that account's."""
    await tx.execute(
        "UPDATE device AS d SET account_id = w.account_id FROM ("
        " SELECT d.id, CASE WHEN count(DISTINCT a.id) = 1 THEN min(a.id) END AS account_id FROM device d"
        " LEFT JOIN unit_member m ON m.unit_id = d.unit_id AND d.assigned_to <> ''"
        " LEFT JOIN account a ON a.id = m.account_id AND lower(a.name) = lower(d.assigned_to)"
        " AND a.disabled_at IS NULL"
        " WHERE d.id = ANY($1) GROUP BY d.id) AS w"
        " WHERE d.id = w.id AND d.account_id IS DISTINCT FROM w.account_id",
        list(ids),
    )


async def set_folded(tx: Tx, texts: Mapping[int, str]) -> None:
    await tx.execute(
        "UPDATE device AS d SET folded = g.folded FROM unnest($1::bigint[], $2::text[]) AS g (id, folded)"
        " WHERE d.id = g.id",
        list(texts),
        list(texts.values()),
    )


async def add_lines(
    tx: Tx, cause: Cause, account_id: int | None, by_name: str, lines: Sequence[Line], batch_id: int | None = None
) -> None:
    """Of the history."""
    await tx.execute(
        "INSERT INTO device_change (device_id, cause, changes, rev, batch_id, account_id, by_name)"
        " SELECT device_id, $1, changes, rev, $2, $3, $4"
        " FROM unnest($5::bigint[], $6::jsonb[], $7::integer[]) AS g (device_id, changes, rev)",
        cause,
        batch_id,
        account_id,
        by_name,
        [one.device_id for one in lines],
        [one.changes for one in lines],
        [one.rev for one in lines],
    )


async def serials_taken(tx: Tx, serials: Sequence[str]) -> dict[str, int]:
    """Serial number → device, of those that are given."""
    rows = await tx.records(
        "SELECT upper(serial) AS serial, id FROM device WHERE serial <> '' AND upper(serial) = ANY($1)",
        [one.upper() for one in serials],
    )
    return {row["serial"]: row["id"] for row in rows}


async def macs_taken(tx: Tx, macs: Sequence[str]) -> dict[str, int]:
    """MAC address → device."""
    rows = await tx.records("SELECT mac, id FROM device WHERE mac = ANY($1)", list(macs))
    return {row["mac"]: row["id"] for row in rows}


# many at once


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Devices that one action has changed. `fresh`: it may still be taken back."""

    id: int
    what: str
    count: int
    made_by: int | None
    undone: bool
    fresh: bool


async def add_batch(tx: Tx, what: str, count: int, account_id: int | None) -> int:
    return int(
        await tx.value(
            "INSERT INTO device_batch (what, count, made_by) VALUES ($1, $2, $3) RETURNING id", what, count, account_id
        )
    )


async def batch(tx: Tx, batch_id: int, *, lock: bool = False) -> Batch | None:
    return await tx.maybe(
        Batch,
        "SELECT id, what, count, made_by, undone_at IS NOT NULL AS undone,"
        " made_at > now() - interval '1 day' AS fresh FROM device_batch WHERE id = $1"
        + (" FOR UPDATE" if lock else ""),
        batch_id,
    )


async def mark_undone(tx: Tx, batch_id: int) -> None:
    await tx.execute("UPDATE device_batch SET undone_at = now() WHERE id = $1", batch_id)


async def batch_lines(tx: Tx, batch_id: int) -> list[Line]:
    """What a batch has changed, device by device."""
    return await tx.all(
        Line, "SELECT device_id, changes, rev FROM device_change WHERE batch_id = $1 ORDER BY device_id", batch_id
    )


async def members_without_device(tx: Tx) -> list[tuple[int, str]]:
    """Unit and name of those who have nothing yet, for handing out."""
    rows = await tx.records(
        "SELECT m.unit_id, a.name FROM unit_member m JOIN account a ON a.id = m.account_id"
        " WHERE NOT EXISTS (SELECT FROM device d WHERE d.account_id = a.id) ORDER BY m.unit_id, a.folded"
    )
    return [(row["unit_id"], row["name"]) for row in rows]


# Wi-Fi


async def access_points(tx: Tx) -> list[Device]:
    """By unit and place, without what is scrapped or lost."""
    return await tx.all(
        Device,
        f"{_DEVICE} WHERE d.kind = 'access_point' AND d.state NOT IN ('scrapped', 'lost')"
        " ORDER BY d.unit_name, d.room, d.inventory_number",
    )
