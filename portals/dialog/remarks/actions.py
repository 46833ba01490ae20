"""What residents and the office do with remarks. Each verb checks, writes, publishes and leaves an audit line."""

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
    access_block_to_manage,
    access_block_to_moderate,
    access_block_to_take_part,
)
from portals.dialog.model import Author, Participant, ParticipantDraft
from portals.dialog.remarks import rules, store, version_store, views
from portals.dialog.remarks.anchors import Finder, quoted, selected
from portals.dialog.remarks.model import (
    MOST_QUOTE,
    Anchor,
    Answer,
    NewRemark,
    PaperRemark,
    Paragraph,
    Quoted,
    Remark,
    RemarkChanged,
    RemarkRow,
    State,
    Version,
    Words,
    remarks_room,
)
from portals.dialog.remarks.views import NAME

LIMIT: Final = Limit("dialog.remarks", burst=30, every_s=20)
OTHER_WORDS: Final = _("The selected words are not in this paragraph. Select them once more")


async def add_remark(database: Database, actor: Actor, block_id: int, new: NewRemark) -> RemarkRow:
    """On a paragraph, or on words in it, of the version the person has before them; it goes on to newer ones at once.

    Raises `Invalid` per field, and what `access_block_to_take_part` raises.
    """
    await spend(database, Charge(LIMIT, f"account/{actor.account_id}"))
    text, proposal = rules.tidy(new.text), rules.tidy(new.proposal)
    async with database.transaction() as tx:
        place = await access_block_to_take_part(tx, actor, block_id, NAME)
        assert place.participant_id is not None  # the block does not do without
        fields = rules.faults(text, proposal)
        if fields:
            raise Invalid(fields=fields)
        version, paragraph = await _access_paragraph(tx, block_id, new)
        span = selected(paragraph, new.quote, new.starts) if len(new.quote) <= MOST_QUOTE else None
        if span is None:
            raise Invalid(fields={"quote": OTHER_WORDS})
        where = quoted(paragraph, *span)
        remark_id = await store.add_remark(tx, block_id, version.id, place.participant_id, where, text, proposal)
        await _place(tx, block_id, remark_id, version, paragraph, where, span)
        await tx.audit(actor, "remark.add", f"consultation/{place.consultation.id}", block=block_id, remark=remark_id)
        return await _publish(tx, block_id, remark_id)


async def _access_paragraph(tx: Tx, block_id: int, new: NewRemark) -> tuple[Version, Paragraph]:
    await version_store.share_block(tx, block_id)
    version = await version_store.version(tx, block_id, new.version)
    paragraph = await version_store.paragraph(tx, version.id, new.paragraph_id) if version else None
    if version is None or paragraph is None:
        raise NotFound
    return version, paragraph


async def _place(
    tx: Tx,
    block_id: int,
    remark_id: int,
    version: Version,
    paragraph: Paragraph,
    where: Quoted,
    span: tuple[int, int],
) -> None:
    """Its place in the version it was made on and in all that came since."""
    await store.add_anchors(tx, version.id, {remark_id: Anchor(paragraph.paragraph_id, *span, "exact")})
    for later in await version_store.versions(tx, block_id):
        if later.number > version.number:
            paragraphs = await version_store.paragraphs(tx, later.id)
            now = next((one for one in paragraphs if one.paragraph_id == paragraph.paragraph_id), None)
            reworded = now is not None and now.text != paragraph.text
            anchor = Finder(paragraphs).anchor(where, reworded=reworded)
            await store.add_anchors(tx, later.id, {remark_id: anchor})


async def change_remark(database: Database, actor: Actor, remark_id: int, words: Words) -> RemarkRow:
    """Other words of one's own remark, while the phase runs; the old ones stay in its history."""
    text, proposal = rules.tidy(words.text), rules.tidy(words.proposal)
    await spend(database, Charge(LIMIT, f"account/{actor.account_id}"))
    async with database.transaction() as tx:
        place, remark = await _access_own(tx, actor, remark_id)
        if remark.rev != words.rev:
            raise Conflict
        fields = rules.faults(text, proposal)
        if fields:
            raise Invalid(fields=fields)
        if (text, proposal) != (remark.text, remark.proposal):
            await store.change_words(tx, remark_id, text, proposal)
            await tx.audit(actor, "remark.change", f"consultation/{place.consultation.id}", remark=remark_id)
        return await _publish(tx, place.block.id, remark_id)


async def withdraw_remark(database: Database, actor: Actor, remark_id: int) -> RemarkRow:
    """One's own: a sign stays where it stood."""
    async with database.transaction() as tx:
        place, _remark = await _access_own(tx, actor, remark_id)
        await store.set_state(tx, remark_id, "withdrawn", "")
        await tx.audit(actor, "remark.withdraw", f"consultation/{place.consultation.id}", remark=remark_id)
        return await _publish(tx, place.block.id, remark_id)


async def _access_own(tx: Tx, actor: Actor, remark_id: int) -> tuple[Place, Remark]:
    block_id = await store.block_of(tx, remark_id)
    if block_id is None:
        raise NotFound
    place = await access_block_to_take_part(tx, actor, block_id, NAME)
    remark = await _locked(tx, block_id, remark_id)
    if not rules.is_own(remark, place) or remark.state != "shown":
        raise NotFound
    if remark.position:
        raise Conflict("The office has answered this remark already. Write a new one")
    return place, remark


async def hide_remark(database: Database, actor: Actor, remark_id: int, reason: str) -> RemarkRow:
    """Takes its words off the page; the reason stands there instead."""
    reason = " ".join(rules.tidy(reason).split())
    fields = rules.reason_faults(reason)
    if fields:
        raise Invalid(fields=fields)
    return await _set_state(database, actor, remark_id, "hidden", reason)


async def restore_remark(database: Database, actor: Actor, remark_id: int) -> RemarkRow:
    return await _set_state(database, actor, remark_id, "shown", "")


async def _set_state(database: Database, actor: Actor, remark_id: int, state: State, reason: str) -> RemarkRow:
    async with database.transaction() as tx:
        block_id = await store.block_of(tx, remark_id) or 0
        place = await access_block_to_moderate(tx, actor, block_id, NAME)
        remark = await _locked(tx, block_id, remark_id)
        if remark.state == "withdrawn":
            raise Conflict("Its author has withdrawn this remark")
        await store.set_state(tx, remark_id, state, reason)
        verb = "remark.hide" if state == "hidden" else "remark.restore"
        await tx.audit(actor, verb, f"consultation/{place.consultation.id}", remark=remark_id, reason=reason)
        return await _publish(tx, block_id, remark_id)


async def answer_remark(database: Database, actor: Actor, remark_id: int, answer: Answer) -> RemarkRow:
    """The office's position (stanowisko); an empty one takes it back. Raises `Conflict` where it changed since."""
    answer = msgspec.structs.replace(answer, answer=rules.tidy(answer.answer))
    async with database.transaction() as tx:
        block_id = await store.block_of(tx, remark_id) or 0
        place = await access_block_to_manage(tx, actor, block_id, NAME)
        remark = await _locked(tx, block_id, remark_id)
        if remark.rev != answer.rev:
            raise Conflict
        fields = rules.answer_faults(answer)
        if fields:
            raise Invalid(fields=fields)
        await store.set_position(tx, remark_id, answer)
        subject = f"consultation/{place.consultation.id}"
        await tx.audit(actor, "remark.answer", subject, remark=remark_id, position=answer.position)
        return await _publish(tx, block_id, remark_id)


async def add_paper_remark(
    database: Database, actor: Actor, block_id: int, paper: PaperRemark, zone: ZoneInfo, participant_id: int = 0
) -> RemarkRow:
    """A remark that came on paper, on the newest version. `participant_id`: somebody entered before, else a new one."""
    text, proposal = rules.tidy(paper.text), rules.tidy(paper.proposal)
    async with database.transaction() as tx:
        place = await access_block_to_manage(tx, actor, block_id, NAME)
        await version_store.share_block(tx, block_id)
        version = await version_store.newest(tx, block_id)
        paragraph = await version_store.paragraph(tx, version.id, paper.paragraph_id) if version else None
        fields = rules.faults(text, proposal)
        late = rules.received_fault(place, paper.received, zone)
        span = selected(paragraph, rules.tidy(paper.quote), 0) if paragraph else None
        if paragraph is None or version is None:
            fields["paragraph_id"] = _("Choose a paragraph")
        elif span is None:
            fields["quote"] = _("These words are not in the paragraph. Copy them from it, or leave this empty")
        if late:
            fields["received"] = late
        if fields:
            raise Invalid(fields=fields)
        assert version is not None
        assert paragraph is not None
        assert span is not None
        if participant_id not in await store.paper_people(tx, block_id):
            participant_id = (await _add_person(tx, actor, place, paper)).id
        where = quoted(paragraph, *span)
        made_at = datetime.combine(paper.received, time(12), zone).astimezone(UTC)
        remark_id = await store.add_remark(
            tx, block_id, version.id, participant_id, where, text, proposal, paper=True, made_at=made_at
        )
        await _place(tx, block_id, remark_id, version, paragraph, where, span)
        await tx.audit(actor, "remark.paper", f"consultation/{place.consultation.id}", remark=remark_id)
        return await _publish(tx, block_id, remark_id)


async def _add_person(tx: Tx, actor: Actor, place: Place, paper: PaperRemark) -> Participant:
    draft = ParticipantDraft(
        kind=paper.kind, shown_as=paper.shown_as, organisation=paper.organisation, district=paper.district
    )
    return await participation.add_from_paper(tx, actor, place.consultation.id, paper.name, draft)


async def forget_author(tx: Tx, participant: Participant) -> None:
    """The person is erased: earlier wordings go, and the pages show the remarks without author."""
    await store.drop_wordings(tx, participant.id)
    await store.touch_remarks(tx, participant.id)
    nobody = Author(name="", shown="erased", kind=participant.kind, key=f"p{participant.id}")
    for block_id in await store.blocks_of(tx, participant.id):
        version = await version_store.newest(tx, block_id)
        if version is not None:
            for one in await store.remarks_of(tx, participant.id, version.id, block_id):
                tx.publish(remarks_room(block_id), RemarkChanged(rules.row(one, nobody)))


async def _locked(tx: Tx, block_id: int, remark_id: int) -> Remark:
    await version_store.share_block(tx, block_id)
    await store.lock_remark(tx, remark_id)
    version = await version_store.newest(tx, block_id)
    found = await store.remark(tx, remark_id, version.id) if version else None
    if found is None:
        raise NotFound
    return found


async def _publish(tx: Tx, block_id: int, remark_id: int) -> RemarkRow:
    version = await version_store.newest(tx, block_id)
    assert version is not None  # a remark stands on one
    row = await views.row_of(tx, remark_id, version)
    tx.publish(remarks_room(block_id), RemarkChanged(row))
    return row
