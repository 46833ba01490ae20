"""Pages of the register of resolutions."""

from datetime import date
from typing import Any, Final

import wtforms
from aiohttp import BodyPartReader, web

from app.database import DATABASE
from app.errors import Conflict, Invalid
from app.files import BROKEN_FORM, FILES, form_parts, serve
from app.forms import CSRF_FIELD, STALE, Form, guard, read, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor
from portals.council.records.resolutions import actions, rules, store
from portals.council.records.resolutions.model import Draft, Resolution

LARGEST_TEXT: Final = 50_000_000
STATES: Final = (("in_force", _("in force")), ("repealed", _("repealed")), ("annulled", _("annulled")))


class ResolutionForm(Form):
    """What the clerk writes of a resolution."""

    number = wtforms.StringField(
        _("Number"), description=_("Session, count, year: XXXI/246/26"), validators=[wtforms.validators.InputRequired()]
    )
    title = wtforms.TextAreaField(_("Title"), render_kw={"rows": 3}, validators=[wtforms.validators.InputRequired()])
    passed_on = wtforms.DateField(_("Passed on"), validators=[wtforms.validators.InputRequired()])
    in_force_on = wtforms.DateField(_("In force from"), validators=[wtforms.validators.Optional()])
    journal = wtforms.StringField(_("Published in"), description=_("Year and item of the voivodeship's journal"))
    state = wtforms.SelectField(_("State"), choices=list(STATES))
    remark = wtforms.StringField(_("Remark"), description=_("Why it is not in force any more; everybody reads it"))
    replaced_by = wtforms.StringField(_("Replaced by"), description=_("Number of the newer resolution"))
    vote_id = wtforms.HiddenField()
    rev = wtforms.HiddenField()


async def list_resolutions(request: web.Request) -> web.StreamResponse:
    """`GET /council/resolutions`: the register by year."""
    actor = await current_actor(request)
    page, year = _number(request, "page") or 1, _number(request, "year")
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        resolutions = await store.newest(tx, rules.SHOWN, (page - 1) * rules.SHOWN, year)
        total = await store.count(tx, year)
        years = await store.years(tx)
        waiting = await store.adopted(tx) if rules.can_keep(actor) else []
    return await render(
        request,
        "resolutions/register.html",
        resolutions=resolutions,
        waiting=waiting,
        year=year,
        years=years,
        page=page,
        pages=(total + rules.SHOWN - 1) // rules.SHOWN,
        total=total,
        may_keep=rules.can_keep(actor),
        page_address=lambda number: f"?page={number}" + (f"&year={year}" if year else ""),
        tabs_of=lambda known, chosen: [(str(one), f"?year={one}", one == chosen) for one in known],
    )


async def show_resolution(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        resolution = await actions.access_resolution(tx, actor, _id(request))
    return await render(
        request, "resolutions/resolution.html", resolution=resolution, may_keep=rules.can_keep(actor), problem=""
    )


async def send_text(request: web.Request) -> web.StreamResponse:
    """`GET /council/resolutions/{resolution_id}/text`: the signed text."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        stored = await actions.access_file(tx, actor, _id(request))
    return await serve(request, stored, disposition="inline", cache_control="public, no-cache")


async def show_new(request: web.Request) -> web.StreamResponse:
    """`?vote=` fills the form from a vote."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        draft = await actions.suggested(tx, actor, _number(request, "vote"), request.app[LOCALES].default.zone)
    form = await read(request, ResolutionForm, obj=draft)
    return await render(request, "resolutions/edit.html", form=form, resolution=None)


async def enter_resolution(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    form = await read(request, ResolutionForm)
    if form.validate():
        try:
            resolution = await actions.enter_resolution(request.app[DATABASE], actor, _draft(form))
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("Entered into the register"))
            return see_other(resolution.path)
    return await render(request, "resolutions/edit.html", status=422, form=form, resolution=None)


async def show_edit(request: web.Request) -> web.StreamResponse:
    resolution = await _kept(request)
    form = await read(request, ResolutionForm, obj=resolution)
    form.replaced_by.data = resolution.replaced_by_number or ""
    return await render(request, "resolutions/edit.html", form=form, resolution=resolution)


async def change_resolution(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    resolution = await _kept(request)
    form = await read(request, ResolutionForm)
    if form.validate():
        rev = int(text) if (text := form.rev.data or "").isdecimal() else 0
        try:
            await actions.change_resolution(request.app[DATABASE], actor, resolution.id, rev, _draft(form))
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("Saved"))
            return see_other(resolution.path)
    return await render(request, "resolutions/edit.html", status=422, form=form, resolution=resolution)


async def attach_text(request: web.Request) -> web.StreamResponse:
    """A form of two parts: the token, then the file, which goes to the disk block by block."""
    actor = await current_actor(request)
    resolution = await _kept(request)
    files = request.app[FILES]
    try:
        parts = form_parts(request)
        token = await anext(parts, None)
        given = await token.read() if isinstance(token, BodyPartReader) and token.name == CSRF_FIELD else b""
        if not (await guard(request)).accepts(given.decode("ascii", "replace")):
            raise Invalid(fields={"file": STALE})
        part = await anext(parts, None)
        if not isinstance(part, BodyPartReader) or not part.filename:
            raise Invalid(fields={"file": _("Choose a file first")})
        upload = await files.receive(part, limit_bytes=LARGEST_TEXT, accept=frozenset({"application/pdf"}))
        await actions.attach_text(request.app[DATABASE], files, actor, resolution.id, upload)
    except (Invalid, *BROKEN_FORM) as problem:
        text = problem.fields.get("file", problem.detail) if isinstance(problem, Invalid) else _("Choose a file first")
        return await render(
            request, "resolutions/resolution.html", status=422, resolution=resolution, may_keep=True, problem=text
        )
    await flash(request, _("The text is attached"))
    return see_other(resolution.path)


async def _kept(request: web.Request) -> Resolution:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        return await actions.access_entry(tx, actor, _id(request))


def _draft(form: ResolutionForm) -> Draft:
    def text(field: Any) -> str:
        return " ".join((field.data or "").split())

    passed_on, in_force_on = form.passed_on.data, form.in_force_on.data
    assert isinstance(passed_on, date)  # the form has validated it
    vote = form.vote_id.data or ""
    return Draft(
        number=text(form.number),
        title=text(form.title),
        passed_on=passed_on,
        vote_id=int(vote) if vote.isascii() and vote.isdigit() and len(vote) < 19 else None,
        state=form.state.data,
        remark=text(form.remark),
        in_force_on=in_force_on,
        journal=text(form.journal),
        replaced_by=text(form.replaced_by),
    )


def _id(request: web.Request) -> int:
    return int(request.match_info["resolution_id"])


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0 else None
