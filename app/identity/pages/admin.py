"""Pages for administrators: accounts, roles, units."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE
from app.errors import Conflict, Invalid
from app.forms import STALE, Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.identity import actions
from app.identity.access import AccountFile
from app.identity.identity import IDENTITY
from app.identity.model import NewAccount, Unit, UnitKind
from app.identity.pages.account import revision
from app.identity.pages.forms import (
    ChangeAccountForm,
    GrantForm,
    NewAccountForm,
    NewUnitForm,
    RenameUnitForm,
    RenewPasswordForm,
)
from app.identity.post import Post
from app.pages import flash, render


async def list_accounts(request: web.Request) -> web.StreamResponse:
    """GET /admin/accounts?q=&page=."""
    text, page = request.query.get("q", "")[:100], _page(request)
    lines, has_more = await actions.list_accounts(request.app[DATABASE], await _actor(request), text=text, page=page)
    return await render(request, "identity/accounts.html", lines=lines, text=text, page=page, has_more=has_more)


async def create_account(request: web.Request) -> web.StreamResponse:
    """GET and POST /admin/accounts/new."""
    actor = await _actor(request)
    form = await read(request, NewAccountForm)
    form.unit_id.choices = _choices(await actions.list_units(request.app[DATABASE], actor))
    if form.posted and form.validate():
        new = NewAccount(
            login=form.login.data or "",
            name=form.name.data or "",
            email=form.email.data or None,
            unit_id=form.unit_id.data,
        )
        try:
            made = await actions.create_account(
                request.app[DATABASE], request.app[IDENTITY], actor, new, Post.of(request.app)
            )
        except Invalid as problem:
            form.take(problem)
        else:
            return await render(request, "identity/account_created.html", made=made)
    return await _shown(request, "identity/new_account.html", form)


async def show_account(request: web.Request) -> web.StreamResponse:
    """GET and POST /admin/accounts/{account_id}."""
    actor, account_id = await _actor(request), _id(request, "account_id")
    file = await actions.show_account(request.app[DATABASE], actor, account_id)
    account = file.account
    form = await read(request, ChangeAccountForm, name=account.name, email=account.email, rev=str(account.rev))
    if form.posted and form.validate():
        try:
            await actions.change_account(
                request.app[DATABASE],
                request.app[IDENTITY],
                actor,
                account_id,
                name=form.name.data or "",
                email=form.email.data or None,
                rev=revision(form.rev.data),
            )
        except (Invalid, Conflict) as problem:
            form.take(problem)
            form.rev.data = str(account.rev)
        else:
            await flash(request, _("Saved"))
            return see_other(f"/admin/accounts/{account_id}")
    return await _account_page(request, actor, file, form, await _grant_form(request, actor, fresh=True))


async def grant_role(request: web.Request) -> web.StreamResponse:
    """POST /admin/accounts/{account_id}/roles."""
    actor, account_id = await _actor(request), _id(request, "account_id")
    file = await actions.show_account(request.app[DATABASE], actor, account_id)
    form = await _grant_form(request, actor, fresh=False)
    if form.validate():
        try:
            await actions.grant_role(
                request.app[DATABASE],
                request.app[IDENTITY],
                actor,
                account_id,
                role=form.role.data,
                unit_id=form.unit_id.data,
                expires_at=_end_of(form.expires_at.data, form.locale.zone),
            )
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("The role is granted"))
            return see_other(f"/admin/accounts/{account_id}")
    account = file.account
    profile = await read(request, ChangeAccountForm, name=account.name, email=account.email, rev=str(account.rev))
    return await _account_page(request, actor, file, profile, form)


async def revoke_role(request: web.Request) -> web.StreamResponse:
    """POST /admin/accounts/{account_id}/roles/{grant_id}/revoke."""
    await require_action(request)
    account_id = _id(request, "account_id")
    await actions.revoke_role(request.app[DATABASE], await _actor(request), account_id, _id(request, "grant_id"))
    await flash(request, _("The role is taken away"))
    return see_other(f"/admin/accounts/{account_id}")


async def renew_password(request: web.Request) -> web.StreamResponse:
    """POST /admin/accounts/{account_id}/password: a password to hand over, shown once."""
    account_id = _id(request, "account_id")
    form = await read(request, RenewPasswordForm)
    if not form.validate():
        raise Invalid(STALE)
    actor = await _actor(request)
    made = await actions.renew_password(
        request.app[DATABASE],
        request.app[IDENTITY],
        actor,
        account_id,
        drop_second_factor=form.drop_second_factor.data,
    )
    file = await actions.show_account(request.app[DATABASE], actor, account_id)
    return await render(request, "identity/password_renewed.html", account=file.account, password=made)


async def disable_account(request: web.Request) -> web.StreamResponse:
    """POST /admin/accounts/{account_id}/disable."""
    await require_action(request)
    account_id = _id(request, "account_id")
    await actions.disable_account(request.app[DATABASE], await _actor(request), account_id)
    await flash(request, _("The account is closed, and signed out everywhere"))
    return see_other(f"/admin/accounts/{account_id}")


async def enable_account(request: web.Request) -> web.StreamResponse:
    """POST /admin/accounts/{account_id}/enable."""
    await require_action(request)
    account_id = _id(request, "account_id")
    await actions.enable_account(request.app[DATABASE], await _actor(request), account_id)
    await flash(request, _("The account is open again"))
    return see_other(f"/admin/accounts/{account_id}")


async def show_units(request: web.Request) -> web.StreamResponse:
    """GET and POST /admin/units: the tree, and a form for one more."""
    actor = await _actor(request)
    units = await actions.list_units(request.app[DATABASE], actor)
    form = await read(request, NewUnitForm)
    form.parent_id.choices = _choices(units)
    if form.posted and form.validate():
        try:
            await actions.create_unit(
                request.app[DATABASE],
                actor,
                parent_id=form.parent_id.data,
                kind=UnitKind(form.kind.data),
                name=form.name.data or "",
            )
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other("/admin/units")
    return await _shown(request, "identity/units.html", form, units=units)


async def rename_unit(request: web.Request) -> web.StreamResponse:
    """GET and POST /admin/units/{unit_id}."""
    actor, unit_id = await _actor(request), _id(request, "unit_id")
    unit = await actions.show_unit(request.app[DATABASE], actor, unit_id)
    form = await read(request, RenameUnitForm, name=unit.name, rev=str(unit.rev))
    if form.posted and form.validate():
        try:
            await actions.rename_unit(
                request.app[DATABASE], actor, unit_id, name=form.name.data or "", rev=revision(form.rev.data)
            )
        except (Invalid, Conflict) as problem:
            form.take(problem)
            form.rev.data = str(unit.rev)
        else:
            await flash(request, _("Saved"))
            return see_other("/admin/units")
    return await _shown(request, "identity/rename_unit.html", form, unit=unit)


async def _account_page(
    request: web.Request, actor: Actor, file: AccountFile, form: Form, grant_form: Form
) -> web.StreamResponse:
    status = max(form.status, grant_form.status)
    titles = {name: role.title for name, role in request.app[IDENTITY].roles.items()}
    return await render(
        request,
        "identity/account_file.html",
        status=status,
        file=file,
        form=form,
        grant_form=grant_form,
        titles=titles,
        renewal=await read(request, RenewPasswordForm),
        itself=file.account.id == actor.account_id,
    )


async def _grant_form(request: web.Request, actor: Actor, *, fresh: bool) -> GrantForm:
    form = await read(request, GrantForm)
    locale = request.app[LOCALES].choose(request)
    form.role.choices = [(name, locale.gettext(role.title)) for name, role in request.app[IDENTITY].roles.items()]
    form.unit_id.choices = _choices(await actions.list_units(request.app[DATABASE], actor))
    if fresh:
        form.posted = False
    return form


def _choices(units: list[Unit]) -> list[tuple[int, str]]:
    return [(unit.id, "\u2003" * unit.depth + unit.name) for unit in units]


def _end_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The day belongs to it: midnight after it, where the city is."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), zone)


def _id(request: web.Request, name: str) -> int:
    return int(request.match_info[name])


def _page(request: web.Request) -> int:
    text = request.query.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 100_000 and len(text) < 6 else 1


async def _actor(request: web.Request) -> Actor:
    from app.wire import current_actor  # wire mounts what uses this module

    return await current_actor(request)


async def _shown(request: web.Request, template: str, form: Form, **context: Any) -> web.StreamResponse:
    return await render(request, template, status=form.status, form=form, **context)
