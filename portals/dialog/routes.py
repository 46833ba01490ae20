"""Addresses of consultations."""

from typing import Final

from app.feature import ANYONE, SIGNED_IN, Allow, Handler, Route, having
from portals.dialog import api, desk_pages, joining_pages, pages, plan_pages, rules
from portals.dialog.model import Consultation, ConsultationView

MANAGING: Final = having(*rules.MANAGING_ROLES)
INSIDE: Final = having(*rules.INSIDE_ROLES)
WRITING: Final = having(*rules.MODERATING_ROLES)
ID: Final = r"{consultation_id:\d{1,18}}"
MANAGED: Final = f"/dialog/manage/{ID}"
PHASE: Final = rf"{MANAGED}/phases/{{phase_id:\d{{1,18}}}}"
BLOCK: Final = rf"{MANAGED}/blocks/{{block_id:\d{{1,18}}}}"
API: Final = f"/api/dialog/{ID}"


def _page(path: str, handler: Handler, allow: Allow, name: str) -> tuple[Route, Route]:
    """A form's page: shown by GET, taken by POST."""
    return (
        Route(method="GET", path=path, handler=handler, allow=allow, name=name),
        Route(method="POST", path=path, handler=handler, allow=allow),
    )


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, name=name)


ROUTES: Final = (
    _get("/dialog", pages.list_consultations, ANYONE, "list"),
    _get("/dialog/mine", joining_pages.show_mine, SIGNED_IN, "mine"),
    _post("/dialog/mine/erase", joining_pages.erase_mine, SIGNED_IN, "erase_mine"),
    *_page("/dialog/verification", joining_pages.show_verification, SIGNED_IN, "verification"),
    _get("/dialog/manage", desk_pages.list_managed, INSIDE, "managed"),
    *_page("/dialog/manage/new", desk_pages.show_new, MANAGING, "new"),
    _get("/dialog/manage/residents", desk_pages.list_verifications, MANAGING, "residents"),
    _post(
        r"/dialog/manage/residents/{verification_id:\d{1,18}}/decide", desk_pages.decide, MANAGING, "decide_resident"
    ),
    _get(MANAGED, desk_pages.show_manage, INSIDE, "manage"),
    *_page(f"{MANAGED}/words", desk_pages.show_words, MANAGING, "words"),
    _get(f"{MANAGED}/preview", desk_pages.show_preview, INSIDE, "preview"),
    _post(f"{MANAGED}/publish", desk_pages.publish, MANAGING, "publish"),
    _post(f"{MANAGED}/cancel", desk_pages.cancel, MANAGING, "cancel"),
    _post(f"{MANAGED}/copy", desk_pages.copy, MANAGING, "copy"),
    _post(f"{MANAGED}/remove", desk_pages.remove, MANAGING, "remove"),
    _get(f"{MANAGED}/participants", desk_pages.list_participants, INSIDE, "participants"),
    _post(
        rf"{MANAGED}/participants/{{participant_id:\d{{1,18}}}}/erase",
        desk_pages.erase_participant,
        MANAGING,
        "erase_participant",
    ),
    *_page(f"{MANAGED}/phases/new", plan_pages.show_phase, MANAGING, "new_phase"),
    *_page(PHASE, plan_pages.show_phase, MANAGING, "phase"),
    _post(f"{PHASE}/extend", plan_pages.extend_phase, MANAGING, "extend_phase"),
    _post(f"{PHASE}/remove", plan_pages.remove_phase, MANAGING, "remove_phase"),
    _post(f"{MANAGED}/blocks", plan_pages.add_block, MANAGING, "add_block"),
    *_page(BLOCK, plan_pages.show_block, INSIDE, "manage_block"),
    _post(f"{BLOCK}/remove", plan_pages.remove_block, MANAGING, "remove_block"),
    _post(f"{BLOCK}/restore", plan_pages.restore_block, MANAGING, "restore_block"),
    _get("/dialog/{slug}", pages.show_consultation, ANYONE, "consultation"),
    _get("/dialog/{slug}/people", pages.show_participants, ANYONE, "people"),
    *_page("/dialog/{slug}/join", joining_pages.show_join, SIGNED_IN, "join"),
    _get(r"/dialog/{slug}/blocks/{block_id:\d{1,18}}", pages.show_block, ANYONE, "block"),
    Route(
        method="GET",
        path="/api/dialog/consultations",
        handler=api.list_consultations,
        allow=ANYONE,
        summary="Consultations that run, are to come, have ended",
        query=api.Wanted,
        reply=api.ConsultationList,
    ),
    Route(
        method="GET",
        path=API,
        handler=api.show_consultation,
        allow=ANYONE,
        summary="A consultation with its phases and blocks",
        reply=ConsultationView,
    ),
    Route(
        method="GET",
        path=f"{API}/me",
        handler=api.show_own_part,
        allow=SIGNED_IN,
        summary="Whether and how this account takes part",
        reply=api.OwnPart,
    ),
    Route(
        method="POST",
        path=f"{API}/participants",
        handler=api.join,
        allow=SIGNED_IN,
        summary="Take part in a consultation",
        body=api.Joining,
        reply=api.OwnPart,
        status=201,
    ),
    Route(
        method="PUT",
        path=f"{API}/order",
        handler=api.order,
        allow=MANAGING,
        summary="Put phases and blocks into an order",
        body=api.Order,
        reply=Consultation,
    ),
    Route(
        method="POST",
        path="/api/dialog/markdown",
        handler=api.preview_markdown,
        allow=WRITING,
        summary="What a Markdown text looks like",
        body=api.Words,
        reply=api.Preview,
        max_bytes=256 * 1024,
    ),
)
