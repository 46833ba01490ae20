"""Background work of captions: drafts by a recogniser, and the last positions of what was typed live."""

from typing import Final

import msgspec
import structlog

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict
from app.feature import Job
from app.jobs import enqueue_once, part
from media.record import store as record_store
from media.record.library import read_index
from media.record.timeline import redacted
from media.speech.child import Words
from media.speech.desk import SpeechDesk, Stopped
from media.speech.failure import SENTENCES, SpeechFailure
from portals.council.actions import access_session
from portals.council.captions import cue_store, placing, store
from portals.council.captions.actions import access_captioning, access_track, announce
from portals.council.captions.languages import language_tag
from portals.council.captions.model import CuesReplaced, Track, track_room

log = structlog.get_logger(__name__)


class Recognise(msgspec.Struct, frozen=True):
    """The version to fill."""

    track_id: int


class Nothing(msgspec.Struct, frozen=True):
    """The time decides."""


async def order_draft(database: Database, actor: Actor, session_id: int, language: str) -> Track:
    """Queues a draft of an ended session's words; it appears as a version that is being made."""
    async with database.transaction() as tx:
        session = await access_captioning(tx, actor, session_id)
        if session.state != "ended":
            raise Conflict("The session still goes on: a draft is made from its recording")
        recording = await record_store.recording(tx, session.stream_id)
        if recording is None:
            raise Conflict("There is no recording of this session")
        if any(track.state == "making" for track in await store.tracks(tx, [session_id])):
            raise Conflict("A draft is being made already")
        track = await store.add_track(tx, session_id, language_tag(language), "draft", "making", "", actor.account_id)
        await enqueue_once(tx, RECOGNISE, Recognise(track.id), str(track.id))
        await tx.audit(actor, "captions.draft", f"session/{session_id}", track=track.id, version=track.version)
        await announce(tx, track, session)
        return track


async def retry_draft(database: Database, actor: Actor, track_id: int) -> Track:
    """Tries again what failed."""
    async with database.transaction() as tx:
        before, session = await access_track(tx, actor, track_id, lock=True)
        if before.state != "failed":
            raise Conflict("Only a draft that failed can be tried again")
        track = await store.begin_making(tx, track_id)
        await enqueue_once(tx, RECOGNISE, Recognise(track_id), str(track_id))
        await tx.audit(actor, "captions.retry", f"session/{session.id}", track=track_id)
        await announce(tx, track, session)
        return track


async def cancel_draft(database: Database, actor: Actor, track_id: int) -> Track:
    """Stops a draft within a second or two."""
    async with database.transaction() as tx:
        _before, session = await access_track(tx, actor, track_id, lock=True)
        track = await store.finish_making(tx, track_id, "removed", "", "")
        if track is None:
            raise Conflict("This draft is finished already")
        await tx.audit(actor, "captions.cancel", f"session/{session.id}", track=track_id)
        await announce(tx, track, session)
        return track


async def run_recognise(database: Database, payload: Recognise) -> None:
    """May run twice: words come in with the state that ends it, in one transaction."""
    desk = part(SpeechDesk)
    async with database.transaction(readonly=True) as tx:
        track = await store.track(tx, payload.track_id)
        if track is None or track.state != "making":
            return
        session = await access_session(tx, SYSTEM, track.session_id)
        recording = await record_store.recording(tx, session.stream_id)
        # what was made silent in the published copy is not heard here either
        index = redacted(await read_index(tx, recording)) if recording is not None else None

    async def hear(share: float) -> bool:
        async with database.transaction() as tx:
            changed = await store.set_making(tx, payload.track_id, min(int(share * 100), 99))
            if changed is not None:
                await announce(tx, changed, session)
        return changed is not None

    if index is None:
        await _fail(database, track, SpeechFailure.GONE)
        return
    try:
        answer = await desk.recognise(index, track.language, hear)
    except Stopped:
        return
    if isinstance(answer, Words):
        await _finish(database, track, answer, desk.engine_name)
    else:
        await _fail(database, track, answer.failure)


async def _finish(database: Database, track: Track, words: Words, engine: str) -> None:
    async with database.transaction() as tx:
        done = await store.finish_making(tx, track.id, "working", "", engine)
        if done is None:
            return
        await cue_store.add_cues(tx, track.id, words.cues, engine)
        await tx.audit(SYSTEM, "captions.drafted", f"session/{track.session_id}", track=track.id, cues=len(words.cues))
        await announce(tx, done, await access_session(tx, SYSTEM, track.session_id))
    log.info("a draft of captions is made", track=track.id, cues=len(words.cues))


async def _fail(database: Database, track: Track, failure: SpeechFailure) -> None:
    """The reason is a message id: each reader gets it in their language."""
    async with database.transaction() as tx:
        failed = await store.finish_making(tx, track.id, "failed", SENTENCES[failure], "")
        if failed is not None:
            await announce(tx, failed, await access_session(tx, SYSTEM, track.session_id))


async def run_settle(database: Database, _payload: Nothing) -> None:
    """Sessions that ended: their live captions get the positions of the whole recording, once."""
    async with database.transaction(readonly=True) as tx:
        waiting = await store.unsettled_tracks(tx)
    for track in waiting:
        async with database.transaction() as tx:
            await settle(tx, track.id)


async def settle_when_due(tx: Tx, track_id: int) -> None:
    """Before what was typed live is published: its positions are those of the whole recording, if it is whole."""
    if any(track.id == track_id for track in await store.unsettled_tracks(tx)):
        await settle(tx, track_id)


async def settle(tx: Tx, track_id: int) -> None:
    """While it grows, a recording's index lies a few seconds back; what was typed then was placed by guess."""
    track = await store.locked_track(tx, track_id)
    if track is None or track.settled_at is not None:
        return
    session = await access_session(tx, SYSTEM, track.session_id)
    place = await placing.whole(tx, session)
    places = []
    for cue_id, said_at, said_until in await cue_store.said_moments(tx, track_id):
        begin = place(said_at)
        places.append((cue_id, begin, max(place(said_until), begin + 500)))
    await cue_store.place_cues(tx, places)
    settled = await store.settle(tx, track_id)
    tx.publish(track_room(track_id), CuesReplaced(settled.rev))
    await tx.audit(SYSTEM, "captions.settle", f"session/{session.id}", track=track_id, cues=len(places))
    await announce(tx, settled, session)


RECOGNISE: Final = Job(name="captions.recognise", payload=Recognise, run=run_recognise, attempts=2)
SETTLE: Final = Job(name="captions.settle", payload=Nothing, run=run_settle, cron="* * * * *")
JOBS: Final = (RECOGNISE, SETTLE)
