"""Recordings are removed for good, by a rule or by a person, and never without a public line that says so.

In one transaction the line is written, the rows go and the folder gets a name under which nobody finds it; its files
follow. Whatever moment a process dies at, `finish_removals` brings it to one of the two ends.
"""

import asyncio
import contextlib
import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import AppError
from media.archive import store
from media.archive.actions import access_ended, recording_view
from media.archive.files import assets_folder
from media.archive.model import ROOM, KeepRule, RecordingChanged, RecordingView, Removal
from media.archive.offsite import queue_copy
from media.archive.plan import MANIFEST_NAME
from media.archive.settings import ArchiveSettings
from media.record.files import STREAM_ID, recording_folder
from media.record.timeline import duration_s

log = structlog.get_logger(__name__)

HIDDEN: Final = ".removed-"
"""Before a removed recording's folder name: no stream is called so, so neither readers nor recovery see it."""


class Decision(msgspec.Struct, frozen=True):
    """`by`: `person` or `rule`. `known_as` is what the public reads: the role that decided, or the rule."""

    by: str
    known_as: str
    reason: str
    title: str = ""


async def remove_recording(
    database: Database, folder: Path, actor: Actor, stream_id: str, decision: Decision
) -> Removal:
    """Raises NotFound, and Conflict while the recording goes on."""
    size, manifest_sha256 = await asyncio.to_thread(_describe, folder, stream_id)
    hidden = folder / f"{HIDDEN}{stream_id}"
    async with database.transaction() as tx:
        index = await access_ended(tx, stream_id)
        removal = Removal(
            stream_id=stream_id,
            title=decision.title,
            began_at=index.recording.began_at,
            ended_at=index.recording.ended_at,
            duration_s=round(duration_s(index), 1),
            bytes=size,
            decided_by=decision.by,
            decided_as=decision.known_as,
            reason=decision.reason,
            manifest_sha256=manifest_sha256,
            decided_at=datetime.now(UTC),
            removed_at=None,
        )
        await store.add_removal(tx, removal)
        await store.delete_recording(tx, stream_id)
        if await store.stored_copies(tx, stream_id):
            await queue_copy(tx, stream_id)
        await tx.audit(actor, "recording.remove", f"recording/{stream_id}", reason=decision.reason, by=decision.by)
        tx.publish(ROOM.format(stream_id=stream_id), RecordingChanged(RecordingView(stream_id)))
        # Last of all: what can still fail after it is the COMMIT, and then `finish_removals` gives the name back.
        await asyncio.to_thread(_rename, recording_folder(folder, stream_id), hidden)
    await finish_removals(database, folder)
    async with database.transaction(readonly=True) as tx:
        return await store.removal(tx, stream_id) or removal


async def finish_removals(database: Database, folder: Path) -> None:
    """Deletes what was decided to be removed; gives back what was hidden and not decided."""
    for hidden in await asyncio.to_thread(lambda: sorted(folder.glob(f"{HIDDEN}*"))):
        stream_id = hidden.name.removeprefix(HIDDEN)
        if not STREAM_ID.fullmatch(stream_id):
            continue
        async with database.transaction() as tx:
            # The lock waits for a removal that is being decided this moment.
            exists = await store.lock_recording(tx, stream_id)
            decided = await store.removal(tx, stream_id) is not None
        if decided and not exists:
            await asyncio.to_thread(shutil.rmtree, hidden, ignore_errors=True)
            log.info("recording removed", stream=stream_id)
        elif exists:
            log.warning("a removal was not carried out; the recording is back", stream=stream_id)
            await asyncio.to_thread(_rename, hidden, recording_folder(folder, stream_id))
    async with database.transaction() as tx:
        for stream_id in await store.unfinished_removals(tx):
            if not (folder / f"{HIDDEN}{stream_id}").exists():
                await store.finish_removal(tx, stream_id)


async def set_keep_rule(database: Database, actor: Actor, stream_id: str, rule: KeepRule) -> RecordingView:
    """Another rule for one recording; an announced removal is taken back until the rule is applied again."""
    async with database.transaction() as tx:
        await access_ended(tx, stream_id)
        await store.set_keep_days(tx, stream_id, rule.keep_days)
        await tx.audit(actor, "recording.keep", f"recording/{stream_id}", keep_days=rule.keep_days)
        view = await recording_view(tx, stream_id)
        tx.publish(ROOM.format(stream_id=stream_id), RecordingChanged(view))
    return view


async def apply_rules(database: Database, folder: Path, settings: ArchiveSettings) -> None:
    """Once a day: announces what is due within the notice, removes what was announced and is due."""
    async with database.transaction() as tx:
        for stream_id in await store.announce_removals(tx, settings.keep_days, settings.notice_days):
            await _tell(tx, stream_id, "recording.announce_removal")
        for stream_id in await store.withdraw_announcements(tx, settings.keep_days):
            await _tell(tx, stream_id, "recording.withdraw_removal")
    async with database.transaction(readonly=True) as tx:
        due = await store.due_removals(tx)
    for stream_id in due:
        decision = Decision("rule", "retention rule", "the time for which recordings are kept is over")
        try:
            await remove_recording(database, folder, SYSTEM, stream_id, decision)
        except AppError as problem:
            log.warning("a recording that is due could not be removed", stream=stream_id, reason=str(problem))
    await finish_removals(database, folder)


async def _tell(tx: Tx, stream_id: str, action: str) -> None:
    view = await recording_view(tx, stream_id)
    await tx.audit(SYSTEM, action, f"recording/{stream_id}", removal_at=view.removal_at)
    tx.publish(ROOM.format(stream_id=stream_id), RecordingChanged(view))


def _describe(folder: Path, stream_id: str) -> tuple[int, str]:
    """Bytes of all files, and the SHA-256 of the manifest (empty where there is none)."""
    try:
        home = recording_folder(folder, stream_id)
    except ValueError:
        return 0, ""
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    try:
        manifest = (assets_folder(folder, stream_id) / MANIFEST_NAME).read_bytes()
    except OSError:
        return size, ""
    return size, hashlib.sha256(manifest).hexdigest()


def _rename(path: Path, other: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.rename(other)
