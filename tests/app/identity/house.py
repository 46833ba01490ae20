"""The foundation with accounts alone, on a port of this machine, and the people who use it."""

import contextlib
import re
from pathlib import Path

import aiohttp
from aiohttp import web

from app.actor import SYSTEM
from app.config import City, Server
from app.database import Database
from app.feature import Feature, Role
from app.identity import actions
from app.identity.feature import FEATURE
from app.identity.identity import IDENTITY, Identity
from app.identity.model import NewAccount, UnitKind
from app.identity.settings import IdentitySettings
from app.wire import build_app

PASSWORD = "czerwony rower nad Słupią 7"
OTHER_PASSWORD = "zielona latarnia w Ustce 3"
ROLES = (
    Role(name="clerk", title="Clerk"),
    Role(name="teacher", title="Teacher"),
    Role(name="voter", title="Voter", staff=False),
)


def settings(**changes):
    """With hashes that cost nothing."""
    return IdentitySettings(**({"argon2_memory_kib": 64, "argon2_passes": 1} | changes))


def identity_of(**changes) -> Identity:
    roles = (*FEATURE.roles, *ROLES)
    return Identity(settings(**changes), b"a secret for tests, and for tests alone", roles, city="Gryfin")


def token_in(page: str, form_id: str = "") -> str:
    """The token of a page's first form, or of the field of this id."""
    pattern = rf'id="{form_id}"[^>]*value="([^"]+)"' if form_id else r'name="csrf_token"[^>]*value="([^"]+)"'
    found = re.search(pattern, page)
    assert found is not None, page
    return found[1]


class House:
    """A running application."""

    def __init__(self, app: web.Application, http: str, database: Database):
        self.app = app
        self.http = http
        self.database = database
        self.identity = app[IDENTITY]

    async def add(self, login, *roles, unit_id=None, email=None, password=PASSWORD, at=None):
        """An account, with roles in `at` or else in the city."""
        new = NewAccount(
            login=login,
            name=f"{login.title()} Próbna",
            password=password,
            unit_id=unit_id,
            email=email,
            language="en",
        )
        account = (await actions.create_account(self.database, self.identity, SYSTEM, new)).account
        for role in roles:
            await actions.grant_role(
                self.database, self.identity, SYSTEM, account.id, role=role, unit_id=at or await self.city_id()
            )
        return account

    async def city_id(self):
        return (await actions.ensure_city(self.database, "Gryfin")).id

    async def add_unit(self, name, kind=UnitKind.SCHOOL, parent_id=None):
        parent = parent_id or await self.city_id()
        return await actions.create_unit(self.database, SYSTEM, parent_id=parent, kind=kind, name=name)

    @contextlib.asynccontextmanager
    async def browser(self, login="", password=PASSWORD):
        """A browser, signed in where a login is named."""
        jar = aiohttp.CookieJar(unsafe=True)
        headers = {"Accept": "text/html", "Accept-Language": "en"}
        async with aiohttp.ClientSession(self.http, cookie_jar=jar, headers=headers) as session:
            browser = Browser(session)
            if login:
                status, _ = await browser.sign_in(login, password)
                assert status == 200
            yield browser


class Browser:
    """What a person does: look at a page, send its form."""

    def __init__(self, session: aiohttp.ClientSession):
        self.session = session

    async def get(self, path):
        async with self.session.get(path, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer

    async def send(self, path, *, page="", form_id="", token=None, **fields):
        """Posts a form with the token of the page `page`, or of the address itself."""
        if token is None:
            _, text, _ = await self.get(page or path)
            token = token_in(text, form_id)
        data = {"csrf_token": token} | {name: str(value) for name, value in fields.items()}
        async with self.session.post(path, data=data, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer

    async def sign_in(self, login, password=PASSWORD, code=""):
        body = {"login": login, "password": password} | ({"code": code} if code else {})
        async with self.session.post("/api/sign-in", json=body) as answer:
            return answer.status, await answer.json()

    async def me(self):
        async with self.session.get("/api/me") as answer:
            return await answer.json()

    def cookie(self, name="gryf_session"):
        return next((one.value for one in self.session.cookie_jar if one.key == name), "")


@contextlib.asynccontextmanager
async def running_house(database: Database, folder: Path, *features: Feature, server=None, **changes):
    """Starts it; `changes` are identity's settings, `server` the server's."""
    roles = Feature(name="people", folder=folder, roles=ROLES)
    sections = [
        City(name="Gryfin", office="Urząd Miejski w Gryfinie"),
        Server(data=str(folder), **(server or {})),
        settings(**({"second_factor_required": False} | changes)),
    ]
    app = build_app((FEATURE, roles, *features), sections, database)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield House(app, f"http://127.0.0.1:{port}", database)
    finally:
        await runner.cleanup()
