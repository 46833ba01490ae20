"""«Tell me when item 7 starts»: stored, sent once, in the reader's language."""

import asyncio
from functools import partial

import msgspec
import pytest

from app.config import City, Server
from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound, SignInNeeded
from app.i18n import LOCALES, Locales
from app.wire import CITY, ROOT, SERVER
from portals.council import actions as council
from portals.council.debate import alerts, store
from portals.council.debate.model import SendAlerts, TimesGuessed, debate_room
from portals.council.panels import PANELS, Panel
from tests.portals.council.debate.conftest import CHAIR, CLERK, DRAFT, NOBODY, RESIDENT


@pytest.fixture
async def heard(app):
    """The application with languages, hearing of items."""
    app[CITY], app[SERVER] = City(name="Miasto", office="Urząd Miasta"), Server(public_url="https://sesje.example.pl")
    app[LOCALES] = Locales.read(ROOT, app[CITY])

    async def nothing(_tx, _actor, _session):
        return msgspec.Struct()

    app[PANELS].add(Panel(name="debate", data=nothing, item_begun=partial(alerts.item_begun, app)))
    return app


async def items_of(app, session):
    async with app[DATABASE].transaction(readonly=True) as tx:
        return (await council.session_view(tx, NOBODY, session.id)).items


async def begin(app, session, item):
    return await council.set_current_item(app[DATABASE], CLERK, session.id, item.id, app[PANELS])


async def queued(app) -> list[SendAlerts]:
    async with app[DATABASE].transaction() as tx:
        rows = await tx.records("SELECT payload FROM pgqueuer WHERE entrypoint = 'debate.alert' ORDER BY id")
    return [msgspec.json.decode(row["payload"], type=SendAlerts) for row in rows]


async def mailed(app) -> list[tuple[str, str]]:
    async with app[DATABASE].transaction() as tx:
        rows = await tx.records("SELECT recipient, subject FROM mail ORDER BY recipient")
    return [(row["recipient"], row["subject"]) for row in rows]


async def test_people_are_told_once_in_their_language(heard, session):
    app, database = heard, heard[DATABASE]
    first, budget, last = await items_of(app, session)
    async with database.transaction() as tx:
        await tx.execute("UPDATE account SET language = 'en' WHERE id = $1", CHAIR.account_id)
    await alerts.ask_for_alert(database, RESIDENT, session.id, budget.id)
    await alerts.ask_for_alert(database, RESIDENT, session.id, budget.id)  # pressed twice
    await alerts.ask_for_alert(database, CHAIR, session.id, budget.id)
    await alerts.ask_for_alert(database, RESIDENT, session.id, last.id)
    await alerts.ask_for_alert(database, CHAIR, session.id, last.id)
    await alerts.drop_alert(database, CHAIR, session.id, last.id)
    async with database.transaction() as tx:
        assert await store.alerts_of(tx, session.id, RESIDENT.account_id) == [budget.id, last.id]
        assert await store.alerts_of(tx, session.id, CHAIR.account_id) == [budget.id]
    await begin(app, session, first)
    assert await queued(app) == []
    await begin(app, session, budget)
    [payload] = await queued(app)
    assert payload.item_id == budget.id
    assert "Budżet" in payload.letters["pl"].text
    assert "https://sesje.example.pl/council/sessions/" in payload.letters["pl"].text
    # the worker died after its work: the job runs again, and at the same time elsewhere
    await asyncio.gather(*(alerts.SEND_ALERTS.run(database, payload) for _ in range(3)))
    assert await mailed(app) == [
        ("anna@gryf.example", "Item 2 has begun · Miasto"),
        ("jan@gryf.example", "Zaczął się punkt 2 · Miasto"),
    ]
    # the item comes up again: nobody is told twice
    await begin(app, session, last)
    await begin(app, session, budget)
    for again in await queued(app):
        await alerts.SEND_ALERTS.run(database, again)
    assert [subject for _to, subject in await mailed(app)].count("Zaczął się punkt 2 · Miasto") == 1
    assert len(await mailed(app)) == 3


async def test_who_cannot_be_told_learns_why(heard, session):
    database = heard[DATABASE]
    first, budget, _last = await items_of(heard, session)
    with pytest.raises(SignInNeeded):
        await alerts.ask_for_alert(database, NOBODY, session.id, budget.id)
    with pytest.raises(SignInNeeded):
        await alerts.drop_alert(database, NOBODY, session.id, budget.id)
    with pytest.raises(NotFound):
        await alerts.ask_for_alert(database, RESIDENT, session.id, budget.id + 1000)
    async with database.transaction() as tx:
        await tx.execute("UPDATE account SET email = NULL WHERE id = $1", RESIDENT.account_id)
    with pytest.raises(Invalid):
        await alerts.ask_for_alert(database, RESIDENT, session.id, budget.id)
    await begin(heard, session, first)
    with pytest.raises(Conflict):
        await alerts.ask_for_alert(database, CHAIR, session.id, first.id)


async def test_an_item_of_another_session_is_none_of_this_one(heard, session):
    other = await council.plan_session(
        heard[DATABASE], CLERK, msgspec.structs.replace(DRAFT, number="XXXII", title="XXXII sesja")
    )
    foreign = (await items_of(heard, other))[0]
    with pytest.raises(NotFound):
        await alerts.ask_for_alert(heard[DATABASE], RESIDENT, session.id, foreign.id)


async def test_pages_get_new_guesses_when_an_item_begins(heard, session):
    first, budget, last = await items_of(heard, session)
    await begin(heard, session, first)
    events = heard[DATABASE].backplane.events(debate_room(session.id))
    [guess] = [one.guess for one in events if isinstance(one, TimesGuessed)]
    assert [one.item_id for one in guess.times] == [budget.id, last.id]
    assert (guess.times[1].begins_at - guess.times[0].begins_at).total_seconds() == 600
