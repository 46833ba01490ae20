"""Packaging in the worker: look, decide, convert, put the recording in its place. Each step may run again."""

import asyncio
import errno
import shutil
import time
from pathlib import Path
from typing import Final

import msgspec
import structlog

from app.database import Database, Tx
from app.errors import NotFound
from app.feature import Job
from app.files import FileStore, stored_file
from app.i18n import _
from app.jobs import enqueue_once, part, progress, running_job_id
from media.packet import CLOCK_HZ
from media.uploads import store
from media.uploads.child import Converted, ConvertOrder, EmbeddedCaptions, Failed, Looked, LookOrder, Reached
from media.uploads.facts import Plan, Probe
from media.uploads.model import Upload, UploadState
from media.uploads.news import publish
from media.uploads.rules import SENTENCES, Failure, decide, processor_seconds
from media.uploads.take import Packaged
from media.uploads.workshop import LOOK_CPU_S, LOOK_WALL_S, WALL_FACTOR, Cancelled, Workshop, run_child

log = structlog.get_logger(__name__)

LOOKING: Final = _("Looking at the file")
CONVERTING: Final = _("Converting the file")
ABANDONED_AFTER_S: Final = 4 * 3600.0
"""Nothing was heard of a conversion for so long, which tells of itself every second."""


class Package(msgspec.Struct, frozen=True):
    """The upload to package."""

    upload_id: int


class RemoveFolder(msgspec.Struct, frozen=True):
    """The recording whose rows are gone."""

    stream_id: str


class Nothing(msgspec.Struct, frozen=True):
    """Nothing to say: the time decides."""


async def run_package(database: Database, payload: Package) -> None:
    """One at a time where the settings say so: an upload that finds no free hand is called when one is free again."""
    workshop = part(Workshop)
    if workshop.hands.locked():
        return
    async with workshop.hands:
        async with database.transaction(readonly=True) as tx:
            upload = await store.upload(tx, payload.upload_id)
        if upload is not None and not upload.state.final:
            await _Packaging(database, workshop, upload).run()
    await call_next(database, Nothing())


async def call_next(database: Database, _payload: Nothing) -> None:
    """Queues the oldest upload that waits, and gives up those whose every attempt ended with their worker's death."""
    async with database.transaction() as tx:
        for upload in await store.abandoned(tx, ABANDONED_AFTER_S):
            await store.change_upload(tx, upload, state=UploadState.FAILED, percent=0, failure=Failure.OURS.value)
        upload_id = await store.first_waiting(tx)
        if upload_id is not None:
            await enqueue_once(tx, PACKAGE, Package(upload_id), str(upload_id))


async def remove_folder(_database: Database, payload: RemoveFolder) -> None:
    await asyncio.to_thread(part(Workshop).remove, payload.stream_id)


class _Packaging:
    """One upload on its way through."""

    def __init__(self, database: Database, workshop: Workshop, upload: Upload) -> None:
        self._database = database
        self._workshop = workshop
        self._upload = upload
        self._total_90k = 0
        self._known = store.Known()

    async def run(self) -> None:
        try:
            failure = await self._package()
        except (NotFound, Cancelled):
            return  # cancelled or removed meanwhile: there is nobody to tell
        except OSError as problem:
            log.exception("an upload cannot be packaged", upload=self._upload.id)
            failure = Failure.NO_ROOM if problem.errno in {errno.ENOSPC, errno.EDQUOT} else Failure.OURS
        if failure is not None:
            await self._fail(failure)

    async def _package(self) -> Failure | None:
        """Raises Cancelled where somebody stopped it, NotFound where somebody removed it."""
        workshop, files = self._workshop, part(FileStore)
        async with self._database.transaction(readonly=True) as tx:
            file = await stored_file(tx, self._upload.file_id)
        folder = await asyncio.to_thread(workshop.staging, str(self._upload.id))
        try:
            async with workshop.local_file(files, file.id, file.bytes) as source:
                await self._note(UploadState.LOOKING, 0)
                limits = workshop.child_limits(LOOK_CPU_S, source)
                looked = await run_child(LookOrder(str(source), limits), LOOK_WALL_S, self._go_on)
                if not isinstance(looked, Looked):
                    return looked.failure if isinstance(looked, Failed) else Failure.OURS
                plan = decide(looked.probe, workshop.limits)
                if isinstance(plan, Failure):
                    return plan
                converted = await self._convert(source, looked.probe, plan, folder)
                if isinstance(converted, Failed):
                    return converted.failure
            await self._finish(folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return None

    async def _convert(self, source: Path, probe: Probe, plan: Plan, folder: Path) -> Looked | Converted | Failed:
        workshop, settings = self._workshop, self._workshop.settings
        self._total_90k = probe.duration_90k
        video = plan.video
        self._known = store.Known(
            duration_90k=probe.duration_90k,
            width=video.width if video is not None else 0,
            height=video.height if video is not None else 0,
            has_sound=plan.audio is not None,
            encoded=plan.encodes,
        )
        await self._note(UploadState.CONVERTING, 0)
        cpu_s = processor_seconds(probe, plan)
        order = ConvertOrder(
            source=str(source),
            limits=workshop.child_limits(cpu_s, source),
            probe=probe,
            plan=plan,
            folder=str(folder),
            stream_id=self._upload.stream_id,
            began_at_s=time.time() - probe.duration_s,  # so that it does not end in the future
            threads=settings.threads,
        )
        return await run_child(order, max(LOOK_WALL_S, cpu_s * WALL_FACTOR), self._hear)

    async def _finish(self, folder: Path) -> None:
        """Rows and files together: the rename is the last step before COMMIT, and an attempt that fails is repeated."""
        packaged = msgspec.json.decode(await asyncio.to_thread((folder / "index.json").read_bytes), type=Packaged)
        captions = msgspec.json.decode(
            await asyncio.to_thread((folder / "captions.json").read_bytes), type=list[EmbeddedCaptions]
        )
        for name in ("index.json", "captions.json"):
            (folder / name).unlink()
        self._known = msgspec.structs.replace(self._known, duration_90k=packaged.duration_90k)
        async with self._database.transaction() as tx:
            await store.delete_embedded_captions(tx, self._upload.id)
            upload = await self._change(tx, UploadState.READY, percent=100)
            for one in captions:
                await store.add_captions(
                    tx, upload.id, language=one.language or "und", label="", embedded=True, vtt=one.vtt
                )
            await store.add_recording(tx, upload.stream_id, packaged)
            if self._workshop.when_ready is not None:
                await self._workshop.when_ready(tx, upload.stream_id)
            await publish(tx, upload)
            await asyncio.to_thread(self._workshop.move_in, folder, upload.stream_id)
        log.info("an upload is packaged", upload=upload.id, seconds=round(upload.duration_90k / CLOCK_HZ))

    async def _fail(self, failure: Failure) -> None:
        async with self._database.transaction() as tx:
            changed = await store.change_upload(
                tx, self._upload.id, state=UploadState.FAILED, percent=0, failure=failure.value
            )
            if changed is not None:
                locale = self._workshop.locales.get(changed.language)
                await publish(tx, changed, locale.gettext(SENTENCES[failure]))

    async def _note(self, state: UploadState, percent: int) -> None:
        note = LOOKING if state is UploadState.LOOKING else CONVERTING
        async with self._database.transaction() as tx:
            await publish(tx, await self._change(tx, state, percent=percent))
            await progress(tx, running_job_id(), percent, 100, note)

    async def _change(self, tx: Tx, state: UploadState, percent: int) -> Upload:
        known = self._known
        changed = await store.change_upload(tx, self._upload.id, state=state, percent=percent, known=known)
        if changed is None:
            raise Cancelled
        return changed

    async def _go_on(self, _reached: Reached) -> bool:
        return True

    async def _hear(self, reached: Reached) -> bool:
        """Told about once a second: shows it, and finds out whether anybody still wants it."""
        percent = min(99, reached.done_90k * 100 // max(1, self._total_90k))
        try:
            await self._note(UploadState.CONVERTING, percent)
        except Cancelled:
            return False
        return True


PACKAGE = Job(name="uploads.package", payload=Package, run=run_package, attempts=3)
NEXT = Job(name="uploads.next", payload=Nothing, run=call_next, cron="*/5 * * * *")
REMOVE_FOLDER = Job(name="uploads.remove_folder", payload=RemoveFolder, run=remove_folder, attempts=10)
JOBS = (PACKAGE, NEXT, REMOVE_FOLDER)
