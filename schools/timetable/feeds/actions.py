"""Addresses of calendars: made, taken back, read."""

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import NotFound
from schools.structure import store as structure
from schools.structure.access import access_pupil, access_school
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable
from schools.timetable.feeds import store
from schools.timetable.feeds.model import Address, Contents, DatedDuty
from schools.timetable.model import Bell
from schools.timetable.rules import instant
from schools.timetable.substitutions import store as changes
from schools.timetable.substitutions.model import DutyDay

BACK: Final = timedelta(days=7)
AHEAD: Final = timedelta(days=42)


def hash_of(token: str) -> bytes:
    """158 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


async def _whose(tx: Tx, actor: Actor, school_id: int, pupil_id: int | None) -> tuple[Member, int | None, int | None]:
    """The member, and the teacher or pupil: oneself, or a child of one's own."""
    member = await access_school(tx, actor, school_id)
    if pupil_id is None:
        if member.staff_id is not None:
            return member, member.staff_id, None
        if member.pupil_id is None:
            raise NotFound
        return member, None, member.pupil_id
    place = await access_pupil(tx, actor, school_id, pupil_id)
    if not (place.is_guardian or place.is_self):
        raise NotFound  # teachers may look at it; a feed of a pupil is for the family
    return member, None, pupil_id


async def make_address(database: Database, actor: Actor, school_id: int, pupil_id: int | None = None) -> str:
    """The secret; it is told this once. An earlier address of the same timetable stops at once."""
    async with school_transaction(database, school_id) as tx:
        _member, staff_id, found_id = await _whose(tx, actor, school_id, pupil_id)
        assert actor.account_id is not None
        await store.revoke(tx, actor.account_id, staff_id, found_id)
        token = secrets.token_urlsafe(20)
        feed_id = await store.add(tx, actor.account_id, staff_id, found_id, hash_of(token))
        await tx.audit(actor, "timetable.feed", f"school/{school_id}/feed/{feed_id}")
        return token


async def take_back(database: Database, actor: Actor, school_id: int, pupil_id: int | None = None) -> None:
    async with school_transaction(database, school_id) as tx:
        _member, staff_id, found_id = await _whose(tx, actor, school_id, pupil_id)
        assert actor.account_id is not None
        if not await store.revoke(tx, actor.account_id, staff_id, found_id):
            raise NotFound
        await tx.audit(actor, "timetable.feed_revoked", f"school/{school_id}/staff/{staff_id}/pupil/{found_id}")


async def read_feed(database: Database, school_id: int, token: str) -> Contents:
    """What stands in a calendar. NotFound once its address was taken back, or the right it stands on has ended."""
    async with school_transaction(database, school_id, readonly=True) as tx:
        address = await store.address_of(tx, hash_of(token))
        if address is None or not await store.is_enabled(tx, address.account_id):
            raise NotFound
        # as the person it was made by, now: a parent whose rights have ended reads nothing
        _member, staff_id, pupil_id = await _whose(
            tx, Actor(account_id=address.account_id), school_id, address.pupil_id
        )
        if (staff_id, pupil_id) != (address.staff_id, address.pupil_id):
            raise NotFound
        return await contents_of(tx, school_id, address)


async def contents_of(tx: Tx, school_id: int, address: Address) -> Contents:
    school = await structure.school(tx, school_id)
    assert school is not None
    today = await changes.today(tx)
    days = [today - BACK + timedelta(days=offset) for offset in range((BACK + AHEAD).days + 1)]
    lessons = []
    duties: list[DatedDuty] = []
    for day in days:
        if address.staff_id is not None:
            lessons += await timetable.planned_for_staff(tx, address.staff_id, day)
            own = [
                one for one in await changes.duties(tx, day) if (one.stand_in_id or one.staff_id) == address.staff_id
            ]
            if own:
                duties += dated(own, await timetable.bells(tx, day), day, school.time_zone)
        elif address.pupil_id is not None:
            lessons += await timetable.planned_for_pupil(tx, address.pupil_id, day)
    return Contents(
        school_id=school_id,
        school=school.short_name,
        name=f"{address.name} ({school.short_name})",
        time_zone=school.time_zone,
        staff_id=address.staff_id,
        made_at=address.made_at,
        lessons=lessons,
        duties=duties,
        stamps=await store.stamps(tx, days[0], days[-1]),
    )


def dated(duties: list[DutyDay], bells: list[Bell], day: date, time_zone: str) -> list[DatedDuty]:
    """From the bell to the next one; before the first and after the last lesson, ten minutes."""
    by_period = {one.period: one for one in bells}
    found = []
    for one in duties:
        bell, following = by_period.get(one.after_period), by_period.get(one.after_period + 1)
        begins: datetime | None = instant(day, bell.ends, time_zone) if bell else None
        ends: datetime | None = instant(day, following.starts, time_zone) if following else None
        if begins is None and ends is not None:
            begins = ends - timedelta(minutes=10)
        if ends is None and begins is not None:
            ends = begins + timedelta(minutes=10)
        if begins is not None and ends is not None and begins < ends:
            found.append(DatedDuty(duty=one, on_date=day, starts_at=begins, ends_at=ends))
    return found
