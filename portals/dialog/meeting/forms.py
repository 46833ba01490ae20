"""What the clerk sets of a meeting."""

import wtforms

from app.forms import Form
from app.i18n import _


class MeetingForm(Form):
    """Fields are named as the settings' fields."""

    intro = wtforms.TextAreaField(
        _("Introduction"),
        description=_("Markdown; stands above the meeting"),
        render_kw={"rows": 4, "data-markdown": "1"},
    )
    questions_before = wtforms.BooleanField(_("Questions may be asked before the meeting begins"))
    chat = wtforms.BooleanField(_("There is a chat beside the picture"))
    hands = wtforms.BooleanField(
        _("People may raise their hand"), description=_("Whom you invite speaks with camera and microphone")
    )
