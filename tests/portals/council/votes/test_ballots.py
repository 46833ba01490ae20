"""Ballots: one a person, in the database's order, and none counted twice."""

import asyncio

import asyncpg
import pytest

from app.errors import Conflict, NotFound
from portals.council.votes import ballots
from portals.council.votes.actions import LATE
from tests.portals.council.votes.conftest import CLERK, COUNCIL, KEYS, NAMES, RESIDENT


async def test_a_request_that_is_sent_again_counts_once(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    first = await chamber.cast(vote, 0, "for", op="op-number-1")
    again = await chamber.cast(vote, 0, "for", op="op-number-1")
    assert first == again
    assert (await chamber.desk()).votes[0].vote.voted == 1
    await chamber.cast(vote, 0, "against", op="op-number-2")
    # the first request arrives once more, late: what was changed since stays
    late = await chamber.cast(vote, 0, "for", op="op-number-1")
    assert late.choice == "against"
    await chamber.close(vote)
    # the answer was lost and the vote is closed: it was counted, and the sender learns that
    assert (await chamber.cast(vote, 0, "against", op="op-number-2")).choice == "against"
    assert (await chamber.closed(vote)).vote.votes_against == 1


async def test_ballots_sent_many_times_at_once_count_once(chamber):
    await chamber.everybody()
    for secret in (False, True):
        vote = await chamber.open(secret=secret)
        await asyncio.gather(
            *(chamber.cast(vote, place, "for", op=f"operation-{place}") for place in range(5) for _ in range(4))
        )
        closed = await chamber.close(vote)
        assert (closed.votes_for, closed.voted, closed.absent) == (5, 5, 0)


async def test_a_ballot_stands_before_the_close_or_is_refused_after_it(chamber):
    """The vote's row decides: whoever was acknowledged is counted, whoever was refused is not, and nothing else."""
    await chamber.everybody()
    for round_ in range(8):
        vote = await chamber.open(secret=round_ % 2 == 1)

        async def late_close(pause_s=round_ * 0.002, vote=vote):
            await asyncio.sleep(pause_s)
            return await chamber.close(vote)

        *cast, closed = await asyncio.gather(
            *(chamber.cast(vote, place, "for") for place in range(5)), late_close(), return_exceptions=True
        )
        taken = [one for one in cast if not isinstance(one, Exception)]
        refused = [one for one in cast if isinstance(one, Exception)]
        assert [(type(one), one.detail) for one in refused] == [(Conflict, LATE)] * len(refused)
        assert closed.votes_for == closed.voted == len(taken)
        with pytest.raises(Conflict, match="closed"):
            await chamber.cast(vote, 0, "against")


async def test_a_ballot_waits_for_a_close_that_is_under_way_and_is_refused(chamber):
    """The close holds the row: a ballot that came later in the database's order does not slip in beside it."""
    await chamber.everybody()
    vote = await chamber.open()
    async with chamber.database.transaction() as tx:
        from portals.council.votes import actions, store

        await store.locked_vote(tx, chamber.session.id, vote.id)
        waiting = asyncio.create_task(chamber.cast(vote, 0, "for"))
        done, _pending = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        await actions.count_in(tx, KEYS, vote)
    with pytest.raises(Conflict, match="closed"):
        await waiting


async def test_the_database_itself_holds_one_ballot_a_person(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    with pytest.raises(asyncpg.UniqueViolationError):
        await chamber.rows(
            "INSERT INTO council_voter (vote_id, councillor_id, secret, name, voted, choice, cast_at)"
            " VALUES ($1, $2, false, 'x', true, 'for', now())",
            vote.id,
            chamber.ids[0],
        )
    with pytest.raises(asyncpg.UniqueViolationError):
        await chamber.rows(
            "INSERT INTO council_vote (session_id, number, title, secret, majority, abstentions_count, tie, state,"
            " opened_at) VALUES ($1, 99, 'x', false, 'simple', true, 'rejected', 'open', now())",
            chamber.session.id,
        )
    await chamber.close(vote)
    secret = await chamber.open(secret=True)
    with pytest.raises(asyncpg.CheckViolationError):  # a secret vote has no place for a choice beside a name
        await chamber.rows(
            "UPDATE council_voter SET choice = 'for', voted = true WHERE vote_id = $1 RETURNING 1", secret.id
        )


async def test_a_ballot_can_be_changed_where_the_statute_allows_it(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    await chamber.cast(vote, 0, "for")
    assert (await chamber.cast(vote, 0, "abstain")).choice == "abstain"
    withdrawn = await chamber.cast(vote, 0, None)
    assert (withdrawn.voted, withdrawn.choice) == (False, None)
    assert (await chamber.desk()).votes[0].vote.voted == 0
    await chamber.cast(vote, 0, "against")
    await chamber.statute(may_change=False)
    await chamber.cast(vote, 0, "against")  # the same again changes nothing
    for choice in ("for", None):
        with pytest.raises(Conflict, match="statute"):
            await chamber.cast(vote, 0, choice)
    assert (await chamber.close(vote)).votes_against == 1


async def test_who_is_not_in_the_room_does_not_vote(chamber):
    await chamber.everybody()
    await chamber.mark(1, "left")
    await chamber.mark(2, "absent")
    vote = await chamber.open()
    for place in (1, 2):
        with pytest.raises(Conflict, match="presence"):
            await chamber.cast(vote, place, "for")
        with pytest.raises(Conflict, match="present first"):
            await chamber.enter(vote, place, "for")
    await chamber.here(1)
    await chamber.cast(vote, 1, "for")
    assert (await chamber.close(vote)).votes_for == 1


async def test_the_clerk_enters_for_those_without_a_device_and_for_nobody_else(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    await chamber.cast(vote, 0, "for")
    with pytest.raises(Conflict) as refused:
        await chamber.enter(vote, 0, "against")
    assert refused.value.values == {"name": NAMES[0]}
    entered = await chamber.enter(vote, 1, "against")
    assert (entered.choice, entered.by_clerk) == ("against", True)
    assert await chamber.enter(vote, 1, "against") == entered
    assert (await chamber.own(1)).ballots[0].by_clerk
    # the device works again: the councillor's own word takes the clerk's place
    assert not (await chamber.cast(vote, 1, "for")).by_clerk
    await chamber.close(vote)
    with pytest.raises(Conflict, match="closed"):
        await chamber.enter(vote, 2, "for")
    secret = await chamber.open(secret=True)
    with pytest.raises(Conflict, match="alone"):
        await chamber.enter(secret, 2, "for")


async def test_nobody_votes_without_a_seat_or_for_somebody_else(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    for actor in (RESIDENT, CLERK):
        with pytest.raises(NotFound):
            await ballots.cast_ballot(chamber.database, KEYS, actor, chamber.session.id, vote.id, "for", "operation-x")
    stranger = COUNCIL[0].__class__(account_id=2, name="Jan", login="jan", grants=COUNCIL[0].grants)
    with pytest.raises(NotFound):  # the role alone is no seat
        await ballots.cast_ballot(chamber.database, KEYS, stranger, chamber.session.id, vote.id, "for", "operation-x")


async def test_a_phone_that_comes_back_finds_its_own_vote(chamber):
    await chamber.everybody()
    vote = await chamber.open()
    await chamber.cast(vote, 3, "abstain")
    (ballot,) = (await chamber.own(3)).ballots
    assert (ballot.vote_id, ballot.voted, ballot.choice) == (vote.id, True, "abstain")
    (other,) = (await chamber.own(4)).ballots
    assert (other.voted, other.choice) == (False, None)
