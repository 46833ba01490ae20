"""Who takes part: joining a consultation, how one is shown, and going away again."""

from collections.abc import Sequence
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound, SignInNeeded
from app.throttle import Charge, Limit, spend
from portals.dialog import participant_store, rules, store
from portals.dialog.access import access_consultation, access_managed
from portals.dialog.blocks import Blocks
from portals.dialog.joining import NEEDED, add, checked, clean, with_verified
from portals.dialog.model import Author, Consultation, Participant, ParticipantDraft
from portals.dialog.refusals import refused

JOIN_LIMIT: Final = Limit("dialog.join", burst=20, every_s=10)


async def join(
    database: Database, actor: Actor, consultation_id: int, draft: ParticipantDraft, districts: Sequence[str] = ()
) -> Participant:
    """Takes part from now on. `districts`: those of the city. Raises `Invalid` per field, `Conflict`."""
    if actor.account_id is None:
        raise SignInNeeded("Sign in to take part")
    await spend(database, Charge(JOIN_LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        consultation = await access_consultation(tx, actor, consultation_id)
        await _check_time(tx, consultation)
        draft = await with_verified(tx, actor.account_id, draft)
        now = await tx.now()
        draft = checked(consultation, draft, districts, now)
        return await add(tx, actor, consultation, draft)


async def change(
    database: Database, actor: Actor, consultation_id: int, draft: ParticipantDraft, districts: Sequence[str] = ()
) -> Participant:
    """Says anew who one is and how one is shown; the pseudonym stays."""
    if actor.account_id is None:
        raise SignInNeeded
    async with database.transaction() as tx:
        consultation = await access_consultation(tx, actor, consultation_id)
        known = await participant_store.participant_of(tx, consultation.id, actor.account_id)
        if known is None:
            raise NotFound
        await _check_time(tx, consultation)
        draft = await with_verified(tx, actor.account_id, msgspec.structs.replace(draft, pseudonym=known.pseudonym))
        draft = checked(consultation, draft, districts, await tx.now())
        await participant_store.change_participant(tx, known.id, draft)
        await tx.audit(actor, "consultation.participation", f"consultation/{consultation.id}", shown_as=draft.shown_as)
        changed = await participant_store.participant(tx, known.id)
        assert changed is not None
        return changed


async def add_from_paper(tx: Tx, actor: Actor, consultation_id: int, name: str, draft: ParticipantDraft) -> Participant:
    """Somebody whose opinion or ballot came on paper; the office has seen who it is."""
    consultation = await access_managed(tx, actor, consultation_id)
    name = clean(name)
    if not name:
        raise Invalid(fields={"name": NEEDED})
    if draft.kind not in consultation.kinds:
        raise refused(rules.NOT_FOR[draft.kind])
    return await add(tx, actor, consultation, draft, name=name[:200], paper=True)


async def erase(database: Database, blocks: Blocks, actor: Actor, participant_id: int) -> None:
    """Takes away who somebody was, at their own request or by the clerk; what they wrote stays, without an author."""
    async with database.transaction() as tx:
        participant = await participant_store.participant(tx, participant_id)
        own = participant is not None and actor.account_id is not None and participant.account_id == actor.account_id
        if participant is None or not (own or rules.can_manage(actor)):
            raise NotFound
        if participant.erased_at is None:
            await erase_in(tx, blocks, actor, participant)


async def erase_account(database: Database, blocks: Blocks, actor: Actor, account_id: int) -> int:
    """The same everywhere, and the office's check with it. Returns in how many consultations."""
    async with database.transaction() as tx:
        if account_id != actor.account_id and not rules.can_manage(actor):
            raise NotFound
        found = await participant_store.participations(tx, account_id)
        for participant in found:
            await erase_in(tx, blocks, actor, participant)
        await participant_store.remove_verification(tx, account_id)
    return len(found)


async def erase_in(tx: Tx, blocks: Blocks, actor: Actor, participant: Participant) -> None:
    """The same within a transaction; the caller has checked the actor."""
    await blocks.account_erased(tx, participant)
    await participant_store.erase_participant(tx, participant.id)
    subject = f"consultation/{participant.consultation_id}"
    await tx.audit(actor, "consultation.erase", subject, participant=participant.id)


async def authors(tx: Tx, participant_ids: Sequence[int]) -> dict[int, Author]:
    """How the public sees each of them: what a part shows beside what people wrote."""
    found = await participant_store.participants(tx, participant_ids)
    return {participant_id: rules.shown(one) for participant_id, one in found.items()}


async def known_names(tx: Tx, actor: Actor, participant_ids: Sequence[int]) -> dict[int, str]:
    """What the city calls each of them, for the office alone; for everybody else it is empty."""
    if not rules.can_see_inside(actor):
        return {}
    found = await participant_store.participants(tx, participant_ids)
    return {participant_id: one.name for participant_id, one in found.items()}


async def _check_time(tx: Tx, consultation: Consultation) -> None:
    phases = await store.phases(tx, consultation.id)
    now = await tx.now()
    if consultation.state != "published" or rules.stage(phases, now) == "ended":
        refusal = rules.when_open(consultation, phases[-1] if phases else None, phases, now)
        raise refused(refusal) if refusal else Conflict("This has ended")
