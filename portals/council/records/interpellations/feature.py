"""Interpellations: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, Feature, Params, Room, RoomKind, Route, having
from app.wire import section
from portals.council.records.interpellations import actions, api, demo, pages
from portals.council.records.interpellations.model import (
    ROOM,
    Draft,
    Interpellation,
    InterpellationChanged,
    Listing,
    NewAnswer,
    Whole,
)
from portals.council.records.interpellations.settings import InterpellationSettings, days_off
from portals.council.rules import COUNCILLOR, DESK_ROLES

SUBMITTERS = having(COUNCILLOR, *DESK_ROLES)
OFFICE = having(*DESK_ROLES)
ID = r"{matter_id:\d{1,18}}"
PAGE = "/council/interpellations"
API = "/api/council/interpellations"


async def snapshot(tx: Tx, actor: Actor, _params: Params) -> Listing:
    return await actions.listing(tx, actor)


async def days_off_service(app: web.Application) -> AsyncIterator[None]:
    """A calendar that is not known is told when the product starts."""
    app[actions.DAYS_OFF] = days_off(section(app, InterpellationSettings).holidays)
    yield


FEATURE = Feature(
    name="interpellations",
    folder=Path(__file__).parent,
    needs=("council",),
    settings=InterpellationSettings,
    routes=(
        Route(method="GET", path=PAGE, handler=pages.list_interpellations, allow=ANYONE, name="list"),
        Route(method="GET", path=f"{PAGE}/new", handler=pages.show_new, allow=SUBMITTERS, name="new"),
        Route(method="POST", path=f"{PAGE}/new", handler=pages.submit, allow=SUBMITTERS),
        Route(
            method="GET", path=f"{PAGE}/{ID}", handler=pages.show_interpellation, allow=ANYONE, name="interpellation"
        ),
        Route(method="POST", path=f"{PAGE}/{ID}/answer", handler=pages.answer, allow=OFFICE, name="answer"),
        Route(method="POST", path=f"{PAGE}/{ID}/withdraw", handler=pages.withdraw, allow=SUBMITTERS, name="withdraw"),
        Route(
            method="GET",
            path=API,
            handler=api.list_interpellations,
            allow=ANYONE,
            summary="Interpellations and questions, newest first",
            query=api.Asked,
            reply=Listing,
        ),
        Route(
            method="GET",
            path=f"{API}/{ID}",
            handler=api.show_interpellation,
            allow=ANYONE,
            summary="An interpellation with its text and answers",
            reply=Whole,
        ),
        Route(
            method="POST",
            path=API,
            handler=api.submit,
            allow=SUBMITTERS,
            summary="Submit an interpellation or a question",
            body=Draft,
            reply=Interpellation,
            status=201,
        ),
        Route(
            method="POST",
            path=f"{API}/{ID}/answers",
            handler=api.answer,
            allow=OFFICE,
            summary="Answer an interpellation",
            body=NewAnswer,
            reply=Interpellation,
            status=201,
        ),
        Route(
            method="POST",
            path=f"{API}/{ID}/withdraw",
            handler=api.withdraw,
            allow=SUBMITTERS,
            summary="Take an interpellation back",
            reply=Interpellation,
        ),
    ),
    rooms=(
        Room(
            pattern=ROOM,
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=snapshot,
            events=(InterpellationChanged,),
            summary="Interpellations and their state; the snapshot holds the newest hundred",
        ),
    ),
    services=(days_off_service,),
    demo=demo.fill,
)
