"""What each room and page may know of attendance and votes, and how a change is told to all of them at once."""

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from portals.council.actions import access_session
from portals.council.model import Session
from portals.council.rules import COUNCILLOR, can_run
from portals.council.votes import rules, store
from portals.council.votes.access import access_seat, access_voting_desk
from portals.council.votes.model import (
    AttendanceChanged,
    BallotCast,
    DeskView,
    Member,
    NamedVote,
    OwnAttendanceChanged,
    OwnBallot,
    OwnView,
    Quorum,
    QuorumChanged,
    Vote,
    VoteChanged,
    Voter,
    VoteRemoved,
    VotesView,
    desk_room,
    inside_room,
    own_room,
    votes_room,
)
from portals.council.votes.roll import store as roll_store
from portals.council.votes.settings import VotesSettings


async def attendance_of(tx: Tx, session: Session, statute: VotesSettings) -> tuple[Quorum, list[Member]]:
    """The attendance list and what it means; nobody is there while nobody has touched it."""
    known = await roll_store.roll(tx, session.id)
    if known is not None:
        members = await roll_store.members(tx, session.id)
        seats, rev = known
    else:
        councillors = await roll_store.councillors_of(tx, session)
        lines = [Member(one.id, one.name, one.club, one.office, "absent", None, 0) for one in councillors]
        members = sorted(lines, key=lambda line: rules.polish_order(line.name))
        seats, rev = await seats_of(tx, session, statute, len(members)), 0
    needed = rules.quorum_needed(rules.read_quorum(statute.quorum), seats)
    return Quorum(sum(member.in_room for member in members), needed, seats, rev), members


async def seats_of(tx: Tx, session: Session, statute: VotesSettings, sitting: int) -> int:
    """Seats by law (ustawowy skład), of the council or of the committee whose session it is."""
    by_statute = 0 if await roll_store.belongs_to_committee(tx, session.id) else statute.statutory
    return by_statute or max(sitting, 1)


def public_votes(named: list[NamedVote], statute: VotesSettings) -> list[NamedVote]:
    """Votes that were opened, with what residents may know of them now: nothing of a part that is closed to them."""
    return [shown(one, statute) for one in named if one.vote.opened_at is not None and not one.withheld]


def inside_votes(named: list[NamedVote], statute: VotesSettings) -> list[NamedVote]:
    """The same for those who sit in the session, in closed parts too."""
    return [shown(one, statute) for one in named if one.vote.opened_at is not None]


def shown(named: NamedVote, statute: VotesSettings) -> NamedVote:
    vote = rules.shown_vote(named.vote, statute.progress)
    voters = rules.shown_voters(named.vote, named.voters, statute.progress)
    return NamedVote(vote, voters, named.corrections, named.recounts)


def on_desk(named: NamedVote) -> NamedVote:
    return msgspec.structs.replace(named, voters=rules.desk_voters(named.vote, named.voters))


async def votes_view(tx: Tx, actor: Actor, session_id: int) -> VotesView:
    """Attendance and votes as residents see them."""
    session = await access_session(tx, actor, session_id)
    statute = await roll_store.statute(tx)
    quorum, members = await attendance_of(tx, session, statute)
    named = await store.named_votes(tx, await store.votes(tx, session_id))
    return VotesView(quorum, public_members(members, session, statute), public_votes(named, statute))


async def public_vote(tx: Tx, actor: Actor, session_id: int, vote_id: int) -> NamedVote:
    """One vote as residents see it; a draft is not there for them."""
    await access_session(tx, actor, session_id)
    vote = await store.vote(tx, session_id, vote_id)
    if vote is None or vote.opened_at is None:
        raise NotFound
    (named,) = await store.named_votes(tx, [vote])
    if named.withheld:
        raise NotFound
    return shown(named, await roll_store.statute(tx))


async def inside_view(tx: Tx, actor: Actor, session_id: int) -> VotesView:
    """Attendance and votes for those who sit in the session or run it; for others they are not there."""
    session = await access_session(tx, actor, session_id)
    if not await is_inside(tx, actor, session):
        raise NotFound
    quorum, members = await attendance_of(tx, session, await roll_store.statute(tx))
    named = await store.named_votes(tx, await store.votes(tx, session_id))
    return VotesView(quorum, members, inside_votes(named, await roll_store.statute(tx)))


async def is_inside(tx: Tx, actor: Actor, session: Session) -> bool:
    """Whether the actor takes part in closed parts: councillors who sit in the session, and those who run it."""
    if can_run(actor):
        return True
    if actor.account_id is None or not actor.has(COUNCILLOR):
        return False
    return await roll_store.councillor_of_account(tx, session, actor.account_id) is not None


def public_members(members: list[Member], session: Session, statute: VotesSettings) -> list[Member]:
    """The list by name where the statute makes it public while the session runs; it always is once it has ended."""
    return members if statute.attendance or session.state == "ended" else []


async def desk_view(tx: Tx, actor: Actor, session_id: int) -> DeskView:
    """The same with drafts and with who has voted, for those who prepare votes."""
    desk = await access_voting_desk(tx, actor, session_id, lock=False)
    quorum, members = await attendance_of(tx, desk.session, desk.statute)
    named = await store.named_votes(tx, await store.votes(tx, session_id))
    return DeskView(quorum, members, [on_desk(one) for one in named])


async def own_view(tx: Tx, actor: Actor, session_id: int) -> OwnView:
    """A councillor's presence and ballots."""
    seat = await access_seat(tx, actor, session_id)
    _quorum, members = await attendance_of(tx, seat.session, seat.statute)
    member = next((one for one in members if one.councillor_id == seat.councillor.id), None)
    if member is None:
        raise NotFound
    rows = await store.own_voters(tx, session_id, seat.councillor.id)
    return OwnView(member, [own_ballot(voter, secret=secret) for voter, secret in rows])


async def own_view_or_none(tx: Tx, actor: Actor, session_id: int) -> OwnView | None:
    """The same for a page that many open; None for whoever has no seat."""
    try:
        return await own_view(tx, actor, session_id)
    except NotFound:
        return None


def own_ballot(voter: Voter, *, secret: bool) -> OwnBallot:
    return OwnBallot(voter.vote_id, voter.councillor_id, secret, voter.voted, voter.choice, voter.by_clerk, voter.rev)


async def tell_vote(tx: Tx, vote: Vote, statute: VotesSettings) -> NamedVote:
    """Publishes a vote as it is now wherever it may be known; returns all there is."""
    (named,) = await store.named_votes(tx, [vote])
    tx.publish(desk_room(vote.session_id), VoteChanged(on_desk(named)))
    if vote.opened_at is not None:
        tx.publish(inside_room(vote.session_id), VoteChanged(shown(named, statute)))
        if not named.withheld:
            tx.publish(votes_room(vote.session_id), VoteChanged(shown(named, statute)))
    return named


def tell_ballots(tx: Tx, named: NamedVote) -> None:
    """To each councillor the own ballot: the vote was opened, closed or cancelled."""
    for voter in named.voters:
        tell_ballot(tx, named.vote, voter)


def tell_ballot(tx: Tx, vote: Vote, voter: Voter) -> None:
    tx.publish(own_room(vote.session_id, voter.councillor_id), BallotCast(own_ballot(voter, secret=vote.secret)))


def tell_removed(tx: Tx, vote: Vote) -> None:
    tx.publish(desk_room(vote.session_id), VoteRemoved(vote.id))


async def tell_attendance(tx: Tx, session: Session, statute: VotesSettings, changed: list[Member]) -> Quorum:
    """Publishes lines of the attendance list as they are now, and the quorum they make."""
    quorum, _members = await attendance_of(tx, session, statute)
    for member in changed:
        for room in (desk_room(session.id), inside_room(session.id)):
            tx.publish(room, AttendanceChanged(member))
        tx.publish(own_room(session.id, member.councillor_id), OwnAttendanceChanged(member))
        if public_members([member], session, statute):
            tx.publish(votes_room(session.id), AttendanceChanged(member))
    for room in (desk_room(session.id), inside_room(session.id), votes_room(session.id)):
        tx.publish(room, QuorumChanged(quorum))
    return quorum
