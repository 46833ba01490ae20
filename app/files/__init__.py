"""Uploaded files: taken in by streaming, known by their content, handed out with ranges.

`upload = await files.receive(part, limit_bytes=…, accept=DOCUMENTS | IMAGES)` outside any transaction, then
`await files.keep(tx, upload, actor.account_id)` in the one that writes what refers to the file.
"""

from app.files.clamd import Scanner
from app.files.jobs import JOBS, drop_file, sweep
from app.files.names import clean_name, content_disposition
from app.files.serve import INLINE, serve
from app.files.sniff import AUDIO, DOCUMENTS, IMAGES, MESSAGE, OFFICE, SEALS, SVG, TEXTS, VIDEO, ZIP
from app.files.storage import FolderStorage, Storage
from app.files.store import StoredFile, stored_file
from app.files.upload import BROKEN_FORM, FILES, FileStore, Infected, Unscanned, Upload, form_parts

__all__ = [
    "AUDIO",
    "BROKEN_FORM",
    "DOCUMENTS",
    "FILES",
    "IMAGES",
    "INLINE",
    "JOBS",
    "MESSAGE",
    "OFFICE",
    "SEALS",
    "SVG",
    "TEXTS",
    "VIDEO",
    "ZIP",
    "FileStore",
    "FolderStorage",
    "Infected",
    "Scanner",
    "Storage",
    "StoredFile",
    "Unscanned",
    "Upload",
    "clean_name",
    "content_disposition",
    "drop_file",
    "form_parts",
    "serve",
    "stored_file",
    "sweep",
]
