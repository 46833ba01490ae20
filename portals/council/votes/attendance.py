"""What the clerk and councillors do with the attendance list. Each change is kept with its moment."""

from datetime import UTC, datetime, timedelta
from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, NotFound
from portals.council.model import Session
from portals.council.votes import rules, views
from portals.council.votes.access import access_roll, access_seat
from portals.council.votes.model import Attendance, Member
from portals.council.votes.roll import store as roll_store
from portals.council.votes.settings import VotesSettings

CONFIRM_BEFORE: Final = timedelta(hours=2)
"""How long before the session presence may be confirmed."""


async def mark_attendance(
    database: Database, actor: Actor, session_id: int, councillor_id: int, state: Attendance
) -> Member:
    """The clerk marks somebody present, late, gone or absent."""
    async with database.transaction() as tx:
        desk = await access_roll(tx, actor, session_id)
        _check_open(desk.session)
        drawn = await _drawn_roll(tx, desk.session, desk.statute)
        before = await roll_store.member(tx, session_id, councillor_id)
        if before is None:
            raise NotFound
        if before.state == state:
            if drawn:
                await views.tell_attendance(tx, desk.session, desk.statute, drawn)
            return before
        if not rules.can_attend(before.state, state):
            raise Conflict("Only somebody who was in the room can leave it")
        member = await roll_store.set_attendance(
            tx, session_id, councillor_id, state, actor.account_id, by_councillor=False
        )
        await views.tell_attendance(tx, desk.session, desk.statute, _changed(drawn, [member]))
        await tx.audit(
            actor, "attendance.mark", f"session/{session_id}", councillor=member.name, before=before.state, after=state
        )
        return member


async def mark_everyone_present(database: Database, actor: Actor, session_id: int) -> list[Member]:
    """Whoever was not marked yet is present; the few who are missing are marked afterwards."""
    async with database.transaction() as tx:
        desk = await access_roll(tx, actor, session_id)
        _check_open(desk.session)
        return await mark_everyone_in(tx, actor, desk.session, desk.statute)


async def mark_everyone_in(tx: Tx, actor: Actor, session: Session, statute: VotesSettings) -> list[Member]:
    """The same within a transaction at hand; the caller has checked the actor."""
    drawn = await _drawn_roll(tx, session, statute)
    changed = [
        await roll_store.set_attendance(
            tx, session.id, one.councillor_id, "present", actor.account_id, by_councillor=False
        )
        for one in await roll_store.members(tx, session.id)
        if one.state == "absent"
    ]
    await views.tell_attendance(tx, session, statute, _changed(drawn, changed))
    await tx.audit(actor, "attendance.mark_all", f"session/{session.id}", marked=len(changed))
    return await roll_store.members(tx, session.id)


async def confirm_presence(database: Database, actor: Actor, session_id: int) -> Member:
    """A councillor says «I am here», from the own phone. Said twice it is said once."""
    async with database.transaction() as tx:
        seat = await access_seat(tx, actor, session_id)
        _check_open(seat.session)
        now = datetime.now(UTC)
        if seat.session.state == "planned" and now < seat.session.planned_at - CONFIRM_BEFORE:
            raise Conflict("Presence can be confirmed from two hours before the session")
        await roll_store.lock_session(tx, session_id)
        drawn = await _drawn_roll(tx, seat.session, seat.statute)
        before = await roll_store.member(tx, session_id, seat.councillor.id)
        if before is None:
            raise NotFound
        state = rules.confirmed_attendance(before.state, seat.session, now, seat.statute.late_after_min)
        if state == before.state:
            return before
        member = await roll_store.set_attendance(
            tx, session_id, seat.councillor.id, state, actor.account_id, by_councillor=True
        )
        await views.tell_attendance(tx, seat.session, seat.statute, _changed(drawn, [member]))
        await tx.audit(actor, "attendance.confirm", f"session/{session_id}", before=before.state, after=state)
        return member


def _check_open(session: Session) -> None:
    if session.state == "ended":
        raise Conflict("The session has ended; its record does not change any more")


async def _drawn_roll(tx: Tx, session: Session, statute: VotesSettings) -> list[Member]:
    """Draws the list up where nobody has touched it yet, and returns its lines then: to others they are all new."""
    if await roll_store.roll(tx, session.id) is not None:
        return []
    councillors = await roll_store.councillors_of(tx, session)
    if not councillors:
        raise Conflict("No councillors are entered yet: the council's office enters them at the beginning of a term")
    seats = await views.seats_of(tx, session, statute, len(councillors))
    await roll_store.draw_up_roll(tx, session.id, seats, councillors)
    return await roll_store.members(tx, session.id)


def _changed(drawn: list[Member], changed: list[Member]) -> list[Member]:
    latest = {member.councillor_id: member for member in drawn} | {member.councillor_id: member for member in changed}
    return list(latest.values())
