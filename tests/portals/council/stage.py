"""A council in a fresh database for the tests of planning, members and papers: accounts, a term, councillors."""

from datetime import UTC, date, datetime

import msgspec

from app.actor import Actor, Grant
from app.database import Database, Publication
from portals.council import store
from portals.council.model import (
    AgendaItemChanged,
    AgendaReplaced,
    SessionChanged,
    SessionDraft,
    SessionView,
    Term,
)

CLERK = Actor(account_id=1, name="Iwona Sadowska", login="clerk", grants=(Grant("clerk", "1"),))
RESIDENT = Actor(account_id=2, name="Jan Wrona", login="jan")
COUNCILLOR = Actor(account_id=3, name="Anna Kowal", login="anna", grants=(Grant("councillor", "1"),))
NOBODY = Actor()
OTHERS = (NOBODY, RESIDENT, COUNCILLOR)
PLANNED = datetime(2030, 3, 20, 9, 0, tzinfo=UTC)
DRAFT = SessionDraft("XXXII", "XXXII sesja Rady Miejskiej", "Ratusz", PLANNED, ["Otwarcie", "Budżet", "Zamknięcie"])
TERM = Term(id=0, name="Kadencja", began_on=date(2024, 5, 6), ends_on=date(2034, 5, 5))


class Backplane:
    """Keeps what was published, in order."""

    def __init__(self):
        self.published: list[Publication] = []

    async def stage(self, tx, publications):
        pass

    def dispatch(self, publications):
        self.published += publications

    def of(self, room: str) -> list:
        return [one.event for one in self.published if one.room == room]


async def furnish(database: Database) -> Backplane:
    """Accounts of the actors, and a backplane that remembers."""
    database.backplane = Backplane()
    async with database.transaction() as tx:
        for actor in (CLERK, RESIDENT, COUNCILLOR):
            await tx.execute(
                "INSERT INTO account (login, name, email, folded) VALUES ($1, $2, $3, lower($2))",
                actor.login,
                actor.name,
                f"{actor.login}@gryf.example",
            )
    return database.backplane


async def add_term(database: Database) -> int:
    async with database.transaction() as tx:
        return await store.add_term(tx, TERM)


async def audited(database: Database) -> list[str]:
    async with database.transaction() as tx:
        return [row["action"] for row in await tx.records("SELECT action FROM audit_entry ORDER BY id")]


def applied(before: SessionView, events: list) -> SessionView:
    """What a live page makes of a snapshot and the events after it."""
    session, items = before.session, {item.id: item for item in before.items}
    for event in events:
        if isinstance(event, SessionChanged) and event.session.rev > session.rev:
            session = event.session
        if isinstance(event, AgendaReplaced):
            items = {item.id: item for item in event.items}
        if isinstance(event, AgendaItemChanged) and event.item.rev > items[event.item.id].rev:
            items[event.item.id] = event.item
    return SessionView(session, sorted(items.values(), key=lambda item: item.position))


def changed(draft: SessionDraft, **values) -> SessionDraft:
    return msgspec.structs.replace(draft, **values)
