"""Planning on a real database: agendas written anew, dates, calling off, lists by body."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from aiohttp import web

from app.database import DATABASE
from app.errors import Conflict, Forbidden, Invalid, NotFound
from media.streams import STREAMS, Streams
from portals.council import actions as council
from portals.council import store as council_store
from portals.council.members import actions as members
from portals.council.members.model import CommitteeDraft
from portals.council.model import ItemDraft, SessionView
from portals.council.planning import actions, outline, store
from portals.council.planning.hooks import PLANNING, Planning
from tests.portals.council.stage import (
    CLERK,
    DRAFT,
    NOBODY,
    OTHERS,
    PLANNED,
    add_term,
    applied,
    audited,
    changed,
    furnish,
)


@pytest.fixture
async def app(database):
    await furnish(database)
    application = web.Application()
    application[DATABASE] = database
    application[PLANNING] = Planning()

    async def authorise(key, address):
        return None

    application[STREAMS] = Streams(authorise)
    return application


@pytest.fixture
async def session(app):
    return await actions.plan_session(app[DATABASE], CLERK, DRAFT)


async def view(app, session_id) -> SessionView:
    async with app[DATABASE].transaction() as tx:
        return await council.session_view(tx, NOBODY, session_id)


async def test_sub_items_are_written_and_their_parents_known(app):
    draft = changed(
        DRAFT,
        agenda=[],
        items=[
            ItemDraft("Otwarcie"),
            ItemDraft("Uchwały", minutes=60),
            ItemDraft("Budżet", 1),
            ItemDraft("Rondo", 1),
            ItemDraft("Opłaty", 0, "2a"),
            ItemDraft("Koniec"),
        ],
    )
    planned = await actions.plan_session(app[DATABASE], CLERK, draft)
    items = (await view(app, planned.id)).items
    assert [(one.number, one.depth, one.by_hand, one.planned_minutes) for one in items] == [
        ("1", 0, False, None),
        ("2", 0, False, 60),
        ("2.1", 1, False, None),
        ("2.2", 1, False, None),
        ("2a", 0, True, None),
        ("3", 0, False, None),
    ]
    assert [one.parent_id for one in items] == [None, None, items[1].id, items[1].id, None, None]


async def test_an_agenda_is_reordered_on_air_and_marks_stay_with_their_items(app, session):
    database, plane = app[DATABASE], app[DATABASE].backplane
    room = f"council/session/{session.id}"
    await council.start_session(app, CLERK, session.id)
    start = await view(app, session.id)
    first, second, third = start.items
    plane.published.clear()
    await council.set_current_item(database, CLERK, session.id, first.id)
    await council.set_current_item(database, CLERK, session.id, second.id)
    drafts = outline.drafts_of([second, first, third])
    drafts = [drafts[0], msgspec.structs.replace(drafts[1], depth=1), ItemDraft("Nowy punkt", 1), drafts[2]]
    written = await actions.rewrite_agenda(database, CLERK, session.id, drafts, start.session.agenda_rev)
    assert [(one.number, one.title, one.state) for one in written.items] == [
        ("1", "Budżet", "current"),
        ("1.1", "Otwarcie", "done"),
        ("1.2", "Nowy punkt", "waiting"),
        ("2", "Zamknięcie", "waiting"),
    ]
    fresh = await view(app, session.id)
    assert applied(start, plane.of(room)) == fresh == written
    async with database.transaction() as tx:
        assert [mark.item_id for mark in await council_store.marks(tx, session.id)] == [first.id, second.id]
    # the one that is on goes on, and can be taken neither away nor lost
    with pytest.raises(Invalid) as caught:
        await actions.rewrite_agenda(database, CLERK, session.id, drafts[1:], fresh.session.agenda_rev)
    assert "already debated" in caught.value.fields["agenda"]
    assert await view(app, session.id) == fresh


async def test_two_editors_notice_each_other(app, session):
    items = outline.drafts_of((await view(app, session.id)).items)
    await actions.rewrite_agenda(app[DATABASE], CLERK, session.id, items[:2], session.agenda_rev)
    with pytest.raises(Conflict):
        await actions.rewrite_agenda(app[DATABASE], CLERK, session.id, items, session.agenda_rev)
    assert len((await view(app, session.id)).items) == 2


async def test_items_that_stay_as_they_are_keep_their_rev(app, session):
    before = (await view(app, session.id)).items
    drafts = outline.drafts_of(before)
    written = await actions.rewrite_agenda(
        app[DATABASE], CLERK, session.id, [*drafts[:2], ItemDraft("Nowy", 1), drafts[2]], session.agenda_rev
    )
    assert [one.rev for one in written.items[:2]] == [one.rev for one in before[:2]]
    assert written.items[3].rev > before[2].rev


async def test_ids_of_another_session_make_new_items(app, session):
    other = await actions.plan_session(app[DATABASE], CLERK, DRAFT)
    mine, theirs = (await view(app, session.id)).items, (await view(app, other.id)).items
    await actions.rewrite_agenda(
        app[DATABASE], CLERK, session.id, outline.drafts_of([mine[0], theirs[1]]), session.agenda_rev
    )
    assert (await view(app, other.id)).items == theirs
    assert theirs[1].id not in [one.id for one in (await view(app, session.id)).items]


async def test_only_the_office_plans(app, session):
    database = app[DATABASE]
    for actor in OTHERS:
        with pytest.raises(Forbidden):
            await actions.plan_session(database, actor, DRAFT)
        for work in (
            actions.change_details(app, actor, session.id, DRAFT),
            actions.rewrite_agenda(database, actor, session.id, [ItemDraft("x")], session.agenda_rev),
            actions.call_off(app, actor, session.id, "choroba"),
            actions.restore_session(app, actor, session.id),
        ):
            with pytest.raises(NotFound):
                await work
    assert await audited(database) == ["session.plan"]


async def test_details_change_while_agenda_and_address_stay(app, session):
    start, plane = await view(app, session.id), app[DATABASE].backplane
    heard = []

    async def listen(_tx, actor, before, after):
        heard.append((actor, before.planned_at, after.planned_at))

    app[PLANNING].add(listen)
    later = PLANNED + timedelta(days=2)
    changes = changed(DRAFT, title="XXXII sesja (nowy termin)", planned_at=later, agenda=[])
    saved = await actions.change_details(app, CLERK, session.id, changes)
    assert (saved.slug, saved.title, saved.planned_at) == (session.slug, "XXXII sesja (nowy termin)", later)
    fresh = await view(app, session.id)
    assert fresh.items == start.items
    assert applied(start, plane.of(f"council/session/{session.id}")) == fresh
    assert heard == [(CLERK, PLANNED, later)]
    with pytest.raises(Invalid) as caught:
        await actions.change_details(app, CLERK, session.id, changed(changes, title=" "))
    assert set(caught.value.fields) == {"title"}


async def test_a_session_that_is_called_off_says_why_and_cannot_start(app, session):
    start, plane = await view(app, session.id), app[DATABASE].backplane
    for reason in ("", "  ", "x" * 301):
        with pytest.raises(Invalid):
            await actions.call_off(app, CLERK, session.id, reason)
    off = await actions.call_off(app, CLERK, session.id, " brak   quorum ")
    assert (off.state, off.called_off_reason) == ("planned", "brak quorum")
    assert applied(start, plane.of(f"council/session/{session.id}")) == await view(app, session.id)
    with pytest.raises(Conflict):
        await council.start_session(app, CLERK, session.id)
    with pytest.raises(Conflict):
        await actions.call_off(app, CLERK, session.id, "jeszcze raz")
    again = await actions.restore_session(app, CLERK, session.id)
    assert (again.called_off_at, again.called_off_reason) == (None, "")
    await council.start_session(app, CLERK, session.id)
    with pytest.raises(Conflict):
        await actions.call_off(app, CLERK, session.id, "za późno")
    assert await audited(app[DATABASE]) == ["session.plan", "session.call_off", "session.restore", "session.start"]


async def test_sessions_are_listed_by_body(app, session):
    database = app[DATABASE]
    term_id = await add_term(database)
    finance = await members.add_committee(database, CLERK, term_id, CommitteeDraft("Komisja Finansów"))
    await members.add_committee(database, CLERK, term_id, CommitteeDraft("Komisja bez posiedzeń"))
    with pytest.raises(Invalid) as caught:
        await actions.plan_session(database, CLERK, changed(DRAFT, committee_id=999))
    assert set(caught.value.fields) == {"committee"}
    meeting = await actions.plan_session(
        database, CLERK, changed(DRAFT, number="", title="Posiedzenie", committee_id=finance.id)
    )
    assert (meeting.committee_id, meeting.committee, meeting.slug) == (
        finance.id,
        "Komisja Finansów",
        "komisja-finansow-2030-03-20",
    )
    async with database.transaction() as tx:

        def titles(rows):
            return [one.title for one in rows]

        assert titles(await store.sessions_by_state(tx, "planned", None, 9)) == [session.title, "Posiedzenie"]
        assert titles(await store.sessions_by_state(tx, "planned", [], 9)) == [session.title]
        assert titles(await store.sessions_by_state(tx, "planned", [finance.id], 9)) == ["Posiedzenie"]
        month = datetime(2030, 3, 1, tzinfo=UTC), datetime(2030, 4, 1, tzinfo=UTC)
        assert titles(await store.sessions_between(tx, *month, [finance.id])) == ["Posiedzenie"]
        assert titles(await store.sessions_between(tx, month[1], month[1] + timedelta(days=31), None)) == []
        assert [one.name for one in await store.committees_with_sessions(tx)] == ["Komisja Finansów"]
    # a session on air stays with its body
    await council.start_session(app, CLERK, meeting.id)
    with pytest.raises(Invalid):
        await actions.change_details(app, CLERK, meeting.id, changed(DRAFT, committee_id=None))
