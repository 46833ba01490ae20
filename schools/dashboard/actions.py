"""What people do on dashboards: settle alerts, set thresholds, give out and take back wallboards; and the scan."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.actor import Actor
from app.database import Database, Tx
from app.errors import NotFound
from schools.dashboard import alert_store, store
from schools.dashboard.access import (
    access_alert,
    access_alerts,
    access_class_attendance,
    access_dashboard_settings,
    access_wallboard,
    access_whole_school,
    wallboard_key,
)
from schools.dashboard.board import settings_of_school, wall_view
from schools.dashboard.model import (
    Alert,
    AlertChanged,
    AlertsView,
    DashboardSettings,
    WallEnded,
    WallView,
    alerts_room,
    class_alerts_room,
    wallboard_room,
)
from schools.structure import store as structure
from schools.structure.tenancy import enter_school, school_transaction


async def scan(database: Database, school_id: int, moment: datetime, day: date | None = None) -> list[Alert]:
    """Looks for what deserves an alert and for alerts that are over; tells of each. `day` None: today there."""
    async with school_transaction(database, school_id, by_key=True) as tx:
        if not await alert_store.claim_scan(tx):
            return []
        day = day or await today_of(tx, moment, school_id)
        _school, settings = await settings_of_school(tx, school_id)
        ids = await alert_store.scan_unchecked(tx, day, moment, settings.unchecked_after_min)
        ids += await alert_store.scan_missing(tx, day)
        return await _tell(tx, school_id, ids)


async def today_of(tx: Tx, moment: datetime, school_id: int) -> date:
    """By the school's clock."""
    school, _settings = await settings_of_school(tx, school_id)
    return moment.astimezone(ZoneInfo(school.time_zone)).date()


async def _tell(tx: Tx, school_id: int, ids: Sequence[int]) -> list[Alert]:
    changed = await alert_store.alerts(tx, ids) if ids else []
    for one in changed:
        tx.publish(alerts_room(school_id), AlertChanged(one))
        if one.class_id is not None:
            tx.publish(class_alerts_room(school_id, one.class_id), AlertChanged(one))
    return changed


async def alerts_view(tx: Tx, actor: Actor, school_id: int) -> AlertsView:
    """All of the school's today, for principal and counsellor."""
    member = await access_whole_school(tx, actor, school_id)
    return AlertsView(on_date=member.today, alerts=await alert_store.alerts_of_day(tx, member.today, None))


async def class_alerts_view(tx: Tx, actor: Actor, school_id: int, class_id: int) -> AlertsView:
    """Those of a class, for its homeroom teacher too."""
    place = await access_class_attendance(tx, actor, school_id, class_id)
    today = place.member.today
    return AlertsView(on_date=today, alerts=await alert_store.alerts_of_day(tx, today, [class_id]))


async def own_alerts(tx: Tx, actor: Actor, school_id: int) -> AlertsView:
    """Whatever of them the actor gets."""
    member, classes = await access_alerts(tx, actor, school_id)
    return AlertsView(on_date=member.today, alerts=await alert_store.alerts_of_day(tx, member.today, classes))


async def settle(database: Database, actor: Actor, school_id: int, alert_id: int, *, settled: bool) -> Alert:
    """One press, and one more takes it back. Whoever comes second finds it as the first one left it."""
    async with school_transaction(database, school_id) as tx:
        member, alert = await access_alert(tx, actor, school_id, alert_id)
        if (alert.settled_at is not None) == settled:
            return alert
        await alert_store.settle(tx, alert_id, member.staff_id if settled else None)
        await tx.audit(
            actor,
            "dashboard.settle" if settled else "dashboard.reopen",
            f"school/{school_id}/alert/{alert_id}",
            kind=alert.kind,
            class_name=alert.class_name,
            on_date=alert.on_date,
        )
        return (await _tell(tx, school_id, [alert_id]))[0]


async def see(database: Database, actor: Actor, school_id: int, ids: Sequence[int]) -> None:
    """The actor has these alerts on the screen. Ids of others' alerts are passed over. No audit line: it is no act."""
    async with school_transaction(database, school_id) as tx:
        member, classes = await access_alerts(tx, actor, school_id)
        assert member.staff_id is not None
        own = [one.id for one in await alert_store.alerts(tx, ids) if classes is None or one.class_id in classes]
        await _tell(tx, school_id, await alert_store.see(tx, own, member.staff_id))


async def set_up(database: Database, actor: Actor, school_id: int, settings: DashboardSettings) -> None:
    """The school's thresholds."""
    async with school_transaction(database, school_id) as tx:
        await access_dashboard_settings(tx, actor, school_id)
        await store.write_settings(tx, settings)
        await tx.audit(
            actor,
            "dashboard.set",
            f"school/{school_id}",
            unchecked_after_min=settings.unchecked_after_min,
            unexcused_percent=settings.unexcused_percent,
            unexcused_of=settings.unexcused_of,
        )


async def add_wallboard(database: Database, actor: Actor, school_id: int, name: str) -> str:
    """The secret of its address, which nobody is told again."""
    secret = secrets.token_urlsafe(24)
    async with school_transaction(database, school_id) as tx:
        await access_dashboard_settings(tx, actor, school_id)
        made = await store.add_wallboard(tx, name, wallboard_key(secret), actor.account_id)
        await tx.audit(actor, "dashboard.wallboard", f"school/{school_id}/wallboard/{made}", name=name)
    return secret


async def revoke_wallboard(database: Database, actor: Actor, school_id: int, wallboard_id: int) -> None:
    """Its address shows nothing from now on; a screen that is on it goes dark at once."""
    async with school_transaction(database, school_id) as tx:
        await access_dashboard_settings(tx, actor, school_id)
        key = await store.revoke_wallboard(tx, wallboard_id)
        if key is None:
            raise NotFound
        await tx.audit(actor, "dashboard.wallboard_end", f"school/{school_id}/wallboard/{wallboard_id}")
        tx.publish(wallboard_room(school_id, key), WallEnded())


async def wallboard_view(tx: Tx, school_id: int, key: str, moment: datetime | None = None) -> WallView:
    """For whoever knows the key."""
    school = await access_wallboard(tx, school_id, key)
    moment = moment or await tx.now()
    return await wall_view(tx, school, await today_of(tx, moment, school_id), moment)


async def wall_of_school(tx: Tx, school_id: int, moment: datetime) -> WallView:
    """The same for the process that keeps wallboards up to date."""
    await enter_school(tx, school_id)
    school = await structure.school(tx, school_id)
    if school is None:
        raise NotFound
    return await wall_view(tx, school, await today_of(tx, moment, school_id), moment)
