"""What people do in a debate. Each verb checks, writes, publishes and leaves an audit line in one transaction."""

from typing import Final

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.council.actions import access_session, session_view
from portals.council.debate import rules, store
from portals.council.debate.model import (
    AskedKind,
    DebateView,
    QueueOrdered,
    Seat,
    SpeakerDraft,
    Speech,
    SpeechChanged,
    SpeechList,
    debate_room,
    inside_room,
)
from portals.council.debate.settings import DebateSettings
from portals.council.model import Councillor, Session
from portals.council.rules import can_run, current_item

ASK_LIMIT: Final = Limit("debate.ask", burst=12, every_s=3)
"""What one councillor may ask for: enough for second thoughts, too little for a stuck key."""

MOST_WAITING: Final = 200
LONGEST_S: Final = 24 * 3600


async def seat_of(tx: Tx, actor: Actor, session: Session) -> Councillor | None:
    """The councillor whom the actor is in this session, or None."""
    if actor.account_id is None:
        return None
    return await store.seat(tx, actor.account_id, session.planned_at.date(), session.committee_id)


async def access_seat(tx: Tx, actor: Actor, session_id: int) -> Seat:
    """The actor's seat in a session that he sits in; for others there is none."""
    await store.lock_debate(tx, session_id)
    session = await access_session(tx, actor, session_id)
    councillor = await seat_of(tx, actor, session)
    if councillor is None:
        raise NotFound
    return Seat(session, councillor)


async def access_chair(tx: Tx, actor: Actor, session_id: int) -> Session:
    """The session, its queue locked, for those who run its debate: the clerk and the councillor who presides."""
    await store.lock_debate(tx, session_id)
    session = await access_session(tx, actor, session_id)
    if actor == SYSTEM or can_run(actor) or rules.can_chair(actor, await seat_of(tx, actor, session)):
        return session
    raise NotFound


async def debate_view(tx: Tx, actor: Actor, session_id: int, *, inside: bool = False) -> DebateView:
    """Who speaks and who waits: what the room starts with. `inside`: in closed parts too; the caller has checked it."""
    view = await session_view(tx, actor, session_id)
    now = await tx.now()
    speeches = await store.open_speeches(tx, session_id) if view.session.state == "live" else []
    if not inside:
        speeches = [one for one in speeches if not one.closed]
    return DebateView(now, speeches, rules.guess(view.session, view.items, now))


async def is_inside(tx: Tx, actor: Actor, session: Session) -> bool:
    """Whether the actor takes part in closed parts: councillors and those who run sessions."""
    return can_run(actor) or await seat_of(tx, actor, session) is not None


async def inside_view(tx: Tx, actor: Actor, session_id: int) -> DebateView:
    """The debate for those who sit in it; for others it is not there."""
    session = await access_session(tx, actor, session_id)
    if not await is_inside(tx, actor, session):
        raise NotFound
    return await debate_view(tx, actor, session_id, inside=True)


def _tell(tx: Tx, speech: Speech) -> None:
    """Publishes a row. Who gets the floor in a closed part leaves the public's queue, and nothing more is said."""
    tx.publish(inside_room(speech.session_id), SpeechChanged(speech))
    if not speech.closed:
        tx.publish(debate_room(speech.session_id), SpeechChanged(speech))
    elif speech.state == "speaking":
        tx.publish(debate_room(speech.session_id), SpeechChanged(rules.veiled(speech)))


async def spoken(tx: Tx, actor: Actor, session_id: int) -> SpeechList:
    """What was said in public so far: all speeches that were begun, and each speaker's time."""
    await access_session(tx, actor, session_id)
    speeches = [one for one in await store.begun_speeches(tx, session_id) if not one.closed]
    return SpeechList(speeches, rules.totals(speeches, await tx.now()))


async def ask_to_speak(
    database: Database, settings: DebateSettings, actor: Actor, session_id: int, kind: AskedKind
) -> Speech:
    """A councillor raises a hand. Asking again changes nothing, or what is asked for."""
    await spend(database, Charge(ASK_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        seat = await access_seat(tx, actor, session_id)
        _on_air(seat.session)
        return await _put_into_queue(tx, settings, actor, seat.session, seat.councillor, SpeakerDraft(kind))


async def add_speaker(
    database: Database, settings: DebateSettings, actor: Actor, session_id: int, draft: SpeakerDraft
) -> Speech:
    """The chair or the clerk puts a councillor who asked aloud, or a guest, into the queue."""
    async with database.transaction() as tx:
        session = await access_chair(tx, actor, session_id)
        _on_air(session)
        if draft.councillor_id is None:
            return await _put_into_queue(tx, settings, actor, session, None, _checked_guest(draft))
        if draft.kind == "guest":
            raise Invalid(fields={"kind": _("A councillor is no guest: choose a speech, a reply or a motion")})
        people = await store.sitting(tx, session.planned_at.date())
        councillor = next((one for one in people if one.id == draft.councillor_id), None)
        if councillor is None:
            raise Invalid(fields={"speaker": _("Nobody of this name sits in the council now")})
        return await _put_into_queue(tx, settings, actor, session, councillor, draft)


def _checked_guest(draft: SpeakerDraft) -> SpeakerDraft:
    speaker, role = rules.clean_name(draft.speaker), rules.clean_name(draft.role)
    fields: dict[str, str] = {}
    if not speaker:
        fields["speaker"] = _("Write who wants to speak")
    if len(speaker) > rules.MAX_NAME:
        fields["speaker"] = _("This is too long: 120 characters at most")
    if len(role) > rules.MAX_NAME:
        fields["role"] = _("This is too long: 120 characters at most")
    if fields:
        raise Invalid(fields=fields)
    return SpeakerDraft("guest", speaker=speaker, role=role)


async def _put_into_queue(
    tx: Tx, settings: DebateSettings, actor: Actor, session: Session, councillor: Councillor | None, draft: SpeakerDraft
) -> Speech:
    waiting = await store.waiting_speeches(tx, session.id)
    known = next((one for one in waiting if councillor is not None and one.councillor_id == councillor.id), None)
    if known is not None and known.kind == draft.kind:
        return known
    rest = [one for one in waiting if one is not known]
    if len(rest) >= MOST_WAITING:
        raise Conflict("The queue is full")
    item_id = await _current_item_id(tx, actor, session)
    place = rules.place_in([one.kind for one in rest], draft.kind, settings.first)
    limit_s = settings.limit_s(draft.kind)
    if known is not None:
        speech = await store.change_waiting(tx, known.id, draft.kind, place + 1, limit_s, item_id)
    else:
        speaker = councillor.name if councillor else draft.speaker
        speech = await store.add_speech(
            tx,
            session.id,
            item_id,
            councillor,
            speaker,
            draft.role,
            draft.kind,
            place + 1,
            limit_s,
            closed=await store.in_closed_part(tx, session.id),
        )
    _tell(tx, speech)
    rest.insert(place, speech)
    await _number(tx, session.id, rest)
    await tx.audit(
        actor, "debate.ask", f"session/{session.id}", speech=speech.id, speaker=speech.speaker, kind=speech.kind
    )
    return next(one for one in await store.waiting_speeches(tx, session.id) if one.id == speech.id)


async def _number(tx: Tx, session_id: int, queue: list[Speech]) -> list[Speech]:
    """Gives places from 1 on and tells where that moved somebody."""
    numbered = [
        speech if speech.place == place else await store.set_place(tx, speech.id, place)
        for place, speech in enumerate(queue, start=1)
    ]
    if numbered != queue:
        tx.publish(inside_room(session_id), QueueOrdered(numbered))
        tx.publish(debate_room(session_id), QueueOrdered([one for one in numbered if not one.closed]))
    return numbered


async def _current_item_id(tx: Tx, actor: Actor, session: Session) -> int | None:
    item = current_item((await session_view(tx, actor, session.id)).items)
    return item.id if item else None


async def withdraw_own(database: Database, actor: Actor, session_id: int) -> Speech | None:
    """A councillor takes the hand down; with no hand up nothing happens."""
    async with database.transaction() as tx:
        seat = await access_seat(tx, actor, session_id)
        waiting = await store.waiting_speeches(tx, session_id)
        own = next((one for one in waiting if one.councillor_id == seat.councillor.id), None)
        return None if own is None else await _withdraw(tx, actor, own)


async def withdraw_speech(database: Database, actor: Actor, session_id: int, speech_id: int) -> Speech:
    """Takes somebody out of the queue; it can be undone."""
    async with database.transaction() as tx:
        await access_chair(tx, actor, session_id)
        speech = await _speech(tx, session_id, speech_id)
        if speech.state == "withdrawn":
            return speech
        if speech.state != "waiting":
            raise Conflict("The floor was given already")
        return await _withdraw(tx, actor, speech)


async def _withdraw(tx: Tx, actor: Actor, speech: Speech) -> Speech:
    speech = await store.withdraw_speech(tx, speech.id)
    _tell(tx, speech)
    await tx.audit(actor, "debate.withdraw", f"session/{speech.session_id}", speech=speech.id, speaker=speech.speaker)
    return speech


async def restore_speech(database: Database, actor: Actor, session_id: int, speech_id: int) -> Speech:
    """Undoes the taking out; whoever has asked anew meanwhile stands in the queue already."""
    async with database.transaction() as tx:
        session = await access_chair(tx, actor, session_id)
        _on_air(session)
        speech = await _speech(tx, session_id, speech_id)
        if speech.state == "waiting":
            return speech
        if speech.state != "withdrawn":
            raise Conflict("The floor was given already")
        waiting = await store.waiting_speeches(tx, session_id)
        if any(speech.councillor_id is not None and one.councillor_id == speech.councillor_id for one in waiting):
            raise Conflict("This person is in the queue again already")
        place = next((at for at, one in enumerate(waiting) if one.place >= speech.place), len(waiting))
        speech = await store.set_waiting(tx, speech.id, place + 1)
        waiting.insert(place, speech)
        _tell(tx, speech)
        await _number(tx, session_id, waiting)
        await tx.audit(actor, "debate.restore", f"session/{session_id}", speech=speech_id, speaker=speech.speaker)
        return speech


async def order_queue(database: Database, actor: Actor, session_id: int, wanted: list[int]) -> list[Speech]:
    """Puts the queue into an order. Names that are not in it any more are passed over."""
    async with database.transaction() as tx:
        await access_chair(tx, actor, session_id)
        waiting = await store.waiting_speeches(tx, session_id)
        numbered = await _number(tx, session_id, rules.reordered(waiting, wanted))
        if [one.id for one in numbered] != [one.id for one in waiting]:
            await tx.audit(actor, "debate.order", f"session/{session_id}", order=[one.id for one in numbered])
        return numbered


async def give_floor(database: Database, actor: Actor, session_id: int, speech_id: int) -> Speech:
    """Lets somebody speak; whoever spoke has ended at the same moment."""
    async with database.transaction() as tx:
        session = await access_chair(tx, actor, session_id)
        _on_air(session)
        speech = await _speech(tx, session_id, speech_id)
        if speech.state == "speaking":
            return speech
        if speech.state != "waiting":
            raise Conflict("This person is not in the queue any more")
        ended = await _end_running(tx, actor, session_id)
        item_id = await _current_item_id(tx, actor, session)
        closed = await store.in_closed_part(tx, session_id)
        speech = await store.begin_speech(tx, speech_id, item_id, ended.ended_at if ended else None, closed=closed)
        _tell(tx, speech)
        await tx.audit(actor, "debate.floor", f"session/{session_id}", speech=speech_id, speaker=speech.speaker)
        return speech


async def extend_speech(database: Database, actor: Actor, session_id: int, speech_id: int, seconds: int) -> Speech:
    """Adds time to the speech that is being held."""
    async with database.transaction() as tx:
        await access_chair(tx, actor, session_id)
        speech = await _held(tx, session_id, speech_id)
        if speech.limit_s + seconds > LONGEST_S:
            raise Invalid(fields={"seconds": _("This is too long")})
        speech = await store.extend_speech(tx, speech_id, seconds)
        _tell(tx, speech)
        await tx.audit(
            actor, "debate.extend", f"session/{session_id}", speech=speech_id, speaker=speech.speaker, seconds=seconds
        )
        return speech


async def pause_speech(database: Database, actor: Actor, session_id: int, speech_id: int) -> Speech:
    """Stops the timer: what interrupts a speaker does not take his time."""
    async with database.transaction() as tx:
        await access_chair(tx, actor, session_id)
        speech = await _held(tx, session_id, speech_id)
        if speech.paused_at is not None:
            return speech
        speech = await store.pause_speech(tx, speech_id)
        _tell(tx, speech)
        await tx.audit(actor, "debate.pause", f"session/{session_id}", speech=speech_id, speaker=speech.speaker)
        return speech


async def resume_speech(database: Database, actor: Actor, session_id: int, speech_id: int) -> Speech:
    """Lets the timer run on."""
    async with database.transaction() as tx:
        await access_chair(tx, actor, session_id)
        speech = await _held(tx, session_id, speech_id)
        if speech.paused_at is None:
            return speech
        speech = await store.resume_speech(tx, speech_id)
        _tell(tx, speech)
        await tx.audit(actor, "debate.resume", f"session/{session_id}", speech=speech_id, speaker=speech.speaker)
        return speech


async def end_speech(database: Database, actor: Actor, session_id: int, speech_id: int) -> Speech:
    """Takes the floor back. Pressed twice, by two people, it is one end."""
    async with database.transaction() as tx:
        await access_chair(tx, actor, session_id)
        speech = await _speech(tx, session_id, speech_id)
        if speech.state == "spoken":
            return speech
        if speech.state != "speaking":
            raise Conflict("This person does not speak now")
        ended = await _end_running(tx, actor, session_id)
        assert ended is not None  # the queue is locked
        return ended


async def _end_running(tx: Tx, actor: Actor, session_id: int) -> Speech | None:
    ended = await store.end_running_speech(tx, session_id)
    if ended is not None:
        _tell(tx, ended)
        seconds = round(rules.spoken_s(ended, ended.asked_at))
        await tx.audit(
            actor, "debate.end", f"session/{session_id}", speech=ended.id, speaker=ended.speaker, seconds=seconds
        )
    return ended


async def close_debate(tx: Tx, actor: Actor, session: Session) -> None:
    """The session has ended: nobody speaks any more, and nobody waits."""
    await store.lock_debate(tx, session.id)
    await _end_running(tx, actor, session.id)
    for speech in await store.waiting_speeches(tx, session.id):
        await _withdraw(tx, actor, speech)


async def _speech(tx: Tx, session_id: int, speech_id: int) -> Speech:
    speech = await store.speech(tx, session_id, speech_id)
    if speech is None:
        raise NotFound
    return speech


async def _held(tx: Tx, session_id: int, speech_id: int) -> Speech:
    """The speech that is being held."""
    speech = await _speech(tx, session_id, speech_id)
    if speech.state != "speaking":
        raise Conflict("This person does not speak now")
    return speech


def _on_air(session: Session) -> None:
    if session.state != "live":
        raise Conflict("The session is not on air")
