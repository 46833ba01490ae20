"""What the clerk does: options of the ballot, paper ballots, who has voted on paper."""

from collections.abc import Sequence

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import Locale, _
from portals.dialog import participant_store, plan
from portals.dialog.access import Place, access_block_to_manage
from portals.dialog.ballots import actions, paper_store, rules, store
from portals.dialog.ballots.actions import KIND
from portals.dialog.ballots.model import Batch, BatchDraft, Option, OptionDraft, Vote
from portals.dialog.ballots.urn import Urn
from portals.dialog.joining import clean

BEGUN = _("Voting has begun: what is on the ballot does not change any more")


async def add_option(database: Database, actor: Actor, block_id: int, draft: OptionDraft) -> Option:
    async with database.transaction() as tx:
        place = await _open_to_changes(tx, actor, block_id)
        (added,) = await put_options(tx, actor, place, [draft])
        return added


async def put_options(tx: Tx, actor: Actor, place: Place, drafts: Sequence[OptionDraft]) -> list[Option]:
    """Puts options on a ballot within a transaction; what is there already (by `ref`) stays as it is.

    For other parts: `place` comes from `access_block_to_manage`. Raises `Conflict` once voting has begun.
    """
    if await _has_begun(tx, place):
        raise Conflict(BEGUN)
    added = []
    for draft in drafts:
        one = await store.add_option(tx, place.block.id, _checked(draft))
        if one is not None:
            added.append(one)
            subject = f"consultation/{place.consultation.id}"
            await tx.audit(actor, "ballot.option_add", subject, block=place.block.id, option=one.id, title=one.title)
    if added:
        await plan.block_changed(tx, place.block.id)
    return added


async def change_option(database: Database, actor: Actor, option_id: int, draft: OptionDraft, rev: int) -> Option:
    """Raises `Conflict` for one that somebody else has changed since `rev`."""
    async with database.transaction() as tx:
        place, known = await _option(tx, actor, option_id)
        if known.rev != rev:
            raise Conflict
        draft = msgspec.structs.replace(draft, ref=known.ref, path=known.path)
        await store.change_option(tx, option_id, _checked(draft))
        await plan.block_changed(tx, place.block.id)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "ballot.option_change", subject, block=place.block.id, option=option_id)
        found = await store.option(tx, option_id)
        assert found is not None  # it is there, and locked by its block's phase
        return found


async def remove_option(database: Database, actor: Actor, option_id: int) -> Place:
    async with database.transaction() as tx:
        place, _known = await _option(tx, actor, option_id)
        await store.set_option_removed(tx, option_id, removed=True)
        await plan.block_changed(tx, place.block.id)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "ballot.option_remove", subject, block=place.block.id, option=option_id)
        return place


async def restore_option(database: Database, actor: Actor, option_id: int) -> Place:
    """Takes a removal back: it stands where it stood. Raises `Conflict` once voting has begun."""
    async with database.transaction() as tx:
        block_id = await store.block_of_removed(tx, option_id)
        if block_id is None:
            raise NotFound
        place = await _open_to_changes(tx, actor, block_id)
        await store.set_option_removed(tx, option_id, removed=False)
        await plan.block_changed(tx, place.block.id)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "ballot.option_restore", subject, block=place.block.id, option=option_id)
        return place


async def move_option(database: Database, actor: Actor, option_id: int, by: int) -> Place:
    """One up (-1) or down (1)."""
    async with database.transaction() as tx:
        place, known = await _option(tx, actor, option_id)
        ids = [one.id for one in await store.options(tx, known.block_id)]
        at = ids.index(option_id)
        to = min(max(0, at + by), len(ids) - 1)
        ids.insert(to, ids.pop(at))
        await store.order_options(tx, known.block_id, ids)
        await plan.block_changed(tx, place.block.id)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "ballot.option_move", subject, block=place.block.id, option=option_id)
        return place


# paper


async def enter_batch(database: Database, actor: Actor, block_id: int, draft: BatchDraft, locale: Locale) -> Batch:
    """Paper ballots of a polling point. They count once somebody else has confirmed them."""
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        vote = await _vote_with_paper(tx, place)
        draft = msgspec.structs.replace(draft, place=clean(draft.place), district=clean(draft.district))
        fields = {}
        if not 1 <= len(draft.place) <= 200:
            fields["place"] = _("Name the polling point, in up to 200 characters")
        if draft.kind not in place.consultation.kinds:
            fields["kind"] = _("Choose one of these")
        if not 0 <= draft.invalid <= 1_000_000:
            fields["invalid"] = _("A number from 0 to 1,000,000")
        if len(draft.written) > 200_000:
            fields["written"] = _("This is too long: divide it into two batches")
        if fields:
            raise Invalid(fields=fields)
        options = await store.options(tx, block_id)
        home = draft.district if vote.rules.district_choice == "own" else None
        lines = rules.paper_lines(vote.rules, options, draft.written, locale, home)
        if not lines and not draft.invalid:
            raise Invalid(fields={"written": _("There is no ballot in it yet")})
        batch_id = await paper_store.add_batch(tx, block_id, draft, lines, actor.account_id)
        await _paper_changed(tx, actor, place, vote, "ballot.paper_enter", batch_id)
        found = await paper_store.batch(tx, batch_id)
        assert found is not None  # just added
        return found


async def confirm_batch(database: Database, actor: Actor, batch_id: int, rev: int) -> Batch:
    """A second person has compared it with the paper. Raises `Forbidden` for the one who entered it."""
    return await _decide(database, actor, batch_id, rev, "confirmed", "")


async def reject_batch(database: Database, actor: Actor, batch_id: int, rev: int, reason: str) -> Batch:
    """It does not agree with the paper: it is entered anew."""
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= 500:
        raise Invalid(fields={"reason": _("Say what does not agree, in up to 500 characters")})
    return await _decide(database, actor, batch_id, rev, "rejected", reason)


async def reopen_batch(database: Database, actor: Actor, batch_id: int, rev: int) -> Batch:
    """Takes a decision back, until the result is final: the batch waits for a second person again."""
    async with database.transaction() as tx:
        known = await paper_store.batch(tx, batch_id)
        if known is None:
            raise NotFound
        place = await access_block_to_manage(tx, actor, known.block_id, KIND)
        vote = await _vote_with_paper(tx, place)
        if known.rev != rev or known.state == "entered":
            raise Conflict
        await paper_store.reopen_batch(tx, batch_id)
        await _paper_changed(tx, actor, place, vote, "ballot.paper_reopened", batch_id)
        found = await paper_store.batch(tx, batch_id)
        assert found is not None  # locked
        return found


async def _decide(database: Database, actor: Actor, batch_id: int, rev: int, state: str, reason: str) -> Batch:
    async with database.transaction() as tx:
        known = await paper_store.batch(tx, batch_id)
        if known is None:
            raise NotFound
        place = await access_block_to_manage(tx, actor, known.block_id, KIND)
        vote = await _vote_with_paper(tx, place)
        if known.rev != rev or known.state != "entered":
            raise Conflict
        if state == "confirmed" and known.entered_by == actor.account_id:
            raise Forbidden("Somebody else has to compare it with the paper and confirm it")
        await paper_store.decide_batch(tx, batch_id, state, actor.account_id, reason)
        await _paper_changed(tx, actor, place, vote, f"ballot.paper_{state}", batch_id)
        found = await paper_store.batch(tx, batch_id)
        assert found is not None  # locked
        return found


async def mark_paper_voter(database: Database, box: Urn, actor: Actor, block_id: int, participant_id: int) -> None:
    """Somebody who takes part here has voted on paper: they cannot vote on the screen any more.

    They count in the batch of their polling point, so not here. Their account is noted as with a ballot on the screen:
    whoever is erased and comes back has voted.
    """
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        await _vote_with_paper(tx, place)
        person = await participant_store.participant(tx, participant_id)
        if person is None or person.consultation_id != place.consultation.id:
            raise NotFound
        key = None if person.account_id is None else box.voter_key(block_id, person.account_id)
        if not await store.take(tx, block_id, person.id, person.kind, person.district, key, paper=True):
            raise Conflict("This person has voted already")
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "ballot.paper_voter", subject, block=block_id, participant=participant_id)
        tx.after_commit(lambda: box.changed.add(block_id))


async def unmark_paper_voter(database: Database, box: Urn, actor: Actor, block_id: int, participant_id: int) -> None:
    """It was somebody else: this person may vote on the screen again. Raises `NotFound` for one who was not marked."""
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, KIND)
        await _vote_with_paper(tx, place)
        if not await paper_store.unmark_voter(tx, block_id, participant_id):
            raise NotFound
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "ballot.paper_voter_undo", subject, block=block_id, participant=participant_id)
        tx.after_commit(lambda: box.changed.add(block_id))


async def _paper_changed(tx: Tx, actor: Actor, place: Place, vote: Vote, verb: str, batch_id: int) -> None:
    if vote.counted_at is not None:
        await actions.count_in(tx, vote)
    else:
        await plan.block_changed(tx, place.block.id)
    await tx.audit(actor, verb, f"consultation/{place.consultation.id}", block=place.block.id, batch=batch_id)


async def _vote_with_paper(tx: Tx, place: Place) -> Vote:
    """From the moment voting begins until the result is final."""
    if place.stage == "coming" or place.consultation.state == "draft":
        raise Conflict("Paper ballots are entered once voting has begun")
    await store.begun_vote(tx, place.block.id, actions.settings_of(place, None))
    vote = await store.vote(tx, place.block.id, lock=True)
    assert vote is not None  # just begun
    if vote.final_at is not None:
        raise Conflict("The result is final: nothing is added to it any more")
    return vote


async def _has_begun(tx: Tx, place: Place) -> bool:
    published = place.consultation.state != "draft"
    return (published and place.stage != "coming") or await store.vote(tx, place.block.id) is not None


async def _open_to_changes(tx: Tx, actor: Actor, block_id: int) -> Place:
    place = await access_block_to_manage(tx, actor, block_id, KIND)
    if await _has_begun(tx, place):
        raise Conflict(BEGUN)
    return place


async def _option(tx: Tx, actor: Actor, option_id: int) -> tuple[Place, Option]:
    known = await store.option(tx, option_id)
    if known is None:
        raise NotFound
    return await _open_to_changes(tx, actor, known.block_id), known


def _checked(draft: OptionDraft) -> OptionDraft:
    draft = msgspec.structs.replace(
        draft, title=clean(draft.title), description=draft.description.strip(), district=clean(draft.district)
    )
    fields = {}
    if not draft.title:
        fields["title"] = _("This is needed here")
    if len(draft.title) > 200:
        fields["title"] = _("This is too long: 200 characters at most")
    if len(draft.description) > 2000:
        fields["description"] = _("This is too long: 2,000 characters at most")
    if not 0 <= draft.cost_pln <= 1_000_000_000:
        fields["cost_pln"] = _("This is more than can be counted")
    if len(draft.district) > 120:
        fields["district"] = _("Choose one of these")
    if fields:
        raise Invalid(fields=fields)
    return draft
