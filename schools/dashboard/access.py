"""Loaders: who sees a school's day, its alerts, a class's attendance, a wallboard."""

import hashlib

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from schools.dashboard import alert_store, store
from schools.dashboard.model import Alert
from schools.structure import store as structure
from schools.structure.access import access_school, access_staff_room, access_whole_school
from schools.structure.model import ClassPlace, Member, School
from schools.structure.rules import can_read_whole_school
from schools.structure.tenancy import enter_school


async def access_dashboard_settings(tx: Tx, actor: Actor, school_id: int) -> Member:
    """The principal alone: thresholds and addresses of wallboards."""
    member = await access_school(tx, actor, school_id)
    if not member.has("principal"):
        raise NotFound
    return member


async def access_class_attendance(tx: Tx, actor: Actor, school_id: int, class_id: int) -> ClassPlace:
    """A class's attendance of a month: its homeroom teacher, principal, counsellor; not everybody who teaches it."""
    member = await access_staff_room(tx, actor, school_id)
    found = await structure.school_class(tx, class_id)
    if found is None:
        raise NotFound
    is_homeroom = found.homeroom_id == member.staff_id
    if not is_homeroom and not can_read_whole_school(member):
        raise NotFound
    return ClassPlace(member=member, school_class=found, is_homeroom=is_homeroom, teaches=is_homeroom)


async def access_alerts(tx: Tx, actor: Actor, school_id: int) -> tuple[Member, list[int] | None]:
    """Whose alerts the actor gets: None for the whole school, else the classes they are the homeroom teacher of."""
    member = await access_staff_room(tx, actor, school_id)
    if can_read_whole_school(member):
        return member, None
    assert member.staff_id is not None
    own = await store.homeroom_classes(tx, member.staff_id, member.today)
    if not own:
        raise NotFound
    return member, own


async def access_alert(tx: Tx, actor: Actor, school_id: int, alert_id: int) -> tuple[Member, Alert]:
    """One of them, locked until the transaction ends."""
    member, classes = await access_alerts(tx, actor, school_id)
    alert = await alert_store.lock_alert(tx, alert_id)
    if alert is None or (classes is not None and alert.class_id not in classes):
        raise NotFound
    return member, alert


async def access_wallboard(tx: Tx, school_id: int, key: str) -> School:
    """The school of a wallboard's key, for whoever knows it; until it is taken back."""
    await enter_school(tx, school_id)
    found = await structure.school(tx, school_id)
    if found is None or not await store.has_wallboard(tx, key):
        raise NotFound
    return found


def wallboard_key(secret: str) -> str:
    """What the database keeps of an address, and what its room is called."""
    return hashlib.sha256(secret.encode()).hexdigest()


__all__ = [
    "access_alert",
    "access_alerts",
    "access_class_attendance",
    "access_dashboard_settings",
    "access_wallboard",
    "access_whole_school",
    "wallboard_key",
]
