"""The debate: the visible place where everything it adds stands."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import ANYONE, SIGNED_IN, Feature, NavItem, Params, Room, RoomKind, Route, having
from app.i18n import _
from portals.council.debate import actions, alerts, api, demo, pages
from portals.council.debate.model import (
    AlertList,
    DebateView,
    Guess,
    QueueOrdered,
    Speech,
    SpeechChanged,
    SpeechList,
    TimesGuessed,
)
from portals.council.debate.settings import DebateSettings
from portals.council.panels import PANELS, Panel
from portals.council.rules import COUNCILLOR, DESK_ROLES

COUNCILLORS = having(COUNCILLOR)
CHAIRING = having(*DESK_ROLES, COUNCILLOR)
"""Of the councillors only those who preside pass the loader."""

SESSION = r"/api/council/sessions/{session_id:\d{1,18}}"
SPEECH = rf"{SESSION}/speeches/{{speech_id:\d{{1,18}}}}"


def room_session_id(params: Params) -> int:
    """The number in a room's name; what is none names no session."""
    text = params["session_id"]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return int(text)


async def debate_snapshot(tx: Tx, actor: Actor, params: Params) -> DebateView:
    return await actions.debate_view(tx, actor, room_session_id(params))


async def inside_snapshot(tx: Tx, actor: Actor, params: Params) -> DebateView:
    return await actions.inside_view(tx, actor, room_session_id(params))


async def panel_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the debate onto the portal's pages, and lets it hear what happens in a session."""
    app[PANELS].add(
        Panel(
            name="debate",
            data=pages.panel_of(app),
            order=20,
            tab=_("Speakers"),
            tab_when=pages.has_tab,
            item_begun=partial(alerts.item_begun, app),
            session_ended=actions.close_debate,
        )
    )
    yield


FEATURE = Feature(
    name="debate",
    folder=Path(__file__).parent,
    needs=("council",),
    settings=DebateSettings,
    nav=(NavItem(label="My session", path="/council/me", allow=COUNCILLORS, order=5, icon="hand"),),
    routes=(
        Route(
            method="GET",
            path="/council/sessions/{slug}/chair",
            handler=pages.show_chair,
            allow=CHAIRING,
            name="chair",
        ),
        Route(method="GET", path="/council/me", handler=pages.show_me, allow=COUNCILLORS, name="me"),
        Route(
            method="GET",
            path=f"{SESSION}/speeches",
            handler=api.list_speeches,
            allow=ANYONE,
            summary="Who has spoken, when and for how long",
            reply=SpeechList,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/speeches",
            handler=api.add_speaker,
            allow=CHAIRING,
            summary="Put a councillor or a guest into the speakers' queue",
            body=api.Speaker,
            reply=Speech,
            status=201,
        ),
        Route(
            method="PUT",
            path=f"{SESSION}/speeches/order",
            handler=api.order_queue,
            allow=CHAIRING,
            summary="Put the speakers' queue into an order",
            body=api.Order,
            reply=api.Queue,
        ),
        Route(
            method="PUT",
            path=f"{SESSION}/speeches/mine",
            handler=api.ask_to_speak,
            allow=COUNCILLORS,
            summary="Ask to speak",
            body=api.Asking,
            reply=api.OwnSpeech,
        ),
        Route(
            method="DELETE",
            path=f"{SESSION}/speeches/mine",
            handler=api.withdraw_own,
            allow=COUNCILLORS,
            summary="Ask no more to speak",
            reply=api.OwnSpeech,
        ),
        Route(
            method="POST",
            path=f"{SPEECH}/floor",
            handler=api.give_floor,
            allow=CHAIRING,
            summary="Give the floor",
            reply=Speech,
        ),
        Route(
            method="POST",
            path=f"{SPEECH}/extend",
            handler=api.extend_speech,
            allow=CHAIRING,
            summary="Add time to a speech",
            body=api.Extension,
            reply=Speech,
        ),
        Route(
            method="POST",
            path=f"{SPEECH}/pause",
            handler=api.pause_speech,
            allow=CHAIRING,
            summary="Stop the timer of a speech",
            reply=Speech,
        ),
        Route(
            method="POST",
            path=f"{SPEECH}/resume",
            handler=api.resume_speech,
            allow=CHAIRING,
            summary="Let the timer of a speech run on",
            reply=Speech,
        ),
        Route(
            method="POST",
            path=f"{SPEECH}/end",
            handler=api.end_speech,
            allow=CHAIRING,
            summary="End a speech",
            reply=Speech,
        ),
        Route(
            method="POST",
            path=f"{SPEECH}/withdraw",
            handler=api.withdraw_speech,
            allow=CHAIRING,
            summary="Take somebody out of the speakers' queue",
            reply=Speech,
        ),
        Route(
            method="POST",
            path=f"{SPEECH}/restore",
            handler=api.restore_speech,
            allow=CHAIRING,
            summary="Put somebody back into the speakers' queue",
            reply=Speech,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/times",
            handler=api.show_guess,
            allow=ANYONE,
            summary="When the items that wait may begin",
            reply=Guess,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/alerts",
            handler=api.list_alerts,
            allow=SIGNED_IN,
            summary="Items of which this account is told by mail",
            reply=AlertList,
        ),
        Route(
            method="PUT",
            path=rf"{SESSION}/alerts/{{item_id:\d{{1,18}}}}",
            handler=api.ask_for_alert,
            allow=SIGNED_IN,
            summary="Be told by mail when an item begins",
            status=204,
        ),
        Route(
            method="DELETE",
            path=rf"{SESSION}/alerts/{{item_id:\d{{1,18}}}}",
            handler=api.drop_alert,
            allow=SIGNED_IN,
            summary="Not be told any more",
            status=204,
        ),
    ),
    rooms=(
        Room(
            pattern="council/session/{session_id}/debate",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=debate_snapshot,
            events=(SpeechChanged, QueueOrdered, TimesGuessed),
            summary="Who speaks, who waits, and when items may begin",
        ),
        Room(
            pattern="council/session/{session_id}/debate/inside",
            allow=CHAIRING,
            kind=RoomKind.LATEST,
            snapshot=inside_snapshot,
            events=(SpeechChanged, QueueOrdered, TimesGuessed),
            summary="The same for those who sit in the session, in closed parts too",
        ),
    ),
    jobs=(alerts.SEND_ALERTS,),
    services=(panel_service,),
    demo=demo.fill,
)
