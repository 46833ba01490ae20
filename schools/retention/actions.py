"""What may go, decisions, and the job that carries them out at night."""

from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec
import structlog

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.feature import Job, Params
from app.files import drop_file
from schools.retention import rules, store
from schools.retention.model import (
    ROOM,
    EraseDecided,
    Erasure,
    ErasureChanged,
    ErasureTakenBack,
    Holding,
    Keep,
    RetentionView,
)
from schools.structure import store as structure
from schools.structure.settings import SchoolsSettings
from schools.structure.tenancy import enter_as_owner, enter_school, school_transaction

log = structlog.get_logger(__name__)

MOST_AT_ONCE: Final = 200


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator chose: `chosen` names holdings (`Holding.key`)."""

    chosen: Sequence[str]
    ground: str


def kept_years(settings: SchoolsSettings) -> dict[Keep, int]:
    return {"register": settings.register_years, "pupils": settings.pupil_years}


def access_retention(actor: Actor) -> None:
    """Administrators and auditors: they see sums of schools here and nobody's name."""
    if not actor.has(rules.ADMIN) and not actor.has(rules.AUDITOR):
        raise NotFound


def access_deciding(actor: Actor) -> None:
    """Administrators alone."""
    if not actor.has(rules.ADMIN):
        raise NotFound


async def all_holdings(tx: Tx, settings: SchoolsSettings) -> list[Holding]:
    """Of all schools, what goes first first. Outside of any school afterwards."""
    found: list[Holding] = []
    for school in await structure.schools(tx):
        await enter_school(tx, school.id)
        years, erasures, today = await store.years(tx), await store.erasures(tx), await store.today(tx)
        found += rules.holdings(school.id, school.name, years, erasures, kept_years(settings), today)
    await structure.leave_tenant(tx)
    return sorted(found, key=lambda one: (one.goes_on, one.school, one.keep != "register"))


async def retention_snapshot(tx: Tx, actor: Actor, params: Params) -> RetentionView:  # noqa: ARG001 - there is one city
    access_retention(actor)
    found: list[Erasure] = []
    for school in await structure.schools(tx):
        await enter_school(tx, school.id)
        found += await store.erasures(tx)
    await structure.leave_tenant(tx)
    return RetentionView(sorted(found, key=lambda one: one.decided_at, reverse=True))


async def decide(database: Database, actor: Actor, settings: SchoolsSettings, decision: Decision) -> int:
    """Decides that what is chosen goes tonight; how much. Raises `Conflict` where something has changed meanwhile."""
    access_deciding(actor)
    ground = " ".join(decision.ground.split())
    faults = {}
    if not decision.chosen:
        faults["chosen"] = "Choose at least one"
    if not ground:
        faults["ground"] = "This is needed"
    elif len(ground) > rules.LONGEST_GROUND:
        faults["ground"] = "This is too long"
    if faults:
        raise Invalid(fields=faults)
    if len(decision.chosen) > MOST_AT_ONCE:
        raise Invalid(fields={"chosen": "These are too many at once"})
    async with database.transaction() as tx:
        known = {one.key: one for one in await all_holdings(tx, settings)}
        for key in dict.fromkeys(decision.chosen):
            holding = known.get(key)
            if holding is None or holding.state != "due":
                raise Conflict("Something has changed in the meantime. Look at the list once more")
            await enter_school(tx, holding.school_id)
            years = kept_years(settings)[holding.keep]
            made = await store.add_erasure(tx, holding.keep, holding.year.id, years, ground, actor.name)
            if made is None:
                raise Conflict("Something has changed in the meantime. Look at the list once more")
            subject = f"school/{holding.school_id}/year/{holding.year.id}"
            await tx.audit(actor, "retention.decide", subject, keep=holding.keep, ground=ground, year=holding.year.name)
            tx.publish(ROOM, ErasureChanged(made))
        await structure.leave_tenant(tx)
    return len(set(decision.chosen))


async def take_back(database: Database, actor: Actor, school_id: int, erasure_id: int) -> None:
    """Until the night nothing is gone."""
    access_deciding(actor)
    async with school_transaction(database, school_id) as tx:
        gone = await store.take_back(tx, erasure_id)
        if gone is None:
            raise Forbidden("This has been carried out already, or was taken back")
        subject = f"school/{school_id}/year/{gone.year_id}"
        await tx.audit(actor, "retention.take_back", subject, keep=gone.keep, ground=gone.ground)
        tx.publish(ROOM, ErasureTakenBack(school_id=school_id, keep=gone.keep, year_id=gone.year_id))


async def erase_decided(database: Database, _payload: EraseDecided) -> None:
    """The job: each decision in a transaction of its own, so that one that is refused holds up no other."""
    async with database.transaction() as tx:
        waiting: list[Erasure] = []
        for school in await structure.schools(tx):
            await enter_school(tx, school.id)
            waiting += await store.undone(tx)
        await structure.leave_tenant(tx)
    refused: list[asyncpg.PostgresError] = []
    for one in waiting:
        try:
            await erase(database, one)
        except asyncpg.PostgresError as problem:
            log.exception("a decision could not be carried out", erasure=one.id, school=one.school_id)
            refused.append(problem)
    if refused:  # the job stands as failed, and is tried again
        raise refused[0]


async def erase(database: Database, decided: Erasure) -> Erasure | None:
    """Carries one out; None where it was taken back or done meanwhile."""
    async with school_transaction(database, decided.school_id) as tx:
        found = await store.erasure(tx, decided.id)
        if found is None or found.done_at is not None:
            return None
        before = await store.files(tx)
        await enter_as_owner(tx, decided.school_id)
        await store.erase(tx, decided.id)
        await enter_school(tx, decided.school_id)
        held = await store.still_held(tx, before)
        lost = [one for one in before if one not in held]
        for file_id in lost:
            await drop_file(tx, file_id)
        done = await store.erasure(tx, decided.id)
        assert done is not None
        subject = f"school/{done.school_id}/year/{done.year_id}"
        await tx.audit(
            SYSTEM, "retention.erase", subject, keep=done.keep, ground=done.ground, decided_by=done.decided_by,
            counts=done.counts, files=len(lost),
        )  # fmt: skip
        tx.publish(ROOM, ErasureChanged(done))
    log.info("registers erased", school=done.school_id, year=done.year_id, keep=done.keep, rows=done.rows)
    return done


ERASE: Final = Job(name="schools.erase", payload=EraseDecided, run=erase_decided, cron="20 1 * * *")
