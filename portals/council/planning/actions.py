"""What the office does with a session before it is held. Each verb checks, writes, publishes and is audited."""

from collections.abc import Sequence
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Invalid
from app.i18n import _
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import (
    AgendaReplaced,
    ItemDraft,
    Session,
    SessionChanged,
    SessionDraft,
    SessionView,
    session_room,
)
from portals.council.planning import outline, store
from portals.council.planning.agenda import write_agenda
from portals.council.planning.hooks import PLANNING

MAX_REASON: Final = 300


async def plan_session(database: Database, actor: Actor, draft: SessionDraft) -> Session:
    """Puts a session of the council or of a committee into the calendar."""
    async with database.transaction() as tx:
        await _check_committee(tx, draft)
    return await council.plan_session(database, actor, draft)


async def change_details(app: web.Application, actor: Actor, session_id: int, draft: SessionDraft) -> Session:
    """Number, title, time, place and body; the agenda stays. The address stays too: it is in calendars and letters."""
    async with app[DATABASE].transaction() as tx:
        before = await council.access_desk(tx, actor, session_id)
        if before.state == "ended":
            raise Conflict("The session has ended; its record does not change any more")
        items = outline.drafts_of(await council_store.agenda(tx, session_id))
        council.check_draft(msgspec.structs.replace(draft, items=items))
        await _check_committee(tx, draft)
        if before.state == "live" and draft.committee_id != before.committee_id:
            raise Invalid(fields={"committee": "A session on air cannot change hands"})
        session = await council_store.change_session(tx, session_id, before.slug, draft)
        tx.publish(session_room(session_id), SessionChanged(session))
        await tx.audit(actor, "session.edit", f"session/{session_id}", title=session.title, begins=session.planned_at)
        await _tell(app, tx, actor, before, session)
        return session


async def rewrite_agenda(
    database: Database, actor: Actor, session_id: int, items: Sequence[ItemDraft], agenda_rev: int
) -> SessionView:
    """Writes the agenda anew, also while the session runs. `agenda_rev`: the one that was edited.

    Raises Conflict when somebody else rewrote it since.
    """
    async with database.transaction() as tx:
        session = await council.access_desk(tx, actor, session_id)
        if session.state == "ended":
            raise Conflict("The session has ended; its record does not change any more")
        if session.agenda_rev != agenda_rev:
            raise Conflict("Somebody else has changed the agenda in the meantime")
        problems = outline.faults(items)
        if problems:
            raise Invalid(fields={"agenda": problems[0][1]})
        written = await write_agenda(tx, session_id, items)
        session = await store.count_agenda(tx, session_id)
        tx.publish(session_room(session_id), SessionChanged(session))
        tx.publish(session_room(session_id), AgendaReplaced(session.rev, written))
        await tx.audit(actor, "agenda.rewrite", f"session/{session_id}", items=len(written))
        return SessionView(session, written)


async def call_off(app: web.Application, actor: Actor, session_id: int, reason: str) -> Session:
    """The session will not be held at its time. It keeps its address, which says so."""
    reason = " ".join(reason.split())
    async with app[DATABASE].transaction() as tx:
        before = await council.access_desk(tx, actor, session_id)
        if before.state != "planned" or before.called_off_at is not None:
            raise Conflict("Only a session that is planned can be called off")
        if not reason:
            raise Invalid(fields={"reason": _("Say why, so that people know")})
        if len(reason) > MAX_REASON:
            raise Invalid(fields={"reason": _("This is too long: 300 characters at most")})
        session = await store.call_off(tx, session_id, reason)
        tx.publish(session_room(session_id), SessionChanged(session))
        await tx.audit(actor, "session.call_off", f"session/{session_id}", reason=reason)
        await _tell(app, tx, actor, before, session)
        return session


async def restore_session(app: web.Application, actor: Actor, session_id: int) -> Session:
    """Undoes calling off."""
    async with app[DATABASE].transaction() as tx:
        before = await council.access_desk(tx, actor, session_id)
        if before.called_off_at is None:
            raise Conflict("The session was not called off")
        session = await store.restore(tx, session_id)
        tx.publish(session_room(session_id), SessionChanged(session))
        await tx.audit(actor, "session.restore", f"session/{session_id}")
        await _tell(app, tx, actor, before, session)
        return session


async def _tell(app: web.Application, tx: Tx, actor: Actor, before: Session, after: Session) -> None:
    if PLANNING in app:
        await app[PLANNING].replanned(tx, actor, before, after)


async def _check_committee(tx: Tx, draft: SessionDraft) -> None:
    if draft.committee_id is None:
        return
    committee = await store.committee(tx, draft.committee_id)
    if committee is None:
        raise Invalid(fields={"committee": "There is no such committee"})
