"""Forms of the dashboard's settings."""

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange

from app.forms import Form
from app.i18n import _

NEEDED = InputRequired(_("This is needed"))


class SettingsForm(Form):
    """A school's thresholds."""

    unchecked_after_min = wtforms.IntegerField(
        _("A lesson without attendance is red after … minutes"),
        description=_("From this minute of the lesson on (≥) it is red and an alert is raised."),
        validators=[NEEDED, NumberRange(1, 120, _("Between 1 and 120 minutes"))],
    )
    unexcused_percent = wtforms.IntegerField(
        _("Unexcused absence is pointed out from … % of a month"),
        description=_("From this share on (≥)."),
        validators=[NEEDED, NumberRange(1, 100, _("Between 1 and 100 percent"))],
    )
    unexcused_of = wtforms.RadioField(
        _("What the share is counted of"),
        choices=[
            ("days", _("Days: all lessons of the day missed without excuse")),
            ("hours", _("Lesson hours")),
        ],
    )
    unexcused_basis = wtforms.StringField(
        _("Legal basis"),
        description=_("Stands beside the pupils who are pointed out."),
        validators=[Length(max=300, message=_("This is too long: 300 characters at most"))],
    )


class WallboardForm(Form):
    """A new address for a screen."""

    name = wtforms.StringField(
        _("Where the screen hangs"),
        description=_("For instance: staff room"),
        validators=[NEEDED, Length(max=80)],
    )
