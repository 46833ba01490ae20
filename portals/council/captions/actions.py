"""What people do with versions of captions: upload, draft, copy, publish, withdraw; and the queue they work off.

Each verb checks, writes, publishes and leaves an audit line in one transaction. Typing live is in `booth`, correcting
in `editing`.
"""

from collections.abc import Sequence

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from media.packet import CLOCK_HZ
from media.record import store as record_store
from media.speech.model import SpokenCue
from portals.council.actions import access_session
from portals.council.captions import cue_store, rules, store
from portals.council.captions.cue_store import Shown
from portals.council.captions.languages import language_tag
from portals.council.captions.model import (
    QUEUE_ROOM,
    CaptionLineRemoved,
    CaptionsChanged,
    CaptionTrackChanged,
    CuesReplaced,
    QueueChanged,
    QueueRow,
    QueueView,
    Track,
    booth_room,
    public_room,
    track_room,
)
from portals.council.model import Session
from portals.council.store import session_by_stream

LAST_MS = 2**62
QUEUE_SHOWN = 60
MOST_REASON = 500


async def access_captioning(tx: Tx, actor: Actor, session_id: int) -> Session:
    """A session for whoever makes its captions; for others there is no such desk."""
    if not rules.can_caption(actor) and actor != SYSTEM:
        raise NotFound
    return await access_session(tx, actor, session_id)


async def access_track(tx: Tx, actor: Actor, track_id: int, *, lock: bool = False) -> tuple[Track, Session]:
    """A version with its session. Raises NotFound."""
    track = await (store.locked_track if lock else store.track)(tx, track_id)
    if track is None or track.state == "removed":
        raise NotFound
    return track, await access_captioning(tx, actor, track.session_id)


async def shown_of(tx: Tx, session: Session) -> Shown:
    """What is left of the recording and its words. Rows count on the whole of it: another trim moves nothing."""
    withholds = await cue_store.withholds(tx, session.id)
    recording = await record_store.recording(tx, session.stream_id)
    if recording is None or recording.ended_at is None:
        return Shown(withholds=withholds)
    end = recording.trim_end_90k
    begin_ms = recording.trim_begin_90k * 1000 // CLOCK_HZ
    return Shown(begin_ms, end * 1000 // CLOCK_HZ if end is not None else LAST_MS, withholds)


async def add_uploaded(
    database: Database, actor: Actor, session_id: int, cues: Sequence[SpokenCue], language: str, source: str
) -> Track:
    """A new working version from a file that was read. Its times count on what is shown of the recording."""
    async with database.transaction() as tx:
        session = await access_captioning(tx, actor, session_id)
        kept = [rules.cleaned(cue) for cue in cues]
        kept = [cue for cue in kept if cue.text]
        if not kept:
            raise Invalid(fields={"file": "There are no captions in this file"})
        shown = await shown_of(tx, session)
        track = await store.add_track(
            tx, session_id, language_tag(language), "uploaded", "working", source.strip()[:200], actor.account_id
        )
        await cue_store.add_cues(tx, track.id, rules.shifted(kept, shown.begin_ms), actor.name)
        await tx.audit(
            actor, "captions.upload", f"session/{session_id}", track=track.id, version=track.version, cues=len(kept)
        )
        await announce(tx, track, session)
        return track


async def copy_track(database: Database, actor: Actor, track_id: int) -> Track:
    """A new working version with the words of another: what was published stays as it is."""
    async with database.transaction() as tx:
        before, session = await access_track(tx, actor, track_id)
        if before.state in {"making", "failed"}:
            raise Conflict("There are no words in this version yet")
        track = await store.add_track(
            tx, session.id, before.language, "copy", "working", f"v{before.version}", actor.account_id
        )
        await cue_store.copy_cues(tx, before.id, track.id)
        await tx.audit(
            actor, "captions.copy", f"session/{session.id}", track=track.id, version=track.version, of=before.version
        )
        await announce(tx, track, session)
        return track


async def publish_track(database: Database, actor: Actor, track_id: int) -> Track:
    """Residents get this version; the one they had stays reachable under its number."""
    async with database.transaction() as tx:
        before, session = await access_track(tx, actor, track_id, lock=True)
        if session.state != "ended":
            raise Conflict("The session still goes on: captions are published after its end")
        if not rules.is_publishable(before, session):
            raise Conflict("This version cannot be published as it is")
        if not await cue_store.count(tx, track_id):
            raise Conflict("There are no words in this version yet")
        replaced = await store.replace_published(tx, session.id, before.language)
        track = await store.publish(tx, track_id)
        if replaced is not None:
            tx.publish(track_room(replaced.id), CaptionTrackChanged(replaced))
            tx.publish(booth_room(session.id), CaptionTrackChanged(replaced))
        await tx.audit(actor, "captions.publish", f"session/{session.id}", track=track.id, version=track.version)
        await announce(tx, track, session, public=True)
        return track


async def withdraw_track(database: Database, actor: Actor, track_id: int, reason: str) -> Track:
    """Takes a version away from residents, with a reason that stays in the record."""
    async with database.transaction() as tx:
        before, session = await access_track(tx, actor, track_id, lock=True)
        if not rules.can_withdraw(actor):
            raise NotFound
        words = " ".join(reason.split())
        if not words:
            raise Invalid(fields={"reason": "Say why it is withdrawn"})
        if len(words) > MOST_REASON:
            raise Invalid(fields={"reason": "This is too long: 500 characters at most"})
        seen = before.state in {"published", "replaced"} or (before.kind == "live" and before.state == "working")
        if not seen or (before.kind == "live" and session.state == "live"):
            raise Conflict("This version is not public")
        track = await store.withdraw(tx, track_id, words)
        await tx.audit(
            actor, "captions.withdraw", f"session/{session.id}", track=track.id, version=track.version, reason=words
        )
        await announce(tx, track, session, public=True)
        return track


async def remove_track(database: Database, actor: Actor, track_id: int) -> None:
    """Deletes a version that was never public."""
    async with database.transaction() as tx:
        track, session = await access_track(tx, actor, track_id, lock=True)
        if track.kind == "live" or track.published_at is not None:
            raise Conflict("What was public is kept; withdraw it instead")
        await cue_store.delete_cues(tx, track_id)
        track = await store.remove(tx, track_id)
        await tx.audit(actor, "captions.remove", f"session/{session.id}", track=track.id, version=track.version)
        await announce(tx, track, session)


async def tell_withheld(tx: Tx, stream_id: str) -> None:
    """A span was muted in the published copy, or is heard again: other words may be read from now on.

    Lines that were typed live and told are taken back from whoever comes back to their room.
    """
    session = await session_by_stream(tx, stream_id)
    if session is None:
        return
    for track in await store.tracks(tx, [session.id]):
        if track.state not in {"making", "failed", "removed"}:
            raised = await store.raise_rev(tx, track.id)
            tx.publish(track_room(track.id), CuesReplaced(raised.rev))
    for line_id in await cue_store.withheld_lines(tx, session.id):
        tx.publish(public_room(session.id), CaptionLineRemoved(line_id))
    tx.publish(public_room(session.id), CaptionsChanged(await store.public_track(tx, session.id)))


async def announce(tx: Tx, track: Track, session: Session, *, public: bool = False) -> None:
    """A version changed: its editors, the captioners and the queue hear of it; residents where it is theirs."""
    tx.publish(track_room(track.id), CaptionTrackChanged(track))
    tx.publish(booth_room(session.id), CaptionTrackChanged(track))
    if public:
        tx.publish(public_room(session.id), CaptionsChanged(await store.public_track(tx, session.id)))
    await publish_row(tx, session.id)


async def publish_row(tx: Tx, session_id: int) -> None:
    held = await store.held_session(tx, session_id)
    if held is not None:
        tx.publish(QUEUE_ROOM, QueueChanged(queue_row(held, await store.tracks(tx, [session_id]))))


async def queue_view(tx: Tx, actor: Actor) -> QueueView:
    """Sessions with their captions: on air, coming within a week, and past ones."""
    if not rules.can_caption(actor):
        raise NotFound
    held = await store.held_sessions(tx, QUEUE_SHOWN)
    by_session: dict[int, list[Track]] = {}
    for track in await store.tracks(tx, [one.session_id for one in held]):
        by_session.setdefault(track.session_id, []).append(track)
    return QueueView([queue_row(one, by_session.get(one.session_id, [])) for one in held])


def queue_row(held: store.Held, tracks: list[Track]) -> QueueRow:
    """Days are counted by whoever shows the row, in the city's zone."""
    published = next((track for track in tracks if track.state == "published"), None)
    return QueueRow(
        session_id=held.session_id,
        slug=held.slug,
        number=held.number,
        title=held.title,
        state=held.state,
        held_at=held.held_at,
        recorded_at=held.recorded_at,
        published_version=published.version if published is not None else 0,
        published_at=published.published_at if published is not None else None,
        tracks=[track for track in tracks if track.state != "removed"],
        # each change of the session or of a version raises one of them; removed versions still count
        rev=held.rev + sum(track.rev + 1 for track in tracks),
    )
