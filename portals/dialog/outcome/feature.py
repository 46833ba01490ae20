"""What became of it: the visible place where everything it adds stands."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, Feature, Params, Room, RoomKind
from app.i18n import _
from app.markup import render_markdown
from app.push import SECTIONS, Section
from portals.dialog.access import access_block, room_number
from portals.dialog.blocks import BLOCKS, BlockKind, Blocks, HeadPart
from portals.dialog.outcome import demo, rules, store, views
from portals.dialog.outcome.forms import OutcomeForm
from portals.dialog.outcome.letters import letters_service
from portals.dialog.outcome.model import (
    KIND_NAME,
    Answered,
    ConclusionsPublished,
    OutcomeSettings,
    OutcomeVersion,
)
from portals.dialog.outcome.pages import follow_data, section_data
from portals.dialog.outcome.routes import ROUTES


def kind(blocks: Blocks) -> BlockKind:
    """The kind of block; `blocks`: whose contributions it asks for."""
    return BlockKind(
        name=KIND_NAME,
        label=_("What became of it"),
        description=_("The office's answer to each contribution, and the report"),
        icon="check",
        order=90,
        settings=OutcomeSettings,
        form=OutcomeForm,
        check=rules.settings_faults,
        timed=False,
        data=partial(views.data, blocks),
        manage=partial(views.manage_data, blocks),
    )


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages."""
    app[BLOCKS].add(kind(app[BLOCKS]))
    app[BLOCKS].add_head(HeadPart("outcome/_follow.html", follow_data))
    app[SECTIONS].add(Section(name=KIND_NAME, template="outcome/_following.html", data=section_data))
    yield


async def outcome_snapshot(tx: Tx, actor: Actor, params: Params) -> OutcomeVersion:
    place = await access_block(tx, actor, room_number(params, "block_id"), KIND_NAME)
    return OutcomeVersion(await store.newest_version(tx, place.consultation.id))


FEATURE = Feature(
    name=KIND_NAME,
    folder=Path(__file__).parent,
    needs=("identity", "mail", "dialog", "discussion", "push", "realtime"),
    routes=ROUTES,
    rooms=(
        Room(
            pattern="dialog/outcome/{block_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=outcome_snapshot,
            events=(Answered, ConclusionsPublished),
            summary="Answers of the office to contributions, as they come",
        ),
    ),
    services=(kind_service, letters_service),
    demo=demo.fill,
    template_globals={"render_markdown": render_markdown},
)
