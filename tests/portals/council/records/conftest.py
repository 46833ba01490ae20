"""The demo's site with an index that is up to date when a test asks for it."""

import asyncio

import pytest

from app.actor import Actor, Grant
from app.database import DATABASE
from portals.council.records.search import store as search_store

CLERK = Actor(account_id=1, name="Iwona Sadowska", login="biuro.rady", grants=(Grant("clerk", "1"),))
COUNCILLOR = Actor(account_id=3, name="Anna Kowal", login="anna.kowal", grants=(Grant("councillor", "1"),))
RESIDENT = Actor(account_id=4, name="Jan Wrona", login="jan.mieszkaniec")
NOBODY = Actor()


@pytest.fixture
def indexed(site):
    """Waits until everything that has changed can be found."""

    async def wait():
        async with asyncio.timeout(30):
            while True:
                async with site.app[DATABASE].transaction(readonly=True) as tx:
                    if not await search_store.is_stale(tx):
                        return
                await asyncio.sleep(0.05)

    return wait


@pytest.fixture
def find(site, indexed):
    """Asks the API, as soon as the index is up to date."""

    async def ask(q, **query):
        await indexed()
        async with site.client() as client, client.get("/api/council/search", params={"q": q, **query}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    return ask
