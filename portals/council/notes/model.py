"""Rows, commands, views and events of the clerks' notes."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from app.feature import Event

LONGEST = 20_000


class Note(msgspec.Struct, frozen=True):
    """A note to a session, or to an item of its agenda. `about`: the item as it was called when somebody last wrote.

    `item_id` None of an item's note: the item was taken off the agenda.
    """

    id: int
    session_id: int
    kind: Literal["session", "item"]
    item_id: int | None
    about: str
    body: str
    changed_at: datetime
    changed_by: str
    rev: int


class NoteWords(msgspec.Struct, frozen=True):
    """What a clerk has typed. `rev`: of the note it was typed into; 0: there was none. `item_id` null: the session."""

    body: Annotated[str, msgspec.Meta(max_length=2 * LONGEST)]
    rev: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    item_id: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None


class NotesView(msgspec.Struct, frozen=True):
    """Snapshot of the room: all notes of a session, its own first, then by the agenda."""

    notes: list[Note]


class NoteChanged(Event, frozen=True, tag=True):
    """A note as it is now; a new one too."""

    note: Note

    @property
    def key(self) -> str:
        return f"note/{self.note.id}"


class NotesPanel(msgspec.Struct, frozen=True):
    """Whether this page has notes: the notes themselves come by the room."""

    may_write: bool


def notes_room(session_id: int) -> str:
    return f"council/session/{session_id}/notes"
