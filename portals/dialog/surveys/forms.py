"""Forms of surveys for the office: settings, a question, a pasted text, a sheet of paper, a reason."""

from collections.abc import Sequence
from typing import Final

import wtforms
from wtforms.validators import InputRequired, NumberRange, Optional

from app.forms import Form
from app.i18n import _
from portals.dialog.forms import KINDS
from portals.dialog.surveys.model import Condition, Question, QuestionDraft

TYPES: Final = (
    ("single", _("One of several")),
    ("multiple", _("Several of several")),
    ("scale", _("Scale")),
    ("matrix", _("Matrix: rows with the same options")),
    ("ranking", _("Ranking")),
    ("text", _("Text")),
    ("number", _("A number")),
    ("date", _("Date")),
    ("file", _("File")),
    ("page", _("New page (heading)")),
)
NUMBER: Final = {"inputmode": "numeric", "autocomplete": "off"}
PLACES: Final = (1, 2)
"""A question may have so many conditions; all of them must hold."""


class SurveyForm(Form):
    """Fields are named as the settings' fields."""

    intro = wtforms.TextAreaField(
        _("Introduction"),
        description=_("Markdown; stands above the questions"),
        render_kw={"rows": 4, "data-markdown": "1"},
    )
    thanks = wtforms.TextAreaField(_("Words of thanks after sending"), render_kw={"rows": 2})
    changeable = wtforms.BooleanField(_("What was sent may be changed until the phase ends"))
    results = wtforms.SelectField(
        _("The public sees results"),
        choices=[
            ("after", _("After the end")),
            ("during", _("While the survey runs, live")),
            ("office", _("Never: the office alone")),
        ],
    )
    hide_small = wtforms.BooleanField(
        _("Hide numbers below five"), description=_("So that nobody can be recognised in a small group")
    )
    texts_public = wtforms.BooleanField(
        _("Free texts stand in the public results"), description=_("They may hold personal data: hide those first")
    )


class QuestionForm(Form):
    """One question; which fields matter depends on the type."""

    type = wtforms.SelectField(_("Type"), choices=list(TYPES))
    text = wtforms.TextAreaField(_("Question or heading"), [InputRequired()], render_kw={"rows": 2, "maxlength": "500"})
    help = wtforms.StringField(_("Help below it"), render_kw={"maxlength": "500"})
    required = wtforms.BooleanField(_("An answer is required"))
    options = wtforms.TextAreaField(_("Options"), description=_("A line each"), render_kw={"rows": 6})
    rows = wtforms.TextAreaField(_("Rows of the matrix"), description=_("A line each"), render_kw={"rows": 4})
    least = wtforms.IntegerField(
        _("Least"),
        [Optional(), NumberRange(0, 1_000_000)],
        description=_("Choices, characters, the number, the first step of a scale"),
        render_kw=NUMBER,
    )
    most = wtforms.IntegerField(
        _("Most"),
        [Optional(), NumberRange(0, 1_000_000)],
        description=_("0: no limit; the last step of a scale is 10 at most"),
        render_kw=NUMBER,
    )
    least_label = wtforms.StringField(_("Words at the first step"), render_kw={"maxlength": "80"})
    most_label = wtforms.StringField(_("Words at the last step"), render_kw={"maxlength": "80"})
    when_1 = wtforms.SelectField(_("Ask it only if"), validate_choice=False)
    number_1 = wtforms.StringField(_("… this number"), render_kw=NUMBER)
    when_2 = wtforms.SelectField(_("and if"), validate_choice=False)
    number_2 = wtforms.StringField(_("… this number (second condition)"), render_kw=NUMBER)
    rev = wtforms.HiddenField()


class PasteForm(Form):
    """Questions from a letter or a document."""

    text = wtforms.TextAreaField(
        _("Text with questions"), [InputRequired()], render_kw={"rows": 16, "spellcheck": "true"}
    )


class EnforceForm(Form):
    """Why questions change while people answer."""

    reason = wtforms.StringField(_("Reason; residents read it"), render_kw={"maxlength": "500"})


class SheetForm(Form):
    """What stands on a sheet of paper beside its answers."""

    sheet = wtforms.StringField(
        _("Number on the sheet"), [InputRequired()], render_kw={"maxlength": "40", "autocomplete": "off"}
    )
    kind = wtforms.SelectField(_("Who filled it in"), choices=list(KINDS))
    district = wtforms.StringField(_("District"), render_kw={"maxlength": "120", "list": "survey-districts"})


class ReasonForm(Form):
    """Why an answer is hidden or does not count."""

    reason = wtforms.StringField(_("Reason"), render_kw={"maxlength": "500"})


def condition_choices(questions: Sequence[Question], before: str, words: dict[str, str]) -> list[tuple[str, str]]:
    """What a question may depend on: those above it. `words`: by operator, in the reader's language."""
    found = [("", words["always"])]
    for one in questions:
        if one.key == before:
            break
        if one.type in {"single", "multiple"}:
            for option in one.options:
                found.append((f"{one.key} is {option.key}", f"{one.text} = {option.text}"))
                found.append((f"{one.key} is_not {option.key}", f"{one.text} ≠ {option.text}"))
        if one.type in {"scale", "number"}:
            found += [(f"{one.key} at_least", f"{one.text} ≥ …"), (f"{one.key} at_most", f"{one.text} ≤ …")]
        if one.type != "page":
            found.append((f"{one.key} answered", f"{one.text}: {words['answered']}"))
    return found


def conditions_of(form: QuestionForm) -> list[Condition]:
    found = []
    for place in PLACES:
        parts = str(form[f"when_{place}"].data or "").split(" ")
        if len(parts) < 2 or parts[1] not in {"is", "is_not", "at_least", "at_most", "answered"}:
            continue
        number = str(form[f"number_{place}"].data or "").strip()
        value = parts[2] if len(parts) > 2 else number if parts[1] in {"at_least", "at_most"} else ""
        found.append(Condition(parts[0], parts[1], value))  # type: ignore[arg-type]  # looked at above
    return found


def question_draft(form: QuestionForm) -> QuestionDraft:
    return QuestionDraft(
        type=form.type.data,
        text=form.text.data or "",
        help=(form.help.data or "")[:500],
        required=form.required.data,
        options=(form.options.data or "").splitlines(),
        rows=(form.rows.data or "").splitlines(),
        least=form.least.data or 0,
        most=form.most.data or 0,
        least_label=(form.least_label.data or "")[:80],
        most_label=(form.most_label.data or "")[:80],
        when=conditions_of(form),
    )


def fill_question(form: QuestionForm, one: Question) -> None:
    for name in ("type", "text", "help", "required", "least", "most", "least_label", "most_label"):
        form[name].data = getattr(one, name)
    form.options.data = "\n".join(option.text for option in one.options)
    form.rows.data = "\n".join(row.text for row in one.rows)
    for place, when in zip(PLACES, one.when, strict=False):
        numeric = when.op in {"at_least", "at_most"}
        parts = [when.question, when.op] if numeric or when.op == "answered" else [when.question, when.op, when.value]
        form[f"when_{place}"].data = " ".join(parts)
        form[f"number_{place}"].data = when.value if numeric else ""
