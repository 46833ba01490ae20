"""Addresses of the helpdesk's pages. They are Polish, since they stand on labels and are read out on the phone."""

from typing import Final

from app.feature import SIGNED_IN, Allow, Handler, Route
from portals.helpdesk import desk_pages, pages, part_pages, setup_pages
from portals.helpdesk.api_routes import DESK, INSIDE, LEADS

OWN: Final = "/pomoc"
DESK_PATH: Final = f"{OWN}/obsluga"
SETUP_PATH: Final = f"{OWN}/ustawienia"
TICKET: Final = rf"{OWN}/{{number:\d{{1,19}}}}"
DESK_TICKET: Final = rf"{DESK_PATH}/{{number:\d{{1,19}}}}"
_KINDS: Final = "queues|teams|categories|services|rules|templates"
_VERBS: Final = "|".join(part_pages.VERBS)


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, max_bytes: int = 1024 * 1024) -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, max_bytes=max_bytes)


PAGES: Final = (
    _get(OWN, pages.show_own, SIGNED_IN, "own"),
    _get(f"{OWN}/nowe", pages.new, SIGNED_IN, "new"),
    _post(f"{OWN}/nowe", pages.new, SIGNED_IN, pages.UPLOADS),
    _get(rf"{OWN}/urzadzenie/{{label:[0-9 -]{{1,20}}}}", pages.show_device, SIGNED_IN, "device"),
    _get(DESK_PATH, desk_pages.show_desk, INSIDE, "desk"),
    _get(f"{DESK_PATH}/nowe", desk_pages.enter, DESK, "enter"),
    _post(f"{DESK_PATH}/nowe", desk_pages.enter, DESK),
    _get(DESK_TICKET, desk_pages.show_ticket, INSIDE, "desk_ticket"),
    _post(f"{DESK_TICKET}/fields", desk_pages.change, DESK),
    _post(f"{DESK_TICKET}/say", desk_pages.say, DESK, pages.UPLOADS),
    _post(rf"{DESK_TICKET}/{{verb:{_VERBS}}}", part_pages.act, DESK),
    _get(SETUP_PATH, setup_pages.show_index, LEADS, "setup"),
    _get(f"{SETUP_PATH}/priorytety", setup_pages.show_matrix, LEADS, "matrix"),
    _post(f"{SETUP_PATH}/priorytety", setup_pages.show_matrix, LEADS),
    *(
        route
        for kinds, allow, name in ((_KINDS, LEADS, "setup_"), ("canned-replies", DESK, "canned_"))
        for route in (
            _get(rf"{SETUP_PATH}/{{kind:{kinds}}}", setup_pages.show_list, allow, f"{name}list"),
            _get(
                rf"{SETUP_PATH}/{{kind:{kinds}}}/{{thing_id:\d{{1,18}}}}", setup_pages.show_edit, allow, f"{name}edit"
            ),
            _post(rf"{SETUP_PATH}/{{kind:{kinds}}}/{{thing_id:\d{{1,18}}}}", setup_pages.show_edit, allow),
            _post(rf"{SETUP_PATH}/{{kind:{kinds}}}/{{thing_id:\d{{1,18}}}}/remove", setup_pages.remove, allow),
        )
    ),
    _get(TICKET, pages.show_ticket, SIGNED_IN, "ticket"),
    _post(TICKET, pages.show_ticket, SIGNED_IN, pages.UPLOADS),
    _post(f"{TICKET}/rate", pages.rate, SIGNED_IN),
    _post(f"{TICKET}/close", pages.close, SIGNED_IN),
    _post(rf"{TICKET}/approval/{{verb:grant|refuse}}", pages.decide, SIGNED_IN),
    _get(rf"{TICKET}/files/{{file_id:[0-9a-f-]{{1,40}}}}", pages.send_file, SIGNED_IN, "file"),
)
