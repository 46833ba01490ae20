"""Documents: what they consist of, how far they are, what happened to them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from app.feature import Event

Kind = Literal["minutes", "votes", "attendance", "package"]
"""protokół, imienny wykaz głosowań, lista obecności, paczka do BIP"""

Format = Literal["pdf", "docx", "zip"]
State = Literal["queued", "running", "ready", "failed"]


class Heading(msgspec.Struct, frozen=True, tag_field="type", tag="heading"):
    """`level` from 1, without holes, as readers of screens want it."""

    level: int
    text: str


class Paragraph(msgspec.Struct, frozen=True, tag_field="type", tag="paragraph"):
    """`term`: a word in front that says what follows, in bold."""

    text: str
    term: str = ""


class Table(msgspec.Struct, frozen=True, tag_field="type", tag="table"):
    """`widths`: shares of the page."""

    header: list[str]
    widths: list[int]
    rows: list[list[str]]


class Signatures(msgspec.Struct, frozen=True, tag_field="type", tag="signatures"):
    """Places to sign, side by side: who signs there."""

    people: list[str]


Block = Heading | Paragraph | Table | Signatures


class Composition(msgspec.Struct, frozen=True, tag_field="holds", tag="document"):
    """A document before it is set: the same for every format. `note` stands at the foot of every page."""

    title: str
    language: str
    office: str
    note: str
    blocks: list[Block]


class Paper(msgspec.Struct, frozen=True):
    """A public paper that goes into a package."""

    file_id: UUID
    name: str
    title: str
    bytes: int
    sha256: str


class Package(msgspec.Struct, frozen=True, tag_field="holds", tag="package"):
    """What a package for the bulletin holds: documents to be set, files that are ready, papers."""

    documents: dict[str, Composition]
    files: dict[str, str]
    papers: list[Paper]
    about: dict[str, str]


class Document(msgspec.Struct, frozen=True):
    """A document that was asked for. `made_for`: digest of what it tells."""

    session_id: int
    kind: Kind
    format: Format
    state: State
    progress: float
    made_for: str
    file_id: UUID | None
    rev: int
    changed_at: datetime

    @property
    def name(self) -> str:
        return f"{self.kind}.{self.format}"


class DocumentList(msgspec.Struct, frozen=True):
    """Documents of a session that were asked for; also the snapshot of their room."""

    documents: list[Document]


class Make(msgspec.Struct, frozen=True):
    """Job: make a document of this, which is what was known when it was asked for."""

    session_id: int
    kind: Kind
    format: Format
    made_for: str
    content: Composition | Package
    file_name: str


class DocumentChanged(Event, frozen=True, tag=True):
    """A document was queued, is further, is ready or failed."""

    document: Document

    @property
    def key(self) -> str:
        return f"document/{self.document.name}"


def documents_room(session_id: int) -> str:
    return f"council/session/{session_id}/documents"
