"""Surveys: the visible place where everything they add stands."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound, Unavailable
from app.feature import ANYONE, Feature, Params, Room, RoomKind
from app.i18n import _
from app.supervise import SUPERVISOR
from portals.dialog.access import room_number
from portals.dialog.blocks import BLOCKS, BlockKind
from portals.dialog.refusals import Closed
from portals.dialog.surveys import actions, demo, rules, views
from portals.dialog.surveys.actions import CHANGED, Changed
from portals.dialog.surveys.forms import SurveyForm
from portals.dialog.surveys.model import SurveyCounted, SurveySettings, Tally
from portals.dialog.surveys.routes import ROUTES

TELL_EVERY_S: Final = 1.0

KIND = BlockKind(
    name=actions.KIND,
    label=_("Survey"),
    description=_("Questions with conditions, on paper too; results drawn"),
    icon="check",
    order=30,
    settings=SurveySettings,
    form=SurveyForm,
    check=rules.settings_faults,
    without_account=True,
    data=views.view,
    manage=views.desk_view,
    figures=views.figures,
    contributions=views.contributions,
    ready=views.ready,
    phase_ended=actions.ended,
    account_erased=actions.erased,
    copied=actions.copied,
)


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages, and tells rooms of new totals: once a second, not for each answer."""
    app[BLOCKS].add(KIND)
    changed = app[CHANGED] = Changed()
    database = app[DATABASE]

    async def tell() -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            while changed.blocks:
                block_id = changed.blocks.pop()
                try:
                    await actions.tell(database, block_id)
                except Unavailable:
                    changed.blocks.add(block_id)
                    break
                except (NotFound, Closed):
                    continue  # a draft, or off the page: nobody is there to be told

    task = app[SUPERVISOR].run("totals of surveys", tell)
    yield
    task.cancel()


async def tally_snapshot(tx: Tx, actor: Actor, params: Params) -> Tally:
    return await actions.tally(tx, actor, room_number(params, "block_id"))


FEATURE = Feature(
    name="surveys",
    folder=Path(__file__).parent,
    needs=("identity", "dialog", "realtime"),
    routes=ROUTES,
    rooms=(
        Room(
            pattern="dialog/surveys/{block_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=tally_snapshot,
            events=(SurveyCounted,),
            summary="How many have answered a survey, and its results where they are told live",
        ),
    ),
    services=(kind_service,),
    demo=demo.fill,
    template_globals={"survey_when": views.when_texts, "survey_ranked": views.ranked},
)
