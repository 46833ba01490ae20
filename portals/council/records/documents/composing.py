"""Writes documents from facts, in the reader's language. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from app.i18n import Locale, _
from portals.council.records.documents.model import Block, Composition, Heading, Paragraph, Signatures, Table
from portals.council.records.facts.model import (
    BallotFact,
    IntervalFact,
    ItemFact,
    MemberFact,
    SessionFacts,
    SpeechFact,
    VoteFact,
)
from portals.council.records.facts.rules import quorum_of, were_there

CHOICES: Final = {"for": _("for"), "against": _("against"), "abstain": _("abstained"), None: _("did not vote")}
GROUPS: Final = (
    ("for", _("For")),
    ("against", _("Against")),
    ("abstain", _("Abstained")),
    (None, _("Did not vote")),
)
OUTCOMES: Final = {"adopted": _("adopted"), "rejected": _("rejected"), "no_quorum": _("no quorum: not valid")}
ATTENDANCE: Final = {"present": _("present"), "late": _("came late"), "left": _("left early"), "absent": _("absent")}
OFFICES: Final = {"chair": _("Chair of the council"), "vice_chair": _("Vice-chair"), "": ""}
SPEECHES: Final = {"speech": "", "reply": _("reply"), "motion": _("formal motion"), "guest": ""}


class Writer:
    """Writes in one language."""

    def __init__(self, locale: Locale, office: str) -> None:
        self.locale = locale
        self.office = office

    def say(self, message: str, **values: object) -> str:
        text = self.locale.gettext(message)
        return text % values if values else text

    def document(self, title: str, note: str, blocks: Iterable[Block]) -> Composition:
        return Composition(title, self.locale.language, self.office, note, [Heading(1, title), *blocks])

    def minutes(self, facts: SessionFacts) -> Composition:
        """Draft of the minutes (protokół): everything the record knows; the clerk adds what was said."""
        title = self.say(_("Minutes: %(title)s"), title=facts.session.title)
        note = self.say(_("Draft made from the record of the session"))
        return self.document(title, note, self._minutes(facts))

    def votes(self, facts: SessionFacts) -> Composition:
        """The named list of votes (imienny wykaz głosowań)."""
        title = self.say(_("Named votes: %(title)s"), title=facts.session.title)
        blocks: list[Block] = list(self._head(facts))
        if not facts.votes:
            blocks.append(Paragraph(self.say(_("There was no vote."))))
        for vote in facts.votes:
            blocks += self._vote(vote, facts.items, level=2)
            if not vote.paper:
                blocks.append(self._ballots(vote.ballots, secret=vote.secret))
        return self.document(title, facts.session.title, blocks)

    def attendance(self, facts: SessionFacts) -> Composition:
        """The attendance list (lista obecności)."""
        title = self.say(_("Attendance: %(title)s"), title=facts.session.title)
        return self.document(title, facts.session.title, [*self._head(facts), *self._attendance(facts)])

    def _head(self, facts: SessionFacts) -> Iterator[Block]:
        session = facts.session
        lines = [
            (_("Who sat"), session.committee or self.say(_("The council"))),
            (_("Term"), session.term or ""),
            (_("Place"), session.place),
            (_("Began"), self.locale.format_datetime(session.held_at)),
            (_("Ended"), self.locale.format_datetime(session.ended_at) if session.ended_at else ""),
        ]
        yield from (Paragraph(text, self.say(term)) for term, text in lines if text)

    def _attendance(self, facts: SessionFacts) -> Iterator[Block]:
        if facts.statutory is None:
            yield Paragraph(self.say(_("No attendance was taken.")))
            return
        there, needed = were_there(facts.members), quorum_of(facts.statutory)
        values = {"there": len(there), "all": facts.statutory, "needed": needed}
        met = len(there) >= needed
        text = (
            _("%(there)s of %(all)s were there; the quorum is %(needed)s, so decisions could be made.")
            if met
            else _("%(there)s of %(all)s were there; the quorum is %(needed)s, so no decision could be made.")
        )
        yield Paragraph(self.say(text, **values), self.say(_("Quorum")))
        header = [self.say(one) for one in (_("No."), _("Name and surname"), _("Club"), _("Attendance"))]
        rows = [
            [str(number), self._named(member), member.club or self.say(_("unaffiliated")), self._came(member)]
            for number, member in enumerate(facts.members, start=1)
        ]
        yield Table(header, [1, 6, 6, 5], rows)

    def _named(self, member: MemberFact) -> str:
        office = OFFICES.get(member.office, "")
        return f"{member.name} ({self.say(office)})" if office else member.name

    def _came(self, member: MemberFact) -> str:
        state = self.say(ATTENDANCE[member.state])
        moment = member.left_at if member.state == "left" else member.came_at if member.state == "late" else None
        return f"{state} ({self.locale.format_time(moment)})" if moment else state

    def _minutes(self, facts: SessionFacts) -> Iterator[Block]:
        yield from self._head(facts)
        yield Heading(2, self.say(_("Attendance and quorum")))
        yield from self._attendance(facts)
        yield Heading(2, self.say(_("Agenda")))
        yield from (Paragraph(f"{item.number}. {item.title}") for item in facts.items)
        yield Heading(2, self.say(_("Course of the session")))
        yield from self._course(facts)
        yield Signatures([self.say(_("Taken down by")), self.say(_("Chair of the session"))])

    def _course(self, facts: SessionFacts) -> Iterator[Block]:
        """Items in the order in which they first came up, what belongs to none of them at the end."""
        events: dict[int | None, list[tuple[datetime, SpeechFact | VoteFact]]] = defaultdict(list)
        for speech in facts.speeches:
            events[speech.item_id].append((speech.began_at, speech))
        for vote in facts.votes:
            events[vote.item_id].append((vote.opened_at, vote))
        known = {item.id for item in facts.items}
        loose = [pair for item_id, pairs in events.items() if item_id not in known for pair in pairs]
        debated = sorted((item for item in facts.items if item.moments), key=lambda item: item.moments[0])
        pauses = list(facts.intervals)
        for number, item in enumerate(debated):
            last = number == len(debated) - 1
            until = None if last else debated[number + 1].moments[0]
            yield Heading(3, f"{item.number}. {item.title}")
            times = ", ".join(self.locale.format_time(moment) for moment in item.moments)
            yield Paragraph(times, self.say(_("Taken up at")))
            pairs: list[tuple[datetime, SpeechFact | VoteFact | IntervalFact]] = list(events[item.id])
            inside = [one for one in pauses if until is None or one.began_at < until]
            pauses = pauses[len(inside) :]
            pairs += [(one.began_at, one) for one in inside]
            yield from self._events(pairs)
        if loose or pauses:
            yield Heading(3, self.say(_("Outside the agenda")))
            yield from self._events([*loose, *((one.began_at, one) for one in pauses)])
        skipped = [item for item in facts.items if not item.moments and item.state == "waiting"]
        if skipped and debated:
            names = "; ".join(f"{item.number}. {item.title}" for item in skipped)
            yield Paragraph(names, self.say(_("Not taken up")))

    def _events(self, pairs: list[tuple[datetime, SpeechFact | VoteFact | IntervalFact]]) -> Iterator[Block]:
        for moment, event in sorted(pairs, key=lambda pair: pair[0]):
            if isinstance(event, SpeechFact):
                yield Paragraph(self._speech(event), self.locale.format_time(moment))
            elif isinstance(event, IntervalFact):
                yield Paragraph(self._interval(event), self.locale.format_time(moment))
            else:
                yield from self._vote(event, [], level=4)
                yield from self._by_choice(event)

    def _speech(self, speech: SpeechFact) -> str:
        about = [speech.role or speech.club, self.say(SPEECHES[speech.kind]) if SPEECHES.get(speech.kind) else ""]
        if speech.ended_at is not None:
            about.append(self.locale.format_duration((speech.ended_at - speech.began_at).total_seconds()))
        return f"{speech.speaker} ({', '.join(part for part in about if part)})"

    def _interval(self, interval: IntervalFact) -> str:
        end = self.locale.format_time(interval.ended_at) if interval.ended_at else "…"
        if interval.kind == "break":
            text = self.say(_("Break until %(time)s"), time=end)
            return f"{text}: {interval.note}" if interval.note else text
        return self.say(_("Closed part until %(time)s. Legal basis: %(basis)s"), time=end, basis=interval.legal_basis)

    def _vote(self, vote: VoteFact, items: list[ItemFact], level: int) -> Iterator[Block]:
        yield Heading(level, self.say(_("Vote %(number)s: %(title)s"), number=vote.number, title=vote.title))
        item = next((one for one in items if one.id == vote.item_id), None)
        if item is not None:
            yield Paragraph(f"{item.number}. {item.title}", self.say(_("Agenda item")))
        if vote.repeats_id is not None:
            yield Paragraph(vote.reason, self.say(_("Vote taken again because")))
        text = self._marks(vote)
        if vote.secret:
            text += f" ({self.say(_('secret vote, on paper') if vote.paper else _('secret vote'))})"
        yield Paragraph(f"{self.say(OUTCOMES[vote.outcome])}: {text}", self.say(_("Result")))
        if vote.paper:
            yield from self._paper(vote)
        facts = self.say(_("present %(present)s, quorum %(quorum)s"), present=vote.present, quorum=vote.quorum)
        yield Paragraph(f"{self.locale.format_time(vote.closed_at, seconds=True)}, {facts}", self.say(_("Closed")))
        yield from (Paragraph(line, self.say(_("Correction"))) for line in vote.corrections)

    def _marks(self, vote: VoteFact) -> str:
        values = {"yes": vote.votes_for, "no": vote.votes_against, "none": vote.abstained, "absent": vote.absent}
        if not vote.candidates:
            return self.say(_("for %(yes)s, against %(no)s, abstained %(none)s, did not vote %(absent)s"), **values)
        marks = zip(vote.candidates, vote.candidate_votes, strict=True)
        rest = self.say(_("abstained %(none)s, did not vote %(absent)s"), **values)
        return ", ".join([*(f"{name} {number}" for name, number in marks), rest])

    def _paper(self, vote: VoteFact) -> Iterator[Block]:
        """What the counting committee found, and who sat in it."""
        ballots = self.say(
            _("given out %(given)s, taken back %(returned)s, valid %(valid)s, invalid %(invalid)s"),
            given=vote.ballots_given,
            returned=vote.ballots_returned,
            valid=vote.ballots_returned - vote.ballots_invalid,
            invalid=vote.ballots_invalid,
        )
        yield Paragraph(ballots, self.say(_("Ballots")))
        yield Paragraph(", ".join(vote.committee), self.say(_("Counting committee")))

    def _by_choice(self, vote: VoteFact) -> Iterator[Block]:
        if vote.secret:
            return
        for choice, label in GROUPS:
            names = [ballot.name for ballot in vote.ballots if ballot.choice == choice]
            if names:
                yield Paragraph(", ".join(names), f"{self.say(label)} ({len(names)})")

    def _ballots(self, ballots: list[BallotFact], *, secret: bool) -> Table:
        header = [self.say(one) for one in (_("No."), _("Name and surname"), _("Club"), _("Vote"))]
        took_part, did_not = self.say(_("took part")), self.say(CHOICES[None])

        def vote_of(ballot: BallotFact) -> str:
            if secret:
                return took_part if ballot.voted else did_not
            return self.say(CHOICES[ballot.choice])

        rows = [
            [str(number), ballot.name, ballot.club or self.say(_("unaffiliated")), vote_of(ballot)]
            for number, ballot in enumerate(ballots, start=1)
        ]
        return Table(header, [1, 6, 6, 4], rows)
