"""Rows, settings and events of projects."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from app.feature import Event
from portals.dialog.model import Author

State = Literal["draft", "submitted", "correction", "admitted", "rejected", "appealed", "withdrawn"]
FileKind = Literal["public", "supporters"]
PUBLIC: tuple[State, ...] = ("submitted", "correction", "admitted", "rejected", "appealed")


class BudgetSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of sending in."""

    city_most_pln: int = 0
    """A project of the whole city may cost so much; 0: no limit."""
    district_most_pln: int = 0
    supporters: int = 0
    """Names that the list of supporters needs; 0: none is asked for."""
    correction_days: int = 7
    appeal_days: int = 7
    checks: str = ""
    """What the formal check looks at: a line each."""


class CostItem(msgspec.Struct, frozen=True):
    """A line of the estimate."""

    name: str
    cost_pln: int


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project (projekt) as it lies in the database; the public gets `rules.row_of` of it."""

    id: int
    block_id: int
    participant_id: int
    number: int | None
    state: State
    title: str
    summary: str
    description: str
    district: str
    place: str
    lat: float | None
    lng: float | None
    supporters: int
    items: list[CostItem]
    cost_pln: int
    checks: dict[str, bool]
    due_at: datetime | None
    submitted_at: datetime | None
    created_at: datetime
    rev: int

    @property
    def public(self) -> bool:
        return self.state in PUBLIC


class ProjectRow(msgspec.Struct, frozen=True, kw_only=True):
    """A project in a list, as the public sees it."""

    id: int
    number: int
    state: State
    title: str
    summary: str
    district: str
    place: str
    cost_pln: int
    author: Author
    author_name: str
    path: str
    rev: int


class ProjectDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the author writes."""

    title: str
    summary: str = ""
    description: str = ""
    district: str = ""
    place: str = ""
    lat: float | None = None
    lng: float | None = None
    supporters: int = 0
    items: tuple[CostItem, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """Something that happened to a project."""

    state: State
    words: str
    at: datetime


class ProjectFile(msgspec.Struct, frozen=True):
    """A file of a project."""

    id: int
    project_id: int
    file_id: UUID
    what: FileKind
    title: str
    bytes: int


class ProjectChanged(Event, frozen=True, tag=True):
    """A project's row as it is now; a new one too. Withdrawn ones leave the list."""

    project: ProjectRow

    @property
    def key(self) -> str:
        return f"project/{self.project.id}"


class ProjectList(msgspec.Struct, frozen=True):
    """Snapshot of the room."""

    projects: list[ProjectRow]


def room(block_id: int) -> str:
    return f"dialog/budget/{block_id}"
