"""The agenda as marks on a session's picture: players show them on their bar, live and in the archive."""

from itertools import pairwise

from aiohttp import web

from app.database import DATABASE
from media.hls.marks import Mark
from portals.council import store

KIND = "agenda-item"


async def marks_of(app: web.Application, stream_id: str) -> list[Mark]:
    """Answers the media core. An item that came up twice is marked twice; each mark ends where the next one begins."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        session = await store.session_by_stream(tx, stream_id)
        if session is None:
            return []
        items = {item.id: item for item in await store.agenda(tx, session.id)}
        moments = [(mark.item_id, mark.marked_at.timestamp()) for mark in await store.marks(tx, session.id)]
    if not moments:
        return []
    ended_at_s = session.ended_at.timestamp() if session.ended_at is not None else None
    ends = [*(later for (_, _), (_, later) in pairwise(moments)), ended_at_s]
    return [
        Mark(f"agenda-{place}", began_at_s, end, items[item_id].title, KIND, items[item_id].number)
        for place, ((item_id, began_at_s), end) in enumerate(zip(moments, ends, strict=True), start=1)
    ]
