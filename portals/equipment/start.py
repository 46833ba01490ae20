"""What of the equipment stands on the staff's start page."""

import msgspec

from app.actor import Actor
from app.database import Tx
from portals.equipment import actions, store
from portals.equipment.model import Device
from portals.intranet.actions import own_units
from portals.intranet.model import OrganisationUnit


class OwnEquipment(msgspec.Struct, frozen=True):
    """One's own devices, and how many each of one's units has."""

    devices: list[Device]
    units: list[tuple[OrganisationUnit, int]]


async def data(tx: Tx, actor: Actor) -> OwnEquipment:
    units = await own_units(tx, actor)
    counts = await store.counts_of_units(tx, [one.id for one in units])
    return OwnEquipment(await actions.devices_for(tx, actor), [(one, counts.get(one.id, 0)) for one in units])
