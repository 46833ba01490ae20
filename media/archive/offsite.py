"""Copies of ended recordings in an S3 store: put there by a job, read from there where the disk has them no more.

Local files are kept until every byte of a recording has arrived; a store that is away only delays.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog

from app import jobs
from app.database import Database, Tx
from app.feature import Job
from media.archive import store
from media.archive.cloud import Objects, StoreFailed, bucket_of
from media.archive.downloads import TYPES
from media.archive.files import ASSETS
from media.archive.model import OfRecording
from media.archive.plan import Archive
from media.archive.store import StoredCopy
from media.record import store as record_store
from media.record.files import recording_folder

log = structlog.get_logger(__name__)

LEAST_BYTES: Final = 1024 * 1024
"""Smaller files stay on the disk: posters and storyboards are asked for all the time."""


async def store_recording(database: Database, archive: Archive, stream_id: str) -> None:
    """Copies what has no copy; removes copies of what is no more. Raises `StoreFailed`, and goes on where it was."""
    bucket = bucket_of(archive.settings)
    if bucket is None:
        return
    async with database.transaction(readonly=True) as tx:
        recording = await record_store.recording(tx, stream_id)
        copies = await store.stored_copies(tx, stream_id)
    folder = recording_folder(archive.folder, stream_id)
    objects = Objects(bucket)
    if recording is None:
        await _drop(database, objects, stream_id, list(copies))
        return
    if recording.ended_at is None:
        return
    for name, path in await asyncio.to_thread(lambda: list(_files(folder))):
        known = copies.get(name)
        if known is not None and known.sha256 == await asyncio.to_thread(_sha256, path):
            continue
        size, digest = await objects.put(f"{stream_id}/{name}", path, TYPES.get(path.suffix, "application/json"))
        async with database.transaction() as tx:
            await store.save_copy(tx, stream_id, StoredCopy(name, size, digest))
        log.info("copied to the store", stream=stream_id, name=name, bytes=size)
    async with database.transaction(readonly=True) as tx:
        assets = await store.assets(tx, stream_id)
    wanted = {f"{ASSETS}/{file.name}" for asset in assets for file in asset.files}
    gone = [name for name in copies if name.startswith(f"{ASSETS}/") and name not in wanted]
    await _drop(database, objects, stream_id, gone)


async def release_local(database: Database, archive: Archive) -> None:
    """Removes large local files that have had their copy for long enough (`local_days`)."""
    if not archive.settings.local_days or bucket_of(archive.settings) is None:
        return
    async with database.transaction(readonly=True) as tx:
        streams = await store.streams_to_release(tx, archive.settings.local_days)
    for stream_id in streams:
        async with database.transaction(readonly=True) as tx:
            copies = await store.stored_copies(tx, stream_id)
        freed = await asyncio.to_thread(_release, recording_folder(archive.folder, stream_id), copies)
        if freed:
            log.info("recording is in the store alone now", stream=stream_id, freed_mib=freed >> 20)


async def bring_back(database: Database, archive: Archive, stream_id: str) -> None:
    """Takes that are in the store alone come back to the disk, to make something of them. Raises `StoreFailed`."""
    bucket = bucket_of(archive.settings)
    if bucket is None:
        return
    folder = recording_folder(archive.folder, stream_id)
    async with database.transaction(readonly=True) as tx:
        takes = await record_store.takes(tx, stream_id)
        copies = await store.stored_copies(tx, stream_id)
    missing = [f"{take.number}.mp4" for take in takes if not (folder / f"{take.number}.mp4").exists()]
    objects = Objects(bucket)
    for name in missing:
        copy = copies.get(name)
        if copy is not None:
            await _fetch(objects, f"{stream_id}/{name}", copy, folder / name)


async def _fetch(objects: Objects, key: str, copy: StoredCopy, path: Path) -> None:
    draft = path.with_suffix(".coming")
    digest = hashlib.sha256()
    try:
        with draft.open("wb") as file:
            async with objects.read(key, 0, copy.bytes) as blocks:
                async for block in blocks:
                    digest.update(block)
                    await asyncio.to_thread(file.write, block)
        if digest.hexdigest() != copy.sha256:
            raise StoreFailed(f"{key} came back changed")
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


async def _drop(database: Database, objects: Objects, stream_id: str, names: list[str]) -> None:
    for name in names:
        await objects.delete(f"{stream_id}/{name}")
        async with database.transaction() as tx:
            await store.forget_copy(tx, stream_id, name)


async def _run(database: Database, payload: OfRecording) -> None:
    await store_recording(database, jobs.part(Archive), payload.stream_id)


COPY = Job(name="archive.copy", payload=OfRecording, run=_run, attempts=12)


async def queue_copy(tx: Tx, stream_id: str) -> bool:
    """Brings the store into step once the transaction is committed; False where that is under way already."""
    return await jobs.enqueue_once(tx, COPY, OfRecording(stream_id), stream_id) is not None


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Takes with what describes them, then products; drafts are left out."""
    for home in (folder, folder / ASSETS):
        for path in sorted(home.glob("*")):
            if path.is_file() and not path.name.startswith(".") and path.suffix in TYPES:
                yield path.relative_to(folder).as_posix(), path


def _release(folder: Path, copies: dict[str, StoredCopy]) -> int:
    """Only when every take has its copy. Returns the bytes freed."""
    files = list(_files(folder))
    if any(name not in copies for name, _ in files):
        return 0
    freed = 0
    for name, path in files:
        size = path.stat().st_size
        if size >= LEAST_BYTES and copies[name].bytes == size and _sha256(path) == copies[name].sha256:
            path.unlink()
            freed += size
    return freed


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
