"""Quorum, majorities and outcomes: pure. Sources: art. 14 u.s.g. and the case law on it."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from app.actor import Actor
from app.i18n import _
from portals.council.model import Office, Session
from portals.council.votes.model import Attendance, Choice, Outcome, Progress, Tie, Vote, Voter

MAX_TITLE: Final = 500
MAX_REASON: Final = 500

SIMPLE: Final = "simple"
"""zwykła większość: more for than against; abstentions count for neither (art. 14 ust. 1 u.s.g.)."""
ABSOLUTE: Final = "absolute"
"""bezwzględna większość głosów: for outweighs all other valid votes together (TK, W 15/95)."""
ABSOLUTE_STATUTORY: Final = "absolute_statutory"
"""bezwzględna większość ustawowego składu rady: more than half of all seats, whoever is there."""
_FRACTIONS: Final[dict[str, tuple[int, int]]] = {"3_5": (3, 5), "2_3": (2, 3), "3_4": (3, 4)}
MAJORITIES: Final[dict[str, str]] = {
    SIMPLE: _("Simple majority"),
    ABSOLUTE: _("Absolute majority"),
    ABSOLUTE_STATUTORY: _("Absolute majority of all seats"),
    "qualified_3_5": _("3/5 of the votes"),
    "qualified_2_3": _("2/3 of the votes"),
    "qualified_3_4": _("3/4 of the votes"),
    "statutory_3_5": _("3/5 of all seats"),
    "statutory_2_3": _("2/3 of all seats"),
    "statutory_3_4": _("3/4 of all seats"),
}
"""Every kind that can be offered, with its title for people."""

_QUORUM: Final = re.compile(r"(\d{1,2})/(\d{1,2})\Z")


class Tally(msgspec.Struct, frozen=True):
    """Valid votes by choice."""

    votes_for: int = 0
    votes_against: int = 0
    abstained: int = 0

    @property
    def cast(self) -> int:
        return self.votes_for + self.votes_against + self.abstained


class Counting(msgspec.Struct, frozen=True):
    """What an outcome depends on beside the tally.

    `abstentions_count`: whether abstentions are among the votes of which a majority is asked. `tie`: what an equal
    number for and against means under a simple majority; `chair_choice` decides where the statute says so.
    """

    majority: str
    statutory: int
    quorum: int
    present: int
    abstentions_count: bool = True
    tie: Tie = "rejected"
    chair_choice: Choice | None = None


def read_quorum(text: str) -> tuple[int, int]:
    """`1/2` as numerator and denominator. Raises ValueError for what is no share of a whole."""
    match = _QUORUM.fullmatch(text)
    if match is None or not 0 < int(match[1]) <= int(match[2]):
        raise ValueError(text)
    return int(match[1]), int(match[2])


def quorum_needed(share: tuple[int, int], statutory: int) -> int:
    """At least so many; half of 23 is 12 (art. 14 ust. 1 u.s.g.: co najmniej połowa ustawowego składu)."""
    numerator, denominator = share
    return -(-statutory * numerator // denominator)


def tally(choices: Iterable[Choice | None]) -> Tally:
    counted = list(choices)
    return Tally(counted.count("for"), counted.count("against"), counted.count("abstain"))


def outcome(votes: Tally, counting: Counting) -> Outcome:
    """What the council decided. Nobody voting for is never a decision for."""
    if counting.present < counting.quorum:
        return "no_quorum"
    return "adopted" if _carried(votes, counting) else "rejected"


def _carried(votes: Tally, counting: Counting) -> bool:
    if votes.votes_for == 0:
        return False
    if counting.majority == SIMPLE:
        if votes.votes_for == votes.votes_against and counting.tie == "chair":
            return counting.chair_choice == "for"
        return votes.votes_for > votes.votes_against
    if counting.majority == ABSOLUTE_STATUTORY:
        return 2 * votes.votes_for > counting.statutory
    valid = votes.cast if counting.abstentions_count else votes.votes_for + votes.votes_against
    if counting.majority == ABSOLUTE:
        return 2 * votes.votes_for > valid
    kind, _sep, fraction = counting.majority.partition("_")
    numerator, denominator = _FRACTIONS[fraction]
    whole = counting.statutory if kind == "statutory" else valid
    return denominator * votes.votes_for >= numerator * whole


def confirmed_attendance(before: Attendance, session: Session, now: datetime, late_after_min: int) -> Attendance:
    """What confirming presence means: some minutes after the start who comes is late; who left comes back present."""
    if before == "left":
        return "present"
    if before != "absent":
        return before
    started = session.started_at
    return "late" if started is not None and now >= started + timedelta(minutes=late_after_min) else "present"


def can_attend(before: Attendance, after: Attendance) -> bool:
    """Only who was in the room can leave it."""
    return after != "left" or before != "absent"


def can_open(actor: Actor, office: Office, openers: Iterable[str]) -> bool:
    """Whether the statute lets this person open and close votes: by role, or by office in the council."""
    allowed = set(openers)
    return bool(actor.roles & allowed) or (office != "" and office in allowed)


def shown_vote(vote: Vote, progress: Progress) -> Vote:
    """A vote as the public may see it. While it is open, its `rev` tells no more than its numbers."""
    if vote.state != "open" or progress != "none":
        return vote
    return msgspec.structs.replace(vote, voted=0, rev=1)


def shown_voters(vote: Vote, voters: list[Voter], progress: Progress) -> list[Voter]:
    """Voters as the public may see them: no choice before the close, no names before it unless the statute says so."""
    if vote.state == "closed":
        return [voter if vote.secret else msgspec.structs.replace(voter, cast_at=None) for voter in voters]
    if vote.state == "open" and progress == "names":
        return [sealed(voter) for voter in voters]
    return []


def desk_voters(vote: Vote, voters: list[Voter]) -> list[Voter]:
    """Voters as the desk may see them: who has voted, and what the desk itself has entered."""
    if vote.state == "closed" or vote.secret:
        return voters
    return [voter if voter.by_clerk else sealed(voter) for voter in voters]


def sealed(voter: Voter) -> Voter:
    """Without the choice."""
    return msgspec.structs.replace(voter, choice=None, cast_at=None, rev=0)


def chair_choice(voters: Iterable[Voter]) -> Choice | None:
    """How the chair of the council voted."""
    return next((voter.choice for voter in voters if voter.office == "chair"), None)


_LETTERS: Final = {letter: place for place, letter in enumerate("aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźż")}


def polish_order(name: str) -> tuple[tuple[int, ...], ...]:
    """Key for sorting people in Polish order: surname first, ł after l, ż last. The database's collation knows none."""
    words = name.lower().split()
    return tuple(
        tuple(_LETTERS.get(letter, -1 if letter == "-" else 100 + ord(letter)) for letter in word)
        for word in [*words[-1:], *words[:-1]]
    )
