"""Quorum, majorities and what is shown, with real values."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.actor import Actor, Grant
from app.errors import ConfigurationError
from portals.council.model import Session
from portals.council.votes import rules
from portals.council.votes.model import Vote, Voter
from portals.council.votes.rules import Counting, Tally
from portals.council.votes.settings import VotesSettings, check

BEGAN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("share", "statutory", "needed"),
    [("1/2", 23, 12), ("1/2", 24, 12), ("1/2", 15, 8), ("2/3", 23, 16), ("1/1", 5, 5), ("1/2", 1, 1)],
)
def test_quorum_is_at_least_the_share_of_all_seats(share, statutory, needed):
    assert rules.quorum_needed(rules.read_quorum(share), statutory) == needed


@pytest.mark.parametrize("text", ["", "half", "0/2", "3/2", "1/0", "1/2/3", "-1/2", "0.5"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ValueError):
        rules.read_quorum(text)


def decide(majority, votes, *, statutory=23, present=None, quorum=12, abstentions=True, tie="rejected", chair=None):
    votes_for, votes_against, abstained = votes
    counting = Counting(
        majority=majority,
        statutory=statutory,
        quorum=quorum,
        present=sum(votes) if present is None else present,
        abstentions_count=abstentions,
        tie=tie,
        chair_choice=chair,
    )
    return rules.outcome(Tally(votes_for, votes_against, abstained), counting)


# (za, przeciw, wstrzymuję się)
CASES = [
    # simple: abstentions count for neither; a tie is no majority
    ("simple", (14, 6, 2), {}, "adopted"),
    ("simple", (2, 1, 19), {}, "adopted"),
    ("simple", (1, 0, 21), {}, "adopted"),
    ("simple", (11, 11, 0), {}, "rejected"),
    ("simple", (11, 11, 1), {"tie": "chair", "chair": "for"}, "adopted"),
    ("simple", (11, 11, 1), {"tie": "chair", "chair": "against"}, "rejected"),
    ("simple", (11, 11, 1), {"tie": "chair", "chair": "abstain"}, "rejected"),
    ("simple", (11, 11, 1), {"tie": "chair", "chair": None}, "rejected"),
    ("simple", (12, 11, 0), {"tie": "chair", "chair": "against"}, "adopted"),
    ("simple", (0, 0, 0), {"present": 15}, "rejected"),
    ("simple", (0, 0, 15), {}, "rejected"),
    ("simple", (0, 0, 0), {"present": 15, "tie": "chair", "chair": "for"}, "rejected"),
    # absolute: for must outweigh against and abstentions together
    ("absolute", (12, 6, 5), {}, "adopted"),
    ("absolute", (11, 6, 5), {}, "rejected"),
    ("absolute", (11, 6, 6), {}, "rejected"),
    ("absolute", (10, 9, 1), {}, "rejected"),
    ("absolute", (11, 6, 6), {"abstentions": False}, "adopted"),
    ("absolute", (8, 8, 6), {"abstentions": False}, "rejected"),
    ("absolute", (0, 0, 0), {"present": 20}, "rejected"),
    # of all seats: who is absent counts against
    ("absolute_statutory", (12, 0, 0), {}, "adopted"),
    ("absolute_statutory", (11, 1, 0), {}, "rejected"),
    ("absolute_statutory", (12, 11, 0), {}, "adopted"),
    ("absolute_statutory", (12, 0, 12), {"statutory": 24}, "rejected"),
    ("absolute_statutory", (13, 0, 11), {"statutory": 24}, "adopted"),
    # shares of the votes: just enough is enough
    ("qualified_3_5", (12, 8, 0), {}, "adopted"),
    ("qualified_3_5", (11, 8, 0), {}, "rejected"),
    ("qualified_3_5", (12, 6, 4), {}, "rejected"),
    ("qualified_3_5", (12, 6, 4), {"abstentions": False}, "adopted"),
    ("qualified_2_3", (14, 7, 0), {}, "adopted"),
    ("qualified_2_3", (14, 8, 0), {}, "rejected"),
    ("qualified_2_3", (14, 6, 2), {}, "rejected"),
    ("qualified_3_4", (15, 5, 0), {}, "adopted"),
    ("qualified_3_4", (14, 5, 0), {}, "rejected"),
    ("qualified_2_3", (0, 0, 12), {"abstentions": False}, "rejected"),
    # shares of all seats
    ("statutory_3_5", (14, 0, 0), {}, "adopted"),
    ("statutory_3_5", (13, 0, 0), {}, "rejected"),
    ("statutory_2_3", (16, 0, 0), {}, "adopted"),
    ("statutory_2_3", (15, 0, 0), {}, "rejected"),
    ("statutory_3_4", (18, 5, 0), {}, "adopted"),
    ("statutory_3_4", (17, 6, 0), {}, "rejected"),
    # no quorum: nothing is decided, however clear the votes
    ("simple", (11, 0, 0), {}, "no_quorum"),
    ("simple", (12, 0, 0), {}, "adopted"),
    ("absolute_statutory", (11, 0, 0), {"present": 11}, "no_quorum"),
]


@pytest.mark.parametrize(("majority", "votes", "counting", "expected"), CASES)
def test_outcomes(majority, votes, counting, expected):
    assert decide(majority, votes, **counting) == expected


def test_every_majority_that_can_be_offered_is_counted():
    for majority in rules.MAJORITIES:
        assert decide(majority, (23, 0, 0)) == "adopted"
        assert decide(majority, (0, 23, 0)) == "rejected"
        assert decide(majority, (0, 0, 0), present=23) == "rejected"
    assert {case[0] for case in CASES} == set(rules.MAJORITIES)


VOTE = Vote(
    id=7,
    session_id=1,
    item_id=None,
    number=1,
    title="Budżet",
    secret=False,
    majority="simple",
    abstentions_count=True,
    tie="rejected",
    state="open",
    opened_at=BEGAN,
    closed_at=None,
    entitled=2,
    voted=2,
    present=2,
    statutory=2,
    quorum=1,
    votes_for=0,
    votes_against=0,
    abstained=0,
    absent=0,
    outcome="",
    repeats_id=None,
    reason="",
    cancel_reason="",
    rev=9,
)
ANNA = Voter(
    vote_id=7,
    councillor_id=1,
    name="Anna Kowal",
    club="A",
    office="chair",
    present=True,
    voted=True,
    choice="for",
    cast_at=BEGAN,
    by_clerk=False,
    rev=3,
)
JAN = msgspec.structs.replace(
    ANNA, councillor_id=2, name="Jan Żak", club=None, office="", choice="against", by_clerk=True, rev=2
)


def test_the_public_sees_no_choice_before_the_close():
    closed = msgspec.structs.replace(VOTE, state="closed")
    assert rules.shown_voters(VOTE, [ANNA, JAN], "none") == []
    assert rules.shown_voters(VOTE, [ANNA, JAN], "count") == []
    names = rules.shown_voters(VOTE, [ANNA, JAN], "names")
    assert [(one.name, one.voted, one.choice, one.cast_at) for one in names] == [
        ("Anna Kowal", True, None, None),
        ("Jan Żak", True, None, None),
    ]
    assert [one.choice for one in rules.shown_voters(closed, [ANNA, JAN], "none")] == ["for", "against"]
    cancelled = msgspec.structs.replace(VOTE, state="cancelled")
    assert rules.shown_voters(cancelled, [ANNA, JAN], "names") == []


def test_where_progress_is_hidden_not_even_the_revision_counts_the_votes():
    assert rules.shown_vote(VOTE, "none") == rules.shown_vote(msgspec.structs.replace(VOTE, voted=0, rev=4), "none")
    assert rules.shown_vote(VOTE, "count") == VOTE
    closed = msgspec.structs.replace(VOTE, state="closed")
    assert rules.shown_vote(closed, "none") == closed


def test_the_desk_sees_what_it_has_entered_and_no_other_choice():
    seen = rules.desk_voters(VOTE, [ANNA, JAN])
    assert [one.choice for one in seen] == [None, "against"]
    assert all(one.voted for one in seen)


def test_people_are_sorted_in_polish_order():
    names = [
        "Jan Żak",
        "Ewa Zając",
        "Adam Łoś",
        "Ala Lis",
        "Iga Ćwik",
        "Ola Cebula",
        "Ula Śliwa",
        "Bo Sowa",
        "Jan Źdźbło",
    ]
    assert sorted(names, key=rules.polish_order) == [
        "Ola Cebula",
        "Iga Ćwik",
        "Ala Lis",
        "Adam Łoś",
        "Bo Sowa",
        "Ula Śliwa",
        "Ewa Zając",
        "Jan Źdźbło",
        "Jan Żak",
    ]
    assert sorted(["Piotr Nowak", "Anna Nowak"], key=rules.polish_order) == ["Anna Nowak", "Piotr Nowak"]


SESSION = Session(
    id=1,
    slug="x",
    number="X",
    title="X",
    place="",
    planned_at=BEGAN,
    state="live",
    stream_id="s",
    chat_open=False,
    started_at=BEGAN,
    ended_at=None,
    rev=1,
)


@pytest.mark.parametrize(
    ("before", "minutes", "after"),
    [
        ("absent", 0, "present"),
        ("absent", 14, "present"),
        ("absent", 15, "late"),
        ("absent", 200, "late"),
        ("left", 200, "present"),
        ("late", 200, "late"),
        ("present", 200, "present"),
    ],
)
def test_confirming_presence(before, minutes, after):
    assert rules.confirmed_attendance(before, SESSION, BEGAN + timedelta(minutes=minutes), 15) == after


def test_before_the_session_nobody_is_late():
    planned = msgspec.structs.replace(SESSION, state="planned", started_at=None)
    assert rules.confirmed_attendance("absent", planned, BEGAN, 0) == "present"


def test_who_may_open_is_the_statutes_to_say():
    clerk = Actor(account_id=1, grants=(Grant("clerk", "1"),))
    councillor = Actor(account_id=2, grants=(Grant("councillor", "1"),))
    assert rules.can_open(clerk, "", ("clerk",))
    assert not rules.can_open(clerk, "", ("chair",))
    assert rules.can_open(councillor, "chair", ("clerk", "chair"))
    assert not rules.can_open(councillor, "chair", ("clerk", "admin"))
    assert not rules.can_open(councillor, "vice_chair", ("chair",))
    assert not rules.can_open(councillor, "", ("clerk", "chair", ""))


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"quorum": "most"}, "quorum"),
        ({"majorities": ("simple", "huge")}, "huge"),
        ({"majorities": ()}, "majorities"),
        ({"openers": ("mayor",)}, "mayor"),
        ({"openers": ()}, "openers"),
    ],
)
def test_a_statute_that_makes_no_sense_is_refused_at_start(wrong, word):
    check(VotesSettings())
    with pytest.raises(ConfigurationError, match=word):
        check(VotesSettings(**wrong))


def test_how_the_chair_voted():
    assert rules.chair_choice([JAN, ANNA]) == "for"
    assert rules.chair_choice([JAN]) is None
