"""Forms of agreements and calendars, and what a sent one says."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, get_args

import wtforms
from wtforms import validators
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms import Form
from app.i18n import _
from portals.helpdesk import words
from portals.helpdesk.model import PendingReason, Priority
from portals.helpdesk.sla.hours import HOW, Faulty, hours_text, length_text, read_hours, read_length
from portals.helpdesk.sla.model import (
    Agreement,
    AgreementDraft,
    CalendarDraft,
    CalendarRow,
    DayDraft,
    Target,
    Week,
)

NEEDED: Final = validators.InputRequired(_("This is needed here"))
PRIORITIES: Final[tuple[Priority, ...]] = (4, 3, 2, 1)
MOST_ESCALATIONS: Final = 3
TOO_MANY: Final = _("Three escalations at most")
REASONS: Final = tuple(words.REASONS.items())
WEEKDAYS: Final = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
DAYS: Final = tuple(range(7))
_BETWEEN: Final = re.compile(r"(?<=[^\W\d])\.?\s*,|,\s+|;")
"""A comma after a word or before a space divides; in `1,5 h` it belongs to the number."""


class Readable:
    """What is written in a field can be read."""

    def __init__(self, reading: Callable[[str], object]) -> None:
        self._reading = reading

    def __call__(self, _form: wtforms.Form, field: wtforms.Field) -> None:
        try:
            self._reading(field.data or "")
        except Faulty as problem:
            raise validators.ValidationError(str(problem)) from None


def read_escalations(text: str) -> list[int]:
    """`2 h, 8 h` in minutes. Raises `Faulty`."""
    found = [read_length(part.strip(" ,")) for part in _BETWEEN.split(text) if part.strip(" ,")]
    if len(found) > MOST_ESCALATIONS:
        raise Faulty(TOO_MANY)
    return [one for one in found if one is not None]


class Choices(wtforms.SelectMultipleField):
    """Several of a list, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _length(label: str) -> wtforms.StringField:
    return wtforms.StringField(label, validators=[Readable(read_length)], render_kw={"autocomplete": "off", "size": 8})


def _hours(place: int, hint: str = "") -> wtforms.StringField:
    return wtforms.StringField(WEEKDAYS[place], description=hint, validators=[Readable(read_hours)])


class AgreementForm(Form):
    """What is promised to whom."""

    name = wtforms.StringField(_("Name"), validators=[NEEDED])
    calendar_id = wtforms.SelectField(_("Calendar"), coerce=int, validate_choice=False)
    units = Choices(
        _("For these units"),
        description=_("And for those below them, unless they have an agreement of their own"),
        coerce=int,
        validate_choice=False,
    )
    response_4 = _length(_("First answer"))
    response_3 = _length(_("First answer"))
    response_2 = _length(_("First answer"))
    response_1 = _length(_("First answer"))
    solution_4 = _length(_("Solution"))
    solution_3 = _length(_("Solution"))
    solution_2 = _length(_("Solution"))
    solution_1 = _length(_("Solution"))
    warn_percent = wtforms.IntegerField(
        _("Warn when so many percent of the time are used"),
        description=_("The agents are told. 100: no warning"),
        validators=[NEEDED, validators.NumberRange(1, 100, _("Between 1 and 100 percent"))],
    )
    escalate = wtforms.StringField(
        _("Escalate so long after a missed target"),
        description=_("Working time, up to three times: 2 h, 8 h. The leads are told. Empty: never"),
        validators=[Readable(read_escalations)],
    )
    paused_by = Choices(
        _("Clocks stand while a ticket waits"), choices=list(REASONS), description=_("Else they go on while it waits")
    )
    rev = wtforms.HiddenField()


class CalendarForm(Form):
    """When somebody works."""

    name = wtforms.StringField(_("Name"), validators=[NEEDED])
    country = wtforms.StringField(
        _("Public holidays of"),
        description=_("Two letters, such as PL. Empty: public holidays are days like all others"),
        render_kw={"maxlength": 2, "size": 3, "autocomplete": "off"},
    )
    since = wtforms.DateField(
        _("These hours hold from"),
        description=_("What was counted before stays as it was"),
        validators=[validators.InputRequired(_("Choose a day"))],
    )
    hours_0 = _hours(0, HOW)
    hours_1 = _hours(1)
    hours_2 = _hours(2)
    hours_3 = _hours(3)
    hours_4 = _hours(4)
    hours_5 = _hours(5)
    hours_6 = _hours(6)
    rev = wtforms.HiddenField()


class DayForm(Form):
    """A day with hours of its own."""

    day = wtforms.DateField(_("Day"), validators=[validators.InputRequired(_("Choose a day"))])
    day_hours = wtforms.StringField(
        _("Hours"), description=_("Empty: closed on this day"), validators=[Readable(read_hours)]
    )
    why = wtforms.StringField(_("Why"), description=_("For instance: a day off for a holiday on a Saturday"))


def fill_agreement(form: AgreementForm, agreement: Agreement) -> None:
    form.name.data, form.calendar_id.data = agreement.name, agreement.calendar_id
    form.units.data, form.paused_by.data = list(agreement.units), list(agreement.paused_by)
    form.warn_percent.data = agreement.warn_percent
    form.escalate.data = ", ".join(length_text(one) for one in agreement.escalate_min)
    form.rev.data = str(agreement.rev)
    for priority in PRIORITIES:
        form[f"response_{priority}"].data = length_text(agreement.target(priority, "response"))
        form[f"solution_{priority}"].data = length_text(agreement.target(priority, "solution"))


def agreement_draft(form: AgreementForm) -> AgreementDraft:
    """What a sent and valid form says."""
    targets = [
        Target(
            priority=priority,
            response_min=read_length(form[f"response_{priority}"].data or ""),
            solution_min=read_length(form[f"solution_{priority}"].data or ""),
        )
        for priority in PRIORITIES
    ]
    return AgreementDraft(
        name=form.name.data or "",
        calendar_id=form.calendar_id.data or 0,
        units=list(form.units.data or []) if form.units is not None else [],
        warn_percent=form.warn_percent.data or 100,
        escalate_min=read_escalations(form.escalate.data or ""),
        paused_by=[one for one in get_args(PendingReason) if one in (form.paused_by.data or [])],
        targets=[one for one in targets if one.response_min or one.solution_min],
        rev=rev_of(form),
    )


def fill_calendar(form: CalendarForm, calendar: CalendarRow, week: Week, today: date) -> None:
    """`week`: whose hours are shown. They are offered from today on, unless it is a later week that is changed."""
    form.name.data, form.country.data, form.rev.data = calendar.name, calendar.country, str(calendar.rev)
    form.since.data = max(today, week.since)
    fill_hours(form, week)


def fill_hours(form: CalendarForm, week: Week) -> None:
    for place in DAYS:
        form[f"hours_{place}"].data = hours_text(week.days[place])


def calendar_draft(form: CalendarForm) -> CalendarDraft:
    return CalendarDraft(
        name=form.name.data or "",
        country=form.country.data or "",
        since=form.since.data or date.min,
        hours=[form[f"hours_{place}"].data or "" for place in DAYS],
        rev=rev_of(form),
    )


def day_draft(form: DayForm) -> DayDraft:
    return DayDraft(day=form.day.data or date.min, hours=form.day_hours.data or "", why=form.why.data or "")


def rev_of(form: Form) -> int:
    """The rev that the page showed; of a new thing 0."""
    text = str(form["rev"].data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # digits


def offer(field: wtforms.SelectField, choices: Sequence[tuple[int, str]]) -> None:
    """What may be chosen; ids stay numbers."""
    field.choices = list(choices)
