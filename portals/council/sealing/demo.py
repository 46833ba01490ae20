"""Believable data: past sessions with a break, one with a closed part."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from app.database import DATABASE
from portals.council import store as council_store
from portals.council.sealing import store

BASIS: Final = (
    "art. 11b ust. 1 ustawy o samorządzie gminnym w zw. z art. 5 ust. 2 ustawy o dostępie do informacji publicznej"
)


async def fill(app: web.Application) -> None:
    """Fills what is missing."""
    async with app[DATABASE].transaction() as tx:
        for place, session in enumerate(await council_store.past_sessions(tx, 2, 0)):
            began = session.started_at
            if began is None or await store.intervals(tx, session.id):
                continue
            noon = began + timedelta(minutes=62)
            await store.add_past_interval(
                tx, session.id, "break", noon, noon + timedelta(minutes=15), "na wniosek przewodniczących klubów"
            )
            if place == 0:
                closed = began + timedelta(minutes=110)
                await store.add_past_interval(tx, session.id, "closed", closed, closed + timedelta(minutes=12), BASIS)
