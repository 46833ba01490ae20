"""Keeping the register of resolutions."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.files import FileStore, StoredFile, Upload, stored_file
from app.i18n import _
from portals.council.records.resolutions import rules, store
from portals.council.records.resolutions.model import (
    ROOM,
    Adopted,
    Draft,
    Register,
    Resolution,
    ResolutionChanged,
)


async def access_resolution(tx: Tx, _actor: Actor, resolution_id: int) -> Resolution:
    """A resolution anybody may read."""
    found = await store.resolution(tx, resolution_id)
    if found is None:
        raise NotFound
    return found


async def access_entry(tx: Tx, actor: Actor, resolution_id: int) -> Resolution:
    """The same, locked for those who keep the register; for others there is no such thing."""
    if not rules.can_keep(actor) and actor != SYSTEM:
        raise NotFound
    if not await store.lock(tx, resolution_id):
        raise NotFound
    return await access_resolution(tx, actor, resolution_id)


async def access_file(tx: Tx, actor: Actor, resolution_id: int) -> StoredFile:
    """The signed text."""
    resolution = await access_resolution(tx, actor, resolution_id)
    if resolution.file_id is None:
        raise NotFound
    return await stored_file(tx, resolution.file_id)


async def register_view(tx: Tx, _actor: Actor) -> Register:
    return Register(await store.newest(tx, rules.SHOWN))


async def access_adopted(tx: Tx, actor: Actor, vote_id: int) -> Adopted:
    """A vote that may be entered."""
    if not rules.can_keep(actor) and actor != SYSTEM:
        raise NotFound
    found = await store.adopted(tx, vote_id)
    if not found:
        raise NotFound
    return found[0]


async def suggested(tx: Tx, actor: Actor, vote_id: int | None, zone: ZoneInfo) -> Draft:
    """What the form of a new entry starts with."""
    if vote_id is None:
        return Draft(number="", title="", passed_on=datetime.now(zone).date())
    vote = await access_adopted(tx, actor, vote_id)
    passed_on = vote.closed_at.astimezone(zone).date()
    numbers = await store.numbers_in_term(tx, passed_on)
    return Draft(
        number=rules.next_number(vote.session_number, numbers, passed_on),
        title=rules.title_from(vote.item_title or vote.title),
        passed_on=passed_on,
        vote_id=vote_id,
    )


async def enter_resolution(database: Database, actor: Actor, draft: Draft) -> Resolution:
    """Puts a resolution into the register; from its vote it takes session and item."""
    async with database.transaction() as tx:
        if not rules.can_keep(actor) and actor != SYSTEM:
            raise NotFound
        return await enter_in(tx, actor, draft)


async def enter_in(tx: Tx, actor: Actor, draft: Draft) -> Resolution:
    """The same within a transaction at hand; the caller has checked the actor."""
    replaced_by = await _checked(tx, draft, None)
    place = {}
    if draft.vote_id is not None:
        vote = await store.adopted(tx, draft.vote_id)
        if not vote:
            raise Conflict("This vote is in the register already, or it adopted nothing")
        place = {"session_id": vote[0].session_id, "item_id": vote[0].item_id}
    resolution_id = await store.add(tx, draft, place, replaced_by)
    resolution = await access_resolution(tx, actor, resolution_id)
    tx.publish(ROOM, ResolutionChanged(resolution))
    await tx.audit(actor, "resolution.enter", f"resolution/{resolution_id}", number=draft.number, title=draft.title)
    return resolution


async def change_resolution(database: Database, actor: Actor, resolution_id: int, rev: int, draft: Draft) -> Resolution:
    """Changes an entry as it was seen at `rev`; its vote stays."""
    async with database.transaction() as tx:
        before = await access_entry(tx, actor, resolution_id)
        if before.rev != rev:
            raise Conflict("Somebody else has changed this meanwhile: load the page again and compare")
        replaced_by = await _checked(tx, draft, resolution_id)
        await store.change(tx, resolution_id, draft, replaced_by)
        resolution = await access_resolution(tx, actor, resolution_id)
        tx.publish(ROOM, ResolutionChanged(resolution))
        await tx.audit(
            actor,
            "resolution.change",
            f"resolution/{resolution_id}",
            number=resolution.number,
            before={"number": before.number, "title": before.title, "state": before.state},
            state=resolution.state,
        )
        return resolution


async def attach_text(
    database: Database, files: FileStore, actor: Actor, resolution_id: int, upload: Upload
) -> Resolution:
    """Adds the signed text, or puts another one in its place; the one before stays in the audit by its digest."""
    async with database.transaction() as tx:
        before = await access_entry(tx, actor, resolution_id)
        stored = await files.keep(tx, upload, actor.account_id)
        await store.set_file(tx, resolution_id, stored.id)
        resolution = await access_resolution(tx, actor, resolution_id)
        tx.publish(ROOM, ResolutionChanged(resolution))
        await tx.audit(
            actor,
            "resolution.text",
            f"resolution/{resolution_id}",
            name=stored.name,
            sha256=stored.sha256,
            before=str(before.file_id or ""),
        )
        return resolution


async def _checked(tx: Tx, draft: Draft, own_id: int | None) -> int | None:
    """Raises `Invalid` that names each field that is wrong; returns the resolution that took this one's place."""
    found = rules.faults(draft, _today())
    known = await store.id_of_number(tx, draft.number)
    if known is not None and known != own_id:
        found.setdefault("number", _("This number is taken"))
    replaced_by = None
    if draft.replaced_by:
        replaced_by = await store.id_of_number(tx, draft.replaced_by)
        if replaced_by is None:
            found["replaced_by"] = _("There is no resolution of this number")
        elif replaced_by == own_id:
            found["replaced_by"] = _("A resolution cannot take its own place")
    if found:
        raise Invalid(fields=found)
    return replaced_by


def _today() -> date:
    """The later of the days that it is somewhere: a resolution passed in the evening is of today."""
    return datetime.now(UTC).astimezone(ZoneInfo("Etc/GMT-14")).date()
