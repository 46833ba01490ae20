"""Loaders that check. What they return may be used; what may not be known of raises NotFound.

The parts ask here and nowhere else whether somebody may act in a block now.
"""

from datetime import datetime

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import Params
from portals.dialog import participant_store, rules, store
from portals.dialog.joining import join_unasked
from portals.dialog.model import Author, Block, Consultation, Participant, Phase, PhaseState
from portals.dialog.refusals import Closed, refused
from portals.dialog.rules import Refusal


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A block where it stands, at one moment, for one actor: what templates and actions of parts get."""

    consultation: Consultation
    phases: list[Phase]
    phase: Phase | None
    """None: the block stands on the page all the time."""
    block: Block
    now: datetime
    """The clock that decides."""
    participant: Participant | None
    """The actor, where they have joined."""
    refusal: Refusal | None
    """Why the actor may not take part in this block now; None: they may."""
    inside: bool
    """The actor is of the office: reads drafts, and who people are."""
    may_manage: bool
    may_moderate: bool

    @property
    def may_take_part(self) -> bool:
        return self.refusal is None

    @property
    def stage(self) -> PhaseState:
        """Of its phase; of the whole consultation for a block without one. Cancelled is over."""
        if self.consultation.state in {"cancelled", "archived"}:
            return "ended"
        return self.phase.state(self.now) if self.phase else rules.stage(self.phases, self.now)

    @property
    def author(self) -> Author | None:
        """How the actor is shown here."""
        return rules.shown(self.participant) if self.participant else None

    @property
    def participant_id(self) -> int | None:
        return self.participant.id if self.participant else None

    @property
    def path(self) -> str:
        """Address of the block on the consultation's page."""
        return f"{self.consultation.path}#block-{self.block.id}"

    @property
    def own_path(self) -> str:
        """Address of the page on which the block stands alone."""
        return f"{self.consultation.path}/blocks/{self.block.id}"

    @property
    def manage_path(self) -> str:
        return f"{self.consultation.manage_path}/blocks/{self.block.id}"


async def access_consultation(tx: Tx, actor: Actor, consultation_id: int) -> Consultation:
    """One that the actor may read."""
    return _readable(actor, await store.consultation(tx, consultation_id))


async def access_consultation_by_slug(tx: Tx, actor: Actor, slug: str) -> Consultation:
    return _readable(actor, await store.consultation_called(tx, slug))


async def access_managed(tx: Tx, actor: Actor, consultation_id: int) -> Consultation:
    """One that the actor runs, locked until the transaction ends."""
    if not rules.can_manage(actor):
        raise NotFound
    found = await store.consultation(tx, consultation_id, lock=True)
    if found is None:
        raise NotFound
    return found


async def access_inside(tx: Tx, actor: Actor, consultation_id: int) -> Consultation:
    """One whose inside the actor may read: drafts, participants, the clerk's pages (auditors too)."""
    found = await store.consultation(tx, consultation_id)
    if found is None or not rules.can_see_inside(actor):
        raise NotFound
    return found


async def access_block(tx: Tx, actor: Actor, block_id: int, kind: str, *, without_account: bool = False) -> Place:
    """A block of this kind for reading. What a phase holds is not told before it begins."""
    place = await _place(tx, actor, block_id, kind, without_account=without_account)
    if place.stage == "coming" and place.phase is not None and not place.inside:
        raise Closed("This begins on %(when)s", when=place.phase.starts_at)
    return place


async def access_block_to_take_part(
    tx: Tx, actor: Actor, block_id: int, kind: str, *, without_account: bool = False
) -> Place:
    """A block in which the actor may act at this moment; `participant` is there unless the block does without.

    Needs a transaction that writes: until its COMMIT the phase cannot be closed, and the clock is read after that is
    sure. So nothing is taken late, and what counts at the end of the phase counts everything that was taken. Raises
    `Closed`, `SignInNeeded`, `JoinNeeded`, `VerificationNeeded` with a reason for the person.
    """
    block = await store.block(tx, block_id)
    if block is None:
        raise NotFound
    if block.phase_id is not None:
        await store.hold_phase(tx, block.phase_id)
    else:
        await store.hold_phases(tx, block.consultation_id)
    place = await _place(tx, actor, block_id, kind, without_account=without_account)
    if place.refusal is rules.JOIN and await join_unasked(tx, actor, place.consultation) is not None:
        place = await _place(tx, actor, block_id, kind, without_account=without_account)
    if place.refusal is not None:
        raise refused(place.refusal)
    return place


async def access_block_to_manage(tx: Tx, actor: Actor, block_id: int, kind: str) -> Place:
    """A block whose content the actor looks after, at any time; for others it is not there."""
    place = await _place(tx, actor, block_id, kind, removed=True)
    if not place.may_manage:
        raise NotFound
    return place


async def access_block_to_moderate(tx: Tx, actor: Actor, block_id: int, kind: str) -> Place:
    """The same for those who moderate what people write."""
    place = await _place(tx, actor, block_id, kind, removed=True)
    if not place.may_moderate:
        raise NotFound
    return place


async def access_block_inside(tx: Tx, actor: Actor, block_id: int, kind: str) -> Place:
    """The same for those who read the inside: auditors too. They change nothing."""
    place = await _place(tx, actor, block_id, kind, removed=True)
    if not place.inside:
        raise NotFound
    return place


async def block_place(tx: Tx, actor: Actor, block: Block, *, without_account: bool = False) -> Place:
    """A block at hand, of a consultation the actor may read."""
    consultation = await access_consultation(tx, actor, block.consultation_id)
    phases = await store.phases(tx, consultation.id)
    participant = await own_participant(tx, actor, consultation.id)
    now = await tx.now()
    return place_of(consultation, phases, block, actor, participant, now, without_account=without_account)


def place_of(
    consultation: Consultation,
    phases: list[Phase],
    block: Block,
    actor: Actor,
    participant: Participant | None,
    now: datetime,
    *,
    without_account: bool = False,
) -> Place:
    """The same from rows at hand."""
    phase = next((one for one in phases if one.id == block.phase_id), None)
    refusal = rules.can_take_part(consultation, phase, phases, actor, participant, now, without_account=without_account)
    return Place(
        consultation=consultation,
        phases=phases,
        phase=phase,
        block=block,
        now=now,
        participant=participant,
        refusal=refusal,
        inside=rules.can_see_inside(actor),
        may_manage=rules.can_manage(actor),
        may_moderate=rules.can_moderate(actor),
    )


def room_number(params: Params, name: str) -> int:
    """A number in a room's name; NotFound where it is none."""
    text = params[name]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return int(text)


async def own_participant(tx: Tx, actor: Actor, consultation_id: int) -> Participant | None:
    """The actor as one who takes part, if they have joined."""
    if actor.account_id is None:
        return None
    return await participant_store.participant_of(tx, consultation_id, actor.account_id)


async def _place(
    tx: Tx, actor: Actor, block_id: int, kind: str, *, without_account: bool = False, removed: bool = False
) -> Place:
    block = await store.block(tx, block_id)
    if block is None or block.kind != kind or (block.removed_at is not None and not removed):
        raise NotFound
    place = await block_place(tx, actor, block, without_account=without_account)
    if block.phase_id is not None and place.phase is None and not removed:
        raise NotFound  # its phase was removed
    return place


def _readable(actor: Actor, found: Consultation | None) -> Consultation:
    if found is None or not rules.can_read(actor, found):
        raise NotFound
    return found
