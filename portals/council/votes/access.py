"""Loaders: whoever gets something from here may have it."""

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Tx
from app.errors import NotFound
from portals.council import rules as council_rules
from portals.council.actions import access_session
from portals.council.model import Councillor, Session
from portals.council.votes import rules, store
from portals.council.votes.model import Vote
from portals.council.votes.roll import store as roll_store
from portals.council.votes.settings import VotesSettings


class VotingDesk(msgspec.Struct, frozen=True):
    """A session for those who prepare its votes. `may_open`: the statute lets this person open and close them too."""

    session: Session
    statute: VotesSettings
    may_open: bool
    may_mark: bool
    """Keeps the attendance list and enters or corrects votes of others: the council's office."""


class Seat(msgspec.Struct, frozen=True):
    """A councillor who acts for himself or herself."""

    session: Session
    statute: VotesSettings
    councillor: Councillor


async def voting_desk(tx: Tx, actor: Actor, session: Session) -> VotingDesk | None:
    """What of the desk is this actor's; None where nothing is."""
    statute = await roll_store.statute(tx)
    may_mark = council_rules.can_run(actor) or actor == SYSTEM
    councillor = None
    if actor.account_id is not None and actor.has(council_rules.COUNCILLOR):
        councillor = await roll_store.councillor_of_account(tx, session, actor.account_id)
    may_open = actor == SYSTEM or rules.can_open(actor, councillor.office if councillor else "", statute.openers)
    return VotingDesk(session, statute, may_open, may_mark) if may_open or may_mark else None


async def access_voting_desk(tx: Tx, actor: Actor, session_id: int, *, lock: bool = True) -> VotingDesk:
    """The session's votes for those who prepare them; for others there is no such desk."""
    session = await access_session(tx, actor, session_id)
    desk = await voting_desk(tx, actor, session)
    if desk is None:
        raise NotFound
    if not lock:
        return desk
    await roll_store.lock_session(tx, session_id)
    return msgspec.structs.replace(desk, session=await access_session(tx, actor, session_id))


async def access_opening(tx: Tx, actor: Actor, session_id: int) -> VotingDesk:
    """The same for those who open, close and cancel votes."""
    desk = await access_voting_desk(tx, actor, session_id)
    if not desk.may_open:
        raise NotFound
    return desk


async def access_roll(tx: Tx, actor: Actor, session_id: int) -> VotingDesk:
    """The same for those who keep the attendance list, and enter or correct votes of others."""
    desk = await access_voting_desk(tx, actor, session_id)
    if not desk.may_mark:
        raise NotFound
    return desk


async def access_seat(tx: Tx, actor: Actor, session_id: int) -> Seat:
    """The seat of the councillor who acts; whoever has none finds nothing."""
    session = await access_session(tx, actor, session_id)
    if actor.account_id is None or not actor.has(council_rules.COUNCILLOR):
        raise NotFound
    councillor = await roll_store.councillor_of_account(tx, session, actor.account_id)
    if councillor is None:
        raise NotFound
    return Seat(session, await roll_store.statute(tx), councillor)


async def access_vote(tx: Tx, _actor: Actor, session_id: int, vote_id: int) -> Vote:
    """A vote, locked, for whoever came through one of the loaders above."""
    vote = await store.locked_vote(tx, session_id, vote_id)
    if vote is None:
        raise NotFound
    return vote
