"""A council of three, a session on air, and a plane that keeps what was published."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from aiohttp import web

from app.actor import Actor, Grant
from app.database import DATABASE, Database, Publication
from media.streams import STREAMS, Streams
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.model import SessionDraft, Term
from portals.council.panels import PANELS, Panel, Panels

CLERK = Actor(account_id=1, name="Iwona Sadowska", login="clerk", grants=(Grant("clerk", "1"),))
CHAIR = Actor(account_id=2, name="Anna Kowal", login="anna", grants=(Grant("councillor", "1"),))
LUCJA = Actor(account_id=3, name="Łucja Żółć", login="lucja", grants=(Grant("councillor", "1"),))
MAREK = Actor(account_id=4, name="Marek Lis", login="marek", grants=(Grant("councillor", "1"),))
RESIDENT = Actor(account_id=5, name="Jan Wrona", login="jan")
STRANGER = Actor(account_id=6, name="Ewa Inna", login="ewa", grants=(Grant("councillor", "1"),))
"""Holds the role, and is no councillor of this council."""
NOBODY = Actor()
PEOPLE = (CLERK, CHAIR, LUCJA, MAREK, RESIDENT, STRANGER)
DRAFT = SessionDraft(
    number="XXXI",
    title="XXXI sesja Rady Miejskiej",
    place="Ratusz",
    planned_at=datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
    agenda=["Otwarcie", "Budżet", "Interpelacje"],
)


class Backplane:
    """Keeps what was published, in order."""

    def __init__(self):
        self.published: list[Publication] = []

    async def stage(self, tx, publications):
        pass

    def dispatch(self, publications):
        self.published += publications

    def doubt(self, publications):
        pass

    def announce(self, publications):
        pass

    def events(self, room: str):
        return [one.event for one in self.published if one.room == room]


@pytest.fixture
async def app(database: Database):
    database.backplane = Backplane()
    async with database.transaction() as tx:
        for actor in PEOPLE:
            await tx.execute(
                "INSERT INTO account (login, name, folded, email) VALUES ($1, $2, lower($2), $3)",
                actor.login,
                actor.name,
                f"{actor.login}@gryf.example",
            )
        term = Term(id=0, name="2024–2029", began_on=date(2024, 5, 6), ends_on=date(2029, 5, 5))
        term_id = await council_store.add_term(tx, term)
        club_id = await council_store.add_club(tx, term_id, "Klub A")
        await council_store.add_councillor(tx, term_id, CHAIR.name, "chair", club_id, CHAIR.account_id)
        await council_store.add_councillor(tx, term_id, LUCJA.name, "", club_id, LUCJA.account_id)
        await council_store.add_councillor(tx, term_id, MAREK.name, "", None, MAREK.account_id)
    application = web.Application()
    application[DATABASE] = database

    async def authorise(key, address):
        return await council.authorise_publish(database, key, address)

    async def nothing(tx, actor, session):
        return msgspec.Struct()

    from portals.council.debate import actions

    application[STREAMS] = Streams(authorise)
    application[PANELS] = Panels({})
    application[PANELS].add(Panel(name="debate", data=nothing, session_ended=actions.close_debate))
    return application


@pytest.fixture
async def session(app):
    planned = await council.plan_session(app[DATABASE], CLERK, DRAFT)
    return await council.start_session(app, CLERK, planned.id)
