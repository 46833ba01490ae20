"""Forms of answers, conclusions and of following."""

import wtforms

from app.forms import Form
from app.i18n import _
from portals.dialog.outcome.rules import RHYTHMS, STATUSES

MARKDOWN_HINT = _("Markdown: # heading, **bold**, - list, [link](https://…)")


class OutcomeForm(Form):
    """What the clerk sets for the block."""

    intro = wtforms.TextAreaField(
        _("What the office does with what people wrote"),
        description=MARKDOWN_HINT,
        render_kw={"rows": 6, "data-markdown": "1"},
    )


class AnswerForm(Form):
    """One answer to what is ticked."""

    decision = wtforms.SelectField(_("Status"), choices=list(STATUSES.items()), validate_choice=False)
    answer = wtforms.TextAreaField(
        _("Answer of the office"), description=MARKDOWN_HINT, render_kw={"rows": 6, "data-markdown": "1"}
    )


class ReportForm(Form):
    """The conclusions."""

    text = wtforms.TextAreaField(
        _("Conclusions of the office"), description=MARKDOWN_HINT, render_kw={"rows": 18, "data-markdown": "1"}
    )
    rev = wtforms.HiddenField()


class RhythmForm(Form):
    """How often."""

    rhythm = wtforms.SelectField(
        _("Mail about this consultation"), choices=list(RHYTHMS.items()), validate_choice=False
    )
