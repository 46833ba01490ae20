"""Forms of equipment."""

from typing import Final

from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from app.forms import Form
from app.i18n import _
from portals.equipment.labels import GRID_TITLES
from portals.equipment.rules import KIND_TITLES, STATE_TITLES

KEEP: Final = ""
"""A choice that leaves things as they are."""


class DeviceForm(Form):
    """What is known of a device."""

    kind = SelectField(_("Kind"), choices=tuple(KIND_TITLES.items()))
    maker = StringField(_("Maker"))
    model = StringField(_("Model"), validators=[InputRequired()])
    serial = StringField(_("Serial number"))
    asset_number = StringField(_("Number in the books"))
    unit_id = SelectField(_("Unit"), coerce=int)
    room = StringField(_("Room or place"))
    state = SelectField(_("State"), choices=tuple(STATE_TITLES.items()))
    assigned_to = StringField(
        _("Who has it"),
        description=_("A member of the unit finds it among their own devices; a class or a trolley is fine"),
    )
    bought = DateField(_("Bought"), validators=[Optional()])
    warranty_until = DateField(_("Warranty until"), validators=[Optional()])
    mac = StringField(_("MAC address"))
    channel = IntegerField(_("Channel"), validators=[Optional()])
    note = TextAreaField(_("Note"))


class MoveForm(Form):
    """What changes of many devices; empty fields stay as they are."""

    unit_id = SelectField(_("Unit"), coerce=int)
    room = StringField(_("Room or place"))
    state = SelectField(_("State"), choices=((KEEP, _("as it is")), *STATE_TITLES.items()))
    assigned_to = StringField(_("Who has it"))


class LabelsForm(Form):
    """A sheet to print on."""

    grid = SelectField(_("Sheet"), choices=tuple(GRID_TITLES.items()))
    first = IntegerField(
        _("First free label"), default=1, description=_("Of a sheet that was begun: counted from the left, row by row")
    )


class KeyForm(Form):
    """A key for a controller."""

    label = StringField(_("Which controller it is for"), validators=[InputRequired()])
