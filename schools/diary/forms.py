"""Forms of the diary."""

from typing import Final

import wtforms
from wtforms.validators import InputRequired, Length

from app.forms import Form
from app.i18n import _

NEEDED = InputRequired(_("This is needed"))
PERIODS: Final = tuple((str(one), str(one)) for one in range(13))


class ExcuseForm(Form):
    """Hours left open: whole days."""

    first_on = wtforms.DateField(_("From day"), validators=[NEEDED])
    last_on = wtforms.DateField(_("To day (inclusive)"), validators=[NEEDED])
    from_period = wtforms.SelectField(_("From lesson"), choices=[("", _("whole day")), *PERIODS], default="")
    to_period = wtforms.SelectField(_("To lesson"), choices=[("", _("whole day")), *PERIODS], default="")
    reason = wtforms.TextAreaField(
        _("Reason"),
        description=_("Only the homeroom teacher and those who read the class's register see it"),
        validators=[NEEDED, Length(max=1000, message=_("This is too long: 1000 characters at most"))],
        render_kw={"rows": 3},
    )


class DecisionForm(Form):
    """Of those that are ticked."""

    word = wtforms.StringField(
        _("A word to the parents"),
        description=_("Needed to refuse"),
        validators=[Length(max=500, message=_("This is too long: 500 characters at most"))],
    )


class FamilyForm(Form):
    """What families may do in this school."""

    adults_excuse = wtforms.BooleanField(_("Pupils of age excuse their absences themselves"))
    pupils_write = wtforms.BooleanField(_("Pupils may write to their teachers"))
