"""Rows, views and events of consultations. The parts build on them."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from app.feature import Event

Template = Literal["resolution", "plan", "budget", "survey", "meeting", "empty"]
State = Literal["draft", "published", "cancelled", "archived"]
OpenTo = Literal["everyone", "signed_in", "verified"]
PersonKind = Literal["resident", "business", "organisation"]
ShownAs = Literal["name", "pseudonym", "anonymous"]
Detail = Literal["full_name", "address", "birth_year", "phone", "pesel", "register_number"]
PhaseState = Literal["coming", "running", "ended"]
VerificationState = Literal["asked", "verified", "refused"]


class Consultation(msgspec.Struct, frozen=True, kw_only=True):
    """A consultation (konsultacje społeczne): public once it is published."""

    id: int
    slug: str
    template: Template
    state: State
    title: str
    summary: str
    topic: str
    districts: list[str]
    """What it is about; empty: the whole city."""
    open_to: OpenTo
    kinds: list[PersonKind]
    only_districts: list[str]
    """Only people of these districts take part; empty: of all."""
    shown_as: list[ShownAs]
    asked: list[Detail]
    contact: str
    legal_basis: str
    published_at: datetime | None
    cancelled_at: datetime | None
    cancelled_reason: str
    rev: int

    @property
    def path(self) -> str:
        """The one address of the consultation, before, during and after."""
        return f"/dialog/{self.slug}"

    @property
    def manage_path(self) -> str:
        return f"/dialog/manage/{self.id}"


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time. `ends_at` is the first moment at which it is over."""

    id: int
    consultation_id: int
    ordinal: int
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    rev: int

    def state(self, now: datetime) -> PhaseState:
        """What the clock says; no row has to be written for it."""
        if now < self.starts_at:
            return "coming"
        return "running" if now < self.ends_at else "ended"


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A building block with the clerk's settings as they lie in the database; `BlockKind.read` makes the kind's Struct.

    It stays inside: `BlockRow` is what the public is told.
    """

    id: int
    consultation_id: int
    phase_id: int | None
    """None: it stands on the page all the time."""
    kind: str
    ordinal: int
    title: str
    settings: dict[str, Any]
    removed_at: datetime | None
    rev: int

    @property
    def row(self) -> "BlockRow":
        return BlockRow(
            id=self.id, phase_id=self.phase_id, kind=self.kind, ordinal=self.ordinal, title=self.title, rev=self.rev
        )


class BlockRow(msgspec.Struct, frozen=True, kw_only=True):
    """A block as the public knows it."""

    id: int
    phase_id: int | None
    kind: str
    ordinal: int
    title: str
    rev: int


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who takes part in one consultation, as the city knows them; the public gets `rules.shown` of it."""

    id: int
    consultation_id: int
    account_id: int | None
    """None: from paper, or erased on request."""
    kind: PersonKind
    name: str
    organisation: str
    district: str
    pseudonym: str
    shown_as: ShownAs
    details: dict[str, str]
    paper: bool
    joined_at: datetime
    erased_at: datetime | None
    rev: int
    verified: bool
    """The office has checked the account, and with this kind and district."""


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody is shown. Templates draw it with `dialog.author(author)`; it may go into events and the API.

    `name` is empty where a person is anonymous to the public or was erased; `key` tells two of them apart within a
    consultation, and is empty for those who are anonymous.
    """

    name: str
    shown: Literal["name", "pseudonym", "anonymous", "erased", "office"]
    kind: PersonKind = "resident"
    organisation: str = ""
    verified: bool = False
    key: str = ""


class ParticipantDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says who joins a consultation."""

    kind: PersonKind = "resident"
    shown_as: ShownAs = "name"
    pseudonym: str = ""
    """Empty: one is made."""
    organisation: str = ""
    district: str = ""
    details: dict[str, str] = {}


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A resident's wish that the office checks who they are, and what became of it."""

    id: int
    account_id: int
    kind: PersonKind
    full_name: str
    organisation: str
    district: str
    address: str
    note: str
    state: VerificationState
    reason: str
    asked_at: datetime
    decided_at: datetime | None
    rev: int
    login: str
    email: str | None


class VerificationDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody writes who asks to be verified."""

    full_name: str
    kind: PersonKind = "resident"
    organisation: str = ""
    district: str = ""
    address: str = ""
    note: str = ""


class ConsultationDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk writes of a consultation."""

    title: str
    summary: str = ""
    topic: str = ""
    districts: tuple[str, ...] = ()
    open_to: OpenTo = "signed_in"
    kinds: tuple[PersonKind, ...] = ("resident", "business", "organisation")
    only_districts: tuple[str, ...] = ()
    shown_as: tuple[ShownAs, ...] = ("name", "pseudonym")
    asked: tuple[Detail, ...] = ()
    contact: str = ""
    legal_basis: str = ""


class PhaseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk writes of a phase; moments know their zone."""

    title: str
    starts_at: datetime
    ends_at: datetime
    summary: str = ""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the rules that everybody is told of, with its reason."""

    id: int
    consultation_id: int
    phase_id: int | None
    what: Literal["extended", "cancelled"]
    reason: str
    until: datetime | None
    created_at: datetime


class DuePhase(msgspec.Struct, frozen=True):
    """A phase whose beginning or end nobody has told of yet."""

    phase_id: int
    consultation_id: int
    what: Literal["begun", "ended"]
    due_at: datetime


class ConsultationLine(msgspec.Struct, frozen=True, kw_only=True):
    """A consultation in a list, with the phase that matters now: the one that runs, else the next, else the last."""

    id: int
    slug: str
    state: State
    title: str
    summary: str
    topic: str
    districts: list[str]
    starts_at: datetime | None
    """Of the first phase."""
    ends_at: datetime | None
    """Of the last phase."""
    phase: str
    phase_ends_at: datetime | None
    """Of the phase that runs."""
    next_at: datetime | None
    """When the next phase begins."""
    participants: int
    rev: int

    @property
    def path(self) -> str:
        return f"/dialog/{self.slug}"


class ParticipantGroup(msgspec.Struct, frozen=True, kw_only=True):
    """How many people of one kind and district take part."""

    kind: PersonKind
    district: str
    verified: bool
    paper: bool
    count: int


class ConsultationView(msgspec.Struct, frozen=True):
    """Snapshot of a consultation's room. `now`: the server's clock."""

    consultation: Consultation
    phases: list[Phase]
    blocks: list[BlockRow]
    now: datetime


class ConsultationChanged(Event, frozen=True, tag=True):
    """The consultation's row as it is now: other words, published, cancelled."""

    consultation: Consultation


class _PhaseEvent(Event, frozen=True):
    phase: Phase

    @property
    def key(self) -> str:
        return f"phase/{self.phase.id}"


class PhaseChanged(_PhaseEvent, frozen=True, tag=True):
    """The clerk changed a phase, or made it longer."""


class PhaseBegun(_PhaseEvent, frozen=True, tag=True):
    """Its moment has come."""


class PhaseEnded(_PhaseEvent, frozen=True, tag=True):
    """It is over: nothing is taken any more."""


class BlockChanged(Event, frozen=True, tag=True):
    """A block's row as it is now; a new one too. The parts publish it when their block must be drawn anew."""

    block: BlockRow

    @property
    def key(self) -> str:
        return f"block/{self.block.id}"


class PlanReplaced(Event, frozen=True, tag=True):
    """Phases or blocks were added, removed or put into another order: all of them as they stand now."""

    consultation_rev: int
    phases: list[Phase]
    blocks: list[BlockRow]

    @property
    def rev(self) -> int:
        return self.consultation_rev


def consultation_room(consultation_id: int) -> str:
    return f"dialog/{consultation_id}"
