"""Papers on a real database and a real file store: versions, audiences, removal, rooms that tell no secrets."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from app.database import DATABASE
from app.errors import Conflict, Invalid, NotFound
from app.files import DOCUMENTS, FILES, FileStore, stored_file
from portals.council import actions as council
from portals.council.papers import actions, store
from portals.council.papers.model import PaperChanged, PaperDraft, PaperHidden, PapersView
from portals.council.planning import actions as planning
from portals.council.planning import outline
from tests.portals.council.stage import CLERK, COUNCILLOR, DRAFT, NOBODY, OTHERS, RESIDENT, audited, furnish

TEXT = "Zażółć gęślą jaźń\n".encode()
SECRET = PaperDraft("Tylko dla radnych", audience="councillors")


@pytest.fixture
async def app(database, tmp_path):
    await furnish(database)
    application = web.Application()
    application[DATABASE] = database
    application[FILES] = FileStore.in_folder(tmp_path)
    return application


@pytest.fixture
async def session(app):
    return await planning.plan_session(app[DATABASE], CLERK, DRAFT)


async def upload(app, name="Uchwała_żółta.txt", content=TEXT):
    async def blocks() -> AsyncIterator[bytes]:
        yield content

    return await app[FILES].receive(blocks(), limit_bytes=10_000, accept=DOCUMENTS, name=name)


async def add(app, session, draft=None, actor=CLERK, **more):
    files = [await upload(app, **more)]
    return (await actions.add_papers(app, actor, session.id, files, draft or PaperDraft("Projekt uchwały")))[0]


async def items_of(app, session):
    async with app[DATABASE].transaction() as tx:
        return (await council.session_view(tx, CLERK, session.id)).items


async def shown(app, session, actor) -> PapersView:
    async with app[DATABASE].transaction() as tx:
        if actor in {NOBODY, RESIDENT}:
            return await actions.papers_view(tx, actor, session.id)
        return await actions.councillors_view(tx, actor, session.id)


def followed(before: PapersView, events: list) -> PapersView:
    """What council-papers.js makes of a snapshot and the events after it."""
    papers = {one.id: one for one in before.papers}
    for event in events:
        if isinstance(event, PaperHidden):
            papers.pop(event.paper_id, None)
        if isinstance(event, PaperChanged) and (
            event.paper.id not in papers or papers[event.paper.id].rev <= event.paper.rev
        ):
            papers[event.paper.id] = event.paper
    return PapersView(sorted(papers.values(), key=lambda one: (one.position, one.id)))


async def test_rooms_follow_every_action_and_residents_hear_no_secret(app, session):
    database, plane = app[DATABASE], app[DATABASE].backplane
    item = (await items_of(app, session))[1]
    start = {actor: await shown(app, session, actor) for actor in (NOBODY, COUNCILLOR)}
    rooms = {
        NOBODY: f"council/session/{session.id}/papers",
        COUNCILLOR: f"council/session/{session.id}/papers/councillors",
    }

    async def same():
        for actor, room in rooms.items():
            assert followed(start[actor], plane.of(room)) == await shown(app, session, actor)

    public = await add(app, session)
    await same()
    secret = await add(app, session, SECRET)
    await same()
    await actions.add_version(app, CLERK, secret.id, await upload(app, content=b"v2"), "poprawka")
    await same()
    assert [one.title for one in (await shown(app, session, NOBODY)).papers] == ["Projekt uchwały"]
    assert [one.title for one in (await shown(app, session, COUNCILLOR)).papers] == ["Projekt uchwały", SECRET.title]
    await actions.move_paper(database, CLERK, secret.id, "up")
    await same()
    assert not any("radnych" in str(one) for one in plane.of(rooms[NOBODY]))
    # public becomes secret: residents lose it; and back
    await actions.change_paper(
        database, CLERK, public.id, PaperDraft("Projekt", audience="councillors", item_id=item.id)
    )
    await same()
    assert (await shown(app, session, NOBODY)).papers == []
    await actions.change_paper(database, CLERK, public.id, PaperDraft("Projekt", "resolution", item_id=item.id))
    await same()
    await actions.remove_paper(database, CLERK, public.id, "dane osobowe")
    await same()
    await actions.remove_paper(database, CLERK, secret.id, "pomyłka")
    await same()
    # a tombstone stays where residents saw the paper, and nowhere else
    assert [(one.title, one.removal_reason, one.name) for one in (await shown(app, session, NOBODY)).papers] == [
        ("Projekt", "dane osobowe", "")
    ]


async def test_the_newest_version_is_shown_and_older_ones_stay(app, session):
    database = app[DATABASE]
    paper = await add(app, session)
    with pytest.raises(Invalid) as caught:
        await actions.add_version(app, CLERK, paper.id, await upload(app), "  ")
    assert set(caught.value.fields) == {"note"}
    changed = await actions.add_version(
        app, CLERK, paper.id, await upload(app, "poprawiona.txt", b"druga"), "§ 3 inaczej"
    )
    assert (changed.version, changed.name, changed.note, changed.bytes) == (2, "poprawiona.txt", "§ 3 inaczej", 5)
    async with database.transaction() as tx:
        versions = await store.versions(tx, paper.id)
        assert [(one.number, one.name, one.note) for one in versions] == [
            (2, "poprawiona.txt", "§ 3 inaczej"),
            (1, "Uchwała_żółta.txt", ""),
        ]
        _paper, first = await actions.access_version(tx, NOBODY, paper.id, 1)
        assert (await stored_file(tx, first.file_id)).sha256 == first.sha256
        with pytest.raises(NotFound):
            await actions.access_version(tx, NOBODY, paper.id, 3)


async def test_what_is_removed_is_gone_with_every_version(app, session):
    database = app[DATABASE]
    paper = await add(app, session)
    await actions.add_version(app, CLERK, paper.id, await upload(app, content=b"druga"), "zmiana")
    for reason in ("", " ", "x" * 301):
        with pytest.raises(Invalid) as caught:
            await actions.remove_paper(database, CLERK, paper.id, reason)
        assert set(caught.value.fields) == {"reason"}
    await actions.remove_paper(database, CLERK, paper.id, "dane osobowe")
    async with database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM file") == 0
        assert await tx.value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'files.delete'") == 2
        assert (await actions.access_paper(tx, NOBODY, paper.id)).removal_reason == "dane osobowe"
        for number in (1, 2):
            with pytest.raises(NotFound):
                await actions.access_version(tx, CLERK, paper.id, number)
    with pytest.raises(Conflict):
        await actions.add_version(app, CLERK, paper.id, await upload(app), "jednak")
    with pytest.raises(Conflict):
        await actions.remove_paper(database, CLERK, paper.id, "znowu")


async def test_a_paper_becomes_public_at_its_moment_and_pages_hear_it(app, session):
    database, plane = app[DATABASE], app[DATABASE].backplane
    now = datetime.now(UTC)
    draft = PaperDraft("Do czwartku dla radnych", audience="councillors", public_from=now + timedelta(hours=1))
    paper = await add(app, session, draft)
    room = f"council/session/{session.id}/papers"
    assert await actions.release_due(database, now) == 0
    assert plane.of(room) == []
    assert await actions.release_due(database, now + timedelta(hours=1)) == 1
    (event,) = plane.of(room)
    assert (event.paper.id, event.paper.audience, event.paper.public_from) == (paper.id, "public", None)
    assert await actions.release_due(database, now + timedelta(hours=2)) == 0
    # without the worker it is public all the same once its moment has come
    past = PaperDraft("Wczoraj", audience="councillors", public_from=now - timedelta(seconds=1))
    late = await add(app, session, past)
    async with database.transaction() as tx:
        assert (await actions.access_paper(tx, NOBODY, late.id)).id == late.id


async def test_several_files_become_several_papers_named_by_their_files(app, session):
    files = [await upload(app, "Opinia_RIO.txt"), await upload(app, "żółw i jaźń.txt")]
    added = await actions.add_papers(app, CLERK, session.id, files, PaperDraft("Wspólny tytuł"))
    assert [one.title for one in added] == ["Opinia RIO", "żółw i jaźń"]
    with pytest.raises(Invalid) as caught:
        await actions.add_papers(app, CLERK, session.id, [], PaperDraft("Bez pliku"))
    assert set(caught.value.fields) == {"files"}
    with pytest.raises(Invalid) as caught:
        await actions.add_papers(app, CLERK, session.id, [await upload(app)], PaperDraft("x", item_id=999))
    assert set(caught.value.fields) == {"item"}
    async with app[DATABASE].transaction() as tx:
        assert await tx.value("SELECT count(*) FROM file") == 2


async def test_order_changes_within_an_item(app, session):
    item = (await items_of(app, session))[0]
    first, second = await add(app, session), await add(app, session, PaperDraft("Drugi"))
    other = await add(app, session, PaperDraft("Innego punktu", item_id=item.id))
    third = await add(app, session, PaperDraft("Trzeci"))
    await actions.move_paper(app[DATABASE], CLERK, third.id, "up")
    await actions.move_paper(app[DATABASE], CLERK, first.id, "up")  # it is the first already
    order = [one.id for one in (await shown(app, session, NOBODY)).papers if one.item_id is None]
    assert order == [first.id, third.id, second.id]
    await actions.move_paper(app[DATABASE], CLERK, other.id, "down")  # alone in its item
    assert len((await shown(app, session, NOBODY)).papers) == 4


async def test_papers_stay_when_their_item_moves_and_outlive_it(app, session):
    items = await items_of(app, session)
    paper = await add(app, session, PaperDraft("Projekt", item_id=items[1].id))
    moved = outline.drafts_of([items[1], items[0], items[2]])
    view = await planning.rewrite_agenda(app[DATABASE], CLERK, session.id, moved, session.agenda_rev)
    async with app[DATABASE].transaction() as tx:
        assert (await store.paper(tx, paper.id)).item_id == view.items[0].id == items[1].id
    await planning.rewrite_agenda(app[DATABASE], CLERK, session.id, moved[1:], view.session.agenda_rev)
    async with app[DATABASE].transaction() as tx:
        assert (await store.paper(tx, paper.id)).item_id is None


async def test_only_the_office_keeps_papers_and_secrets_are_not_there_for_others(app, session):
    database = app[DATABASE]
    public, secret = await add(app, session), await add(app, session, SECRET)
    lines = await audited(database)
    for actor in OTHERS:
        for work in (
            actions.add_papers(app, actor, session.id, [await upload(app)], PaperDraft("x")),
            actions.add_version(app, actor, public.id, await upload(app), "x"),
            actions.change_paper(database, actor, public.id, PaperDraft("x")),
            actions.move_paper(database, actor, public.id, "up"),
            actions.remove_paper(database, actor, public.id, "x"),
        ):
            with pytest.raises(NotFound):
                await work
    assert await audited(database) == lines
    async with database.transaction() as tx:
        for actor in (NOBODY, RESIDENT):
            with pytest.raises(NotFound):
                await actions.access_paper(tx, actor, secret.id)
            with pytest.raises(NotFound):
                await actions.access_version(tx, actor, secret.id, 1)
            with pytest.raises(NotFound):
                await actions.councillors_view(tx, actor, session.id)
        assert (await actions.access_paper(tx, COUNCILLOR, secret.id)).id == secret.id


async def test_every_action_is_audited(app, session):
    database = app[DATABASE]
    paper, other = await add(app, session), await add(app, session)
    await actions.add_version(app, CLERK, paper.id, await upload(app), "zmiana")
    await actions.change_paper(database, CLERK, paper.id, PaperDraft("Nowy tytuł"))
    await actions.move_paper(database, CLERK, other.id, "up")
    await actions.remove_paper(database, CLERK, paper.id, "pomyłka")
    past = PaperDraft("x", audience="councillors", public_from=datetime.now(UTC))
    await add(app, session, past)
    await actions.release_due(database, datetime.now(UTC))
    assert (await audited(database))[1:] == [
        "paper.add",
        "paper.add",
        "paper.version",
        "paper.change",
        "paper.move",
        "paper.remove",
        "paper.add",
        "paper.release",
    ]
