"""Events of the service levels and the names of their rooms."""

from typing import ClassVar, Final

from app.feature import Event
from portals.helpdesk.sla.model import Agreement, Alarm, CalendarRow, Promise, TicketClocks

SETUP_ROOM: Final = "helpdesk/sla"


class ClocksChanged(Event, frozen=True, tag=True):
    """The clocks of a ticket in the queue were counted anew."""

    ticket: TicketClocks

    @property
    def key(self) -> str:
        return f"ticket/{self.ticket.ticket_id}"


class ClocksLeft(Event, frozen=True, tag=True):
    """The ticket is solved, or is in another queue."""

    removes: ClassVar[bool] = True
    ticket: TicketClocks

    @property
    def key(self) -> str:
        return f"ticket/{self.ticket.ticket_id}"


class ClockTold(Event, frozen=True, tag=True):
    """A target is nearly used up, is missed, or was missed long ago. Told once."""

    alarm: Alarm

    @property
    def key(self) -> str:
        return f"alarm/{self.alarm.id}"


class PromiseChanged(Event, frozen=True, tag=True):
    """What the requester is promised was counted anew, or its moment has passed."""

    promise: Promise

    @property
    def key(self) -> str:
        return f"promise/{self.promise.ticket_id}"


class AgreementChanged(Event, frozen=True, tag=True):
    agreement: Agreement

    @property
    def key(self) -> str:
        return f"agreement/{self.agreement.id}"


class AgreementRemoved(Event, frozen=True, tag=True):
    removes: ClassVar[bool] = True
    agreement: Agreement

    @property
    def key(self) -> str:
        return f"agreement/{self.agreement.id}"


class CalendarChanged(Event, frozen=True, tag=True):
    calendar: CalendarRow

    @property
    def key(self) -> str:
        return f"calendar/{self.calendar.id}"


class CalendarRemoved(Event, frozen=True, tag=True):
    removes: ClassVar[bool] = True
    calendar: CalendarRow

    @property
    def key(self) -> str:
        return f"calendar/{self.calendar.id}"


def clocks_room(queue_id: int) -> str:
    return f"helpdesk/clocks/{queue_id}"


def alarms_room(queue_id: int) -> str:
    return f"helpdesk/alarms/{queue_id}"


def promise_room(ticket_id: int) -> str:
    """For those who see the ticket from outside."""
    return f"helpdesk/promise/{ticket_id}"
