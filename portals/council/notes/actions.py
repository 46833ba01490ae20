"""What clerks do with their notes. Nobody else has them: no export, no archive, no search and no other room."""

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from portals.council import store as council_store
from portals.council.actions import access_desk, access_session
from portals.council.model import Session
from portals.council.notes import store
from portals.council.notes.model import LONGEST, Note, NoteChanged, NotesPanel, NotesView, NoteWords, notes_room
from portals.council.rules import can_run


async def notes_view(tx: Tx, actor: Actor, session_id: int) -> NotesView:
    """All notes of a session, for those who run it; for others there are none."""
    if not can_run(actor):
        raise NotFound
    await access_session(tx, actor, session_id)
    return NotesView(await store.notes(tx, session_id))


async def panel(_tx: Tx, actor: Actor, _session: Session) -> NotesPanel:
    return NotesPanel(can_run(actor))


async def write_note(database: Database, actor: Actor, session_id: int, words: NoteWords) -> Note:
    """Keeps what a clerk has typed. Whoever typed into an older note is told so, and nothing is written over.

    The same words again change nothing: an answer that got lost is asked for once more.
    """
    if len(words.body) > LONGEST:
        raise Invalid(fields={"body": _("This is too long: 20,000 characters at most")})
    async with database.transaction() as tx:
        await access_desk(tx, actor, session_id)  # locks: two clerks who write at once follow each other
        about = ""
        if words.item_id is not None:
            item = await council_store.item(tx, session_id, words.item_id)
            if item is None:
                raise NotFound
            about = f"{item.number}. {item.title}"
        before = await store.note(tx, session_id, words.item_id)
        if before is not None and before.body == words.body:
            return before
        if words.rev != (before.rev if before else 0):
            raise Conflict("Somebody else has changed this note")
        if before is None:
            note = await store.add_note(tx, session_id, words.item_id, about, words.body, actor.account_id)
        else:
            note = await store.change_note(tx, before.id, about, words.body, actor.account_id)
        tx.publish(notes_room(session_id), NoteChanged(note))
        await tx.audit(actor, "note.write", f"session/{session_id}", note=note.id, characters=len(note.body))
        return note
