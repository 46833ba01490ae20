"""Addresses of what became of contributions."""

from typing import Any, Final

from app.feature import ANYONE, SIGNED_IN, Allow, Handler, Route, having
from portals.dialog import rules
from portals.dialog.outcome import desk_pages, exporting, pages
from portals.dialog.outcome.model import OpenReport

INSIDE: Final = having(*rules.INSIDE_ROLES)
MANAGING: Final = having(*rules.MANAGING_ROLES)
OUTCOME: Final = "/dialog/{slug}/outcome"
DESK: Final = r"/dialog/manage/{consultation_id:\d{1,18}}/outcome/{block_id:\d{1,18}}"


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow) -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow)


ROUTES: Final = (
    _get("/dialog/mine/following", pages.show_following, SIGNED_IN, "following"),
    _post("/dialog/mine/following", pages.save_following, SIGNED_IN),
    _get(r"/dialog/mine/leave/{token:[\w.-]{1,600}}", pages.show_leave, ANYONE, "leave"),
    _post(r"/dialog/mine/leave/{token:[\w.-]{1,600}}", pages.show_leave, ANYONE),
    _get(OUTCOME, pages.show_report, ANYONE, "report"),
    _get(f"{OUTCOME}/answers", pages.show_answers, ANYONE, "answers"),
    _get(rf"{OUTCOME}/report.{{form:pdf|json|csv}}", pages.send_report, ANYONE, "report_file"),
    _get(f"{OUTCOME}/follow", pages.show_follow, SIGNED_IN, "follow"),
    _post(f"{OUTCOME}/follow", pages.show_follow, SIGNED_IN),
    _get(DESK, desk_pages.show_answers, INSIDE, "desk"),
    _post(DESK, desk_pages.show_answers, MANAGING),
    _get(f"{DESK}/report", desk_pages.show_report, INSIDE, "report_desk"),
    _post(f"{DESK}/report", desk_pages.show_report, MANAGING),
    Route(
        method="GET",
        path=r"/api/dialog/{consultation_id:\d{1,18}}/outcome",
        handler=pages.show_open_report,
        allow=ANYONE,
        summary="Report of a consultation as open data: who took part, figures, contributions and what became of them",
        reply=OpenReport,
    ),
    Route(
        method="GET",
        path=exporting.SCHEMA_PATH,
        name="schema",
        handler=pages.show_schema,
        allow=ANYONE,
        summary="JSON Schema of the open data of a consultation",
        reply=dict[str, Any],
    ),
)
