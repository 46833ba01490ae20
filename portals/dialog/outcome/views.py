"""What became of contributions, as somebody may read it; nothing is known here but what the kinds of blocks say."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from app.actor import ANONYMOUS, Actor
from app.database import Tx
from app.markup import render_markdown
from portals.dialog import list_store, store
from portals.dialog.access import Place, place_of
from portals.dialog.blocks import BlockKind, Blocks, Contribution
from portals.dialog.model import Author, Consultation, ParticipantGroup
from portals.dialog.outcome import store as outcome_store
from portals.dialog.outcome.model import (
    Answer,
    AnsweredRow,
    BlockFigures,
    Count,
    Entry,
    OutcomeSettings,
    Report,
    Status,
    Turnout,
    Version,
)
from portals.dialog.outcome.rules import STATUSES
from portals.dialog.participation import authors
from portals.dialog.small_numbers import told, told_counts

SHOWN: Final = 8
"""Answers on the consultation's page; all of them have a page of their own."""


class OutcomeData(msgspec.Struct, frozen=True):
    """For the block on the consultation's page."""

    intro: Markup
    statuses: dict[Status, int]
    total: int
    answered: list[Entry]
    """The newest answers."""
    answered_count: int
    version: Version | None


class Managed(msgspec.Struct, frozen=True):
    """For the clerk's page of the block."""

    total: int
    waiting: int
    version: Version | None


async def places(tx: Tx, blocks: Blocks, actor: Actor, consultation: Consultation) -> list[tuple[BlockKind, Place]]:
    """Blocks on the page whose content this reader may know of."""
    phases, now = await store.phases(tx, consultation.id), await tx.now()
    found = []
    for block in await store.blocks(tx, consultation.id):
        kind = blocks.find(block.kind)
        if kind is None:
            continue
        place = place_of(consultation, phases, block, actor, None, now, without_account=kind.without_account)
        gone = block.phase_id is not None and place.phase is None
        hidden = place.phase is not None and place.stage == "coming" and not place.inside
        if not (gone or hidden):
            found.append((kind, place))
    return found


async def entries(
    tx: Tx, blocks: Blocks, consultation: Consultation, clerk: Actor | None = None, only: int | None = None
) -> list[Entry]:
    """What everybody may read, oldest first. For a `clerk` also what is hidden, marked as such."""
    reader = clerk or ANONYMOUS
    answers = await outcome_store.answers(tx, consultation.id)
    found = []
    for kind, place in await places(tx, blocks, reader, consultation):
        if kind.contributions is None or (only is not None and place.block.id != only):
            continue
        given = await kind.contributions(tx, reader, place)
        found += [(kind, place, one) for one in given if one.visible or clerk is not None]
    people = await authors(tx, list({one.participant_id for _k, _p, one in found if one.participant_id is not None}))
    made = [
        Entry(
            block_id=place.block.id,
            block_title=place.block.title or kind.label,
            kind=kind.name,
            ref=one.ref,
            participant_id=one.participant_id,
            author=_shown(people.get(one.participant_id or 0), named=one.named),
            text=one.text,
            at=one.at,
            path=one.path,
            visible=one.visible,
            named=one.named,
            answer=answers.get((place.block.id, one.ref)) or _given(one),
        )
        for kind, place, one in found
    ]
    return sorted(made, key=lambda one: (one.at, one.block_id, one.ref))


def _given(one: Contribution) -> Answer | None:
    """What the part itself has answered. `rev` 0: the clerk who answers here writes the first answer of ours."""
    if one.given is None:
        return None
    return Answer(
        id=0,
        block_id=one.block_id,
        ref=one.ref,
        status=one.given.status,
        answer=one.given.answer,
        answered_at=one.given.at,
        rev=0,
    )


def _shown(author: Author | None, *, named: bool) -> Author | None:
    """Some kinds show what people write without its author, whatever name they go by."""
    return author if named or author is None else Author(name="", shown="anonymous", kind=author.kind)


def by_status(found: Sequence[Entry]) -> dict[Status, int]:
    """All statuses, in their order."""
    counts = Counter(one.status for one in found)
    return {status: counts[status] for status in STATUSES}


async def report(tx: Tx, blocks: Blocks, consultation: Consultation) -> Report:
    """Made anew each time: what was hidden since is not in it any more."""
    found = await entries(tx, blocks, consultation)
    figures = []
    for kind, place in await places(tx, blocks, ANONYMOUS, consultation):
        if kind.figures is not None:
            numbers = [Count(one.label, one.value) for one in await kind.figures(tx, ANONYMOUS, place)]
            figures.append(BlockFigures(place.block.id, kind.name, place.block.title or kind.label, numbers))
    return Report(
        turnout=turnout_of(await list_store.participant_groups(tx, consultation.id), found),
        blocks=figures,
        entries=found,
        statuses=by_status(found),
        versions=await outcome_store.versions(tx, consultation.id),
    )


def turnout_of(groups: Sequence[ParticipantGroup], found: Sequence[Entry]) -> Turnout:
    """Sums, without the small ones."""
    kinds: Counter[str] = Counter()
    districts: Counter[str] = Counter()
    for one in groups:
        kinds[one.kind] += one.count
        districts[one.district] += one.count
    total = sum(kinds.values())
    if told(total) is None:  # then its parts are small too, and there is nothing to divide
        kinds, districts = Counter(), Counter()
    verified = sum(one.count for one in groups if one.verified)
    paper = sum(one.count for one in groups if one.paper)
    return Turnout(
        people=told(total),
        contributors=told(len({one.participant_id for one in found if one.participant_id is not None})),
        kinds=[Count(name, count) for name, count in told_counts(kinds).items()],
        districts=[Count(name, count) for name, count in sorted(told_counts(districts).items())],
        verified=_part(verified, total),
        paper=_part(paper, total),
    )


def _part(count: int, total: int) -> int | None:
    return told_counts({"part": count, "rest": total - count})["part"]


async def data(blocks: Blocks, tx: Tx, _actor: Actor, place: Place) -> OutcomeData:
    """The same for everybody."""
    found = await entries(tx, blocks, place.consultation)
    answered = [(one.answer.answered_at, one) for one in found if one.answer is not None]
    newest = sorted(answered, key=lambda pair: pair[0], reverse=True)[:SHOWN]
    versions = await outcome_store.versions(tx, place.consultation.id)
    settings = msgspec.convert(place.block.settings, OutcomeSettings)
    return OutcomeData(
        render_markdown(settings.intro) if settings.intro.strip() else Markup(""),
        by_status(found),
        len(found),
        [one for _at, one in newest],
        len(answered),
        versions[0] if versions else None,
    )


async def manage_data(blocks: Blocks, tx: Tx, actor: Actor, place: Place) -> Managed:
    found = await entries(tx, blocks, place.consultation, actor)
    versions = await outcome_store.versions(tx, place.consultation.id)
    waiting = sum(one.answer is None and one.visible for one in found)
    return Managed(len(found), waiting, versions[0] if versions else None)


def answered_row(one: Entry) -> AnsweredRow:
    return AnsweredRow(block_id=one.block_id, ref=one.ref, status=one.status, rev=one.answer.rev if one.answer else 0)
