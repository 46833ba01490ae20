"""Refusals of the helpdesk as failures."""

from collections.abc import Sequence

from app.errors import Conflict
from portals.helpdesk.model import Clash


class FieldClash(Conflict):
    """Somebody else has changed the same fields since they were seen. Nothing was saved; whoever asked chooses."""

    code = "field-clash"
    title = "Somebody else has changed the same in the meantime"

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__()
        self.clashes = list(clashes)


class TicketClosed(Conflict):
    """A word about what is closed begins a new ticket."""

    code = "ticket-closed"
    title = "This ticket is closed: send a new one"
