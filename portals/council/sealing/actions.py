"""What people do with breaks, closed parts and sealed recordings."""

from datetime import UTC, datetime

import structlog
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import Conflict, NotFound
from media.sealed.recorder import SEALED
from media.streams import STREAMS
from portals.council import actions as council
from portals.council.model import Session
from portals.council.sealing import rules, store
from portals.council.sealing.model import (
    Interval,
    IntervalChanged,
    IntervalReason,
    IntervalsView,
    NewBreak,
    NewClosedPart,
    SealingPanel,
    sealing_room,
)
from portals.council.sealing.slates import show_interval
from portals.council.votes.paper import actions as votes

log = structlog.get_logger(__name__)


async def intervals_view(tx: Tx, actor: Actor, session_id: int) -> IntervalsView:
    await council.access_session(tx, actor, session_id)
    return IntervalsView(datetime.now(UTC), await store.intervals(tx, session_id))


async def panel(tx: Tx, actor: Actor, session: Session, bases: tuple[str, ...] = ()) -> SealingPanel:
    return SealingPanel(
        view=await intervals_view(tx, actor, session.id),
        moments=await store.moments(tx, session.id) if session.state != "planned" else [],
        bases=bases,
        redactions=await store.redaction_count(tx, session.stream_id),
    )


async def access_live(tx: Tx, actor: Actor, session_id: int) -> Session:
    """The session locked, on air, for those who run it."""
    session = await council.access_desk(tx, actor, session_id)
    if session.state != "live":
        raise Conflict("The session is not on air")
    return session


async def access_standing(tx: Tx, actor: Actor, session_id: int, interval_id: int) -> tuple[Session, Interval]:
    """A break or closed part that goes on, for those who run the session."""
    session = await access_live(tx, actor, session_id)
    interval = await store.interval(tx, session_id, interval_id)
    if interval is None:
        raise NotFound
    if interval.ended_at is not None:
        raise Conflict("This has ended already")
    return session, interval


async def start_break(app: web.Application, actor: Actor, session_id: int, new: NewBreak) -> Interval:
    """Viewers see the break's slate with its announced end; nothing is recorded."""
    async with app[DATABASE].transaction() as tx:
        session = await access_live(tx, actor, session_id)
        if (standing := await store.standing(tx, session_id)) is not None:
            raise Conflict(
                "This part is closed to the public: a break in it needs no slate of its own"
                if standing.kind == "closed"
                else "There is a break already"
            )
        resumes_at = rules.resumes_at(new, datetime.now(UTC))
        interval = await store.add_break(tx, session_id, resumes_at, new.note.strip())
        _publish(tx, interval)
        await tx.audit(actor, "session.break", f"session/{session_id}", interval=interval.id, resumes_at=resumes_at)
        tx.after_commit(lambda: show_interval(app, session.stream_id, interval))
        return interval


async def announce_break(
    app: web.Application, actor: Actor, session_id: int, interval_id: int, new: NewBreak
) -> Interval:
    """Another end of a break, on all pages and on the slate."""
    async with app[DATABASE].transaction() as tx:
        session, interval = await access_standing(tx, actor, session_id, interval_id)
        if interval.kind != "break":
            raise Conflict("A closed part has no announced end")
        resumes_at = rules.resumes_at(new, datetime.now(UTC))
        interval = await store.announce(tx, interval_id, resumes_at, new.note.strip())
        _publish(tx, interval)
        await tx.audit(actor, "session.break_until", f"session/{session_id}", interval=interval.id, at=resumes_at)
        tx.after_commit(lambda: show_interval(app, session.stream_id, interval))
        return interval


async def close_part(app: web.Application, actor: Actor, session_id: int, new: NewClosedPart) -> Interval:
    """From this moment nothing of the picture and the sound gets out, and nothing of it is recorded but sealed.

    The slate stands before the decision is written: should the database fail at its COMMIT, the picture stays hidden
    until somebody presses once more. A break that was under way ends.
    """
    checked = rules.checked_part(new)
    async with app[DATABASE].transaction() as tx:
        session = await access_live(tx, actor, session_id)
        standing = await store.standing(tx, session_id)
        if standing is not None and standing.kind == "closed":
            raise Conflict("This part is closed to the public already")
        if standing is not None:
            _publish(tx, await store.end_interval(tx, standing.id))
        interval = await store.add_closed_part(tx, session_id, checked)
        show_interval(app, session.stream_id, interval)
        _publish(tx, interval)
        await votes.part_closed(tx, session_id, interval.id)
        await tx.audit(
            actor,
            "session.close_part",
            f"session/{session_id}",
            interval=interval.id,
            recording=checked.recording,
            legal_basis=checked.legal_basis,
            reason=checked.reason,
        )
        return interval


async def end_interval(app: web.Application, actor: Actor, session_id: int, interval_id: int) -> Interval:
    """The public sees the session again; after a closed part some seconds later, since encoders send late."""
    async with app[DATABASE].transaction() as tx:
        session, interval = await access_standing(tx, actor, session_id, interval_id)
        interval = await store.end_interval(tx, interval_id)
        _publish(tx, interval)
        if interval.kind == "closed":
            await votes.part_opened(tx, session_id, interval_id)
        action = "session.end_break" if interval.kind == "break" else "session.open_part"
        await tx.audit(actor, action, f"session/{session_id}", interval=interval.id)
        tx.after_commit(lambda: app[STREAMS].hide_slate(session.stream_id))
    if interval.recording == "sealed":
        await app[SEALED].end(session.stream_id)
    return interval


async def session_ended(tx: Tx, _actor: Actor, session: Session) -> None:
    """A session that ends in a break or a closed part ends that too."""
    standing = await store.standing_row(tx, session.id)
    if standing is not None:
        interval = await store.end_interval(tx, standing)
        _publish(tx, interval)
        if interval.kind == "closed":
            await votes.part_opened(tx, session.id, standing)


async def access_sealed(tx: Tx, actor: Actor, interval_id: int) -> IntervalReason:
    """A closed part with a sealed recording, for those who may open it; for others there is none."""
    if not rules.can_open_sealed(actor):
        raise NotFound
    part = await store.sealed_part(tx, interval_id)
    if part is None:
        raise NotFound
    return part


async def open_sealed(app: web.Application, actor: Actor, interval_id: int, number: int, reason: str) -> IntervalReason:
    """The audit line stands before the first byte leaves."""
    why = rules.checked_reason(reason)
    async with app[DATABASE].transaction() as tx:
        part = await access_sealed(tx, actor, interval_id)
        await tx.audit(
            actor, "sealed.open", f"session/{part.session_id}", interval=interval_id, file=number, reason=why
        )
        return part


def _publish(tx: Tx, interval: Interval) -> None:
    tx.publish(sealing_room(interval.session_id), IntervalChanged(interval))
