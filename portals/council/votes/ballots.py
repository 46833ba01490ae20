"""Ballots: cast by councillors on their own devices, or entered at the desk.

A ballot locks its vote's row, so that it stands before the close or after it; after it, it is refused.
"""

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, NotFound
from app.i18n import _
from app.identity.keys import Keys
from portals.council.votes import store, urn, views
from portals.council.votes.access import access_roll, access_seat, access_vote
from portals.council.votes.actions import LATE
from portals.council.votes.model import Choice, OwnBallot, Vote, Voter
from portals.council.votes.roll import store as roll_store
from portals.council.votes.settings import VotesSettings


async def cast_ballot(
    database: Database, keys: Keys, actor: Actor, session_id: int, vote_id: int, choice: Choice | None, op_id: str
) -> OwnBallot:
    """Takes the councillor's own ballot; None: does not vote, or no longer.

    The same request sent again is answered and changes nothing, even after the close.
    """
    async with database.transaction() as tx:
        seat = await access_seat(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        _check_not_on_paper(vote)
        before = await store.voter(tx, vote_id, seat.councillor.id)
        if before is None:
            raise NotFound
        if await store.request_done(tx, vote_id, seat.councillor.id, op_id):
            return views.own_ballot(before, secret=vote.secret)
        if vote.state != "open":
            raise Conflict(LATE)
        await _check_in_room(tx, session_id, seat.councillor.id, _("Confirm your presence first, then vote"))
        await store.take_request(tx, vote_id, seat.councillor.id, op_id)
        if vote.secret:
            if before.voted:
                raise Conflict("Your ballot is in the urn already; a secret ballot cannot be changed")
            if choice is None:
                return views.own_ballot(before, secret=True)
            after = await urn.drop(tx, keys, vote, seat.councillor.id, choice)
        else:
            if before.voted and before.choice != choice and not seat.statute.may_change:
                raise Conflict("The statute does not let a ballot be changed")
            after = await store.set_choice(tx, vote_id, seat.councillor.id, choice, by_clerk=False)
        await _tell(tx, vote, before, after, seat.statute)
        await tx.audit(actor, "vote.cast", f"vote/{vote_id}", session=session_id)
        return views.own_ballot(after, secret=vote.secret)


async def enter_ballot(
    database: Database, actor: Actor, session_id: int, vote_id: int, councillor_id: int, choice: Choice | None
) -> Voter:
    """The clerk enters a ballot of somebody without a device, or takes it back (None) while the vote is open."""
    async with database.transaction() as tx:
        desk = await access_roll(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        _check_not_on_paper(vote)
        before = await store.voter(tx, vote_id, councillor_id)
        if before is None:
            raise NotFound
        if vote.secret:
            raise Conflict("A secret ballot is cast by the councillor alone")
        if vote.state != "open":
            raise Conflict(LATE)
        if before.voted and not before.by_clerk:
            raise Conflict("%(name)s has voted on the own device", name=before.name)
        if before.choice == choice:
            return before
        await _check_in_room(
            tx, session_id, councillor_id, _("Mark this councillor present first, then enter the vote")
        )
        after = await store.set_choice(tx, vote_id, councillor_id, choice, by_clerk=True)
        await _tell(tx, vote, before, after, desk.statute)
        await tx.audit(actor, "vote.enter", f"vote/{vote_id}", session=session_id, councillor=before.name)
        return after


def _check_not_on_paper(vote: Vote) -> None:
    if vote.paper:
        raise Conflict("This vote is on paper: the counting committee takes the ballots")


async def _check_in_room(tx: Tx, session_id: int, councillor_id: int, otherwise: str) -> None:
    member = await roll_store.member(tx, session_id, councillor_id)
    if member is None or not member.in_room:
        raise Conflict(otherwise)


async def _tell(tx: Tx, vote: Vote, before: Voter, after: Voter, statute: VotesSettings) -> None:
    changed = await store.count_one(tx, vote.id, int(after.voted) - int(before.voted))
    await views.tell_vote(tx, changed, statute)
    views.tell_ballot(tx, vote, after)
