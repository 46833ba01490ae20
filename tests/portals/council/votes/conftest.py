"""A council of five with a session on air, on a real database."""

from datetime import UTC, date, datetime

import pytest
from aiohttp import web

from app.actor import SYSTEM, Actor, Grant
from app.database import DATABASE, Database, Publication
from app.identity.keys import Keys
from media.streams import STREAMS, Streams
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import SessionDraft, Term
from portals.council.votes import actions, attendance, ballots, views
from portals.council.votes.model import (
    AttendanceChanged,
    BallotCast,
    OwnAttendanceChanged,
    QuorumChanged,
    VoteChanged,
    VoteDraft,
    VoteRemoved,
    VoteWithheld,
)
from portals.council.votes.roll import store as roll_store

NAMES = ["Anna Kowal", "Łukasz Ćwik", "Zofia Żurek", "Jan Lis", "Ewa Śliwa"]
KEYS = Keys(b"a secret of forty characters for the tests")
CLERK = Actor(account_id=1, name="Iwona Sadowska", login="clerk", grants=(Grant("clerk", "1"),))
RESIDENT = Actor(account_id=2, name="Jan Wrona", login="jan")
COUNCIL = [
    Actor(account_id=3 + place, name=name, login=f"c{place}", grants=(Grant("councillor", "1"),))
    for place, name in enumerate(NAMES)
]


class Backplane:
    """Keeps what was published, in order."""

    def __init__(self):
        self.published: list[Publication] = []

    async def stage(self, tx, publications):
        pass

    def dispatch(self, publications):
        self.published += publications


class Chamber:
    """A session with its councillors, and short words for what people do in it."""

    def __init__(self, app, session, ids):
        self.app = app
        self.session = session
        self.ids = ids
        self.plane = app[DATABASE].backplane
        self._number = 0

    @property
    def database(self) -> Database:
        return self.app[DATABASE]

    async def statute(self, **rules):
        async with self.database.transaction() as tx:
            import msgspec

            settings = msgspec.structs.replace(await roll_store.statute(tx), **rules)
            await roll_store.keep_statute(tx, settings)

    async def everybody(self):
        return await attendance.mark_everyone_present(self.database, CLERK, self.session.id)

    async def mark(self, place, state, actor=CLERK):
        return await attendance.mark_attendance(self.database, actor, self.session.id, self.ids[place], state)

    async def here(self, place):
        return await attendance.confirm_presence(self.database, COUNCIL[place], self.session.id)

    async def prepare(self, title="Budżet", majority="", secret=False, actor=CLERK, item_id=None):
        draft = VoteDraft(title, majority, secret, item_id)
        return await actions.prepare_vote(self.database, actor, self.session.id, draft)

    async def open(self, vote=None, actor=CLERK, **draft):
        vote = vote or await self.prepare(**draft)
        return await actions.open_vote(self.database, actor, self.session.id, vote.id)

    async def cast(self, vote, place, choice, op=None):
        self._number += 1
        op = op or f"operation-{self._number}"
        return await ballots.cast_ballot(self.database, KEYS, COUNCIL[place], self.session.id, vote.id, choice, op)

    async def enter(self, vote, place, choice, actor=CLERK):
        return await ballots.enter_ballot(self.database, actor, self.session.id, vote.id, self.ids[place], choice)

    async def close(self, vote, actor=CLERK, keys=KEYS):
        return await actions.close_vote(self.database, keys, actor, self.session.id, vote.id)

    async def cancel(self, vote, reason="Awaria prądu", actor=CLERK):
        return await actions.cancel_vote(self.database, actor, self.session.id, vote.id, reason)

    async def repeat(self, vote, reason="Pomyłka w głosowaniu", actor=CLERK):
        return await actions.repeat_vote(self.database, actor, self.session.id, vote.id, reason)

    async def correct(self, vote, place, choice, reason="Zły przycisk", actor=CLERK):
        return await actions.correct_vote(
            self.database, actor, self.session.id, vote.id, self.ids[place], choice, reason
        )

    async def public(self, actor=RESIDENT):
        async with self.database.transaction(readonly=True) as tx:
            return await views.votes_view(tx, actor, self.session.id)

    async def desk(self, actor=CLERK):
        async with self.database.transaction(readonly=True) as tx:
            return await views.desk_view(tx, actor, self.session.id)

    async def own(self, place):
        async with self.database.transaction(readonly=True) as tx:
            return await views.own_view(tx, COUNCIL[place], self.session.id)

    async def closed(self, vote):
        async with self.database.transaction(readonly=True) as tx:
            return await actions.closed_vote(tx, RESIDENT, self.session.id, vote.id)

    async def rows(self, sql, *values):
        async with self.database.transaction() as tx:
            return await tx.records(sql, *values)

    async def audited(self):
        return [row["action"] for row in await self.rows("SELECT action FROM audit_entry ORDER BY id")]


def applied(view, published, room):
    """What a page makes of a snapshot and the events of its room after it."""
    quorum, members, votes = view.quorum, list(view.members), {one.vote.id: one for one in view.votes}
    for one in published:
        event = one.event
        if one.room != room:
            continue
        if isinstance(event, QuorumChanged) and event.quorum.rev >= quorum.rev:
            quorum = event.quorum
        if isinstance(event, AttendanceChanged):
            members = [event.member if line.councillor_id == event.member.councillor_id else line for line in members]
        if isinstance(event, VoteChanged):
            known = votes.get(event.named.vote.id)
            if known is None or event.named.vote.rev >= known.vote.rev:
                votes[event.named.vote.id] = event.named
        if isinstance(event, VoteRemoved | VoteWithheld):
            votes.pop(event.vote_id, None)
    return type(view)(quorum, members, sorted(votes.values(), key=lambda named: named.vote.number))


def applied_own(view, published, room):
    member, ballots_now = view.member, {one.vote_id: one for one in view.ballots}
    for one in published:
        if one.room == room and isinstance(one.event, OwnAttendanceChanged):
            member = one.event.member
        if one.room == room and isinstance(one.event, BallotCast):
            ballots_now[one.event.ballot.vote_id] = one.event.ballot
    return type(view)(member, list(ballots_now.values()))


@pytest.fixture
async def chamber(database: Database):
    database.backplane = Backplane()
    async with database.transaction() as tx:
        for actor in (CLERK, RESIDENT, *COUNCIL):
            await tx.execute(
                "INSERT INTO account (login, name, folded) VALUES ($1, $2, lower($2))", actor.login, actor.name
            )
        term_id = await council_store.add_term(tx, Term(0, "2024–2029", date(2024, 5, 6), date(2029, 5, 5)))
        club_id = await council_store.add_club(tx, term_id, "Klub Wspólny")
        for place, actor in enumerate(COUNCIL):
            await council_store.add_councillor(
                tx, term_id, actor.name, "chair" if place == 0 else "", club_id if place < 3 else None, actor.account_id
            )
        ids = {row["name"]: row["id"] for row in await tx.records("SELECT name, id FROM councillor")}
        accounts = {row["login"]: row["id"] for row in await tx.records("SELECT login, id FROM account")}
    assert accounts == {actor.login: actor.account_id for actor in (CLERK, RESIDENT, *COUNCIL)}
    application = web.Application()
    application[DATABASE] = database

    async def authorise(key, address):
        return None

    application[STREAMS] = Streams(authorise)
    draft = SessionDraft("XXXI", "XXXI sesja", "Ratusz", datetime.now(UTC), ["Otwarcie", "Budżet"])
    session = await council.plan_session(database, SYSTEM, draft)
    async with database.transaction() as tx:
        session = await council_store.start_session(tx, session.id)
    return Chamber(application, session, [ids[name] for name in NAMES])
