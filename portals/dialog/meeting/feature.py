"""Live meetings: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.feature import ANYONE, Feature, Params, Room, RoomKind
from app.i18n import _
from media.streams import STREAMS
from portals.dialog.access import access_block, room_number
from portals.dialog.blocks import BLOCKS, BlockKind
from portals.dialog.meeting import actions, demo, key_store, routes, views
from portals.dialog.meeting.forms import MeetingForm
from portals.dialog.meeting.model import (
    ChatView,
    HandChanged,
    MeetingChanged,
    MeetingSettings,
    MeetingView,
    MessageChanged,
    MessageSent,
    PollChanged,
    QuestionChanged,
    SlidesChanged,
)

KIND = BlockKind(
    name=actions.KIND,
    label=_("Live meeting"),
    description=_("A stream with questions, polls, raised hands and chat; it plays back with all of them"),
    icon="video",
    order=70,
    settings=MeetingSettings,
    form=MeetingForm,
    data=views.view,
    figures=views.figures,
    contributions=views.contributions,
    phase_ended=actions.phase_ended,
    account_erased=actions.account_erased,
    copied=actions.copied,
)


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages; after a restart, what was on air is on air again."""
    app[BLOCKS].add(KIND)
    if STREAMS in app:  # not on a web node
        async with app[DATABASE].transaction(readonly=True) as tx:
            meetings = await key_store.live_meetings(tx)
        for meeting in meetings:
            app[STREAMS].put_on_air(meeting.stream_id)
    yield


async def meeting_snapshot(tx: Tx, actor: Actor, params: Params) -> MeetingView:
    place = await access_block(tx, actor, room_number(params, "block_id"), actions.KIND)
    return await views.room_view(tx, place.block.id)


async def chat_snapshot(tx: Tx, actor: Actor, params: Params) -> ChatView:
    place = await access_block(tx, actor, room_number(params, "block_id"), actions.KIND)
    return await views.chat_view(tx, place.block.id)


FEATURE = Feature(
    name="meeting",
    folder=Path(__file__).parent,
    needs=("identity", "media", "dialog", "materials", "realtime"),
    routes=routes.ROUTES,
    rooms=(
        Room(
            pattern="dialog/meeting/{block_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=meeting_snapshot,
            events=(MeetingChanged, QuestionChanged, PollChanged, HandChanged, SlidesChanged),
            presence=True,
            summary="A live meeting: questions, polls, raised hands, slides; counts who watches",
        ),
        Room(
            pattern="dialog/meeting/{block_id}/chat",
            allow=ANYONE,
            kind=RoomKind.LOG,
            kept=True,
            snapshot=chat_snapshot,
            events=(MessageSent, MessageChanged),
            summary="What is written beside a live meeting",
        ),
    ),
    services=(kind_service,),
    demo=demo.fill,
)
