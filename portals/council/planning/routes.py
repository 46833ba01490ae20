"""Routes of planning, which the council's feature lists."""

from app.feature import ANYONE, Route, having
from portals.council.model import SessionView
from portals.council.planning import api, pages, public
from portals.council.planning.parser import ParsedAgenda
from portals.council.rules import DESK_ROLES

_DESK = having(*DESK_ROLES)
_ID = r"{session_id:\d{1,18}}"
_PAGE = f"/council/desk/{_ID}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="/council/sessions", handler=public.list_sessions, allow=ANYONE, name="sessions"),
    Route(method="GET", path="/council/calendar", handler=public.show_calendar, allow=ANYONE, name="calendar"),
    Route(method="GET", path="/council/members", handler=public.list_members, allow=ANYONE, name="members"),
    Route(method="GET", path="/council/desk/new", handler=pages.show_plan, allow=_DESK, name="plan"),
    Route(method="POST", path="/council/desk/new", handler=pages.plan_session, allow=_DESK),
    Route(method="GET", path=f"{_PAGE}/edit", handler=pages.show_edit, allow=_DESK, name="edit"),
    Route(method="POST", path=f"{_PAGE}/edit", handler=pages.edit_session, allow=_DESK),
    Route(method="GET", path=f"{_PAGE}/agenda", handler=pages.show_agenda, allow=_DESK, name="agenda"),
    Route(method="POST", path=f"{_PAGE}/agenda", handler=pages.save_agenda, allow=_DESK),
    Route(method="POST", path=f"{_PAGE}/call-off", handler=pages.call_off, allow=_DESK, name="call_off"),
    Route(method="POST", path=f"{_PAGE}/restore", handler=pages.restore_session, allow=_DESK, name="restore"),
    Route(
        method="PUT",
        path=f"/api/council/sessions/{_ID}/agenda",
        handler=api.rewrite_agenda,
        allow=_DESK,
        summary="Write the agenda anew: order, sub-items, titles, numbers",
        body=api.AgendaDraft,
        reply=SessionView,
    ),
    Route(
        method="POST",
        path="/api/council/agenda/read",
        handler=api.read_agenda,
        allow=_DESK,
        summary="Read an agenda pasted from a document, without saving it",
        body=api.PastedText,
        reply=ParsedAgenda,
    ),
)
