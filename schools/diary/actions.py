"""Verbs of excuses: one is sent, withdrawn, decided; what was accepted excuses the hours it speaks of."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid
from schools.diary import rules, store
from schools.diary.access import (
    access_diary,
    access_excuse_to_decide,
    access_own_excuse,
    access_school_rules,
)
from schools.diary.model import (
    AuthorKind,
    Decision,
    Excuse,
    ExcuseChanged,
    FamilyPlace,
    FamilyRules,
    NewExcuse,
    Verdict,
    excuses_room,
)
from schools.register import rules as marking
from schools.register import store as register
from schools.register.model import (
    AttendanceType,
    DayLessonChanged,
    MarkChanged,
    Patch,
    PupilMarked,
    day_room,
    lesson_room,
    pupil_mark,
    pupil_room,
)
from schools.structure.access import access_staff_room
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction


async def send_excuse(database: Database, actor: Actor, school_id: int, pupil_id: int, wanted: NewExcuse) -> Excuse:
    """To the homeroom teacher; what the homeroom teacher writes is accepted at once. Raises `Invalid`, `Conflict`."""
    async with school_transaction(database, school_id) as tx:
        found = await access_diary(tx, actor, school_id, pupil_id)
        if not found.may_excuse:
            raise Forbidden("Absences are excused by a parent")
        member = found.place.member
        checked = rules.checked_excuse(wanted, member.today)
        await store.lock_pupil(tx, pupil_id)
        if await store.same_excuse(tx, pupil_id, checked):
            raise Conflict("This was excused already: it stands in the list below")
        kind = _kind(found)
        excuse_id = await store.add_excuse(tx, pupil_id, checked, actor, kind)
        await _audit(tx, actor, "excuse.send", school_id, excuse_id, pupil_id)
        if kind == "homeroom":
            await _decide(tx, actor, member, excuse_id, "accepted", "")
        return await _told(tx, school_id, excuse_id)


def _kind(found: FamilyPlace) -> AuthorKind:
    if found.place.is_guardian:
        return "guardian"
    return "pupil" if found.place.is_self else "homeroom"


async def withdraw_excuse(database: Database, actor: Actor, school_id: int, excuse_id: int) -> Excuse:
    """By who sent it, while nobody has decided."""
    async with school_transaction(database, school_id) as tx:
        found = await access_own_excuse(tx, actor, school_id, excuse_id)
        if found.state == "withdrawn":
            return found
        if found.state != "sent":
            raise Conflict("The homeroom teacher has decided already")
        await store.withdraw(tx, excuse_id)
        await _audit(tx, actor, "excuse.withdraw", school_id, excuse_id, found.pupil_id)
        return await _told(tx, school_id, excuse_id)


async def decide_excuses(database: Database, actor: Actor, school_id: int, wanted: Decision) -> list[Excuse]:
    """Accepts or refuses; those about which somebody has decided meanwhile are left out of what comes back.

    Raises `Conflict` where nothing is left, `Invalid` for a refusal without a word.
    """
    word = wanted.word.strip()
    if wanted.verdict == "refused" and not word:
        raise Invalid(fields={"word": "Say in a word why it is refused"})
    decided: list[Excuse] = []
    async with school_transaction(database, school_id) as tx:
        member = await access_staff_room(tx, actor, school_id)
        for excuse_id in sorted(set(wanted.excuses)):
            found = await access_excuse_to_decide(tx, actor, school_id, excuse_id)
            if found.state != "sent":
                continue
            await _decide(tx, actor, member, excuse_id, wanted.verdict, word)
            await _audit(tx, actor, f"excuse.{wanted.verdict}", school_id, excuse_id, found.pupil_id, word=word)
            decided.append(await _told(tx, school_id, excuse_id))
        if not decided:
            raise Conflict("Somebody has decided already, or it was withdrawn")
    return decided


async def _decide(tx: Tx, actor: Actor, member: Member, excuse_id: int, verdict: Verdict, word: str) -> None:
    await store.decide(tx, excuse_id, verdict, word, member.staff_id)
    if verdict == "accepted":
        found = await store.excuse(tx, excuse_id)
        assert found is not None
        types = await register.types(tx)
        for lesson_id in await store.lessons_to_excuse(tx, excuse_id):
            await _excuse_in_lesson(tx, actor, member, found, lesson_id, types)


async def _excuse_in_lesson(
    tx: Tx, actor: Actor, member: Member, excuse: Excuse, lesson_id: int, types: Sequence[AttendanceType]
) -> None:
    """Writes the excused mark into a lesson, which is locked.

    Past `mark_in`: a lesson of pupils from several classes has no homeroom teacher, and an excuse is good there too.
    """
    known = {one.id: one for one in types}
    lesson = await register.lesson(tx, lesson_id)
    op_id = f"excuse-{excuse.id}-{lesson_id}"
    standing = await register.standing(tx, lesson_id, [excuse.pupil_id], [op_id])
    before = standing.marks.get(excuse.pupil_id)
    if lesson is None or before is None or before.type_id not in known:
        return
    kind = rules.excused_type(known[before.type_id], types)
    patch = Patch(
        pupil_id=excuse.pupil_id,
        type=kind.id,
        minutes=before.minutes_late,
        op_id=op_id,
        base_rev=before.rev,
        excused=True,
    )
    writer = marking.Writer(by=member.short, at=datetime.now(UTC), rev=lesson.marks_rev + 1)
    steps = marking.apply_patches([patch], lesson, standing.pupils, known, standing.marks, standing.done, writer)
    saved = [step for step in steps if step.outcome == "saved" and step.after is not None]
    for step in saved:
        assert step.after is not None
        author = register.Author(actor, member.staff_id, excuse.reason[:500])
        await register.write(tx, lesson_id, writer.rev, writer.at, author, [step.after], [step], known)
        tx.publish(lesson_room(member.school_id, lesson_id), MarkChanged(step.after))
        told = PupilMarked(pupil_mark(lesson, step.after, kind))
        tx.publish(pupil_room(member.school_id, excuse.pupil_id), told)
        tx.publish(day_room(member.school_id), DayLessonChanged(await register.day_lesson(tx, lesson_id)))


async def _told(tx: Tx, school_id: int, excuse_id: int) -> Excuse:
    """Both sides hear of it."""
    found = await store.excuse(tx, excuse_id)
    assert found is not None
    tx.publish(pupil_room(school_id, found.pupil_id), ExcuseChanged(found))
    if found.class_id is not None:
        tx.publish(excuses_room(school_id, found.class_id), ExcuseChanged(found))
    return found


async def _audit(
    tx: Tx, actor: Actor, action: str, school_id: int, excuse_id: int, pupil_id: int, **more: object
) -> None:
    await tx.audit(actor, action, f"school/{school_id}/excuse/{excuse_id}", pupil=pupil_id, **more)


async def set_family_rules(database: Database, actor: Actor, school_id: int, wanted: FamilyRules) -> None:
    """What families may do in this school."""
    async with school_transaction(database, school_id) as tx:
        await access_school_rules(tx, actor, school_id)
        await store.set_family_rules(tx, school_id, wanted)
        await tx.audit(
            actor,
            "school.families",
            f"school/{school_id}",
            adults_excuse=wanted.adults_excuse,
            pupils_write=wanted.pupils_write,
        )
