"""Codes in words: message ids that pages put into the reader's language."""

from collections.abc import Mapping
from typing import Final

from app.i18n import _

STATES: Final[Mapping[str, str]] = {
    "announced": _("Announced"),
    "running": _("Goes on"),
    "ended": _("It is over"),
    "withdrawn": _("It is called off"),
}
STATE_KINDS: Final[Mapping[str, str]] = {"announced": "info", "running": "danger", "ended": "success"}
"""Colours of badges."""
KINDS: Final[Mapping[str, str]] = {"incident": _("Outage"), "planned": _("Planned maintenance")}
UNIT_KINDS: Final[Mapping[str, str]] = {
    "school": _("all schools"),
    "department": _("all departments"),
    "other": _("all other units"),
}
UPDATES: Final[Mapping[str, str]] = {
    "announced": _("Announced"),
    "begun": _("Beginning"),
    "update": _("What is new"),
    "changed": _("Other times"),
    "ended": _("The end"),
    "withdrawn": _("It is called off"),
}
LEVELS: Final[Mapping[int, str]] = {
    0: _("no outage"),
    1: _("planned work only"),
    2: _("up to an hour"),
    3: _("up to 4 hours"),
    4: _("more than 4 hours"),
}
