"""What people do with a session. Each verb checks, writes, publishes and leaves an audit line in one transaction."""

from typing import Final

from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from app.i18n import _
from app.throttle import Charge, Limit, spend
from media.continuity.model import SlateKind, Slot
from media.keys import hash_key, new_key, new_stream_id
from media.record.recordings import RECORDINGS
from media.streams import STREAMS, PublishGrant
from portals.council import rules, store
from portals.council.model import (
    AgendaItem,
    AgendaItemChanged,
    AgendaReplaced,
    Chapter,
    ChatMessage,
    ChatMessageHidden,
    ChatMessageRestored,
    ChatMessageSent,
    ChatView,
    NewStreamKey,
    Session,
    SessionChanged,
    SessionDraft,
    SessionView,
    StreamKey,
    chat_room,
    session_room,
)
from portals.council.panels import PANELS, Panels
from portals.council.planning.agenda import draft_agenda, write_agenda
from portals.council.planning.outline import faults
from portals.council.planning.store import committee, count_agenda

CHAT_LIMIT: Final = Limit("council.chat", burst=6, every_s=2.5)
"""What one account may write: enough for a lively talk, too little for a flood."""

CHAT_SHOWN: Final = 100
"""Messages that a page starts with."""


async def access_session(tx: Tx, _actor: Actor, session_id: int) -> Session:
    """A session anybody may read; councils sit in public."""
    session = await store.session_by_id(tx, session_id)
    if session is None:
        raise NotFound
    return session


async def access_session_by_slug(tx: Tx, _actor: Actor, slug: str) -> Session:
    session = await store.session_by_slug(tx, slug)
    if session is None:
        raise NotFound
    return session


async def session_view(tx: Tx, actor: Actor, session_id: int) -> SessionView:
    """A session with its agenda: what its room starts with."""
    session = await access_session(tx, actor, session_id)
    return SessionView(session, await store.agenda(tx, session_id))


async def chat_view(tx: Tx, actor: Actor, session_id: int) -> ChatView:
    """The newest messages of a session."""
    session = await access_session(tx, actor, session_id)
    return ChatView(session.chat_open, await store.newest_messages(tx, session_id, CHAT_SHOWN))


async def access_desk(tx: Tx, actor: Actor, session_id: int) -> Session:
    """The session locked for those who run it; for others it has no desk."""
    if not rules.can_run(actor) and actor != SYSTEM:
        raise NotFound
    session = await store.locked_session(tx, session_id)
    if session is None:
        raise NotFound
    return session


async def plan_session(database: Database, actor: Actor, draft: SessionDraft) -> Session:
    """Puts a session into the calendar with its agenda."""
    async with database.transaction() as tx:
        if not rules.can_run(actor) and actor != SYSTEM:
            raise Forbidden
        return await plan_in(tx, actor, draft)


async def plan_in(tx: Tx, actor: Actor, draft: SessionDraft) -> Session:
    """The same within a transaction at hand; the caller has checked the actor."""
    check_draft(draft)
    slug = await _free_slug(tx, draft, but_id=0)
    session = await store.add_session(tx, slug, new_stream_id(), draft)
    await write_agenda(tx, session.id, draft.outline)
    await tx.audit(actor, "session.plan", f"session/{session.id}", number=session.number, title=session.title)
    return session


async def edit_session(database: Database, actor: Actor, session_id: int, draft: SessionDraft) -> Session:
    """Changes what was planned. Items that keep their title keep their history, wherever they move."""
    async with database.transaction() as tx:
        before = await access_desk(tx, actor, session_id)
        if before.state == "ended":
            raise Conflict("The session has ended; its record does not change any more")
        check_draft(draft)
        # the address of a session on air stays: people have it open
        slug = before.slug if before.state == "live" else await _free_slug(tx, draft, but_id=session_id)
        session = await store.change_session(tx, session_id, slug, draft)
        items = await write_agenda(tx, session_id, draft.items or await draft_agenda(tx, session_id, draft.agenda))
        session = await count_agenda(tx, session_id)
        tx.publish(session_room(session_id), SessionChanged(session))
        tx.publish(session_room(session_id), AgendaReplaced(session.rev, items))
        await tx.audit(actor, "session.edit", f"session/{session_id}", title=session.title, items=len(items))
        return session


def check_draft(draft: SessionDraft) -> None:
    """Raises `Invalid` that names each field that is wrong."""
    fields: dict[str, str] = {}
    if not draft.title.strip():
        fields["title"] = _("A session needs a title")
    if len(draft.title) > rules.MAX_TITLE:
        fields["title"] = _("This is too long: 500 characters at most")
    if len(draft.number) > 20:
        fields["number"] = _("This is too long: 20 characters at most")
    for _place, problem in reversed(faults(draft.outline)):
        fields["agenda"] = problem
    if fields:
        raise Invalid(fields=fields)


async def _free_slug(tx: Tx, draft: SessionDraft, but_id: int) -> str:
    body = await committee(tx, draft.committee_id) if draft.committee_id is not None else None
    wanted = rules.slug_for(f"{body.name if body else ''} {draft.number}", draft.planned_at)
    slug, number = wanted, 1
    while await store.slug_taken(tx, slug, but_id):
        number += 1
        slug = f"{wanted}-{number}"
    return slug


async def start_session(app: web.Application, actor: Actor, session_id: int) -> Session:
    """Goes on air: from this moment residents see the picture, and it is recorded."""
    async with app[DATABASE].transaction() as tx:
        session = await access_desk(tx, actor, session_id)
        if session.state != "planned":
            raise Conflict("The session was already started")
        if session.called_off_at is not None:
            raise Conflict("The session was called off")
        session = await store.start_session(tx, session_id)
        tx.publish(session_room(session_id), SessionChanged(session))
        await tx.audit(actor, "session.start", f"session/{session_id}")
        tx.after_commit(lambda: _put_on_air(app, session))
        return session


def _put_on_air(app: web.Application, session: Session) -> None:
    app[STREAMS].put_on_air(session.stream_id, session.title)


async def end_session(app: web.Application, actor: Actor, session_id: int) -> Session:
    """Ends the transmission for good; the same address plays the recording from now on."""
    async with app[DATABASE].transaction() as tx:
        session = await access_desk(tx, actor, session_id)
        if session.state != "live":
            raise Conflict("The session is not on air")
        closed = await store.close_current_item(tx, session_id)
        session = await store.end_session(tx, session_id)
        if closed is not None:
            tx.publish(session_room(session_id), AgendaItemChanged(closed))
        tx.publish(session_room(session_id), SessionChanged(session))
        if PANELS in app:
            await app[PANELS].session_ended(tx, actor, session)
        await tx.audit(actor, "session.end", f"session/{session_id}")
        tx.after_commit(lambda: app[STREAMS].take_off_air(session.stream_id))
        return session


async def set_current_item(
    database: Database, actor: Actor, session_id: int, item_id: int, parts: Panels | None = None
) -> AgendaItem:
    """Moves the session to an item; the one before is done. The moment is marked in the recording. `parts` hear it."""
    async with database.transaction() as tx:
        session = await access_desk(tx, actor, session_id)
        if session.state != "live":
            raise Conflict("The session is not on air")
        item = await store.item(tx, session_id, item_id)
        if item is None:
            raise NotFound
        if item.state == "current":
            return item
        closed = await store.close_current_item(tx, session_id)
        item = await store.make_item_current(tx, item_id)
        await store.add_mark(tx, session_id, item_id)
        if closed is not None:
            tx.publish(session_room(session_id), AgendaItemChanged(closed))
        tx.publish(session_room(session_id), AgendaItemChanged(item))
        if parts is not None:
            await parts.item_begun(tx, actor, session, item)
        await tx.audit(actor, "session.item", f"session/{session_id}", item=item.number, title=item.title)
        return item


async def open_chat(database: Database, actor: Actor, session_id: int, is_open: bool) -> Session:
    """Opens or closes the chat; what was written stays."""
    async with database.transaction() as tx:
        await access_desk(tx, actor, session_id)
        session = await store.set_chat_open(tx, session_id, is_open)
        tx.publish(session_room(session_id), SessionChanged(session))
        tx.publish(chat_room(session_id), SessionChanged(session))
        await tx.audit(actor, "chat.open" if is_open else "chat.close", f"session/{session_id}")
        return session


async def send_message(database: Database, actor: Actor, session_id: int, body: str) -> ChatMessage:
    """Writes into a session's chat under the account's name."""
    if actor.account_id is None:
        raise SignInNeeded
    await spend(database, Charge(CHAT_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        session = await access_session(tx, actor, session_id)
        if not rules.can_chat(actor, session):
            raise Conflict("The chat is closed now")
        if await store.is_closed(tx, session_id):
            raise Conflict("The chat is paused: this part of the session is closed to the public")
        text = rules.clean_message(body)
        if not text:
            raise Invalid(fields={"body": "Write something first"})
        if len(text) > rules.MAX_MESSAGE:
            raise Invalid(fields={"body": "This is too long: 500 characters at most"})
        message = await store.add_message(tx, session_id, actor.account_id, actor.name, text)
        tx.publish(chat_room(session_id), ChatMessageSent(message))
        await tx.audit(actor, "chat.send", f"session/{session_id}", message=message.id)
        return message


async def hide_message(database: Database, actor: Actor, session_id: int, message_id: int) -> ChatMessage:
    """Takes a message out of sight; its place stays, with a word that it was hidden."""
    async with database.transaction() as tx:
        await _access_moderation(tx, actor, session_id)
        message = await store.hide_message(tx, session_id, message_id, actor.account_id)
        if message is None:
            raise NotFound
        tx.publish(chat_room(session_id), ChatMessageHidden(message))
        await tx.audit(actor, "chat.hide", f"session/{session_id}", message=message_id)
        return message


async def restore_message(database: Database, actor: Actor, session_id: int, message_id: int) -> ChatMessage:
    """Undoes hiding."""
    async with database.transaction() as tx:
        await _access_moderation(tx, actor, session_id)
        message = await store.restore_message(tx, session_id, message_id)
        if message is None:
            raise NotFound
        tx.publish(chat_room(session_id), ChatMessageRestored(message))
        await tx.audit(actor, "chat.restore", f"session/{session_id}", message=message_id)
        return message


async def _access_moderation(tx: Tx, actor: Actor, session_id: int) -> Session:
    if not rules.can_moderate(actor):
        raise NotFound
    return await access_session(tx, actor, session_id)


async def create_stream_key(
    database: Database, actor: Actor, session_id: int, label: str, slot: Slot = Slot.PRIMARY
) -> NewStreamKey:
    """Makes a key for one session's encoder. This answer is the only place where it can be read."""
    label = label.strip() or ("Encoder" if slot is Slot.PRIMARY else "Backup encoder")
    if len(label) > 80:
        raise Invalid(fields={"label": "This is too long: 80 characters at most"})
    async with database.transaction() as tx:
        session = await access_desk(tx, actor, session_id)
        if session.state == "ended":
            raise Conflict("The session has ended; its record does not change any more")
        key = new_key()
        row = await store.add_stream_key(tx, session_id, label, hash_key(key), key[-4:], actor.account_id, slot)
        await tx.audit(
            actor, "stream_key.create", f"session/{session_id}", key=row.id, label=label, hint=row.hint, slot=slot.value
        )
        return NewStreamKey(id=row.id, label=row.label, key=key, hint=row.hint, slot=row.slot)


async def create_key_by_slug(
    database: Database, actor: Actor, slug: str, label: str, slot: Slot = Slot.PRIMARY
) -> NewStreamKey:
    """The same for the command line, which knows addresses."""
    async with database.transaction(readonly=True) as tx:
        session = await access_session_by_slug(tx, actor, slug)
    return await create_stream_key(database, actor, session.id, label, slot)


async def revoke_key_by_slug(app: web.Application, actor: Actor, slug: str, key_id: int) -> StreamKey:
    """The same for the command line."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        session = await access_session_by_slug(tx, actor, slug)
    return await revoke_stream_key(app, actor, session.id, key_id)


async def revoke_stream_key(app: web.Application, actor: Actor, session_id: int, key_id: int) -> StreamKey:
    """Makes a key useless at once: an encoder that publishes with it is cut."""
    async with app[DATABASE].transaction() as tx:
        session = await access_desk(tx, actor, session_id)
        row = await store.revoke_stream_key(tx, session_id, key_id)
        if row is None:
            raise NotFound
        await tx.audit(actor, "stream_key.revoke", f"session/{session_id}", key=key_id, hint=row.hint)
        if STREAMS in app:  # the command line has no streams
            tx.after_commit(
                lambda: app[STREAMS].revoke(session.stream_id, "this stream key was revoked", Slot(row.slot))
            )
        return row


async def allow_takeover(app: web.Application, actor: Actor, session_id: int) -> None:
    """Lets the next encoder with a good key replace the one that publishes now."""
    async with app[DATABASE].transaction() as tx:
        session = await access_desk(tx, actor, session_id)
        await tx.audit(actor, "stream.takeover", f"session/{session_id}")
        tx.after_commit(lambda: app[STREAMS].allow_takeover(session.stream_id))


async def pin_encoder(app: web.Application, actor: Actor, session_id: int, slot: Slot | None) -> None:
    """Prefers one encoder for as long as it sends; None: the primary one, as usual."""
    async with app[DATABASE].transaction() as tx:
        session = await access_desk(tx, actor, session_id)
        await tx.audit(actor, "stream.pin", f"session/{session_id}", slot=slot.value if slot else "")
        tx.after_commit(lambda: app[STREAMS].pin(session.stream_id, slot))


async def authorise_publish(database: Database, key: str, _address: str) -> PublishGrant | None:
    """Answers the media core: what this key may publish, or None."""
    async with database.transaction() as tx:
        owner = await store.owner_of_key(tx, hash_key(key))
    if owner is None or owner.state == "ended":
        return None
    return PublishGrant(
        stream_id=owner.stream_id,
        on_air=owner.state == "live",
        label=owner.label,
        slot=Slot(owner.slot),
        slate=SlateKind(owner.slate) if owner.slate else None,
    )


async def chapters(app: web.Application, session: Session) -> list[Chapter]:
    """Where each item begins in the recording: the marks set on its timeline, gaps taken out."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        items = {item.id: item for item in await store.agenda(tx, session.id)}
        marks = await store.marks(tx, session.id)
    result = []
    for mark in marks:
        position_s = await app[RECORDINGS].position_at(session.stream_id, mark.marked_at)
        if position_s is not None:
            item = items[mark.item_id]
            result.append(Chapter(item.id, item.number, item.title, round(position_s, 3), mark.marked_at))
    return result
