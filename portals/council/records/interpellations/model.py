"""Rows, views and events of interpellations."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from app.feature import Event

Kind = Literal["interpellation", "question"]
"""interpelacja: of weight for the whole municipality; zapytanie: about a fact"""

State = Literal["open", "answered", "withdrawn"]

ROOM = "council/interpellations"


class Interpellation(msgspec.Struct, frozen=True):
    """A row of the list. `answers`: how many there are, those that only put off the rest too."""

    id: int
    kind: Kind
    councillor_id: int
    councillor: str
    session_id: int | None
    title: str
    addressee: str
    submitted_on: date
    due_on: date
    state: State
    answered_on: date | None
    answers: int
    rev: int

    @property
    def path(self) -> str:
        return f"/council/interpellations/{self.id}"


class Answer(msgspec.Struct, frozen=True):
    """An answer (odpowiedź). One that is not final only says when the rest comes."""

    id: int
    interpellation_id: int
    author: str
    body: str
    final: bool
    answered_on: date
    created_at: datetime


class Whole(msgspec.Struct, frozen=True):
    """An interpellation with its words and its answers, oldest first."""

    interpellation: Interpellation
    body: str
    answers: list[Answer]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is submitted. Without a councillor: by the councillor who writes. Without a day: today."""

    kind: Kind = "interpellation"
    title: Annotated[str, msgspec.Meta(max_length=2000)]
    body: Annotated[str, msgspec.Meta(max_length=100_000)]
    addressee: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    councillor_id: int | None = None
    submitted_on: date | None = None


class NewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the office answers. Without a day: today."""

    author: Annotated[str, msgspec.Meta(max_length=2000)]
    body: Annotated[str, msgspec.Meta(max_length=100_000)]
    final: bool = True
    answered_on: date | None = None


class Listing(msgspec.Struct, frozen=True):
    """The newest interpellations, newest first; also the snapshot of their room."""

    interpellations: list[Interpellation]


class InterpellationChanged(Event, frozen=True, tag=True):
    """A row as it is now; a new one too."""

    interpellation: Interpellation

    @property
    def key(self) -> str:
        return f"interpellation/{self.interpellation.id}"
