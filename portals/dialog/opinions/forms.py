"""Forms of opinion maps."""

import wtforms
from wtforms.validators import InputRequired, NumberRange

from app.forms import Form
from app.i18n import _


class OpinionForm(Form):
    """Fields are named as the settings' fields."""

    intro = wtforms.TextAreaField(
        _("Introduction"),
        description=_("Markdown; stands above the statements"),
        render_kw={"rows": 4, "data-markdown": "1"},
    )
    may_send = wtforms.BooleanField(
        _("Participants may send statements"), description=_("A moderator reads each one before it is shown")
    )
    most_each = wtforms.IntegerField(
        _("Most statements of one person"), [InputRequired(), NumberRange(1, 50)], render_kw={"inputmode": "numeric"}
    )


class StatementForm(Form):
    """One statement of a participant, or the office's, a line each."""

    text = wtforms.TextAreaField(_("Statement"), render_kw={"rows": 2, "maxlength": "200"})


class StatementsForm(Form):
    """The office's statements."""

    text = wtforms.TextAreaField(
        _("Statements"),
        description=_("A line each, 10 to 200 characters: one thought one can agree with or not"),
        render_kw={"rows": 8},
    )


class RefuseForm(Form):
    """Why a statement is not shown."""

    reason = wtforms.StringField(_("Reason"), render_kw={"maxlength": "500"})
