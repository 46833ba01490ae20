"""The form of a webhook."""

from typing import Any, Final, cast

import wtforms
from wtforms import validators
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms import Form
from app.i18n import _
from portals.helpdesk.webhooks import words
from portals.helpdesk.webhooks.model import Kind, Webhook, WebhookDraft

NEEDED: Final = validators.InputRequired(_("This is needed here"))


class Choices(wtforms.SelectMultipleField):
    """Several of a list, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WebhookForm(Form):
    name = wtforms.StringField(_("Name"), validators=[NEEDED], render_kw={"maxlength": 80, "autocomplete": "off"})
    url = wtforms.StringField(
        _("Address of the receiver"),
        description=_("Begins with https:// and takes POST"),
        validators=[NEEDED],
        render_kw={"maxlength": 1000, "autocomplete": "off", "inputmode": "url"},
    )
    events = Choices(_("What is sent"), choices=list(words.EVENTS.items()), validate_choice=False)
    notes = wtforms.BooleanField(
        _("Notes inside are sent too"),
        description=_("With answers. Notes may hold what requesters and others must not read"),
    )
    active = wtforms.BooleanField(_("It is on"), default=True)
    rev = wtforms.HiddenField(default="0")


def draft_of(form: WebhookForm) -> WebhookDraft:
    rev: Any = form.rev.data or ""
    return WebhookDraft(
        name=(form.name.data or "")[:500],
        url=(form.url.data or "")[:4000],
        events=[cast("Kind", one) for one in form.events.data or () if one in words.EVENTS],
        notes=bool(form.notes.data),
        active=bool(form.active.data),
        rev=int(rev) if rev.isascii() and rev.isdigit() and len(rev) < 18 else 0,
    )


def fill(form: WebhookForm, webhook: Webhook) -> None:
    for name in ("name", "url", "events", "notes", "active"):
        form[name].data = getattr(webhook, name)
    form.rev.data = str(webhook.rev)
