"""What the portal's pages show of attendance and votes."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.errors import Conflict
from media.record.recordings import RECORDINGS
from portals.council.model import Session
from portals.council.votes import rules, store, views
from portals.council.votes.access import voting_desk
from portals.council.votes.model import Member, NamedVote, OwnView, Quorum, Vote
from portals.council.votes.roll import store as roll_store


class ShownVote(msgspec.Struct, frozen=True):
    """A vote as a page draws it. `position_s`: where it is in the recording; None where nothing was recorded then."""

    named: NamedVote
    position_s: float | None

    @property
    def vote(self) -> Vote:
        return self.named.vote


class VotesPanel(msgspec.Struct, frozen=True):
    """What the templates get, for this actor alone. `own` is there for a councillor."""

    quorum: Quorum
    members: list[Member]
    votes: list[ShownVote]
    majorities: dict[str, str]
    """Kinds that the statute offers, with their titles (message ids)."""
    own: OwnView | None = None
    may_open: bool = False
    may_mark: bool = False
    may_change: bool = True
    inside: bool = False

    @property
    def open(self) -> ShownVote | None:
        return next((one for one in self.votes if one.vote.state == "open"), None)

    @property
    def latest(self) -> ShownVote | None:
        """The vote that is open, or else the last one that was."""
        opened = [(one.vote.opened_at, one.vote.number, one) for one in self.votes if one.vote.opened_at is not None]
        return self.open or (max(opened)[2] if opened else None)

    @property
    def has_opened(self) -> bool:
        return self.latest is not None


def panel_of(app: web.Application) -> Callable[[Tx, Actor, Session], Awaitable[VotesPanel]]:
    """The panel's function, which knows the recordings of this application."""

    async def panel(tx: Tx, actor: Actor, session: Session) -> VotesPanel:
        statute = await roll_store.statute(tx)
        desk = await voting_desk(tx, actor, session)
        quorum, members = await views.attendance_of(tx, session, statute)
        named = await store.named_votes(tx, await store.votes(tx, session.id))
        inside = await views.is_inside(tx, actor, session)
        if desk is not None:
            told = [views.on_desk(one) for one in named]
        elif inside:
            told = views.inside_votes(named, statute)
        else:
            told, members = views.public_votes(named, statute), views.public_members(members, session, statute)
        return VotesPanel(
            quorum=quorum,
            members=members,
            votes=[ShownVote(one, await _position(app, session, one.vote)) for one in told],
            majorities={name: rules.MAJORITIES[name] for name in statute.majorities},
            own=await views.own_view_or_none(tx, actor, session.id),
            may_open=desk is not None and desk.may_open,
            may_mark=desk is not None and desk.may_mark,
            may_change=statute.may_change,
            inside=inside,
        )

    return panel


async def _position(app: web.Application, session: Session, vote: Vote) -> float | None:
    if vote.opened_at is None or session.state == "planned":
        return None
    return await app[RECORDINGS].position_at(session.stream_id, vote.opened_at)


async def refuse_open_vote(tx: Tx, _actor: Actor, session: Session) -> None:
    """A session does not end over an open vote: its ballots would be in the air."""
    if await store.open_vote(tx, session.id) is not None:
        raise Conflict("A vote is open: close it or cancel it, then end the session")
