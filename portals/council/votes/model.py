"""Rows, views and events of attendance and votes."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from app.feature import Event
from portals.council.model import Office

Attendance = Literal["absent", "present", "late", "left"]
"""nieobecny, obecny, spóźniony, wyszedł"""

Choice = Literal["for", "against", "abstain"]
"""za, przeciw, wstrzymuję się"""

VoteState = Literal["draft", "open", "closed", "cancelled"]
Outcome = Literal["", "adopted", "rejected", "no_quorum"]
Tie = Literal["rejected", "chair"]
Progress = Literal["none", "count", "names"]


class Member(msgspec.Struct, frozen=True):
    """A line of the attendance list (lista obecności). Name, club and office are those of the day.

    `rev` is 0 while nobody has touched the list.
    """

    councillor_id: int
    name: str
    club: str | None
    office: Office
    state: Attendance
    changed_at: datetime | None
    rev: int

    @property
    def in_room(self) -> bool:
        return self.state in {"present", "late"}


class AttendanceChange(msgspec.Struct, frozen=True):
    """One change of the list. `by_councillor`: confirmed from the phone, not marked by the clerk."""

    councillor_id: int
    state: Attendance
    changed_at: datetime
    by_councillor: bool


class Quorum(msgspec.Struct, frozen=True):
    """Whether the body may decide. `statutory`: its seats by law (ustawowy skład)."""

    present: int
    needed: int
    statutory: int
    rev: int

    @property
    def met(self) -> bool:
        return self.present >= self.needed


class Vote(msgspec.Struct, frozen=True):
    """A vote (głosowanie). Its numbers are final once it is closed; while it is open all but `voted` are 0.

    `opened_at` and `closed_at` are its moments in the recording; of a cancelled vote `closed_at` says when that was.
    `absent` counts whoever did not vote. `reason`: why an earlier vote (`repeats_id`) is repeated.
    """

    id: int
    session_id: int
    item_id: int | None
    number: int
    title: str
    secret: bool
    majority: str
    abstentions_count: bool
    tie: Tie
    state: VoteState
    opened_at: datetime | None
    closed_at: datetime | None
    entitled: int
    voted: int
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
    cancel_reason: str
    rev: int
    paper: bool = False
    """Secret, on paper: the counting committee counts, the clerk enters what it found."""
    candidates: list[str] = []
    """Of a vote on people. `votes_for` is the first one's number then, `votes_against` all the others'."""
    candidate_votes: list[int] = []
    committee: list[str] = []
    """The counting committee (komisja skrutacyjna)."""
    ballots_given: int = 0
    ballots_returned: int = 0
    ballots_invalid: int = 0


class Voter(msgspec.Struct, frozen=True):
    """Who may vote, in Polish order of names. `choice` is None for whoever did not vote, and in secret votes.

    `present`: in the room at the close. `by_clerk`: entered at the desk.
    """

    vote_id: int
    councillor_id: int
    name: str
    club: str | None
    office: Office
    present: bool
    voted: bool
    choice: Choice | None
    cast_at: datetime | None
    by_clerk: bool
    rev: int


class Correction(msgspec.Struct, frozen=True):
    """What the clerk put right in a named vote after its close."""

    vote_id: int
    councillor_id: int
    choice_before: Choice | None
    choice_after: Choice | None
    reason: str
    corrected_at: datetime


class PaperCount(msgspec.Struct, frozen=True, kw_only=True):
    """What the counting committee has found: ballots given out and taken back, valid ones, and how they were marked.

    With candidates `candidate_votes` counts in their order and `votes_for` and `votes_against` are 0.
    """

    given: int
    returned: int
    valid: int
    invalid: int
    votes_for: int = 0
    votes_against: int = 0
    abstained: int = 0
    candidate_votes: list[int] = []
    committee: list[str] = []


class Recount(msgspec.Struct, frozen=True):
    """What was put right in a count on paper after its close."""

    vote_id: int
    before: PaperCount
    after: PaperCount
    reason: str
    corrected_at: datetime


class NamedVote(msgspec.Struct, frozen=True):
    """A vote with what may be told of its voters: choices of a closed named vote, who took part in a secret one.

    `withheld`: not public yet, since it was held in a part that is still closed. On the desk alone.
    """

    vote: Vote
    voters: list[Voter]
    corrections: list[Correction] = []
    recounts: list[Recount] = []
    withheld: bool = False


class VotesView(msgspec.Struct, frozen=True):
    """Snapshot of the public room: no drafts, no choice before the close.

    `members` is empty where the attendance list is not public during the session.
    """

    quorum: Quorum
    members: list[Member]
    votes: list[NamedVote]


class DeskView(msgspec.Struct, frozen=True):
    """Snapshot of the desk's room: drafts too, and who has voted. Choices that the clerk entered are told."""

    quorum: Quorum
    members: list[Member]
    votes: list[NamedVote]


class OwnBallot(msgspec.Struct, frozen=True):
    """A councillor's own ballot in a vote. `choice` is None in secret votes: nobody can tell any more."""

    vote_id: int
    councillor_id: int
    secret: bool
    voted: bool
    choice: Choice | None
    by_clerk: bool
    rev: int


class OwnView(msgspec.Struct, frozen=True):
    """Snapshot of a councillor's own room: presence, and the ballots of this session."""

    member: Member
    ballots: list[OwnBallot]


class VoteDraft(msgspec.Struct, frozen=True):
    """What the clerk prepares."""

    title: str
    majority: str = ""
    secret: bool = False
    item_id: int | None = None
    paper: bool = False
    candidates: list[str] = []


class QuorumChanged(Event, frozen=True, tag=True):
    """How many are in the room now."""

    quorum: Quorum


class AttendanceChanged(Event, frozen=True, tag=True):
    """A line of the attendance list as it is now."""

    member: Member

    @property
    def key(self) -> str:
        return f"member/{self.member.councillor_id}"


class VoteChanged(Event, frozen=True, tag=True):
    """A vote as it is now, with what this room may know of its voters; a new one too."""

    named: NamedVote

    @property
    def key(self) -> str:
        return f"vote/{self.named.vote.id}"

    @property
    def rev(self) -> int:
        return self.named.vote.rev


class VoteRemoved(Event, frozen=True, tag=True):
    """A draft was thrown away."""

    removes: ClassVar[bool] = True

    vote_id: int

    @property
    def key(self) -> str:
        return f"vote/{self.vote_id}"


class VoteWithheld(Event, frozen=True, tag=True):
    """For the public: a vote goes on in a part that is closed to it. `from_rev`: what comes after the part is told."""

    removes: ClassVar[bool] = True

    vote_id: int
    from_rev: int

    @property
    def key(self) -> str:
        return f"vote/{self.vote_id}"

    @property
    def rev(self) -> int:
        return self.from_rev


class BallotCast(Event, frozen=True, tag=True):
    """In the councillor's own room: the ballot as it is now, on whichever device it was cast."""

    ballot: OwnBallot

    @property
    def key(self) -> str:
        return f"ballot/{self.ballot.vote_id}"


class OwnAttendanceChanged(Event, frozen=True, tag=True):
    """In the councillor's own room: presence as it is now."""

    member: Member


def votes_room(session_id: int) -> str:
    return f"council/session/{session_id}/votes"


def desk_room(session_id: int) -> str:
    return f"council/session/{session_id}/votes/desk"


def inside_room(session_id: int) -> str:
    return f"council/session/{session_id}/votes/inside"


def own_room(session_id: int, councillor_id: int) -> str:
    return f"council/session/{session_id}/votes/own/{councillor_id}"
