"""Counts on paper: sums and results. Pure."""

from typing import Final

from app.i18n import _
from portals.council.votes import rules
from portals.council.votes.model import Outcome, PaperCount, Vote
from portals.council.votes.rules import Counting, Tally

MOST_CANDIDATES: Final = 40
MOST_IN_COMMITTEE: Final = 15
MAX_NAME: Final = 120


def clean_names(names: list[str]) -> list[str]:
    return [name for name in (" ".join(one.split()) for one in names) if name]


def candidate_faults(candidates: list[str]) -> str:
    """What is wrong with a list of candidates; empty: nothing."""
    if len(candidates) == 1:
        return _("For one candidate take for, against and abstained; a list needs two or more")
    if len(candidates) > MOST_CANDIDATES:
        return _("These are too many: 40 candidates at most")
    if len({name.lower() for name in candidates}) < len(candidates):
        return _("A name stands here twice: add what tells the two apart")
    if any(len(name) > MAX_NAME for name in candidates):
        return _("This is too long: 120 characters at most")
    return ""


def faults(count: PaperCount, candidates: list[str], came: int) -> dict[str, str]:
    """What does not add up, by field. `came`: who has been in the room."""
    found: dict[str, str] = {}
    if count.given < 1:
        found["given"] = _("Enter how many ballots were given out")
    elif count.given > came:
        found["given"] = _("More ballots were given out than there were people in the room")
    if count.returned > count.given:
        found["returned"] = _("More ballots were taken back than given out")
    if count.valid + count.invalid != count.returned:
        found["valid"] = _("Valid and invalid ballots together must be as many as were taken back")
    marks = (count.votes_for, count.votes_against)
    if candidates and (len(count.candidate_votes) != len(candidates) or any(marks)):
        found["candidate_votes"] = _("Enter a number for each candidate")
    elif not candidates and count.candidate_votes:
        found["candidate_votes"] = _("This vote has no candidates")
    elif sum(marks) + sum(count.candidate_votes) + count.abstained != count.valid:
        field = "candidate_votes" if candidates else "votes_for"
        found[field] = _("The marks together must be as many as there are valid ballots")
    if not count.committee:
        found["committee"] = _("Name the counting committee: it stands in the minutes")
    elif len(count.committee) > MOST_IN_COMMITTEE or any(len(name) > MAX_NAME for name in count.committee):
        found["committee"] = _("One name a line, 15 people at most")
    return found


def tally(count: PaperCount) -> Tally:
    """With candidates: the first one's votes against all the others'."""
    if not count.candidate_votes:
        return Tally(count.votes_for, count.votes_against, count.abstained)
    most = max(count.candidate_votes)
    return Tally(most, sum(count.candidate_votes) - most, count.abstained)


def outcome(count: PaperCount, counting: Counting) -> Outcome:
    """Of candidates a simple majority elects whoever has most; an equal number elects nobody."""
    if count.candidate_votes and counting.majority == rules.SIMPLE and counting.present >= counting.quorum:
        most = max(count.candidate_votes)
        return "adopted" if most > 0 and count.candidate_votes.count(most) == 1 else "rejected"
    return rules.outcome(tally(count), counting)


def count_of(vote: Vote) -> PaperCount:
    """A closed vote's figures as the committee gave them."""
    named = bool(vote.candidates)
    return PaperCount(
        given=vote.ballots_given,
        returned=vote.ballots_returned,
        valid=vote.voted,
        invalid=vote.ballots_invalid,
        votes_for=0 if named else vote.votes_for,
        votes_against=0 if named else vote.votes_against,
        abstained=vote.abstained,
        candidate_votes=vote.candidate_votes,
        committee=vote.committee,
    )
