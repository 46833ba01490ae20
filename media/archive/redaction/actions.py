"""Spans that the published copy of a recording does not show: ordered, looked at, published, withdrawn again.

The original stays as it was recorded, signed and out of the public's reach. Publishing and withdrawing make another
version of the copy, and leave a line in the public log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app import jobs
from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from media.archive import store as archive_store
from media.archive.actions import access_ended, recording_view
from media.archive.files import assets_folder
from media.archive.model import ROOM, AssetKind, RecordingChanged
from media.archive.products import queue_products
from media.archive.redaction import store
from media.archive.redaction.making import REDACT
from media.archive.redaction.model import (
    LogEntry,
    NewRedaction,
    OfRedaction,
    Redaction,
    RedactionChanged,
    RedactionDropped,
    RedactionLine,
    RedactionList,
    RedactionRow,
)
from media.archive.redaction.view import room_of, view_of
from media.packet import CLOCK_HZ
from media.record.files import PATCHES, recording_folder
from media.record.library import Library

RedactionTold = Callable[[Tx, str], Awaitable[None]]
"""(transaction, stream id): another version of the published copy is there when this transaction is."""


async def redaction_list(tx: Tx, stream_id: str) -> RedactionList:
    rows = await store.redactions(tx, stream_id)
    return RedactionList([await view_of(tx, row) for row in rows], await store.version(tx, stream_id))


async def redaction_log(tx: Tx, stream_id: str) -> list[RedactionLine]:
    """Newest first; for everybody."""
    return await store.lines(tx, stream_id)


async def access_redaction(tx: Tx, stream_id: str, redaction_id: int) -> RedactionRow:
    """One of this recording, which nobody else changes until the transaction ends. Raises NotFound, Conflict."""
    await access_ended(tx, stream_id)
    row = await store.redaction(tx, redaction_id)
    if row is None or row.stream_id != stream_id:
        raise NotFound
    return row


async def order_redaction(database: Database, actor: Actor, stream_id: str, new: NewRedaction) -> Redaction:
    """Its files are made in the background. Nothing changes for the public until it is published."""
    async with database.transaction() as tx:
        index = await access_ended(tx, stream_id)
        checked = checked_redaction(new, index.segments[-1].end_90k / CLOCK_HZ)
        row = await store.add_redaction(tx, stream_id, checked)
        await jobs.enqueue(tx, REDACT, OfRedaction(row.id))
        await tx.audit(actor, "recording.redact", f"recording/{stream_id}", **_details(row))
        return await _tell(tx, row)


def checked_redaction(new: NewRedaction, length_s: float) -> NewRedaction:
    """Raises Invalid that names each field that is wrong."""
    fields: dict[str, str] = {}
    if new.begin_s >= length_s:
        fields["begin_s"] = _("The recording is not that long")
    elif new.end_s <= new.begin_s:
        fields["end_s"] = _("The end comes before the beginning")
    if not new.mute and not new.picture:
        fields["picture"] = _("Choose what is taken out: the sound, the picture, or both")
    area = new.area
    if area.left + area.width > 1.0001 or area.top + area.height > 1.0001:
        fields["area"] = _("The rectangle lies outside the picture")
    legal_basis, reason = new.legal_basis.strip(), new.reason.strip()
    if not legal_basis:
        fields["legal_basis"] = _("Name the provision: it stands in the public log")
    if len(reason) < 3:
        fields["reason"] = _("Say why: it stands in the public log")
    if fields:
        raise Invalid(fields=fields)
    end_s = min(new.end_s, length_s)
    return msgspec.structs.replace(new, end_s=end_s, legal_basis=legal_basis, reason=reason)


async def told_nobody(_tx: Tx, _stream_id: str) -> None:
    """Nothing else hangs on the published copy."""


async def publish_redaction(
    database: Database,
    library: Library,
    actor: Actor,
    stream_id: str,
    redaction_id: int,
    told: RedactionTold = told_nobody,
) -> Redaction:
    """From now on the public gets the redacted copy alone; what was made of the recording is made anew.

    If another one was published over the same span meanwhile, it is made once more first, and comes back as `making`.
    `told` does the same for what was written down of the recording.
    """
    async with database.transaction() as tx:
        row = await access_redaction(tx, stream_id, redaction_id)
        if row.state != "ready":
            raise Conflict("This redaction is not ready to be published")
        covered = await store.covered_msns(tx, row.id)
        if covered is None:
            raise Conflict("This redaction is not ready to be published")
        over = await store.overlapping(tx, stream_id, *covered, row.id)
        if [one.id for one in over] != row.baked:
            row = await store.set_state(tx, row.id, "making")
            await jobs.enqueue(tx, REDACT, OfRedaction(row.id))
            await tx.audit(actor, "recording.redact_again", f"recording/{stream_id}", redaction=row.id)
            return await _tell(tx, row)
        row = await store.set_state(tx, row.id, "published")
        view, withdrawn = await _new_version(tx, actor, row, "published")
        await told(tx, stream_id)
    await _make_true(library, stream_id, withdrawn)
    return view


async def withdraw_redaction(
    database: Database,
    library: Library,
    actor: Actor,
    stream_id: str,
    redaction_id: int,
    told: RedactionTold = told_nobody,
) -> Redaction:
    """Another version, without it. One that others were made over stays until they are withdrawn."""
    async with database.transaction() as tx:
        row = await access_redaction(tx, stream_id, redaction_id)
        if row.state != "published":
            raise Conflict("This redaction is not published")
        if await store.published_over(tx, stream_id, row.id):
            raise Conflict("A later redaction covers the same span: withdraw that one first")
        row = await store.set_state(tx, row.id, "withdrawn")
        view, withdrawn = await _new_version(tx, actor, row, "withdrawn")
        await told(tx, stream_id)
    await _make_true(library, stream_id, withdrawn)
    return view


async def drop_redaction(database: Database, folder: Path, actor: Actor, stream_id: str, redaction_id: int) -> None:
    """Throws away one that was never published."""
    async with database.transaction() as tx:
        row = await access_redaction(tx, stream_id, redaction_id)
        if row.state in {"published", "withdrawn"}:
            raise Conflict("What was published stays in the log")
        numbers = await store.patch_numbers(tx, row.id)
        await store.drop_redaction(tx, row.id)
        tx.publish(room_of(stream_id), RedactionDropped(row.id, await store.version(tx, stream_id)))
        await tx.audit(actor, "recording.drop_redaction", f"recording/{stream_id}", **_details(row))
    names = [f"{number}.mp4" for number in numbers]
    await asyncio.to_thread(_unlink, recording_folder(folder, stream_id) / PATCHES, names)


async def _new_version(tx: Tx, actor: Actor, row: RedactionRow, what: LogEntry) -> tuple[Redaction, list[str]]:
    """The log's line, the products withdrawn (their files' names are returned), the news."""
    stream_id = row.stream_id
    version = await store.raise_version(tx, stream_id)
    await store.add_line(
        tx,
        RedactionLine(
            stream_id=stream_id,
            redaction_id=row.id,
            what=what,
            version=version,
            begin_s=round(row.begin_90k / CLOCK_HZ, 3),
            end_s=round(row.end_90k / CLOCK_HZ, 3),
            mute=row.mute,
            picture=row.picture,
            whole_picture=row.area.is_whole,
            legal_basis=row.legal_basis,
            reason=row.reason,
            decided_as=min(actor.roles, default=""),
            decided_at=datetime.now(UTC),
        ),
    )
    withdrawn = await archive_store.withdraw_assets(tx, stream_id, [AssetKind.MANIFEST])
    await queue_products(tx, stream_id)
    await tx.audit(actor, f"recording.redaction_{what}", f"recording/{stream_id}", version=version, **_details(row))
    tx.publish(ROOM.format(stream_id=stream_id), RecordingChanged(await recording_view(tx, stream_id)))
    return await _tell(tx, row), withdrawn


async def _make_true(library: Library, stream_id: str, withdrawn: Iterable[str]) -> None:
    library.forget(stream_id)
    await asyncio.to_thread(_unlink, assets_folder(library.folder, stream_id), withdrawn)


async def _tell(tx: Tx, row: RedactionRow) -> Redaction:
    view = await view_of(tx, row)
    tx.publish(room_of(row.stream_id), RedactionChanged(view, await store.version(tx, row.stream_id)))
    return view


def _details(row: RedactionRow) -> dict[str, object]:
    return {
        "redaction": row.id,
        "begin_s": round(row.begin_90k / CLOCK_HZ, 3),
        "end_s": round(row.end_90k / CLOCK_HZ, 3),
        "mute": row.mute,
        "picture": row.picture,
        "legal_basis": row.legal_basis,
        "reason": row.reason,
    }


def _unlink(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
