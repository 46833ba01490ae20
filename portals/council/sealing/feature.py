"""Breaks, closed parts, sealed recordings, and the desk's page of a recording."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import ANYONE, Feature, NavItem, Params, Role, Room, RoomKind, Route, having
from app.wire import section
from media.archive.model import CLIP_ADDRESS
from portals.council import rules as council_rules
from portals.council.model import Session
from portals.council.panels import PANELS, Panel
from portals.council.sealing import actions, api, demo, pages, rules
from portals.council.sealing.model import (
    Interval,
    IntervalChanged,
    IntervalsView,
    MomentList,
    NewBreak,
    NewClosedPart,
    SealedFigures,
    SealingPanel,
)
from portals.council.sealing.settings import SealingSettings
from portals.council.sealing.slates import resume_intervals
from portals.council.sealing.versions import obey_versions

DESK = having(*council_rules.DESK_ROLES)
KEEPER = having(rules.KEEPER)
ID = r"{session_id:\d{1,18}}"
SESSION = f"/api/council/sessions/{ID}"
INTERVAL = rf"{SESSION}/intervals/{{interval_id:\d{{1,18}}}}"
SEALED = r"/council/sealed/{interval_id:\d{1,18}}"


async def intervals_snapshot(tx: Tx, actor: Actor, params: Params) -> IntervalsView:
    text = params["session_id"]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return await actions.intervals_view(tx, actor, int(text))


async def sealing_panel(app: web.Application) -> AsyncIterator[None]:
    bases = section(app, SealingSettings).legal_bases

    async def data(tx: Tx, actor: Actor, session: Session) -> SealingPanel:
        return await actions.panel(tx, actor, session, bases if council_rules.can_run(actor) else ())

    app[PANELS].add(Panel(name="sealing", data=data, order=5, session_ended=actions.session_ended))
    yield


FEATURE = Feature(
    name="sealing",
    folder=Path(__file__).parent,
    needs=("council", "votes", "captions", "sealed", "archive", "realtime"),
    settings=SealingSettings,
    roles=(Role(name=rules.KEEPER, title="Keeper of sealed recordings"),),
    nav=(NavItem(label="Sealed recordings", path="/council/sealed", allow=KEEPER, order=35, icon="lock"),),
    routes=(
        Route(
            method="GET", path="/council/sealed", handler=pages.list_sealed, on_media=True, allow=KEEPER, name="list"
        ),
        Route(method="GET", path=SEALED, handler=pages.show_sealed, on_media=True, allow=KEEPER, name="part"),
        Route(
            method="POST",
            path=rf"{SEALED}/{{number:\d{{1,9}}}}",
            handler=pages.send_sealed,
            on_media=True,
            allow=KEEPER,
            name="open",
        ),
        Route(
            method="GET",
            path=f"/council/desk/{ID}/recording",
            handler=pages.show_recording,
            allow=DESK,
            name="recording",
        ),
        Route(
            method="GET",
            path=f"/council/clips/{{token:{CLIP_ADDRESS}}}",
            handler=pages.show_clip,
            allow=ANYONE,
            name="clip",
        ),
        Route(
            method="GET",
            path="/council/sessions/{slug}/redactions",
            handler=pages.show_log,
            allow=ANYONE,
            name="log",
        ),
        Route(
            method="GET",
            path=f"{SESSION}/intervals",
            handler=api.show_intervals,
            allow=ANYONE,
            summary="Breaks and closed parts of a session",
            reply=IntervalsView,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/moments",
            handler=api.show_moments,
            allow=ANYONE,
            summary="Votes, speakers, breaks and closed parts on a session's time",
            reply=MomentList,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/breaks",
            handler=api.start_break,
            on_media=True,
            allow=DESK,
            summary="Begin a break, with its announced end",
            body=NewBreak,
            reply=Interval,
            status=201,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/closed-parts",
            handler=api.close_part,
            on_media=True,
            allow=DESK,
            summary="Close the session to the public from this moment",
            body=NewClosedPart,
            reply=Interval,
            status=201,
        ),
        Route(
            method="PUT",
            path=INTERVAL,
            handler=api.announce_break,
            on_media=True,
            allow=DESK,
            summary="Announce another end of a break",
            body=NewBreak,
            reply=Interval,
        ),
        Route(
            method="POST",
            path=f"{INTERVAL}/end",
            handler=api.end_interval,
            on_media=True,
            allow=DESK,
            summary="End a break or a closed part",
            reply=Interval,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/sealed-recording",
            handler=api.show_sealed_figures,
            on_media=True,
            allow=DESK,
            summary="How the sealed recording fares that is being made now",
            reply=SealedFigures,
        ),
    ),
    rooms=(
        Room(
            pattern="council/session/{session_id}/sealing",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=intervals_snapshot,
            events=(IntervalChanged,),
            summary="Breaks and closed parts of a session",
        ),
    ),
    services=(sealing_panel, resume_intervals, obey_versions),
    demo=demo.fill,
)
