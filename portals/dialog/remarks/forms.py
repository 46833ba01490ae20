"""The office's forms of drafts and remarks."""

import wtforms
from wtforms.validators import InputRequired, Length

from app.forms import Form
from app.i18n import _
from portals.dialog.remarks.rules import POSITIONS

NEEDED = InputRequired(_("This is needed"))


class RemarksForm(Form):
    """Settings of the block."""

    intro = wtforms.TextAreaField(
        _("Above the text"),
        description=_("Markdown: what the office asks people to look at"),
        render_kw={"rows": 4, "data-markdown": "1"},
    )


class DraftForm(Form):
    """A version's text. `base`: the version it was made from."""

    base = wtforms.HiddenField()
    title = wtforms.StringField(_("Name of this version"), description=_("For instance: draft of 12 March"))
    note = wtforms.TextAreaField(
        _("What has changed"), description=_("In a sentence or two, for everybody who reads it"), render_kw={"rows": 3}
    )
    file = wtforms.FileField(
        _("File"),
        description=_("Word (.docx), Markdown or plain text; up to 5 MB. It takes the place of the text below"),
    )
    text = wtforms.TextAreaField(
        _("Text"),
        description=_(
            "One paragraph a line, or with empty lines between. §, 1., 1), a) and – make paragraphs; # a heading"
        ),
        render_kw={"rows": 20, "spellcheck": "true"},
    )


class PositionForm(Form):
    """The office's position to one remark."""

    rev = wtforms.HiddenField()
    position = wtforms.SelectField(_("Position"), choices=[("", _("no position yet")), *POSITIONS.items()])
    answer = wtforms.TextAreaField(_("Reasons"), render_kw={"rows": 4})


class PaperForm(Form):
    """A remark that came on paper."""

    participant_id = wtforms.SelectField(_("Whose remark"), choices=[("0", _("somebody new"))])
    name = wtforms.StringField(_("First and last name"), validators=[Length(max=200)])
    kind = wtforms.SelectField(
        _("Who it is"),
        choices=[("resident", _("Resident")), ("business", _("Business")), ("organisation", _("Organisation"))],
    )
    organisation = wtforms.StringField(_("Name of the business or organisation"), validators=[Length(max=200)])
    district = wtforms.StringField(_("District"), validators=[Length(max=120)])
    shown_as = wtforms.SelectField(
        _("How the public sees the person"),
        choices=[
            ("name", _("by name")),
            ("pseudonym", _("by a pseudonym")),
            ("anonymous", _("as an anonymous person")),
        ],
    )
    received = wtforms.DateField(_("When it came in"), validators=[NEEDED], render_kw={"type": "date"})
    paragraph_id = wtforms.SelectField(_("Paragraph"), choices=[], validate_choice=False)
    quote = wtforms.TextAreaField(
        _("Words in question"),
        description=_("Copied from the paragraph; empty: the remark is on all of it"),
        render_kw={"rows": 2},
    )
    text = wtforms.TextAreaField(_("Remark"), validators=[InputRequired(_("Write your remark"))], render_kw={"rows": 6})
    proposal = wtforms.TextAreaField(_("Proposed wording"), render_kw={"rows": 3})
