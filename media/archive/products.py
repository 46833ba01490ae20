"""Makes what is missing of an ended recording, one product after another; runs in the worker process.

A product's files appear under their names at once and whole (made in a folder of their own, then renamed), its row says
for which state of the recording it was made. So a job that dies is run again from the product it died at, one that runs
twice does nothing the second time, and a trim makes what depends on it anew.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path

import structlog

from app import jobs
from app.database import Database, Tx
from app.feature import Job
from media.archive import store
from media.archive.child import WorkshopFailed, carry_out
from media.archive.cloud import bucket_of
from media.archive.files import asset_url, assets_folder
from media.archive.model import ROOM, AssetFile, AssetKind, AssetState, OfRecording, RecordingAssetChanged
from media.archive.offsite import bring_back, queue_copy
from media.archive.orders import Made
from media.archive.plan import Archive, Step, all_steps, state_of
from media.record import store as record_store
from media.record.library import read_index

log = structlog.get_logger(__name__)


class ProductsFailed(Exception):
    """Some products could not be made; the others are there. The job is tried again."""


async def make_products(database: Database, archive: Archive, stream_id: str) -> None:
    """All that is missing. Raises `ProductsFailed` when some could not be made."""
    done: set[str] = set()
    failed: dict[str, str] = {}
    await asyncio.to_thread(_sweep, archive.folder, stream_id)
    await bring_back(database, archive, stream_id)
    while (step := await _next_step(database, archive, stream_id, done)) is not None:
        done.add(f"{step.kind} {step.made_for}")
        try:
            await _make(database, archive, stream_id, step)
        except (WorkshopFailed, OSError) as problem:
            failed[step.kind] = str(problem)
            log.warning("a product of a recording failed", stream=stream_id, kind=step.kind, reason=str(problem))
            async with database.transaction() as tx:
                if not await store.lock_recording(tx, stream_id):
                    return  # removed in the meantime
                for kind in filter(None, (step.kind, step.also)):
                    await _set_state(tx, stream_id, kind, AssetState.FAILED, reason=str(problem))
    if failed:
        raise ProductsFailed("; ".join(f"{kind}: {reason}" for kind, reason in failed.items()))


async def _next_step(database: Database, archive: Archive, stream_id: str, done: set[str]) -> Step | None:
    """The first product that is not made for the recording as it is now. None: all is done, or it is gone."""
    async with database.transaction(readonly=True, isolation="repeatable_read") as tx:
        recording = await record_store.recording(tx, stream_id)
        if recording is None or recording.ended_at is None:
            return None
        whole = await read_index(tx, recording)
        if not whole.segments:
            return None  # nothing was recorded: there is no file to make anything of, and that is all right
        clips = await store.clips(tx, stream_id)
        loudness = await store.asset(tx, stream_id, AssetKind.LOUDNESS)
        made = await store.made_for(tx, stream_id)
    steps = await asyncio.to_thread(all_steps, archive, whole, clips, loudness)
    wanted = [step for step in steps if made.get(step.kind) != step.made_for]
    if not done:
        async with database.transaction() as tx:
            if not await store.lock_recording(tx, stream_id):
                return None
            for step in wanted:
                await _set_state(tx, stream_id, step.kind, AssetState.QUEUED)
    return next((step for step in wanted if f"{step.kind} {step.made_for}" not in done), None)


async def _make(database: Database, archive: Archive, stream_id: str, step: Step) -> None:
    assets = assets_folder(archive.folder, stream_id)
    assets.mkdir(exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=assets))
    try:
        async with database.transaction() as tx:
            if not await _is_wanted(tx, stream_id, step):
                return
            await _set_state(tx, stream_id, step.kind, AssetState.RUNNING)

        async def heard(share: float) -> None:
            await jobs.progress(database, jobs.running_job_id(), round(share * 100), 100, step.kind)
            async with database.transaction() as tx:
                asset = await store.set_asset_progress(tx, stream_id, step.kind, share)
                if asset is not None:
                    tx.publish(ROOM.format(stream_id=stream_id), RecordingAssetChanged(asset))

        if step.here is not None:
            made = await asyncio.to_thread(step.here, making)
        else:
            assert step.order is not None
            made = await carry_out(step.order(making), heard)
        log.info("product made", stream=stream_id, kind=step.kind, peak_rss_mib=made.peak_rss_mib)
        await _publish(database, stream_id, step, made, making, assets)
    finally:
        await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)


async def _publish(database: Database, stream_id: str, step: Step, made: Made, making: Path, assets: Path) -> None:
    """Gives the files their names, then tells; what the product no longer consists of is removed after that."""
    files = [
        AssetFile(
            name=file.name,
            url=asset_url(stream_id, file.name, file.sha256),
            type=file.type,
            bytes=file.bytes,
            sha256=file.sha256,
            begin_s=file.begin_s,
            end_s=file.end_s,
        )
        for file in made.files
    ]
    async with database.transaction() as tx:
        before = await store.asset(tx, stream_id, step.kind)
        if before is None or not await _is_wanted(tx, stream_id, step):
            return
        for file in files:
            (making / file.name).replace(assets / file.name)
        asset = await store.finish_asset(tx, stream_id, step.kind, step.made_for, files, made.details)
        tx.publish(ROOM.format(stream_id=stream_id), RecordingAssetChanged(asset))
        if step.also:
            await _set_state(tx, stream_id, step.also, AssetState.RUNNING)
            other = await store.finish_asset(tx, stream_id, step.also, step.made_for, (), made.details)
            tx.publish(ROOM.format(stream_id=stream_id), RecordingAssetChanged(other))
    kept = {file.name for file in files}
    for old in before.files:
        if old.name not in kept:
            (assets / old.name).unlink(missing_ok=True)


async def _is_wanted(tx: Tx, stream_id: str, step: Step) -> bool:
    """Whether the recording is as it was when the step was planned: not removed, trimmed or redacted, the clip there.

    Until the transaction ends it stays so. What was made of bytes that are out of sight now must not come to light.
    """
    if not await store.lock_recording(tx, stream_id):
        return False
    recording = await record_store.recording(tx, stream_id)
    if recording is None or state_of(recording) != step.state:
        return False
    return not step.clip or await store.clip(tx, step.clip) is not None


async def _set_state(
    tx: Tx, stream_id: str, kind: str, state: AssetState, progress: float = 0.0, reason: str = ""
) -> None:
    asset = await store.set_asset_state(tx, stream_id, kind, state, progress, reason)
    tx.publish(ROOM.format(stream_id=stream_id), RecordingAssetChanged(asset))


def _sweep(folder: Path, stream_id: str) -> None:
    """What an earlier run left when it was killed."""
    for left in assets_folder(folder, stream_id).glob(".making-*"):
        shutil.rmtree(left, ignore_errors=True)


async def _run(database: Database, payload: OfRecording) -> None:
    archive = jobs.part(Archive)
    await make_products(database, archive, payload.stream_id)
    if bucket_of(archive.settings) is not None:
        async with database.transaction() as tx:
            await queue_copy(tx, payload.stream_id)


PRODUCTS = Job(name="archive.products", payload=OfRecording, run=_run)


async def queue_products(tx: Tx, stream_id: str) -> bool:
    """Makes what is missing once the transaction is committed; False where that is under way already."""
    return await jobs.enqueue_once(tx, PRODUCTS, OfRecording(stream_id), stream_id) is not None


async def when_ended(tx: Tx, stream_id: str) -> None:
    """A recording has ended (`media.record.index.WhenEnded`)."""
    await queue_products(tx, stream_id)
