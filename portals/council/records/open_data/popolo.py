"""Facts in the terms of Popolo. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from portals.council.records.facts.model import SessionFacts, VoteFact
from portals.council.records.open_data.model import (
    AgendaItem,
    Attendee,
    CouncilRows,
    Dataset,
    Event,
    Link,
    Membership,
    Motion,
    OptionCount,
    Organization,
    Person,
    Speech,
    Vote,
    VoteEvent,
)

OPTIONS: Final[dict[str | None, Literal["yes", "no", "abstain", "absent"]]] = {
    "for": "yes",
    "against": "no",
    "abstain": "abstain",
    None: "absent",
}
WHOLE_COUNCIL: Final = "council/all"
"""The council as it goes from term to term: it holds the sessions."""

LICENCE: Final = "CC0-1.0"


def schema(address: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a dataset."""
    made = msgspec.json.schema(Dataset)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": "Open data of a council, in the terms of Popolo",
        **made,
    }


class Exporter:
    """Turns facts into records. `site`: address of the installation; times are of the city's `zone`."""

    def __init__(self, site: str, zone: ZoneInfo, council: str) -> None:
        self._site = site.rstrip("/")
        self._zone = zone
        self._council = council

    def council(self, rows: CouncilRows) -> Dataset:
        """Persons, organizations and memberships of all terms."""
        organizations = [Organization(WHOLE_COUNCIL, self._council, "council")]
        organizations += [
            Organization(f"term/{one.id}", one.name, "council", WHOLE_COUNCIL, one.began_on, one.ends_on)
            for one in rows.terms
        ]
        organizations += [Organization(f"club/{one.id}", one.name, "club", f"term/{one.term_id}") for one in rows.clubs]
        organizations += [
            Organization(f"committee/{one.id}", one.name, "committee", f"term/{one.term_id}", None, one.dissolved_on)
            for one in rows.committees
        ]
        people = [
            Person(f"councillor/{one.id}", one.name, [Link(f"{self._site}/council/members/{one.id}", one.name)])
            for one in rows.people
        ]
        return Dataset(people, organizations, list(self._memberships(rows)), [], [], [], [])

    def _memberships(self, rows: CouncilRows) -> Iterable[Membership]:
        terms = {one.id: one for one in rows.terms}
        for one in rows.people:
            yield Membership(
                f"membership/council-{one.id}",
                f"councillor/{one.id}",
                f"term/{one.term_id}",
                one.office if one.office in {"chair", "vice_chair"} else "member",  # type: ignore[arg-type]  # the two
                one.mandate_began_on or terms[one.term_id].began_on,
                one.mandate_ended_on,
                f"club/{one.club_id}" if one.club_id else None,
            )
        for time in rows.club_times:
            yield Membership(
                f"membership/club-{time.club_id}-{time.councillor_id}-{time.since}",
                f"councillor/{time.councillor_id}",
                f"club/{time.club_id}",
                "member",
                time.since,
                time.until,
            )
        for seat in rows.seats:
            yield Membership(
                f"membership/committee-{seat.committee_id}-{seat.councillor_id}-{seat.since}",
                f"councillor/{seat.councillor_id}",
                f"committee/{seat.committee_id}",
                seat.role,
                seat.since,
                seat.until,
            )

    def sessions(self, facts: Iterable[SessionFacts]) -> Dataset:
        """Sessions with what happened in them, and the people who stand in them."""
        events: list[Event] = []
        motions: list[Motion] = []
        vote_events: list[VoteEvent] = []
        votes: list[Vote] = []
        names: dict[int, str] = {}
        bodies = {WHOLE_COUNCIL: Organization(WHOLE_COUNCIL, self._council, "council")}
        for one in facts:
            body = self._body(one)
            bodies.setdefault(body.id, body)
            events.append(self._event(one, body.id))
            names |= {member.councillor_id: member.name for member in one.members}
            names |= {said.councillor_id: said.speaker for said in one.speeches if said.councillor_id is not None}
            items = {item.id for item in one.items}
            for vote in one.votes:
                names |= {ballot.councillor_id: ballot.name for ballot in vote.ballots}
                motions.append(self._motion(vote, body.id, items))
                vote_events.append(self._vote_event(vote, body.id))
                votes += self._votes(vote)
        people = [
            Person(f"councillor/{key}", name, [Link(f"{self._site}/council/members/{key}", name)])
            for key, name in sorted(names.items())
        ]
        return Dataset(people, list(bodies.values()), [], events, motions, vote_events, votes)

    def _body(self, facts: SessionFacts) -> Organization:
        session = facts.session
        if session.committee_id is None:
            return Organization(WHOLE_COUNCIL, self._council, "council")
        return Organization(f"committee/{session.committee_id}", session.committee or "–", "committee", WHOLE_COUNCIL)

    def _event(self, facts: SessionFacts, body_id: str) -> Event:
        session = facts.session
        items = {item.id for item in facts.items}
        status = "cancelled" if session.called_off_at is not None else session.state
        return Event(
            id=f"session/{session.id}",
            name=session.title,
            identifier=session.number,
            classification="session",
            organization_id=body_id,
            start_date=self._moment(session.held_at),
            end_date=self._moment(session.ended_at) if session.ended_at else None,
            location=session.place,
            status=status,  # type: ignore[arg-type]  # the states of a session, and the one above
            agenda=[
                AgendaItem(
                    f"item/{item.id}",
                    item.number,
                    item.title,
                    self._moment(item.moments[0]) if item.moments else None,
                )
                for item in facts.items
            ],
            attendees=[Attendee(f"councillor/{one.councillor_id}", one.name, one.state) for one in facts.members],
            speeches=[
                Speech(
                    id=f"speech/{said.id}",
                    person_id=f"councillor/{said.councillor_id}" if said.councillor_id is not None else None,
                    attribution_text=said.speaker,
                    role=said.role or said.kind,
                    agenda_item_id=f"item/{said.item_id}" if said.item_id in items else None,
                    start_date=self._moment(said.began_at),
                    end_date=self._moment(said.ended_at) if said.ended_at else None,
                )
                for said in facts.speeches
            ],
            links=[Link(f"{self._site}/council/sessions/{session.slug}", session.title)],
        )

    def _motion(self, vote: VoteFact, body_id: str, items: set[int]) -> Motion:
        return Motion(
            id=f"motion/{vote.id}",
            legislative_session_id=f"session/{vote.session_id}",
            organization_id=body_id,
            text=vote.title,
            date=self._moment(vote.opened_at),
            result="pass" if vote.outcome == "adopted" else "fail",
            agenda_item_id=f"item/{vote.item_id}" if vote.item_id in items else None,
        )

    def _vote_event(self, vote: VoteFact, body_id: str) -> VoteEvent:
        counts = [("abstain", vote.abstained), ("absent", vote.absent)]
        if not vote.candidates:  # marks for people are neither for nor against
            counts = [("yes", vote.votes_for), ("no", vote.votes_against), *counts]
        return VoteEvent(
            id=f"vote/{vote.id}",
            identifier=str(vote.number),
            motion_id=f"motion/{vote.id}",
            legislative_session_id=f"session/{vote.session_id}",
            organization_id=body_id,
            start_date=self._moment(vote.opened_at),
            end_date=self._moment(vote.closed_at),
            result="pass" if vote.outcome == "adopted" else "fail",
            valid=vote.outcome != "no_quorum",
            secret=vote.secret,
            quorum=vote.quorum,
            present=vote.present,
            counts=[OptionCount(option, value) for option, value in counts],  # type: ignore[arg-type]  # the four above
            replaces_id=f"vote/{vote.repeats_id}" if vote.repeats_id is not None else None,
        )

    def _votes(self, vote: VoteFact) -> list[Vote]:
        """None of a secret vote: who took part says nothing of what they chose."""
        if vote.secret:
            return []
        return [
            Vote(f"vote/{vote.id}", f"councillor/{ballot.councillor_id}", OPTIONS[ballot.choice], ballot.club)
            for ballot in vote.ballots
        ]

    def _moment(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).isoformat(timespec="seconds")
