"""Forms of the search's parts."""

from typing import Any

import wtforms

from app.forms import Form
from app.i18n import _


class ViewForm(Form):
    name = wtforms.StringField(_("Name of the view"), render_kw={"maxlength": "60"})
    question = wtforms.StringField(
        _("What it shows"),
        description=_("In writing, as the search shows it: state:open assignee:me"),
        render_kw={"maxlength": "400"},
    )
    team_id: Any = wtforms.SelectField(_("For whom"), choices=[], validate_choice=False)
    place = wtforms.StringField(
        _("Order"), description=_("Smaller numbers stand first"), render_kw={"inputmode": "numeric", "maxlength": "3"}
    )
    default = wtforms.BooleanField(_("The search opens with it, for me"))
    rev = wtforms.HiddenField()
