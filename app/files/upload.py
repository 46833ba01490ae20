"""Takes files in: block by block to the disk, then a look at the whole, then into the storage."""

import errno
import hashlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from app.database import Tx
from app.errors import Invalid, TooLarge, Unavailable
from app.files import store
from app.files.clamd import Scanner, ScannerAway
from app.files.inspect import inspected_type
from app.files.names import clean_name
from app.files.storage import FolderStorage, Storage, in_thread
from app.files.store import StoredFile
from app.i18n import _

WRITE_BYTES: Final = 512 * 1024
"""Gathered before a thread is asked to write."""
BROKEN_FORM: Final = (ValueError, AssertionError, HttpProcessingError)
"""What aiohttp's reader raises on a form that is no form, has lines without end, or ends in the middle of a part."""


class Upload(msgspec.Struct, frozen=True):
    """A file in the storage that nobody keeps yet: `FileStore.keep` does, else it is swept after a day."""

    id: UUID
    name: str
    type: str
    bytes: int
    sha256: str


class Infected(Invalid):
    """clamd found malware in it."""

    def __init__(self, field: str, malware: str) -> None:
        super().__init__(fields={field: _("This file carries malware and was not kept")})
        self.malware = malware


class Unscanned(Unavailable):
    """clamd gives no verdict, so nothing is kept. `reason`: for the log."""

    title = "Files cannot be checked for malware at the moment: try again in a few minutes"

    def __init__(self, reason: str) -> None:
        super().__init__(retry_after_s=120)
        self.reason = reason


class FileStore:
    """The files of this installation. `incoming` is where uploads grow; on the storage's disk, if that is a folder."""

    def __init__(self, storage: Storage, incoming: Path, scanner: Scanner | None = None) -> None:
        self.storage: Final = storage
        self.incoming: Final = incoming
        self.scanner: Final = scanner

    @classmethod
    def in_folder(cls, data: Path, scanner: Scanner | None = None) -> "FileStore":
        """Under `files` in the data folder."""
        return cls(FolderStorage(data / "files"), data / "files" / "incoming", scanner)

    async def receive(
        self,
        source: BodyPartReader | AsyncIterable[bytes],
        *,
        limit_bytes: int,
        accept: frozenset[str],
        name: str = "",
        claimed_type: str = "",
        field: str = "file",
    ) -> Upload:
        """Takes a part of a form (with its name and type), or any stream of blocks.

        Raises TooLarge as soon as the limit is passed, Invalid for `field` when the content is not of the accepted
        types, not what it claims or infected, Unscanned when clamd gives no verdict, Unavailable when the disk is full.
        Whatever ends it, nothing is left behind.
        """
        if isinstance(source, BodyPartReader):
            name = name or source.filename or ""
            claimed_type = claimed_type or source.headers.get("Content-Type", "")
        name = clean_name(name)
        temporary: _Growing | None = None
        try:
            temporary = await in_thread(_Growing.create, self.incoming)
            async for block in _gathered(source):
                if temporary.size + len(block) > limit_bytes:
                    raise TooLarge("Files here may have at most %(megabytes)s MB", megabytes=limit_bytes // 1_000_000)
                await in_thread(temporary.write, block)
            temporary.file.close()
            kind = await in_thread(
                inspected_type, temporary.path, name=name, claimed=claimed_type, accept=accept, field=field
            )
            await self._scan(temporary.path, field)
            upload = Upload(uuid4(), name, kind, temporary.size, temporary.digest.hexdigest())
            await self.storage.put(upload.id, temporary.path)
            return upload
        except OSError as problem:
            if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise Unavailable("There is no room left for files", retry_after_s=600) from problem
            raise
        finally:
            if temporary is not None:
                temporary.remove()

    async def deposit(self, content: bytes, *, name: str, kind: str) -> Upload:
        """Bytes as they are, which nobody has looked at: for what is only ever handed out as a download (raw letters).

        Raises Unavailable when the disk is full.
        """
        temporary: _Growing | None = None
        try:
            temporary = await in_thread(_Growing.create, self.incoming)
            await in_thread(temporary.write, content)
            temporary.file.close()
            upload = Upload(uuid4(), clean_name(name), kind, temporary.size, temporary.digest.hexdigest())
            await self.storage.put(upload.id, temporary.path)
            return upload
        except OSError as problem:
            if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise Unavailable("There is no room left for files", retry_after_s=600) from problem
            raise
        finally:
            if temporary is not None:
                temporary.remove()

    async def _scan(self, path: Path, field: str) -> None:
        if self.scanner is None:
            return
        try:
            verdict = await self.scanner.scan(path)
        except ScannerAway as away:
            raise Unscanned(str(away)) from None
        if verdict.malware:
            raise Infected(field, verdict.malware)

    async def keep(self, tx: Tx, upload: Upload, created_by: int | None) -> StoredFile:
        """Makes the upload a file, in the transaction of what refers to it."""
        return await store.saved_file(
            tx,
            upload.id,
            name=upload.name,
            kind=upload.type,
            size_bytes=upload.bytes,
            sha256=upload.sha256,
            created_by=created_by,
        )

    async def discard(self, upload: Upload) -> None:
        """Removes an upload that nobody will keep, without waiting for the sweep."""
        await self.storage.delete(upload.id)

    def clear_incoming(self, age_s: float) -> int:
        """Removes what a killed process left half uploaded. Blocking."""
        old = [path for path in self.incoming.glob("*.part") if path.stat().st_mtime < time.time() - age_s]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def free_bytes(self) -> int:
        """Room on the disk of the uploads. Blocking, though briefly."""
        self.incoming.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.incoming).free


FILES: web.AppKey[FileStore] = web.AppKey("files", FileStore)


class _Growing:
    """A temporary file with its size and digest."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.file = open(descriptor, "wb", buffering=0)  # noqa: SIM115 - a descriptor; closed by `remove`
        self.size = 0
        self.digest = hashlib.sha256()

    @classmethod
    def create(cls, folder: Path) -> "_Growing":
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(suffix=".part", dir=folder)
        return cls(Path(path), descriptor)

    def write(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            view = view[self.file.write(view) :]
        self.digest.update(block)
        self.size += len(block)

    def remove(self) -> None:
        """Quick, and so done on the loop: it must also happen when the task is cancelled."""
        self.file.close()
        self.path.unlink(missing_ok=True)


async def _gathered(source: BodyPartReader | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    blocks = _part_blocks(source) if isinstance(source, BodyPartReader) else source
    gathered = bytearray()
    async for block in blocks:
        gathered += block
        if len(gathered) >= WRITE_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


async def form_parts(request: web.Request) -> AsyncIterator[Any]:
    """The parts of a form, as aiohttp's reader has them; raises what `BROKEN_FORM` names."""
    reader = await request.multipart()
    while True:
        try:
            part = await reader.next()
        except RuntimeError as problem:  # a charset that is none
            raise ValueError(str(problem)) from None
        if part is None:
            return
        yield part


async def _part_blocks(part: BodyPartReader) -> AsyncIterator[bytes]:
    try:
        while block := await part.read_chunk(65536):
            yield block
    except BROKEN_FORM:
        raise Invalid("The upload broke off") from None
