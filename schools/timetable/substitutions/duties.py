"""Duties on breaks (dyżury): who has one, and who takes it on a day."""

from datetime import date

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Invalid, NotFound
from schools.structure import store as structure
from schools.structure.tenancy import school_transaction
from schools.timetable.substitutions import rules, store
from schools.timetable.substitutions.access import access_replanning


async def _teacher(tx: Tx, staff_id: int) -> str:
    found = await structure.staff(tx, staff_id)
    if found is None:
        raise Invalid(fields={"staff_id": "Choose a teacher"})
    return found.name


async def add_duty(
    database: Database, actor: Actor, school_id: int, staff_id: int, weekday: int, after_period: int, place: str
) -> int:
    async with school_transaction(database, school_id) as tx:
        member = await access_replanning(tx, actor, school_id)
        name = await _teacher(tx, staff_id)
        if not place.strip():
            raise Invalid(fields={"place": "This is needed"})
        taken = [
            one
            for one in await store.all_duties(tx, member.today)
            if (one.staff_id, one.weekday, one.after_period) == (staff_id, weekday, after_period)
        ]
        if taken:
            raise Invalid(fields={"staff_id": "This teacher has a duty on that break already"})
        duty_id = await store.add_duty(tx, staff_id, weekday, after_period, place.strip(), member.today)
        await tx.audit(actor, "duties.add", f"school/{school_id}/duty/{duty_id}", name=name, place=place.strip())
        return duty_id


async def end_duty(database: Database, actor: Actor, school_id: int, duty_id: int) -> None:
    async with school_transaction(database, school_id) as tx:
        member = await access_replanning(tx, actor, school_id)
        if not await store.end_duty(tx, duty_id, member.today):
            raise NotFound
        await tx.audit(actor, "duties.end", f"school/{school_id}/duty/{duty_id}")


async def stand_in(
    database: Database, actor: Actor, school_id: int, duty_id: int, on_date: date, staff_id: int | None
) -> None:
    """Somebody takes a duty on one day; None: its own person again."""
    async with school_transaction(database, school_id) as tx:
        await access_replanning(tx, actor, school_id)
        duty = next((one for one in await store.duties(tx, on_date) if one.id == duty_id), None)
        if duty is None:
            raise NotFound
        name = ""
        if staff_id is not None:
            name = await _teacher(tx, staff_id)
            if rules.is_away(await store.absences(tx, on_date), staff_id, on_date, duty.after_period):
                raise Invalid(fields={"staff_id": "This teacher is away at that hour"})
        await store.replace_on_duty(tx, duty_id, on_date, staff_id, actor.account_id)
        await tx.audit(
            actor, "duties.stand_in", f"school/{school_id}/duty/{duty_id}", on_date=on_date, name=name, was=duty.staff
        )
