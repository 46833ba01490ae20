"""Entries of a map: put there, changed, withdrawn, endorsed, hidden."""

from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from app.throttle import Charge, Limit, spend
from portals.dialog import participation
from portals.dialog.access import (
    Place,
    access_block,
    access_block_to_manage,
    access_block_to_moderate,
    access_block_to_take_part,
)
from portals.dialog.discussion import actions as discussion
from portals.dialog.discussion.prose import clean_text
from portals.dialog.map import rules, store, views
from portals.dialog.map.geometry import checked
from portals.dialog.map.model import (
    Bounds,
    Entry,
    EntryChanged,
    EntryDraft,
    EntryRow,
    EntryTakenAway,
    Geometry,
    PaperEntry,
    State,
    room,
)
from portals.dialog.map.views import KIND
from portals.dialog.model import Author, Participant, ParticipantDraft

LIMIT: Final = Limit("dialog.map.entry", burst=20, every_s=30)
ENDORSE_LIMIT: Final = Limit("dialog.map.endorse", burst=100, every_s=2)


class Prepared(msgspec.Struct, frozen=True):
    """A draft that is in order."""

    category_id: int
    geometry: Geometry | None
    address: str
    text: str
    draft: EntryDraft


async def access_entry(tx: Tx, actor: Actor, entry_id: int) -> tuple[Entry, Place]:
    """One the actor may read; of a hidden or withdrawn one nothing but `rules.row` may be shown."""
    place = await access_block(tx, actor, await store.block_of(tx, entry_id), KIND)
    entry = await store.entry(tx, entry_id)
    if entry is None:
        raise NotFound
    return entry, place


async def add_entry(database: Database, actor: Actor, block_id: int, draft: EntryDraft, bounds: Bounds) -> EntryRow:
    """Puts something on the map. Raises `Invalid` per field."""
    await spend(database, Charge(LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place = await access_block_to_take_part(tx, actor, block_id, KIND)
        assert place.participant_id is not None  # this kind does not do without
        ready = await _prepared(tx, place, draft, bounds)
        entry_id = await store.add_entry(
            tx, block_id, ready.category_id, place.participant_id, ready.geometry, ready.address, draft.alignment,
            ready.text,
        )  # fmt: skip
        await open_thread(tx, place, entry_id)
        await tx.audit(actor, "map.add", f"consultation/{place.consultation.id}", block=block_id, entry=entry_id)
        return await _publish(tx, block_id, entry_id)


async def change_entry(database: Database, actor: Actor, entry_id: int, draft: EntryDraft, bounds: Bounds) -> EntryRow:
    """One's own, while the phase runs."""
    await spend(database, Charge(LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place, _entry = await _access_own(tx, actor, entry_id)
        ready = await _prepared(tx, place, draft, bounds)
        await store.change_entry(
            tx, entry_id, ready.category_id, ready.geometry, ready.address, draft.alignment, ready.text
        )
        await open_thread(tx, place, entry_id)
        await tx.audit(actor, "map.change", f"consultation/{place.consultation.id}", entry=entry_id)
        return await _publish(tx, place.block.id, entry_id)


async def withdraw_entry(database: Database, actor: Actor, entry_id: int) -> EntryRow:
    """One's own: a sign stays in the list."""
    async with database.transaction() as tx:
        place, entry = await _access_own(tx, actor, entry_id)
        await store.set_state(tx, entry_id, "withdrawn", "")
        await discussion.mark_thread(tx, place.block.id, entry.subject, closed=True)
        await tx.audit(actor, "map.withdraw", f"consultation/{place.consultation.id}", entry=entry_id)
        return await _publish(tx, place.block.id, entry_id)


async def access_own(tx: Tx, actor: Actor, entry_id: int) -> tuple[Place, Entry]:
    """One's own entry that may be changed now; in a transaction that writes."""
    return await _access_own(tx, actor, entry_id)


async def _access_own(tx: Tx, actor: Actor, entry_id: int) -> tuple[Place, Entry]:
    place = await access_block_to_take_part(tx, actor, await store.block_of(tx, entry_id), KIND)
    entry = await store.entry(tx, entry_id, lock=True)
    if entry is None or not rules.is_own(entry, place) or entry.state != "shown":
        raise NotFound
    return place, entry


async def endorse(database: Database, actor: Actor, entry_id: int, *, wanted: bool) -> EntryRow:
    """Says that one thinks so too, once; or takes it back. Said again, it changes nothing."""
    await spend(database, Charge(ENDORSE_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        block_id = await store.block_of(tx, entry_id)
        place = await access_block_to_take_part(tx, actor, block_id, KIND)
        assert place.participant_id is not None  # this kind does not do without
        entry = await store.entry(tx, entry_id, lock=True)
        if entry is None or entry.state != "shown":
            raise NotFound
        if rules.is_own(entry, place):
            raise Conflict("This entry is your own")
        act = store.endorse if wanted else store.take_endorsement_back
        if not await act(tx, entry_id, place.participant_id):
            return (await views.rows(tx, [entry]))[0]
        await store.touch(tx, entry_id)
        verb = "map.endorse" if wanted else "map.unendorse"
        await tx.audit(actor, verb, f"consultation/{place.consultation.id}", entry=entry_id)
        return await _publish(tx, block_id, entry_id)


async def hide_entry(database: Database, actor: Actor, entry_id: int, reason: str) -> EntryRow:
    """Takes it off the map; the reason stands in the list instead."""
    reason = " ".join(clean_text(reason).split())
    fields = rules.reason_faults(reason)
    if fields:
        raise Invalid(fields=fields)
    return await _set_state(database, actor, entry_id, "hidden", reason)


async def restore_entry(database: Database, actor: Actor, entry_id: int) -> EntryRow:
    return await _set_state(database, actor, entry_id, "shown", "")


async def _set_state(database: Database, actor: Actor, entry_id: int, state: State, reason: str) -> EntryRow:
    async with database.transaction() as tx:
        block_id = await store.block_of(tx, entry_id)
        place = await access_block_to_moderate(tx, actor, block_id, KIND)
        entry = await store.entry(tx, entry_id, lock=True)
        if entry is None:
            raise NotFound
        if entry.state == "withdrawn":
            raise Conflict("Its author has withdrawn this entry")
        await store.set_state(tx, entry_id, state, reason)
        await discussion.mark_thread(tx, block_id, entry.subject, hidden=state == "hidden")
        verb = "map.hide" if state == "hidden" else "map.restore"
        await tx.audit(actor, verb, f"consultation/{place.consultation.id}", entry=entry_id, reason=reason)
        return await _publish(tx, block_id, entry_id)


async def add_paper_entry(
    database: Database, actor: Actor, block_id: int, paper: PaperEntry, bounds: Bounds, zone: ZoneInfo
) -> EntryRow:
    """What came on paper while the phase ran; it may be entered later."""
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        late = rules.received_fault(place, paper.received, zone)
        if late:
            raise Invalid(fields={"received": late})
        ready = await _prepared(tx, place, paper.entry, bounds)
        person = paper.participant_id
        if person not in await store.paper_people(tx, block_id):
            draft = ParticipantDraft(
                kind=paper.kind, shown_as=paper.shown_as, organisation=paper.organisation, district=paper.district
            )
            person = (await participation.add_from_paper(tx, actor, place.consultation.id, paper.name, draft)).id
        made_at = datetime.combine(paper.received, time(12), zone).astimezone(UTC)
        entry_id = await store.add_entry(
            tx, block_id, ready.category_id, person, ready.geometry, ready.address, paper.entry.alignment, ready.text,
            paper=True, made_at=made_at,
        )  # fmt: skip
        await open_thread(tx, place, entry_id)
        await tx.audit(actor, "map.paper", f"consultation/{place.consultation.id}", block=block_id, entry=entry_id)
        return await _publish(tx, block_id, entry_id)


async def forget_author(tx: Tx, participant: Participant) -> None:
    """The person is erased: pages show their entries without author."""
    nobody = Author(name="", shown="erased", kind=participant.kind, key=f"p{participant.id}")
    for one in await store.entries_of(tx, participant.id):
        await store.touch(tx, one.id)
        again = await store.entry(tx, one.id)
        assert again is not None  # it is there: this transaction has just changed it
        tx.publish(room(one.block_id), EntryTakenAway(rules.row(again, nobody)))


async def _prepared(tx: Tx, place: Place, draft: EntryDraft, bounds: Bounds) -> Prepared:
    """Everything that is wrong with a draft at once."""
    text, address = clean_text(draft.text), " ".join(clean_text(draft.address).split())
    geometry, fields = None, {}
    settings = views.settings_of(place)
    try:
        geometry = checked(draft.geometry, bounds) if draft.geometry is not None else None
    except Invalid as problem:
        fields.update(problem.fields)
    allowed = {"Point", *(["LineString"] if settings.lines else []), *(["Polygon"] if settings.areas else [])}
    if geometry is not None and geometry.type not in allowed:
        fields["geometry"] = _("Only other kinds of places are collected here")
    own = rules.faults(text, address, geometry)
    if "geometry" in fields:
        own.pop("address", None)
    fields.update(own)
    if await store.lock_category(tx, place.block.id, draft.category_id) is None:
        fields["category_id"] = _("Choose a category")
    if fields:
        raise Invalid(fields=fields)
    return Prepared(draft.category_id, geometry, address, text, draft)


async def open_thread(tx: Tx, place: Place, entry_id: int) -> None:
    """Its thread among the discussions."""
    entry = await store.entry(tx, entry_id)
    assert entry is not None  # it was just written
    path = views.entry_path(place, entry_id)
    await discussion.open_thread(tx, place.block.id, entry.subject, title=rules.where(entry), path=path)


async def _publish(tx: Tx, block_id: int, entry_id: int) -> EntryRow:
    entry = await store.entry(tx, entry_id)
    assert entry is not None  # this transaction has just written it
    row = (await views.rows(tx, [entry]))[0]
    tx.publish(room(block_id), EntryChanged(row) if row.state == "shown" else EntryTakenAway(row))
    return row
