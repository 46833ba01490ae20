"""Pages for the owner of an account: profile, password, second factor, sessions."""

from typing import Any

from aiohttp import web
from markupsafe import Markup

from app.actor import Actor
from app.database import DATABASE
from app.display import remember_language
from app.errors import Conflict, Invalid
from app.forms import read, require_action, see_other
from app.i18n import LOCALES, _
from app.identity import actions
from app.identity.identity import IDENTITY
from app.identity.model import Owed
from app.identity.pages.forms import ChangePasswordForm, CurrentPasswordForm, EnrolForm, ProfileForm
from app.identity.sessions import adopt, find_session, owed_by
from app.pages import flash, render


async def show_account(request: web.Request) -> web.StreamResponse:
    """GET and POST /account."""
    actor = await _actor(request)
    own = await actions.show_own_account(request.app[DATABASE], actor)
    account = own.account
    form = await read(request, ProfileForm, name=account.name, language=account.language, rev=str(account.rev))
    form.language.choices = [
        (language, locale.native_name) for language, locale in request.app[LOCALES].by_language.items()
    ]
    if form.posted and form.validate():
        try:
            await actions.change_profile(
                request.app[DATABASE],
                request.app[IDENTITY],
                actor,
                name=form.name.data or "",
                language=form.language.data,
                rev=revision(form.rev.data),
            )
        except (Invalid, Conflict) as problem:
            form.take(problem)
            form.rev.data = str(account.rev)
        else:
            await flash(request, _("Saved"))
            response = see_other("/account")
            remember_language(request, response, form.language.data)
            return response
    return await _shown(request, "identity/account.html", form, own=own)


async def show_password(request: web.Request) -> web.StreamResponse:
    """GET and POST /account/password."""
    actor = await _actor(request)
    form = await read(request, ChangePasswordForm)
    if form.posted and form.validate():
        try:
            session = await actions.change_password(
                request.app[DATABASE],
                request.app[IDENTITY],
                actor,
                current=form.current.data or "",
                new=form.new.data or "",
            )
        except Invalid as problem:
            form.take(problem)
        else:
            if session is not None:
                adopt(request, session)
            await flash(request, _("The new password is set"))
            return see_other("/account")
    shortest = await actions.shortest_own_password(request.app[DATABASE], request.app[IDENTITY], actor)
    return await _shown(request, "identity/password.html", form, shortest=shortest, owed=await _owed(request))


async def show_second_factor(request: web.Request) -> web.StreamResponse:
    """GET and POST /account/second-factor: sets one up, or takes it away."""
    actor, identity = await _actor(request), request.app[IDENTITY]
    own = await actions.show_own_account(request.app[DATABASE], actor)
    if own.account.has_second_factor:
        return await _disable_second_factor(request, actor, own)
    form = await read(request, EnrolForm)
    if form.posted and form.validate():
        try:
            enrolled = await actions.enable_second_factor(
                request.app[DATABASE], identity, actor, current=form.current.data or "", code=form.code.data or ""
            )
        except Invalid as problem:
            form.take(problem)
        else:
            if enrolled.session is not None:
                adopt(request, enrolled.session)
            return await render(request, "identity/recovery_codes.html", codes=enrolled.recovery_codes)
    enrolment = await actions.begin_second_factor(request.app[DATABASE], identity, actor, f"Gryf {identity.city}")
    return await _shown(
        request,
        "identity/second_factor.html",
        form,
        enrolment=enrolment,
        owed=await _owed(request),
        qr=Markup(enrolment.qr_svg),  # noqa: S704  # our own SVG
    )


async def _disable_second_factor(request: web.Request, actor: Actor, own: actions.OwnAccount) -> web.StreamResponse:
    form = await read(request, CurrentPasswordForm)
    if form.posted and form.validate():
        try:
            session = await actions.disable_second_factor(
                request.app[DATABASE], request.app[IDENTITY], actor, current=form.current.data or ""
            )
        except Invalid as problem:
            form.take(problem)
        else:
            if session is not None:
                adopt(request, session)
            await flash(request, _("The second factor is off"))
            return see_other("/account")
    return await _shown(request, "identity/second_factor_off.html", form, own=own)


async def show_recovery_codes(request: web.Request) -> web.StreamResponse:
    """GET and POST /account/recovery-codes: new ones in place of the former."""
    actor = await _actor(request)
    form = await read(request, CurrentPasswordForm)
    if form.posted and form.validate():
        try:
            codes = await actions.renew_recovery_codes(
                request.app[DATABASE], request.app[IDENTITY], actor, current=form.current.data or ""
            )
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            return await render(request, "identity/recovery_codes.html", codes=codes)
    own = await actions.show_own_account(request.app[DATABASE], actor)
    return await _shown(request, "identity/new_recovery_codes.html", form, own=own)


async def end_session(request: web.Request) -> web.StreamResponse:
    """POST /account/sessions/{handle}/end."""
    await require_action(request)
    await actions.end_own_session(request.app[DATABASE], await _actor(request), request.match_info["handle"])
    await flash(request, _("Signed out there"))
    return see_other("/account")


async def end_other_sessions(request: web.Request) -> web.StreamResponse:
    """POST /account/sessions/end-others."""
    await require_action(request)
    await actions.sign_out_everywhere(request.app[DATABASE], await _actor(request), keep_this=True)
    await flash(request, _("Signed out everywhere else"))
    return see_other("/account")


def revision(text: str | None) -> int:
    """A form's hidden `rev`; 0, which fits nothing, for what is no number."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


async def _owed(request: web.Request) -> Owed | None:
    loaded = (await find_session(request)).loaded
    return None if loaded is None else owed_by(request.app[IDENTITY], loaded)


async def _actor(request: web.Request) -> Actor:
    from app.wire import current_actor  # wire mounts what uses this module

    return await current_actor(request)


async def _shown(request: web.Request, template: str, form: Any, **context: Any) -> web.StreamResponse:
    return await render(request, template, status=form.status, form=form, **context)
