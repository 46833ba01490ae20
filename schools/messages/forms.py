"""Forms of messages; texts come out of the upload, files beside them."""

from collections.abc import Mapping

import wtforms
from aiohttp import web
from multidict import MultiDict
from wtforms.validators import InputRequired, Length

from app.forms import AnyForm, Form, guard
from app.i18n import LOCALES, _

TOO_LONG = _("This is too long: 10 000 characters at most")


class ReplyForm(Form):
    text = wtforms.TextAreaField(
        _("Answer"),
        validators=[InputRequired(_("Write the message first")), Length(max=10_000, message=TOO_LONG)],
        render_kw={"rows": 4},
    )


class DraftForm(Form):
    """`to` is drawn by the page, in parts."""

    to = wtforms.SelectField(
        _("To"), choices=[], validate_choice=False, validators=[InputRequired(_("Choose to whom"))]
    )
    also = wtforms.SelectField(_("Also to"), choices=[], validate_choice=False)
    subject = wtforms.StringField(
        _("Subject"),
        validators=[
            InputRequired(_("Say in a few words what it is about")),
            Length(max=200, message=_("This is too long: 200 characters at most")),
        ],
    )
    text = wtforms.TextAreaField(
        _("Message"),
        validators=[InputRequired(_("Write the message first")), Length(max=10_000, message=TOO_LONG)],
        render_kw={"rows": 7},
    )
    to_confirm = wtforms.BooleanField(
        _("Ask everybody to confirm"), description=_("You see who has not, and can remind them")
    )


class ChoicesForm(Form):
    """How somebody hears of new messages."""

    push = wtforms.BooleanField(_("Notifications of the browser"))
    mail = wtforms.BooleanField(_("A letter to my e-mail address"))


async def form_of(request: web.Request, kind: type[AnyForm], texts: Mapping[str, str]) -> AnyForm:
    """A form from the texts of an upload; its token was checked while it came in."""
    meta = {"guard": await guard(request), "locale": request.app[LOCALES].choose(request)}
    form = kind(MultiDict(texts), meta=meta)
    form.posted = True
    return form
