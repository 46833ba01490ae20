"""Forms of outages, and what a sent one says. Moments are those of the city's clocks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import wtforms
from wtforms import validators
from wtforms.widgets import CheckboxInput, ListWidget

from app.errors import Invalid
from app.forms import Form
from app.i18n import _
from portals.helpdesk.outages.model import Kind, NewUpdate, Outage, OutageDraft, UnitKind

NEEDED: Final = validators.InputRequired(_("This is needed here"))
FORMATS: Final = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
NO_SUCH: Final = _("That night the clocks go forward and this time does not exist: choose an hour later")
KINDS: Final = (
    ("incident", _("It does not work now")),
    ("planned", _("Planned maintenance, announced ahead")),
)
UNIT_KINDS: Final = (
    ("school", _("All schools")),
    ("department", _("All departments of the office")),
    ("other", _("All other units")),
)
OFTEN: Final = (
    ("15", _("15 minutes")),
    ("30", _("30 minutes")),
    ("60", _("an hour")),
    ("120", _("2 hours")),
    ("480", _("8 hours")),
    ("", _("never")),
)


class Choices(wtforms.SelectMultipleField):
    """Several of a list, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _moment(label: str, hint: str = "") -> wtforms.DateTimeLocalField:
    return wtforms.DateTimeLocalField(label, description=hint, format=FORMATS, validators=[validators.Optional()])


class OutageForm(Form):
    """Declaring one, and changing it."""

    kind = wtforms.RadioField(_("What it is"), choices=list(KINDS), default="incident")
    title = wtforms.StringField(
        _("What does not work, in a few words"),
        description=_("Stands on every page of those whom it hits"),
        validators=[NEEDED],
        render_kw={"maxlength": 120, "autocomplete": "off"},
    )
    text = wtforms.TextAreaField(
        _("More for people"),
        description=_("What they can do meanwhile, whom to ask"),
        render_kw={"rows": 3, "maxlength": 2000},
    )
    service_id = wtforms.SelectField(_("Service"), validate_choice=False)
    category_id = wtforms.SelectField(_("Category of tickets"), validate_choice=False)
    everywhere = wtforms.BooleanField(_("It hits all units"))
    unit_kinds = Choices(_("Kinds of units"), choices=list(UNIT_KINDS), validate_choice=False)
    unit_ids = Choices(_("Units, with those below them"), coerce=int, validate_choice=False)
    room = wtforms.StringField(
        _("Only this floor or place"),
        description=_("Empty: the whole unit"),
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
    model_id = wtforms.SelectField(_("Only devices of this model"), validate_choice=False)
    words = wtforms.StringField(
        _("Words by which letters are known"),
        description=_("Divided by commas, such as: wifi, internet. For tickets that have no category"),
        render_kw={"autocomplete": "off"},
    )
    gathers = wtforms.BooleanField(
        _("Put tickets about it below it as they come"),
        description=_("They do not ring; they are solved together with it, and can be taken out"),
        default=True,
    )
    public = wtforms.BooleanField(_("Residents see it on the public page"))
    starts_at = _moment(_("Since when"), _("Empty: now. For planned work: when it begins"))
    expected_end = _moment(
        _("Expected end"), _("Planned work ends by itself then; whoever planned it is asked shortly before")
    )
    update_every_min = wtforms.SelectField(
        _("Remind us when nothing was said for"), choices=list(OFTEN), default="60", validate_choice=False
    )
    ticket = wtforms.HiddenField()
    queue_id = wtforms.SelectField(_("Queue that works on it"), validate_choice=False)
    rev = wtforms.HiddenField(default="0")


class UpdateForm(Form):
    """A line of the log."""

    text = wtforms.TextAreaField(_("What is new"), validators=[NEEDED], render_kw={"rows": 3, "maxlength": 2000})
    expected_end = _moment(_("Expected end"))


class EndForm(Form):
    """What it was."""

    outcome = wtforms.TextAreaField(
        _("What it was, in words for people"),
        description=_("Everybody whom it hit is told; tickets below it are solved with these words"),
        validators=[NEEDED],
        render_kw={"rows": 3, "maxlength": 2000},
    )


class JoinForm(Form):
    """The number of a ticket."""

    number = wtforms.StringField(
        _("Number of a ticket"), validators=[NEEDED], render_kw={"autocomplete": "off", "inputmode": "numeric"}
    )


def offer(field: Any, choices: Sequence[tuple[Any, str]], empty: str = "") -> None:
    """What a list offers; `empty`: words for nothing of it."""
    field.choices = [*([("", empty)] if empty else []), *((str(value), text) for value, text in choices)]


def moment(typed: datetime | None, zone: ZoneInfo, field: str) -> datetime | None:
    """On the city's clocks; where they go back the first of the two. Raises `Invalid` for a time that is not there."""
    if typed is None:
        return None
    local = typed.replace(tzinfo=zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != typed:
        raise Invalid(fields={field: NO_SUCH})
    return found


def draft_of(form: OutageForm, zone: ZoneInfo) -> OutageDraft:
    """Raises `Invalid` for moments that are not there."""
    return OutageDraft(
        title=(form.title.data or "")[:10_000],
        text=(form.text.data or "")[:10_000],
        kind=cast("Kind", form.kind.data if form.kind.data in {"incident", "planned"} else "incident"),
        service_id=_number(form.service_id.data),
        category_id=_number(form.category_id.data),
        everywhere=bool(form.everywhere.data),
        unit_kinds=[cast("UnitKind", one) for one in form.unit_kinds.data or () if one in dict(UNIT_KINDS)],
        unit_ids=list(form.unit_ids.data or ())[:500],
        room=(form.room.data or "")[:500],
        model_id=_number(form.model_id.data),
        words=[one[:80] for one in (form.words.data or "").split(",")[:30]],
        gathers=bool(form.gathers.data),
        public=bool(form.public.data),
        starts_at=moment(form.starts_at.data, zone, "starts_at"),
        expected_end=moment(form.expected_end.data, zone, "expected_end"),
        update_every_min=_often(form.update_every_min.data),
        ticket=form.ticket.data or "",
        queue_id=_number(form.queue_id.data),
        rev=_number(form.rev.data) or 0,
    )


def update_of(form: UpdateForm, zone: ZoneInfo) -> NewUpdate:
    return NewUpdate(
        text=(form.text.data or "")[:10_000],
        expected_end=moment(form.expected_end.data, zone, "expected_end"),
        keep_end=False,
    )


def fill(form: OutageForm, outage: Outage, zone: ZoneInfo) -> None:
    """The form as the outage stands."""
    for name in ("kind", "title", "text", "everywhere", "unit_kinds", "unit_ids", "room", "gathers", "public"):
        form[name].data = getattr(outage, name)
    for name in ("service_id", "category_id", "model_id", "update_every_min"):
        value = getattr(outage, name)
        form[name].data = "" if value is None else str(value)
    form.words.data = ", ".join(outage.words)
    form.starts_at.data = local(outage.starts_at, zone)
    form.expected_end.data = local(outage.expected_end, zone)
    form.rev.data = str(outage.rev)


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)


def _number(text: object) -> int | None:
    words = str(text or "")
    return int(words) if words.isascii() and words.isdigit() and len(words) <= 18 else None


def _often(text: object) -> int | None:
    found = _number(text)
    return found if found is not None and 5 <= found <= 10_080 else None
