"""Verbs of the change of school years: shown first, done in one transaction, taken back until the year begins."""

from datetime import timedelta

import asyncpg
import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, NotFound
from app.i18n import _
from schools.secretariat import people_store
from schools.secretariat import rollover_store as store
from schools.secretariat.rollover_rules import Choices, RolloverPlan, plan_rollover
from schools.secretariat.rollover_store import Rollover
from schools.structure import store as structure
from schools.structure.access import access_office
from schools.structure.model import Member, SchoolYear
from schools.structure.tenancy import school_transaction


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen, what speaks against it (message ids), what to think of."""

    member: Member
    year: SchoolYear | None
    done: Rollover | None
    plan: RolloverPlan | None
    against: list[str]
    unchecked: int = 0
    may_undo: bool = False


async def dry_run(database: Database, actor: Actor, school_id: int, choices: Choices) -> DryRun:
    """Writes nothing."""
    async with school_transaction(database, school_id, readonly=True) as tx:
        return await _look(tx, await access_office(tx, actor, school_id), choices)


async def roll_over(database: Database, actor: Actor, school_id: int, choices: Choices) -> RolloverPlan:
    """Makes the next year with its classes. Raises `Conflict` while something speaks against it."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        await people_store.lock_people(tx, school_id)
        found = await _look(tx, member, choices)
        if found.against or found.plan is None or found.year is None:
            raise Conflict(found.against[0] if found.against else "No school year holds this day")
        plan, old = found.plan, found.year
        until = plan.year.ends_on + timedelta(days=1)
        await store.end_year(tx, old.id, plan.year.starts_on)
        year_id = await store.add_year(tx, plan.year)
        classes = await store.add_classes(tx, year_id, plan, until)
        groups = (
            await store.copy_groups(tx, old.id, year_id, classes, old.ends_on, until) if choices.copy_groups else {}
        )
        if choices.copy_teachings:
            await store.copy_teachings(tx, classes, groups, old.ends_on, until)
        await people_store.set_left(tx, plan.leavers, plan.year.starts_on)
        await store.add_rollover(tx, old.id, year_id, plan.leavers, actor.account_id)
        await tx.audit(
            actor,
            "secretariat.rollover",
            f"school/{school_id}/year/{year_id}",
            name=plan.year.name,
            classes=len(plan.classes),
            pupils=sum(len(one.pupils) for one in plan.classes),
            leavers=len(plan.leavers),
        )
        return plan


async def undo_rollover(database: Database, actor: Actor, school_id: int) -> None:
    """Until the new year begins, and while nothing else was entered for it."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        await people_store.lock_people(tx, school_id)
        year = await structure.year_on(tx, school_id, member.today)
        done = None if year is None else await store.rollover_from(tx, year.id)
        if done is None:
            raise NotFound
        if await store.newcomers(tx, done.from_year_id, done.to_year_id):
            raise Conflict("New pupils are entered for that year already")
        try:
            await store.remove_year(tx, done)
        except asyncpg.ForeignKeyViolationError:
            raise Conflict("Something has been entered for that year already, such as a timetable") from None
        await tx.audit(
            actor, "secretariat.rollover_undo", f"school/{school_id}/year/{done.to_year_id}", name=done.year_name
        )


async def _look(tx: Tx, member: Member, choices: Choices) -> DryRun:
    year = await structure.year_begun(tx, member.school_id, member.today)  # the office may come to it in September
    school = await structure.school(tx, member.school_id)
    if year is None or school is None:
        return DryRun(member=member, year=None, done=None, plan=None, against=[_("No school year holds this day")])
    done = await store.rollover_from(tx, year.id)
    classes = await store.old_classes(tx, year.id, year.ends_on)
    plan = plan_rollover(year, school.kind, classes, choices)
    against = []
    if done is not None or await store.year_after(tx, year.ends_on) is not None:
        against.append(_("The next school year is there already"))
    if await store.open_imports(tx):
        against.append(_("An imported file waits for a decision: carry it out or drop it first"))
    if choices.repeaters & choices.leavers:
        against.append(_("A pupil cannot repeat and leave at once"))
    if not classes:
        against.append(_("This school year has no classes"))
    return DryRun(
        member=member,
        year=year,
        done=done,
        plan=plan,
        against=against,
        unchecked=await store.unchecked_lessons(tx, year.starts_on, year.ends_on),
        may_undo=done is not None,
    )
