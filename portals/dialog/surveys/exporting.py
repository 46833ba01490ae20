"""Answers and results as tables.

Nobody's name is in them, the office's neither: a survey is read without its authors. Of hidden answers there are no
texts and files, of removed ones nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.i18n import Locale, _
from portals.dialog.spreadsheets import Cell, Sheet
from portals.dialog.surveys.counting import counted
from portals.dialog.surveys.model import Answer, Option, Question, QuestionResult, Version
from portals.dialog.surveys.rules import SMALL, as_number, asked

SOURCES: Final[Mapping[str, str]] = {
    "account": _("with an account"),
    "open": _("without an account"),
    "paper": _("on paper"),
}
KINDS: Final[Mapping[str, str]] = {
    "resident": _("Resident"),
    "business": _("Business"),
    "organisation": _("Organisation"),
}


def answers_sheet(locale: Locale, versions: Sequence[Version], answers: Sequence[Answer]) -> Sheet:
    """A line an answer, columns for every question that was ever asked."""
    questions: dict[str, Question] = {}
    for version in sorted(versions, key=lambda one: -one.number):
        for one in asked(version.questions):
            questions.setdefault(one.key, one)
    numbers = {version.id: version.number for version in versions}
    header = [
        locale.gettext(text) for text in (_("No."), _("Source"), _("Kind"), _("District"), _("Version"), _("Sent"))
    ]
    columns: list[tuple[Question, Option | None]] = []
    for one in questions.values():
        columns += [(one, row) for row in one.rows] or [(one, None)]
    header += [f"{one.text}: {row.text}" if row else one.text for one, row in columns]
    rows: list[list[Cell]] = []
    for number, answer in enumerate(counted(answers), start=1):
        assert answer.sent_at is not None
        line: list[Cell] = [
            number,
            locale.gettext(SOURCES[answer.source]),
            locale.gettext(KINDS[answer.kind]),
            answer.district,
            numbers[answer.version_id],
            f"{answer.sent_at.astimezone(locale.zone):%Y-%m-%d %H:%M}",
        ]
        rows.append(line + [_said(one, row.key if row else "", answer) for one, row in columns])
    return Sheet(locale.gettext(_("Answers")), header, rows)


def _said(one: Question, row: str, answer: Answer) -> Cell:
    value: Any = (answer.answers or {}).get(one.key)
    if value is None or (answer.hidden_at is not None and one.type in {"text", "file"}):
        return ""
    texts = {option.key: option.text for option in one.options}
    match one.type:
        case "single":
            return texts.get(value, "")
        case "multiple":
            return "; ".join(texts[key] for key in value if key in texts)
        case "ranking":
            return " > ".join(texts[key] for key in value if key in texts)
        case "matrix":
            return texts.get(value.get(row, ""), "")
        case "scale":
            return int(value)
        case "number":
            return as_number(value) or 0
        case _:
            return str(value)


def results_sheet(locale: Locale, results: Sequence[QuestionResult]) -> Sheet:
    """A line a choice. What is too small to be told is written as such."""
    header = [locale.gettext(text) for text in (_("Question asked"), _("Row"), _("Answer"), _("People"), _("Answered"))]
    rows: list[list[Cell]] = []
    for one in results:
        answered = _number(one.answered)
        lines = [(count, "") for count in one.counts] + [(count, row.text) for row in one.rows for count in row.counts]
        rows += [[one.text, row, count.text, _number(count.shown), answered] for count, row in lines]
        if one.spread:
            words = (_("Mean"), _("Median"))
            values = (one.spread.mean, one.spread.median)
            rows += [
                [one.text, "", locale.gettext(word), value, answered] for word, value in zip(words, values, strict=True)
            ]
        rows += [[one.text, "", text, 1, answered] for text in one.texts]
        if not (one.counts or one.rows or one.spread or one.texts):
            rows.append([one.text, "", "", answered, answered])
    return Sheet(locale.gettext(_("Results")), header, rows)


def _number(value: int | None) -> Cell:
    return f"< {SMALL}" if value is None else value
