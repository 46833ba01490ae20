"""Secret votes on paper: what the counting committee found must add up, is told to all, and is put right with a trail."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, Invalid, NotFound
from portals.council.votes import actions
from portals.council.votes.model import PaperCount, VoteDraft, desk_room, votes_room
from portals.council.votes.paper import actions as paper
from portals.council.votes.paper import rules
from portals.council.votes.rules import Counting
from tests.portals.council.votes.conftest import CLERK, COUNCIL, RESIDENT, applied

COMMITTEE = ["Zofia Żurek", "Jan Lis"]
COUNT = PaperCount(
    given=4, returned=4, valid=3, invalid=1, votes_for=2, votes_against=1, abstained=0, committee=COMMITTEE
)
COUNTING = Counting(majority="simple", statutory=5, quorum=3, present=5)


def other(**values):
    return msgspec.structs.replace(COUNT, **values)


async def on_paper(chamber, **draft):
    draft = VoteDraft("Wybór przewodniczącego komisji", secret=True, paper=True, **draft)
    vote = await actions.prepare_vote(chamber.database, CLERK, chamber.session.id, draft)
    return await chamber.open(vote)


async def enter(chamber, vote, count, reason="", actor=CLERK):
    return await paper.enter_count(chamber.database, actor, chamber.session.id, vote.id, count, reason)


@pytest.mark.parametrize(
    ("count", "fields"),
    [
        (COUNT, set()),
        (other(given=6), {"given"}),
        (other(given=0, returned=0, valid=0, invalid=0, votes_for=0, votes_against=0), {"given"}),
        (other(given=3), {"returned"}),
        (other(valid=4), {"valid", "votes_for"}),
        (other(invalid=0), {"valid"}),
        (other(abstained=1), {"votes_for"}),
        (other(candidate_votes=[2, 1]), {"candidate_votes"}),
        (other(committee=[]), {"committee"}),
        (other(committee=["x" * 121]), {"committee"}),
    ],
)
def test_what_does_not_add_up_is_named_by_its_field(count, fields):
    assert set(rules.faults(count, [], came=5)) == fields


@pytest.mark.parametrize(
    ("majority", "marks", "abstained", "outcome"),
    [
        ("simple", [3, 2, 2], 0, "adopted"),
        ("simple", [3, 3, 0], 0, "rejected"),  # an equal number elects nobody
        ("simple", [0, 0], 3, "rejected"),
        ("absolute", [3, 2, 2], 0, "rejected"),
        ("absolute", [4, 2, 1], 0, "adopted"),
        ("absolute", [4, 2, 1], 1, "rejected"),
        ("absolute_statutory", [3, 1], 0, "adopted"),
    ],
)
def test_candidates_are_elected_by_the_majority_of_the_vote(majority, marks, abstained, outcome):
    counting = msgspec.structs.replace(COUNTING, majority=majority)
    count = other(
        valid=sum(marks) + abstained, candidate_votes=marks, votes_for=0, votes_against=0, abstained=abstained
    )
    assert rules.outcome(count, counting) == outcome
    assert rules.outcome(count, msgspec.structs.replace(counting, present=2)) == "no_quorum"


@given(st.lists(st.integers(0, 30), min_size=3, max_size=3), st.integers(0, 9), st.integers(0, 9))
def test_every_count_that_adds_up_is_taken(marks, invalid, kept):
    valid = sum(marks)
    count = PaperCount(
        given=valid + invalid + kept,
        returned=valid + invalid,
        valid=valid,
        invalid=invalid,
        votes_for=marks[0],
        votes_against=marks[1],
        abstained=marks[2],
        committee=COMMITTEE,
    )
    assert set(rules.faults(count, [], came=200)) == (set() if count.given else {"given"})


async def test_a_count_closes_the_vote_and_names_nobody_but_the_committee(chamber):
    await chamber.everybody()
    start, desk = await chamber.public(), await chamber.desk()
    vote = await on_paper(chamber)
    assert (vote.entitled, (await chamber.own(0)).ballots) == (5, [])
    for attempt in (chamber.cast(vote, 0, "for"), chamber.enter(vote, 1, "for"), chamber.close(vote)):
        with pytest.raises(Conflict, match="on paper"):
            await attempt
    with pytest.raises(Invalid) as told:
        await enter(chamber, vote, other(valid=2))
    assert set(told.value.fields) == {"valid", "votes_for"}
    for actor in (RESIDENT, COUNCIL[0]):
        with pytest.raises(NotFound):
            await enter(chamber, vote, COUNT, actor=actor)
    await enter(chamber, vote, other(committee=["  Zofia   Żurek ", "", "Jan Lis"]))
    named = await chamber.closed(vote)
    closed = named.vote
    assert (closed.outcome, closed.votes_for, closed.votes_against, closed.absent) == ("adopted", 2, 1, 1)
    assert (closed.ballots_given, closed.ballots_returned, closed.ballots_invalid, closed.voted) == (4, 4, 1, 3)
    assert (named.voters, closed.committee) == ([], COMMITTEE)
    assert applied(start, chamber.plane.published, votes_room(1)) == await chamber.public()
    assert applied(desk, chamber.plane.published, desk_room(1)) == await chamber.desk()
    assert (await chamber.audited())[-1] == "vote.count"


async def test_a_count_is_put_right_with_a_reason_that_everybody_reads(chamber):
    await chamber.everybody()
    vote = await on_paper(chamber)
    await enter(chamber, vote, COUNT)
    start = await chamber.public()
    right = other(votes_for=1, votes_against=2)
    for count, reason, field in ((right, " ", "reason"), (COUNT, "nic", "given"), (other(valid=1), "źle", "valid")):
        with pytest.raises(Invalid) as told:
            await enter(chamber, vote, count, reason)
        assert field in told.value.fields
    await enter(chamber, vote, right, "Komisja zamieniła kolumny")
    named = await chamber.closed(vote)
    assert named.vote.outcome == "rejected"
    (recount,) = named.recounts
    assert (recount.before, recount.after, recount.reason) == (COUNT, right, "Komisja zamieniła kolumny")
    assert applied(start, chamber.plane.published, votes_room(1)) == await chamber.public()
    assert (await chamber.audited())[-1] == "vote.recount"


async def test_a_vote_on_people(chamber):
    await chamber.everybody()
    for draft, field in (
        (VoteDraft("x", secret=False, paper=True), "paper"),
        (VoteDraft("x", secret=True, candidates=["A", "B"]), "candidates"),
        (VoteDraft("x", secret=True, paper=True, candidates=["Anna Kowal"]), "candidates"),
        (VoteDraft("x", secret=True, paper=True, candidates=["Anna", "anna"]), "candidates"),
    ):
        with pytest.raises(Invalid) as told:
            await actions.prepare_vote(chamber.database, CLERK, chamber.session.id, draft)
        assert field in told.value.fields
    vote = await on_paper(chamber, candidates=["Anna Kowal", " Łukasz  Ćwik"], majority="absolute")
    count = other(votes_for=0, votes_against=0, valid=4, invalid=0, candidate_votes=[1, 3])
    with pytest.raises(Invalid):
        await enter(chamber, vote, msgspec.structs.replace(count, candidate_votes=[4]))
    await enter(chamber, vote, count)
    closed = (await chamber.closed(vote)).vote
    assert (closed.candidates, closed.candidate_votes) == (["Anna Kowal", "Łukasz Ćwik"], [1, 3])
    assert (closed.outcome, closed.votes_for, closed.votes_against) == ("adopted", 3, 1)
    again = await chamber.repeat(closed)
    assert (again.paper, again.candidates) == (True, ["Anna Kowal", "Łukasz Ćwik"])


async def test_no_more_ballots_than_people_who_came(chamber):
    for place in (0, 1, 2):
        await chamber.here(place)
    vote = await on_paper(chamber)
    with pytest.raises(Invalid) as told:
        await enter(chamber, vote, COUNT)
    assert set(told.value.fields) == {"given"}
    await chamber.mark(2, "left")  # went after giving the ballot back
    closed = (await enter(chamber, vote, other(given=3, returned=3, invalid=0))).vote
    assert (closed.present, closed.absent, closed.outcome) == (3, 2, "adopted")
