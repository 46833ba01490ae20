"""Verbs of imports: take a file in, say what it would do, do it in one transaction or not at all."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.tables import Refused
from app.workbook.reading import table_of
from schools.secretariat import import_store as store
from schools.secretariat import people_store, setup_store
from schools.secretariat.imports.columns import MOST_ROWS, rows_of
from schools.secretariat.imports.model import Plan, Step, Taught
from schools.secretariat.imports.others import plan_guardians, plan_staff
from schools.secretariat.imports.pupils import plan_pupils
from schools.secretariat.imports.roster import read_roster
from schools.secretariat.imports.whole_roster import plan_roster
from schools.secretariat.model import Waiting
from schools.secretariat.people import audit
from schools.secretariat.telling import tell_people
from schools.structure import store as structure
from schools.structure.access import access_office
from schools.structure.model import Member, SchoolYear
from schools.structure.tenancy import school_transaction

MOST_BYTES: Final = 4 * 1024 * 1024


async def take_in(
    database: Database, actor: Actor, school_id: int, kind: str, file_name: str, content: bytes, from_day: date
) -> int:
    """Keeps a file until somebody decides. Nothing of it is in the school yet."""
    async with school_transaction(database, school_id) as tx:
        await access_office(tx, actor, school_id)
        if await structure.year_on(tx, school_id, from_day) is None:
            raise Invalid(fields={"from_day": "No school year holds this day"})
        return await store.add_waiting(tx, kind, file_name, content, from_day, actor.account_id)


async def show_import(database: Database, actor: Actor, school_id: int, import_id: int) -> tuple[Member, Waiting, Plan]:
    """What a file would do now."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        found = await _waiting(tx, import_id)
        return member, found, await _plan(tx, member, found)


async def carry_out(database: Database, actor: Actor, school_id: int, import_id: int, seen: str) -> Plan:
    """Does what was shown: `seen` is the `digest` of that plan. Raises `Conflict` if it is another one by now."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        await people_store.lock_people(tx, school_id)
        found = await _waiting(tx, import_id, lock=True)
        plan = await _plan(tx, member, found)
        if plan.faults:
            raise Conflict("The file has faults. Mend them and send it again")
        if digest(plan) != seen:
            raise Conflict("Something has changed in the meantime. Look at the preview once more")
        year = await structure.year_on(tx, school_id, found.from_day)
        pupils, staff = await _write(tx, plan, found.from_day, year)
        await _write_teachings(tx, actor, school_id, plan, staff, found.from_day)
        await tell_people(tx, actor, school_id, "pupil", pupils)
        await tell_people(tx, actor, school_id, "staff", sorted({*staff.values()}))
        await store.mark_done(tx, import_id)
        await tx.audit(
            actor,
            "secretariat.import",
            f"school/{school_id}/import/{import_id}",
            kind=found.kind,
            file=found.file_name,
            new=plan.count("new"),
            changed=plan.count("changed"),
        )
        return plan


async def drop_import(database: Database, actor: Actor, school_id: int, import_id: int) -> None:
    """The file is gone; nothing had come of it."""
    async with school_transaction(database, school_id) as tx:
        await access_office(tx, actor, school_id)
        await _waiting(tx, import_id)
        await store.drop(tx, import_id)


def digest(plan: Plan) -> str:
    """What was shown, in short."""
    return hashlib.sha256(msgspec.json.encode(plan.steps)).hexdigest()


async def _waiting(tx: Tx, import_id: int, *, lock: bool = False) -> Waiting:
    found = await store.waiting(tx, import_id, lock=lock)
    if found is None or found.content is None:
        raise NotFound
    return found


async def _plan(tx: Tx, member: Member, found: Waiting) -> Plan:
    pupils, principal = await store.known_pupils(tx, found.from_day), member.has("principal")
    year = await structure.year_on(tx, member.school_id, found.from_day)
    classes = {one.name: one.id for one in (await structure.classes(tx, year.id) if year is not None else [])}
    assert found.content is not None
    try:
        if found.kind == "oneroster":
            roster = await asyncio.to_thread(read_roster, found.content, found.from_day)
            guardians, staff = await store.known_guardians(tx), await store.known_staff(tx)
            taught = await _taught(tx, member, found.from_day, year, classes)
            plan = plan_roster(roster, pupils, guardians, staff, taught)
            return msgspec.structs.replace(plan, encoding="UTF-8", delimiter=",")
        table = await table_of(found.content, MOST_ROWS)
        rows, faults = await asyncio.to_thread(rows_of, table, found.kind)
    except Refused as problem:
        return Plan(steps=[], faults=[problem.fault])
    if found.kind == "guardians":
        plan = plan_guardians(rows, faults, await store.known_guardians(tx), pupils)
    elif found.kind == "staff":
        plan = plan_staff(rows, faults, await store.known_staff(tx), principal=principal, own=member.staff_id)
    else:
        plan = plan_pupils(rows, faults, pupils, classes)
    return msgspec.structs.replace(plan, encoding=table.encoding, delimiter=table.delimiter)


async def _taught(tx: Tx, member: Member, day: date, year: SchoolYear | None, classes: Mapping[str, int]) -> Taught:
    ends_on = year.ends_on if year is not None else day
    groups = await setup_store.groups(tx, year.id) if year is not None else []
    return Taught(
        classes=dict(classes),
        groups=[(one.id, one.class_name, one.name) for one in groups],
        subjects=[(one.id, one.name, one.short) for one in await setup_store.subjects(tx)],
        teachings=await store.known_teachings(tx, day, ends_on + timedelta(days=1)),
        homerooms=await store.homerooms(tx, year.id) if year is not None else {},
        ends_on=ends_on,
        own=member.staff_id,
        is_principal=member.has("principal"),
    )


async def _write_teachings(tx: Tx, actor: Actor, school_id: int, plan: Plan, staff: dict[int, int], day: date) -> None:
    """`staff`: by the line of users.csv; those whom an assignment is about come to it, since their cards change."""
    for step in plan.steps:
        if step.about not in {"teaching", "homeroom"} or step.sort == "same":
            continue
        staff_id = int(step.values["staff_id"] or 0)
        staff_id = staff[-staff_id] if staff_id < 0 else staff_id
        if step.about == "homeroom":
            class_id = int(step.values["class_id"] or 0)
            await setup_store.set_homeroom(tx, class_id, staff_id)
            subject = f"class/{class_id}"
            await audit(tx, actor, "homeroom", school_id, subject, was=step.values["was_id"], now=staff_id)
            continue
        if step.second_id is not None:
            await setup_store.end_teaching(tx, staff_id, step.second_id, day)
        subject_id, place = int(step.values["subject_id"] or 0), str(step.values["place"])
        until = date.fromisoformat(str(step.values["until"]))
        await setup_store.add_teaching(tx, staff_id, subject_id, place, str(step.values["kind"]), day, until)
        await audit(tx, actor, "teaching_add", school_id, f"staff/{staff_id}", subject=subject_id, place=place, day=day)
        staff[-staff_id] = staff_id  # no line is below zero


async def _write(tx: Tx, plan: Plan, from_day: date, year: SchoolYear | None) -> tuple[list[int], dict[int, int]]:
    """Pupils stand before the guardians who come with them.

    Returns the pupils about whom something is new, and the staff members by their lines.
    """
    pupils: dict[int, int] = {}
    staff: dict[int, int] = {}
    touched: set[int] = set()
    guardians: dict[int, int] = {}
    for step in plan.steps:
        if step.about == "guardian" and step.target_id is not None:
            guardians[step.line] = step.target_id
    for step in plan.steps:
        if step.sort == "same":
            continue
        if step.about == "guardian":
            guardians[step.line] = await _guardian(tx, step, pupils, guardians.get(step.line))
            pupil_id = int(step.values["pupil_id"] or 0)
            touched.add(pupils.get(pupil_id, pupil_id))
        elif step.about == "staff":
            roles = str(step.values["roles"]).split(", ")
            staff[step.line] = await store.write_staff(tx, step.target_id, step.values, roles)
        elif step.about == "pupil":
            assert year is not None
            pupils[-step.line] = await _pupil(tx, step, from_day, year)
            touched.add(pupils[-step.line])
    return sorted(touched), staff


async def _pupil(tx: Tx, step: Step, from_day: date, year: SchoolYear) -> int:
    pupil_id = await store.write_pupil(tx, step.target_id, step.values)
    class_id, until = int(step.values["class_id"] or 0), year.ends_on + timedelta(days=1)
    old = step.values["old_class_id"]
    number = int(step.values["number"] or 0) if step.values.get("number") else None
    if old == class_id:
        if number is not None:
            await store.set_number(tx, pupil_id, class_id, from_day, number)
        return pupil_id
    if await store.has_later_stay(tx, pupil_id, from_day, until):
        raise Conflict(
            "Line %(line)s: a later change of class of %(name)s is entered already", line=step.line, name=step.name
        )
    if old is not None:
        stay_id = await store.stay_on(tx, pupil_id, from_day)
        await people_store.leave_groups(tx, pupil_id, int(old), from_day)
        if stay_id is not None:
            await people_store.cut_class(tx, stay_id, from_day)
    number = number or await people_store.next_number(tx, class_id)
    await people_store.add_stay(tx, pupil_id, class_id, from_day, until, number)
    return pupil_id


async def _guardian(tx: Tx, step: Step, pupils: Mapping[int, int], guardian_id: int | None) -> int:
    """Two lines of a new guardian with one address make one person, and so does one line with two children.

    `pupils`: those of the same file, by `-line`. Returns the guardian.
    """
    if guardian_id is None and step.values.get("email"):
        known = await people_store.guardian_with(tx, str(step.values["email"]))
        guardian_id = known.id if known else None
    guardian_id = await store.write_guardian(tx, guardian_id, step.values)
    since, until = (
        date.fromisoformat(str(step.values[key])) if step.values.get(key) else None for key in ("since", "until")
    )
    kind = step.values.get("kind")
    after = until + timedelta(days=1) if until else None
    pupil_id = int(step.values["pupil_id"] or 0)
    pupil_id = pupils.get(pupil_id, pupil_id)
    await store.write_right(tx, step.second_id, guardian_id, pupil_id, str(kind) if kind else None, since, after)
    return guardian_id
