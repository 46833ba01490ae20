"""A thread of 5,000 comments: every page is small, every comment is on one, tables hold all of them."""

import csv
import io
from pathlib import Path

import msgspec
import pytest

from app.config import City
from app.i18n import Locales
from portals.dialog.discussion import actions, export, moderation, store, views
from portals.dialog.discussion.access import access_block_with_threads, access_thread
from tests.portals.dialog.discussion.talk import Talk
from tests.portals.dialog.stage import JAN, MODERATOR, NOBODY

ALL, ROOTS, REMOVED = 5000, 1000, 40


@pytest.fixture
async def crowd(database) -> Talk:
    """1,000 comments begin something, 4,000 answer them: the first one has 1,000 answers, the others three each."""
    talk = await (await Talk.set(database)).joined()
    async with database.transaction() as tx:
        thread = await tx.value("INSERT INTO discussion_thread (block_id) VALUES ($1) RETURNING id", talk.block.id)
        columns = "thread_id, participant_id, parent_id, root_id, depth, place, text, body, state, shown_at, rev"
        body = """'[{"kind": "p", "rows": [[{"text": "Lipy"}]]}]'"""
        await tx.execute(
            f"INSERT INTO discussion_comment ({columns}) SELECT $1, $2, NULL, NULL, 1, 0, 'Lipy', {body},"
            " CASE WHEN n % 25 = 0 THEN 'removed' ELSE 'shown' END, now() - n / 30 * interval '1 s', n"
            " FROM generate_series(1, $3::int) AS n",
            thread,
            talk.jan.id,
            ROOTS,
        )
        roots = [row["id"] for row in await tx.records("SELECT id FROM discussion_comment ORDER BY id")]
        await tx.execute(
            f"INSERT INTO discussion_comment ({columns}) SELECT $1, $2, r, r, 2, n, 'Klony', {body}, 'shown', now(),"
            " $3::int + n FROM unnest($4::bigint[]) WITH ORDINALITY AS asked (r, n)",
            thread,
            talk.ola.id,
            ROOTS,
            [roots[0]] * 1003 + [root for root in roots[1:] for _answer in range(3)],
        )
        await tx.execute(
            "UPDATE discussion_comment c SET replies = n FROM (SELECT root_id, count(*) AS n FROM discussion_comment"
            " WHERE root_id IS NOT NULL GROUP BY 1) AS r WHERE r.root_id = c.id"
        )
        await tx.execute(
            "UPDATE discussion_thread SET comments = $2, neutral = $2, rev = $3 WHERE id = $1",
            thread,
            ALL - REMOVED,
            ALL,
        )
        assert await tx.value("SELECT count(*) FROM discussion_comment") == ALL
    return talk


async def test_every_comment_is_on_one_page_and_no_page_is_large(crowd):
    found, after = [], ""
    while True:
        page = await crowd.page(after=after)
        assert len(msgspec.json.encode(page)) < 100_000
        found += page.branches
        after = page.next
        if not after:
            break
    ids = [one.comment.id for one in found]
    assert (len(ids), len(set(ids))) == (ROOTS, ROOTS)
    assert sum(len(one.replies) + one.more for one in found) == ALL - ROOTS
    assert sum(one.comment.state == "removed" for one in found) == REMOVED
    # the thousand answers of one comment come in turn, none twice
    busy = next(one for one in found if one.more > 900)
    async with crowd.database.transaction(readonly=True) as tx:
        spot = await access_thread(tx, NOBODY, crowd.block.id)
        root, last = await store.comment(tx, busy.comment.id), await store.comment(tx, busy.replies[-1].id)
        replies = list(busy.replies)
        while (part := await views.reply_page(tx, spot, root, last)).replies:
            replies += part.replies
            last = await store.comment(tx, part.replies[-1].id)
    assert len({one.id for one in replies}) == len(replies) == 1003


async def test_who_joins_the_room_is_told_the_newest_and_one_more_comment_costs_one_event(crowd):
    view = await crowd.view()
    assert view.thread.comments == ALL - REMOVED
    assert not view.whole  # the page says that it may be out of date, and reads itself anew
    assert len(msgspec.json.encode(view)) < 200_000
    crowd.forget()
    made = await crowd.says(JAN, "Jeszcze jedna")
    (event,) = crowd.told()
    assert (event.comment.id, event.thread.comments, event.thread.rev) == (made.id, ALL - REMOVED + 1, ALL + 1)
    await moderation.refuse(crowd.database, MODERATOR, made.id, "Nie na temat")
    assert crowd.told()[-1].thread.comments == ALL - REMOVED


async def test_the_table_holds_all_of_them(crowd):
    locale = Locales.read(Path(actions.__file__).parents[3], City(languages=("pl",))).get("pl")
    async with crowd.database.transaction(readonly=True) as tx:
        place = await access_block_with_threads(tx, NOBODY, crowd.block.id, inside=False)
        table = await export.comments_table(tx, NOBODY, place, locale, inside=False)
    rows = list(csv.reader(io.StringIO(export.as_csv(table).decode("utf-8-sig")), delimiter=";"))[1:]
    assert (len(rows), len({row[0] for row in rows})) == (ALL, ALL)
    assert sum(row[7] == "" for row in rows) == REMOVED
