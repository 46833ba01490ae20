"""What the clerk does with phases and blocks. Each verb checks, writes, publishes and leaves an audit line."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from portals.dialog import store
from portals.dialog.access import access_managed, block_place
from portals.dialog.blocks import BlockKind, Blocks
from portals.dialog.clock import PLANNED
from portals.dialog.joining import clean
from portals.dialog.model import (
    Block,
    BlockChanged,
    Consultation,
    Phase,
    PhaseChanged,
    PhaseDraft,
    PlanReplaced,
    consultation_room,
)
from portals.dialog.notices import tell_participants


async def add_phase(database: Database, actor: Actor, consultation_id: int, draft: PhaseDraft) -> Phase:
    async with database.transaction() as tx:
        consultation = await access_managed(tx, actor, consultation_id)
        draft = await checked_phase(tx, consultation, draft, None)
        phase = await store.add_phase(tx, consultation.id, draft)
        await replaced(tx, consultation.id)
        tx.wake(PLANNED)
        await tx.audit(actor, "consultation.phase_add", f"consultation/{consultation.id}", title=phase.title)
        return phase


async def change_phase(database: Database, actor: Actor, phase_id: int, draft: PhaseDraft, rev: int) -> Phase:
    """Raises `Conflict` for a phase that somebody else has changed since `rev`."""
    async with database.transaction() as tx:
        consultation, phase = await _access_phase(tx, actor, phase_id)
        if phase.rev != rev:
            raise Conflict
        draft = await checked_phase(tx, consultation, draft, phase)
        phase = await store.change_phase(tx, phase.id, draft)
        tx.publish(consultation_room(consultation.id), PhaseChanged(phase))
        tx.wake(PLANNED)
        await tx.audit(
            actor,
            "consultation.phase_change",
            f"consultation/{consultation.id}",
            phase=phase.id,
            starts_at=phase.starts_at.isoformat(),
            ends_at=phase.ends_at.isoformat(),
        )
        return phase


async def extend_phase(database: Database, actor: Actor, phase_id: int, draft: PhaseDraft, reason: str) -> Phase:
    """Puts the end of a running phase off; everybody who takes part is told why. Only `draft.ends_at` counts."""
    reason = clean(reason)
    async with database.transaction() as tx:
        consultation, phase = await _access_phase(tx, actor, phase_id)
        await store.close_phase(tx, phase.id)
        now = await tx.now()
        if consultation.state != "published" or phase.state(now) == "ended":
            raise Conflict("This phase is over and is not opened again. Add a new phase instead")
        fields = {}
        if draft.ends_at <= phase.ends_at:
            fields["ends_at"] = _("Choose a later moment: a phase is never made shorter while people take part")
        if not reason:
            fields["reason"] = _("Say why: everybody who takes part is told")
        if len(reason) > 1000:
            fields["reason"] = _("This is too long: 1,000 characters at most")
        if fields:
            raise Invalid(fields=fields)
        kept = PhaseDraft(title=phase.title, summary=phase.summary, starts_at=phase.starts_at, ends_at=draft.ends_at)
        before, phase = phase, await store.change_phase(tx, phase.id, kept)
        tx.publish(consultation_room(consultation.id), PhaseChanged(phase))
        await tell_participants(tx, actor, consultation, "extended", reason, phase)
        await tx.audit(
            actor,
            "consultation.phase_extend",
            f"consultation/{consultation.id}",
            phase=phase.id,
            before=before.ends_at.isoformat(),
            ends_at=phase.ends_at.isoformat(),
            reason=reason,
        )
        return phase


async def remove_phase(database: Database, actor: Actor, phase_id: int) -> None:
    """Takes a phase and its blocks off the page; one that has begun stays."""
    async with database.transaction() as tx:
        consultation, phase = await _access_phase(tx, actor, phase_id)
        if consultation.state != "draft" and phase.state(await tx.now()) != "coming":
            raise Conflict("This phase has begun; it stays on the page")
        await store.set_phase_removed(tx, phase.id, removed=True)
        await replaced(tx, consultation.id)
        await tx.audit(actor, "consultation.phase_remove", f"consultation/{consultation.id}", phase=phase.id)


async def order_plan(
    database: Database, actor: Actor, consultation_id: int, phase_ids: Sequence[int], placed: Sequence[tuple[int, int]]
) -> Consultation:
    """Puts phases and blocks into this order; `placed`: (block, phase), phase 0 for a block that stands in none.

    What somebody else has added meanwhile stays behind the others. A block moves out of a running phase no more.
    """
    async with database.transaction() as tx:
        consultation = await access_managed(tx, actor, consultation_id)
        phases = {phase.id: phase for phase in await store.phases(tx, consultation.id)}
        blocks = {block.id: block for block in await store.blocks(tx, consultation.id)}
        if not (set(phase_ids) <= phases.keys() and {block for block, _phase in placed} <= blocks.keys()):
            raise Conflict
        if not {phase for _block, phase in placed} <= {0, *phases}:
            raise Conflict
        now = await tx.now()
        for block_id, phase_id in placed:
            left = phases.get(blocks[block_id].phase_id or 0)
            moved = (phase_id or None) != blocks[block_id].phase_id
            if moved and consultation.state != "draft" and left is not None and left.state(now) != "coming":
                raise Conflict("This phase has begun; its blocks stay where people found them")
        whole_phases = [*phase_ids, *(one for one in phases if one not in phase_ids)]
        known = {block_id for block_id, _phase in placed}
        rest = [(one.id, one.phase_id) for one in blocks.values() if one.id not in known]
        await store.order_phases(tx, whole_phases)
        await store.order_blocks(tx, [*((block, phase or None) for block, phase in placed), *rest])
        consultation = await replaced(tx, consultation.id)
        await tx.audit(actor, "consultation.order", f"consultation/{consultation.id}")
        return consultation


async def add_block(
    database: Database,
    blocks: Blocks,
    actor: Actor,
    consultation_id: int,
    kind: str,
    *,
    phase_id: int | None = None,
    title: str = "",
    settings: Mapping[str, Any] | msgspec.Struct | None = None,
) -> Block:
    """Raises `Invalid` for settings that the kind does not accept."""
    async with database.transaction() as tx:
        consultation = await access_managed(tx, actor, consultation_id)
        return await add_block_in(
            tx, blocks, actor, consultation, kind, phase_id=phase_id, title=title, settings=settings
        )


async def add_block_in(
    tx: Tx,
    blocks: Blocks,
    actor: Actor,
    consultation: Consultation,
    kind: str,
    *,
    phase_id: int | None = None,
    title: str = "",
    settings: Mapping[str, Any] | msgspec.Struct | None = None,
) -> Block:
    """The same within a transaction; the caller has the consultation from `access_managed`."""
    found = blocks.kind(kind)
    phases = await store.phases(tx, consultation.id)
    phase = next((one for one in phases if one.id == phase_id), None)
    if phase_id is not None and phase is None:
        raise Invalid(fields={"phase": "Choose one of these"})
    values = checked_settings(found, settings)
    block = await store.add_block(tx, consultation.id, phase_id, kind, _title(title), values)
    await replaced(tx, consultation.id)
    if found.phase_begun is not None and await _has_begun(tx, consultation, phase, phases):
        await found.phase_begun(tx, await block_place(tx, actor, block))
    await tx.audit(actor, "consultation.block_add", f"consultation/{consultation.id}", block=block.id, kind=kind)
    return block


async def change_block(
    database: Database,
    blocks: Blocks,
    actor: Actor,
    block_id: int,
    rev: int,
    *,
    title: str,
    settings: Mapping[str, Any] | msgspec.Struct | None = None,
) -> Block:
    """Raises `Conflict` for a block that somebody else has changed since `rev`, `Invalid` per field of the settings."""
    async with database.transaction() as tx:
        consultation, block = await _access_block(tx, actor, block_id)
        if block.rev != rev:
            raise Conflict
        kind = blocks.kind(block.kind)
        values = block.settings if settings is None else checked_settings(kind, settings)
        block = await store.change_block(tx, block.id, block.phase_id, _title(title), values)
        tx.publish(consultation_room(consultation.id), BlockChanged(block.row))
        await tx.audit(actor, "consultation.block_change", f"consultation/{consultation.id}", block=block.id)
        return block


async def remove_block(database: Database, actor: Actor, block_id: int, *, restored: bool = False) -> Block:
    """Takes a block off the page, or puts it back; what people wrote into it is kept."""
    async with database.transaction() as tx:
        consultation, block = await _access_block(tx, actor, block_id)
        block = await store.set_block_removed(tx, block.id, removed=not restored)
        await replaced(tx, consultation.id)
        verb = "consultation.block_restore" if restored else "consultation.block_remove"
        await tx.audit(actor, verb, f"consultation/{consultation.id}", block=block.id)
        return block


async def block_changed(tx: Tx, block_id: int) -> Block:
    """For the parts: what lies in the block has changed so that its page must be drawn anew. The caller has checked."""
    block = await store.count_block(tx, block_id)
    tx.publish(consultation_room(block.consultation_id), BlockChanged(block.row))
    return block


async def replaced(tx: Tx, consultation_id: int) -> Consultation:
    """Tells of all phases and blocks as they stand now."""
    consultation = await store.touch_consultation(tx, consultation_id)
    rows = [block.row for block in await store.blocks(tx, consultation_id)]
    event = PlanReplaced(consultation.rev, await store.phases(tx, consultation_id), rows)
    tx.publish(consultation_room(consultation_id), event)
    return consultation


def checked_settings(kind: BlockKind, settings: Mapping[str, Any] | msgspec.Struct | None) -> dict[str, Any]:
    """Settings as they are kept. Raises `Invalid` per field."""
    given = msgspec.to_builtins(settings if settings is not None else kind.settings())
    try:
        whole = msgspec.convert(given, kind.settings)
    except msgspec.ValidationError:
        raise Invalid("This does not have the form that is expected") from None
    faults = kind.check(whole)
    if faults:
        raise Invalid(fields=faults)
    kept: dict[str, Any] = msgspec.to_builtins(whole)
    return kept


async def checked_phase(tx: Tx, consultation: Consultation, draft: PhaseDraft, known: Phase | None) -> PhaseDraft:
    """The draft as it is kept. Raises `Invalid` per field; what people rely on does not change under them."""
    draft = msgspec.structs.replace(draft, title=clean(draft.title), summary=draft.summary.strip())
    fields: dict[str, str] = {}
    if not draft.title:
        fields["title"] = _("A phase needs a title")
    if len(draft.title) > 200:
        fields["title"] = _("This is too long: 200 characters at most")
    if len(draft.summary) > 1000:
        fields["summary"] = _("This is too long: 1,000 characters at most")
    if draft.ends_at <= draft.starts_at:
        fields["ends_at"] = _("The end comes after the beginning")
    if consultation.state != "draft":
        now = await tx.now()
        stage = known.state(now) if known else "coming"
        if stage == "coming" and draft.starts_at < now:
            fields["starts_at"] = _("This moment has passed")
        if stage != "coming" and known is not None and draft.starts_at != known.starts_at:
            fields["starts_at"] = _("This phase has begun; its beginning does not change any more")
        if stage != "coming" and known is not None and draft.ends_at != known.ends_at:
            fields["ends_at"] = _("A phase that has begun is extended with a reason")
    if fields:
        raise Invalid(fields=fields)
    return draft


def _title(text: str) -> str:
    text = clean(text)
    if len(text) > 200:
        raise Invalid(fields={"title": "This is too long: 200 characters at most"})
    return text


async def _has_begun(tx: Tx, consultation: Consultation, phase: Phase | None, phases: Sequence[Phase]) -> bool:
    if consultation.state != "published":
        return False
    told = [one for one in ([phase] if phase else phases) if await store.has_transition(tx, one.id, "begun")]
    return bool(told)


async def _access_phase(tx: Tx, actor: Actor, phase_id: int) -> tuple[Consultation, Phase]:
    phase = await store.phase(tx, phase_id)
    if phase is None:
        raise NotFound
    consultation = await access_managed(tx, actor, phase.consultation_id)
    phase = await store.phase(tx, phase_id)  # nobody changes it any more
    if phase is None:
        raise NotFound
    return consultation, phase


async def _access_block(tx: Tx, actor: Actor, block_id: int) -> tuple[Consultation, Block]:
    block = await store.block(tx, block_id)
    if block is None:
        raise NotFound
    consultation = await access_managed(tx, actor, block.consultation_id)
    block = await store.block(tx, block_id)
    assert block is not None  # blocks are never deleted while their consultation is there
    return consultation, block
