"""Rows of the council's people as the office keeps them, and what it writes."""

from datetime import date
from typing import Literal

import msgspec

from portals.council.model import Committee, Office

CommitteeRole = Literal["chair", "vice_chair", "member"]


class Club(msgspec.Struct, frozen=True):
    """A club of councillors (klub radnych) of a term."""

    id: int
    term_id: int
    name: str
    members: int
    rev: int


class CouncillorRecord(msgspec.Struct, frozen=True):
    """A councillor with what residents do not see: address, account, the end of a mandate."""

    id: int
    term_id: int
    name: str
    office: Office
    club_id: int | None
    club: str | None
    account_id: int | None
    login: str | None
    email: str
    account_email: str | None
    mandate_began_on: date | None
    mandate_ended_on: date | None
    mandate_end_reason: str
    rev: int

    @property
    def address(self) -> str:
        """Where mail goes; empty: nowhere."""
        return self.email or self.account_email or ""


class ClubSpell(msgspec.Struct, frozen=True):
    """A councillor is in this club, or in none, since that day."""

    since: date
    club_id: int | None
    club: str | None


class Seat(msgspec.Struct, frozen=True):
    """A councillor's seat in a committee."""

    committee_id: int
    councillor_id: int
    name: str
    role: CommitteeRole
    since: date
    until: date | None


class CommitteeView(msgspec.Struct, frozen=True):
    """A committee with its seats, those of the past too."""

    committee: Committee
    seats: list[Seat]


class TermDraft(msgspec.Struct, frozen=True):
    name: str
    began_on: date
    ends_on: date


class CouncillorDraft(msgspec.Struct, frozen=True):
    """`login`: of the account, or its e-mail address; empty: none."""

    name: str
    office: Office = ""
    email: str = ""
    login: str = ""
    mandate_began_on: date | None = None
    mandate_ended_on: date | None = None
    mandate_end_reason: str = ""


class CommitteeDraft(msgspec.Struct, frozen=True):
    name: str
    task: str = ""
    dissolved_on: date | None = None
