"""What the room of an upload hears."""

from app.database import Tx
from media.uploads import store
from media.uploads.model import Upload, UploadChanged, view_of


async def publish(tx: Tx, upload: Upload, reason: str = "") -> None:
    """`reason`: why it failed, in its uploader's language."""
    tx.publish(upload.room, UploadChanged(view_of(upload, await store.captions_of(tx, upload.id), reason)))
