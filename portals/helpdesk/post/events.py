"""What pages are told live of the helpdesk's mail."""

import msgspec

from app.actor import Actor
from app.database import Tx
from app.feature import Event, Params
from portals.helpdesk.post import store

ROOM = "helpdesk/post"


class LettersWait(Event, frozen=True, tag=True):
    """A letter was set aside, or somebody has decided about one. `newest`: id of the newest letter that waits, or 0."""

    waiting: int
    newest: int


class LettersView(msgspec.Struct, frozen=True):
    waiting: int
    newest: int


async def letters_snapshot(tx: Tx, _actor: Actor, _params: Params) -> LettersView:
    waiting, newest = await store.waiting(tx)
    return LettersView(waiting, newest)


async def tell_waiting(tx: Tx) -> None:
    waiting, newest = await store.waiting(tx)
    tx.publish(ROOM, LettersWait(waiting, newest))
