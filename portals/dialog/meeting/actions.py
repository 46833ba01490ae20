"""What people do in a live meeting: questions, votes on them, polls, raised hands, chat."""

from collections.abc import Sequence
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.dialog.access import Place, access_block_to_moderate, access_block_to_take_part
from portals.dialog.meeting import chat_store, rules, slides, store, views
from portals.dialog.meeting.model import (
    Hand,
    HandChanged,
    HandRow,
    MeetingSettings,
    Message,
    MessageChanged,
    MessageSent,
    Poll,
    PollChanged,
    PollRow,
    Question,
    QuestionChanged,
    QuestionRow,
    chat_room,
    room,
)
from portals.dialog.model import Block, Participant

KIND: Final = "meeting"
ASK_LIMIT: Final = Limit("dialog.meeting.ask", burst=5, every_s=20)
PRESS_LIMIT: Final = Limit("dialog.meeting.press", burst=60, every_s=1)
CHAT_LIMIT: Final = Limit("dialog.meeting.chat", burst=6, every_s=2.5)
NOT_LIVE: Final = _("The meeting is not live now")
EMPTY: Final = _("Write something first")
LONG_500: Final = _("This is too long: 500 characters at most")


def settings_of(place: Place) -> MeetingSettings:
    return msgspec.convert(place.block.settings, MeetingSettings)


async def _acts(tx: Tx, actor: Actor, block_id: int, *, before: bool = False) -> tuple[Place, int]:
    """The place and the person, while the meeting is live. `before`: before it too."""
    place = await access_block_to_take_part(tx, actor, block_id, KIND)
    assert place.participant_id is not None  # this kind does not do without
    state = (await store.meeting(tx, block_id)).state
    if state == "ended" or (state == "planned" and not before):
        raise Conflict(NOT_LIVE)
    return place, place.participant_id


async def _told(tx: Tx, actor: Actor, place: Place, verb: str, **facts: object) -> None:
    await tx.audit(actor, f"meeting.{verb}", f"consultation/{place.consultation.id}", block=place.block.id, **facts)


# questions


async def ask(database: Database, actor: Actor, block_id: int, text: str) -> Question:
    """A question to the host; others may vote for it."""
    await spend(database, Charge(ASK_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place, person = await _acts(tx, actor, block_id, before=True)
        if not settings_of(place).questions_before and (await store.meeting(tx, block_id)).state == "planned":
            raise Conflict(NOT_LIVE)
        text = _checked(text, rules.LONGEST_QUESTION, "text")
        if await store.count_waiting(tx, block_id, person) >= rules.MOST_WAITING:
            raise Invalid(fields={"text": _("Five of your questions wait already: take part in the others' too")})
        row = await store.add_question(tx, block_id, person, text)
        await _told(tx, actor, place, "ask", question=row.id)
        return await _tell_question(tx, row)


async def vote(database: Database, actor: Actor, block_id: int, question_id: int, *, up: bool) -> Question:
    """For a question; one's own too. Twice is once."""
    await spend(database, Charge(PRESS_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place, person = await _acts(tx, actor, block_id, before=True)
        row = await _question(tx, block_id, question_id)
        if row.state not in {"waiting", "current"}:
            raise Conflict(_("This question is not voted on any more"))
        row = await store.vote(tx, question_id, person, up=up)
        await _told(tx, actor, place, "vote", question=question_id, up=up)
        return await _tell_question(tx, row)


async def take(database: Database, actor: Actor, block_id: int, question_id: int) -> Question:
    """The host answers this one now; the one before is answered. Its moment is marked in the recording."""
    async with database.transaction() as tx:
        place = await _hosts(tx, actor, block_id)
        row = await _question(tx, block_id, question_id)
        if row.state == "current":
            raise Conflict(_("This question is being answered"))
        before = await store.close_current(tx, block_id)
        if before is not None:
            await _tell_question(tx, before)
        row = await store.set_question(tx, question_id, "current")
        await _told(tx, actor, place, "take", question=question_id)
        return await _tell_question(tx, row)


async def settle(
    database: Database, actor: Actor, block_id: int, question_id: int, verb: str, reason: str = ""
) -> Question:
    """`answered`, `dismissed` (with a reason, which everybody reads) or back to `waiting`."""
    reason = rules.clean(reason)
    async with database.transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        row = await _question(tx, block_id, question_id)
        if verb == "dismissed" and not 1 <= len(reason) <= rules.LONGEST_REASON:
            raise Invalid(fields={"reason": _("Write a reason of 500 characters at most; everybody reads it")})
        if row.state == verb:
            raise Conflict
        if verb == "answered":
            row = await store.set_question(tx, question_id, "answered")
        else:
            dismissed = verb == "dismissed"
            row = await store.set_question(
                tx, question_id, "dismissed" if dismissed else "waiting", reason if dismissed else ""
            )
        await _told(tx, actor, place, verb, question=question_id, reason=reason)
        return await _tell_question(tx, row)


async def _question(tx: Tx, block_id: int, question_id: int) -> QuestionRow:
    row = await store.locked_question(tx, block_id, question_id)
    if row is None:
        raise NotFound
    return row


async def _tell_question(tx: Tx, row: QuestionRow) -> Question:
    [shown] = await views.shown_questions(tx, [row])
    tx.publish(room(row.block_id), QuestionChanged(shown))
    return shown


# polls


async def make_poll(
    database: Database, actor: Actor, block_id: int, text: str, options: str, *, several: bool, at_close: bool
) -> Poll:
    """Prepared by the office; nobody sees it before it is opened."""
    text, found = rules.clean(text), rules.options_of(options)
    faults = rules.poll_faults(text, found)
    async with database.transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        if faults:
            raise Invalid(fields=faults)
        row = await store.add_poll(tx, block_id, text, found, several=several, at_close=at_close)
        await _told(tx, actor, place, "poll", poll=row.id)
        return (await views.shown_polls(tx, [row]))[0]


async def drop_poll(database: Database, actor: Actor, block_id: int, poll_id: int) -> None:
    """Away with one that was never opened."""
    async with database.transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        if (await _poll(tx, block_id, poll_id)).state != "draft":
            raise Conflict(_("This poll was opened: it stays"))
        await store.remove_draft(tx, poll_id)
        await _told(tx, actor, place, "poll-drop", poll=poll_id)


async def open_poll(database: Database, actor: Actor, block_id: int, poll_id: int) -> Poll:
    async with database.transaction() as tx:
        place = await _hosts(tx, actor, block_id)
        if (await _poll(tx, block_id, poll_id)).state != "draft":
            raise Conflict(_("This poll was opened before"))
        row = await store.set_poll(tx, poll_id, "open")
        await _told(tx, actor, place, "poll-open", poll=poll_id)
        return await _tell_poll(tx, row)


async def close_poll(database: Database, actor: Actor, block_id: int, poll_id: int) -> Poll:
    """From now on its result stands."""
    async with database.transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        if (await _poll(tx, block_id, poll_id)).state != "open":
            raise Conflict(_("This poll is not open"))
        row = await store.set_poll(tx, poll_id, "closed")
        await _told(tx, actor, place, "poll-close", poll=poll_id)
        return await _tell_poll(tx, row)


async def answer(database: Database, actor: Actor, block_id: int, poll_id: int, choices: Sequence[int]) -> Poll:
    """One's answer; given again it takes the place of the first."""
    await spend(database, Charge(PRESS_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place, person = await _acts(tx, actor, block_id)
        row = await _poll(tx, block_id, poll_id)
        if row.state != "open":
            raise Conflict(_("This poll is not open"))
        if not rules.choices_fit(row, choices):
            raise Invalid(_("Choose one of these"))
        row = await store.answer(tx, poll_id, person, sorted(choices))
        await _told(tx, actor, place, "answer", poll=poll_id)  # that, not what
        return await _tell_poll(tx, row)


async def _poll(tx: Tx, block_id: int, poll_id: int) -> PollRow:
    row = await store.locked_poll(tx, block_id, poll_id)
    if row is None:
        raise NotFound
    return row


async def _tell_poll(tx: Tx, row: PollRow) -> Poll:
    [shown] = await views.shown_polls(tx, [row])
    tx.publish(room(row.block_id), PollChanged(shown))
    return shown


# raised hands


async def raise_hand(database: Database, actor: Actor, block_id: int, about: str) -> Hand:
    """Asks to speak; said again, it keeps its place in the queue."""
    await spend(database, Charge(PRESS_LIMIT, f"account/{actor.account_id}"))
    about = rules.clean(about)
    async with database.transaction() as tx:
        place, person = await _acts(tx, actor, block_id)
        if not settings_of(place).hands:
            raise Conflict(_("Here one asks in writing"))
        if len(about) > rules.LONGEST_ABOUT:
            raise Invalid(fields={"about": _("This is too long: 200 characters at most")})
        row = await store.raise_hand(tx, block_id, person, about)
        await _told(tx, actor, place, "hand", hand=row.id)
        return await tell_hand(tx, row)


async def lower_own_hand(database: Database, actor: Actor, block_id: int) -> Hand:
    async with database.transaction() as tx:
        place, person = await _acts(tx, actor, block_id)
        own = await store.own_hand(tx, block_id, person)
        if own is None:
            raise NotFound
        row = await store.set_hand(tx, own.id, "down")
        await _told(tx, actor, place, "hand-down", hand=row.id)
        return await tell_hand(tx, row)


async def tell_hand(tx: Tx, row: HandRow) -> Hand:
    if row.state == "down":
        await slides.hand_lowered(tx, row)
    [shown] = await views.shown_hands(tx, [row])
    tx.publish(room(row.block_id), HandChanged(shown))
    return shown


# chat


async def say(database: Database, actor: Actor, block_id: int, body: str) -> Message:
    """Writes beside the meeting."""
    await spend(database, Charge(CHAT_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place, person = await _acts(tx, actor, block_id)
        if not settings_of(place).chat:
            raise Conflict(_("There is no chat here"))
        text = _checked(body, rules.LONGEST_MESSAGE, "body")
        row = await chat_store.add_message(tx, block_id, person, text)
        [shown] = await views.shown_messages(tx, [row])
        tx.publish(chat_room(block_id), MessageSent(shown))
        await _told(tx, actor, place, "say", message=row.id)
        return shown


async def hide(database: Database, actor: Actor, block_id: int, message_id: int, *, hidden: bool) -> Message:
    """Takes a message out of sight, or shows it again; its place stays."""
    async with database.transaction() as tx:
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        row = await chat_store.hide_message(tx, block_id, message_id, actor.account_id, hidden=hidden)
        if row is None:
            raise NotFound
        [shown] = await views.shown_messages(tx, [row])
        tx.publish(chat_room(block_id), MessageChanged(shown))
        await _told(tx, actor, place, "hide" if hidden else "restore", message=message_id)
        return shown


async def _hosts(tx: Tx, actor: Actor, block_id: int) -> Place:
    """The place for those who lead it, while the meeting is live."""
    place = await access_block_to_moderate(tx, actor, block_id, KIND)
    if (await store.meeting(tx, block_id)).state != "live":
        raise Conflict(NOT_LIVE)
    return place


def _checked(text: str, longest: int, field: str) -> str:
    text = rules.clean(text)
    if not text:
        raise Invalid(fields={field: EMPTY})
    if len(text) > longest:
        raise Invalid(fields={field: LONG_500})
    return text


# what the core tells


async def phase_ended(tx: Tx, place: Place) -> None:
    """What residents do ends with the phase; the picture ends when the host says so."""
    await finish(tx, place.block.id, guests=False)


async def finish(tx: Tx, block_id: int, *, guests: bool) -> None:
    """Open polls close, raised hands are lowered. `guests`: of those who speak too; else the host ends their turn."""
    for poll in await store.polls(tx, block_id):
        if poll.state == "open":
            await _tell_poll(tx, await store.set_poll(tx, poll.id, "closed"))
    for hand in await store.hands(tx, block_id):
        if guests or hand.state == "up":
            await tell_hand(tx, await store.set_hand(tx, hand.id, "down"))
    current = await store.close_current(tx, block_id)
    if current is not None:
        await _tell_question(tx, current)
    if guests:
        await slides.meeting_ended(tx, block_id)


async def copied(tx: Tx, actor: Actor, old: Block, new: Block) -> None:
    """The polls, prepared anew; nothing of what was asked, answered or said."""
    del actor
    for poll in await store.polls(tx, old.id):
        await store.add_poll(tx, new.id, poll.text, poll.options, several=poll.several, at_close=poll.at_close)


async def account_erased(tx: Tx, participant: Participant) -> None:
    """What the kept room has told of their messages is told anew, without a name."""
    for block_id, row in await chat_store.erase_author(tx, participant.id):
        message = Message(id=row.id, author=rules.ERASED, body=row.body, sent_at=row.sent_at, hidden=False, rev=row.rev)
        tx.publish(chat_room(block_id), MessageChanged(message))
