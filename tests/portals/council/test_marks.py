from datetime import UTC, datetime, timedelta

from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Database
from media.hls.marks import Mark
from portals.council import actions, store
from portals.council.marks import marks_of
from portals.council.model import SessionDraft

BEGAN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
DRAFT = SessionDraft("XXXI", "XXXI sesja", "Ratusz", BEGAN, ["Otwarcie", "Budżet"])


async def test_each_mark_ends_where_the_next_begins(database: Database):
    app = web.Application()
    app[DATABASE] = database
    async with database.transaction() as tx:
        session = await actions.plan_in(tx, SYSTEM, DRAFT)
    assert await marks_of(app, session.stream_id) == []
    async with database.transaction() as tx:
        await store.start_session(tx, session.id)
        first, second = await store.agenda(tx, session.id)
        for item, minute in ((first, 0), (second, 10), (first, 25)):
            await store.add_past_mark(tx, session.id, item.id, BEGAN + timedelta(minutes=minute))
    at_s = BEGAN.timestamp()
    expected = [
        Mark("agenda-1", at_s, at_s + 600, "Otwarcie", "agenda-item", "1"),
        Mark("agenda-2", at_s + 600, at_s + 1500, "Budżet", "agenda-item", "2"),
        Mark("agenda-3", at_s + 1500, None, "Otwarcie", "agenda-item", "1"),
    ]
    assert await marks_of(app, session.stream_id) == expected
    async with database.transaction() as tx:
        await store.end_session(tx, session.id)
        await store.backdate_session(tx, session.id, BEGAN, BEGAN + timedelta(hours=1))
    assert (await marks_of(app, session.stream_id))[-1].ended_at_s == at_s + 3600
    assert await marks_of(app, "nobody") == []
