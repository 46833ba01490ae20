"""Writing, publishing and counting: who may, what is kept, what is told, what is logged."""

from datetime import timedelta

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from portals.helpdesk import actions as helpdesk
from portals.helpdesk.drafts import NewTicket, Written
from portals.helpdesk.knowledge import access, actions, count_store, counting, store
from portals.helpdesk.knowledge.actions import EditClash
from portals.helpdesk.knowledge.events import ArticlePublished, ArticleWithdrawn, article_room, editing_room
from portals.helpdesk.knowledge.model import ArticleHead, Draft, RatingDraft, Spared
from tests.portals.helpdesk.desk import (
    AGENT,
    AUDITOR,
    COLLEAGUE,
    LEAD,
    NOBODY,
    NUMBER,
    OTHER_AGENT,
    SECOND_AGENT,
    STRANGER,
    TEACHER,
    Desk,
)
from tests.portals.helpdesk.knowledge.shelf import Shelf

KEY = "formularz-1"


@pytest.fixture
async def shelf(database):
    return Shelf(await Desk.set(database))


async def head(shelf, actor, article_id) -> ArticleHead:
    async with shelf.database.transaction(readonly=True) as tx:
        return await access.article_snapshot(tx, actor, {"article_id": str(article_id)})


async def read(shelf, article_id):
    async with shelf.database.transaction(readonly=True) as tx:
        return await store.article(tx, article_id)


async def revision(shelf, article_id, number):
    async with shelf.database.transaction(readonly=True) as tx:
        return await store.revision(tx, article_id, number)


async def test_an_agent_writes_and_a_lead_publishes(shelf):
    row = await shelf.write(
        "  Drukarka \n nie   drukuje ", "Tekst\r\nz  dwoma\x00 wierszami", keywords=["toner", " Toner ", ""]
    )
    assert (row.title, row.standing, row.latest, row.keywords) == ("Drukarka nie drukuje", "draft", 1, ["toner"])
    assert (await revision(shelf, row.id, 1)).text == "Tekst\nz  dwoma wierszami"
    with pytest.raises(NotFound):
        await head(shelf, TEACHER, row.id)  # nobody reads a draft
    for actor in (AGENT, AUDITOR, TEACHER):
        with pytest.raises(Forbidden):
            await actions.publish(shelf.database, actor, shelf.analyser, row.id, 1)
    published = await actions.publish(shelf.database, LEAD, shelf.analyser, row.id, 1)
    assert published.standing == "published"
    first = await revision(shelf, row.id, 1)
    assert (first.author_name, first.published_name) == ("Adam Bielski", "Beata Lipska")
    assert (await head(shelf, TEACHER, row.id)).number == 1
    async with shelf.database.transaction(readonly=True) as tx:
        assert published.review_on == await store.today(tx) + actions.REVIEW_AFTER
    again = await actions.publish(shelf.database, LEAD, shelf.analyser, row.id, 1)
    assert again.rev == published.rev  # a second press changes nothing
    changed = await shelf.save(published, text="Lepszy tekst", about="Dopisano krok", base=1)
    assert (changed.standing, changed.latest, changed.published) == ("changed", 2, 1)
    assert (await head(shelf, TEACHER, row.id)).number == 1
    assert (await shelf.desk.audited())[-3:] == ["knowledge.create", "knowledge.publish", "knowledge.save"]


@pytest.mark.parametrize("actor", [TEACHER, AUDITOR, STRANGER, NOBODY])
async def test_only_the_desk_writes(shelf, actor):
    row = await shelf.publish("Drukarka")
    row = await shelf.save(row, text="Inny")
    with pytest.raises(Forbidden):
        await shelf.write("Moje", actor=actor)
    with pytest.raises(Forbidden):
        await shelf.save(row, actor=actor, text="Moje")
    with pytest.raises(Forbidden):
        await actions.restore(shelf.database, actor, row.id, 1)
    for verb in (
        actions.withdraw(shelf.database, actor, row.id),
        actions.set_review(shelf.database, actor, row.id, None),
        actions.publish(shelf.database, actor, shelf.analyser, row.id, 2),
    ):
        with pytest.raises(Forbidden):
            await verb
    if actor is not AUDITOR:
        async with shelf.database.transaction(readonly=True) as tx:
            with pytest.raises(NotFound):
                await access.access_editing(tx, actor, row.id)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"text": "\n"}, "text"),
        ({"text": "x" * 40_001}, "text"),
        ({"lead": "x" * 401}, "lead"),
        ({"about": "x" * 301}, "about"),
        ({"keywords": ["x" * 61]}, "keywords"),
        ({"keywords": [str(number) for number in range(31)]}, "keywords"),
        ({"category_id": 99999}, "category_id"),
        ({"models": [99999]}, "models"),
    ],
)
async def test_what_is_wrong_is_named(shelf, fields, named):
    draft = Draft(**{"title": "Tytuł", "text": "Tekst", **fields})
    with pytest.raises(Invalid) as problem:
        await actions.create_article(shelf.database, AGENT, draft)
    assert set(problem.value.fields) == {named}
    async with shelf.database.transaction(readonly=True) as tx:
        assert await store.all_edited(tx) == []


async def test_two_editors_lose_nothing(shelf):
    row = await shelf.write("Drukarka", "Pierwszy tekst")
    await shelf.save(row, text="Tekst Adama", base=1)
    with pytest.raises(EditClash) as clash:
        await shelf.save(row, actor=SECOND_AGENT, text="Tekst Olgi", base=1)
    assert (clash.value.latest.text, clash.value.latest.author_name) == ("Tekst Adama", "Adam Bielski")
    done = await shelf.save(row, actor=SECOND_AGENT, text="Tekst Adama i Olgi", base=clash.value.latest.number)
    texts = [(await revision(shelf, row.id, number)).text for number in range(1, done.latest + 1)]
    assert texts == ["Pierwszy tekst", "Tekst Adama", "Tekst Adama i Olgi"]
    # what was sent twice is no clash and no new version
    assert (await shelf.save(row, actor=SECOND_AGENT, text="Tekst Adama i Olgi", base=2)).latest == 3
    assert (await shelf.save(row, text="Tekst Adama i Olgi", base=3, about="nic")).latest == 3


async def test_a_lead_publishes_only_what_was_seen(shelf):
    row = await shelf.write("Drukarka")
    await shelf.save(row, text="Zmienione w międzyczasie", base=1)
    with pytest.raises(EditClash):
        await actions.publish(shelf.database, LEAD, shelf.analyser, row.id, 1)
    assert await read(shelf, row.id) is None


async def test_an_older_version_comes_back_as_a_draft(shelf):
    row = await shelf.publish("Drukarka", "Pierwszy")
    row = await shelf.save(row, title="Ksero", text="Drugi", keywords=["x"])
    back = await actions.restore(shelf.database, SECOND_AGENT, row.id, 1)
    assert (back.title, back.latest, back.published, back.keywords) == ("Drukarka", 3, 1, [])
    third = await revision(shelf, row.id, 3)
    assert (third.text, third.restored, third.author_name) == ("Pierwszy", 1, "Olga Wilk")
    for number in (3, 4, 99):
        with pytest.raises(Conflict):
            await actions.restore(shelf.database, AGENT, row.id, number)


async def test_withdrawing_and_publishing_again(shelf):
    row = await shelf.publish("Drukarka")
    gone = await actions.withdraw(shelf.database, LEAD, row.id)
    assert gone.standing == "withdrawn"
    with pytest.raises(NotFound):
        await head(shelf, TEACHER, row.id)
    with pytest.raises(Conflict):
        await actions.withdraw(shelf.database, LEAD, row.id)
    back = await actions.publish(shelf.database, LEAD, shelf.analyser, row.id, 1)
    assert (back.standing, back.withdrawn_at) == ("published", None)
    assert await shelf.found("drukarka") == ["Drukarka"]


async def test_review(shelf):
    row = await shelf.publish("Drukarka")
    async with shelf.database.transaction(readonly=True) as tx:
        today = await store.today(tx)
    day = today + timedelta(days=30)
    assert (await actions.set_review(shelf.database, LEAD, row.id, day)).review_on == day
    async with shelf.database.transaction(readonly=True) as tx:
        assert [one.id for one in await store.due_for_review(tx, day)] == [row.id]
        assert await store.due_for_review(tx, day - timedelta(days=1)) == []
    for wrong in (today, today - timedelta(days=1), today + timedelta(days=4000)):
        with pytest.raises(Invalid):
            await actions.set_review(shelf.database, LEAD, row.id, wrong)
    assert (await actions.set_review(shelf.database, LEAD, row.id, None)).review_on is None
    row = await shelf.save(row, text="Nowszy")
    assert (await actions.publish(shelf.database, LEAD, shelf.analyser, row.id, 2)).review_on is not None


async def test_snapshot_and_events_make_the_fresh_snapshot(shelf):
    row = await shelf.publish("Drukarka")
    before = await head(shelf, TEACHER, row.id)
    shelf.desk.backplane.published.clear()
    row = await shelf.save(row, text="Drugi")
    assert shelf.desk.backplane.of(article_room(row.id)) == []  # readers hear of no draft
    row = await actions.publish(shelf.database, LEAD, shelf.analyser, row.id, 2)
    (event,) = shelf.desk.backplane.of(article_room(row.id))
    fresh = await head(shelf, TEACHER, row.id)
    assert isinstance(event, ArticlePublished)
    assert event.article == fresh != before
    assert event.rev > before.rev
    shelf.desk.backplane.published.clear()
    # for agents only from now on: readers are told that it is gone, and no word of it
    row = await shelf.save(row, title="Tajne", text="Trzeci", audience="agents")
    row = await actions.publish(shelf.database, LEAD, shelf.analyser, row.id, 3)
    (event,) = shelf.desk.backplane.of(article_room(row.id))
    assert isinstance(event, ArticleWithdrawn)
    assert (event.article.number, event.article.rev) == (0, row.rev)
    with pytest.raises(NotFound):
        await head(shelf, TEACHER, row.id)
    assert (await head(shelf, AGENT, row.id)).number == 3
    # editors: each change, whole
    async with shelf.database.transaction(readonly=True) as tx:
        editing = await access.editing_snapshot(tx, AUDITOR, {"article_id": str(row.id)})
    assert shelf.desk.backplane.of(editing_room(row.id))[-1].article == editing
    shelf.desk.backplane.published.clear()
    await actions.withdraw(shelf.database, LEAD, row.id)
    assert [type(one) for one in shelf.desk.backplane.of(article_room(row.id))] == [ArticleWithdrawn]


async def test_did_it_help_once_for_each_reader_and_changeable(shelf):
    row = await shelf.publish("Drukarka")
    await counting.rate(shelf.database, TEACHER, row.id, RatingDraft(helped=False, missing=" Brakuje zdjęcia \r\n"))
    await counting.rate(shelf.database, COLLEAGUE, row.id, RatingDraft(helped=True))
    article = await read(shelf, row.id)
    assert (article.helped, article.unhelped) == (1, 1)
    await counting.rate(shelf.database, TEACHER, row.id, RatingDraft(helped=True, missing="Brakuje zdjęcia"))
    article = await read(shelf, row.id)
    assert (article.helped, article.unhelped) == (2, 0)
    async with shelf.database.transaction(readonly=True) as tx:
        assert [one.missing for one in await count_store.wishes(tx, row.id)] == ["Brakuje zdjęcia"]
        assert (await count_store.rating(tx, row.id, TEACHER.account_id)).helped
        assert await count_store.rating(tx, row.id, AGENT.account_id) is None
    with pytest.raises(Invalid):
        await counting.rate(shelf.database, TEACHER, row.id, RatingDraft(helped=True, missing="x" * 1001))
    for actor in (STRANGER, NOBODY):
        with pytest.raises(NotFound):
            await counting.rate(shelf.database, actor, row.id, RatingDraft(helped=True))
    draft = await shelf.write("Szkic")
    with pytest.raises(NotFound):
        await counting.rate(shelf.database, TEACHER, draft.id, RatingDraft(helped=True))


async def test_a_reader_counts_once_a_day(shelf):
    row = await shelf.publish("Drukarka")
    for actor in (TEACHER, TEACHER, COLLEAGUE):
        async with shelf.database.transaction() as tx:
            await counting.count_read(tx, actor, row.id)
    assert (await read(shelf, row.id)).reads == 2
    async with shelf.database.transaction() as tx:
        tomorrow = await store.today(tx) + timedelta(days=1)
        assert await count_store.count_read(tx, row.id, TEACHER.account_id, tomorrow)
        await count_store.add_reads(tx, row.id, tomorrow - timedelta(days=200), 50)
    assert (await read(shelf, row.id)).reads == 3  # what is long ago does not count


async def test_a_ticket_that_was_not_sent_counts_once(shelf):
    first, second = await shelf.publish("Drukarka"), await shelf.publish("Toner")
    for _press in range(3):
        await counting.spare(shelf.database, TEACHER, first.id, Spared(form_key=KEY, category_id=shelf.desk.broken))
    assert (await read(shelf, first.id)).spared == 1
    await counting.spare(shelf.database, TEACHER, second.id, Spared(form_key=KEY, category_id=99999))
    assert ((await read(shelf, first.id)).spared, (await read(shelf, second.id)).spared) == (0, 1)
    await counting.spare(shelf.database, COLLEAGUE, second.id, Spared(form_key=KEY))
    assert (await read(shelf, second.id)).spared == 2
    await counting.take_back_spared(shelf.database, COLLEAGUE, KEY)
    assert (await read(shelf, second.id)).spared == 1
    with pytest.raises(NotFound):
        await counting.take_back_spared(shelf.database, COLLEAGUE, KEY)
    # the form is sent after all: it was not spared
    await helpdesk.send_ticket(shelf.database, TEACHER, NewTicket(text="Jednak nie działa", sent_key=KEY))
    assert (await read(shelf, second.id)).spared == 0
    with pytest.raises(NotFound):
        await counting.spare(shelf.database, STRANGER, first.id, Spared(form_key=KEY))
    with pytest.raises(TooMany):
        for number in range(60):
            await counting.spare(shelf.database, TEACHER, first.id, Spared(form_key=f"formularz-{number:03}"))


async def test_an_article_from_a_ticket_names_nobody(shelf):
    text = (
        "Drukarka Ewy nie drukuje\n\nProszę dzwonić: 59 848 83 00, ewa@gryf.example. Pokój 12.\n\nPozdrawiam\nJan Wrona"
    )
    ticket = await shelf.desk.send(text, device_id=shelf.desk.device, category_id=shelf.desk.broken)
    await shelf.desk.reply(AGENT, ticket, "Panie Janie, proszę o chwilę. Adam Bielski, tel. 500 600 700")
    await helpdesk.note(shelf.database, AGENT, ticket.id, Written(text="Wewnątrz: hasło admin1"))
    await shelf.desk.reply(AGENT, ticket, "Wyczyściliśmy kolejkę wydruku: Panel sterowania, Drukarki.")
    async with shelf.database.transaction(readonly=True) as tx:
        made = await counting.draft_from_ticket(tx, AGENT, ticket.id, ("Objawy", "Co pomaga"))
        model = await store.model_of_device(tx, shelf.desk.device)
    whole = made.draft.title + made.draft.text
    for word in ("Wrona", "Janie", "Bielski", "59 848", "500 600", "@", "admin1"):
        assert word not in whole, word
    assert made.draft.text.startswith("## Objawy\n\n")
    assert "## Co pomaga" in made.draft.text
    assert made.draft.text.endswith("Wyczyściliśmy kolejkę wydruku: Panel sterowania, Drukarki.")
    assert "Pokój 12" in made.draft.text
    assert (made.draft.category_id, made.draft.models) == (shelf.desk.broken, [model])
    for actor in (TEACHER, AUDITOR):
        async with shelf.database.transaction(readonly=True) as tx:
            with pytest.raises((Forbidden, NotFound)):
                await counting.draft_from_ticket(tx, actor, ticket.id, ("a", "b"))
    async with shelf.database.transaction(readonly=True) as tx:
        with pytest.raises(NotFound):
            await counting.draft_from_ticket(tx, OTHER_AGENT, ticket.id, ("a", "b"))
    assert NUMBER not in whole
