"""Entries, endorsements, moderation, paper, layers, files: real rows, the database's clock."""

import asyncio
import io
import json
from datetime import timedelta
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import msgspec
import pytest
from babel.support import NullTranslations

from app.errors import Conflict, Invalid, NotFound, SignInNeeded
from app.i18n import Locale
from portals.dialog import participation
from portals.dialog.access import access_block
from portals.dialog.map import actions, desk, exporting, store, views
from portals.dialog.map.feature import KIND
from portals.dialog.map.model import (
    Bounds,
    EntryChanged,
    EntryDraft,
    EntryTakenAway,
    Ground,
    MapSettings,
    PaperEntry,
    Wanted,
)
from portals.dialog.refusals import Closed, JoinNeeded
from portals.dialog.spreadsheets import csv_lines
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, JAN, MODERATOR, NOBODY, OLA, OTHERS, WARSAW, Stage

CITY = Bounds(16.9, 54.4, 17.14, 54.52)
GROUND = Ground(CITY, "", "")
ENGLISH = Locale("en", NullTranslations(), ZoneInfo("Europe/Warsaw"))
POINT = {"type": "Point", "coordinates": [17.028, 54.464]}
PLAN = {
    "type": "Polygon",
    "coordinates": [[[17.02, 54.46], [17.03, 54.46], [17.03, 54.47], [17.02, 54.47], [17.02, 54.46]]],
}


async def running(database, settings=None, **draft):
    stage = await Stage.set(database, KIND)
    block = await stage.running(KIND.name, settings, **draft)
    green = await desk.add_category(database, CLERK, block.id, "Zieleń", "green", "circle")
    roads = await desk.add_category(database, CLERK, block.id, "Drogi", "ink", "square")
    return stage, block.id, green, roads


def draft_of(category, text="Więcej drzew.", **more):
    return EntryDraft(category_id=category, text=text, **{"geometry": POINT, **more})


async def listed(database, actor, block, **wanted):
    async with database.transaction() as tx:
        return await views.list_data(tx, await access_block(tx, actor, block, KIND.name), Wanted(**wanted))


async def test_an_entry_is_put_changed_and_withdrawn(database):
    stage, block, green, roads = await running(database)
    for actor in (NOBODY, JAN):
        with pytest.raises((JoinNeeded, SignInNeeded)):
            await actions.add_entry(database, actor, block, draft_of(green), CITY)
    await stage.joins(JAN)
    await stage.joins(OLA)
    made = await actions.add_entry(database, JAN, block, draft_of(green, "**Lipy** <b>tu</b>", alignment=1), CITY)
    assert (made.place, made.author.name, made.alignment) == ("54.46400, 17.02800", "Jan Wrona", 1)
    assert [[run.text for run in piece.rows[0]] for piece in made.body] == [["Lipy", " <b>tu</b>"]]
    with pytest.raises(NotFound):
        await actions.change_entry(database, OLA, made.id, draft_of(green), CITY)
    changed = await actions.change_entry(
        database, JAN, made.id, draft_of(roads, "Ścieżka", geometry=None, address=" ul. Orzeszkowej  14 "), CITY
    )
    assert (changed.place, changed.geometry, changed.category_id) == ("ul. Orzeszkowej 14", None, roads)
    assert changed.edited_at is not None
    gone = await actions.withdraw_entry(database, JAN, made.id)
    assert (gone.state, gone.body, gone.author, gone.place) == ("withdrawn", [], None, "")
    with pytest.raises(NotFound):
        await actions.withdraw_entry(database, JAN, made.id)
    other = await actions.add_entry(database, JAN, block, draft_of(green), CITY)
    events = stage.backplane.of(f"dialog/map/{block}")
    assert [type(one) for one in events] == [EntryChanged, EntryChanged, EntryTakenAway, EntryChanged]
    assert [one.rev for one in events] == [1, 2, 3, 1]
    assert [one for one in await stage.audited() if one.startswith("map.") and "category" not in one] == [
        "map.add", "map.change", "map.withdraw", "map.add",
    ]  # fmt: skip
    await stage.end()
    for late in (
        actions.add_entry(database, JAN, block, draft_of(green), CITY),
        actions.change_entry(database, JAN, other.id, draft_of(green), CITY),
        actions.withdraw_entry(database, JAN, other.id),
        actions.endorse(database, OLA, other.id, wanted=True),
    ):
        with pytest.raises(Closed):
            await late


async def test_what_is_wrong_is_said_all_at_once(database):
    stage, block, green, _roads = await running(database, MapSettings(lines=False))
    await stage.joins(JAN)

    async def wrong(draft):
        with pytest.raises(Invalid) as problem:
            await actions.add_entry(database, JAN, block, draft, CITY)
        return set(problem.value.fields)

    assert await wrong(EntryDraft(category_id=0, text=" \u200b ")) == {"text", "address", "category_id"}
    far = {"type": "Point", "coordinates": [21, 52]}
    assert await wrong(draft_of(green, "x" * 4001, geometry=far, address="a" * 201)) == {"text", "geometry"}
    line = {"type": "LineString", "coordinates": [[17.0, 54.45], [17.01, 54.45]]}
    assert await wrong(draft_of(green, geometry=line)) == {"geometry"}
    other = await stage.block(KIND.name, None, stage.phases[0])
    foreign = await desk.add_category(database, CLERK, other.id, "Inna", "red", "star")
    assert await wrong(draft_of(foreign)) == {"category_id"}


async def test_an_endorsement_counts_once(database):
    stage, block, green, _roads = await running(database)
    for actor in (JAN, OLA, EWA):
        await stage.joins(actor)
    made = await actions.add_entry(database, JAN, block, draft_of(green), CITY)
    with pytest.raises(Conflict):
        await actions.endorse(database, JAN, made.id, wanted=True)
    await asyncio.gather(*(actions.endorse(database, OLA, made.id, wanted=True) for _ in range(4)))
    assert (await actions.endorse(database, EWA, made.id, wanted=True)).endorsements == 2
    assert (await actions.endorse(database, OLA, made.id, wanted=False)).endorsements == 1
    assert (await actions.endorse(database, OLA, made.id, wanted=False)).endorsements == 1
    events = stage.backplane.of(f"dialog/map/{block}")
    assert [one.entry.endorsements for one in events] == [0, 1, 2, 1]  # what changed nothing is not told
    assert (await listed(database, EWA, block)).endorsed == {made.id}


async def test_hidden_withdrawn_anonymous_and_erased_in_pages_and_files(database):
    stage, block, green, roads = await running(database, shown_as=("name", "anonymous"))
    await stage.joins(JAN)
    await stage.joins(OLA, shown_as="anonymous")
    ewa = await stage.joins(EWA)
    plain = await actions.add_entry(database, JAN, block, draft_of(green, "=CMD()", address="=1+1"), CITY)
    hidden = await actions.add_entry(database, JAN, block, draft_of(green, "OBELGA", address="ul. Tajna"), CITY)
    taken = await actions.add_entry(database, JAN, block, draft_of(roads, "COFNIĘTE"), CITY)
    await actions.add_entry(database, OLA, block, draft_of(roads, "anonimowo"), CITY)
    await actions.add_entry(database, EWA, block, draft_of(roads, "po mnie"), CITY)
    for actor in (NOBODY, JAN, AUDITOR):
        with pytest.raises(NotFound):
            await actions.hide_entry(database, actor, hidden.id, "bo tak")
    for reason in (" ", "x" * 501):
        with pytest.raises(Invalid):
            await actions.hide_entry(database, MODERATOR, hidden.id, reason)
    await actions.hide_entry(database, MODERATOR, hidden.id, "Obraża\nosobę")
    await actions.withdraw_entry(database, JAN, taken.id)
    with pytest.raises(Conflict):
        await actions.restore_entry(database, MODERATOR, taken.id)
    await participation.erase(database, stage.blocks, EWA, ewa.id)
    last = stage.backplane.of(f"dialog/map/{block}")[-1]
    assert isinstance(last, EntryTakenAway)
    assert (last.entry.author.shown, last.entry.rev) == ("erased", 2)
    async with database.transaction() as tx:
        place = await access_block(tx, NOBODY, block, KIND.name)
        view = await views.view(tx, place, GROUND)
        categories, entries = await views.whole(tx, place)
        told = await views.contributions(tx, NOBODY, place)
        figures = [(one.label, one.value) for one in await views.figures(tx, NOBODY, place)]
    lines = exporting.table(entries, categories, ENGLISH)
    book = ZipFile(io.BytesIO(exporting.xlsx(lines, "Mapa")))
    cells = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    sheet = csv_lines(lines).decode("utf-8-sig")
    features = json.loads(exporting.geojson(entries, categories, ENGLISH, "/dialog/x/map/1/entries/"))
    words = json.dumps(features, ensure_ascii=False)
    for text in (cells, sheet, words, repr(entries), repr(view.spots)):
        for secret in ("OBELGA", "Tajna", "COFNIĘTE", "Bielska", "Żółć"):
            assert secret not in text
    assert sorted(one["properties"]["author"] for one in features["features"]) == [
        "Account removed", "Anonymous person", "Jan Wrona",
    ]  # fmt: skip
    assert "Obraża osobę" in sheet
    assert "'=CMD()" in sheet
    assert "'=1+1" in sheet
    assert {(one.ref, one.visible) for one in told} >= {
        (f"entry/{plain.id}", True),
        (f"entry/{hidden.id}", False),
    }
    assert f"entry/{taken.id}" not in {one.ref for one in told}
    assert figures[0][1] == 3
    again = await actions.restore_entry(database, MODERATOR, hidden.id)
    assert (again.state, again.reason) == ("shown", "")


async def test_what_came_on_paper_counts_if_it_came_in_time(database):
    stage, block, green, roads = await running(database)
    today = stage.phases[0].starts_at.astimezone(WARSAW).date()
    paper = PaperEntry(entry=draft_of(green, address="ul. Deotymy 3"), received=today, name="Anna Nowak")
    for actor in OTHERS:
        with pytest.raises(NotFound):
            await actions.add_paper_entry(database, actor, block, paper, CITY, WARSAW)
    await stage.end()  # it may be entered later
    made = await actions.add_paper_entry(database, CLERK, block, paper, CITY, WARSAW)
    assert (made.paper, made.author.name) == (True, "Anna Nowak")
    async with database.transaction() as tx:
        people = await store.paper_people(tx, block)
    second = PaperEntry(entry=draft_of(roads), received=today, participant_id=people[0])
    await actions.add_paper_entry(database, CLERK, block, second, CITY, WARSAW)
    async with database.transaction() as tx:
        assert await store.paper_people(tx, block) == people
        assert await store.counts(tx, block) == (2, 2, 0)
    for day in (today - timedelta(days=2), today + timedelta(days=2)):
        with pytest.raises(Invalid) as problem:
            late = PaperEntry(entry=draft_of(green), received=day, name="Anna Nowak")
            await actions.add_paper_entry(database, CLERK, block, late, CITY, WARSAW)
        assert set(problem.value.fields) == {"received"}


async def test_the_list_is_narrowed_and_sorted(database):
    stage, block, green, roads = await running(database)
    await stage.joins(JAN)
    await stage.joins(OLA)
    layer = await desk.add_layer(database, CLERK, block, "Plan", json.dumps(PLAN), CITY)
    inside = await actions.add_entry(database, JAN, block, draft_of(green), CITY)
    outside = {"type": "Point", "coordinates": [17.05, 54.464]}
    other = await actions.add_entry(database, JAN, block, draft_of(roads, geometry=outside), CITY)
    words = await actions.add_entry(database, JAN, block, draft_of(roads, geometry=None, address="Zatorze"), CITY)
    await actions.endorse(database, OLA, inside.id, wanted=True)

    async def ids(**wanted):
        return [one.id for one in (await listed(database, NOBODY, block, **wanted)).rows]

    assert await ids() == [words.id, other.id, inside.id]
    assert await ids(category=str(roads)) == [words.id, other.id]
    assert await ids(area=f"{layer}-0") == [inside.id]
    assert await ids(area="9-9") == []
    assert (await ids(sort="endorsed"))[0] == inside.id
    assert (await ids(sort="category"))[0] == inside.id
    assert await ids(page="99999") == await ids()
    assert (await listed(database, NOBODY, block)).areas == [(f"{layer}-0", "Plan")]


async def test_the_offices_part_is_checked_and_copied(database):
    stage, block, green, _roads = await running(database)
    await stage.joins(JAN)
    await actions.add_entry(database, JAN, block, draft_of(green), CITY)
    text = json.dumps(PLAN)
    for actor in OTHERS:
        for forbidden in (
            desk.add_category(database, actor, block, "Nowa", "red", "star"),
            desk.remove_category(database, actor, block, green),
            desk.add_layer(database, actor, block, "Plan", text, CITY),
            desk.remove_layer(database, actor, block, 1),
        ):
            with pytest.raises(NotFound):
                await forbidden
    for name, colour, shape, fields in (
        ("", "pink", "heart", {"name", "colour", "shape"}),
        ("Inna", "green", "circle", {"shape"}),
        ("Zieleń", "green", "star", {"name"}),
    ):
        with pytest.raises(Invalid) as problem:
            await desk.add_category(database, CLERK, block, name, colour, shape)
        assert set(problem.value.fields) == fields
    with pytest.raises(Conflict):
        await desk.remove_category(database, CLERK, block, green)
    with pytest.raises(Invalid) as problem:
        await desk.add_layer(database, CLERK, block, " ", "{}", CITY)
    assert set(problem.value.fields) == {"title", "file"}
    layer = await desk.add_layer(database, CLERK, block, "Plan", text, CITY)
    new = await stage.block(KIND.name, None, stage.phases[0])
    async with database.transaction() as tx:
        place = await access_block(tx, CLERK, new.id, KIND.name)
        assert len(await views.ready(tx, place)) == 1
        old = (await access_block(tx, CLERK, block, KIND.name)).block
        await desk.copied(tx, CLERK, old, new)
        assert await views.ready(tx, place) == []
        assert [one.name for one in await store.categories(tx, new.id)] == ["Zieleń", "Drogi"]
        assert [one.title for one in await store.layers(tx, new.id)] == ["Plan"]
        assert await store.entries(tx, new.id) == []
    await desk.remove_layer(database, CLERK, block, layer)
    async with database.transaction() as tx:
        assert await store.layers(tx, block) == []


async def test_five_thousand_entries_are_read_page_by_page(database):
    stage, block, green, roads = await running(database)
    ola = await stage.joins(OLA)
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO map_entry (block_id, category_id, participant_id, geometry, address, text, made_at, state,"
            " reason) SELECT $1, CASE n % 5 WHEN 0 THEN $2::bigint ELSE $3 END, $4, jsonb_build_object('type', 'Point',"
            " 'coordinates', jsonb_build_array(17 + n % 100 * 0.0005, 54.44 + n / 100 * 0.0005)), '', 'Wpis ' || n,"
            " now() - n * interval '1 second', CASE n WHEN 7 THEN 'hidden' ELSE 'shown' END,"
            " CASE n WHEN 7 THEN 'Obraza' ELSE '' END FROM generate_series(1, 5000) AS n",
            block, green, roads, ola.id,
        )  # fmt: skip
        await tx.execute(
            "INSERT INTO map_endorsement SELECT id, $1 FROM map_entry WHERE text IN ('Wpis 4321', 'Wpis 7')", ola.id
        )
    first = await listed(database, OLA, block)
    assert (first.found, first.count, first.pages, len(first.rows), len(first.own)) == (5000, 4999, 167, 30, 5000)
    assert [one.body[0].rows[0][0].text for one in first.rows[:2]] == ["Wpis 1", "Wpis 2"]
    last = await listed(database, NOBODY, block, page="167")
    assert [one.body[0].rows[0][0].text for one in last.rows][-1] == "Wpis 5000"
    of_green = await listed(database, NOBODY, block, category=str(green), page="2")
    assert (of_green.found, of_green.rows[0].body[0].rows[0][0].text) == (1000, "Wpis 155")
    assert (await listed(database, NOBODY, block, sort="endorsed")).rows[1].body[0].rows[0][0].text == "Wpis 4321"
    assert [one.category_id for one in (await listed(database, NOBODY, block, sort="category")).rows] == [green] * 30
    assert (await listed(database, NOBODY, block, category="99")).found == 0
    async with database.transaction(readonly=True) as tx:
        place = await access_block(tx, NOBODY, block, KIND.name)
        view = await views.view(tx, place, GROUND)
        page = await views.entry_page(tx, place, "50")
        two = await views.entry_page(tx, place, "1", [view.spots[0].id, view.spots[4993].id, 0])
    assert len(view.spots) == 5000
    assert (page.pages, page.count, len(page.entries)) == (50, 5000, 100)
    assert [one.state for one in two.entries] == ["hidden", "shown"]
    assert msgspec.json.decode(view.spots[4993].geometry) is None  # hidden: its place is nobody's business
    assert msgspec.json.decode(view.spots[0].geometry) == {"type": "Point", "coordinates": [17.0, 54.465]}
