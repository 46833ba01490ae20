"""Rooms of messages."""

from typing import Final

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import SIGNED_IN, Params, Room, RoomKind
from schools.messages import actions
from schools.messages.model import (
    InboxView,
    MessageSent,
    ReceiptChanged,
    ReceiptsView,
    ThreadChanged,
    ThreadView,
)
from schools.structure.access import room_number


async def inbox_snapshot(tx: Tx, actor: Actor, params: Params) -> InboxView:
    if room_number(params, "account_id") != actor.account_id:
        raise NotFound
    return await actions.inbox(tx, actor, room_number(params, "school_id"))


async def thread_snapshot(tx: Tx, actor: Actor, params: Params) -> ThreadView:
    return await actions.thread_view(tx, actor, room_number(params, "school_id"), room_number(params, "thread_id"))


async def receipts_snapshot(tx: Tx, actor: Actor, params: Params) -> ReceiptsView:
    return await actions.receipts_view(tx, actor, room_number(params, "school_id"), room_number(params, "thread_id"))


ROOMS: Final = (
    Room(
        pattern="school/{school_id}/inbox/{account_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=inbox_snapshot,
        events=(ThreadChanged,),
        looked_at_again=True,
        summary="Somebody's own messages in a school",
    ),
    Room(
        pattern="school/{school_id}/thread/{thread_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=thread_snapshot,
        events=(MessageSent,),
        looked_at_again=True,
        summary="A thread of messages, for those who are in it",
    ),
    Room(
        pattern="school/{school_id}/thread/{thread_id}/receipts",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=receipts_snapshot,
        events=(ReceiptChanged,),
        looked_at_again=True,
        summary="Who has read and confirmed a message, for its author",
    ),
)
