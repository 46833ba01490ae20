"""What other features do with uploads: package one, follow it, cancel it, remove it, give it captions.

A feature that has a file in the store calls `package_upload` in the transaction that refers to it, keeps the id, and
plays `/recordings/{stream_id}/index.m3u8` once the state is `ready`.
"""

import secrets
from uuid import UUID

from app.actor import Actor
from app.database import Tx
from app.errors import Conflict, Invalid, NotFound
from app.files import drop_file, stored_file
from app.i18n import Locale
from app.jobs import enqueue_once
from media.uploads import store
from media.uploads.captions import language_tag, read_captions, write_vtt
from media.uploads.jobs import PACKAGE, REMOVE_FOLDER, Package, RemoveFolder
from media.uploads.model import Upload, UploadRemoved, UploadState, UploadView, view_of
from media.uploads.news import publish
from media.uploads.rules import SENTENCES, Failure, can_see_upload

MOST_CAPTIONS = 40


async def package_upload(tx: Tx, actor: Actor, file_id: UUID, *, name: str = "") -> Upload:
    """Queues a stored file to be packaged. The file belongs to the upload from now on: removing one removes both."""
    file = await stored_file(tx, file_id)
    upload = await store.add_upload(
        tx,
        file_id=file_id,
        stream_id=secrets.token_urlsafe(16),
        name=name or file.name,
        language=actor.language,
        created_by=actor.account_id,
    )
    await enqueue_once(tx, PACKAGE, Package(upload.id), str(upload.id))
    await tx.audit(actor, "upload.package", f"upload/{upload.id}", name=upload.name, bytes=file.bytes)
    return upload


async def access_upload(tx: Tx, actor: Actor, upload_id: int, *, lock: bool = False) -> Upload:
    """An upload this actor may see and change. Raises NotFound."""
    upload = await store.upload(tx, upload_id, lock=lock)
    if upload is None or not can_see_upload(actor, upload.created_by):
        raise NotFound
    return upload


async def cancel_upload(tx: Tx, actor: Actor, upload: Upload) -> Upload:
    """Stops a conversion within a second or two. One that is over stays as it is: Conflict."""
    changed = await store.change_upload(tx, upload.id, state=UploadState.CANCELLED, percent=0)
    if changed is None:
        raise Conflict("This upload is finished already")
    await tx.audit(actor, "upload.cancel", f"upload/{upload.id}")
    await publish(tx, changed)
    return changed


async def remove_upload(tx: Tx, actor: Actor, upload: Upload) -> None:
    """Deletes the upload, its recording and the file it was made of."""
    await store.delete_upload(tx, upload.id)
    await store.delete_recordings(tx, [upload.stream_id])
    await tx.enqueue(REMOVE_FOLDER, RemoveFolder(upload.stream_id))
    await drop_file(tx, upload.file_id)
    await tx.audit(actor, "upload.remove", f"upload/{upload.id}", name=upload.name)
    tx.publish(upload.room, UploadRemoved(upload.id))


async def attach_captions(tx: Tx, actor: Actor, upload: Upload, data: bytes, language: str, label: str = "") -> Upload:
    """Adds a WebVTT or SRT file. Raises Invalid that names the line of the first mistake."""
    if upload.state in {UploadState.FAILED, UploadState.CANCELLED}:
        raise Conflict("There is no recording to give captions to")
    tag = language_tag(language)
    vtt = write_vtt(read_captions(data))
    if len(await store.captions_of(tx, upload.id)) >= MOST_CAPTIONS:
        raise Invalid("There are enough captions already")
    number = await store.add_captions(tx, upload.id, language=tag, label=label.strip()[:100], embedded=False, vtt=vtt)
    await tx.audit(actor, "upload.attach_captions", f"upload/{upload.id}", number=number, language=tag)
    return await _changed(tx, upload.id)


async def remove_captions(tx: Tx, actor: Actor, upload: Upload, number: int) -> Upload:
    if not await store.delete_captions(tx, upload.id, number):
        raise NotFound
    await tx.audit(actor, "upload.remove_captions", f"upload/{upload.id}", number=number)
    return await _changed(tx, upload.id)


async def upload_view(tx: Tx, upload: Upload, locale: Locale) -> UploadView:
    """For a reader of this language."""
    return view_of(upload, await store.captions_of(tx, upload.id), reason(upload, locale))


def reason(upload: Upload, locale: Locale) -> str:
    """Why it failed, as a sentence; empty where it did not."""
    return locale.gettext(SENTENCES[Failure(upload.failure)]) if upload.failure else ""


async def _changed(tx: Tx, upload_id: int) -> Upload:
    upload = await store.raise_rev(tx, upload_id)
    await publish(tx, upload)
    return upload
