"""What residents do in a discussion: real rows, the rooms that hear of it."""

import asyncio

import pytest

from app.errors import Conflict, Invalid, NotFound, TooMany
from portals.dialog import participation
from portals.dialog.discussion import actions, person_store, queue_store, store, views
from portals.dialog.discussion.access import access_comment
from portals.dialog.discussion.feature import KIND, contributions, figures
from portals.dialog.discussion.model import (
    AuthorErased,
    CommentDraft,
    CommentEnded,
    CommentPosted,
    DiscussionSettings,
    FiguresChanged,
    Word,
    thread_room,
)
from portals.dialog.refusals import Closed, JoinNeeded
from tests.portals.dialog.discussion.talk import Talk, after_events, free
from tests.portals.dialog.stage import CLERK, EWA, JAN, NOBODY, OLA


@pytest.fixture
async def talk(database):
    return await (await Talk.set(database, shown_as=("name", "pseudonym", "anonymous"))).joined()


async def test_a_tree_of_three_levels_with_figures_that_snapshot_and_events_agree_on(talk):
    before = await talk.view()
    talk.forget()
    root = await talk.says(JAN, "Więcej **lip**, mniej aut", alignment=1)
    reply = await talk.says(OLA, "A gdzie zaparkują starsi?", parent_id=root.id, alignment=-1)
    third = await talk.says(JAN, "Przy ul. Szarych Szeregów", parent_id=reply.id)
    fourth = await talk.says(EWA, "Tam już stoją", parent_id=third.id)
    other = await talk.says(EWA, "Jestem przeciw", alignment=-1)
    second = await talk.says(EWA, "Popieram", parent_id=root.id)
    await actions.endorse(talk.database, OLA, root.id, given=True)

    assert [row.depth for row in (root, reply, third, fourth)] == [1, 2, 3, 3]
    assert (third.parent_id, fourth.parent_id, fourth.root_id) == (reply.id, reply.id, root.id)
    assert reply.alignment == 0
    page = await talk.page()
    assert [one.comment.id for one in page.branches] == [other.id, root.id]
    shown = page.branches[1]
    assert [row.id for row in shown.replies] == [reply.id, third.id, fourth.id]
    assert (shown.more, shown.comment.replies, shown.comment.endorsements) == (1, 4, 1)
    assert (page.thread.comments, page.thread.agree, page.thread.neutral, page.thread.against) == (6, 1, 0, 1)
    async with talk.database.transaction(readonly=True) as tx:
        spot, comment = await access_comment(tx, NOBODY, root.id)
        rest = await views.reply_page(tx, spot, comment, await store.comment(tx, fourth.id))
    assert ([row.id for row in rest.replies], rest.more) == ([second.id], 0)
    after = await talk.view()
    assert after_events(before, talk.told()) == (after.thread, after.changed)
    assert [type(event) for event in talk.told()] == [CommentPosted] * 6 + [FiguresChanged]
    assert (await talk.stage.audited()).count("discussion.post") == 6


async def test_who_may_write_and_when(talk):
    with pytest.raises(JoinNeeded):
        await talk.says(CLERK, "Nie wolno")
    with pytest.raises(Invalid) as empty:
        await talk.says(JAN, " \u200b \n*")
    assert list(empty.value.fields) == ["text"]
    with pytest.raises(Invalid):
        await talk.says(JAN, "ą" * 3001)
    root = await talk.says(JAN, "To samo")
    with pytest.raises(Conflict):
        await talk.says(JAN, "To  samo".replace("  ", " "))
    with pytest.raises(NotFound):
        await talk.says(JAN, "Odpowiedź donikąd", parent_id=10**9)
    await talk.stage.end()
    for act in (
        talk.says(JAN, "Po czasie"),
        actions.endorse(talk.database, OLA, root.id, given=True),
        actions.edit_comment(talk.database, JAN, root.id, "Po czasie"),
    ):
        with pytest.raises(Closed):
            await act
    await actions.withdraw_comment(talk.database, JAN, root.id)  # taking back is always possible
    assert (await talk.page()).branches[0].comment.state == "withdrawn"


async def test_sent_twice_or_at_once_it_is_there_once(talk):
    first = await talk.says(JAN, "Raz", sent_key="a1")
    again = await talk.says(JAN, "Raz", sent_key="a1")
    assert again.id == first.id
    assert (await talk.page()).thread.comments == 1
    await asyncio.gather(*(actions.endorse(talk.database, OLA, first.id, given=True) for _number in range(6)))
    await actions.endorse(talk.database, EWA, first.id, given=True)
    assert (await talk.page()).branches[0].comment.endorsements == 2
    await asyncio.gather(*(actions.endorse(talk.database, OLA, first.id, given=False) for _number in range(3)))
    assert (await talk.page()).branches[0].comment.endorsements == 1
    with pytest.raises(Conflict):
        await actions.endorse(talk.database, JAN, first.id, given=True)
    assert (await talk.page(EWA)).mine.endorsed == [first.id]


async def test_one_person_is_slowed_down_and_the_others_are_not(talk):
    await free(talk.database)
    for number in range(8):
        await actions.post_comment(talk.database, JAN, talk.block.id, CommentDraft(text=f"Wpis {number}"))
    with pytest.raises(TooMany):
        await actions.post_comment(talk.database, JAN, talk.block.id, CommentDraft(text="Wpis 9"))
    await actions.post_comment(talk.database, OLA, talk.block.id, CommentDraft(text="Spokojnie"))


async def test_every_order_is_paged_without_gap_or_double(talk):
    async with talk.database.transaction() as tx:
        ids = await tx.records(
            "WITH t AS (INSERT INTO discussion_thread (block_id) VALUES ($1) RETURNING id)"
            " INSERT INTO discussion_comment (thread_id, participant_id, depth, text, body, state, shown_at, endorsements,"
            " replies) SELECT t.id, $2, 1, 'x', '[]', 'shown', now() + (n % 7) * interval '1 us', n % 5, n % 3"
            " FROM t, generate_series(1, 53) AS n RETURNING id, shown_at, endorsements, replies",
            talk.block.id,
            talk.jan.id,
        )
    expected = {
        "newest": sorted(ids, key=lambda row: (row["shown_at"], row["id"]), reverse=True),
        "oldest": sorted(ids, key=lambda row: (row["shown_at"], row["id"])),
        "endorsed": sorted(ids, key=lambda row: (row["endorsements"], row["id"]), reverse=True),
        "discussed": sorted(ids, key=lambda row: (row["replies"], row["id"]), reverse=True),
    }
    for sort, wanted in expected.items():
        found, after = [], ""
        while True:
            page = await talk.page(sort=sort, after=after)
            found += [one.comment.id for one in page.branches]
            after = page.next
            if not after:
                break
            assert len(page.branches) == 20
        assert found == [row["id"] for row in wanted], sort
    with pytest.raises(Invalid):
        await talk.page(after="%%%")


async def test_changed_within_the_window_with_a_public_history(talk):
    root = await talk.says(JAN, "Plac bez aut", alignment=1)
    talk.forget()
    before = await talk.view()
    await free(talk.database)
    await actions.edit_comment(talk.database, JAN, root.id, "Plac z mniejszą liczbą aut", -1)
    page = await talk.page(JAN)
    row = page.branches[0].comment
    assert row.body[0].rows[0][0].text == "Plac z mniejszą liczbą aut"
    assert row.edited_at is not None
    assert (page.thread.agree, page.thread.against) == (0, 1)
    assert page.mine.editable == [root.id]
    after = await talk.view()
    assert after_events(before, talk.told()) == (after.thread, after.changed)
    async with talk.database.transaction() as tx:
        (old,) = await store.history(tx, root.id)
        assert old.body[0].rows[0][0].text == "Plac bez aut"
        await tx.execute("UPDATE discussion_comment SET created_at = created_at - interval '16 minutes'")
    with pytest.raises(Conflict):
        await actions.edit_comment(talk.database, JAN, root.id, "Za późno")
    with pytest.raises(NotFound):
        await actions.edit_comment(talk.database, OLA, root.id, "Cudze")
    assert (await talk.page(JAN)).mine.editable == []


async def test_word_rules_links_and_new_accounts(talk):
    async with talk.database.transaction() as tx:
        words = [Word("oszust*", "hold"), Word("zbój", "refuse"), Word("na stos", "refuse")]
        await queue_store.set_words(tx, talk.stage.consultation.id, [Word("zboj", "refuse"), *words[:1], *words[2:]])
    with pytest.raises(Invalid) as refused:
        await talk.says(JAN, "To ZBÓJ!")
    assert refused.value.values == {"word": "zboj"}
    with pytest.raises(Invalid):
        await talk.says(JAN, "Wszystkich na\nstos")
    assert (await talk.says(JAN, "Zbójnicki taniec na stosie")).state == "shown"
    held = await talk.says(JAN, "Same oszustwa")
    assert held.state == "held"
    assert (await talk.says(OLA, "Zob. https://a.example i [b](https://b.example)")).state == "shown"
    many = " ".join(f"https://{number}.example" for number in range(4))
    assert (await talk.says(OLA, many)).state == "held"
    async with talk.database.transaction() as tx:
        await tx.execute("UPDATE account SET created_at = now() WHERE id = $1", EWA.account_id)
    assert (await talk.says(EWA, "Kupcie: https://spam.example")).state == "held"
    assert (await talk.says(EWA, "Bez odnośnika")).state == "shown"
    shown = [one.comment.id for one in (await talk.page()).branches]
    assert held.id not in shown
    async with talk.database.transaction(readonly=True) as tx:
        with pytest.raises(NotFound):
            await access_comment(tx, OLA, held.id)
        assert (await access_comment(tx, JAN, held.id))[1].held_for == ["word:oszust*"]
    with pytest.raises(Conflict):  # a change is no way around
        await actions.edit_comment(talk.database, OLA, shown[1], "oszustwo")


async def test_people_are_named_and_what_an_anonymous_or_erased_one_wrote_stays(talk):
    first = await talk.says(JAN, "Pierwszy")
    await talk.says(OLA, "Druga")
    hidden = await talk.says(EWA, "Nie chcę być znana")
    named = await talk.says(EWA, "Zgoda, @Jan Wrona i @Olcha, ale nie @Ewa Żółć ani @[p1]")
    runs = named.body[0].rows[0]
    assert [(run.text, run.mention) for run in runs if run.mention] == [
        ("Jan Wrona", f"p{talk.jan.id}"),
        ("Olcha", f"p{talk.ola.id}"),
    ]
    assert not any(run.who for run in runs)
    assert (hidden.author.name, hidden.author.shown) == ("", "anonymous")
    async with talk.database.transaction(readonly=True) as tx:
        assert await person_store.people_like(tx, talk.stage.consultation.id, "wro", 5) == [talk.jan.id]
        assert await person_store.people_like(tx, talk.stage.consultation.id, "ewa", 5) == []
        assert await tx.value("SELECT count(*) FROM discussion_notice WHERE what = 'mention'") == 2

    talk.forget()
    before = await talk.view()
    await participation.erase(talk.database, talk.stage.blocks, CLERK, talk.jan.id)
    told = talk.told()
    assert {event.comment.id for event in told} == {first.id, named.id}
    assert all(isinstance(event, AuthorErased) and event.erases for event in told)
    after = await talk.view()
    rows = {row.id: row for row in after.changed}
    assert (rows[first.id].author.shown, rows[first.id].body[0].rows[0][0].text) == ("erased", "Pierwszy")
    assert "Wrona" not in str(after)
    assert "Wrona" not in str(told)
    _thread, replayed = after_events(before, told)
    assert [(row.id, row.rev, row.body) for row in replayed] == [(row.id, row.rev, row.body) for row in after.changed]


async def test_withdrawn_before_anybody_saw_it_leaves_nothing(database):
    talk = await (await Talk.set(database, DiscussionSettings(moderation="before"))).joined()
    held = await talk.says(JAN, "Jednak nie")
    talk.forget()
    await actions.withdraw_comment(talk.database, JAN, held.id)
    assert talk.told() == []
    assert (await talk.page()).branches == []


async def test_withdrawn_in_public_leaves_a_dated_tombstone_and_the_replies(talk):
    root = await talk.says(JAN, "Pomyłka", alignment=1)
    reply = await talk.says(OLA, "Ale odpowiem", parent_id=root.id)
    talk.forget()
    await actions.withdraw_comment(talk.database, JAN, root.id)
    (event,) = talk.told()
    assert isinstance(event, CommentEnded)
    assert event.comment.body == []
    page = await talk.page()
    assert (page.branches[0].comment.state, page.branches[0].comment.body) == ("withdrawn", [])
    assert [row.id for row in page.branches[0].replies] == [reply.id]
    assert (page.thread.comments, page.thread.agree) == (1, 0)
    with pytest.raises(Conflict):
        await talk.says(EWA, "Za późno", parent_id=root.id)


async def test_threads_of_other_parts_have_the_blocks_access(talk):
    async with talk.database.transaction() as tx:
        await actions.open_thread(tx, talk.block.id, "material-7", title="Wizualizacja", path="/dialog/x#m7")
    draft = CommentDraft(text="W 12. sekundzie widać drzewo", anchor_ms=12_500)
    posted = await actions.post_comment(talk.database, JAN, talk.block.id, draft, "material-7")
    assert posted.comment.anchor_ms == 12_500
    assert (await talk.page()).thread.comments == 0
    (event,) = talk.stage.backplane.of(thread_room(talk.block.id, "material-7"))
    assert event.comment.id == posted.comment.id
    async with talk.database.transaction() as tx:
        data = await actions.thread_data(tx, NOBODY, talk.block.id, "material-7")
        assert data.spot.path == "/dialog/x#m7"
        assert await actions.thread_counts(tx, talk.block.id) == {"material-7": 1}
        assert await store.moments(tx, data.spot.thread.id) == [(12_500, posted.comment.id)]
        await actions.mark_thread(tx, talk.block.id, "material-7", closed=True)
    with pytest.raises(Closed):
        await actions.post_comment(talk.database, JAN, talk.block.id, CommentDraft(text="Jeszcze"), "material-7")
    async with talk.database.transaction() as tx:
        await actions.mark_thread(tx, talk.block.id, "material-7", hidden=True)
    async with talk.database.transaction(readonly=True) as tx:
        for actor, subject in ((JAN, "material-7"), (NOBODY, "material-8")):
            with pytest.raises(NotFound):
                await actions.thread_data(tx, actor, talk.block.id, subject)
        assert (await actions.thread_data(tx, CLERK, talk.block.id, "material-7")).page.thread.comments == 1


async def test_figures_and_contributions(talk):
    root = await talk.says(JAN, "Lipy")
    await talk.says(OLA, "Klony", parent_id=root.id)
    await actions.endorse(talk.database, OLA, root.id, given=True)
    async with talk.database.transaction(readonly=True) as tx:
        spot, _comment = await access_comment(tx, NOBODY, root.id)
        assert [one.value for one in await figures(tx, NOBODY, spot.place)] == [2, 2, 1]
        found = await contributions(tx, NOBODY, spot.place)
    assert [(one.ref, one.participant_id, one.text, one.visible) for one in found] == [
        (f"comment/{root.id}", talk.jan.id, "Lipy", True),
        (f"comment/{root.id + 1}", talk.ola.id, "Klony", True),
    ]
    assert KIND.account_erased is not None
