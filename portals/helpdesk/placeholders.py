"""Placeholders of canned replies: `{requester}` becomes a name. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from app.i18n import _

PLACEHOLDERS: Final[Mapping[str, str]] = {
    "requester": _("the requester's name"),
    "number": _("the ticket's number"),
    "subject": _("the subject"),
    "unit": _("the unit"),
    "room": _("the room"),
    "device": _("the device's number"),
    "category": _("the category"),
    "agent": _("your name"),
    "link": _("the ticket's address"),
}
"""What may stand in braces, with what it becomes."""
_PLACE: Final = re.compile(r"\{([^{}\n]{0,40})\}")


def unknown_placeholders(text: str) -> list[str]:
    """Names in braces that mean nothing, in order."""
    return [name for name in dict.fromkeys(_PLACE.findall(text)) if name.strip() not in PLACEHOLDERS]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled. A value is put in as it is: braces in it are no places. What is not known about
    the ticket (no device) leaves nothing behind.
    """

    def value(place: re.Match[str]) -> str:
        name = place[1].strip()
        return values.get(name, "") if name in PLACEHOLDERS else place[0]

    return _PLACE.sub(value, text)
