"""Forms of this feature. What they ask for is checked by the actions; here stand only what fields look like."""

from typing import Final

from wtforms import BooleanField, DateField, EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app.forms import Form
from app.i18n import _
from app.identity.model import UnitKind
from app.identity.passwords import LONGEST

_CODE: Final = {"inputmode": "text", "autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(Form):
    login = StringField(
        _("Login or e-mail address"),
        [InputRequired(), Length(max=254)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(_("Password"), [InputRequired()], render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class CodeForm(Form):
    code = StringField(
        _("Code"),
        [InputRequired(), Length(max=40)],
        description=_("Six digits from the authenticator app, or one of the recovery codes."),
        render_kw=_CODE,
    )
    next = HiddenField()


class AddressForm(Form):
    """Asks where to write to open an account."""

    email = EmailField(_("E-mail address"), [InputRequired(), Length(max=254)], render_kw={"autocomplete": "email"})


class LoginForm(Form):
    """Asks whose password is forgotten."""

    login = StringField(
        _("Login or e-mail address"),
        [InputRequired(), Length(max=254)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


def _new_password() -> PasswordField:
    return PasswordField(
        _("New password"), [InputRequired(), Length(max=LONGEST)], render_kw={"autocomplete": "new-password"}
    )


class NewPasswordForm(Form):
    new = _new_password()


class ConfirmForm(Form):
    name = StringField(
        _("Name and surname"),
        [InputRequired(), Length(max=120)],
        description=_("Stands beside what you write in public."),
        render_kw={"autocomplete": "name"},
    )
    new = _new_password()


class ChangePasswordForm(Form):
    current = PasswordField(_("Present password"), [InputRequired()], render_kw={"autocomplete": "current-password"})
    new = _new_password()


class CurrentPasswordForm(Form):
    current = PasswordField(_("Present password"), [InputRequired()], render_kw={"autocomplete": "current-password"})


class EnrolForm(Form):
    code = StringField(_("Code from the app"), [InputRequired(), Length(max=40)], render_kw=_CODE)
    current = PasswordField(_("Present password"), [InputRequired()], render_kw={"autocomplete": "current-password"})


class ProfileForm(Form):
    name = StringField(_("Name and surname"), [InputRequired(), Length(max=120)], render_kw={"autocomplete": "name"})
    language = SelectField(_("Language"))
    rev = HiddenField()


class NewAccountForm(Form):
    login = StringField(
        _("Login"),
        [InputRequired(), Length(max=64)],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    name = StringField(_("Name and surname"), [InputRequired(), Length(max=120)], render_kw={"autocomplete": "off"})
    email = EmailField(
        _("E-mail address"),
        [Optional(), Length(max=254)],
        description=_("An invitation goes there. Without it a password is made for you to hand over."),
        render_kw={"autocomplete": "off"},
    )
    unit_id = SelectField(_("Unit"), coerce=int)


class ChangeAccountForm(Form):
    name = StringField(_("Name and surname"), [InputRequired(), Length(max=120)], render_kw={"autocomplete": "off"})
    email = EmailField(_("E-mail address"), [Optional(), Length(max=254)], render_kw={"autocomplete": "off"})
    rev = HiddenField()


class GrantForm(Form):
    role = SelectField(_("Role"))
    unit_id = SelectField(_("Where"), coerce=int)
    expires_at = DateField(_("Until"), [Optional()], description=_("Empty: until it is taken away."))


class RenewPasswordForm(Form):
    drop_second_factor = BooleanField(_("Take the second factor away too, for a lost telephone"))


class NewUnitForm(Form):
    name = StringField(_("Name"), [InputRequired(), Length(max=160)])
    kind = SelectField(
        _("Kind"),
        choices=[
            (UnitKind.OFFICE.value, _("Office")),
            (UnitKind.UNIT.value, _("Organisational unit")),
            (UnitKind.SCHOOL.value, _("School")),
        ],
    )
    parent_id = SelectField(_("Stands below"), coerce=int)


class RenameUnitForm(Form):
    name = StringField(_("Name"), [InputRequired(), Length(max=160)])
    rev = HiddenField()
