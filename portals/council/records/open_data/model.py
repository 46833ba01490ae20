"""The dataset in the terms of Popolo (popoloproject.com): names and meanings of fields are theirs.

Ids are strings that never change: `councillor/12`, `vote/7`. Dates are ISO 8601.
"""

from typing import Annotated, Literal

import msgspec

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z-]+/[0-9a-z-]+$")]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
Moment = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://")]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Link(msgspec.Struct, frozen=True):
    """Where more of it can be read or seen."""

    url: Url
    note: str


class Person(msgspec.Struct, frozen=True):
    """A councillor in one term."""

    id: Id
    name: Text
    links: list[Link] = []


class Organization(msgspec.Struct, frozen=True):
    """The council of a term, a committee, or a club of councillors."""

    id: Id
    name: Text
    classification: Literal["council", "committee", "club"]
    parent_id: Id | None = None
    founding_date: Day | None = None
    dissolution_date: Day | None = None


class Membership(msgspec.Struct, frozen=True):
    """A person in an organization; `on_behalf_of_id`: the club of a seat in the council."""

    id: Id
    person_id: Id
    organization_id: Id
    role: Literal["member", "chair", "vice_chair"]
    start_date: Day | None = None
    end_date: Day | None = None
    on_behalf_of_id: Id | None = None


class AgendaItem(msgspec.Struct, frozen=True):
    """An item of a session's agenda. `start_date`: when it first came up."""

    id: Id
    identifier: str
    title: Text
    start_date: Moment | None = None


class Attendee(msgspec.Struct, frozen=True):
    """Whether somebody was there."""

    person_id: Id
    name: Text
    status: Literal["present", "late", "left", "absent"]


class Speech(msgspec.Struct, frozen=True):
    """Who spoke, and when. `person_id` is null for guests."""

    id: Id
    person_id: Id | None
    attribution_text: Text
    role: str
    agenda_item_id: Id | None
    start_date: Moment
    end_date: Moment | None


class Event(msgspec.Struct, frozen=True):
    """A session."""

    id: Id
    name: Text
    identifier: str
    classification: Literal["session"]
    organization_id: Id
    start_date: Moment
    end_date: Moment | None
    location: str
    status: Literal["planned", "live", "ended", "cancelled"]
    agenda: list[AgendaItem]
    attendees: list[Attendee]
    speeches: list[Speech]
    links: list[Link] = []


class Motion(msgspec.Struct, frozen=True):
    """What was voted on."""

    id: Id
    legislative_session_id: Id
    organization_id: Id
    text: Text
    date: Moment
    result: Literal["pass", "fail"]
    agenda_item_id: Id | None = None


class OptionCount(msgspec.Struct, frozen=True):
    """So many votes of a kind."""

    option: Literal["yes", "no", "abstain", "absent"]
    value: Count


class VoteEvent(msgspec.Struct, frozen=True):
    """A vote. `secret`: how each person voted is not known to anybody. `valid`: there was a quorum."""

    id: Id
    identifier: str
    motion_id: Id
    legislative_session_id: Id
    organization_id: Id
    start_date: Moment
    end_date: Moment
    result: Literal["pass", "fail"]
    valid: bool
    secret: bool
    quorum: Count
    present: Count
    counts: list[OptionCount]
    replaces_id: Id | None = None


class Vote(msgspec.Struct, frozen=True):
    """How a person voted. `group`: name of the club on that day."""

    vote_event_id: Id
    voter_id: Id
    option: Literal["yes", "no", "abstain", "absent"]
    group: str | None = None


class Dataset(msgspec.Struct, frozen=True):
    """A part of the open data, or all of it."""

    persons: list[Person]
    organizations: list[Organization]
    memberships: list[Membership]
    events: list[Event]
    motions: list[Motion]
    vote_events: list[VoteEvent]
    votes: list[Vote]


class TermRow(msgspec.Struct, frozen=True):
    id: int
    name: str
    began_on: Day
    ends_on: Day


class PersonRow(msgspec.Struct, frozen=True):
    """A councillor with the days of the mandate; `None`: those of the term."""

    id: int
    term_id: int
    name: str
    office: str
    club_id: int | None
    mandate_began_on: Day | None
    mandate_ended_on: Day | None


class ClubRow(msgspec.Struct, frozen=True):
    id: int
    term_id: int
    name: str


class ClubTimeRow(msgspec.Struct, frozen=True):
    """Since when somebody has been in a club, and until when."""

    councillor_id: int
    club_id: int
    since: Day
    until: Day | None


class CommitteeRow(msgspec.Struct, frozen=True):
    id: int
    term_id: int
    name: str
    dissolved_on: Day | None


class SeatRow(msgspec.Struct, frozen=True):
    """A seat in a committee."""

    committee_id: int
    councillor_id: int
    role: Literal["member", "chair", "vice_chair"]
    since: Day
    until: Day | None


class CouncilRows(msgspec.Struct, frozen=True):
    """Who sits, as the database has it."""

    terms: list[TermRow]
    people: list[PersonRow]
    clubs: list[ClubRow]
    club_times: list[ClubTimeRow]
    committees: list[CommitteeRow]
    seats: list[SeatRow]
