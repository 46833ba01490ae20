"""Verbs of messages: write, answer, read, confirm, remind."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid
from app.files.upload import FileStore, Upload
from app.throttle import Charge, Limit, spend
from schools.messages import rules, store
from schools.messages.access import ThreadPlace, access_receipts, access_sender, access_thread, addressed
from schools.messages.model import (
    Choices,
    Draft,
    InboxView,
    Message,
    MessageSent,
    Person,
    ReceiptChanged,
    ReceiptsView,
    Thread,
    ThreadChanged,
    ThreadView,
    inbox_room,
    receipts_room,
    thread_room,
)
from schools.messages.notices import TELL, TellReaders
from schools.structure.access import access_school
from schools.structure.tenancy import school_transaction

WRITTEN = Limit("school.message", burst=30, every_s=20)


async def send(
    database: Database,
    actor: Actor,
    school_id: int,
    draft: Draft,
    files: FileStore | None = None,
    uploads: Sequence[Upload] = (),
) -> Thread:
    """Begins a thread. Raises `Invalid` beside `to`, `subject`, `text`."""
    wanted = rules.checked(draft)
    await spend(database, Charge(WRITTEN, str(actor.account_id)))
    async with school_transaction(database, school_id) as tx:
        sender = await access_sender(tx, actor, school_id)
        if wanted.to_confirm and sender.person.kind != "staff":
            raise Invalid(fields={"to_confirm": "Only the school's staff ask for a confirmation"})
        people, sides = await addressed(tx, sender, wanted.to)
        audience = await _audience(tx, sides, people)
        kind = rules.kind_of(sender.person.kind, people, to_confirm=wanted.to_confirm, audience=audience)
        if kind == "broadcast" and sender.person.kind != "staff":
            raise Invalid(fields={"to": "Write to one person at a time"})
        thread_id = await store.add_thread(
            tx, kind, wanted.subject, audience or _names(people), to_confirm=wanted.to_confirm
        )
        member_id = await store.add_members(tx, thread_id, people, sender.person)
        await _write(tx, actor, school_id, thread_id, member_id, wanted.text, files, uploads)
        await tx.audit(
            actor, "message.send", f"school/{school_id}/thread/{thread_id}", kind=kind, recipients=len(people)
        )
        found = await store.thread(tx, thread_id)
        assert found is not None
        return found


async def _audience(tx: Tx, sides: Sequence[rules.Address], people: Sequence[Person]) -> str:
    """In Polish order of what was chosen, as `class:guardians:7a`: pages put it into words."""
    names = []
    for one in sides:
        name = "" if one.kind == "school" else await store.name_of(tx, one.kind, one.id)
        names.append(f"{one.side}|{name}")
    alone = len(people) == 1 and not sides
    return "" if alone else ";".join(names)


def _names(people: Sequence[Person]) -> str:
    return ";".join(f"one|{one.name}" for one in people[:20])


async def _write(
    tx: Tx,
    actor: Actor,
    school_id: int,
    thread_id: int,
    member_id: int,
    text: str,
    files: FileStore | None,
    uploads: Sequence[Upload],
) -> Message:
    kept = [(await files.keep(tx, one, actor.account_id)).id for one in uploads] if files else []
    message = await store.add_message(tx, thread_id, member_id, text, kept)
    tx.publish(thread_room(school_id, thread_id), MessageSent(message))
    await _tell_lists(tx, school_id, thread_id)
    await tx.enqueue(TELL, TellReaders(school_id, thread_id, message.id))
    return message


async def _tell_lists(tx: Tx, school_id: int, thread_id: int, only: int | None = None) -> None:
    """Each reader's own list; `only`: of one account."""
    for row in await store.rows_of(tx, thread_id):
        if row.account_id is not None and only in {None, row.account_id}:
            tx.publish(inbox_room(school_id, row.account_id), ThreadChanged(row))


async def reply(
    database: Database,
    actor: Actor,
    school_id: int,
    thread_id: int,
    text: str,
    files: FileStore | None = None,
    uploads: Sequence[Upload] = (),
) -> Thread:
    """The thread it went to: a broadcast is answered in a talk with its author. Raises `Invalid`, `Conflict`."""
    words = text.strip()
    if not words:
        raise Invalid(fields={"text": "Write the message first"})
    await spend(database, Charge(WRITTEN, str(actor.account_id)))
    async with school_transaction(database, school_id) as tx:
        place = await access_thread(tx, actor, school_id, thread_id, lock=True)
        into, member_id = place.thread.id, place.reader.id
        if place.thread.kind == "broadcast":
            into, member_id = await _talk_about(tx, place)
        others = [one for one in await store.readers(tx, into) if one.id != member_id]
        if not others:
            raise Conflict("Nobody is left here who could read it")
        await _write(tx, actor, school_id, into, member_id, words, files, uploads)
        await tx.audit(actor, "message.reply", f"school/{school_id}/thread/{into}")
        found = await store.thread(tx, into)
        assert found is not None
        return found


async def _talk_about(tx: Tx, place: ThreadPlace) -> tuple[int, int]:
    """Thread and own member of the talk with a broadcast's author; made with the first answer."""
    if place.reader.is_author:
        raise Forbidden("To everybody a new message is written")
    known = await store.talk_about(tx, place.thread.id, place.reader)
    if known is not None:
        own = next(
            one
            for one in await store.readers(tx, known)
            if (one.kind, one.person_id) == (place.reader.kind, place.reader.person_id)
        )
        return known, own.id
    author = next((one for one in await store.readers(tx, place.thread.id) if one.is_author), None)
    if author is None:
        raise Conflict("Nobody is left here who could read it")
    thread_id = await store.add_thread(
        tx, "talk", place.thread.subject, "", to_confirm=False, answers_id=place.thread.id
    )
    return thread_id, await store.add_members(tx, thread_id, [_person(author)], _person(place.reader))


def _person(reader: store.Reader) -> Person:
    return Person(
        kind=reader.kind,
        id=reader.person_id,
        name=reader.name,
        account_id=reader.account_id,
        through=reader.through,
    )


async def read(database: Database, actor: Actor, school_id: int, thread_id: int) -> None:
    """Everything of it was seen."""
    async with school_transaction(database, school_id) as tx:
        place = await access_thread(tx, actor, school_id, thread_id)
        newest = (await store.messages(tx, thread_id))[-1].id
        if await store.mark_read(tx, place.reader.id, newest):
            await _tell_receipt(tx, school_id, place)


async def confirm(database: Database, actor: Actor, school_id: int, thread_id: int) -> None:
    """Read and understood; said once."""
    async with school_transaction(database, school_id) as tx:
        place = await access_thread(tx, actor, school_id, thread_id)
        if not place.thread.to_confirm or place.reader.is_author:
            raise Conflict("Nothing is to be confirmed here")
        if await store.confirm(tx, place.reader.id):
            await tx.audit(actor, "message.confirm", f"school/{school_id}/thread/{thread_id}")
            await _tell_receipt(tx, school_id, place)


async def _tell_receipt(tx: Tx, school_id: int, place: ThreadPlace) -> None:
    receipt = await store.receipt(tx, place.reader.id)
    tx.publish(receipts_room(school_id, place.thread.id), ReceiptChanged(receipt))
    await _tell_lists(tx, school_id, place.thread.id, place.reader.account_id)


async def remind(database: Database, actor: Actor, school_id: int, thread_id: int) -> int:
    """Those who have not confirmed have it unread again; how many they are. Once an hour: `Conflict`."""
    async with school_transaction(database, school_id) as tx:
        place = await access_receipts(tx, actor, school_id, thread_id)
        await store.thread(tx, thread_id, lock=True)
        if not place.thread.to_confirm:
            raise Conflict("Nothing is to be confirmed here")
        if not rules.can_remind(place.thread.reminded_at, datetime.now(UTC)):
            raise Conflict("They were reminded within the last hour")
        count = await store.remind(tx, thread_id)
        await tx.audit(actor, "message.remind", f"school/{school_id}/thread/{thread_id}", people=count)
        for one in await store.receipts(tx, thread_id):
            if one.confirmed_at is None:
                tx.publish(receipts_room(school_id, thread_id), ReceiptChanged(one))
        await _tell_lists(tx, school_id, thread_id)
        newest = (await store.messages(tx, thread_id))[-1].id
        await tx.enqueue(TELL, TellReaders(school_id, thread_id, newest, reminder=True))
        return count


async def set_choices(database: Database, actor: Actor, wanted: Choices) -> None:
    assert actor.account_id is not None  # the guard has seen to it
    async with database.transaction() as tx:
        await store.set_choices(tx, actor.account_id, wanted)
        await tx.audit(actor, "message.choices", f"account/{actor.account_id}", push=wanted.push, mail=wanted.mail)


async def inbox(tx: Tx, actor: Actor, school_id: int, words: str = "") -> InboxView:
    """Threads of the actor in a school. `words`: plain letters to search for."""
    await access_school(tx, actor, school_id)
    assert actor.account_id is not None
    return InboxView(
        school_id=school_id,
        threads=await store.threads_of(tx, actor.account_id, words),
        unread=await store.unread_of(tx, actor.account_id),
    )


async def thread_view(tx: Tx, actor: Actor, school_id: int, thread_id: int) -> ThreadView:
    place = await access_thread(tx, actor, school_id, thread_id)
    return ThreadView(
        thread=place.thread,
        member_id=place.reader.id,
        is_author=place.reader.is_author,
        confirmed_at=place.reader.confirmed_at,
        messages=await store.messages(tx, thread_id),
    )


async def receipts_view(tx: Tx, actor: Actor, school_id: int, thread_id: int) -> ReceiptsView:
    await access_receipts(tx, actor, school_id, thread_id)
    return ReceiptsView(thread_id=thread_id, receipts=await store.receipts(tx, thread_id))
