"""Forms of the office."""

from typing import Final

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms import Form
from app.i18n import _

NEEDED: Final = InputRequired(_("This is needed"))
SHORT: Final = Length(max=80, message=_("This is too long: 80 characters at most"))
KINDS: Final = (
    ("parent", _("parent")),
    ("legal", _("legal guardian")),
    ("foster", _("foster parent")),
    ("other", _("other person with a right")),
)
ROLES: Final = (
    ("teacher", _("teacher")),
    ("secretary", _("office")),
    ("counsellor", _("counsellor")),
    ("principal", _("principal")),
)
TEACHING_KINDS: Final = (("teacher", _("teaches")), ("second", _("second teacher")), ("support", _("support teacher")))


class PupilForm(Form):
    """A pupil's data."""

    first_name = wtforms.StringField(_("First name"), validators=[NEEDED, SHORT])
    second_name = wtforms.StringField(_("Second name"), validators=[SHORT])
    last_name = wtforms.StringField(_("Surname"), validators=[NEEDED, SHORT])
    pesel = wtforms.StringField(_("PESEL number"), validators=[SHORT], render_kw={"autocomplete": "off"})
    born_on = wtforms.DateField(_("Birth date"), validators=[Optional()])
    email = wtforms.StringField(_("E-mail"), validators=[Length(max=200)], render_kw={"inputmode": "email"})
    rev = wtforms.HiddenField()


class NewPupilForm(PupilForm):
    """The same, and where the pupil goes."""

    class_id = wtforms.SelectField(_("Class"), choices=[], validate_choice=False, validators=[NEEDED])
    day = wtforms.DateField(_("In the class from"), validators=[NEEDED])


class MoveForm(Form):
    """Into which class, from when."""

    class_id = wtforms.SelectField(_("Into class"), choices=[], validate_choice=False, validators=[NEEDED])
    day = wtforms.DateField(_("From day"), validators=[NEEDED])


class LeaveForm(Form):
    """When a pupil leaves."""

    last_day = wtforms.DateField(_("Last day at this school"), validators=[NEEDED])


class GuardianForm(Form):
    """A guardian and a right."""

    first_name = wtforms.StringField(_("First name"), validators=[NEEDED, SHORT])
    last_name = wtforms.StringField(_("Surname"), validators=[NEEDED, SHORT])
    email = wtforms.StringField(_("E-mail"), validators=[Length(max=200)], render_kw={"inputmode": "email"})
    phone = wtforms.StringField(_("Telephone"), validators=[Length(max=40)], render_kw={"inputmode": "tel"})
    kind = wtforms.SelectField(_("Who it is"), choices=list(KINDS), default="parent")
    since = wtforms.DateField(_("Right from day"), description=_("Empty: since ever"), validators=[Optional()])
    same_person = wtforms.BooleanField(_("The same person: connect the guardian who has this address already"))


class RightForm(Form):
    """A guardian, and the right to one child."""

    first_name = wtforms.StringField(_("First name"), validators=[NEEDED, SHORT])
    last_name = wtforms.StringField(_("Surname"), validators=[NEEDED, SHORT])
    email = wtforms.StringField(_("E-mail"), validators=[Length(max=200)], render_kw={"inputmode": "email"})
    phone = wtforms.StringField(_("Telephone"), validators=[Length(max=40)], render_kw={"inputmode": "tel"})
    kind = wtforms.SelectField(_("Who it is"), choices=list(KINDS))
    since = wtforms.DateField(_("Right from day"), description=_("Empty: since ever"), validators=[Optional()])
    last_day = wtforms.DateField(
        _("Last day of the right"),
        description=_("Empty: no end. With a day that is past, open pages close at once."),
        validators=[Optional()],
    )
    rev = wtforms.HiddenField()


class StaffForm(Form):
    """Who works here."""

    first_name = wtforms.StringField(_("First name"), validators=[NEEDED, SHORT])
    last_name = wtforms.StringField(_("Surname"), validators=[NEEDED, SHORT])
    short = wtforms.StringField(
        _("Initials"), description=_("They stand in timetables and beside marks"), validators=[Length(max=8)]
    )
    email = wtforms.StringField(_("E-mail"), validators=[Length(max=200)], render_kw={"inputmode": "email"})
    roles = wtforms.SelectMultipleField(
        _("Roles"), choices=list(ROLES), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    last_day = wtforms.DateField(_("Last day of work"), description=_("Empty: no end"), validators=[Optional()])
    rev = wtforms.HiddenField()


class TeachingForm(Form):
    """What somebody teaches whom."""

    subject_id = wtforms.SelectField(_("School subject"), choices=[], validate_choice=False, validators=[NEEDED])
    place = wtforms.SelectField(_("Class or group"), choices=[], validate_choice=False, validators=[NEEDED])
    kind = wtforms.SelectField(_("How"), choices=list(TEACHING_KINDS), default="teacher")
    day = wtforms.DateField(_("From day"), validators=[NEEDED])


class SubjectForm(Form):
    """A subject."""

    key = wtforms.HiddenField()
    name = wtforms.StringField(_("School subject"), validators=[NEEDED, SHORT])
    short = wtforms.StringField(_("Abbreviation"), validators=[Length(max=12)])


class RoomForm(Form):
    """A room."""

    key = wtforms.HiddenField()
    name = wtforms.StringField(_("Room"), validators=[NEEDED, SHORT])
    building = wtforms.StringField(_("Building"), validators=[SHORT])
    seats = wtforms.IntegerField(_("Seats"), validators=[Optional(), NumberRange(min=1, max=2000)])


class TypeForm(Form):
    """A kind of attendance of the school's own; what it counts as is settled here and never changes."""

    code = wtforms.StringField(_("Sign in the grid"), validators=[NEEDED, Length(max=4)])
    name = wtforms.StringField(_("Name"), validators=[NEEDED, SHORT])
    category = wtforms.SelectField(
        _("Counts as"),
        choices=[
            ("present", _("present")),
            ("absent", _("absent")),
            ("late", _("late")),
            ("away", _("away for the school")),
            ("released", _("released")),
        ],
    )
    excused = wtforms.BooleanField(_("excused by itself"))
    letter = wtforms.StringField(
        _("Key"),
        description=_("One small letter that no other kind has; it may stay empty."),
        validators=[Length(max=1)],
    )


class GroupForm(Form):
    """The name of a group; `key`: which one."""

    key = wtforms.HiddenField()
    name = wtforms.StringField(_("Group"), validators=[NEEDED, SHORT])


class SecurityForm(Form):
    """How staff sign in."""

    second_factor = wtforms.BooleanField(
        _("Staff use a second factor"),
        description=_(
            "Whoever works here and has none sets it up before the register opens; parents and pupils are not asked."
        ),
    )


class LimitsForm(Form):
    """Limits and thresholds; each names its comparison."""

    per_day = wtforms.IntegerField(_("Most class tests of a class in a day (≤)"), validators=[NumberRange(1, 20)])
    per_week = wtforms.IntegerField(_("Most class tests of a class in a week (≤)"), validators=[NumberRange(1, 20)])
    unchecked_after_min = wtforms.IntegerField(
        _("A lesson is late to be checked after minutes (≥)"), validators=[NumberRange(1, 120)]
    )
    unexcused_percent = wtforms.IntegerField(
        _("Unexcused absence in a month is told from percent (≥)"), validators=[NumberRange(1, 100)]
    )
