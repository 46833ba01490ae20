"""Submitting, answering and withdrawing interpellations."""

from collections.abc import Container
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import LOCALES, _
from app.wire import section
from portals.council.records.interpellations import rules, store
from portals.council.records.interpellations.model import (
    ROOM,
    Draft,
    Interpellation,
    InterpellationChanged,
    Listing,
    NewAnswer,
    Whole,
)
from portals.council.records.interpellations.settings import InterpellationSettings

DAYS_OFF: Final[web.AppKey[Container[date]]] = web.AppKey("interpellation_days_off", Container)
"""Public holidays, of whatever year is asked for."""


async def access_interpellation(tx: Tx, _actor: Actor, matter_id: int) -> Interpellation:
    """One that anybody may read."""
    found = await store.interpellation(tx, matter_id)
    if found is None:
        raise NotFound
    return found


async def access_matter(tx: Tx, actor: Actor, matter_id: int) -> Interpellation:
    """The same, locked, for the office; for others there is nothing to answer."""
    if not rules.can_keep(actor) and actor != SYSTEM:
        raise NotFound
    if not await store.lock(tx, matter_id):
        raise NotFound
    return await access_interpellation(tx, actor, matter_id)


async def access_own(tx: Tx, actor: Actor, matter_id: int) -> Interpellation:
    """The same for the office and for the councillor who submitted it."""
    if not await store.lock(tx, matter_id):
        raise NotFound
    found = await access_interpellation(tx, actor, matter_id)
    if not await may_withdraw(tx, actor, found):
        raise NotFound
    return found


async def may_withdraw(tx: Tx, actor: Actor, matter: Interpellation) -> bool:
    if matter.state != "open":
        return False
    if rules.can_keep(actor):
        return True
    return actor.account_id is not None and await store.councillor_of(tx, actor.account_id) == matter.councillor_id


async def whole(tx: Tx, actor: Actor, matter_id: int) -> Whole:
    matter = await access_interpellation(tx, actor, matter_id)
    return Whole(matter, await store.body(tx, matter_id), await store.answers(tx, matter_id))


async def listing(tx: Tx, _actor: Actor) -> Listing:
    return Listing(await store.newest(tx, rules.SHOWN))


async def of_councillor(tx: Tx, _actor: Actor, councillor_id: int) -> list[Interpellation]:
    """What somebody submitted, newest first."""
    return await store.newest(tx, rules.SHOWN, 0, councillor_id)


async def submit(app: web.Application, actor: Actor, draft: Draft) -> Interpellation:
    """A councillor submits under the own name, the office for anybody; the time limit begins to run."""
    async with app[DATABASE].transaction() as tx:
        if not rules.can_submit(actor) and actor != SYSTEM:
            raise Forbidden
        councillor_id = await _councillor(tx, actor, draft.councillor_id)
        today = today_in(app)
        keeps = rules.can_keep(actor) or actor == SYSTEM
        submitted_on = draft.submitted_on if keeps and draft.submitted_on is not None else today
        found = rules.faults(draft, submitted_on, today)
        if councillor_id is None:
            found["councillor_id"] = _("Choose who submits it")
        if found:
            raise Invalid(fields=found)
        assert councillor_id is not None
        settings = section(app, InterpellationSettings)
        draft = msgspec.structs.replace(
            draft,
            title=" ".join(draft.title.split()),
            body=draft.body.strip(),
            addressee=draft.addressee.strip() or settings.addressee,
        )
        due_on = rules.due_on(submitted_on, settings.answer_days, app[DAYS_OFF])
        matter_id = await store.add(tx, draft, councillor_id, submitted_on, due_on)
        return await _told(tx, actor, "interpellation.submit", matter_id, kind=draft.kind, title=draft.title)


async def _councillor(tx: Tx, actor: Actor, asked: int | None) -> int | None:
    if rules.can_keep(actor) or actor == SYSTEM:
        return asked if asked is not None and await store.councillor_known(tx, asked) else None
    assert actor.account_id is not None  # who holds a role is signed in
    return await store.councillor_of(tx, actor.account_id)


async def answer(app: web.Application, actor: Actor, matter_id: int, new: NewAnswer) -> Interpellation:
    """Adds an answer; a final one ends the matter, and another final one may follow as a supplement."""
    async with app[DATABASE].transaction() as tx:
        matter = await access_matter(tx, actor, matter_id)
        if matter.state == "withdrawn":
            raise Conflict("It was withdrawn")
        today = today_in(app)
        answered_on = new.answered_on or today
        found = rules.answer_faults(new, answered_on, matter.submitted_on, today)
        if found:
            raise Invalid(fields=found)
        new = msgspec.structs.replace(new, author=" ".join(new.author.split()), body=new.body.strip())
        await store.add_answer(tx, matter_id, new, answered_on)
        done = matter.state == "answered" or new.final
        await store.set_state(
            tx, matter_id, "answered" if done else "open", (matter.answered_on or answered_on) if done else None
        )
        return await _told(tx, actor, "interpellation.answer", matter_id, author=new.author, final=new.final)


async def withdraw(app: web.Application, actor: Actor, matter_id: int) -> Interpellation:
    """The councillor, or the office on request, takes it back; it stays in the list and says so."""
    async with app[DATABASE].transaction() as tx:
        await access_own(tx, actor, matter_id)
        await store.set_state(tx, matter_id, "withdrawn", None)
        return await _told(tx, actor, "interpellation.withdraw", matter_id)


async def _told(tx: Tx, actor: Actor, action: str, matter_id: int, **details: object) -> Interpellation:
    matter = await access_interpellation(tx, actor, matter_id)
    tx.publish(ROOM, InterpellationChanged(matter))
    await tx.audit(actor, action, f"interpellation/{matter_id}", **details)
    return matter


def today_in(app: web.Application) -> date:
    """The day in the city."""
    zone: ZoneInfo = app[LOCALES].default.zone
    return datetime.now(zone).date()
