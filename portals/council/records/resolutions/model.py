"""Rows, views and events of the register of resolutions."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from app.feature import Event

State = Literal["in_force", "repealed", "annulled"]
"""obowiązuje, uchylona (by the council), nieważna (supervision or court)"""

ROOM = "council/resolutions"


class Resolution(msgspec.Struct, frozen=True):
    """A resolution (uchwała), with what its row shows of the session, the vote and the signed text."""

    id: int
    number: str
    title: str
    passed_on: date
    session_id: int | None
    item_id: int | None
    vote_id: int | None
    state: State
    remark: str
    in_force_on: date | None
    journal: str
    replaced_by: int | None
    file_id: UUID | None
    rev: int
    changed_at: datetime
    session_slug: str | None
    session_title: str | None
    votes_for: int | None
    votes_against: int | None
    abstained: int | None
    voted_at: datetime | None
    replaced_by_number: str | None
    file_name: str | None
    file_bytes: int | None

    @property
    def path(self) -> str:
        return f"/council/resolutions/{self.id}"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk writes of a resolution. `replaced_by`: number of the resolution that took its place."""

    number: str
    title: str
    passed_on: date
    vote_id: int | None = None
    state: State = "in_force"
    remark: str = ""
    in_force_on: date | None = None
    journal: str = ""
    replaced_by: str = ""


class Adopted(msgspec.Struct, frozen=True):
    """A vote that adopted something, and is not in the register yet."""

    vote_id: int
    title: str
    session_id: int
    session_number: str
    session_title: str
    item_id: int | None
    item_title: str | None
    closed_at: datetime


class Register(msgspec.Struct, frozen=True):
    """The newest resolutions, newest first; also the snapshot of the register's room."""

    resolutions: list[Resolution]


class ResolutionChanged(Event, frozen=True, tag=True):
    """A resolution as it is now; a new one too."""

    resolution: Resolution

    @property
    def key(self) -> str:
        return f"resolution/{self.resolution.id}"
