"""Correcting a working version, step by step. A step is done whole or not at all, and others see it at once."""

from collections.abc import Sequence

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid
from media.speech.model import LAST_MS, SpokenCue
from media.speech.plain import clean_speaker, clean_text
from portals.council.captions import cue_store, rules, store
from portals.council.captions.actions import access_track
from portals.council.captions.model import (
    AddCue,
    Change,
    Changed,
    Cue,
    CueList,
    CuesChanged,
    CuesReplaced,
    RemoveCue,
    SaveCue,
    Track,
    TrackView,
    track_room,
)


class CueConflict(Conflict):
    """A cue was changed by somebody else since it was seen; `cue` is what it is now, None where it is gone."""

    def __init__(self, cue: Cue | None) -> None:
        super().__init__("Somebody else has changed this caption: look at both and choose")
        self.cue = cue


async def track_view(tx: Tx, actor: Actor, track_id: int) -> TrackView:
    track, _session = await access_track(tx, actor, track_id)
    return TrackView(track, await cue_store.count(tx, track_id))


async def cue_list(tx: Tx, actor: Actor, track_id: int, first: int) -> CueList:
    """A page of cues in order of time."""
    await access_track(tx, actor, track_id)
    return CueList(first, await cue_store.count(tx, track_id), await cue_store.cues(tx, track_id, first, rules.PAGE))


async def change_cues(database: Database, actor: Actor, track_id: int, changes: Sequence[Change]) -> Changed:
    """One step: cues saved, added, removed together. Split is a save and an add, merge a save and a removal."""
    async with database.transaction() as tx:
        await _access_editable(tx, actor, track_id)
        if not changes:
            raise Invalid("There is nothing to change")
        if len(changes) > rules.MAX_STEP:
            raise Invalid("This step is too large: 500 captions at most")
        seen = await _seen(tx, track_id, changes)
        cues: list[Cue] = []
        removed: list[int] = []
        for change in changes:
            if isinstance(change, RemoveCue):
                if change.id in seen:
                    await cue_store.remove_cue(tx, change.id)
                removed.append(change.id)
            else:
                cues.append(await _written(tx, actor, track_id, change))
        track = await store.raise_rev(tx, track_id)
        tx.publish(track_room(track_id), CuesChanged(track.rev, cues, removed))
        await tx.audit(
            actor,
            "captions.edit",
            f"captions/{track_id}",
            saved=[cue.id for cue in cues],
            removed=removed,
        )
        return Changed(cues, removed, track)


async def shift_cues(database: Database, actor: Actor, track_id: int, from_ms: int, by_ms: int) -> Track:
    """Moves every cue from `from_ms` on. None may leave the recording: what is cut off cannot be undone."""
    async with database.transaction() as tx:
        await _access_editable(tx, actor, track_id)
        earliest = await cue_store.earliest_begin(tx, track_id, from_ms)
        if earliest is None:
            raise Invalid(fields={"from_ms": "No caption begins there or later"})
        if earliest + by_ms < 0:
            raise Invalid(fields={"by_ms": "The first caption would begin before the recording"})
        if abs(by_ms) > LAST_MS:
            raise Invalid(fields={"by_ms": "No recording is that long"})
        moved = await cue_store.shift_cues(tx, track_id, from_ms, by_ms, actor.name)
        track = await store.raise_rev(tx, track_id)
        tx.publish(track_room(track_id), CuesReplaced(track.rev))
        await tx.audit(actor, "captions.shift", f"captions/{track_id}", cues=moved, from_ms=from_ms, by_ms=by_ms)
        return track


async def _access_editable(tx: Tx, actor: Actor, track_id: int) -> Track:
    track, session = await access_track(tx, actor, track_id, lock=True)
    if not rules.is_editable(track, session):
        raise Conflict("This version is not being worked on: make a new one from it")
    return track


async def _seen(tx: Tx, track_id: int, changes: Sequence[Change]) -> dict[int, Cue]:
    """Cues that the step touches. Raises CueConflict where one is not as it was seen.

    A removal of what is gone already is done: two who delete the same do not disagree.
    """
    wanted = {change.id: change.rev for change in changes if not isinstance(change, AddCue)}
    known = await cue_store.cues_by_id(tx, track_id, list(wanted))
    saved = {change.id for change in changes if isinstance(change, SaveCue)}
    for cue_id, rev in wanted.items():
        cue = known.get(cue_id)
        if cue is None and cue_id in saved:
            raise CueConflict(None)
        if cue is not None and cue.rev != rev:
            raise CueConflict(cue)
    return known


async def _written(tx: Tx, actor: Actor, track_id: int, change: SaveCue | AddCue) -> Cue:
    if problems := rules.cue_problems(change.begin_ms, change.end_ms, change.text):
        raise Invalid(fields=problems)
    cue = SpokenCue(change.begin_ms, change.end_ms, clean_text(change.text), clean_speaker(change.speaker))
    if isinstance(change, SaveCue):
        return await cue_store.change_cue(tx, change.id, cue, actor.name)
    known = await cue_store.cue_by_op(tx, track_id, change.op)
    return known or await cue_store.add_cue(tx, track_id, cue, change.op, actor.name)
