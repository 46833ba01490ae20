"""Codes in words: message ids that pages put into the reader's language."""

from collections.abc import Mapping
from typing import Final

from app.i18n import _

EVENTS: Final[Mapping[str, str]] = {
    "ticket.sent": _("A ticket was sent"),
    "ticket.changed": _("A ticket was changed"),
    "ticket.replied": _("Somebody has answered in a ticket"),
    "ticket.solved": _("A ticket was solved"),
    "ticket.closed": _("A ticket was closed"),
    "ticket.alarm": _("A time of a ticket is short, over, or long over"),
    "outage.announced": _("Maintenance was announced"),
    "outage.begun": _("An outage or maintenance has begun"),
    "outage.updated": _("There is news of an outage"),
    "outage.ended": _("An outage is over"),
    "outage.withdrawn": _("Maintenance was called off"),
}
OTHERS: Final[Mapping[str, str]] = {"ticket.noted": _("A note inside"), "webhook.test": _("A test")}
STATES: Final[Mapping[str, str]] = {
    "waiting": _("It is tried"),
    "delivered": _("Taken"),
    "given_up": _("Given up"),
}
STATE_KINDS: Final[Mapping[str, str]] = {"waiting": "info", "delivered": "success", "given_up": "danger"}
STOPPED: Final[Mapping[str, str]] = {
    "gone": _("The receiver says that it wants no more (410). Switch it on again when that is settled."),
    "failing": _("Nothing got through for five days. Look at the address, then switch it on again."),
}
