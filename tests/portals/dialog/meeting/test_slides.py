"""Slides that are led in a live meeting: who turns them, what everybody is told, what the recording knows; copies."""

from datetime import timedelta

import pytest
from aiohttp import web

from app.database import DATABASE
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.files import FILES, FileStore
from portals.dialog import store as dialog_store
from portals.dialog.blocks import Blocks
from portals.dialog.materials import actions as material_actions
from portals.dialog.materials import rules as material_rules
from portals.dialog.materials.feature import KIND as MATERIALS
from portals.dialog.materials.model import Content, MaterialDraft
from portals.dialog.meeting import actions, air, rules, slide_store, slides, store, views
from portals.dialog.meeting.feature import KIND
from portals.dialog.meeting.model import Deck, SlidesChanged, Span
from tests.portals.dialog.meeting.test_meeting import running
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, JAN, MODERATOR, NOBODY, OLA

PDF = b"%PDF-1.7\n" + b"0" * 200


async def slides_of(stage, database, tmp_path, name="Szkoła.pdf"):
    """A presentation among the materials: its id, and how to add the next version."""
    app = web.Application()
    app[DATABASE], app[FILES] = database, FileStore.in_folder(tmp_path)

    async def upload():
        async def pieces():
            yield PDF

        files = app[FILES]
        return await files.receive(pieces(), limit_bytes=100_000, accept=material_rules.ACCEPTED, name=name)

    stage.blocks.add(MATERIALS)
    block = await stage.block(MATERIALS.name)
    draft = MaterialDraft(slides=True)
    made = await material_actions.add_material(app, CLERK, block.id, "file", draft, Content(), await upload())

    async def again():
        await material_actions.add_version(app, CLERK, made.id, Content(), await upload())

    return made.id, again


async def told(stage, block):
    return [one.slides for one in stage.backplane.of(f"dialog/meeting/{block}") if isinstance(one, SlidesChanged)]


async def test_everybody_follows_the_presenter_and_the_snapshot_equals_what_was_told(database, tmp_path):
    stage, block, app = await running(database)
    material, again = await slides_of(stage, database, tmp_path)
    for actor in (NOBODY, JAN, EWA, AUDITOR):
        with pytest.raises((NotFound, Forbidden)):
            await slides.show_slide(database, actor, block, material, 1)
        with pytest.raises((NotFound, Forbidden)):
            await slides.close_slides(database, actor, block)
    with pytest.raises(Conflict):
        await slides.close_slides(database, CLERK, block)
    first = await slides.show_slide(database, CLERK, block, material, 1)
    address = f"{stage.consultation.path}/materials/{material}/v1"
    assert (first.title, first.file, first.page, first.presenter) == ("Szkoła", address, 1, None)
    await again()  # a newer version does not change what is being shown
    second = await slides.show_slide(database, MODERATOR, block, material, 2)
    assert (second.file, second.page) == (address, 2)
    assert (await slides.show_slide(database, CLERK, block, material, 2)).rev == second.rev  # twice is once
    for page in (0, -1, 5001):
        with pytest.raises(Invalid):
            await slides.show_slide(database, CLERK, block, material, page)
    async with database.transaction() as tx:
        assert (await views.room_view(tx, block)).slides == (await told(stage, block))[-1]
        assert await slide_store.decks(tx, stage.consultation.id) == [Deck(material, "Szkoła")]
    closed = await slides.close_slides(database, CLERK, block)
    assert (closed.file, closed.material_id) == ("", None)
    assert (await slides.show_slide(database, CLERK, block, material, 1)).file == address.replace("v1", "v2")
    assert {"meeting.slide", "meeting.slides-close"} <= set(await stage.audited())
    await air.end(app, CLERK, block)
    assert (await told(stage, block))[-1].file == ""
    with pytest.raises(Conflict):
        await slides.show_slide(database, CLERK, block, material, 1)


async def test_who_is_named_turns_the_pages_until_their_hand_is_down(database, tmp_path):
    stage, block, app = await running(database)
    material, _again = await slides_of(stage, database, tmp_path)
    hand = await actions.raise_hand(database, JAN, block, "pokażę plan")
    for actor in (NOBODY, JAN, OLA, AUDITOR):
        with pytest.raises((NotFound, Forbidden)):
            await slides.name_presenter(database, actor, block, hand.id)
    with pytest.raises(NotFound):
        await slides.name_presenter(database, CLERK, block, hand.id + 1000)
    named = await slides.name_presenter(database, CLERK, block, hand.id)
    assert (named.hand_id, named.presenter.name) == (hand.id, "Jan Wrona")
    assert (await slides.show_slide(database, JAN, block, material, 3)).page == 3
    with pytest.raises(Forbidden):
        await slides.show_slide(database, OLA, block, material, 4)
    await air.lower(app, CLERK, block, hand.id)
    last = (await told(stage, block))[-1]
    assert (last.hand_id, last.presenter, last.page) == (None, None, 3)
    with pytest.raises(Forbidden):
        await slides.show_slide(database, JAN, block, material, 4)


async def test_slides_of_another_consultation_and_such_without_pages_are_not_shown(database, tmp_path):
    stage, block, _app = await running(database)
    await stage.make("Park Kultury")  # another consultation of the same clerk
    foreign, _again = await slides_of(stage, database, tmp_path)
    with pytest.raises(NotFound):
        await slides.show_slide(database, CLERK, block, foreign, 1)
    with pytest.raises(NotFound):
        await slides.show_slide(database, CLERK, block, foreign + 1000, 1)


async def test_each_page_has_its_place_in_the_recording_and_a_removed_file_is_a_gap(database, tmp_path):
    stage, block, _app = await running(database)
    material, _again = await slides_of(stage, database, tmp_path)
    for page in (1, 2, 1):
        await slides.show_slide(database, CLERK, block, material, page)
    await slides.close_slides(database, CLERK, block)
    async with database.transaction() as tx:
        found = await views.shown_slides(tx, block)
        assert [(one.page, bool(one.file)) for one in found] == [(1, True), (2, True), (1, True), (0, False)]
        spans = [Span(0.0, found[0].at - timedelta(seconds=5), 600.0)]
        places = [rules.position_of(spans, one.at) for one in found]
        assert places[0] == 5.0
        assert places == sorted(places)
        assert [one.kind for one in await views.moments(tx, block)] == ["slides"]
    await material_actions.remove_material(database, CLERK, material, "Był błąd")
    async with database.transaction() as tx:
        assert [one.file for one in await views.shown_slides(tx, block)] == ["", "", "", ""]
        assert [one.kind for one in await views.moments(tx, block)] == []


async def test_a_copy_takes_the_polls_along_prepared_and_nothing_of_people(database):
    stage, block, _app = await running(database)
    opened = await actions.make_poll(
        database, CLERK, block, "Co najpierw?", "Boisko\nOgród", several=True, at_close=True
    )
    await actions.make_poll(database, CLERK, block, "Kiedy?", "Rano\nWieczorem", several=False, at_close=False)
    await actions.open_poll(database, CLERK, block, opened.id)
    await actions.answer(database, JAN, block, opened.id, [0])
    await actions.ask(database, JAN, block, "Czy będą ławki?")
    assert isinstance(stage.blocks, Blocks)
    async with database.transaction() as tx:
        old = (await store.meeting(tx, block)).block_id
        new = await stage.block(KIND.name)
        await stage.blocks.copied(tx, CLERK, await dialog_store.block(tx, old), new)
        made = await store.polls(tx, new.id)
        assert [(one.text, one.options, one.several, one.at_close, one.state) for one in made] == [
            ("Co najpierw?", ["Boisko", "Ogród"], True, True, "draft"),
            ("Kiedy?", ["Rano", "Wieczorem"], False, False, "draft"),
        ]
        assert await store.questions(tx, new.id) == []
        assert await store.counts(tx, [one.id for one in made]) == {}
        assert (await store.meeting(tx, new.id)).state == "planned"
