"""Forms of those who send tickets; the fields that a category asks besides are added to them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import wtforms
from aiohttp import web
from multidict import MultiDict
from wtforms.validators import InputRequired
from wtforms.validators import Optional as MayBeEmpty

from app.forms import Form, guard
from app.i18n import LOCALES, Locale, _
from portals.helpdesk.drafts import NewTicket
from portals.helpdesk.model import CategoryField, Level, Value
from portals.helpdesk.rules import NEEDED
from portals.helpdesk.setup_model import Category, UnitChoice
from portals.helpdesk.words import IMPACTS, URGENCIES

_KEY: Final = re.compile(r"[^A-Za-z0-9_-]")
DETAIL: Final = "detail_"
"""Begins the names of a category's own fields in a form."""


class TicketForm(Form):
    """What somebody on the phone in front of a broken device fills in: a few words and a photo are enough."""

    text = wtforms.TextAreaField(
        _("What is wrong?"),
        render_kw={"rows": 4, "placeholder": _("For instance: the projector in room 12 does not start")},
    )
    unit_id = wtforms.SelectField(_("Unit"), choices=[], validate_choice=False)
    device_label = wtforms.StringField(
        _("Number on the device's label"),
        description=_("Under the code that phones read"),
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": "20"},
    )
    room = wtforms.StringField(_("Room or place"), render_kw={"maxlength": "80"})
    urgency = wtforms.RadioField(
        _("Can you go on working?"),
        choices=[("1", _("Yes, it can wait")), ("2", _("Yes, but it is harder")), ("3", _("No, work has stopped"))],
        validators=[MayBeEmpty()],
        validate_choice=False,
    )
    impact = wtforms.RadioField(
        _("Whom does it hit?"),
        choices=[("1", _("Only me")), ("2", _("My whole unit")), ("3", _("Many units"))],
        validators=[MayBeEmpty()],
        validate_choice=False,
    )
    phone = wtforms.StringField(
        _("Telephone for questions"), render_kw={"maxlength": "40", "inputmode": "tel", "autocomplete": "tel"}
    )
    sent_key = wtforms.HiddenField()


class EnteredForm(TicketForm):
    """What an agent writes down while somebody is on the phone."""

    account_id = wtforms.HiddenField()
    name = wtforms.StringField(_("Who calls?"), render_kw={"maxlength": "200", "autocomplete": "off"})
    email = wtforms.StringField(
        _("E-mail address for the answer"), render_kw={"maxlength": "254", "inputmode": "email", "autocomplete": "off"}
    )
    subject = wtforms.StringField(_("What it is about"), render_kw={"maxlength": "200"})
    queue_id = wtforms.SelectField(_("Queue"), choices=[], validate_choice=False)
    impact = wtforms.RadioField(
        _("Whom it hits"), choices=[(str(key), text) for key, text in IMPACTS.items()], validate_choice=False
    )
    urgency = wtforms.RadioField(
        _("How urgent it is"), choices=[(str(key), text) for key, text in URGENCIES.items()], validate_choice=False
    )


class ReplyForm(Form):
    text = wtforms.TextAreaField(_("Your answer"), render_kw={"rows": 3})


class RateForm(Form):
    rating = wtforms.HiddenField()
    text = wtforms.StringField(_("A word about it, if you like"), render_kw={"maxlength": "1000"})


class DecideForm(Form):
    answer = wtforms.StringField(_("A word about it; needed if you do not agree"), render_kw={"maxlength": "1000"})


def with_details(base: type[TicketForm], fields: Sequence[CategoryField], locale: Locale) -> type[TicketForm]:
    """The form with a category's own fields, whose labels are the office's own words."""
    return type("DetailForm", (base,), {f"{DETAIL}{one.key}": _field(one, locale) for one in fields})


def _field(one: CategoryField, locale: Locale) -> Any:
    words: dict[str, Any] = {"label": one.label, "description": one.hint}
    if one.required:
        words["validators"] = [InputRequired(NEEDED)]
    match one.kind:
        case "choice":
            choices = [("", locale.gettext("Choose…")), *((text, text) for text in one.choices)]
            return wtforms.SelectField(**words, choices=choices, validate_choice=False)
        case "yes_no":
            choices = [("", locale.gettext("Choose…")), ("yes", locale.gettext("Yes")), ("no", locale.gettext("No"))]
            return wtforms.SelectField(**words, choices=choices, validate_choice=False)
        case "date":
            words["render_kw"] = {"type": "date"}
        case "number":
            words["render_kw"] = {"inputmode": "decimal"}
        case "text":
            words["render_kw"] = {"maxlength": "500"}
    return wtforms.StringField(**words)


def detail_faults(fields: Mapping[str, str]) -> dict[str, str]:
    """What an action says of `details.<key>`, by the names of the form."""
    return {
        name.replace("details.", DETAIL, 1) if name.startswith("details.") else name: text
        for name, text in fields.items()
    }


def details_of(form: Form, fields: Sequence[CategoryField]) -> dict[str, Value]:
    """What was filled in; what was left empty is left out."""
    found = {one.key: form[f"{DETAIL}{one.key}"].data for one in fields}
    return {key: value for key, value in found.items() if value not in {None, ""}}


def new_ticket(form: TicketForm, category: Category | None, **more: Any) -> NewTicket:
    """What the form says. `more`: other fields of NewTicket."""
    values: dict[str, Any] = {
        "text": form.text.data or "",
        "category_id": category.id if category else None,
        "details": details_of(form, category.fields) if category else {},
        "unit_id": number(form.unit_id.data),
        "device_label": form.device_label.data or "",
        "room": form.room.data or "",
        "phone": form.phone.data or "",
        "impact": level(form.impact.data),
        "urgency": level(form.urgency.data),
        "sent_key": _KEY.sub("", form.sent_key.data or "")[:64],
    }
    return NewTicket(**values | more)


def number(text: str | None) -> int | None:
    """An id of a choice; None for none."""
    words = text or ""
    return int(words) if words.isascii() and words.isdigit() and len(words) < 19 and int(words) > 0 else None


def level(text: str | None) -> Level | None:
    match text:
        case "1":
            return 1
        case "2":
            return 2
        case "3":
            return 3
        case _:
            return None


def choose_units(form: TicketForm, units: Sequence[UnitChoice], empty: str = "") -> None:
    """`empty`: what stands where none is chosen; without it the first one is."""
    form.unit_id.choices = [
        *([("", empty)] if empty else []),
        *((str(one.id), f"{one.short_name} – {one.name}" if one.short_name != one.name else one.name) for one in units),
    ]


async def form_of(request: web.Request, kind: type[Any], texts: Mapping[str, str]) -> Any:
    """A form from the texts of an upload; its token was checked while it came in."""
    meta = {"guard": await guard(request), "locale": request.app[LOCALES].choose(request)}
    form = kind(MultiDict(texts), meta=meta)
    form.posted = True
    return form
