"""What can be done: answer contributions, write and publish conclusions, follow and leave."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, get_args

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from portals.dialog.access import Place, access_block_to_manage, access_consultation, access_managed
from portals.dialog.blocks import Blocks
from portals.dialog.discussion import following
from portals.dialog.outcome import rules, store, views
from portals.dialog.outcome.model import (
    KIND_NAME,
    Answer,
    Answered,
    Chosen,
    ConclusionsPublished,
    Entry,
    ReportDraft,
    Rhythm,
    Status,
    Version,
    outcome_room,
)

CORRECTION: Final = timedelta(minutes=2)
"""Time to correct an answer before its author is told."""
MEANWHILE: Final = _(
    "Somebody else has changed this meanwhile. Nothing you wrote is lost: look at it and save once more"
)
ANSWERED_MEANWHILE: Final = _(
    "Somebody else has answered some of these meanwhile. Nothing was saved, and what you wrote is still here"
)


async def answer(
    database: Database, blocks: Blocks, actor: Actor, block_id: int, chosen: Sequence[Chosen], status: str, text: str
) -> int:
    """One answer to many contributions, all or none. `block_id`: the outcome block. Returns to how many."""
    text = text.strip()
    faults = rules.answer_faults(status, text)
    if not chosen:
        faults["chosen"] = _("Choose at least one contribution")
    elif len(chosen) > rules.MOST_AT_ONCE:
        faults["chosen"] = _("At most 500 at once")
    if faults:
        raise Invalid(fields=faults)
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND_NAME)
        known = {(one.block_id, one.ref): one for one in await views.entries(tx, blocks, place.consultation, actor)}
        rooms = await store.outcome_blocks(tx, place.consultation.id)
        for one in sorted(chosen, key=lambda one: (one.block_id, one.ref)):
            entry = known.get((one.block_id, one.ref))
            if entry is None:
                raise Conflict(_("One of these contributions is not there any more. Load the page anew"))
            row = await _write(tx, actor, place, entry, one.rev, msgspec.convert(status, Status), text)
            if entry.visible:
                event = Answered(views.answered_row(msgspec.structs.replace(entry, answer=row)))
                for room in rooms:
                    tx.publish(outcome_room(room), event)
        await tx.audit(
            actor,
            "outcome.answer",
            f"consultation/{place.consultation.id}",
            status=status,
            to=[f"{one.block_id}/{one.ref}" for one in chosen],
        )
    return len(chosen)


async def _write(tx: Tx, actor: Actor, place: Place, entry: Entry, rev: int, status: Status, text: str) -> Answer:
    known = await store.locked_answer(tx, entry.block_id, entry.ref)
    if (known.rev if known else 0) != rev:
        raise Conflict(ANSWERED_MEANWHILE)
    if known is not None:
        row = await store.change_answer(tx, known.id, status, text, actor.account_id)
    else:
        added = await store.add_answer(
            tx, place.consultation.id, entry.block_id, entry.ref, status, text, actor.account_id
        )
        if added is None:
            raise Conflict(ANSWERED_MEANWHILE)
        row = added
    if entry.participant_id is not None and status in rules.NEEDS_ANSWER:
        await store.add_letter(tx, row, entry.participant_id, CORRECTION)
    return row


async def save_draft(database: Database, actor: Actor, block_id: int, text: str, rev: int) -> ReportDraft:
    """Conclusions that only the office sees."""
    async with database.transaction() as tx:
        place = await _report_place(tx, actor, block_id)
        saved = await _save(tx, place, text, rev)
        await tx.audit(actor, "outcome.draft", f"consultation/{place.consultation.id}", letters=len(text))
    return saved


async def publish(database: Database, actor: Actor, block_id: int, text: str, rev: int) -> Version:
    """The conclusions as they are now become a version that everybody reads."""
    if not text.strip():
        raise Invalid(fields={"text": _("Write the conclusions first")})
    async with database.transaction() as tx:
        place = await _report_place(tx, actor, block_id)
        saved = await _save(tx, place, text, rev)
        version = await store.add_version(tx, place.consultation.id, saved.text, actor.account_id)
        for room in await store.outcome_blocks(tx, place.consultation.id):
            tx.publish(outcome_room(room), ConclusionsPublished(version.number))
        await tx.audit(actor, "outcome.publish", f"consultation/{place.consultation.id}", version=version.number)
    return version


async def _report_place(tx: Tx, actor: Actor, block_id: int) -> Place:
    place = await access_block_to_manage(tx, actor, block_id, KIND_NAME)
    await access_managed(tx, actor, place.consultation.id)
    return place


async def _save(tx: Tx, place: Place, text: str, rev: int) -> ReportDraft:
    if len(text) > rules.LONGEST_REPORT:
        raise Invalid(fields={"text": _("This is too long: 60,000 characters at most")})
    known = await store.draft(tx, place.consultation.id, lock=True)
    if known.rev != rev:
        raise Conflict(MEANWHILE)
    return await store.save_draft(tx, place.consultation.id, text)


async def set_rhythm(database: Database, actor: Actor, consultation_id: int, rhythm: str) -> Rhythm:
    """How often this account gets mail about a consultation."""
    if actor.account_id is None:
        raise NotFound
    if rhythm not in get_args(Rhythm):
        raise Invalid(fields={"rhythm": _("Choose how often")})
    chosen: Rhythm = msgspec.convert(rhythm, Rhythm)
    async with database.transaction() as tx:
        consultation = await access_consultation(tx, actor, consultation_id)
        await store.follow(tx, actor.account_id, consultation.id, chosen)
        await tx.audit(actor, "outcome.follow", f"consultation/{consultation.id}", rhythm=rhythm)
    return chosen


async def leave(
    database: Database, account_id: int, consultation_ids: Sequence[int], thread_ids: Sequence[int] = ()
) -> None:
    """No mail about these any more. The caller has checked the letter's token; doing it twice is doing it once."""
    async with database.transaction() as tx:
        await store.leave(tx, account_id, consultation_ids)
        actor = Actor(account_id=account_id)
        for consultation_id in consultation_ids:
            await tx.audit(actor, "outcome.leave", f"consultation/{consultation_id}")
        if thread_ids:
            await following.leave_threads(tx, actor, account_id, thread_ids)
