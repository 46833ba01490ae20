"""Forms of projects."""

from typing import Final

import wtforms
from wtforms.validators import InputRequired, Optional

from app.errors import Invalid
from app.forms import Form
from app.i18n import _
from portals.dialog.budget.model import ProjectDraft
from portals.dialog.budget.rules import read_estimate

NUMBER: Final = {"inputmode": "numeric", "autocomplete": "off"}


class BudgetForm(Form):
    """The clerk's rules; fields are named as the settings' fields."""

    city_most_pln = wtforms.IntegerField(
        _("A project of the whole city costs at most, in złoty"),
        [InputRequired()],
        description=_("0: no limit"),
        render_kw=NUMBER,
    )
    district_most_pln = wtforms.IntegerField(
        _("A project of a district costs at most, in złoty"),
        [InputRequired()],
        description=_("0: no limit"),
        render_kw=NUMBER,
    )
    supporters = wtforms.IntegerField(
        _("Names on the list of supporters"), [InputRequired()], description=_("0: none is asked for"), render_kw=NUMBER
    )
    correction_days = wtforms.IntegerField(_("Days for a correction"), [InputRequired()], render_kw=NUMBER)
    appeal_days = wtforms.IntegerField(_("Days for an appeal"), [InputRequired()], render_kw=NUMBER)
    checks = wtforms.TextAreaField(
        _("Points of the formal check"),
        description=_("A line each; empty: the usual five"),
        render_kw={"rows": 6},
    )


class ProjectForm(Form):
    """What the author writes."""

    title = wtforms.StringField(_("Title"), [InputRequired()])
    summary = wtforms.StringField(_("In one sentence"), description=_("It stands in the list and on the ballot"))
    description = wtforms.TextAreaField(
        _("Description"), description=_("What shall be made, for whom, why here"), render_kw={"rows": 8}
    )
    district = wtforms.SelectField(_("For whom"), choices=[], validate_choice=False)
    place = wtforms.StringField(_("Where it shall be"), description=_("Street, number of the plot, what is beside it"))
    lat = wtforms.FloatField(_("Latitude"), [Optional()], description=_("May stay empty; such as 54.4641"))
    lng = wtforms.FloatField(_("Longitude"), [Optional()], description=_("May stay empty; such as 17.0285"))
    estimate = wtforms.TextAreaField(
        _("What it costs"),
        description=_("A line each, such as: Benches: 12000"),
        render_kw={"rows": 5, "spellcheck": "false"},
    )
    supporters = wtforms.IntegerField(_("Names on the list of supporters"), [Optional()], render_kw=NUMBER)
    rev = wtforms.HiddenField()


class WordsForm(Form):
    """A reason, an appeal."""

    words = wtforms.TextAreaField(_("Reason"), render_kw={"rows": 4})
    rev = wtforms.HiddenField()


def draft_of(form: ProjectForm) -> ProjectDraft:
    """Raises `Invalid` for an estimate that cannot be read."""
    items = read_estimate(form.estimate.data or "")
    if items is None:
        raise Invalid(fields={"estimate": _("Each line ends with a colon and an amount, such as: Benches: 12000")})
    return ProjectDraft(
        title=form.title.data or "",
        summary=form.summary.data or "",
        description=form.description.data or "",
        district=form.district.data or "",
        place=form.place.data or "",
        lat=form.lat.data,
        lng=form.lng.data,
        supporters=form.supporters.data or 0,
        items=items,
    )
