"""Statements, votes on them, and the map that is made anew as votes come."""

import asyncio
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.feature import Job
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.dialog import plan
from portals.dialog.access import (
    Place,
    access_block,
    access_block_to_manage,
    access_block_to_moderate,
    access_block_to_take_part,
)
from portals.dialog.model import Block
from portals.dialog.opinions import store
from portals.dialog.opinions.drawing import draw
from portals.dialog.opinions.model import (
    MapComputed,
    MapRow,
    OpinionSettings,
    Statement,
    StatementShown,
    StatementState,
    room,
)

KIND: Final = "opinions"
VOTE_LIMIT: Final = Limit("dialog.opinion.vote", burst=200, every_s=1)
SEND_LIMIT: Final = Limit("dialog.opinion.statement", burst=12, every_s=60)
EVERY_S: Final = 10.0
"""The map is made anew so often at most."""
LONGEST: Final = 200
MOST_STATEMENTS: Final = 200


class Draw(msgspec.Struct, frozen=True):
    """Payload of the job."""

    block_id: int


def settings_of(place: Place) -> OpinionSettings:
    return msgspec.convert(place.block.settings, OpinionSettings)


async def vote(
    database: Database, actor: Actor, block_id: int, statement_id: int, choice: int | None
) -> Statement | None:
    """Agree (1), disagree (−1), pass (0); None takes it back. Returns the next statement, None after the last one."""
    if choice not in {1, 0, -1, None}:
        raise Invalid(_("Choose one of these"))
    await spend(database, Charge(VOTE_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place = await access_block_to_take_part(tx, actor, block_id, KIND)
        person = place.participant_id
        assert person is not None  # this kind does not do without
        found = await store.statement(tx, statement_id)
        if found is None or found.block_id != block_id or found.state != "shown":
            raise Conflict(_("This statement is not voted on any more"))
        if choice is None:
            await store.take_vote_back(tx, statement_id, person)
        else:
            await store.put_vote(tx, statement_id, person, choice)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "opinion.vote", subject, block=block_id)  # that, not what
        await want(tx, block_id)
        return found if choice is None else await store.next_statement(tx, block_id, person, statement_id)


async def want(tx: Tx, block_id: int) -> None:
    wait_s = await store.want_map(tx, block_id, EVERY_S)
    if wait_s is not None:
        await tx.enqueue(DRAW, Draw(block_id), wait_s)


async def suggest(database: Database, actor: Actor, block_id: int, text: str) -> Statement:
    """A participant's statement; it is shown once a moderator has read it."""
    await spend(database, Charge(SEND_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place = await access_block_to_take_part(tx, actor, block_id, KIND)
        settings = settings_of(place)
        assert place.participant_id is not None  # this kind does not do without
        if not settings.may_send:
            raise Conflict(_("Here the office alone writes statements"))
        text = await _checked(tx, block_id, text)
        if await store.count_sent(tx, block_id, place.participant_id) >= settings.most_each:
            raise Invalid(fields={"text": _("You have sent as many statements as one person may")})
        made = await store.add_statement(tx, block_id, text, place.participant_id, "waiting", by_office=False)
        await tx.audit(actor, "opinion.suggest", f"consultation/{place.consultation.id}", statement=made.id)
        return made


async def _checked(tx: Tx, block_id: int, text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if not 10 <= len(text) <= LONGEST:
        raise Invalid(fields={"text": _("Write one sentence of 10 to 200 characters")})
    if await store.said_before(tx, block_id, text):
        raise Invalid(fields={"text": _("This statement is there already")})
    if len(await store.statements(tx, block_id, "shown")) >= MOST_STATEMENTS:
        raise Invalid(fields={"text": _("There are 200 statements already: nobody reads more")})
    return text


async def add_statements(database: Database, actor: Actor, block_id: int, text: str) -> list[Statement]:
    """The office's own, a line each; they are shown at once."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise Invalid(fields={"text": _("Write one sentence of 10 to 200 characters")})
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        made = []
        for line in lines:
            checked = await _checked(tx, block_id, line)
            made.append(await store.add_statement(tx, block_id, checked, None, "shown", by_office=True))
            tx.publish(room(block_id), StatementShown(made[-1]))
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "opinion.statements", subject, block=block_id, count=len(made))
        return made


async def decide(database: Database, actor: Actor, statement_id: int, reason: str, *, show: bool) -> Statement:
    """A moderator shows a statement, or refuses it (a reason is needed; its author reads it). Votes on a refused one do
    not count, and count again when it is shown again.
    """
    reason = " ".join(reason.split())
    async with database.transaction() as tx:
        found = await store.statement(tx, statement_id, lock=True)
        if found is None:
            raise NotFound
        place = await access_block_to_moderate(tx, actor, found.block_id, KIND)
        if not show and not 1 <= len(reason) <= 500:
            raise Invalid(fields={"reason": _("Write a reason of 500 characters at most; its author reads it")})
        state: StatementState = "shown" if show else "refused"
        if state == found.state:
            raise Conflict
        made = await store.decide_statement(tx, statement_id, state, "" if show else reason)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, f"opinion.{'show' if show else 'refuse'}", subject, statement=statement_id, reason=reason)
        if "shown" in {state, found.state}:
            tx.publish(room(found.block_id), StatementShown(public(made)))
            await want(tx, found.block_id)
        return made


def public(one: Statement) -> Statement:
    """As the public may know it: of a refused one there are no words."""
    return one if one.state == "shown" else msgspec.structs.replace(one, text="", reason="")


# the map


async def compute(database: Database, block_id: int) -> MapRow:
    """Makes the map of all votes there are now, and tells of it. The arithmetic runs in a thread of the worker."""
    async with database.transaction() as tx:
        await store.begin_map(tx, block_id)
        ballots = await store.ballots(tx, block_id)
    drawn = await asyncio.to_thread(draw, ballots)
    async with database.transaction() as tx:
        await store.put_map(tx, block_id, drawn)
        row = await store.map_row(tx, block_id)
        tx.publish(room(block_id), MapComputed(row))
        return row


async def _run(database: Database, payload: Draw) -> None:
    await compute(database, payload.block_id)


DRAW: Final = Job(name="dialog.opinion-map", payload=Draw, run=_run, attempts=3)


async def map_of(tx: Tx, actor: Actor, block_id: int) -> MapRow:
    """For whoever may read the block: the room's snapshot."""
    place = await access_block(tx, actor, block_id, KIND)
    return await store.map_row(tx, place.block.id)


async def ended(tx: Tx, place: Place) -> None:
    """The last votes are in: one more map."""
    await want(tx, place.block.id)
    await plan.block_changed(tx, place.block.id)


async def copied(tx: Tx, _actor: Actor, old: Block, new: Block) -> None:
    await store.copy_statements(tx, old.id, new.id)
