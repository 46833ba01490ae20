"""Discussions: the visible place where everything they add stands."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, Feature, Params, Room, RoomKind
from app.i18n import _
from portals.dialog.access import Place, access_inside, room_number
from portals.dialog.blocks import BLOCKS, BlockKind, Contribution, Figure
from portals.dialog.discussion import actions, demo, queue_store, store
from portals.dialog.discussion.access import access_thread
from portals.dialog.discussion.following import TELL_FOLLOWERS
from portals.dialog.discussion.forms import DiscussionForm
from portals.dialog.discussion.model import (
    KIND_NAME,
    AuthorErased,
    CommentChanged,
    CommentEnded,
    CommentPosted,
    DiscussionSettings,
    FiguresChanged,
    QueueEntryChanged,
    QueueView,
    ThreadView,
)
from portals.dialog.discussion.notices import TELL
from portals.dialog.discussion.prose import plain
from portals.dialog.discussion.routes import INSIDE, ROUTES
from portals.dialog.discussion.telling import erase_author
from portals.dialog.discussion.views import QUEUE, named_bodies, queue_entries, thread_view
from portals.dialog.model import Block

EVENTS: Final = (CommentPosted, CommentChanged, CommentEnded, AuthorErased, FiguresChanged)


class Managed(msgspec.Struct, frozen=True):
    """What the clerk's page of a block says."""

    waiting: int
    comments: int


async def data(tx: Tx, actor: Actor, place: Place) -> actions.ThreadData:
    return await actions.thread_data(tx, actor, place.block.id)


async def manage_data(tx: Tx, _actor: Actor, place: Place) -> Managed:
    waiting = await queue_store.count_waiting(tx, place.consultation.id)
    return Managed(waiting, sum(one.comments for one in await store.threads(tx, place.block.id)))


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    comments = sum(one.comments for one in await store.threads(tx, place.block.id) if not one.hidden)
    return (
        Figure(_("Comments"), comments),
        Figure(_("People in the discussion"), await store.count_people(tx, place.block.id)),
        Figure(_("Endorsements"), await store.count_endorsements(tx, place.block.id)),
    )


async def contributions(tx: Tx, _actor: Actor, place: Place) -> Sequence[Contribution]:
    """What people wrote; not the office's answers, and nothing its author took back."""
    found = [
        (thread, one)
        for thread, one in await store.all_comments(tx, place.block.id)
        if not one.official and one.state != "withdrawn"
    ]
    bodies = await named_bodies(tx, [one.body for _thread, one in found])
    return [
        Contribution(
            block_id=place.block.id,
            ref=f"comment/{one.id}",
            participant_id=one.participant_id,
            text=plain(body),
            at=one.created_at,
            path=f"{place.consultation.path}/discussion/{one.id}",
            visible=one.state == "shown" and not thread.hidden,
        )
        for (thread, one), body in zip(found, bodies, strict=True)
    ]


async def copied(tx: Tx, _actor: Actor, old: Block, new: Block) -> None:
    """The word rules go with a copy of the consultation."""
    words = await queue_store.words(tx, old.consultation_id)
    if words and not await queue_store.words(tx, new.consultation_id):
        await queue_store.set_words(tx, new.consultation_id, words)


KIND: Final = BlockKind(
    name=KIND_NAME,
    label=_("Discussion"),
    description=_("People talk with each other and with the office, live"),
    icon="chat",
    order=30,
    settings=DiscussionSettings,
    form=DiscussionForm,
    data=data,
    manage=manage_data,
    figures=figures,
    contributions=contributions,
    account_erased=erase_author,
    copied=copied,
)


async def thread_snapshot(tx: Tx, actor: Actor, params: Params) -> ThreadView:
    spot = await access_thread(tx, actor, room_number(params, "block_id"), params.get("subject", ""))
    return await thread_view(tx, spot)


async def queue_snapshot(tx: Tx, actor: Actor, params: Params) -> QueueView:
    consultation = await access_inside(tx, actor, room_number(params, "consultation_id"))
    ids = await queue_store.waiting(tx, consultation.id, QUEUE)
    return QueueView(await queue_entries(tx, ids), await queue_store.count_waiting(tx, consultation.id) - len(ids))


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages."""
    app[BLOCKS].add(KIND)
    yield


def _thread_room(pattern: str, summary: str) -> Room:
    return Room(
        pattern=pattern,
        allow=ANYONE,
        kind=RoomKind.LOG,
        kept=True,
        snapshot=thread_snapshot,
        events=EVENTS,
        summary=summary,
    )


FEATURE = Feature(
    name=KIND_NAME,
    folder=Path(__file__).parent,
    needs=("dialog", "identity", "mail", "push"),
    routes=ROUTES,
    rooms=(
        _thread_room("dialog/discussion/{block_id}", "The discussion of a block"),
        _thread_room("dialog/discussion/{block_id}/{subject}", "The discussion of a thing in a block"),
        Room(
            pattern="dialog/moderation/{consultation_id}",
            allow=INSIDE,
            kind=RoomKind.LATEST,
            snapshot=queue_snapshot,
            events=(QueueEntryChanged,),
            summary="Comments of a consultation that wait for a moderator",
        ),
    ),
    jobs=(TELL, TELL_FOLLOWERS),
    services=(kind_service,),
    demo=demo.fill,
)
