"""The whole product on a helpdesk without a demo: people of `Desk` sign in over HTTP."""

import contextlib
import re

import aiohttp
from argon2 import PasswordHasher

from app.database import Database, open_pool
from tests.conftest import Site, running_site
from tests.portals.helpdesk.desk import PEOPLE, Desk

PASSWORD = "Zielony-most-nad-rzeka-5"


@contextlib.asynccontextmanager
async def open_office(database_url, folder):
    """The site, and the desk behind it."""
    pool = await open_pool(database_url, 5)
    try:
        database = Database(pool)
        desk = await Desk.set(database)
        hashed = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
        async with database.transaction() as tx:
            await tx.execute("UPDATE account SET password_hash = $1, staff_grade = true", hashed)
        async with running_site(database_url, folder, demo=False) as site:
            site.logins.update({actor.login: (actor.login, PASSWORD) for actor in PEOPLE})
            yield site, desk
    finally:
        pool.terminate()


async def get(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, (path, answer.status, text[:2000])
        return text


async def post(client: aiohttp.ClientSession, path: str, page: str, status: int = 303, **fields) -> tuple[str, str]:
    """As the form of `page` does; where it leads, and what it answers."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', await get(client, page))
    assert token is not None
    async with client.post(path, data={"csrf_token": token[1], **fields}, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, (path, answer.status, text[-4000:])
        return answer.headers.get("Location", ""), text


__all__ = ["Site", "get", "open_office", "post"]
