"""Addresses of the service levels: pages of the lead, and the API."""

from typing import Final

from app.feature import SIGNED_IN, Route, having
from portals.helpdesk.model import AGENT, AUDITOR, LEAD
from portals.helpdesk.sla import api, pages
from portals.helpdesk.sla.model import (
    Agreement,
    AgreementDraft,
    AlarmsView,
    CalendarDraft,
    CalendarRow,
    ClocksView,
    DayDraft,
    OwnDay,
    PromiseTold,
    ServiceLevels,
    TicketClocks,
)

LEADS: Final = having(LEAD)
READERS: Final = having(LEAD, AUDITOR)
DESK: Final = having(AGENT, LEAD, AUDITOR)
_AGREEMENT: Final = rf"{pages.HOME}/{{agreement_id:\d{{1,18}}}}"
_CALENDAR: Final = rf"{pages.CALENDARS}/{{calendar_id:\d{{1,18}}}}"
_DAY: Final = r"{day:\d{4}-\d{2}-\d{2}}"
_API: Final = "/api/helpdesk/sla"
_API_AGREEMENT: Final = rf"{_API}/agreements/{{agreement_id:\d{{1,18}}}}"
_API_CALENDAR: Final = rf"{_API}/calendars/{{calendar_id:\d{{1,18}}}}"
_QUEUE: Final = r"/api/helpdesk/queues/{queue_id:\d{1,18}}"

PAGES: Final = (
    Route(method="GET", path="/pomoc/obsluga/terminy", handler=pages.show_due, allow=DESK, name="due"),
    Route(method="GET", path=pages.HOME, handler=pages.show_setup, allow=READERS, name="settings"),
    Route(method="GET", path=f"{pages.HOME}/nowa", handler=pages.new_agreement, allow=LEADS, name="new_agreement"),
    Route(method="POST", path=f"{pages.HOME}/nowa", handler=pages.new_agreement, allow=LEADS),
    Route(method="GET", path=_AGREEMENT, handler=pages.edit_agreement, allow=LEADS, name="agreement"),
    Route(method="POST", path=_AGREEMENT, handler=pages.edit_agreement, allow=LEADS),
    Route(
        method="POST",
        path=f"{_AGREEMENT}/usun",
        handler=pages.remove_agreement,
        allow=LEADS,
        name="remove_agreement",
    ),
    Route(method="GET", path=f"{pages.CALENDARS}/nowy", handler=pages.new_calendar, allow=LEADS, name="new_calendar"),
    Route(method="POST", path=f"{pages.CALENDARS}/nowy", handler=pages.new_calendar, allow=LEADS),
    Route(method="GET", path=_CALENDAR, handler=pages.edit_calendar, allow=LEADS, name="calendar"),
    Route(method="POST", path=_CALENDAR, handler=pages.edit_calendar, allow=LEADS),
    Route(method="POST", path=f"{_CALENDAR}/usun", handler=pages.remove_calendar, allow=LEADS, name="remove_calendar"),
    Route(method="POST", path=f"{_CALENDAR}/dni", handler=pages.add_day, allow=LEADS, name="days"),
    Route(method="POST", path=f"{_CALENDAR}/dni/{_DAY}/usun", handler=pages.remove_day, allow=LEADS, name="remove_day"),
    Route(
        method="POST",
        path=f"{_CALENDAR}/dni/{_DAY}/przywroc",
        handler=pages.restore_day,
        allow=LEADS,
        name="restore_day",
    ),
    Route(
        method="POST",
        path=f"{_CALENDAR}/godziny/{_DAY}/usun",
        handler=pages.remove_week,
        allow=LEADS,
        name="remove_week",
    ),
)
API: Final = (
    Route(
        method="GET",
        path=r"/api/helpdesk/tickets/{number:\d{1,19}}/promise",
        handler=api.show_promise,
        allow=SIGNED_IN,
        summary="What the requester is promised next, in words too",
        reply=PromiseTold,
    ),
    Route(
        method="GET",
        path=r"/api/helpdesk/tickets/{number:\d{1,19}}/clocks",
        handler=api.show_ticket,
        allow=DESK,
        summary="How the promises of a ticket stand",
        reply=TicketClocks,
    ),
    Route(
        method="GET",
        path=f"{_QUEUE}/clocks",
        handler=api.show_queue,
        allow=DESK,
        summary="Clocks of a queue's open tickets, due first at the front",
        reply=ClocksView,
    ),
    Route(
        method="GET",
        path=f"{_QUEUE}/alarms",
        handler=api.show_alarms,
        allow=DESK,
        summary="Warnings, missed targets and escalations of a queue's open tickets",
        reply=AlarmsView,
    ),
    Route(
        method="GET",
        path=_API,
        handler=api.show_setup,
        allow=READERS,
        summary="What is promised to whom, and when somebody works",
        reply=ServiceLevels,
    ),
    Route(
        method="POST",
        path=f"{_API}/agreements",
        handler=api.add_agreement,
        allow=LEADS,
        summary="Make an agreement for some units",
        body=AgreementDraft,
        reply=Agreement,
        status=201,
    ),
    Route(
        method="PUT",
        path=_API_AGREEMENT,
        handler=api.change_agreement,
        allow=LEADS,
        summary="Change an agreement; clocks of open tickets are counted anew",
        body=AgreementDraft,
        reply=Agreement,
    ),
    Route(
        method="DELETE",
        path=_API_AGREEMENT,
        handler=api.remove_agreement,
        allow=LEADS,
        summary="Remove an agreement; its units have everyone's from then on",
        status=204,
    ),
    Route(
        method="POST",
        path=f"{_API}/calendars",
        handler=api.add_calendar,
        allow=LEADS,
        summary="Make a calendar",
        body=CalendarDraft,
        reply=CalendarRow,
        status=201,
    ),
    Route(
        method="PUT",
        path=_API_CALENDAR,
        handler=api.change_calendar,
        allow=LEADS,
        summary="Change a calendar: its hours from a day on",
        body=CalendarDraft,
        reply=CalendarRow,
    ),
    Route(
        method="DELETE",
        path=_API_CALENDAR,
        handler=api.remove_calendar,
        allow=LEADS,
        summary="Remove a calendar that no agreement uses",
        status=204,
    ),
    Route(
        method="DELETE",
        path=f"{_API_CALENDAR}/weeks/{_DAY}",
        handler=api.remove_week,
        allow=LEADS,
        summary="Remove hours that hold from a day on",
        reply=CalendarRow,
    ),
    Route(
        method="POST",
        path=f"{_API_CALENDAR}/days",
        handler=api.set_day,
        allow=LEADS,
        summary="Give a day hours of its own, or close it",
        body=DayDraft,
        reply=CalendarRow,
    ),
    Route(
        method="DELETE",
        path=f"{_API_CALENDAR}/days/{_DAY}",
        handler=api.remove_day,
        allow=LEADS,
        summary="Take a day's own hours away",
        reply=OwnDay,
    ),
)
