"""Forms of versions and their entries."""

import wtforms
from wtforms.validators import InputRequired, Length

from app.forms import Form
from app.i18n import _
from schools.timetable.substitutions.forms import WEEKDAYS

NEEDED = InputRequired(_("This is needed"))


class DraftForm(Form):
    """A new version."""

    name = wtforms.StringField(
        _("Name"), description=_("For instance: Timetable from 4 January"), validators=[NEEDED, Length(max=100)]
    )
    valid_from = wtforms.DateField(_("In force from"), validators=[NEEDED])
    copied_id = wtforms.SelectField(_("Begin with"), choices=[], validate_choice=False)


class PublishForm(Form):
    """When a draft begins."""

    valid_from = wtforms.DateField(_("In force from"), validators=[NEEDED])
    despite_conflicts = wtforms.BooleanField(_("The conflicts are meant to be so"))


class EntryForm(Form):
    """A lesson of the week. `target`: `c12` a class, `g7` a group."""

    target = wtforms.SelectField(_("Class or group"), choices=[], validate_choice=False, validators=[NEEDED])
    weekday = wtforms.SelectField(_("Weekday"), choices=list(WEEKDAYS))
    period = wtforms.SelectField(_("Lesson"), choices=[(str(one), str(one)) for one in range(13)])
    week = wtforms.SelectField(
        _("Weeks"), choices=[("", _("every week")), ("A", _("weeks A")), ("B", _("weeks B"))], default=""
    )
    subject_id = wtforms.SelectField(_("School subject"), choices=[], validate_choice=False, validators=[NEEDED])
    staff_id = wtforms.SelectField(_("Teacher"), choices=[], validate_choice=False, validators=[NEEDED])
    second_staff_id = wtforms.SelectField(_("Second teacher"), choices=[], validate_choice=False)
    room_id = wtforms.SelectField(_("Room"), choices=[], validate_choice=False)
