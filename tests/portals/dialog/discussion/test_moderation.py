"""What moderators and clerks do: the queue, tombstones, appeals, answers, paper; and what the tables let out."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from app.config import City
from app.errors import Conflict, Invalid, NotFound
from app.i18n import Locales
from app.identity.post import Post
from portals.dialog import participation
from portals.dialog.discussion import actions, export, moderation, queue_store, store
from portals.dialog.discussion.access import access_block_with_threads, access_comment
from portals.dialog.discussion.feature import queue_snapshot
from portals.dialog.discussion.model import (
    CommentChanged,
    CommentDraft,
    CommentEnded,
    CommentPosted,
    DiscussionSettings,
    PaperDraft,
    QueueEntryChanged,
    Word,
    queue_room,
)
from portals.dialog.discussion.notices import _still_known, _written
from tests.portals.dialog.discussion.talk import Talk, after_events, free
from tests.portals.dialog.stage import AUDITOR, CLERK, EWA, JAN, MODERATOR, NOBODY, OLA

WAYS = ("name", "pseudonym", "anonymous")


@pytest.fixture
async def talk(database):
    return await (await Talk.set(database, shown_as=WAYS)).joined()


@pytest.fixture
async def careful(database):
    """Each comment is looked at first."""
    return await (await Talk.set(database, DiscussionSettings(moderation="before"))).joined()


async def queue(talk, actor=MODERATOR):
    async with talk.database.transaction(readonly=True) as tx:
        return await queue_snapshot(tx, actor, {"consultation_id": str(talk.stage.consultation.id)})


def queued(talk):
    return talk.stage.backplane.of(queue_room(talk.stage.consultation.id))


async def test_moderated_before_a_comment_waits_in_the_queue_and_in_no_public_room(careful):
    talk = careful
    held = await talk.says(JAN, "Czy będzie cień? @Olcha", alignment=1)
    assert held.state == "held"
    assert talk.told() == []
    (event,) = queued(talk)
    assert isinstance(event, QueueEntryChanged)
    view = await queue(talk)
    assert [(one.id, one.waits, one.held_for, one.real_name) for one in view.entries] == [
        (held.id, True, ["before"], "Jan Wrona")
    ]
    assert view.entries == [event.entry]
    for nobody in (JAN, OLA, NOBODY):
        with pytest.raises(NotFound):
            await queue(talk, nobody)
        with pytest.raises(NotFound):
            await moderation.approve(talk.database, nobody, held.id)
    with pytest.raises(NotFound):
        await moderation.approve(talk.database, AUDITOR, held.id)  # reads, decides nothing
    with pytest.raises(Conflict):
        await moderation.approve(talk.database, MODERATOR, held.id, rev=99)

    await moderation.approve(talk.database, MODERATOR, held.id, rev=event.entry.rev)
    (posted,) = talk.told()
    assert isinstance(posted, CommentPosted)
    assert (posted.thread.comments, posted.thread.agree) == (1, 1)
    assert (await queue(talk)).entries == []
    assert queued(talk)[-1].entry.waits is False
    with pytest.raises(Conflict):  # a change would pass by the moderator
        await free(talk.database)
        await actions.edit_comment(talk.database, JAN, held.id, "Coś innego")


async def test_removed_with_a_reason_it_is_a_tombstone_whose_author_may_appeal_once(talk):
    root = await talk.says(JAN, "Obraźliwe słowa", alignment=-1)
    await talk.says(OLA, "Odpowiedź", parent_id=root.id)
    before = await talk.view()
    talk.forget()
    with pytest.raises(Invalid) as why:
        await moderation.refuse(talk.database, MODERATOR, root.id, "  ")
    assert list(why.value.fields) == ["reason"]
    await moderation.refuse(talk.database, MODERATOR, root.id, "Obraża radną")
    (ended,) = talk.told()
    assert isinstance(ended, CommentEnded)
    assert ended.erases
    page = await talk.page()
    row = page.branches[0].comment
    assert (row.state, row.reason, row.body, len(page.branches[0].replies)) == ("removed", "Obraża radną", [], 1)
    assert row.ended_at is not None
    assert page.thread.comments == 1
    after = await talk.view()
    assert after_events(before, talk.told()) == (after.thread, after.changed)

    with pytest.raises(NotFound):
        await actions.appeal(talk.database, OLA, root.id, "To nie moje")
    await free(talk.database)
    await actions.appeal(talk.database, JAN, root.id, "To był cytat z ustawy")
    with pytest.raises(Conflict):
        await actions.appeal(talk.database, JAN, root.id, "I jeszcze raz")
    (entry,) = (await queue(talk)).entries
    assert (entry.appeal, entry.state) == ("To był cytat z ustawy", "removed")
    with pytest.raises(Invalid):
        await moderation.decide_appeal(talk.database, CLERK, root.id, "", accepted=False)
    talk.forget()
    await moderation.decide_appeal(talk.database, CLERK, root.id, "Racja, to cytat", accepted=True, rev=entry.rev)
    (back,) = talk.told()
    assert isinstance(back, CommentChanged)
    assert (await talk.page()).branches[0].comment.body[0].rows[0][0].text == "Obraźliwe słowa"
    assert (await talk.page()).thread.against == 1
    assert (await queue(talk)).entries == []
    audited = await talk.stage.audited()
    assert [one for one in audited if one.startswith("discussion.")][-3:] == [
        "discussion.removed",
        "discussion.appeal",
        "discussion.appeal-decided",
    ]


async def test_refused_before_it_was_public_only_its_author_knows(careful):
    talk = careful
    held = await talk.says(JAN, "Reklama mojego sklepu")
    await moderation.refuse(talk.database, MODERATOR, held.id, "Reklama")
    assert talk.told() == []
    async with talk.database.transaction(readonly=True) as tx:
        data = await actions.thread_data(tx, JAN, talk.block.id)
        assert [(one.state, one.reason, one.may_appeal) for one in data.own] == [("refused", "Reklama", True)]
        assert (await actions.thread_data(tx, OLA, talk.block.id)).own == []
        with pytest.raises(NotFound):
            await access_comment(tx, OLA, held.id)
    await moderation.restore(talk.database, MODERATOR, held.id)
    assert len((await talk.page()).branches) == 1


async def test_reports_wait_until_a_moderator_lets_it_stand(talk):
    root = await talk.says(JAN, "Sporna wypowiedź")
    with pytest.raises(Conflict):
        await actions.report_comment(talk.database, JAN, root.id, "spam")
    with pytest.raises(Invalid):
        await actions.report_comment(talk.database, OLA, root.id, "other")
    for reason in ("spam", "abuse"):  # said again it is one report
        await actions.report_comment(talk.database, OLA, root.id, reason, "Obraża")
    (entry,) = (await queue(talk)).entries
    assert [(one.reason, one.note) for one in entry.reports] == [("abuse", "Obraża")]
    assert "ola" not in str(entry).lower()
    talk.forget()
    await moderation.approve(talk.database, MODERATOR, root.id, rev=entry.rev)
    assert talk.told() == []
    assert (await queue(talk)).entries == []


async def test_the_office_answers_below_a_comment_and_on_top_at_any_time(talk):
    root = await talk.says(JAN, "Kiedy budowa?")
    await talk.says(OLA, "Też pytam", parent_id=root.id)
    await talk.stage.end()
    for nobody in (JAN, MODERATOR, AUDITOR):
        with pytest.raises(NotFound):
            await moderation.answer(talk.database, nobody, talk.block.id, "Wydział", "W maju", root.id)
    with pytest.raises(Invalid) as unnamed:
        await moderation.answer(talk.database, CLERK, talk.block.id, " ", "W maju", root.id)
    assert list(unnamed.value.fields) == ["office"]
    below = await moderation.answer(talk.database, CLERK, talk.block.id, "Wydział Inwestycji", "W maju", root.id)
    top = await moderation.answer(talk.database, CLERK, talk.block.id, "Wydział Inwestycji", "Dziękujemy", None)
    assert (below.author.shown, below.author.name, below.official) == ("office", "Wydział Inwestycji", True)
    page = await talk.page()
    assert [one.comment.id for one in page.pinned] == [top.id]
    assert [row.id for row in page.branches[0].replies][0] == below.id
    assert (page.thread.neutral, page.thread.comments) == (1, 4)
    async with talk.database.transaction() as tx:
        told = await tx.records("SELECT participant_id, what FROM discussion_notice")
        assert [(row["participant_id"], row["what"]) for row in told] == [(talk.jan.id, "answer")]


async def test_an_opinion_from_paper_counts_as_any_other(talk):
    draft = PaperDraft(name="Wanda Kruk", text="Jestem za drzewami", alignment=1, district="Zatorze", anonymous=True)
    row = await moderation.enter_paper(talk.database, CLERK, talk.block.id, draft)
    assert (row.paper, row.author.shown, row.author.name) == (True, "anonymous", "")
    assert (await talk.page()).thread.agree == 1
    for wrong, field in (
        ({"name": " "}, "name"),
        ({"text": "…"}, "text"),
        ({"kind": "business"}, "organisation"),
    ):
        values = {"name": "Jan", "text": "Tekst", **wrong}
        with pytest.raises(Invalid) as fault:
            await moderation.enter_paper(talk.database, CLERK, talk.block.id, PaperDraft(**values))
        assert field in fault.value.fields
    with pytest.raises(NotFound):
        await moderation.enter_paper(talk.database, MODERATOR, talk.block.id, draft)


async def test_word_rules_are_the_clerks(talk):
    id_ = talk.stage.consultation.id
    kept = await moderation.set_words(talk.database, CLERK, id_, [Word(" Żółw* ", "hold"), Word("", "refuse")])
    assert kept == [Word("zolw*", "hold")]
    with pytest.raises(Invalid):
        await moderation.set_words(talk.database, CLERK, id_, [Word("*", "refuse")])
    with pytest.raises(NotFound):
        await moderation.set_words(talk.database, MODERATOR, id_, [])
    assert (await talk.says(JAN, "Ratujmy ŻÓŁWIE")).state == "held"


async def test_a_letter_asks_again_whether_the_person_may_know(talk):
    await talk.says(OLA, "Jestem")
    root = await talk.says(JAN, "Co o tym myśli @Olcha?")
    async with talk.database.transaction() as tx:
        notice_id = await tx.value("SELECT id FROM discussion_notice WHERE what = 'mention'")
        letter = await queue_store.letter(tx, notice_id)
        assert (await _still_known(tx, letter))[1].id == root.id
    await moderation.refuse(talk.database, MODERATOR, root.id, "Zaczepia")
    async with talk.database.transaction() as tx:
        assert await _still_known(tx, await queue_store.letter(tx, notice_id)) is None
        removed = await tx.value("SELECT id FROM discussion_notice WHERE what = 'removed'")
        assert (await _still_known(tx, await queue_store.letter(tx, removed)))[1].id == root.id
    await participation.erase(talk.database, talk.stage.blocks, CLERK, talk.ola.id)
    async with talk.database.transaction() as tx:
        assert (await queue_store.letter(tx, notice_id)).account_id is None


async def test_letters_are_written_in_the_persons_language(talk):
    await talk.says(OLA, "Jestem")
    root = await talk.says(JAN, "Co o tym myśli @Olcha?")
    locales = Locales.read(Path(actions.__file__).parents[3], City(languages=("pl", "uk")))
    post = Post(locales, City(name="Słupsk"), "https://gryf.example")
    async with talk.database.transaction() as tx:
        letter = await queue_store.letter(tx, await tx.value("SELECT id FROM discussion_notice"))
        subject, text = await _written(tx, post, letter, *await _still_known(tx, letter))
    assert subject == "Ktoś o Tobie wspomniał: Plac Zwycięstwa · Słupsk"
    assert "Jan Wrona wspomina" in text
    assert "Co o tym myśli @Olcha?" in text
    assert f"https://gryf.example{talk.stage.consultation.path}/discussion/{root.id}" in text


async def tables(talk, actor, *, inside):
    locale = Locales.read(Path(actions.__file__).parents[3], City(languages=("pl",))).get("pl")
    async with talk.database.transaction(readonly=True) as tx:
        place = await access_block_with_threads(tx, actor, talk.block.id, inside=inside)
        table = await export.comments_table(tx, actor, place, locale, inside=inside)
    text = export.as_csv(table)
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig")), delimiter=";"))
    with zipfile.ZipFile(io.BytesIO(export.as_xlsx(table, "Rozmowa: o [placu]"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "<hyperlink" not in sheet
        return rows, book.read("xl/sharedStrings.xml").decode()


async def test_tables_keep_to_what_is_visible_and_hold_no_formulas(talk):
    await talk.says(JAN, '=HYPERLINK("http://zlo.example";"kliknij")', alignment=1)
    await talk.says(OLA, "+48 59 000 00 00")
    await talk.says(EWA, "Anonimowa opinia")
    removed = await talk.says(JAN, "Usunięta treść")
    await moderation.refuse(talk.database, MODERATOR, removed.id, "Powód usunięcia")
    withdrawn = await talk.says(OLA, "Wycofana treść")
    await actions.withdraw_comment(talk.database, OLA, withdrawn.id)
    async with talk.database.transaction() as tx:
        await queue_store.set_words(tx, talk.stage.consultation.id, [Word("tajne", "hold")])
        await store.open_thread(tx, talk.block.id, "x-1", "Ukryty wątek", "", None)
    await talk.says(EWA, "tajne")
    await free(talk.database)
    await actions.post_comment(talk.database, JAN, talk.block.id, CommentDraft(text="W ukrytym"), "x-1")
    async with talk.database.transaction() as tx:
        await actions.mark_thread(tx, talk.block.id, "x-1", hidden=True)
    await participation.erase(talk.database, talk.stage.blocks, CLERK, talk.ola.id)

    rows, cells = await tables(talk, NOBODY, inside=False)
    everything = str(rows) + cells
    for secret in ("Usunięta treść", "Wycofana treść", "tajne", "W ukrytym", "Ewa Żółć", "Olcha", "Bielska"):
        assert secret not in everything
    assert [row[4] for row in rows[1:]] == [
        "Jan Wrona", "usunięto na prośbę", "osoba anonimowa", "Jan Wrona", "usunięto na prośbę",
    ]  # fmt: skip
    assert [row[9] for row in rows[1:]] == ["publiczna"] * 3 + ["usunięto", "wycofana przez autora"]
    assert rows[1][7].startswith("'=HYPERLINK")
    assert rows[2][7].startswith("'+48")
    assert "<t>=HYPERLINK" in cells  # a string, no formula

    rows, cells = await tables(talk, AUDITOR, inside=True)
    everything = str(rows) + cells
    for known in ("Usunięta treść", "tajne", "W ukrytym", "Ewa Żółć", "word:tajne"):
        assert known in everything
    assert "Bielska" not in everything
    assert "Olcha" not in everything
    with pytest.raises(NotFound):
        await tables(talk, JAN, inside=True)
