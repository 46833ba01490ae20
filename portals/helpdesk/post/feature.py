"""Mail of the helpdesk: the visible place where everything it adds stands."""

from pathlib import Path
from typing import Final

from app.feature import Feature, Room, RoomKind, Route, having
from portals.helpdesk.model import AGENT, AUDITOR, LEAD
from portals.helpdesk.post import api, demo, pages
from portals.helpdesk.post.background import post_service, probe_imap
from portals.helpdesk.post.events import ROOM, LettersWait, letters_snapshot
from portals.helpdesk.post.rows import Address, AddressDraft
from portals.helpdesk.post.settings import PostSettings

_LEADS: Final = having(LEAD)
_READERS: Final = having(LEAD, AUDITOR)
_INSIDE: Final = having(AGENT, LEAD, AUDITOR)
_ADDRESS: Final = rf"{pages.SETTINGS}/{{address_id:\d{{1,18}}}}"
_LETTER: Final = rf"{pages.LETTERS}/{{letter_id:\d{{1,18}}}}"
_VERBS: Final = "ticket|discard|discard-storm|restore|check"
_API: Final = "/api/helpdesk/letters"
_MAIL: Final = "/api/helpdesk/mail"
_ONE: Final = rf"{_API}/{{letter_id:\d{{1,18}}}}"

ROUTES: Final = (
    Route(method="GET", path=pages.SETTINGS, handler=pages.show_settings, allow=_LEADS, name="settings"),
    Route(method="GET", path=_ADDRESS, handler=pages.edit_address, allow=_LEADS, name="address"),
    Route(method="POST", path=_ADDRESS, handler=pages.edit_address, allow=_LEADS),
    Route(method="GET", path=pages.LETTERS, handler=pages.show_letters, allow=_READERS, name="letters"),
    Route(method="GET", path=_LETTER, handler=pages.show_letter, allow=_INSIDE, name="letter"),
    Route(method="GET", path=f"{_LETTER}/raw", handler=pages.send_raw, allow=_INSIDE, name="raw"),
    Route(method="POST", path=f"{_LETTER}/{{verb:{_VERBS}}}", handler=pages.act, allow=_LEADS),
    Route(
        method="GET", path=_API, handler=api.list_letters, allow=_READERS, query=api.LettersQuery, reply=api.Letters,
        summary="Letters that came by mail, the newest first; those that wait for a decision, or all",
    ),
    Route(
        method="GET", path=_ONE, handler=api.show_letter, allow=_INSIDE, reply=api.LetterView,
        summary="What became of a letter, and which of its files were kept back",
    ),
    Route(
        method="GET", path=f"{_ONE}/raw", handler=api.send_raw, allow=_INSIDE, media="application/octet-stream",
        summary="A letter's bytes as they came; reading them is logged",
    ),
    Route(
        method="POST", path=f"{_ONE}/ticket", handler=api.make_ticket, allow=_LEADS, reply=api.Made, status=201,
        summary="Make a ticket of a letter that was set aside",
    ),
    Route(
        method="POST", path=f"{_ONE}/discard", handler=api.discard, allow=_LEADS, status=204,
        summary="Discard a letter that was set aside; its raw bytes stay",
    ),
    Route(
        method="POST", path=f"{_ONE}/discard-storm", handler=api.discard_storm, allow=_LEADS, reply=api.Discarded,
        summary="Discard a letter that came in a storm, and all others of its sender that wait",
    ),
    Route(
        method="POST", path=f"{_ONE}/restore", handler=api.restore, allow=_LEADS, status=204,
        summary="Take the discarding of a letter back",
    ),
    Route(
        method="POST", path=f"{_ONE}/check", handler=api.check, allow=_LEADS, reply=api.CameFree,
        summary="Look once more at files of a letter that were kept back",
    ),
    Route(
        method="GET", path=_MAIL, handler=api.show_ways, allow=_READERS, reply=api.WaysIn,
        summary="Addresses of the helpdesk, and whether letters come in",
    ),
    Route(
        method="POST", path=f"{_MAIL}/addresses", handler=api.add_address, allow=_LEADS, body=AddressDraft,
        reply=Address, status=201, summary="Add an address whose letters become tickets",
    ),
    Route(
        method="PUT", path=rf"{_MAIL}/addresses/{{address_id:\d{{1,18}}}}", handler=api.change_address, allow=_LEADS,
        body=AddressDraft, reply=Address, summary="Change an address, or take it out of use",
    ),
)  # fmt: skip

FEATURE = Feature(
    name="helpdesk_post",
    folder=Path(__file__).parent,
    needs=("identity", "files", "mail", "realtime", "intranet", "helpdesk"),
    settings=PostSettings,
    routes=ROUTES,
    rooms=(
        Room(
            pattern=ROOM,
            allow=_READERS,
            kind=RoomKind.LATEST,
            snapshot=letters_snapshot,
            events=(LettersWait,),
            summary="How many letters wait for a decision",
        ),
    ),
    services=(post_service,),
    probes={"imap": probe_imap},
    demo=demo.fill,
)
