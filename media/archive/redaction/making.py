"""Makes the files of a redaction; runs in the worker process.

They are made of what was recorded, with the work of the redactions that are published over the same segments, so that
the newest file of a segment has it all. Nothing that was recorded is touched.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Final

import msgspec
import structlog

from app import jobs
from app.database import Database, Tx
from app.feature import Job
from media.archive.child import WorkshopFailed, carry_out
from media.archive.offsite import bring_back
from media.archive.orders import MadePatch, MakePatches, PatchPiece, PatchSource, Stroke
from media.archive.plan import Archive
from media.archive.redaction import store
from media.archive.redaction.model import OfRedaction, RedactionChanged, RedactionRow
from media.archive.redaction.view import room_of, view_of
from media.packet import CLOCK_HZ
from media.record import store as record_store
from media.record.files import PATCHES, recording_folder
from media.record.library import read_index
from media.record.model import RecordedSegment, Take, utc
from media.record.timeline import RecordingIndex

log = structlog.get_logger(__name__)

SOUND_MARGIN_90K: Final = CLOCK_HZ // 10
"""Coded sound reaches into its neighbours: so much more is looked at."""


async def make_redaction(database: Database, archive: Archive, redaction_id: int) -> None:
    """Makes what is not made yet; a failure is said in the row, and is no reason to try again by itself."""
    async with database.transaction(readonly=True, isolation="repeatable_read") as tx:
        row = await store.redaction(tx, redaction_id)
        if row is None or row.state != "making":
            return
        recording = await record_store.recording(tx, row.stream_id)
        if recording is None:
            return
        index = await read_index(tx, recording)
        touched = touched_segments(index, row)
        over = await store.overlapping(tx, row.stream_id, touched[0].msn, touched[-1].msn, row.id) if touched else []
    if not touched:
        await _fail(database, row, "this span holds nothing that was recorded")
        return
    await bring_back(database, archive, row.stream_id)
    folder = recording_folder(archive.folder, row.stream_id)
    patches = folder / PATCHES
    patches.mkdir(exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=patches))
    order = MakePatches(str(folder), str(making), pieces(index, touched), [stroke(one) for one in [*over, row]])

    async def heard(share: float) -> None:
        await jobs.progress(database, jobs.running_job_id(), round(share * 100), 100, "redaction")
        async with database.transaction() as tx:
            if (further := await store.set_progress(tx, row.id, share)) is not None:
                await _tell(tx, further)

    try:
        made = await carry_out(order, heard)
        log.info("redaction made", stream=row.stream_id, redaction=row.id, peak_rss_mib=made.peak_rss_mib)
        await _keep(database, row, order.pieces, making, patches, [one.id for one in over])
    except (WorkshopFailed, OSError, msgspec.MsgspecError) as problem:
        await _fail(database, row, str(problem))
    finally:
        await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)


def touched_segments(index: RecordingIndex, row: RedactionRow) -> list[RecordedSegment]:
    """What the span lies in, from a segment that can be decoded alone to before one that can."""
    margin = SOUND_MARGIN_90K if row.mute else 0
    begin, end = row.begin_90k - margin, row.end_90k + margin
    segments = index.segments
    places = [n for n, one in enumerate(segments) if one.position_90k < end and begin < one.end_90k]
    if not places:
        return []
    first, last = places[0], places[-1] + 1
    while first and not _begins(segments, first):
        first -= 1
    while last < len(segments) and not _begins(segments, last):
        last += 1
    return list(segments[first:last])


def _begins(segments: tuple[RecordedSegment, ...], place: int) -> bool:
    return segments[place].independent or segments[place].take != segments[place - 1].take


def pieces(index: RecordingIndex, touched: list[RecordedSegment]) -> list[PatchPiece]:
    """One for each take."""
    takes = {take.number: take for take in index.takes}
    found: dict[int, list[PatchSource]] = {}
    for segment in touched:
        found.setdefault(segment.take, []).append(
            PatchSource(
                msn=segment.msn,
                offset=segment.byte_offset,
                length=segment.byte_length,
                dts_90k=segment.dts_90k,
                duration_90k=segment.duration_90k,
                position_90k=segment.position_90k,
                began_at_s=segment.began_at.timestamp(),
                independent=segment.independent,
            )
        )
    return [
        PatchPiece(number, takes[number].init_bytes, takes[number].tracks, sources) for number, sources in found.items()
    ]


def stroke(row: RedactionRow) -> Stroke:
    area = row.area
    return Stroke(row.begin_90k, row.end_90k, row.mute, row.picture, (area.left, area.top, area.width, area.height))


async def _keep(
    database: Database, row: RedactionRow, made: list[PatchPiece], making: Path, patches: Path, baked: list[int]
) -> None:
    """Gives the files their numbers and names, and says that the redaction is ready."""
    descriptions = [
        msgspec.json.decode((making / f"{place}.json").read_bytes(), type=MadePatch) for place in range(len(made))
    ]
    async with database.transaction() as tx:
        now = await store.redaction(tx, row.id)
        if now is None or now.state != "making":
            return
        old = await store.patch_numbers(tx, row.id)
        await store.drop_patches(tx, row.id)
        highest = max((int(path.stem) for path in patches.glob("*.mp4") if path.stem.isdecimal()), default=0)
        number = await store.next_patch_number(tx, row.stream_id, highest)
        for place, (piece, description) in enumerate(zip(made, descriptions, strict=True)):
            take = Take(
                stream_id=row.stream_id,
                number=number + place,
                began_at=utc(piece.sources[0].began_at_s),
                tracks=description.tracks,
                init_bytes=description.init_bytes,
            )
            await store.add_patch(tx, row.id, take, description.segments)
            (making / f"{place}.mp4").rename(patches / f"{take.number}.mp4")
        await _tell(tx, await store.set_state(tx, row.id, "ready", baked=baked))
    for number in old:
        (patches / f"{number}.mp4").unlink(missing_ok=True)


async def _fail(database: Database, row: RedactionRow, problem: str) -> None:
    log.warning("a redaction could not be made", stream=row.stream_id, redaction=row.id, reason=problem)
    async with database.transaction() as tx:
        now = await store.redaction(tx, row.id)
        if now is not None and now.state == "making":
            await _tell(tx, await store.set_state(tx, row.id, "failed", problem))


async def _tell(tx: Tx, row: RedactionRow) -> None:
    version = await store.version(tx, row.stream_id)
    tx.publish(room_of(row.stream_id), RedactionChanged(await view_of(tx, row), version))


async def _run(database: Database, payload: OfRedaction) -> None:
    await make_redaction(database, jobs.part(Archive), payload.redaction_id)


REDACT = Job(name="archive.redact", payload=OfRedaction, run=_run)
