"""Forms of the deputy's page."""

from typing import Final

import wtforms
from wtforms.validators import InputRequired, Length

from app.forms import Form
from app.i18n import _

NEEDED = InputRequired(_("This is needed"))
PERIODS: Final = [(str(one), str(one)) for one in range(13)]
WEEKDAYS = (
    ("1", _("Monday")),
    ("2", _("Tuesday")),
    ("3", _("Wednesday")),
    ("4", _("Thursday")),
    ("5", _("Friday")),
    ("6", _("Saturday")),
    ("7", _("Sunday")),
)


class AbsenceForm(Form):
    """Who is away. Hours left open: whole days."""

    staff_id = wtforms.SelectField(_("Teacher"), choices=[], validate_choice=False, validators=[NEEDED])
    first_on = wtforms.DateField(_("From day"), validators=[NEEDED])
    last_on = wtforms.DateField(_("To day (inclusive)"), validators=[NEEDED])
    from_period = wtforms.SelectField(_("From lesson"), choices=[("", _("whole day")), *PERIODS], default="")
    to_period = wtforms.SelectField(_("To lesson"), choices=[("", _("whole day")), *PERIODS], default="")


class DecisionForm(Form):
    """What becomes of a lesson."""

    kind = wtforms.RadioField(
        _("What happens with this lesson"),
        choices=[
            ("substitution", _("Somebody stands in")),
            ("cancellation", _("It is cancelled")),
            ("joint", _("It joins another lesson")),
            ("room", _("Only the room changes")),
        ],
        default="substitution",
    )
    staff_id = wtforms.SelectField(_("Who stands in"), choices=[], validate_choice=False)
    subject_id = wtforms.SelectField(_("School subject"), choices=[], validate_choice=False)
    joint_entry_id = wtforms.SelectField(_("Which lesson it joins"), choices=[], validate_choice=False)
    room_id = wtforms.SelectField(_("Room"), choices=[], validate_choice=False)
    note = wtforms.StringField(
        _("Note for everybody"),
        description=_("For instance: bring sports shoes; school ends after this lesson"),
        validators=[Length(max=200, message=_("This is too long: 200 characters at most"))],
    )


class DutyForm(Form):
    """A duty on a break, week after week."""

    staff_id = wtforms.SelectField(_("Teacher"), choices=[], validate_choice=False, validators=[NEEDED])
    weekday = wtforms.SelectField(_("Weekday"), choices=list(WEEKDAYS))
    after_period = wtforms.SelectField(_("After lesson"), description=_("0: before the first one"), choices=PERIODS)
    place = wtforms.StringField(
        _("Place"), description=_("For instance: first floor, canteen"), validators=[NEEDED, Length(max=80)]
    )
