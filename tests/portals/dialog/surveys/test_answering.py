"""Filling in, sending, versions, paper, hiding, exports: real rows, the database's clock."""

import asyncio
import io
import zipfile
from zoneinfo import ZoneInfo

import pytest
from babel.support import NullTranslations

from app.actor import Actor
from app.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from app.i18n import Locale
from portals.dialog import participation
from portals.dialog.refusals import Closed, JoinNeeded, SignInNeeded
from portals.dialog.spreadsheets import csv_of, xlsx_of
from portals.dialog.surveys import actions, counting, desk, exporting, store
from portals.dialog.surveys.actions import SentAlready, Unanswered
from portals.dialog.surveys.model import QuestionDraft, SurveyCounted, SurveySettings, Turnout
from tests.portals.dialog.stage import CLERK, EWA, JAN, MODERATOR, NOBODY, OLA, OTHERS
from tests.portals.dialog.surveys.sheet import DRAFTS, Desk

ENGLISH = Locale("en", NullTranslations(), ZoneInfo("Europe/Warsaw"))
GOOD = {"q2": "o2", "q3": "świateł na Kilińskiego", "q5": 4}


async def rows_of(hall):
    async with hall.stage.database.transaction(readonly=True) as tx:
        return await store.versions(tx, hall.block.id), await store.sent_answers(tx, hall.block.id)


async def result_of(hall, actor=NOBODY):
    async with hall.stage.database.transaction(readonly=True) as tx:
        return await actions.tally(tx, actor, hall.block.id)


async def test_from_the_first_key_to_the_result(database):
    hall = await Desk.open(database)
    block = hall.block.id
    with pytest.raises(SignInNeeded):
        await hall.send(NOBODY, GOOD, b"x" * 32)  # this consultation is not open to everyone
    await hall.stage.joins(JAN)
    await hall.stage.joins(OLA, kind="business", organisation="Lipa")
    # two devices write into one draft; neither undoes the other
    await asyncio.gather(
        actions.save(database, JAN, block, None, {"q2": "o2"}, 1),
        actions.save(database, JAN, block, None, {"q3": "świateł"}, 1),
    )
    answer = await actions.save(database, JAN, block, None, {"q2": "o1", "q9": "x"}, 2)
    assert (answer.draft, answer.page) == ({"q2": "o1", "q3": "świateł"}, 2)
    assert (await result_of(hall)).turnout.sent == 0  # a draft does not count
    with pytest.raises(Unanswered) as missing:
        await hall.send(JAN, {})
    assert set(missing.value.faults) == {"q5"}
    answer = await hall.send(JAN, {"q5": 3})
    assert answer.answers == {"q2": "o1", "q5": 3}  # q3 is not asked of who does not ride a bicycle
    # two tabs send at once: one row, and both are taken
    both = await asyncio.gather(hall.send(OLA, GOOD), hall.send(OLA, {**GOOD, "q5": 5}))
    assert both[0].id == both[1].id
    told = await actions.tell(database, block)
    assert (told.turnout.sent, told.results) == (2, [])
    # what is being changed does not count before it is sent again
    await actions.save(database, JAN, block, None, {"q5": 1}, 2)
    _versions, sent = await rows_of(hall)
    assert [one.answers["q5"] for one in sent if one.participant_id == answer.participant_id] == [3]
    await hall.stage.end()
    with pytest.raises(Closed):
        await hall.send(JAN, {"q5": 1})
    tally = await result_of(hall)
    assert [one.answered for one in tally.results] == [None, None, None]  # fewer than five: not told
    assert hall.stage.backplane.of(f"dialog/surveys/{block}") == [SurveyCounted(told)]
    done = await hall.stage.audited()
    assert done.count("survey.send") == 2
    assert done.count("survey.change") == 1


async def test_snapshot_and_events_are_the_same(database):
    hall = await Desk.open(database, SurveySettings(results="during", hide_small=False))
    for actor in (JAN, OLA, EWA):
        await hall.stage.joins(actor)
        await hall.send(actor, GOOD)
        told = await actions.tell(database, hall.block.id)
    fresh = await result_of(hall)
    assert told == fresh
    assert hall.stage.backplane.of(f"dialog/surveys/{hall.block.id}")[-1].tally == fresh
    by_key = {one.key: one for one in fresh.results}
    assert [one.shown for one in by_key["q2"].counts] == [0, 3, 0]
    assert by_key["q5"].spread.mean == 4
    assert by_key["q3"].texts == []  # texts are the office's


async def test_sent_once_where_changes_are_not_taken(database):
    hall = await Desk.open(database, SurveySettings(changeable=False))
    await hall.stage.joins(JAN)
    await hall.send(JAN, GOOD)
    for again in (hall.send(JAN, GOOD), actions.save(database, JAN, hall.block.id, None, {"q5": 1}, 1)):
        with pytest.raises(SentAlready):
            await again


async def test_without_an_account_one_browser_answers_once(database):
    hall = await Desk.open(database, open_to="everyone")
    guest = Actor(address="203.0.113.7")
    await hall.send(guest, GOOD, b"a" * 32)
    await hall.send(guest, {**GOOD, "q5": 1}, b"a" * 32)
    await hall.send(guest, GOOD, b"b" * 32)
    turnout = (await result_of(hall)).turnout
    assert (turnout.sent, turnout.open, turnout.paper) == (2, 2, 0)
    with pytest.raises(TooMany):  # new browsers of one network
        for number in range(60):
            await actions.save(database, guest, hall.block.id, bytes([number]) * 32, {"q2": "o1"}, 1)


async def test_who_may_not(database):
    hall = await Desk.open(database, kinds=("resident",), shown_as=("name", "pseudonym"))
    with pytest.raises(JoinNeeded):
        await hall.send(JAN, GOOD)
    for actor in OTHERS:
        with pytest.raises((NotFound, Forbidden)):
            await desk.add_question(database, actor, hall.block.id, DRAFTS[0])
        with pytest.raises((NotFound, Forbidden)):
            await desk.add_paper(
                database, hall.changed, actor, hall.block.id, GOOD, sheet="1", kind="resident", district=""
            )
    await hall.stage.joins(JAN)
    sent = await hall.send(JAN, GOOD)
    for actor in (NOBODY, JAN):
        with pytest.raises((NotFound, Forbidden)):
            await desk.hide(database, hall.changed, actor, sent.id, "dane")
    with pytest.raises((NotFound, Forbidden)):
        await desk.remove(database, hall.changed, MODERATOR, sent.id, "dane")


async def test_questions_change_while_people_answer(database):
    hall = await Desk.open(database, SurveySettings(results="during", hide_small=False))
    block = hall.block.id
    await hall.stage.joins(JAN)
    await hall.send(JAN, GOOD)
    # a slip is corrected: the key stays, answers too
    slip = QuestionDraft(type="single", text="Czym do pracy", required=True, options=["Autobus", "rower", "auto"])
    rev = await _rev(hall)
    assert (await desk.change_question(database, CLERK, block, "q2", slip, rev)).key == "q2"
    with pytest.raises(Conflict):  # another clerk has the old page open
        await desk.change_question(database, CLERK, block, "q2", slip, rev)
    assert (await desk.enforce(database, CLERK, block, "")).number == 1
    # an option more is another question: a new key, conditions follow, a reason is needed
    more = QuestionDraft(type="single", text="Czym do pracy?", options=["autobus", "rower", "auto", "pieszo"])
    made = await desk.change_question(database, CLERK, block, "q2", more, await _rev(hall))
    assert made.key == "q6"
    assert [one.key for one in made.options] == ["o1", "o2", "o3", "o4"]
    versions, _answers = await rows_of(hall)
    assert "q2" in {one.key for one in versions[-1].questions}  # not in force yet
    with pytest.raises(Invalid):
        await desk.enforce(database, CLERK, block, " ")
    version = await desk.enforce(database, CLERK, block, "Brakowało odpowiedzi „pieszo”")
    assert version.number == 2
    assert version.questions[2].when[0].question == "q6"
    found = {one.key: one for one in (await result_of(hall)).results}
    assert found["q2"].earlier
    assert found["q2"].answered == 1
    assert found["q6"].answered == 0
    assert found["q5"].answered == 1
    with pytest.raises(Conflict):  # q3 hangs on it
        await desk.remove_question(database, CLERK, block, "q6")
    with pytest.raises(Conflict):  # and must come after it
        await desk.move_question(database, CLERK, block, "q3", -1)


async def _rev(hall):
    async with hall.stage.database.transaction(readonly=True) as tx:
        return (await store.survey(tx, hall.block.id)).rev


async def test_paper_counts_and_is_shown_apart(database):
    hall = await Desk.open(database)
    block = hall.block.id

    def sheet(number, answers, kind="resident"):
        return desk.add_paper(
            database, hall.changed, CLERK, block, answers, sheet=number, kind=kind, district="Zatorze"
        )

    await sheet("BOM/1", {"q2": "o1"})  # what is missing on paper is missing
    await sheet("BOM/2", {"q2": "o2", "q3": "wiat", "q5": 2}, "business")
    for bad in (sheet("BOM/1", {"q2": "o1"}), sheet("", {"q2": "o1"}), sheet("BOM/3", {})):
        with pytest.raises(Invalid):
            await bad
    with pytest.raises(Unanswered):
        await sheet("BOM/4", {"q2": "o9"})
    assert (await result_of(hall)).turnout == Turnout(block, 2, 0, 2, 3)
    versions, answers = await rows_of(hall)
    [ride, *_rest] = counting.results(versions, answers)
    assert [(one.shown, one.paper) for one in ride.counts] == [(1, 1), (1, 1), (0, 0)]
    tab = counting.cross(versions[-1].questions[1], answers, "kind")
    assert [(name, [one.shown for one in found.counts]) for name, found in tab.groups] == [
        ("business", [0, 1, 0]),
        ("resident", [1, 0, 0]),
    ]


async def exported(hall):
    """Everything that leaves by the office's export: CSV, and each cell of the XLSX."""
    versions, answers = await rows_of(hall)
    sheet = exporting.answers_sheet(ENGLISH, versions, answers)
    with zipfile.ZipFile(io.BytesIO(xlsx_of([sheet], answers[0].sent_at))) as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}
    assert "<f>" not in parts["xl/worksheets/sheet1.xml"]  # no cell is a formula
    cells = parts["xl/sharedStrings.xml"] + parts["xl/worksheets/sheet1.xml"]
    text = csv_of(sheet).decode("utf-8-sig")
    assert len(sheet.rows) == text.count("\r\n") - 1
    return text + cells, len(sheet.rows)


async def test_an_export_has_no_hidden_texts_no_removed_answers_and_nobodys_name(database):
    hall = await Desk.open(database, shown_as=("anonymous", "name"))
    texts = {JAN: "=HYPERLINK(1)", OLA: "wulgarne", EWA: "drugi raz"}
    sent = {}
    for actor, text in texts.items():
        await hall.stage.joins(actor, shown_as="anonymous" if actor is JAN else "name")
        sent[actor] = await hall.send(actor, {**GOOD, "q3": text})
    before, lines = await exported(hall)
    assert lines == 3
    assert all(text in before for text in texts.values())
    assert "'=HYPERLINK(1)" in before
    assert "\r\n=HYPER" not in before
    assert not any(actor.name.split()[-1] in before for actor in texts)
    await desk.hide(database, hall.changed, MODERATOR, sent[OLA].id, "Wulgaryzmy")
    await desk.remove(database, hall.changed, CLERK, sent[EWA].id, "Ta sama osoba")
    with pytest.raises(SentAlready):  # it does not come back by being sent again
        await hall.send(EWA, GOOD)
    after, lines = await exported(hall)
    assert lines == 2
    assert "wulgarne" not in after
    assert "drugi raz" not in after
    versions, answers = await rows_of(hall)
    found = {one.key: one for one in counting.results(versions, answers)}
    assert found["q2"].answered == 2  # a hidden one counts
    assert found["q3"].texts == ["=HYPERLINK(1)"]
    await desk.hide(database, hall.changed, MODERATOR, sent[OLA].id, "")
    assert "wulgarne" in (await exported(hall))[0]
    # an account goes, the opinion stays
    async with database.transaction() as tx:
        jan = (await store.sent_answers(tx, hall.block.id))[0].participant_id
    await participation.erase(database, hall.stage.blocks, JAN, jan)
    text, lines = await exported(hall)
    assert lines == 2
    assert "Wrona" not in text


async def test_what_was_not_sent_goes_with_the_phase_and_a_copy_has_questions_only(database):
    hall = await Desk.open(database)
    await hall.stage.joins(JAN)
    await actions.save(database, JAN, hall.block.id, None, {"q2": "o1"}, 1)
    await hall.stage.end()
    async with database.transaction() as tx:
        assert await store.count_unsent(tx, hall.block.id) == 0
    other = await hall.stage.block("surveys", None, hall.stage.phases[0])
    async with database.transaction() as tx:
        await actions.copied(tx, CLERK, hall.block, other)
        version = await store.newest_version(tx, other.id)
        assert [one.text for one in version.questions] == [one.text for one in DRAFTS]
        assert not await store.has_answers(tx, other.id)
