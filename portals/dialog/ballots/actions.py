"""What voters do, and the count. Each verb checks, writes, publishes and leaves an audit line."""

import math
from typing import Final

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound, TooMany
from app.i18n import _
from app.throttle import Charge, Limit, spend
from app.throttle import store as throttle_store
from portals.dialog import plan
from portals.dialog.access import Place, access_block, access_block_to_manage, access_block_to_take_part
from portals.dialog.ballots import counting, paper_store, rules, store, urn
from portals.dialog.ballots.model import (
    Marks,
    Option,
    ResultsCounted,
    SecretBallot,
    Turnout,
    TurnoutChanged,
    Vote,
    VoteResult,
    VoteSettings,
    room,
)
from portals.dialog.ballots.urn import Urn
from portals.dialog.model import Block, Participant

KIND: Final = "ballots"
CAST_LIMIT: Final = Limit("dialog.ballot", burst=20, every_s=3)
VOTED: Final = _("You have voted here already. This ballot was not taken; the one before it counts")


class VotedAlready(Conflict):
    """In another tab, on another device, or on paper."""

    code = "voted-already"
    title = "You have voted here already"


class Cast(msgspec.Struct, frozen=True):
    """A ballot that was taken. `receipt` is shown once and kept nowhere; empty where the vote is not secret."""

    receipt: str
    changed: bool = False


def settings_of(place: Place, vote: Vote | None) -> VoteSettings:
    """The rules that hold: those written down when it began, else what the clerk has set."""
    return vote.rules if vote is not None else msgspec.convert(place.block.settings, VoteSettings)


def home_of(place: Place) -> str:
    return place.participant.district if place.participant else ""


async def check_ballot(tx: Tx, actor: Actor, block_id: int, marks: Marks) -> None:
    """Whether this ballot would be taken now; nothing is noted. Raises what says why not."""
    place, vote, _options = await _checked_ballot(tx, actor, block_id, marks)
    assert place.participant_id is not None  # this kind does not do without
    if not may_change(vote) and await store.has_voted(tx, place.block.id, place.participant_id):
        raise VotedAlready(VOTED)


async def _checked_ballot(tx: Tx, actor: Actor, block_id: int, marks: Marks) -> tuple[Place, Vote, list[Option]]:
    place = await access_block_to_take_part(tx, actor, block_id, KIND)
    vote, options = await store.vote_with_options(tx, block_id)
    if vote is None:
        vote = await store.begun_vote(tx, block_id, settings_of(place, None))
    if vote.counted_at is not None:
        raise Conflict("This vote has been counted already")
    fault = rules.ballot_fault(vote.rules, options, marks, home_of(place))
    if fault is not None:
        raise refused_ballot(fault)
    return place, vote, options


def refused_ballot(fault: rules.Fault) -> Invalid:
    return Invalid(fault.message, None, **fault.values)


def may_change(vote: Vote) -> bool:
    return vote.rules.changeable and not vote.rules.secret


async def cast(database: Database, box: Urn, actor: Actor, block_id: int, marks: Marks) -> Cast:
    """Takes a ballot: who votes and what they choose are written to two tables, in one transaction.

    Raises `VotedAlready`, `Closed` and whatever else keeps somebody from taking part. A person has one ballot, so only
    tries that cannot succeed, and changes, are slowed down: a storm at the last minute is not.
    """
    try:
        async with database.transaction() as tx:
            taken = await _cast(tx, box, actor, block_id, marks)
            tx.after_commit(lambda: box.changed.add(block_id))
    except (VotedAlready, Invalid):
        await spend(database, _charge(actor))
        raise
    return taken


async def _cast(tx: Tx, box: Urn, actor: Actor, block_id: int, marks: Marks) -> Cast:
    place, vote, options = await _checked_ballot(tx, actor, block_id, marks)
    assert place.participant is not None  # this kind does not do without
    person, subject = place.participant, f"consultation/{place.consultation.id}"
    key = None if person.account_id is None else box.voter_key(block_id, person.account_id)
    receipt, changed = "", False
    if vote.rules.secret:
        receipt = rules.new_receipt()
        sealed = box.seal(block_id, SecretBallot(receipt, marks), rules.sealed_width(options))
        if not await store.take_and_drop(tx, block_id, person, key, sealed):
            raise VotedAlready(VOTED)
    else:
        first = await store.take(tx, block_id, person.id, person.kind, person.district, key, paper=False)
        changed = not first and await store.named_ballot(tx, block_id, person.id) is not None
        if not first and not (changed and may_change(vote)):
            raise VotedAlready(VOTED)
        if changed:
            await _slow_down(tx, actor)
        await store.put_named(tx, block_id, person.id, marks)
    await tx.audit(actor, "ballot.change" if changed else "ballot.cast", subject, block=block_id)
    return Cast(receipt, changed)


def _charge(actor: Actor) -> Charge:
    return Charge(CAST_LIMIT, f"account/{actor.account_id}")


async def _slow_down(tx: Tx, actor: Actor) -> None:
    """Counts a change in the transaction that makes it."""
    allowed, _level = await throttle_store.fill_bucket(tx, _charge(actor).key, CAST_LIMIT.burst, CAST_LIMIT.every_s)
    if not allowed:
        raise TooMany(math.ceil(CAST_LIMIT.every_s))


async def tell_turnout(database: Database, block_id: int) -> Turnout:
    """Tells the vote's room how many have voted."""
    async with database.transaction() as tx:
        turnout = await turnout_now(tx, block_id)
        tx.publish(room(block_id), TurnoutChanged(turnout))
        return turnout


async def turnout_now(tx: Tx, block_id: int) -> Turnout:
    voted = await store.count_taken(tx, block_id)
    vote = await store.vote(tx, block_id)
    counted = vote is not None and vote.counted_at is not None
    if counted and vote is not None and vote.result is not None:
        voted = max(voted, vote.result.voted)
    changes = await store.count_changes(tx, block_id)
    return Turnout(block_id, voted, counted, (voted + changes) * 2 + counted)


async def turnout(tx: Tx, actor: Actor, block_id: int) -> Turnout:
    """For whoever may read the block."""
    place = await access_block(tx, actor, block_id, KIND)
    return await turnout_now(tx, place.block.id)


# the count


async def begin(tx: Tx, place: Place) -> None:
    """The phase has begun: the rules are written down."""
    await store.begun_vote(tx, place.block.id, settings_of(place, None))


async def close(box: Urn, tx: Tx, place: Place) -> None:
    """The phase has ended: counts, once. An urn that does not open is kept, and the clerk is told."""
    await store.begun_vote(tx, place.block.id, settings_of(place, None))
    vote = await store.vote(tx, place.block.id, lock=True)
    assert vote is not None  # just begun
    if vote.counted_at is None:
        vote = await _open_and_count(box, tx, vote)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(SYSTEM, "ballot.count", subject, block=place.block.id, fault=vote.fault)


async def count_again(database: Database, box: Urn, actor: Actor, block_id: int) -> Vote:
    """After a count that failed: the server has its old secret again."""
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        vote = await store.vote(tx, block_id, lock=True)
        if vote is None or place.stage != "ended" or vote.counted_at is not None:
            raise Conflict
        vote = await _open_and_count(box, tx, vote)
        await tx.audit(actor, "ballot.count", f"consultation/{place.consultation.id}", block=block_id)
        return vote


async def _open_and_count(box: Urn, tx: Tx, vote: Vote) -> Vote:
    if vote.rules.secret:
        ballots = await urn.take_out(tx, box, vote.block_id)
        if ballots is None or len(ballots) != await store.count_online(tx, vote.block_id):
            if ballots is not None:
                await store.keep_counted(tx, vote.block_id, ballots)
            vote = await store.keep_result(tx, vote.block_id, None, "unreadable")
            await plan.block_changed(tx, vote.block_id)
            return vote
        await store.keep_counted(tx, vote.block_id, ballots)
    await store.forget_voter_keys(tx, vote.block_id)
    return await count_in(tx, vote)


async def count_in(tx: Tx, vote: Vote) -> Vote:
    """Counts what is open, with the paper ballots two people have confirmed, and tells of it."""
    result = await counted_now(tx, vote)
    vote = await store.keep_result(tx, vote.block_id, result)
    tx.publish(room(vote.block_id), ResultsCounted(await turnout_now(tx, vote.block_id), result))
    await plan.block_changed(tx, vote.block_id)
    return vote


async def counted_now(tx: Tx, vote: Vote) -> VoteResult:
    """Totals as they are; of a secret vote there is nothing before the close."""
    options = await store.options(tx, vote.block_id)
    if vote.rules.secret:
        online = [(one.marks, 1) for one in await store.counted(tx, vote.block_id)]
    else:
        online = [(one.marks, 1) for one in await store.named_ballots(tx, vote.block_id)]
    batches = await paper_store.batches(tx, vote.block_id)
    confirmed = [one for one in batches if one.state == "confirmed"]
    paper = [line for one in confirmed for line in one.lines]
    result = counting.count(vote.rules, options, online, paper, vote.tie_order)
    return msgspec.structs.replace(
        result,
        invalid=sum(one.invalid for one in confirmed),
        waiting=sum(one.state == "entered" for one in batches),
        turnout=await store.turnout(tx, vote.block_id),
    )


async def decide_tie(database: Database, actor: Actor, block_id: int, order: list[int], reason: str) -> Vote:
    """The committee has drawn lots: `order` of the options that are tied, the first one goes first."""
    reason = " ".join(reason.split())
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        vote = await store.vote(tx, block_id, lock=True)
        if vote is None or vote.result is None or vote.final_at is not None:
            raise Conflict
        fields = {}
        if sorted(order) != sorted(vote.result.undecided) or not order:
            fields["order"] = _("Number all that are tied: 1, 2, 3 …")
        if not 5 <= len(reason) <= 500:
            fields["reason"] = _("Say when and how lots were drawn, in 5 to 500 characters")
        if fields:
            raise Invalid(fields=fields)
        await store.set_tie_order(tx, block_id, [*vote.tie_order, *order], reason)
        known = await store.vote(tx, block_id)
        assert known is not None  # locked
        vote = await count_in(tx, known)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "ballot.tie", subject, block=block_id, order=order, reason=reason)
        return vote


async def declare(database: Database, actor: Actor, block_id: int) -> Vote:
    """The result is final: no more paper comes in."""
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        vote = await store.vote(tx, block_id, lock=True)
        if vote is None or vote.result is None or vote.final_at is not None:
            raise Conflict
        if vote.result.waiting or vote.result.undecided:
            raise Conflict("First decide about every batch of paper ballots and every tie")
        await store.set_final(tx, block_id)
        await plan.block_changed(tx, block_id)
        await tx.audit(actor, "ballot.declare", f"consultation/{place.consultation.id}", block=block_id)
        found = await store.vote(tx, block_id)
        assert found is not None  # locked
        return found


async def results(tx: Tx, actor: Actor, block_id: int) -> tuple[Place, Vote, list[Option], VoteResult]:
    """For whoever may read the block. Raises NotFound before there is something to show, to everybody alike."""
    place = await access_block(tx, actor, block_id, KIND)
    vote = await store.vote(tx, block_id)
    if vote is None:
        raise NotFound
    found = await shown_result(tx, vote)
    if found is None:
        raise NotFound
    return place, vote, await store.options(tx, block_id), found


async def shown_result(tx: Tx, vote: Vote) -> VoteResult | None:
    """Totals that may be shown now: counted, or live where the rules say so. The office sees nothing sooner."""
    if vote.result is not None:
        return vote.result
    live = vote.rules.results == "live" and not vote.rules.secret and not vote.fault
    return await counted_now(tx, vote) if live else None


async def erased(tx: Tx, participant: Participant) -> None:
    """The ballot stays, as it was cast; where the person lived goes."""
    await store.forget_district(tx, participant.id)


async def copied(tx: Tx, _actor: Actor, old: Block, new: Block) -> None:
    """What the office has put on the ballot; projects of residents belong to their own year."""
    for one in await store.options(tx, old.id):
        if not one.ref:
            draft = rules.draft_of(one)
            await store.add_option(tx, new.id, draft)
