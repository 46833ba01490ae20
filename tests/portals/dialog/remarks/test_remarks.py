"""Remarks: who may write them and when, what everybody is told, how they go on into the next version."""

import asyncio
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.errors import Conflict, Invalid, NotFound, SignInNeeded
from portals.dialog import participation
from portals.dialog.access import access_block_inside
from portals.dialog.refusals import Closed, JoinNeeded
from portals.dialog.remarks import actions, drafting, store, version_store, views
from portals.dialog.remarks.feature import KIND, contributions, figures, ready
from portals.dialog.remarks.model import Answer, NewRemark, PaperRemark, RemarkChanged, VersionMade, Words
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, HOUR, JAN, MODERATOR, NOBODY, OLA, Stage

TEXT = """§ 1. Ustala się strefę pieszą na placu Zwycięstwa.
§ 2. 1. W strefie sadzi się 40 drzew liściastych.
2. Fontanna jest czynna od maja do września.
§ 3. Imprezy odbywają się nie częściej niż 12 razy w roku.
§ 4. Uchwała wchodzi w życie po upływie 14 dni."""
NEXT = """§ 1. Ustala się strefę pieszą na placu Zwycięstwa.
§ 2. 1. W strefie sadzi się co najmniej 46 drzew liściastych i krzewy.
2. Fontanna jest czynna od maja do września.
§ 3. Uchwała wchodzi w życie po upływie 14 dni."""
WARSAW = ZoneInfo("Europe/Warsaw")


class Draft:
    """A stage with a draft in its first version."""

    def __init__(self, stage, block, paragraphs):
        self.stage, self.block, self.paragraphs = stage, block, paragraphs
        self.database = stage.database

    def paragraph(self, words: str):
        return next(one for one in self.paragraphs if words in one.text)

    def new(self, words: str, text: str, quote: str = "", version: int = 1, **more) -> NewRemark:
        paragraph = self.paragraph(words)
        return NewRemark(
            paragraph_id=paragraph.paragraph_id,
            version=version,
            text=text,
            quote=quote,
            starts=max(0, paragraph.text.find(quote)),
            **more,
        )

    async def says(self, actor, words: str, text: str, quote: str = "", **more):
        return await actions.add_remark(self.database, actor, self.block.id, self.new(words, text, quote, **more))

    async def view(self, actor=NOBODY):
        async with self.database.transaction(readonly=True) as tx:
            return await views.snapshot(tx, actor, {"block_id": str(self.block.id)})

    async def row(self, remark_id: int):
        async with self.database.transaction(readonly=True) as tx:
            return await views.row_of(tx, remark_id, await version_store.newest(tx, self.block.id))

    def events(self):
        return self.stage.backplane.of(f"dialog/remarks/{self.block.id}")


async def drafted(database, **more) -> Draft:
    stage = await Stage.set(database, KIND)
    block = await stage.running(KIND.name, **more)
    await drafting.make_version(database, CLERK, block.id, 0, TEXT, title="Projekt")
    async with database.transaction(readonly=True) as tx:
        paragraphs = await version_store.paragraphs(tx, (await version_store.newest(tx, block.id)).id)
    return Draft(stage, block, paragraphs)


def folded(view, events):
    """The snapshot with what happened since, as the page keeps it."""
    marks = {mark.id: mark for mark in view.marks}
    for event in events:
        if isinstance(event, RemarkChanged):
            row = event.remark
            marks[row.id] = type(view.marks[0])(row.id, row.ordinal, row.starts, row.ends, row.rev, row.state)
    return sorted(marks.values(), key=lambda one: one.id)


async def test_a_remark_on_words_is_told_to_everybody_with_where_it_stands(database):
    draft = await drafted(database)
    await draft.stage.joins(JAN)
    await draft.says(JAN, "Fontanna", "Proszę o poidło.")
    before, told = await draft.view(), len(draft.events())
    row = await draft.says(JAN, "drzew", "Proszę o więcej: 46.\r\nI krzewy.", "40 drzew", proposal="46 drzew")
    assert (row.place, row.quote, row.how) == ("§ 2 ust. 1", "40 drzew", "exact")
    assert draft.paragraph("drzew").text[row.starts : row.ends] == "40 drzew"
    assert row.text == "Proszę o więcej: 46.\nI krzewy."
    assert row.author.name == "Jan Wrona"
    changed = await actions.change_remark(database, JAN, row.id, Words("Proszę o 50 drzew.", row.rev))
    assert changed.edited_at is not None
    withdrawn = await actions.withdraw_remark(database, JAN, row.id)
    assert (withdrawn.state, withdrawn.text, withdrawn.author) == ("withdrawn", "", None)
    assert folded(before, draft.events()[told:]) == sorted((await draft.view()).marks, key=lambda one: one.id)
    async with database.transaction(readonly=True) as tx:
        assert [one.text for one in await store.wordings(tx, row.id)] == ["Proszę o więcej: 46.\nI krzewy."]
    assert (await draft.stage.audited())[-4:] == ["remark.add", "remark.add", "remark.change", "remark.withdraw"]


async def test_who_may_not_write_is_told_why(database):
    draft = await drafted(database)
    new = draft.new("Fontanna", "Uwaga")
    for actor, refusal in ((NOBODY, SignInNeeded), (OLA, JoinNeeded)):
        with pytest.raises(refusal):
            await actions.add_remark(database, actor, draft.block.id, new)
    await draft.stage.joins(JAN)
    await draft.stage.joins(EWA)
    row = await draft.says(JAN, "Fontanna", "Uwaga")
    with pytest.raises(NotFound):
        await actions.change_remark(database, EWA, row.id, Words("Moja", row.rev))
    with pytest.raises(Invalid) as wrong:
        await actions.add_remark(database, JAN, draft.block.id, draft.new("Fontanna", " \n ", proposal="x" * 4001))
    assert set(wrong.value.fields) == {"text", "proposal"}
    with pytest.raises(Invalid) as wrong:
        await draft.says(JAN, "Fontanna", "Uwaga", "te słowa tu nie stoją")
    assert set(wrong.value.fields) == {"quote"}
    await draft.stage.end()
    with pytest.raises(Closed):
        await draft.says(JAN, "Fontanna", "Za późno")
    with pytest.raises(Closed):
        await actions.change_remark(database, JAN, row.id, Words("Za późno", row.rev))
    assert (await draft.row(row.id)).text == "Uwaga"


async def test_remarks_go_on_into_the_next_version_and_orphans_are_told(database):
    draft = await drafted(database)
    await draft.stage.joins(JAN)
    trees = await draft.says(JAN, "drzew", "Więcej drzew", "40 drzew liściastych")
    fountain = await draft.says(JAN, "Fontanna", "Dłużej", "od maja do września")
    whole = await draft.says(JAN, "drzew", "Do całego ustępu")
    gone = await draft.says(JAN, "Imprezy", "Bez limitu", "nie częściej niż 12 razy w roku")
    made = await drafting.make_version(database, CLERK, draft.block.id, 1, NEXT, note="Więcej drzew")
    assert made.number == 2
    assert draft.events()[-1] == VersionMade(2)
    rows = {one: await draft.row(one.id) for one in (trees, fountain, whole, gone)}
    assert [one.how for one in rows.values()] == ["fuzzy", "exact", "context", "orphan"]
    assert rows[fountain].place == "§ 2 ust. 2"
    assert (rows[gone].place, rows[gone].ordinal, rows[gone].quote) == ("§ 3", 0, "nie częściej niż 12 razy w roku")
    async with database.transaction(readonly=True) as tx:
        text = (await version_store.paragraph(tx, made.id, rows[trees].paragraph_id)).text
    assert text[rows[trees].starts : rows[trees].ends] == "46 drzew liściastych"
    # the words come back in the third version, and with them the remark its place
    await drafting.make_version(database, CLERK, draft.block.id, 2, TEXT)
    assert (await draft.row(gone.id)).how == "context"
    assert (await draft.row(trees.id)).how == "exact"
    # somebody who still has the first version before them loses nothing
    late = await draft.says(JAN, "Fontanna", "Piszę do starej wersji", "od maja")
    assert (late.version, late.how, late.place) == (1, "exact", "§ 2 ust. 2")


async def test_remarks_that_come_while_a_version_is_made_stand_in_both(database):
    draft = await drafted(database)
    await draft.stage.joins(JAN)
    writing = [draft.says(JAN, "Fontanna", f"Uwaga {number}", "od maja") for number in range(12)]
    making = drafting.make_version(database, CLERK, draft.block.id, 1, NEXT)
    rows = await asyncio.gather(*writing[:6], making, *writing[6:])
    assert len(rows) == 13
    async with database.transaction(readonly=True) as tx:
        for version in await version_store.versions(tx, draft.block.id):
            assert len(await store.remarks(tx, draft.block.id, version.id)) == 12


async def test_versions_are_made_by_the_office_and_never_change(database):
    draft = await drafted(database)
    with pytest.raises(Conflict):
        await drafting.make_version(database, CLERK, draft.block.id, 0, NEXT)
    with pytest.raises(Invalid) as same:
        await drafting.make_version(database, CLERK, draft.block.id, 1, TEXT)
    assert same.value.fields == {"text": "Nothing is different from the version before"}
    for actor in (JAN, MODERATOR, AUDITOR, NOBODY):
        with pytest.raises(NotFound):
            await drafting.make_version(database, actor, draft.block.id, 1, NEXT)
        with pytest.raises(NotFound):
            await actions.answer_remark(database, actor, 1, Answer("accepted", "", 1))
    async with database.transaction() as tx:
        with pytest.raises(Exception, match="never change"):
            await tx.execute("UPDATE remark_paragraph SET text = 'inny'")


async def test_the_offices_position_needs_reasons_and_ends_changing(database):
    draft = await drafted(database)
    await draft.stage.joins(JAN)
    row = await draft.says(JAN, "Fontanna", "Dłużej")
    with pytest.raises(Invalid) as wrong:
        await actions.answer_remark(database, CLERK, row.id, Answer("rejected", " ", row.rev))
    assert set(wrong.value.fields) == {"answer"}
    answered = await actions.answer_remark(database, CLERK, row.id, Answer("rejected", "Zimą zamarza.", row.rev))
    assert (answered.position, answered.answer) == ("rejected", "Zimą zamarza.")
    assert draft.events()[-1] == RemarkChanged(answered)
    with pytest.raises(Conflict):
        await actions.answer_remark(database, CLERK, row.id, Answer("accepted", "", row.rev))
    with pytest.raises(Conflict):
        await actions.change_remark(database, JAN, row.id, Words("A jednak", answered.rev))
    assert "remark.answer" in await draft.stage.audited()


async def test_what_is_hidden_leaves_a_reason_and_no_words(database):
    draft = await drafted(database)
    await draft.stage.joins(JAN)
    row = await draft.says(JAN, "Fontanna", "Brzydkie słowo", "Fontanna")
    for actor in (JAN, AUDITOR, NOBODY):
        with pytest.raises(NotFound):
            await actions.hide_remark(database, actor, row.id, "bo tak")
    with pytest.raises(Invalid):
        await actions.hide_remark(database, MODERATOR, row.id, "  ")
    hidden = await actions.hide_remark(database, MODERATOR, row.id, "Obraża innych")
    assert (hidden.text, hidden.quote, hidden.author, hidden.reason) == ("", "", None, "Obraża innych")
    with pytest.raises(NotFound):
        await actions.change_remark(database, JAN, row.id, Words("Inne słowo", hidden.rev))
    async with database.transaction(readonly=True) as tx:
        place = await access_block_inside(tx, AUDITOR, draft.block.id, KIND.name)
        assert [one.visible for one in await contributions(tx, AUDITOR, place)] == [False]
        assert [one.value for one in await figures(tx, AUDITOR, place)] == [0, 0, 0]
    shown = await actions.restore_remark(database, MODERATOR, row.id)
    assert shown.text == "Brzydkie słowo"
    assert {"remark.hide", "remark.restore"} <= set(await draft.stage.audited())


async def test_remarks_from_paper_count_if_they_came_in_time(database):
    draft = await drafted(database, kinds=("resident", "business"))
    paragraph = draft.paragraph("Fontanna").paragraph_id
    today = draft.stage.phases[0].starts_at.astimezone(WARSAW).date()
    paper = PaperRemark(paragraph_id=paragraph, text="Za krótko", name="Zofia Ćwik", received=today, quote="od maja")
    row = await actions.add_paper_remark(database, CLERK, draft.block.id, paper, WARSAW)
    assert (row.paper, row.author.name, row.quote) == (True, "Zofia Ćwik", "od maja")
    async with database.transaction(readonly=True) as tx:
        people = await store.paper_people(tx, draft.block.id)
    await actions.add_paper_remark(database, CLERK, draft.block.id, paper, WARSAW, people[0])
    firm = PaperRemark(
        paragraph_id=paragraph, text="Hałas", name="Adam Kot", kind="business", organisation="Kot S.A.", received=today
    )
    assert (
        await actions.add_paper_remark(database, CLERK, draft.block.id, firm, WARSAW)
    ).author.organisation == "Kot S.A."
    async with database.transaction(readonly=True) as tx:
        assert len(await store.paper_people(tx, draft.block.id)) == 2
    for day, field in ((date(2020, 1, 1), "received"), (date(2999, 1, 1), "received")):
        with pytest.raises(Invalid) as wrong:
            late = PaperRemark(paragraph_id=paragraph, text="Uwaga", name="X", received=day)
            await actions.add_paper_remark(database, CLERK, draft.block.id, late, WARSAW)
        assert set(wrong.value.fields) == {field}
    with pytest.raises(NotFound):
        await actions.add_paper_remark(database, MODERATOR, draft.block.id, paper, WARSAW)


async def test_an_erased_person_leaves_remarks_without_name_and_history(database):
    draft = await drafted(database)
    jan = await draft.stage.joins(JAN)
    row = await draft.says(JAN, "Fontanna", "Mieszkam pod siódemką")
    row = await actions.change_remark(database, JAN, row.id, Words("Mieszkam obok", row.rev))
    await participation.erase(database, draft.stage.blocks, JAN, jan.id)
    async with database.transaction(readonly=True) as tx:
        assert await store.wordings(tx, row.id) == []
    now = await draft.row(row.id)
    assert (now.author.shown, now.author.name, now.text) == ("erased", "", "Mieszkam obok")
    assert draft.events()[-1] == RemarkChanged(now)


async def test_a_block_of_a_later_phase_tells_how_far_the_answers_are(database):
    draft = await drafted(database)
    await draft.stage.joins(JAN)
    row = await draft.says(JAN, "Fontanna", "Uwaga")
    await draft.says(JAN, "drzew", "Uwaga")
    await actions.answer_remark(database, CLERK, row.id, Answer("accepted", "", row.rev))
    later = await draft.stage.block(KIND.name, phase=await draft.stage.phase(HOUR, 2 * HOUR))
    async with database.transaction(readonly=True) as tx:
        place = await access_block_inside(tx, CLERK, later.id, KIND.name)
        assert await ready(tx, place) == []
        elsewhere = (await views.data(tx, CLERK, place)).elsewhere
    assert (elsewhere.block_id, elsewhere.count.answered, elsewhere.count.shown) == (draft.block.id, 1, 2)


async def test_a_copy_takes_the_text_and_no_remarks(database):
    draft = await drafted(database)
    await draft.stage.joins(JAN)
    await draft.says(JAN, "Fontanna", "Uwaga")
    await draft.stage.make("Kopia")
    other = await draft.stage.block(KIND.name, phase=await draft.stage.phase(HOUR, 2 * HOUR))
    async with database.transaction() as tx:
        place = await access_block_inside(tx, CLERK, other.id, KIND.name)
        assert len(await ready(tx, place)) == 1
        await draft.stage.blocks.copied(tx, CLERK, draft.block, other)
        assert await ready(tx, place) == []
        newest = await version_store.newest(tx, other.id)
        assert [one.text for one in await version_store.paragraphs(tx, newest.id)] == [
            one.text for one in draft.paragraphs
        ]
        assert await store.remarks(tx, other.id, newest.id) == []
    # a draft's only version is written anew: nobody has seen it
    assert (await drafting.make_version(database, CLERK, other.id, 1, NEXT)).number == 1
