"""Pages of interpellations."""

from datetime import date, timedelta
from typing import Any, Final

import wtforms
from aiohttp import web
from babel.dates import format_timedelta

from app.database import DATABASE
from app.errors import Conflict, Invalid
from app.forms import Form, read, require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import current_actor, section
from portals.council.records.interpellations import actions, rules, store
from portals.council.records.interpellations.model import Draft, NewAnswer
from portals.council.records.interpellations.settings import InterpellationSettings

TODAY: Final = _("today")
KINDS: Final = (("interpellation", _("Interpellation")), ("question", _("Question")))
FILTERS: Final = (
    ("", _("All of them")),
    ("open", _("Waiting for an answer")),
    ("answered", _("Answered")),
    ("withdrawn", _("Withdrawn")),
)


class MatterForm(Form):
    """What a councillor writes, or the office for one."""

    kind = wtforms.RadioField(_("Kind"), choices=list(KINDS), default="interpellation")
    councillor_id = wtforms.SelectField(_("Submitted by"), coerce=str, validate_choice=False)
    title = wtforms.StringField(_("What it is about"), validators=[wtforms.validators.InputRequired()])
    body = wtforms.TextAreaField(_("Text"), render_kw={"rows": 12}, validators=[wtforms.validators.InputRequired()])
    addressee = wtforms.StringField(_("To"))
    submitted_on = wtforms.DateField(_("Submitted on"), validators=[wtforms.validators.Optional()])


class AnswerForm(Form):
    """What the office answers."""

    author = wtforms.StringField(_("Who answers"), validators=[wtforms.validators.InputRequired()])
    body = wtforms.TextAreaField(_("Answer"), render_kw={"rows": 10}, validators=[wtforms.validators.InputRequired()])
    answered_on = wtforms.DateField(_("Answered on"), validators=[wtforms.validators.Optional()])
    final = wtforms.BooleanField(
        _("This is the whole answer"), description=_("Without the tick the matter stays open: the rest is to come")
    )


async def list_interpellations(request: web.Request) -> web.StreamResponse:
    """`GET /council/interpellations`, by state."""
    actor = await current_actor(request)
    state = request.query.get("state", "")
    state = state if state in {value for value, _label in FILTERS} else ""
    locale = request.app[LOCALES].choose(request)
    text = request.query.get("page", "1")
    page = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        matters = await store.newest(tx, rules.SHOWN, (page - 1) * rules.SHOWN, None, state)
        total = await store.count(tx, None, state)
    return await render(
        request,
        "interpellations/list.html",
        matters=matters,
        state=state,
        filters=FILTERS,
        page=page,
        pages=(total + rules.SHOWN - 1) // rules.SHOWN,
        page_address=lambda number: f"?page={number}" + (f"&state={state}" if state else ""),
        may_submit=rules.can_submit(actor),
        tabs_of=lambda known, chosen: [
            (locale.gettext(label), f"?state={value}" if value else "?", value == chosen) for value, label in known
        ],
        **_words(request),
    )


async def show_interpellation(request: web.Request) -> web.StreamResponse:
    form = await read(request, AnswerForm, final=True)
    return await _page(request, form)


async def answer(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    form = await read(request, AnswerForm)
    if form.validate():
        try:
            new = NewAnswer(
                author=form.author.data or "",
                body=form.body.data or "",
                final=form.final.data,
                answered_on=form.answered_on.data,
            )
            matter = await actions.answer(request.app, actor, _id(request), new)
        except (Invalid, Conflict) as problem:
            form.take(problem)
        else:
            await flash(request, _("Answer published"))
            return see_other(matter.path)
    return await _page(request, form)


async def _page(request: web.Request, form: AnswerForm) -> web.StreamResponse:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        whole = await actions.whole(tx, actor, _id(request))
        may_withdraw = await actions.may_withdraw(tx, actor, whole.interpellation)
    return await render(
        request,
        "interpellations/interpellation.html",
        status=form.status,
        matter=whole.interpellation,
        body=whole.body,
        answers=whole.answers,
        form=form,
        may_answer=rules.can_keep(actor) and whole.interpellation.state != "withdrawn",
        may_withdraw=may_withdraw,
        **_words(request),
    )


async def withdraw(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    await require_action(request)
    matter = await actions.withdraw(request.app, actor, _id(request))
    await flash(request, _("Withdrawn"))
    return see_other(matter.path)


async def show_new(request: web.Request) -> web.StreamResponse:
    form = await read(request, MatterForm, addressee=section(request.app, InterpellationSettings).addressee)
    return await _form_page(request, form)


async def submit(request: web.Request) -> web.StreamResponse:
    actor = await current_actor(request)
    form = await read(request, MatterForm)
    if form.validate():
        chosen = form.councillor_id.data or ""
        try:
            draft = Draft(
                kind=form.kind.data,
                title=form.title.data or "",
                body=form.body.data or "",
                addressee=form.addressee.data or "",
                councillor_id=int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None,
                submitted_on=form.submitted_on.data,
            )
            matter = await actions.submit(request.app, actor, draft)
        except Invalid as problem:
            form.take(problem)
        else:
            await flash(request, _("Submitted; the time for the answer has begun"))
            return see_other(matter.path)
    return await _form_page(request, form)


async def _form_page(request: web.Request, form: MatterForm) -> web.StreamResponse:
    actor = await current_actor(request)
    keeps = rules.can_keep(actor)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        people = await store.councillors(tx) if keeps else []
    form.councillor_id.choices = [("", "–"), *((str(one.id), one.name) for one in people)]
    return await render(request, "interpellations/edit.html", status=form.status, form=form, keeps=keeps)


def _words(request: web.Request) -> dict[str, Any]:
    today = actions.today_in(request.app)
    locale = request.app[LOCALES].choose(request)

    def countdown(due: date) -> str:
        """«za 5 dni», «2 dni temu», «dzisiaj»."""
        days = rules.days_left(due, today)
        if days == 0:
            return locale.gettext(TODAY)
        return format_timedelta(
            timedelta(days=days), granularity="day", threshold=1e9, add_direction=True, locale=locale.cldr
        )

    return {"countdown": countdown, "is_late": lambda matter: rules.is_late(matter, today), "today": today}


def _id(request: web.Request) -> int:
    return int(request.match_info["matter_id"])
