"""Pages for whoever is not signed in yet: signing in, registering, setting a new password."""

import time
from typing import Any, Final

from aiohttp import web
from aiohttp_session import get_session

from app.actor import Actor
from app.database import DATABASE
from app.errors import Invalid, NotFound, TooMany
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.identity import actions
from app.identity.identity import IDENTITY
from app.identity.model import Credentials, Owed, Purpose, SignedIn
from app.identity.pages.forms import AddressForm, CodeForm, ConfirmForm, LoginForm, NewPasswordForm, SignInForm
from app.identity.post import Post
from app.identity.sessions import abandon, adopt, find_session, remember_device, visitor_of
from app.pages import flash, render

SECOND_STEP: Final = "second_step"
SECOND_STEP_S: Final = 600
_OWED_PAGE: Final = {Owed.PASSWORD: "/account/password", Owed.SECOND_FACTOR: "/account/second-factor"}


def own_path(text: str) -> str:
    r"""The path if it stays on this site, else the front page.

    Browsers take `//host`, `/\\host` and control characters for other sites.
    """
    plain = text.startswith("/") and text[1:2] not in {"/", "\\"} and "\\" not in text
    return text if plain and text.isprintable() and len(text) <= 2000 else "/"


async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """GET and POST /sign-in: the first step, and the only one without a second factor."""
    if request.method == "GET" and (await _signed_in(request)):
        return see_other(own_path(request.query.get("next", "/")))
    form = await read(request, SignInForm, next=request.query.get("next", ""))
    status = 0
    headers: dict[str, str] = {}
    if form.posted and form.validate():
        database, identity, visitor = request.app[DATABASE], request.app[IDENTITY], visitor_of(request)
        credentials = Credentials(form.login.data or "", form.password.data or "")
        try:
            account = await actions.check_password(database, identity, credentials, visitor)
        except Invalid as problem:
            form.take(problem)
        except TooMany as problem:
            status, headers = _refuse(form, problem)
        else:
            if account.has_second_factor:
                return await _ask_code(request, account.id, form.next.data or "")
            signed = await actions.open_session(database, identity, account, visitor, await _handle(request))
            return await _welcome(request, signed, form.next.data or "")
    return await _shown(
        request,
        "identity/sign_in.html",
        form,
        status,
        headers,
        registration=request.app[IDENTITY].settings.self_registration,
    )


async def show_second_step(request: web.Request) -> web.StreamResponse:
    """GET and POST /sign-in/code. Whose code it is stands in the visitor's session, for ten minutes."""
    session = await get_session(request)
    waiting = session.get(SECOND_STEP)
    if not waiting or waiting["until"] < time.time():
        return see_other("/sign-in")
    form = await read(request, CodeForm, next=waiting["next"])
    status = 0
    headers: dict[str, str] = {}
    if form.posted and form.validate():
        database, identity, visitor = request.app[DATABASE], request.app[IDENTITY], visitor_of(request)
        try:
            account = await actions.load_enabled_account(database, waiting["account"])
            await actions.check_code(database, identity, account, form.code.data or "", visitor)
        except Invalid as problem:
            form.take(problem)
        except NotFound:
            session.invalidate()
            return see_other("/sign-in")
        except TooMany as problem:
            status, headers = _refuse(form, problem)
        else:
            signed = await actions.open_session(database, identity, account, visitor, await _handle(request))
            return await _welcome(request, signed, waiting["next"])
    return await _shown(request, "identity/code.html", form, status, headers)


async def sign_out(request: web.Request) -> web.StreamResponse:
    """POST /sign-out. Who has signed out in another tab already is simply led on."""
    if (await _actor(request)).signed_in:
        await require_action(request)
    await actions.sign_out(request.app[DATABASE], await _actor(request))
    response = see_other("/")
    abandon(request, response)
    return response


async def show_register(request: web.Request) -> web.StreamResponse:
    """GET and POST /register: where the link shall go."""
    form = await read(request, AddressForm)
    status = 0
    headers: dict[str, str] = {}
    identity = request.app[IDENTITY]
    if form.posted and form.validate():
        language = request.app[LOCALES].choose(request).language
        try:
            await actions.request_registration(
                request.app[DATABASE],
                identity,
                form.email.data or "",
                language,
                visitor_of(request),
                Post.of(request.app),
            )
        except Invalid as problem:
            form.take(problem)
        except TooMany as problem:
            status, headers = _refuse(form, problem)
        else:
            return await render(request, "identity/letter_sent.html", address=form.email.data, registering=True)
    return await _shown(
        request, "identity/register.html", form, status, headers, open=identity.settings.self_registration
    )


async def show_confirm(request: web.Request) -> web.StreamResponse:
    """GET and POST /confirm/{token}. Looking at the link uses nothing up: mail programs look too."""
    token = request.match_info["token"]
    database, identity = request.app[DATABASE], request.app[IDENTITY]
    link = await actions.access_link(database, token, Purpose.REGISTER)
    form = await read(request, ConfirmForm)
    if form.posted and form.validate():
        try:
            account = await actions.confirm_registration(
                database,
                identity,
                token,
                name=form.name.data or "",
                password=form.new.data or "",
                language=request.app[LOCALES].choose(request).language,
                visitor=visitor_of(request),
            )
        except Invalid as problem:
            form.take(problem)
        else:
            signed = await actions.open_session(
                database, identity, account, visitor_of(request), await _handle(request)
            )
            return await _welcome(request, signed, "/")
    return await _shown(
        request,
        "identity/confirm.html",
        form,
        email=link.email,
        shortest=identity.shortest_password(staff=False),
    )


async def show_request_reset(request: web.Request) -> web.StreamResponse:
    """GET and POST /reset."""
    form = await read(request, LoginForm)
    status = 0
    headers: dict[str, str] = {}
    if form.posted and form.validate():
        try:
            await actions.request_reset(
                request.app[DATABASE],
                request.app[IDENTITY],
                form.login.data or "",
                visitor_of(request),
                Post.of(request.app),
            )
        except TooMany as problem:
            status, headers = _refuse(form, problem)
        else:
            return await render(request, "identity/letter_sent.html", address=form.login.data, registering=False)
    return await _shown(request, "identity/reset.html", form, status, headers)


async def show_reset(request: web.Request) -> web.StreamResponse:
    """GET and POST /reset/{token}. Afterwards one signs in, with the second factor if there is one."""
    token = request.match_info["token"]
    database, identity = request.app[DATABASE], request.app[IDENTITY]
    shortest = await actions.shortest_for_link(database, identity, token)
    form = await read(request, NewPasswordForm)
    if form.posted and form.validate():
        try:
            await actions.reset_password(database, identity, token, form.new.data or "", visitor_of(request))
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("The new password is set. Sign in with it"))
            return see_other("/sign-in")
    return await _shown(request, "identity/new_password.html", form, shortest=shortest)


async def _ask_code(request: web.Request, account_id: int, target: str) -> web.StreamResponse:
    session = await get_session(request)
    session[SECOND_STEP] = {
        "account": account_id,
        "until": int(time.time()) + SECOND_STEP_S,
        "next": own_path(target),
    }
    return see_other("/sign-in/code")


async def _welcome(request: web.Request, signed: SignedIn, target: str) -> web.StreamResponse:
    """Sends the cookies, and leads to what was wanted, or to what must be done before."""
    adopt(request, signed.session)
    path = _OWED_PAGE[signed.owed] if signed.owed is not None else own_path(target or "/")
    response = see_other(path)
    remember_device(request, response, signed.device)
    return response


def _refuse(form: Form, problem: TooMany) -> tuple[int, dict[str, str]]:
    form.take(problem)
    return int(problem.status), {"Retry-After": str(problem.retry_after_s)}


async def _shown(
    request: web.Request,
    template: str,
    form: Form,
    status: int = 0,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> web.StreamResponse:
    response = await render(request, template, status=status or form.status, form=form, **context)
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    return response


async def _handle(request: web.Request) -> str:
    loaded = (await find_session(request)).loaded
    return loaded.handle if loaded is not None else ""


async def _signed_in(request: web.Request) -> bool:
    return (await _actor(request)).signed_in


async def _actor(request: web.Request) -> Actor:
    from app.wire import current_actor  # wire mounts what uses this module

    return await current_actor(request)
