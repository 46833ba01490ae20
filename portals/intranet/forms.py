"""Forms of units and their people."""

from typing import Final

from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired

from app.forms import Form
from app.i18n import _

KINDS: Final = (
    ("department", _("Department of the office")),
    ("school", _("School")),
    ("other", _("Another unit")),
)


class UnitForm(Form):
    """A unit's card."""

    name = StringField(_("Name"), validators=[InputRequired()])
    short_name = StringField(
        _("Short name"),
        description=_("As people call it: it stands in lists and on labels"),
        validators=[InputRequired()],
    )
    kind = SelectField(_("What it is"), choices=KINDS)
    address = StringField(_("Address"))
    room = StringField(_("Office room"))
    phone = StringField(_("Telephone"))
    email = StringField(_("E-mail"))
    active = BooleanField(_("It works"), description=_("A closed unit stays in histories and is offered nowhere"))


class NewUnitForm(UnitForm):
    """The same for one that is added."""

    parent_id = SelectField(_("Belongs to"), coerce=int)


class MemberForm(Form):
    """Somebody who works here."""

    who = StringField(_("Login or e-mail"), validators=[InputRequired()])
