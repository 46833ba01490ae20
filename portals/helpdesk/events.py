"""Events of the helpdesk and the names of its rooms."""

from typing import ClassVar

from app.feature import Event
from portals.helpdesk.model import Entry, OwnRow, PublicTicket, Ticket, TicketRow


class TicketChanged(Event, frozen=True, tag=True):
    """In a queue's room: the row as it is now."""

    ticket: TicketRow

    @property
    def key(self) -> str:
        return f"ticket/{self.ticket.id}"


class TicketEdited(Event, frozen=True, tag=True):
    """In the room inside a ticket: all of its fields, with the rev of each."""

    ticket: Ticket

    @property
    def key(self) -> str:
        return f"ticket/{self.ticket.id}"


class TicketLeft(Event, frozen=True, tag=True):
    """It is in another queue from now on, or was merged: it leaves the queue's list."""

    removes: ClassVar[bool] = True
    ticket: TicketRow

    @property
    def key(self) -> str:
        return f"ticket/{self.ticket.id}"


class TicketSent(Event, frozen=True, tag=True):
    """The alert: a new ticket in a queue, or one that was moved there (`moved`)."""

    ticket: TicketRow
    moved: bool = False

    @property
    def key(self) -> str:
        return f"sent/{self.ticket.id}/{self.ticket.queue_id}/{self.ticket.rev}"


class RequesterReplied(Event, frozen=True, tag=True):
    """An alert too: somebody has answered in a ticket of the queue."""

    ticket: TicketRow
    entry_id: int

    @property
    def key(self) -> str:
        return f"replied/{self.entry_id}"


class AlertOver(Event, frozen=True, tag=True):
    """Somebody sees to what rang of a ticket: it was taken, answered, solved, or `moved` to another queue. `by`: who;
    empty: by itself. The row names the queue in which it rang.
    """

    ticket: TicketRow
    by: str
    moved: bool = False

    @property
    def key(self) -> str:
        return f"over/{self.ticket.id}/{self.ticket.rev}"


class AlertBack(Event, frozen=True, tag=True):
    """What somebody saw to needs somebody again: it was given back, or opened again. It stands on the bell as before
    and does not ring.
    """

    ticket: TicketRow

    @property
    def key(self) -> str:
        return f"back/{self.ticket.id}/{self.ticket.rev}"


class PublicTicketChanged(Event, frozen=True, tag=True):
    """The requester's side of a ticket as it is now."""

    ticket: PublicTicket

    @property
    def key(self) -> str:
        return f"ticket/{self.ticket.id}"


class EntryWritten(Event, frozen=True, tag=True):
    """Something was said or has happened; outside only what is public."""

    entry: Entry

    @property
    def key(self) -> str:
        return f"entry/{self.entry.id}"


class PartsChanged(Event, frozen=True, tag=True):
    """Watchers, approvals, checklist or relations inside a ticket are others now: ask for them again."""

    ticket_id: int
    rev: int


class OwnTicketChanged(Event, frozen=True, tag=True):
    """A ticket in one's own list as it is now."""

    ticket: OwnRow

    @property
    def key(self) -> str:
        return f"ticket/{self.ticket.id}"


def ticket_room(ticket_id: int) -> str:
    """The requester's side."""
    return f"helpdesk/ticket/{ticket_id}"


def inside_room(ticket_id: int) -> str:
    return f"helpdesk/ticket/{ticket_id}/inside"


def queue_room(queue_id: int) -> str:
    return f"helpdesk/queue/{queue_id}"


def alerts_room(queue_id: int) -> str:
    return f"helpdesk/alerts/{queue_id}"


def own_room(account_id: int) -> str:
    return f"helpdesk/own/{account_id}"
