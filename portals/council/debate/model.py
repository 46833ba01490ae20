"""Rows, views and events of the debate."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from app.feature import Event
from portals.council.model import AgendaItem, Councillor, Session

SpeechKind = Literal["speech", "reply", "motion", "guest"]
"""A councillor's speech, a reply (ad vocem), a formal motion (wniosek formalny), a guest's speech."""

AskedKind = Literal["speech", "reply", "motion"]
SpeechState = Literal["waiting", "speaking", "spoken", "withdrawn"]


class Speech(msgspec.Struct, frozen=True):
    """A speech (wystąpienie), from the raised hand to its last word.

    `item_id`: while it waits, the item for which the floor was asked; then the one in which it was given. `role`: what
    a guest is. `limit_s`: seconds that may be spoken, with what the chair added. `closed`: asked for, then begun, in a
    closed part (wyłączenie jawności), so that the public does not hear of it. `paused_at`: since when the timer stands;
    `paused_s`: seconds of earlier stops. Stops do not count against the limit; the speech itself is as long as it is.
    """

    id: int
    session_id: int
    item_id: int | None
    councillor_id: int | None
    speaker: str
    club: str
    role: str
    kind: SpeechKind
    state: SpeechState
    place: int
    limit_s: int
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    rev: int
    closed: bool = False
    paused_at: datetime | None = None
    paused_s: float = 0.0


class SpeakerDraft(msgspec.Struct, frozen=True):
    """Whom the chair or the clerk puts into the queue: a councillor, or a guest by name."""

    kind: SpeechKind
    councillor_id: int | None = None
    speaker: str = ""
    role: str = ""


class ItemTime(msgspec.Struct, frozen=True):
    """A guess at when an item begins."""

    item_id: int
    begins_at: datetime


class Guess(msgspec.Struct, frozen=True):
    """Guessed beginnings of the items that still wait, as they looked at a moment. `item_s`: length of an item."""

    made_at: datetime
    item_s: int
    times: list[ItemTime]


class Moment(msgspec.Struct, frozen=True):
    """Something that has happened: an item or a speech has begun."""

    at: datetime
    item: AgendaItem | None = None
    speech: Speech | None = None


class DebateView(msgspec.Struct, frozen=True):
    """Snapshot of a debate's room. `now`: the server's clock, by which the timers of pages run.

    `speeches`: who speaks and who waits, by place.
    """

    now: datetime
    speeches: list[Speech]
    guess: Guess


class SpeakerTotal(msgspec.Struct, frozen=True):
    """What one speaker used of a session."""

    speaker: str
    club: str
    role: str
    speeches: int
    seconds: int


class SpeechList(msgspec.Struct, frozen=True):
    """All speeches that were begun, in order, and who spoke for how long, longest first."""

    speeches: list[Speech]
    totals: list[SpeakerTotal]


class DebatePanel(msgspec.Struct, frozen=True):
    """What pages draw of the debate. `council`: whom the desk may put into the queue; empty for residents.

    `alerts`: items of which this account wants to be told by mail.
    """

    view: DebateView
    spoken: SpeechList
    journal: list[Moment]
    council: list[Councillor]
    alerts: list[int]
    may_chair: bool
    can_mail: bool
    warn_s: int
    extend_s: int
    limits: dict[SpeechKind, int]

    @property
    def speaking(self) -> Speech | None:
        return next((one for one in self.view.speeches if one.state == "speaking"), None)

    @property
    def facts(self) -> dict[str, Any]:
        """What scripts start from, until the room's snapshot comes."""
        facts: dict[str, Any] = msgspec.to_builtins(
            {"view": self.view, "warn_s": self.warn_s, "extend_s": self.extend_s, "alerts": self.alerts}
        )
        return facts

    @property
    def seats(self) -> dict[str, int]:
        """Numbers of the council's people by their names, which are different within a term."""
        return {one.name: one.id for one in self.council}

    @property
    def waiting(self) -> list[Speech]:
        return [one for one in self.view.speeches if one.state == "waiting"]


class Seat(msgspec.Struct, frozen=True):
    """A councillor's place in a session: who asks."""

    session: Session
    councillor: Councillor


class AlertList(msgspec.Struct, frozen=True):
    """Items of which an account wants to be told."""

    item_ids: list[int]


class Letter(msgspec.Struct, frozen=True):
    """A letter in one language."""

    subject: str
    text: str


class SendAlerts(msgspec.Struct, frozen=True):
    """Job: an item has begun; tell those who asked. `letters` by language."""

    item_id: int
    letters: dict[str, Letter]


class SpeechChanged(Event, frozen=True, tag=True):
    """A speech's row as it is now; a new one too."""

    speech: Speech

    @property
    def key(self) -> str:
        return f"speech/{self.speech.id}"


class QueueOrdered(Event, frozen=True, tag=True):
    """Places have changed: everybody who waits, in order."""

    speeches: list[Speech]


class TimesGuessed(Event, frozen=True, tag=True):
    """An item has begun, so the others are guessed anew."""

    guess: Guess


def debate_room(session_id: int) -> str:
    """What everybody may know."""
    return f"council/session/{session_id}/debate"


def inside_room(session_id: int) -> str:
    """The same with what is said in closed parts: for those who sit in the session and those who run it."""
    return f"council/session/{session_id}/debate/inside"
