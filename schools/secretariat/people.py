"""Verbs of the people pages. What opens or closes a way to a child's data is in the audit log, with who did it."""

from datetime import date, timedelta
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import _
from app.identity.sessions import end_sessions
from schools.secretariat import people_store as store
from schools.secretariat import rules, setup_store
from schools.secretariat.model import (
    GuardianDraft,
    MovePreview,
    PupilDraft,
    PupilFile,
    StaffDraft,
    StaffLine,
    Stay,
)
from schools.secretariat.telling import tell_person
from schools.structure import store as structure
from schools.structure.access import access_office
from schools.structure.model import Member, SchoolClass, SchoolYear
from schools.structure.tenancy import enter_school, school_transaction

CHANGED: Final = _("Somebody else has changed this meanwhile. Look at it again")


async def access_pupil_file(
    tx: Tx, actor: Actor, school_id: int, pupil_id: int, *, lock: bool = False
) -> tuple[Member, PupilFile]:
    """A pupil in the hands of the office."""
    member = await access_office(tx, actor, school_id)
    found = await store.pupil_file(tx, pupil_id, lock=lock)
    if found is None:
        raise NotFound
    return member, found


async def access_staff_file(tx: Tx, actor: Actor, school_id: int, staff_id: int) -> tuple[Member, StaffLine]:
    """A staff member in the hands of the office."""
    member = await access_office(tx, actor, school_id)
    year = await structure.year_on(tx, school_id, member.today)
    found = await store.staff_file(tx, staff_id, year.id if year else None)
    if found is None:
        raise NotFound
    return member, found


async def add_pupil(
    database: Database, actor: Actor, school_id: int, draft: PupilDraft, class_id: int, day: date
) -> int:
    """A new pupil in a class from a day on."""
    async with school_transaction(database, school_id) as tx:
        await access_office(tx, actor, school_id)
        await store.lock_people(tx, school_id)
        await _check_pupil(tx, draft, None)
        school_class, year = await _class_of_day(tx, school_id, class_id, day)
        pupil_id = await store.add_pupil(tx, draft)
        number = await store.next_number(tx, school_class.id)
        await store.add_stay(tx, pupil_id, school_class.id, day, year.ends_on + timedelta(days=1), number)
        await audit(tx, actor, "pupil_add", school_id, f"pupil/{pupil_id}", class_name=school_class.name, day=day)
        await tell_person(tx, actor, school_id, "pupil", pupil_id)
        return pupil_id


async def change_pupil(
    database: Database, actor: Actor, school_id: int, pupil_id: int, draft: PupilDraft, rev: int
) -> None:
    async with school_transaction(database, school_id) as tx:
        _member, before = await access_pupil_file(tx, actor, school_id, pupil_id, lock=True)
        await _check_pupil(tx, draft, pupil_id)
        if not await store.change_pupil(tx, pupil_id, draft, rev):
            raise Conflict(CHANGED)
        fields = ("first_name", "second_name", "last_name", "email", "born_on")
        changed = [name for name in fields if getattr(before, name) != getattr(draft, name)]
        changed += ["pesel"] if draft.pesel else []
        await audit(tx, actor, "pupil_change", school_id, f"pupil/{pupil_id}", fields=changed)
        await tell_person(tx, actor, school_id, "pupil", pupil_id)


async def read_pesel(database: Database, actor: Actor, school_id: int, pupil_id: int) -> str:
    """Who has read it, and whose, stands in the audit log."""
    async with school_transaction(database, school_id) as tx:
        await access_pupil_file(tx, actor, school_id, pupil_id)
        await audit(tx, actor, "pesel_read", school_id, f"pupil/{pupil_id}")
        return await store.pesel(tx, pupil_id)


async def preview_move(tx: Tx, school_id: int, pupil: PupilFile, class_id: int, day: date) -> MovePreview:
    """What a move would mean. Raises `Invalid` and `Conflict` as the move itself would."""
    stay, to_class, year = await _move(tx, school_id, pupil, class_id, day)
    groups = await store.groups_of(tx, pupil.id, day)
    return MovePreview(
        from_class=stay.class_name if stay else "",
        to_class=to_class.name,
        from_day=day,
        until=year.ends_on,
        number=await store.next_number(tx, to_class.id),
        groups_left=[name for name, of_class in groups if stay and of_class == stay.class_id],
        groups_kept=[name for name, of_class in groups if of_class is None],
        marks_after=await store.marks_after(tx, pupil.id, stay.class_id, day) if stay else 0,
    )


async def move_pupil(
    database: Database, actor: Actor, school_id: int, pupil_id: int, class_id: int, day: date
) -> MovePreview:
    """Into another class of the year from a day on, or back into a class for a pupil who had left.

    Marks stay with the lessons they were given in.
    """
    async with school_transaction(database, school_id) as tx:
        _member, pupil = await access_pupil_file(tx, actor, school_id, pupil_id, lock=True)
        await store.lock_people(tx, school_id)
        told = await preview_move(tx, school_id, pupil, class_id, day)
        stay, to_class, year = await _move(tx, school_id, pupil, class_id, day)
        if stay is not None:
            await store.leave_groups(tx, pupil_id, stay.class_id, day)
            await store.cut_class(tx, stay.id, day)
        if pupil.left_on is not None:
            await store.set_left(tx, [pupil_id], None)
        await store.add_stay(tx, pupil_id, to_class.id, day, year.ends_on + timedelta(days=1), told.number)
        verb = "pupil_move" if stay else "pupil_return"
        was = stay.class_name if stay else ""
        await audit(tx, actor, verb, school_id, f"pupil/{pupil_id}", was=was, now=to_class.name, day=day)
        await tell_person(tx, actor, school_id, "pupil", pupil_id)
        return told


async def _move(
    tx: Tx, school_id: int, pupil: PupilFile, class_id: int, day: date
) -> tuple[Stay | None, SchoolClass, SchoolYear]:
    """The stay it ends, the class it leads to, the year."""
    to_class, year = await _class_of_day(tx, school_id, class_id, day)
    stays = await store.stays(tx, pupil.id)
    later = [one for one in stays if one.since is not None and one.since > day]
    if any(one.year_id == year.id for one in later):
        raise Conflict("A later change of class is entered already. Choose a day after it")
    if pupil.left_on is not None and day < pupil.left_on:
        raise Invalid(fields={"day": "The pupil is still at school on this day"})
    stay = next(
        (one for one in stays if (one.since is None or one.since <= day) and (one.until is None or one.until > day)),
        None,
    )
    if stay is not None and stay.class_id == class_id:
        raise Invalid(fields={"class_id": "The pupil is in this class already"})
    return stay, to_class, year


async def leave_school(database: Database, actor: Actor, school_id: int, pupil_id: int, last_day: date) -> None:
    """`last_day` at this school. What was written stays; the pupil's own sign-in ends with it."""
    gone_on = last_day + timedelta(days=1)
    async with school_transaction(database, school_id) as tx:
        member, pupil = await access_pupil_file(tx, actor, school_id, pupil_id, lock=True)
        if pupil.left_on is not None:
            raise Conflict("The pupil has left already")
        await store.set_left(tx, [pupil_id], gone_on)
        await store.cut_stays(tx, [pupil_id], gone_on)
        await audit(tx, actor, "pupil_leave", school_id, f"pupil/{pupil_id}", last_day=last_day)
        await tell_person(tx, actor, school_id, "pupil", pupil_id)
        if gone_on <= member.today and pupil.account_id is not None:
            await sign_out(tx, pupil.account_id)


async def number_class(database: Database, actor: Actor, school_id: int, class_id: int) -> int:
    """Numbers of the register in Polish order; how many."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        if await structure.school_class(tx, class_id) is None:
            raise NotFound
        count = await store.renumber(tx, class_id, member.today)
        await audit(tx, actor, "class_number", school_id, f"class/{class_id}", pupils=count)
        return count


async def add_guardian(database: Database, actor: Actor, school_id: int, pupil_id: int, draft: GuardianDraft) -> None:
    """A guardian with a right; with `same_person` the one who has the address already, for a second child."""
    faults = rules.guardian_faults(draft)
    if faults:
        raise Invalid(fields=faults)
    async with school_transaction(database, school_id) as tx:
        await access_pupil_file(tx, actor, school_id, pupil_id)
        await store.lock_people(tx, school_id)
        known = await store.guardian_with(tx, draft.email)
        if known is not None and not draft.same_person:
            raise Invalid(
                "%(name)s has this address already. Tick «the same person» below, or mend the address",
                name=known.name,
            )
        guardian_id = known.id if known is not None else await store.add_guardian(tx, draft)
        if await store.has_right(tx, guardian_id, pupil_id, draft.since):
            raise Conflict("This guardian has a right to this pupil already")
        await store.add_right(tx, guardian_id, pupil_id, draft.kind, draft.since)
        subject = f"pupil/{pupil_id}/guardian/{guardian_id}"
        await audit(tx, actor, "right_add", school_id, subject, kind=draft.kind, since=draft.since)
        await tell_person(tx, actor, school_id, "pupil", pupil_id)


async def end_right(database: Database, actor: Actor, school_id: int, right_id: int, day: date) -> int:
    """`day`: the first one without it. When that is today or past, the guardian's open pages close at once.

    Returns the pupil.
    """
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        found = await store.right_of(tx, right_id)
        if found is None:
            raise NotFound
        pupil_id, guardian_id = found
        person = await store.guardian(tx, guardian_id)
        await store.end_right(tx, right_id, day)
        await audit(tx, actor, "right_end", school_id, f"pupil/{pupil_id}/guardian/{guardian_id}", day=day)
        await tell_person(tx, actor, school_id, "pupil", pupil_id)
        if day <= member.today and person is not None and person.account_id is not None:
            await sign_out(tx, person.account_id)
        return pupil_id


async def add_staff(database: Database, actor: Actor, school_id: int, draft: StaffDraft) -> int:
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        _check_staff(member, None, [], draft)
        staff_id = await store.add_staff(tx, draft)
        await audit(tx, actor, "staff_add", school_id, f"staff/{staff_id}", roles=draft.roles)
        await tell_person(tx, actor, school_id, "staff", staff_id)
        return staff_id


async def change_staff(
    database: Database, actor: Actor, school_id: int, staff_id: int, draft: StaffDraft, rev: int
) -> None:
    """A last day that is past ends the sign-in at once."""
    async with school_transaction(database, school_id) as tx:
        member, before = await access_staff_file(tx, actor, school_id, staff_id)
        _check_staff(member, staff_id, list(before.roles), draft)
        if member.staff_id == staff_id and draft.until != before.until:
            raise Forbidden("Somebody else has to end your own work here")
        if not rules.can_invite_staff(member, before.roles) and (draft.email, draft.until) != (
            before.email,
            before.until,
        ):
            raise Forbidden("The principal changes this")
        if not await store.change_staff(tx, staff_id, draft, rev):
            raise Conflict(CHANGED)
        await audit(
            tx, actor, "staff_change", school_id, f"staff/{staff_id}", was=before.roles, roles=draft.roles,
            until=draft.until,
        )  # fmt: skip
        await tell_person(tx, actor, school_id, "staff", staff_id)
        if before.account_id is not None and (
            set(before.roles) != set(draft.roles) or (draft.until is not None and draft.until <= member.today)
        ):
            await sign_out(tx, before.account_id)


async def add_teaching(
    database: Database, actor: Actor, school_id: int, staff_id: int, subject_id: int, place: str, kind: str, day: date
) -> None:
    """From a day until the end of its school year."""
    async with school_transaction(database, school_id) as tx:
        member, _who = await access_staff_file(tx, actor, school_id, staff_id)
        if member.staff_id == staff_id and not member.has("principal"):
            raise Forbidden("Somebody else has to enter what you teach")
        year = await structure.year_on(tx, school_id, day)
        if year is None:
            raise Invalid(fields={"day": "No school year holds this day"})
        if place not in dict(await setup_store.places(tx, year.id)):
            raise Invalid(fields={"place": "Choose a class or a group"})
        if subject_id not in {one.id for one in await setup_store.subjects(tx)}:
            raise Invalid(fields={"subject_id": "Choose a subject"})
        await setup_store.add_teaching(tx, staff_id, subject_id, place, kind, day, year.ends_on + timedelta(days=1))
        await audit(tx, actor, "teaching_add", school_id, f"staff/{staff_id}", subject=subject_id, place=place, day=day)
        await tell_person(tx, actor, school_id, "staff", staff_id)


async def end_teaching(
    database: Database, actor: Actor, school_id: int, staff_id: int, teaching_id: int, day: date
) -> None:
    async with school_transaction(database, school_id) as tx:
        await access_staff_file(tx, actor, school_id, staff_id)
        if not await setup_store.end_teaching(tx, staff_id, teaching_id, day):
            raise NotFound
        await audit(tx, actor, "teaching_end", school_id, f"staff/{staff_id}", teaching=teaching_id, day=day)
        await tell_person(tx, actor, school_id, "staff", staff_id)


async def set_homeroom(database: Database, actor: Actor, school_id: int, class_id: int, staff_id: int | None) -> None:
    """The homeroom teacher (wychowawca) corrects the class's attendance, so the log keeps who was named by whom."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        before = await structure.school_class(tx, class_id)
        if before is None or (staff_id is not None and await structure.staff(tx, staff_id) is None):
            raise NotFound
        if staff_id is not None and staff_id == member.staff_id and not member.has("principal"):
            raise Forbidden("Somebody else has to name you")
        await setup_store.set_homeroom(tx, class_id, staff_id)
        await audit(tx, actor, "homeroom", school_id, f"class/{class_id}", was=before.homeroom_id, now=staff_id)


class EndRights(msgspec.Struct, frozen=True):
    """Nothing to say: the day decides."""


async def end_todays_rights(database: Database, _payload: EndRights) -> None:
    """Pages that are open when a right ends close on that day; loaders refuse by themselves."""
    async with database.transaction() as tx:
        for school in await structure.schools(tx):
            await enter_school(tx, school.id)
            ended = await store.accounts_that_ended(tx)
            await structure.leave_tenant(tx)
            for account_id in ended:
                await end_sessions(tx, account_id)


async def sign_out(tx: Tx, account_id: int) -> None:
    """The last thing of a transaction: it leaves the school."""
    await structure.leave_tenant(tx)
    await end_sessions(tx, account_id)


async def _check_pupil(tx: Tx, draft: PupilDraft, pupil_id: int | None) -> None:
    faults = rules.pupil_faults(draft)
    if draft.pesel and "pesel" not in faults and await store.pesel_owner(tx, draft.pesel) not in {None, pupil_id}:
        faults["pesel"] = _("Another pupil of this school has this PESEL number")
    if faults:
        raise Invalid(fields=faults)


def _check_staff(member: Member, staff_id: int | None, before: list[str], draft: StaffDraft) -> None:
    faults = rules.staff_faults(draft)
    if faults:
        raise Invalid(fields=faults)
    if not rules.can_set_roles(member, staff_id, before, draft.roles):  # type: ignore[arg-type]  # words of the database
        raise Invalid(fields={"roles": "Only the principal gives or takes this role, and nobody their own"})


async def _class_of_day(tx: Tx, school_id: int, class_id: int, day: date) -> tuple[SchoolClass, SchoolYear]:
    year = await structure.year_on(tx, school_id, day)
    fault = rules.day_fault(year, day)
    if fault or year is None:
        raise Invalid(fields={"day": fault})
    found = await structure.school_class(tx, class_id)
    if found is None or found.year_id != year.id:
        raise Invalid(fields={"class_id": "Choose a class of this school year"})
    return found, year


async def audit(tx: Tx, actor: Actor, verb: str, school_id: int, subject: str, /, **details: object) -> None:
    await tx.audit(actor, f"secretariat.{verb}", f"school/{school_id}/{subject}", **details)
