"""Forms of the principal's page: rules of grading, categories."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.forms import Form
from app.i18n import _
from schools.grades.model import GradeSettings

NEEDED: Final = InputRequired(_("This is needed"))
SIGNS: Final = (("plus", "+"), ("minus", "-"), ("equals", "="), ("double_plus", "++"), ("double_minus", "--"))
"""Field → sign."""


class CommaDecimal(wtforms.DecimalField):
    """A number as it is written in Poland: 0,33."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            number = Decimal(valuelist[0].strip().replace(",", ".").replace("−", "-"))
        except InvalidOperation:
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value.")) from None
        if not number.is_finite():
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))
        self.data = number

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data).replace(".", ",")


class RulesForm(Form):
    """What the school's statute says of grading."""

    plus = CommaDecimal(_("+ adds"), [Optional(), NumberRange(-1, 1)], description=_("Empty: the sign is not used"))
    minus = CommaDecimal(_("− adds"), [Optional(), NumberRange(-1, 1)])
    equals = CommaDecimal(_("= adds"), [Optional(), NumberRange(-1, 1)])
    double_plus = CommaDecimal(_("++ adds"), [Optional(), NumberRange(-1, 1)])
    double_minus = CommaDecimal(_("−− adds"), [Optional(), NumberRange(-1, 1)])
    prefix = wtforms.SelectField(_("Signs are shown"), choices=[("", _("behind: 4+")), ("1", _("before: +4"))])
    non_graded = wtforms.StringField(
        _("Entries without a grade"),
        [Length(max=100)],
        description=_("With spaces between them; averages leave them out"),
    )
    resit = wtforms.SelectField(
        _("Of a test and its re-sit counts"),
        choices=[("last", _("the last one")), ("better", _("the better one")), ("both", _("both"))],
    )
    threatened_below = CommaDecimal(_("Threatened below the average"), [NEEDED, NumberRange(1, 6)])
    absence_comparison = wtforms.SelectField(
        _("Not classified: absence"), choices=[(">", _("over the share")), ("≥", _("the share or over"))]
    )
    absence_percent = CommaDecimal(_("Share of the subject's time, %"), [NEEDED, NumberRange(1, 100)])
    absence_basis = wtforms.StringField(_("Legal basis"), [NEEDED, Length(max=200)])
    distinction_average = CommaDecimal(_("Distinction from the average"), [NEEDED, NumberRange(1, 6)])
    descriptive_to_level = wtforms.IntegerField(_("Graded in words up to class"), [NumberRange(0, 8)])
    behaviour_start = wtforms.IntegerField(_("Points of behaviour at the beginning"), [NumberRange(-500, 1000)])

    def wanted(self) -> GradeSettings:
        """What the form says; it is valid."""
        usual = GradeSettings()
        signs = {sign: getattr(self, name).data for name, sign in SIGNS}
        return GradeSettings(
            modifiers={sign: value for sign, value in signs.items() if value is not None},
            prefix=bool(self.prefix.data),
            non_graded=(self.non_graded.data or "").lower().split(),
            resit=self.resit.data,
            threatened_below=self.threatened_below.data or usual.threatened_below,
            absence_percent=self.absence_percent.data or usual.absence_percent,
            absence_comparison=self.absence_comparison.data,
            absence_basis=(self.absence_basis.data or "").strip(),
            distinction_average=self.distinction_average.data or usual.distinction_average,
            descriptive_to_level=self.descriptive_to_level.data or 0,
            behaviour_start=self.behaviour_start.data or 0,
        )


def filled_from(settings: GradeSettings) -> dict[str, object]:
    """Values of the form's fields."""
    names = (
        "resit",
        "threatened_below",
        "absence_percent",
        "absence_comparison",
        "absence_basis",
        "distinction_average",
        "descriptive_to_level",
        "behaviour_start",
    )
    return {
        **{name: getattr(settings, name) for name in names},
        **{name: settings.modifiers.get(sign) for name, sign in SIGNS},
        "prefix": "1" if settings.prefix else "",
        "non_graded": " ".join(settings.non_graded),
    }


class CategoryForm(Form):
    """A category of grades."""

    name = wtforms.StringField(_("Name"), [NEEDED, Length(max=60)])
    short = wtforms.StringField(_("Short name, shown with the colour"), [NEEDED, Length(max=8)])
    weight = CommaDecimal(_("Weight"), [NEEDED, NumberRange(0, 100)])
    colour = wtforms.SelectField(
        _("Colour"),
        choices=[
            ("red", _("red")),
            ("amber", _("amber")),
            ("green", _("green")),
            ("sea", _("sea blue")),
            ("navy", _("navy blue")),
            ("grey", _("grey")),
        ],
    )
    subject_id = wtforms.SelectField(_("School subject"), choices=[], validate_choice=False)


class CategoryChangeForm(Form):
    """Weight for new columns, or no longer offered."""

    weight = CommaDecimal(_("Weight"), [NEEDED, NumberRange(0, 100)])
    archived = wtforms.BooleanField(_("No longer offered"))
