"""Words for what the knowledge base stores by codes."""

from typing import Final

from app.i18n import _
from portals.helpdesk.knowledge.forms import AUDIENCES

STANDINGS: Final = {
    "draft": _("draft"),
    "published": _("is published"),
    "changed": _("newer draft"),
    "withdrawn": _("was withdrawn"),
}
STANDING_KINDS: Final = {"draft": "warning", "published": "success", "changed": "info"}
FIELDS: Final = {
    "title": _("Title"),
    "lead": _("In one sentence"),
    "keywords": _("Other words people use"),
    "category": _("Section"),
    "audience": _("Who reads it"),
    "models": _("Device models it is about"),
    "text": _("Text"),
}
AUDIENCE: Final = dict(AUDIENCES)
