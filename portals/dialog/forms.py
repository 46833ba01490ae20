"""Forms of consultations, and moments that a person enters on the city's clocks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import wtforms
from wtforms import validators
from wtforms.widgets import CheckboxInput, ListWidget

from app.errors import Invalid
from app.forms import Form
from app.i18n import _
from portals.dialog.model import Consultation, ConsultationDraft, ParticipantDraft, Phase, PhaseDraft
from portals.dialog.rules import moments

KINDS: Final = (("resident", _("Resident")), ("business", _("Business")), ("organisation", _("Organisation")))
SHOWN: Final = (
    ("name", _("Under one's name")),
    ("pseudonym", _("Under a pseudonym")),
    ("anonymous", _("Anonymous to the public, known to the city")),
)
OPEN_TO: Final = (
    ("everyone", _("Everyone, without an account where the block can do without")),
    ("signed_in", _("Everyone who has an account")),
    ("verified", _("Only those whose identity the office has checked")),
)
DETAILS: Final = (
    ("full_name", _("Full name")),
    ("address", _("Address")),
    ("birth_year", _("Year of birth")),
    ("phone", _("Telephone")),
    ("pesel", _("PESEL number")),
    ("register_number", _("NIP, REGON or KRS number")),
)
FOLDS: Final = (("", "—"), ("0", _("the first time, before the clocks go back")), ("1", _("the second time, after")))
TWICE: Final = _("That night the clocks go back and this time comes twice: choose below which one")
NEVER: Final = _("That night the clocks go forward and this time does not exist: choose an hour later")
_MOMENT: Final = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class Choices(wtforms.SelectMultipleField):
    """Several of a list, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class NewForm(Form):
    """A new consultation."""

    title = wtforms.StringField(_("Title"), validators=[validators.InputRequired()])


class WordsForm(Form):
    """What the clerk writes of a consultation."""

    title = wtforms.StringField(_("Title"), validators=[validators.InputRequired()])
    summary = wtforms.TextAreaField(
        _("What is decided"), description=_("Two or three sentences; they stand at the top"), render_kw={"rows": 4}
    )
    topic = wtforms.StringField(_("Topic"), description=_("Such as transport, greenery, schools"))
    districts = Choices(_("Districts it is about"), description=_("None: the whole city"), validate_choice=False)
    contact = wtforms.StringField(_("Whom to ask"), description=_("Department, telephone, e-mail"))
    legal_basis = wtforms.StringField(_("Legal basis"))
    open_to = wtforms.RadioField(_("Who may take part"), choices=list(OPEN_TO))
    kinds = Choices(_("As whom people take part"), choices=list(KINDS))
    only_districts = Choices(
        _("Only people of these districts"), description=_("None: people of all districts"), validate_choice=False
    )
    shown_as = Choices(
        _("How people may be shown to the public"),
        description=_("Each person chooses one of them. The office knows who it is in any case"),
        choices=list(SHOWN),
    )
    asked = Choices(
        _("What people are asked for when they join"),
        description=_("Beside name and district. Ask for as little as the law demands: these are personal data"),
        choices=list(DETAILS),
    )
    rev = wtforms.HiddenField()


class PhaseForm(Form):
    """A phase with its moments on the city's clocks."""

    title = wtforms.StringField(_("Title"), validators=[validators.InputRequired()])
    summary = wtforms.TextAreaField(_("In a few words"), render_kw={"rows": 2})
    starts_at = wtforms.DateTimeLocalField(_("Begins"), format=_MOMENT, validators=[validators.InputRequired()])
    starts_fold = wtforms.SelectField(_("Which of the two"), choices=list(FOLDS), validate_choice=False)
    ends_at = wtforms.DateTimeLocalField(
        _("Ends"),
        format=_MOMENT,
        validators=[validators.InputRequired()],
        description=_("From this very second on nothing is taken any more"),
    )
    ends_fold = wtforms.SelectField(_("Which of the two"), choices=list(FOLDS), validate_choice=False)
    rev = wtforms.HiddenField()


class ExtendForm(Form):
    """A later end, and why."""

    ends_at = wtforms.DateTimeLocalField(
        _("New end"), format=_MOMENT, validators=[validators.InputRequired()], id="extend-ends"
    )
    ends_fold = wtforms.SelectField(_("Which of the two"), choices=list(FOLDS), validate_choice=False, id="extend-fold")
    reason = wtforms.TextAreaField(_("Reason"), description=_("Everybody reads it"), render_kw={"rows": 2})


class ReasonForm(Form):
    """Why something is done."""

    reason = wtforms.TextAreaField(_("Reason"), description=_("Everybody reads it"), render_kw={"rows": 2})


class BlockForm(Form):
    """What every block has; the kind's own fields stand below."""

    title = wtforms.StringField(_("Title"), description=_("Empty: the name of the kind"))
    rev = wtforms.HiddenField()


class JoinForm(Form):
    """As whom somebody takes part. Fields that the consultation does not ask for are taken out."""

    kind = wtforms.RadioField(_("As whom"), choices=list(KINDS), validate_choice=False)
    organisation = wtforms.StringField(_("Name of the firm or organisation"))
    district = wtforms.SelectField(_("District you live in"), validate_choice=False)
    shown_as = wtforms.RadioField(_("How the public sees you"), choices=list(SHOWN), validate_choice=False)
    pseudonym = wtforms.StringField(
        _("Pseudonym"), description=_("It stays the same in the whole consultation and is not changed later")
    )
    full_name = wtforms.StringField(_("Full name"))
    address = wtforms.StringField(_("Address"))
    birth_year = wtforms.StringField(
        _("Year of birth"), render_kw={"inputmode": "numeric", "autocomplete": "bday-year"}
    )
    phone = wtforms.StringField(_("Telephone"), render_kw={"type": "tel", "autocomplete": "tel"})
    pesel = wtforms.StringField(_("PESEL number"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    register_number = wtforms.StringField(_("NIP, REGON or KRS number"))


class VerificationForm(Form):
    """Somebody asks the office to check who they are."""

    kind = wtforms.RadioField(_("As whom"), choices=list(KINDS), default="resident")
    full_name = wtforms.StringField(_("Full name"), validators=[validators.InputRequired()])
    organisation = wtforms.StringField(_("Name of the firm or organisation"))
    district = wtforms.SelectField(_("District"), validate_choice=False)
    address = wtforms.StringField(_("Address"), description=_("The office compares it with its registers"))
    note = wtforms.TextAreaField(
        _("How the office can check it"),
        description=_("For instance: I come with my identity card on Tuesday"),
        render_kw={"rows": 3},
    )


def moment_of(form: Form, name: str, zone: ZoneInfo) -> datetime | None:
    """The moment that fields `<name>_at` and `<name>_fold` say; what is wrong stands beside the field."""
    field, fold = form[f"{name}_at"], form[f"{name}_fold"]
    local = field.data
    if local is None:
        return None
    found = moments(local, zone)
    if not found:
        field.errors = [*field.errors, form.locale.gettext(NEVER)]
        return None
    if len(found) == 1:
        return found[0]
    if fold.data not in {"0", "1"}:
        field.errors = [*field.errors, form.locale.gettext(TWICE)]
        return None
    return found[int(fold.data)]


def show_moment(form: Form, name: str, moment: datetime, zone: ZoneInfo) -> None:
    """Fills the two fields with a moment."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    form[f"{name}_at"].data = local
    found = moments(local, zone)
    form[f"{name}_fold"].data = str(found.index(moment)) if len(found) > 1 and moment in found else ""


def is_double(form: Form, name: str, zone: ZoneInfo) -> bool:
    """Whether the moment that stands in the form comes twice: then the choice is shown."""
    local = form[f"{name}_at"].data
    return isinstance(local, datetime) and len(moments(local, zone)) > 1


def words_draft(form: WordsForm) -> ConsultationDraft:
    """What a sent form says."""
    values = {name: form[name].data for name in ConsultationDraft.__struct_fields__ if name in form}
    try:
        return msgspec.convert({name: value or _nothing(name) for name, value in values.items()}, ConsultationDraft)
    except msgspec.ValidationError:
        raise Invalid(fields={"open_to": "Choose one of these"}) from None


def _nothing(name: str) -> object:
    several = {"districts", "kinds", "only_districts", "shown_as", "asked"}
    return [] if name in several else "signed_in" if name == "open_to" else ""


def phase_draft(form: PhaseForm, zone: ZoneInfo) -> PhaseDraft | None:
    """What a sent form says; None where a moment is wrong, with the words beside it."""
    starts_at, ends_at = moment_of(form, "starts", zone), moment_of(form, "ends", zone)
    if starts_at is None or ends_at is None:
        return None
    return PhaseDraft(
        title=form.title.data or "", summary=form.summary.data or "", starts_at=starts_at, ends_at=ends_at
    )


def fill_phase(form: PhaseForm, phase: Phase, zone: ZoneInfo) -> None:
    form.title.data, form.summary.data, form.rev.data = phase.title, phase.summary, str(phase.rev)
    show_moment(form, "starts", phase.starts_at, zone)
    show_moment(form, "ends", phase.ends_at, zone)


def set_district_choices(field: wtforms.SelectField, choices: Sequence[str], nothing: str) -> None:
    """`nothing`: the words of the empty choice, in the reader's language."""
    field.choices = [("", nothing), *((one, one) for one in choices)]


def fit_join(form: JoinForm, consultation: Consultation, districts: Sequence[str]) -> None:
    """Takes out what this consultation does not ask, and offers what it allows."""
    gettext = form.locale.gettext
    form.kind.choices = [(value, gettext(text)) for value, text in KINDS if value in consultation.kinds]
    form.shown_as.choices = [(value, gettext(text)) for value, text in SHOWN if value in consultation.shown_as]
    set_district_choices(form.district, consultation.only_districts or districts, gettext(_("Choose")))
    unneeded = [name for name, _label in DETAILS if name not in consultation.asked]
    if len(form.kind.choices) == 1:
        unneeded.append("kind")
    if consultation.kinds == ["resident"]:
        unneeded += ["organisation"]
    if len(form.shown_as.choices) == 1:
        unneeded.append("shown_as")
    if "pseudonym" not in consultation.shown_as:
        unneeded.append("pseudonym")
    if not (consultation.only_districts or districts):
        unneeded.append("district")
    for name in unneeded:
        del form[name]


def join_draft(form: JoinForm, consultation: Consultation) -> ParticipantDraft:
    """What a sent form says."""
    values = {
        "kind": consultation.kinds[0],
        "shown_as": consultation.shown_as[0],
        **{
            name: form[name].data or ""
            for name in ("kind", "organisation", "district", "shown_as", "pseudonym")
            if name in form
        },
    }
    details = {name: form[name].data or "" for name, _label in DETAILS if name in form}
    fields = {name: "Choose one of these" for name in ("kind", "shown_as") if not values[name]}
    if fields:
        raise Invalid(fields=fields)
    try:
        return msgspec.convert({**values, "details": details}, ParticipantDraft)
    except msgspec.ValidationError:
        raise Invalid(fields={"kind": "Choose one of these"}) from None
