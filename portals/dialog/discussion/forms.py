"""Forms of discussions: settings of a block, word rules, opinions from paper."""

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange

from app.forms import Form
from app.i18n import _

MODERATION = (
    ("after", _("After: everything is public at once, moderators look later")),
    ("before", _("Before: a moderator looks at each comment first")),
)
SORTS = (
    ("newest", _("Newest")),
    ("endorsed", _("Most endorsed")),
    ("discussed", _("Most discussed")),
    ("oldest", _("Oldest")),
)


class DiscussionForm(Form):
    """What the clerk chooses for a discussion."""

    moderation = wtforms.RadioField(_("When moderators look"), choices=MODERATION)
    alignment = wtforms.BooleanField(_("Ask for and against"), description=_("Each comment can say: for, against"))
    sort = wtforms.SelectField(_("What stands first"), choices=SORTS)
    edit_minutes = wtforms.IntegerField(
        _("Minutes in which authors can change a comment"),
        description=_("Everybody can read what it said before"),
        validators=[InputRequired(), NumberRange(0, 1440)],
    )
    new_account_days = wtforms.IntegerField(
        _("Days for which links of a new account wait for a moderator"),
        validators=[InputRequired(), NumberRange(0, 365)],
    )
    most_links = wtforms.IntegerField(
        _("More links than this wait for a moderator"), validators=[InputRequired(), NumberRange(0, 50)]
    )


class WordsForm(Form):
    """Word rules, one a line."""

    hold = wtforms.TextAreaField(
        _("Comments with these words wait for a moderator"),
        description=_("One word or phrase a line. A star stands for any ending: idiot*"),
        validators=[Length(max=30_000)],
        render_kw={"rows": 8},
    )
    refuse = wtforms.TextAreaField(
        _("Comments with these words are not taken"),
        description=_("The author is told which word it is, and keeps the text"),
        validators=[Length(max=30_000)],
        render_kw={"rows": 8},
    )


class PaperForm(Form):
    """An opinion that came on paper."""

    name = wtforms.StringField(_("Name on the paper"), validators=[InputRequired(), Length(max=200)])
    anonymous = wtforms.BooleanField(_("The person does not want to be named in public"))
    kind = wtforms.SelectField(_("Who it is"), choices=())
    organisation = wtforms.StringField(_("Business or organisation"), validators=[Length(max=200)])
    district = wtforms.StringField(_("District"), validators=[Length(max=120)])
    alignment = wtforms.RadioField(
        _("Position"), choices=(("0", _("neither")), ("1", _("for")), ("-1", _("against"))), default="0"
    )
    text = wtforms.TextAreaField(
        _("What is written"), validators=[InputRequired(), Length(max=3000)], render_kw={"rows": 8}
    )
