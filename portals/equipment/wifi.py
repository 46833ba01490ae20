"""The schools' Wi-Fi: which access points a controller sees, and the keys with which it says so."""

import hashlib
import secrets
from datetime import datetime
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Invalid, NotFound, SignInNeeded
from app.feature import Params
from app.i18n import _
from app.identity.access import city_path
from app.tables import tidy
from portals.equipment import actions, rules, store, wifi_store
from portals.equipment.model import (
    WIFI_ROOM,
    AccessPoint,
    AccessPointList,
    AccessPointSeen,
    Device,
    SeenReply,
    SeenReport,
    WifiKey,
)
from portals.equipment.store import Line

SILENT_AFTER_S: Final = 30 * 60
"""Controllers report every few minutes; one that has not been seen for so long is silent."""
KEY_BYTES: Final = 20


async def access_keys(tx: Tx, actor: Actor) -> None:
    """Keys open the reports of the whole city: for its keepers."""
    if not rules.can_keep(actor, await city_path(tx)):
        raise NotFound


async def list_access_points(database: Database, actor: Actor) -> list[Device]:
    """Those that the actor may know of, by unit and place."""
    async with database.transaction(readonly=True) as tx:
        reach = await actions.reach_of(tx, actor)
        return [
            one
            for one in await store.access_points(tx)
            if rules.can_read(actor, one.unit_path, is_member=one.unit_id in reach.units)
        ]


async def wifi_snapshot(tx: Tx, actor: Actor, params: Params) -> AccessPointList:  # noqa: ARG001  # a room's signature
    """For those who read the inventory of the whole city."""
    if not rules.can_read(actor, await city_path(tx), is_member=False):
        raise NotFound
    return AccessPointList(points=[point_of(one) for one in await store.access_points(tx)])


async def report_seen(database: Database, key: str, report: SeenReport) -> SeenReply:
    """What a controller sees now. Raises `SignInNeeded` for a key that is unknown or revoked."""
    channels: dict[str, int | None] = {}
    unknown: list[str] = []
    for point in report.points:
        mac = rules.mac_of(point.mac)
        if mac is None or (point.channel is not None and point.channel not in rules.CHANNELS):
            unknown.append(point.mac)
        else:
            channels[mac] = point.channel
    async with database.transaction() as tx:
        label = await wifi_store.use_key(tx, _digest(key))
        if label is None:
            raise SignInNeeded("This key is not known. Make one on the page of the Wi-Fi")
        found = await wifi_store.mark_seen(tx, sorted(channels))
        await _change_channels(tx, label, found, channels)
        for one in await store.devices(tx, [device.id for device in found]):
            tx.publish(WIFI_ROOM, AccessPointSeen(point_of(one)))
    missing = set(channels) - {one.mac for one in found}
    return SeenReply(known=len(found), unknown=[*unknown, *sorted(missing)])


async def _change_channels(tx: Tx, label: str, found: list[Device], channels: dict[str, int | None]) -> None:
    """What the controller has chosen anew stands in the history, under the key's name."""
    lines, rows = [], []
    for device in found:
        channel = channels[device.mac or ""]
        if channel is not None and channel != device.channel:
            row = {**actions.row_of(device), "channel": channel}
            lines.append(Line(device_id=device.id, changes=actions.differences(device, row), rev=device.rev + 1))
            rows.append(row)
    if lines:
        await store.change_devices(tx, [one.device_id for one in lines], rows)
        await actions.settle(tx, Actor(name=label), "report", lines)


async def list_keys(database: Database, actor: Actor) -> list[WifiKey]:
    async with database.transaction(readonly=True) as tx:
        await access_keys(tx, actor)
        return await wifi_store.keys(tx)


async def make_key(database: Database, actor: Actor, label: str) -> str:
    """A key for a controller; it is shown once. Raises `Invalid` (`label`)."""
    label = tidy(label)
    if not 1 <= len(label) <= 80:
        raise Invalid(fields={"label": _("Say which controller it is for, in at most 80 characters")})
    key = secrets.token_urlsafe(KEY_BYTES)
    async with database.transaction() as tx:
        await access_keys(tx, actor)
        key_id = await wifi_store.add_key(tx, label, _digest(key), actor.account_id)
        await tx.audit(actor, "wifi.key", f"wifi-key/{key_id}", label=label)
    return key


async def revoke_key(database: Database, actor: Actor, key_id: int) -> None:
    """Its controller is turned away from now on."""
    async with database.transaction() as tx:
        await access_keys(tx, actor)
        if not await wifi_store.revoke_key(tx, key_id):
            raise NotFound
        await tx.audit(actor, "wifi.key_revoked", f"wifi-key/{key_id}")


def point_of(device: Device) -> AccessPoint:
    """`rev` grows with each sight of it."""
    rev = 0 if device.seen_at is None else int(device.seen_at.timestamp())
    return AccessPoint(id=device.id, rev=rev, channel=device.channel, seen_at=device.seen_at)


def is_silent(device: Device, now: datetime) -> bool:
    """Whether it should be seen and is not."""
    if device.state != "in_use":
        return False
    return device.seen_at is None or (now - device.seen_at).total_seconds() > SILENT_AFTER_S


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
