"""Forms of the council's people."""

import wtforms

from app.forms import Form
from app.i18n import _

Required = wtforms.validators.InputRequired
Optional = wtforms.validators.Optional


class TermForm(Form):
    name = wtforms.StringField(_("Name of the term"), validators=[Required()])
    began_on = wtforms.DateField(_("First day"), validators=[Required()])
    ends_on = wtforms.DateField(_("Last day"), validators=[Required()])


class ClubForm(Form):
    name = wtforms.StringField(_("Name of the club"), validators=[Required()])


class CouncillorForm(Form):
    name = wtforms.StringField(_("Name and surname"), validators=[Required()])
    office = wtforms.SelectField(
        _("Office in the council"),
        choices=[("", _("no office")), ("chair", _("Chair of the council")), ("vice_chair", _("Vice-chair"))],
    )
    email = wtforms.StringField(_("E-mail for invitations"), description=_("Empty: the address of the account"))
    login = wtforms.StringField(
        _("Account"), description=_("Login or e-mail; with it the councillor votes and asks to speak from a phone")
    )
    mandate_began_on = wtforms.DateField(
        _("Mandate since"), validators=[Optional()], description=_("Empty: from the first day of the term")
    )
    mandate_ended_on = wtforms.DateField(
        _("Mandate until"), validators=[Optional()], description=_("Only when it ended before the term did")
    )
    mandate_end_reason = wtforms.StringField(_("Why the mandate ended"))


class NewCouncillorForm(CouncillorForm):
    club = wtforms.SelectField(_("Club"), validate_choice=False)


class ClubChangeForm(Form):
    club = wtforms.SelectField(_("Club"), validate_choice=False)
    since = wtforms.DateField(_("Since"), validators=[Required()])


class CommitteeForm(Form):
    name = wtforms.StringField(_("Name of the committee"), validators=[Required()])
    task = wtforms.StringField(_("What it deals with"))
    dissolved_on = wtforms.DateField(_("Dissolved on"), validators=[Optional()])


class SeatForm(Form):
    councillor = wtforms.SelectField(_("Councillor"), validate_choice=False, validators=[Required()])
    role = wtforms.SelectField(
        _("Role"), choices=[("member", _("member")), ("vice_chair", _("vice-chair")), ("chair", _("chair"))]
    )
    since = wtforms.DateField(_("Since"), validators=[Required()])


class RoleForm(Form):
    role = wtforms.SelectField(
        _("Role"), choices=[("member", _("member")), ("vice_chair", _("vice-chair")), ("chair", _("chair"))]
    )


class LeaveForm(Form):
    until = wtforms.DateField(_("Last day"), validators=[Required()])
