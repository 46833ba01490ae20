"""Curriculum plans (rozkłady materiału): a list of topics is read from CSV or XLSX, whole or not at all."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Forbidden, Invalid
from app.workbook import reading as workbook
from schools.lessons import progress_store, rules, store
from schools.lessons.model import CurriculumPlan, PlannedTopic, PlanProgress
from schools.structure import store as structure
from schools.structure.access import access_staff_room
from schools.structure.model import Member
from schools.structure.rules import can_read_whole_school
from schools.structure.tenancy import school_transaction

MOST_BYTES: Final = 512 * 1024


async def read_plan(data: bytes) -> tuple[list[PlannedTopic], list[rules.Fault]]:
    """Topics of a file, or what is wrong with its lines. Raises `Invalid` where it is no list at all."""
    if len(data) > MOST_BYTES:
        raise Invalid(fields={"file": "This file is too large for a list of topics"})
    if not data.startswith(workbook.BEGINS):
        return rules.plan_of(_rows(data))
    try:
        return rules.plan_of(await workbook.rows_of(data))
    except workbook.Unreadable as problem:
        raise Invalid(fields={"file": str(problem)}) from None


def _rows(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1250", errors="replace")
    if "\0" in text:
        raise Invalid(fields={"file": "This is neither CSV nor XLSX"})
    first = text.partition("\n")[0]
    delimiter = max(";\t,", key=first.count)
    return [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]


async def plans(tx: Tx, actor: Actor, school_id: int) -> tuple[Member, list[CurriculumPlan]]:
    """Those in use, for all who work in the school."""
    member = await access_staff_room(tx, actor, school_id)
    return member, await store.plans(tx)


async def progress(tx: Tx, member: Member) -> list[PlanProgress]:
    """How far plans have come this year: of one's own classes and subjects; the principal and counsellor see all."""
    year = await structure.year_on(tx, member.school_id, member.today)
    if year is None or not member.has("teacher", "principal", "counsellor"):
        return []
    everything = can_read_whole_school(member)
    return await progress_store.progress(tx, year.id, None if everything else member.staff_id)


async def replace_plan(
    database: Database,
    actor: Actor,
    school_id: int,
    *,
    subject_id: int,
    level: int,
    name: str,
    topics: Sequence[PlannedTopic],
) -> int:
    """By a teacher of the subject or the principal; the plan that was in use is kept, archived."""
    async with school_transaction(database, school_id) as tx:
        member = await access_staff_room(tx, actor, school_id)
        if not member.has("principal") and not await store.teaches_subject(tx, member.staff_id or 0, subject_id):
            raise Forbidden("A plan is brought in by those who teach the subject")
        if subject_id not in {one for one, _name in await store.subjects_of(tx, None)}:
            raise Invalid(fields={"subject": "Choose a subject of the school"})
        plan_id = await store.replace_plan(tx, subject_id, level, name.strip(), actor.account_id, topics)
        await tx.audit(
            actor,
            "plan.replace",
            f"school/{school_id}/plan/{plan_id}",
            subject=subject_id,
            level=level,
            topics=len(topics),
        )
        return plan_id
