"""An inventory for a demonstration: 600 laptops, and what else stands in offices and schools."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Tx
from portals.equipment import actions, demo_store, rules, store
from portals.equipment.model import Device, Kind
from portals.equipment.store import Line
from portals.intranet.actions import unit_choices
from portals.intranet.model import OrganisationUnit

LAPTOPS: Final = 600
MODELS: Final[dict[Kind, tuple[tuple[str, str], ...]]] = {
    "laptop": (
        ("Lenovo", "ThinkPad L14 Gen 3"),
        ("Dell", "Latitude 3440"),
        ("HP", "ProBook 440 G9"),
        ("Lenovo", "ThinkPad E15 Gen 2"),
        ("Acer", "TravelMate P2"),
    ),
    "projector": (("Epson", "EB-992F"), ("BenQ", "MW560"), ("NEC", "M380X")),
    "access_point": (("Aruba", "AP-505"), ("Ubiquiti", "U6 Pro"), ("Cisco", "Catalyst 9105AX")),
    "printer": (("Brother", "HL-L5210DN"), ("Kyocera", "ECOSYS M2540dn"), ("HP", "LaserJet Pro 4002dn")),
    "board": (("SMART", "MX265-V4"), ("Avtek", "TouchScreen 7 Connect 65")),
    "switch": (("Cisco", "CBS350-24P"), ("Aruba", "2530-24G")),
    "computer": (("Dell", "OptiPlex 7010"), ("HP", "Pro Mini 400 G9")),
}
PER_UNIT: Final[dict[str, dict[Kind, int]]] = {
    "school": {"projector": 4, "access_point": 4, "printer": 2, "board": 1, "switch": 1},
    "department": {"printer": 1, "computer": 2},
    "other": {"printer": 1, "access_point": 1, "switch": 1},
}
"""What a unit of a kind has beside laptops; a nursery school has half of it."""
SHARES: Final = {"school": 5, "department": 2, "other": 1}
"""Of the laptops, by kind of unit; a nursery school counts as one."""
CHANNELS: Final = (1, 6, 11, 36, 40, 44, 48, 52, 100, 116)
PLACES: Final = ("pokój nauczycielski", "biblioteka", "sekretariat", "pracownia 1", "świetlica", "wózek A", "wózek B")
SILENT: Final = 3
"""Access points that nobody has seen for hours."""


async def fill(app: web.Application) -> None:
    """Fills what is missing; access points are seen at each start."""
    async with app[DATABASE].transaction() as tx:
        if not await demo_store.has_devices(tx):
            await _fill(tx)
        points = [one for one in await store.access_points(tx) if one.state == "in_use"]
        await demo_store.see_access_points(tx, [one.inventory_number for one in points[5::40]][:SILENT])


async def _fill(tx: Tx) -> None:
    chance = random.Random(600)  # noqa: S311  # the same demonstration each time
    units = await unit_choices(tx)
    wanted = list(_wanted(units))
    models = sorted({(kind, *MODELS[kind][turn % len(MODELS[kind])]) for _unit, kind, turn in wanted})
    ids = dict(zip(models, await store.model_ids(tx, models), strict=True))
    rows = [_row(unit, kind, turn, place, ids, chance) for place, (unit, kind, turn) in enumerate(wanted)]
    labels = [rules.label_of(number) for number in await store.next_numbers(tx, len(rows))]
    made = await store.add_devices(tx, labels, rows)
    devices = await actions.settle(tx, SYSTEM, "made", [Line(device_id=one, changes={}, rev=1) for one in made])
    bought = [
        datetime(one.bought.year, one.bought.month, one.bought.day, 9, tzinfo=UTC) for one in devices if one.bought
    ]
    await demo_store.backdate(tx, [one.id for one in devices if one.bought], bought)
    await _history(tx, devices, units, chance)


def _wanted(units: list[OrganisationUnit]) -> Iterator[tuple[OrganisationUnit, Kind, int]]:
    """Unit, kind, and which one of its kind it is: laptops first, in rounds, until all are placed."""
    rounds = [one for one in units for _turn in range(1 if _is_small(one) else SHARES[one.kind])]
    for turn in range(LAPTOPS):
        unit = rounds[turn % len(rounds)]
        yield unit, "laptop", turn // len(rounds) + turn % 2
    for unit in units:
        for kind, count in PER_UNIT[unit.kind].items():
            for turn in range((count + 1) // 2 if _is_small(unit) else count):
                yield unit, kind, turn + unit.id % 2


def _is_small(unit: OrganisationUnit) -> bool:
    return unit.short_name.startswith("MP ")


def _row(
    unit: OrganisationUnit,
    kind: Kind,
    turn: int,
    place: int,
    ids: dict[tuple[Kind, str, str], int],
    chance: random.Random,
) -> dict[str, Any]:
    maker, model = MODELS[kind][turn % len(MODELS[kind])]
    bought = date(2019 + chance.randint(0, 6), chance.randint(1, 12), chance.randint(1, 28))
    years = chance.choice((2, 3, 3, 5))
    state = chance.choices(("in_use", "spare", "in_repair", "scrapped", "lost"), (88, 6, 3, 2, 1))[0]
    is_point = kind == "access_point"
    in_room = kind in {"projector", "board", "computer"} or (kind == "laptop" and chance.random() < 0.5)
    room = f"sala {chance.randint(1, 48)}" if in_room else chance.choice(PLACES)
    if unit.kind == "department":
        room = unit.room
    return {
        "model_id": ids[kind, maker, model],
        "serial": f"{maker[:2].upper()}{chance.randrange(16**7):07X}{place % 36:X}",
        "asset_number": f"{unit.short_name.replace(' ', '')}/{bought.year}/{place % 400 + 1}",
        "unit_id": unit.id,
        "room": "korytarz, piętro " + str(turn % 3) if is_point else room,
        "state": state,
        "assigned_to": "",
        "bought": bought,
        "warranty_until": bought.replace(year=bought.year + years),
        "note": "",
        "mac": f"00:1a:1e:{place // 65536 % 256:02x}:{place // 256 % 256:02x}:{place % 256:02x}" if is_point else None,
        "channel": CHANNELS[(turn + unit.id) % len(CHANNELS)] if is_point else None,
    }


async def _history(tx: Tx, devices: list[Device], units: list[OrganisationUnit], chance: random.Random) -> None:
    """Some went to people, some came from another unit, some were repaired. The newest change is some weeks old."""
    laptops = [one for one in devices if one.kind == "laptop" and one.state == "in_use"]
    people = await store.members_without_device(tx)
    theirs = {unit_id: [name for other, name in people if other == unit_id] for unit_id in {one[0] for one in people}}
    chosen: dict[int, dict[str, object]] = {}
    for device in laptops:
        if theirs.get(device.unit_id):
            chosen[device.id] = {"assigned_to": theirs[device.unit_id].pop()}
    moved = [one for one in laptops if one.id not in chosen]
    for device in chance.sample(moved, min(40, len(moved))):
        chosen[device.id] = {"unit_id": chance.choice(units).id, "room": "magazyn"}
    known = {one.id: one for one in devices}
    rows = {key: {**actions.row_of(known[key]), **change} for key, change in chosen.items()}
    lines = [Line(device_id=key, changes=actions.differences(known[key], row), rev=2) for key, row in rows.items()]
    lines = [one for one in lines if one.changes]
    await store.change_devices(tx, [one.device_id for one in lines], [rows[one.device_id] for one in lines])
    await actions.settle(tx, msgspec.structs.replace(SYSTEM, name="Paweł Rogala"), "edit", lines)
    ago = [datetime.now(UTC) - timedelta(days=chance.randint(5, 200), minutes=chance.randint(0, 500)) for _one in lines]
    await demo_store.backdate(tx, [one.device_id for one in lines], ago)
