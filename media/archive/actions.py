"""What can be done with a recording that was kept: seen, trimmed, cut into clips. The routes say who may."""

import asyncio
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from media.archive import store
from media.archive.files import assets_folder
from media.archive.model import (
    ROOM,
    AssetKind,
    AssetState,
    Clip,
    NewClip,
    NewTrim,
    RecordingChanged,
    RecordingView,
    Trim,
    clip_kind,
)
from media.archive.products import queue_products
from media.archive.store import ClipRow
from media.hls.marks import Mark
from media.packet import CLOCK_HZ
from media.record import store as record_store
from media.record.library import Library, read_index
from media.record.timeline import RecordingIndex, duration_s, is_trimmed, position_at, shown, snapped


async def recording_view(tx: Tx, stream_id: str) -> RecordingView:
    """A recording with its products. One that is not there is empty."""
    recording = await record_store.recording(tx, stream_id)
    if recording is None:
        return RecordingView(stream_id)
    index = await read_index(tx, recording)
    whole_s = duration_s(index)
    end_s = whole_s if recording.trim_end_90k is None else recording.trim_end_90k / CLOCK_HZ
    return RecordingView(
        stream_id=stream_id,
        began_at=recording.began_at,
        ended_at=recording.ended_at,
        duration_s=round(duration_s(shown(index)), 3),
        trim=Trim(recording.trim_begin_90k / CLOCK_HZ, end_s, whole_s) if is_trimmed(recording) else None,
        keep_days=recording.keep_days,
        removal_at=recording.removal_at,
        assets=tuple(asset for asset in await store.assets(tx, stream_id) if not asset.kind.startswith("clip-")),
    )


async def access_ended(tx: Tx, stream_id: str) -> RecordingIndex:
    """The whole of an ended recording, which nobody else changes until the transaction ends.

    Raises NotFound, and Conflict while it goes on.
    """
    if not await store.lock_recording(tx, stream_id):
        raise NotFound
    recording = await record_store.recording(tx, stream_id)
    assert recording is not None
    index = await read_index(tx, recording)
    if not index.segments:
        raise NotFound
    if recording.ended_at is None:
        raise Conflict("This recording still goes on")
    return index


async def trim_recording(
    database: Database, library: Library, actor: Actor, stream_id: str, wanted: NewTrim | None
) -> RecordingView:
    """Shows less of a recording, or all of it again (None). Nothing is lost: the rest is only out of sight.

    The range is widened to where a player can begin; what was made of the recording is made anew, and not to be had
    until then: it may hold what is now out of sight.
    """
    async with database.transaction() as tx:
        index = await access_ended(tx, stream_id)
        whole = index.segments[-1].end_90k
        begin, end = (0, whole) if wanted is None else _range(index, wanted.begin_s, wanted.end_s)
        await store.set_trim(tx, stream_id, begin, None if end >= whole else end)
        withdrawn = await store.withdraw_assets(tx, stream_id, [AssetKind.MANIFEST])
        await queue_products(tx, stream_id)
        await tx.audit(
            actor, "recording.trim", f"recording/{stream_id}", begin_s=begin / CLOCK_HZ, end_s=end / CLOCK_HZ
        )
        view = await recording_view(tx, stream_id)
        tx.publish(ROOM.format(stream_id=stream_id), RecordingChanged(view))
    library.forget(stream_id)
    await asyncio.to_thread(_unlink, assets_folder(library.folder, stream_id), withdrawn)
    return view


async def add_clip(database: Database, actor: Actor, stream_id: str, new: NewClip, marks: Iterable[Mark] = ()) -> Clip:
    """By seconds, by moments of the day, or by a mark. Raises Invalid that names the field."""
    async with database.transaction() as tx:
        index = await access_ended(tx, stream_id)
        offset = index.recording.trim_begin_90k
        visible = shown(index)
        title, begin_s, end_s = _clip_range(visible, new, marks)
        begin, end = _range(visible, begin_s, end_s)
        row = ClipRow(secrets.token_urlsafe(12), stream_id, title, begin + offset, end + offset)
        await store.add_clip(tx, row)
        await store.set_asset_state(tx, stream_id, clip_kind(row.token), AssetState.QUEUED)
        await queue_products(tx, stream_id)
        await tx.audit(
            actor, "recording.clip", f"recording/{stream_id}", token=row.token, title=row.title, begin_s=begin_s
        )
        (clip,) = [clip for clip in await clips_of(tx, stream_id) if clip.token == row.token]
    return clip


async def drop_clip(database: Database, folder: Path, actor: Actor, stream_id: str, token: str) -> None:
    async with database.transaction() as tx:
        row = await store.clip(tx, token)
        if row is None or row.stream_id != stream_id:
            raise NotFound
        asset = await store.asset(tx, stream_id, clip_kind(token))
        await store.drop_clip(tx, token)
        await store.drop_asset(tx, stream_id, clip_kind(token))
        await tx.audit(actor, "recording.drop_clip", f"recording/{stream_id}", token=token, title=row.title)
    names = [file.name for file in asset.files] if asset is not None else []
    await asyncio.to_thread(_unlink, assets_folder(folder, stream_id), names)


async def clips_of(tx: Tx, stream_id: str) -> list[Clip]:
    recording = await record_store.recording(tx, stream_id)
    if recording is None:
        return []
    assets = {asset.kind: asset for asset in await store.assets(tx, stream_id)}
    found = []
    for row in await store.clips(tx, stream_id):
        asset = assets.get(clip_kind(row.token))
        ready = asset is not None and bool(asset.files)
        found.append(
            Clip(
                token=row.token,
                stream_id=stream_id,
                title=row.title,
                begin_s=max(row.begin_90k - recording.trim_begin_90k, 0) / CLOCK_HZ,
                end_s=max(row.end_90k - recording.trim_begin_90k, 0) / CLOCK_HZ,
                playlist=f"/recordings/clips/{row.token}",
                mp4=f"/recordings/clips/{row.token}/clip.mp4" if ready else None,
                state=asset.state if asset is not None else AssetState.QUEUED,
            )
        )
    return found


async def clip_of(tx: Tx, token: str) -> Clip:
    """A clip by its address. Raises NotFound, for one that a trim has taken out of sight too."""
    row = await store.clip(tx, token)
    clips = await clips_of(tx, row.stream_id) if row is not None else []
    clip = next((clip for clip in clips if clip.token == token), None)
    if clip is None or clip.begin_s >= clip.end_s:
        raise NotFound
    return clip


def _range(index: RecordingIndex, begin_s: float, end_s: float) -> tuple[int, int]:
    whole = index.segments[-1].end_90k
    begin, end = round(begin_s * CLOCK_HZ), min(round(end_s * CLOCK_HZ), whole)
    if begin >= whole:
        raise Invalid(fields={"begin_s": "The recording is not that long"})
    if begin >= end:
        raise Invalid(fields={"end_s": "The end comes before the beginning"})
    return snapped(index, begin, end)


def _clip_range(index: RecordingIndex, new: NewClip, marks: Iterable[Mark]) -> tuple[str, float, float]:
    """Title, begin and end in seconds of what is shown."""
    if new.mark:
        mark = next((mark for mark in marks if mark.id == new.mark), None)
        if mark is None:
            raise Invalid(fields={"mark": "There is no such mark"})
        end_s = duration_s(index) if mark.ended_at_s is None else position_at(index, mark.ended_at_s)
        return new.title or mark.title, position_at(index, mark.began_at_s), end_s
    if not new.title:
        raise Invalid(fields={"title": "This is needed"})
    if new.began_at is not None and new.ended_at is not None:
        return new.title, position_at(index, _unix(new.began_at)), position_at(index, _unix(new.ended_at))
    if new.begin_s is None or new.end_s is None:
        raise Invalid(fields={"begin_s": "This is needed"})
    return new.title, new.begin_s, new.end_s


def _unix(moment: datetime) -> float:
    """A moment without a zone is one of UTC."""
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _unlink(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
