"""Loaders of threads and comments. What they return may be used; what may not be known of raises NotFound."""

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from portals.dialog import store as dialog_store
from portals.dialog.access import (
    Place,
    access_block,
    access_block_inside,
    access_block_to_manage,
    access_block_to_moderate,
    access_block_to_take_part,
)
from portals.dialog.discussion import rules, store
from portals.dialog.discussion.model import KIND_NAME, Comment, DiscussionSettings, Thread
from portals.dialog.model import Block
from portals.dialog.refusals import Closed


class Spot(msgspec.Struct, frozen=True):
    """A thread where it stands, for one actor at one moment."""

    place: Place
    thread: Thread

    @property
    def settings(self) -> DiscussionSettings:
        """The block's for its own thread; a part's threads have their own."""
        block = self.place.block
        own = block.kind == KIND_NAME and not self.thread.subject
        return msgspec.convert(block.settings if own else self.thread.settings, DiscussionSettings)

    @property
    def path(self) -> str:
        """Where the thread is read."""
        if self.thread.path or not self.thread.subject:
            return self.thread.path or self.place.own_path
        return f"{self.place.consultation.path}/discussion/threads/{self.place.block.id}/{self.thread.subject}"

    @property
    def may_write(self) -> bool:
        return self.place.may_take_part and not self.thread.closed

    def link(self, comment_id: int) -> str:
        """Address of one comment that lasts."""
        return f"{self.place.consultation.path}/discussion/{comment_id}"


async def access_thread(tx: Tx, actor: Actor, block_id: int, subject: str = "") -> Spot:
    """For reading. The thread of a discussion block is there before anybody has written."""
    block = await _block(tx, block_id)
    place = await access_block(tx, actor, block_id, block.kind)
    return Spot(place, await _thread(tx, place, subject))


async def access_thread_to_write(tx: Tx, actor: Actor, block_id: int, subject: str = "") -> Spot:
    """For a resident who writes at this moment; it is made if it is the block's own."""
    block = await _block(tx, block_id)
    place = await access_block_to_take_part(tx, actor, block_id, block.kind)
    if block.kind == KIND_NAME and not subject:
        await store.own_thread(tx, block_id)
    thread = await _thread(tx, place, subject)
    if thread.closed:
        raise Closed("Nothing is taken here now")
    return Spot(place, thread)


async def access_thread_to_manage(tx: Tx, actor: Actor, block_id: int, subject: str = "") -> Spot:
    """For the clerk: answers of the office, entries from paper; at any time."""
    block = await _block(tx, block_id)
    place = await access_block_to_manage(tx, actor, block_id, block.kind)
    if block.kind == KIND_NAME and not subject:
        await store.own_thread(tx, block_id)
    return Spot(place, await _thread(tx, place, subject))


async def access_comment(tx: Tx, actor: Actor, comment_id: int) -> tuple[Spot, Comment]:
    """One that the actor may know of, for reading."""
    comment, thread, block = await _comment(tx, comment_id)
    place = await access_block(tx, actor, block.id, block.kind)
    return _seen(Spot(place, thread), comment)


async def access_comment_to_act(tx: Tx, actor: Actor, comment_id: int) -> tuple[Spot, Comment]:
    """One that a resident acts on at this moment: answers, endorses, changes. Thread and comment are held."""
    _known, thread, block = await _comment(tx, comment_id)
    place = await access_block_to_take_part(tx, actor, block.id, block.kind)
    await store.lock_thread(tx, thread.id)
    thread = await store.thread_by_id(tx, thread.id)
    if thread.closed:
        raise Closed("Nothing is taken here now")
    comment = await store.comment(tx, comment_id, lock=True)
    if comment is None:
        raise NotFound
    return _seen(Spot(place, thread), comment)


async def access_own_comment(tx: Tx, actor: Actor, comment_id: int) -> tuple[Spot, Comment]:
    """One that the actor has written, at any time. Thread and comment are held."""
    _known, thread, block = await _comment(tx, comment_id)
    place = await access_block(tx, actor, block.id, block.kind)
    await store.lock_thread(tx, thread.id)
    comment = await store.comment(tx, comment_id, lock=True)
    if comment is None or not rules.is_own(place, comment):
        raise NotFound
    return Spot(place, await store.thread_by_id(tx, thread.id)), comment


async def access_comment_to_moderate(tx: Tx, actor: Actor, comment_id: int) -> tuple[Spot, Comment]:
    """One that a moderator decides about, at any time. Thread and comment are held."""
    _known, thread, block = await _comment(tx, comment_id)
    place = await access_block_to_moderate(tx, actor, block.id, block.kind)
    await store.lock_thread(tx, thread.id)
    comment = await store.comment(tx, comment_id, lock=True)
    if comment is None:
        raise NotFound
    return Spot(place, await store.thread_by_id(tx, thread.id)), comment


async def access_block_with_threads(tx: Tx, actor: Actor, block_id: int, *, inside: bool) -> Place:
    """A block whose comments are taken out: by the office, or as the public reads them."""
    block = await _block(tx, block_id)
    if inside:
        return await access_block_inside(tx, actor, block_id, block.kind)
    return await access_block(tx, actor, block_id, block.kind)


def _seen(spot: Spot, comment: Comment) -> tuple[Spot, Comment]:
    if not rules.can_see(spot.place, spot.thread, comment):
        raise NotFound
    return spot, comment


async def _block(tx: Tx, block_id: int) -> Block:
    block = await dialog_store.block(tx, block_id)
    if block is None:
        raise NotFound
    return block


async def _comment(tx: Tx, comment_id: int) -> tuple[Comment, Thread, Block]:
    comment = await store.comment(tx, comment_id)
    if comment is None:
        raise NotFound
    thread = await store.thread_by_id(tx, comment.thread_id)
    return comment, thread, await _block(tx, thread.block_id)


async def _thread(tx: Tx, place: Place, subject: str) -> Thread:
    found = await store.thread(tx, place.block.id, subject)
    if found is None:
        if place.block.kind != KIND_NAME or subject:
            raise NotFound
        return Thread(
            id=0, block_id=place.block.id, subject="", title="", path="", settings={}, hidden=False, closed=False,
            comments=0, agree=0, neutral=0, against=0, rev=1,
        )  # fmt: skip
    if found.hidden and not place.inside:
        raise NotFound
    return found
