"""Forms of the set-up: each fills from a row and gives a row back."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import wtforms
from wtforms.validators import Optional as MayBeEmpty

from app.forms import Form
from app.i18n import Locale, _
from portals.helpdesk.details import key_of
from portals.helpdesk.forms import number
from portals.helpdesk.setup_model import (
    CannedReply,
    Category,
    Queue,
    RoutingRule,
    Service,
    Team,
    TicketTemplate,
)
from portals.helpdesk.words import ICONS, IMPACTS, PRIORITIES, URGENCIES

LEVELS: Final = [(str(key), text) for key, text in IMPACTS.items()]
HURRY: Final = [(str(key), text) for key, text in URGENCIES.items()]
KINDS: Final = [
    ("text", _("a line of text")),
    ("choice", _("a choice")),
    ("number", _("a number")),
    ("yes_no", _("yes or no")),
    ("date", _("a date")),
]
NO_QUEUE: Final = 2**62
"""An id that no queue has: refused beside its field."""
ROW: Final[Mapping[str, Any]] = {
    "key": "",
    "label": "",
    "kind": "text",
    "choices": "",
    "hint": "",
    "required": False,
    "minimum": "",
    "maximum": "",
}
"""A field that a category asks besides, as a row of its form; without a label there is none."""
MOST_ROWS: Final = 30
BLANK_ROWS: Final = 3
"""Empty rows for fields that are added."""


def _active() -> Any:
    return wtforms.BooleanField(_("In use"), default=True)


def _place() -> Any:
    return wtforms.IntegerField(
        _("Place in the order"), default=100, validators=[MayBeEmpty()], render_kw={"inputmode": "numeric"}
    )


class ThingForm(Form):
    """What all have: which revision was shown."""

    rev = wtforms.HiddenField(default="0")


class QueueForm(ThingForm):
    name = wtforms.StringField(_("Name"), render_kw={"maxlength": "80"})
    description = wtforms.TextAreaField(_("Description"), render_kw={"rows": 2})
    place = _place()
    active = _active()


class ServiceForm(ThingForm):
    name = wtforms.StringField(_("Name"), render_kw={"maxlength": "80"})
    description = wtforms.TextAreaField(_("Description"), render_kw={"rows": 2})
    active = _active()


def _boxes(label: str, hint: str = "") -> Any:
    return wtforms.SelectMultipleField(
        label,
        description=hint,
        choices=[],
        validate_choice=False,
        widget=wtforms.widgets.ListWidget(prefix_label=False),
        option_widget=wtforms.widgets.CheckboxInput(),
    )


class TeamForm(ThingForm):
    name = wtforms.StringField(_("Name"), render_kw={"maxlength": "80"})
    members = _boxes(_("People"), _("Accounts with the role of an agent or a lead"))
    queues = _boxes(_("Queues that it works on"))
    active = _active()


class CategoryForm(ThingForm):
    name = wtforms.StringField(_("Name"), render_kw={"maxlength": "80"})
    hint = wtforms.StringField(_("Hint on its tile"), render_kw={"maxlength": "300"})
    icon = wtforms.SelectField(_("Symbol"), choices=list(ICONS.items()), validate_choice=False)
    place = _place()
    queue_id = wtforms.SelectField(_("Queue, unless a rule says otherwise"), choices=[], validate_choice=False)
    service_id = wtforms.SelectField(_("Service"), choices=[], validate_choice=False)
    impact = wtforms.SelectField(_("Whom it hits"), choices=LEVELS, validate_choice=False, default="1")
    urgency = wtforms.SelectField(_("How urgent it is"), choices=HURRY, validate_choice=False, default="2")
    device = wtforms.SelectField(
        _("Device"),
        choices=[("no", _("is not asked for")), ("may", _("may be named")), ("must", _("must be named"))],
        validate_choice=False,
        default="may",
    )
    approval = wtforms.SelectField(
        _("Agreement"),
        choices=[("none", _("nobody is asked")), ("head", _("the head of the unit is asked first"))],
        validate_choice=False,
    )
    checklist = wtforms.TextAreaField(_("Checklist, one step a line"), render_kw={"rows": 4})
    active = _active()


class RuleForm(ThingForm):
    place = _place()
    category_id = wtforms.SelectField(_("Category"), choices=[], validate_choice=False)
    unit_id = wtforms.SelectField(
        _("Unit"), choices=[], validate_choice=False, description=_("with all units below it")
    )
    words = wtforms.StringField(
        _("One of these words, separated by commas"), description=_("The beginning of a word is enough: drukark")
    )
    queue_id = wtforms.SelectField(_("goes to the queue"), choices=[], validate_choice=False)
    team_id = wtforms.SelectField(_("and the team"), choices=[], validate_choice=False)
    priority = wtforms.SelectField(
        _("with the priority"),
        choices=[("", _("as impact and urgency say")), *((str(key), text) for key, text in PRIORITIES.items())],
        validate_choice=False,
    )
    active = _active()


class CannedForm(ThingForm):
    title = wtforms.StringField(_("Title"), render_kw={"maxlength": "80"})
    text = wtforms.TextAreaField(_("Text"), render_kw={"rows": 8})
    queue_id = wtforms.SelectField(_("Offered in"), choices=[], validate_choice=False)
    own = wtforms.BooleanField(_("For me alone"))
    active = _active()


class TemplateForm(ThingForm):
    title = wtforms.StringField(_("Title"), render_kw={"maxlength": "80"})
    category_id = wtforms.SelectField(_("Category"), choices=[], validate_choice=False)
    subject = wtforms.StringField(_("What it is about"), render_kw={"maxlength": "200"})
    text = wtforms.TextAreaField(_("Text"), render_kw={"rows": 6})
    impact = wtforms.SelectField(_("Whom it hits"), choices=LEVELS, validate_choice=False, default="1")
    urgency = wtforms.SelectField(_("How urgent it is"), choices=HURRY, validate_choice=False, default="2")
    active = _active()


FORMS: Final[Mapping[str, tuple[type[ThingForm], type[msgspec.Struct]]]] = {
    "queues": (QueueForm, Queue),
    "teams": (TeamForm, Team),
    "categories": (CategoryForm, Category),
    "services": (ServiceForm, Service),
    "rules": (RuleForm, RoutingRule),
    "canned-replies": (CannedForm, CannedReply),
    "templates": (TemplateForm, TicketTemplate),
}
"""Last part of the address: form and row."""


def shown_values(thing: msgspec.Struct | None) -> dict[str, Any]:
    """What a form is filled with."""
    values: dict[str, Any] = {} if thing is None else msgspec.to_builtins(thing)
    for name, value in values.items():
        if name.endswith("_id") or name in {"impact", "urgency", "priority"}:
            values[name] = "" if value is None else str(value)
    if isinstance(thing, Team):
        values["members"] = [str(one) for one in thing.members]
        values["queues"] = [str(one) for one in thing.queues]
    if isinstance(thing, RoutingRule):
        values["words"] = ", ".join(thing.words)
    if isinstance(thing, CannedReply):
        values["own"] = thing.owner_id is not None
    if isinstance(thing, Category):
        values["checklist"] = "\n".join(thing.checklist)
        values.pop("fields")
    return values


def field_rows(thing: msgspec.Struct | None) -> list[dict[str, Any]]:
    """A category's own fields as the page draws them, and empty rows for more."""
    fields = thing.fields if isinstance(thing, Category) else []
    rows = [{**ROW, **msgspec.to_builtins(one), "choices": "; ".join(one.choices)} for one in fields]
    return [*rows, *(dict(ROW) for _row in range(BLANK_ROWS))]


def posted_rows(posted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same as they were sent: `row_0_label`, `row_0_kind` …"""
    rows: list[dict[str, Any]] = []
    for number_ in range(MOST_ROWS):
        if f"row_{number_}_label" not in posted:
            break
        found = {name: str(posted.get(f"row_{number_}_{name}", "")) for name in ROW}
        rows.append({**found, "required": found["required"] == "yes"})
    return rows


def thing_of(
    form: ThingForm,
    kind: type[msgspec.Struct],
    thing_id: int,
    account_id: int | None,
    rows: Sequence[Mapping[str, Any]] = (),
) -> msgspec.Struct:
    """The row that a form says. Raises `msgspec.ValidationError` for what no form of ours sends."""
    values: dict[str, Any] = {
        name: field.data if field.data is not None else ""
        for name, field in form._fields.items()
        if name not in {"csrf_token", "own"}
    }
    values |= {name: number(values[name]) for name in values if name.endswith("_id") or name == "priority"}
    values |= {name: number(values[name]) or 1 for name in ("impact", "urgency") if name in values}
    values |= {"id": thing_id, "rev": number(str(form.rev.data)) or 0}
    if values.get("place") == "":
        values["place"] = 100
    if kind is Team:
        for name in ("members", "queues"):
            values[name] = [one for text in values[name] if (one := number(text))]
    elif kind is RoutingRule:
        values["words"] = [word.strip()[:80] for word in str(values["words"]).split(",") if word.strip()]
        values["queue_id"] = values["queue_id"] or NO_QUEUE
    elif kind is CannedReply:
        values["owner_id"] = account_id if form["own"].data else None
    elif kind is Category:
        values["checklist"] = [line.strip()[:500] for line in str(values["checklist"]).splitlines() if line.strip()]
        values["fields"] = category_fields(rows)
    return msgspec.convert(values, kind)


def category_fields(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with a label; a new one gets a key that no other has."""
    taken = [str(row["key"]) for row in rows if row.get("key")]
    found: list[dict[str, Any]] = []
    for row in rows:
        label = " ".join(str(row.get("label") or "").split())
        if not label:
            continue
        key = str(row.get("key") or "")
        if not key:
            key = key_of(label, taken)
            taken.append(key)
        choices = [text.strip() for text in str(row.get("choices") or "").split(";") if text.strip()]
        kind = str(row.get("kind") or "text")
        found.append(
            {
                "key": key,
                "label": label[:120],
                "kind": kind,
                "required": bool(row.get("required")),
                "choices": [text[:120] for text in choices[:50]] if kind == "choice" else [],
                "hint": " ".join(str(row.get("hint") or "").split())[:300],
                "minimum": _bound(kind, row.get("minimum")),
                "maximum": _bound(kind, row.get("maximum")),
            }
        )
    return found


def _bound(kind: str, given: object) -> float | None:
    """Bounds of a number come from programs; the form brings them back as they were."""
    try:
        bound = float(str(given))
    except ValueError:
        return None
    return bound if kind == "number" and math.isfinite(bound) else None


def offered(things: Sequence[Any], empty: str, locale: Locale) -> list[tuple[str, str]]:
    """Choices of a select; `empty`: a message id for none of them."""
    named = [(str(one.id), getattr(one, "short_name", "") or one.name) for one in things]
    return [("", locale.gettext(empty)), *named] if empty else named
