"""Events of the desk and the names of its rooms."""

from app.feature import Event
from portals.helpdesk.desk.model import Company


class CompanyChanged(Event, frozen=True, tag=True):
    """Somebody is at a ticket, writes in it, or has gone."""

    company: Company

    @property
    def key(self) -> str:
        return f"{self.company.ticket_id}/{self.company.account_id}/{self.company.page}"


def queue_company_room(queue_id: int) -> str:
    return f"helpdesk/queue/{queue_id}/company"


def ticket_company_room(ticket_id: int) -> str:
    return f"helpdesk/ticket/{ticket_id}/company"
