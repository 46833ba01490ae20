"""The counting committee's result, and making public what was voted on in a part that is still closed."""

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid
from portals.council.votes import rules as vote_rules
from portals.council.votes import store as vote_store
from portals.council.votes import views
from portals.council.votes.access import access_roll, access_vote
from portals.council.votes.model import NamedVote, PaperCount, Vote, VoteWithheld, votes_room
from portals.council.votes.paper import rules, store
from portals.council.votes.reasons import checked_reason
from portals.council.votes.roll import store as roll_store


async def enter_count(
    database: Database, actor: Actor, session_id: int, vote_id: int, count: PaperCount, reason: str = ""
) -> NamedVote:
    """Closes a vote on paper with what the committee has counted; after the close it puts the count right.

    A correction needs a reason, and what stood there before is kept for everybody to read.
    """
    async with database.transaction() as tx:
        desk = await access_roll(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        if not vote.paper:
            raise Conflict("This vote is not on paper")
        if vote.state not in {"open", "closed"}:
            raise Conflict("The vote is not open")
        count = msgspec.structs.replace(count, committee=rules.clean_names(count.committee))
        came = await store.came(tx, session_id)
        correcting = vote.state == "closed"
        if faults := rules.faults(count, vote.candidates, max(came, vote.ballots_given)):
            raise Invalid(fields=faults)
        before = rules.count_of(vote)
        if correcting:
            reason = checked_reason(reason)
            if before == count:
                raise Invalid(fields={"given": "This is what is written already"})
            await store.add_recount(tx, vote_id, before, count, reason, actor.account_id)
        quorum, _members = await views.attendance_of(tx, desk.session, desk.statute)
        present = vote.present if correcting else max(quorum.present, count.given)
        decided = rules.outcome(
            count,
            vote_rules.Counting(
                majority=vote.majority,
                statutory=vote.statutory,
                quorum=vote.quorum,
                present=present,
                abstentions_count=vote.abstentions_count,
            ),
        )
        await store.finish_paper(
            tx, vote, count, rules.tally(count), present=present, outcome=decided, closed=not correcting
        )
        vote = await access_vote(tx, actor, session_id, vote_id)
        named = await views.tell_vote(tx, vote, desk.statute)
        details = {"session": session_id, "outcome": vote.outcome, "count": msgspec.to_builtins(count)}
        if correcting:
            details |= {"before": msgspec.to_builtins(before), "reason": reason}
        await tx.audit(actor, "vote.recount" if correcting else "vote.count", f"vote/{vote_id}", **details)
        return views.on_desk(named)


async def publish_vote(database: Database, actor: Actor, session_id: int, vote_id: int) -> NamedVote:
    """Makes the result of a vote public before the closed part it was held in ends."""
    async with database.transaction() as tx:
        desk = await access_roll(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        if vote.state != "closed":
            raise Conflict("The vote is not closed")
        if vote_id not in await store.withheld(tx, [vote_id]):
            raise Conflict("This vote is public already")
        await store.publish(tx, vote_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        named = await views.tell_vote(tx, vote, desk.statute)
        await tx.audit(actor, "vote.publish", f"vote/{vote_id}", session=session_id, title=vote.title)
        return views.on_desk(named)


async def part_closed(tx: Tx, session_id: int, interval_id: int) -> None:
    """A vote that is under way leaves the public's sight; those who sit in the session go on with it."""
    for vote_id in await store.held_during(tx, interval_id):
        vote = await _tell_anew(tx, session_id, vote_id)
        tx.publish(votes_room(session_id), VoteWithheld(vote_id, vote.rev))


async def part_opened(tx: Tx, session_id: int, interval_id: int) -> None:
    """The closed part has ended: what was voted on in it is public from now on, by name (art. 14 ust. 3 u.s.g.)."""
    for vote_id in await store.held_during(tx, interval_id):
        await _tell_anew(tx, session_id, vote_id)


async def _tell_anew(tx: Tx, session_id: int, vote_id: int) -> Vote:
    await store.count_anew(tx, vote_id)
    vote = await vote_store.vote(tx, session_id, vote_id)
    assert vote is not None  # it was found in this very transaction
    await views.tell_vote(tx, vote, await roll_store.statute(tx))
    return vote
