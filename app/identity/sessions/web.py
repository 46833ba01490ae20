"""Sessions of requests: the cookie, aiohttp-session's storage on PostgreSQL, and who the request's actor is.

The cookie holds a random token and the database its SHA-256. Nothing is stored for visitors until there is something to
keep; their forms are bound to a random cookie of their own instead (see `form_binding`).
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp_session
from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp_session import AbstractStorage, Session

from app.actor import Actor, Grant
from app.database import DATABASE
from app.i18n import LOCALES
from app.identity.identity import IDENTITY, Identity
from app.identity.keys import digest
from app.identity.model import LoadedSession, NewSession, Owed, Visitor
from app.identity.sessions import store
from app.identity.sessions.life import begin_visit

_LONGEST_COOKIE: Final = 100
DEVICE_COOKIE_S: Final = 180 * 86400
DEVICES_KEPT: Final = 5
"""Accounts that one browser is known for; a staff room's computer has several."""


class Found:
    """What the request's cookie led to, looked up once."""

    def __init__(self, token: str, loaded: LoadedSession | None) -> None:
        self.token = token
        self.loaded = loaded


FOUND: Final = web.RequestKey("session_found", Found)
ADOPTED: Final = web.RequestKey("session_adopted", NewSession)
NEW_VISIT: Final = web.RequestKey("new_visit", str)


class Cookies:
    """Names and attributes. `__Host-` keeps other hosts of the domain from setting ours (RFC 6265bis)."""

    def __init__(self, *, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self.session = f"{prefix}gryf_session"
        self.visit = f"{prefix}gryf_visit"
        self.device = f"{prefix}gryf_device"
        self._attributes: dict[str, Any] = {"path": "/", "httponly": True, "samesite": "Lax", "secure": secure}

    def set(self, response: web.StreamResponse, name: str, value: str, max_age_s: int | None = None) -> None:
        response.set_cookie(name, value, max_age=max_age_s, **self._attributes)

    def drop(self, response: web.StreamResponse, name: str) -> None:
        response.del_cookie(name, **self._attributes)


COOKIES: Final = web.AppKey("cookies", Cookies)


class PostgresStorage(AbstractStorage):
    """aiohttp-session's storage: small data of a session, in its row."""

    def __init__(self, cookies: Cookies) -> None:
        super().__init__(cookie_name=cookies.session)
        self._cookies = cookies

    async def load_session(self, request: web.Request) -> Session:
        found = await find_session(request)
        if found.loaded is None:
            return Session(None, data=None, new=True)
        created = int(found.loaded.created_at.timestamp())
        return Session(found.token, data={"created": created, "session": dict(found.loaded.data)}, new=False)

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        adopted = request.get(ADOPTED)
        data = dict(session)
        if adopted is None and session.identity is None:
            if data:
                async with request.app[DATABASE].transaction() as tx:
                    adopted = await begin_visit(tx, data, visitor_of(request))
        else:
            token = adopted.token if adopted is not None else str(session.identity)
            async with request.app[DATABASE].transaction() as tx:
                await store.set_session_data(tx, digest(token), data)
        if adopted is not None:
            self._cookies.set(response, self._cookies.session, adopted.token, adopted.cookie_s)


async def find_session(request: web.Request) -> Found:
    """The live session of the request's cookie. Its `seen_at` is written at most once a minute."""
    known: Found | None = request.get(FOUND)
    if known is not None:
        return known
    token = request.cookies.get(request.app[COOKIES].session, "")
    found = request[FOUND] = Found(token, await _look_up(request.app, token, request.remote or ""))
    return found


async def _look_up(app: web.Application, token: str, visitor_address: str | None) -> LoadedSession | None:
    """A session by its cookie; `visitor_address` where its owner is asking for something."""
    if not token or len(token) > _LONGEST_COOKIE:
        return None
    key = digest(token)
    async with app[DATABASE].glance() as tx:
        loaded = await store.load_session(tx, key)
    if loaded is not None and loaded.stale and visitor_address is not None:
        async with app[DATABASE].transaction() as tx:
            await store.touch_session(tx, key, visitor_address)
    return loaded


def actor_reader(request: web.Request) -> Callable[[], Awaitable[Actor]]:
    """Tells long after a request (of an open socket) who it belongs to by then. Keeps its cookie, not the request.

    Being open is no visit: an idle session still runs out.
    """
    app, token, address = request.app, request.cookies.get(request.app[COOKIES].session, ""), request.remote or ""
    language = app[LOCALES].choose(request).language

    async def read() -> Actor:
        return _actor(app, await _look_up(app, token, None), address, language)

    return read


async def load_actor(request: web.Request) -> Actor:
    """Who asks. Roles sleep (the actor has none) while the account owes a new password or a second factor."""
    loaded = (await find_session(request)).loaded
    signed_in = loaded is not None and loaded.account_id is not None
    language = "" if signed_in else request.app[LOCALES].choose(request).language
    return _actor(request.app, loaded, request.remote or "", language)


def _actor(app: web.Application, loaded: LoadedSession | None, address: str, language: str) -> Actor:
    """`language`: of somebody who is not signed in."""
    if loaded is None or loaded.account_id is None:
        return Actor(address=address, language=language)
    grants = () if owed_by(app[IDENTITY], loaded) else _grants(loaded)
    return Actor(
        account_id=loaded.account_id,
        name=loaded.name or "",
        login=loaded.login or "",
        language=loaded.language or "",
        grants=grants,
        session_id=loaded.handle,
        address=address,
        second_factor=bool(loaded.second_factor),
    )


def owed_by(identity: Identity, loaded: LoadedSession) -> Owed | None:
    """What the session's account must do before its roles wake."""
    return identity.owed(
        _grants(loaded),
        must_change_password=bool(loaded.must_change_password),
        staff_grade=bool(loaded.staff_grade),
        second_factor=bool(loaded.second_factor),
    )


def adopt(request: web.Request, session: NewSession, data: dict[str, object] | None = None) -> None:
    """The answer to this request carries the session's cookie; nothing of the one before is taken along but `data`."""
    request[ADOPTED] = session
    replacement = Session(session.token, data={"created": 0, "session": dict(data or {})}, new=False)
    replacement.changed()
    request[aiohttp_session.SESSION_KEY] = replacement


def abandon(request: web.Request, response: web.StreamResponse) -> None:
    """The session has ended: takes its cookie away."""
    request.pop(aiohttp_session.SESSION_KEY, None)
    cookies = request.app[COOKIES]
    cookies.drop(response, cookies.session)


def visitor_of(request: web.Request) -> Visitor:
    """Where the request comes from."""
    return Visitor(
        address=request.remote or "",
        user_agent=request.headers.get("User-Agent", ""),
        device=request.cookies.get(request.app[COOKIES].device, ""),
    )


def remember_device(request: web.Request, response: web.StreamResponse, mark: str) -> None:
    """Marks the browser as one on which this account signed in: guessing elsewhere does not slow it down."""
    cookies = request.app[COOKIES]
    known = [old for old in request.cookies.get(cookies.device, "").split("~") if old]
    cookies.set(response, cookies.device, "~".join([mark, *known][:DEVICES_KEPT]), DEVICE_COOKIE_S)


class Binding:
    """What the tokens of a browser's forms are bound to: its session, else a random cookie of the visitor.

    Tokens are HMACs under the installation's key (OWASP: signed double submit, bound to the session), so neither the
    handle, which is public, nor a cookie planted from elsewhere is enough to make one.
    """

    def __init__(self, request: web.Request, known: str | None) -> None:
        self._request = request
        self.known = known
        """None: this browser has neither yet, so no token of its own can come from it."""

    def bind(self) -> str:
        """The binding, made now if there is none: the answer then carries the visitor's cookie."""
        if self.known is None:
            visit = self._request.get(NEW_VISIT) or secrets.token_urlsafe(24)
            self._request[NEW_VISIT] = visit
            self.known = _visit_binding(visit)
        return self.known


async def form_binding(request: web.Request) -> Binding:
    """The binding of this request's browser."""
    adopted = request.get(ADOPTED)
    if adopted is not None:  # a page shown right after the token changed
        return Binding(request, f"session/{adopted.handle}")
    found = await find_session(request)
    if found.loaded is not None:
        return Binding(request, f"session/{found.loaded.handle}")
    visit = request.cookies.get(request.app[COOKIES].visit, "")
    return Binding(request, _visit_binding(visit) if visit else None)


def _visit_binding(visit: str) -> str:
    return f"visit/{visit[:_LONGEST_COOKIE]}"


@web.middleware
async def visit_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives the visitor the cookie that a form of this page is bound to.

    Not in `on_response_prepare`: aiohttp has written its cookies into the headers by then.
    """
    response = await handler(request)
    visit = request.get(NEW_VISIT)
    if visit is not None and not response.prepared:
        cookies = request.app[COOKIES]
        cookies.set(response, cookies.visit, visit)
    return response


def set_up_sessions(app: web.Application) -> None:
    """Adds the middleware, the cookies and the feature's tools to the application."""
    from app.identity.settings import IdentitySettings
    from app.wire import CITY, FEATURES, SERVER, data_folder, section

    server, city = app[SERVER], app[CITY]
    cookies = Cookies(secure=server.secure_cookies or server.public_url.startswith("https://"))
    app[COOKIES] = cookies
    app[IDENTITY] = Identity.open(
        section(app, IdentitySettings),
        data_folder(app),
        [role for feature in app[FEATURES] for role in feature.roles],
        city.languages,
        city.name,
    )
    app.middlewares.append(aiohttp_session.session_middleware(PostgresStorage(cookies)))
    app.middlewares.append(visit_middleware)
    app.on_cleanup.append(_close_identity)


async def _close_identity(app: web.Application) -> None:
    app[IDENTITY].close()


def _grants(loaded: LoadedSession) -> tuple[Grant, ...]:
    return tuple(Grant(**grant) for grant in loaded.grants)
