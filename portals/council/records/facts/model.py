"""Facts of a session that may be told to everybody."""

from datetime import datetime
from typing import Literal

import msgspec

Choice = Literal["for", "against", "abstain"]
Attendance = Literal["absent", "present", "late", "left"]
Outcome = Literal["adopted", "rejected", "no_quorum"]


class SessionFact(msgspec.Struct, frozen=True):
    """A session. `committee`: who sat; None: the council."""

    id: int
    slug: str
    number: str
    title: str
    place: str
    state: str
    stream_id: str
    planned_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    called_off_at: datetime | None
    committee_id: int | None
    committee: str | None
    term: str | None

    @property
    def held_at(self) -> datetime:
        return self.started_at or self.planned_at


class ItemFact(msgspec.Struct, frozen=True):
    """An item of the agenda. `moments`: each time it came up."""

    id: int
    number: str
    title: str
    depth: int
    state: str
    moments: list[datetime]


class MemberFact(msgspec.Struct, frozen=True):
    """A line of the attendance list: name, club and office of the day; when the person came first and left last."""

    councillor_id: int
    name: str
    club: str | None
    office: str
    state: Attendance
    came_at: datetime | None
    left_at: datetime | None


class BallotFact(msgspec.Struct, frozen=True):
    """How somebody voted; in a secret vote `choice` is None and `voted` says whether."""

    councillor_id: int
    name: str
    club: str | None
    voted: bool
    choice: Choice | None


class VoteFact(msgspec.Struct, frozen=True):
    """A vote that was closed. `corrections`: what was put right afterwards, in words of the clerk."""

    id: int
    session_id: int
    item_id: int | None
    number: int
    title: str
    secret: bool
    majority: str
    opened_at: datetime
    closed_at: datetime
    entitled: int
    present: int
    statutory: int
    quorum: int
    votes_for: int
    votes_against: int
    abstained: int
    absent: int
    outcome: Outcome
    repeats_id: int | None
    reason: str
    corrections: list[str]
    ballots: list[BallotFact]
    paper: bool = False
    """Secret, on paper: there are no ballots by name, and the counting committee stands for the numbers."""
    candidates: list[str] = []
    candidate_votes: list[int] = []
    committee: list[str] = []
    ballots_given: int = 0
    ballots_returned: int = 0
    ballots_invalid: int = 0


class SpeechFact(msgspec.Struct, frozen=True):
    """A speech that may be told: none of a closed part."""

    id: int
    item_id: int | None
    councillor_id: int | None
    speaker: str
    club: str
    role: str
    kind: str
    began_at: datetime
    ended_at: datetime | None


class IntervalFact(msgspec.Struct, frozen=True):
    """A break, or a closed part with its legal basis."""

    kind: Literal["break", "closed"]
    began_at: datetime
    ended_at: datetime | None
    note: str
    legal_basis: str


class SessionFacts(msgspec.Struct, frozen=True):
    """Everything of one session. `statutory`: seats of the body by law; None while no attendance was taken."""

    session: SessionFact
    items: list[ItemFact]
    members: list[MemberFact]
    statutory: int | None
    votes: list[VoteFact]
    speeches: list[SpeechFact]
    intervals: list[IntervalFact]
