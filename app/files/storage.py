"""Where the bytes lie. `Storage` is what the rest asks for; a bucket can take the folder's place behind it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, ParamSpec, Protocol, TypeVar
from uuid import UUID

from app.errors import NotFound

BLOCK_BYTES: Final = 256 * 1024
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Storage(Protocol):
    """Bytes under an id. They never change once they are there."""

    async def put(self, file_id: UUID, source: Path) -> None:
        """Takes over a local file: it is gone from `source` and safe from a power cut when this returns."""

    def read(self, file_id: UUID, start: int, end: int) -> AsyncIterator[bytes]:
        """Blocks of the bytes from `start` up to `end`. Raises NotFound before the first one."""

    async def delete(self, file_id: UUID) -> None:
        """Does not mind bytes that are gone."""

    async def ids_older_than(self, age_s: float) -> list[UUID]:
        """What was put there longer ago."""


async def in_thread(call: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """As `asyncio.to_thread`, but a cancellation waits for the call to end: until then the thread owns the file."""
    task = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # asked for, so that asyncio does not report it as forgotten
        raise


class FolderStorage:
    """`ab/cd/<uuid>` below a folder, spread by the id's first digits."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder

    def path(self, file_id: UUID) -> Path:
        digits = file_id.hex
        return self.folder / digits[:2] / digits[2:4] / str(file_id)

    async def put(self, file_id: UUID, source: Path) -> None:
        await in_thread(self._put, file_id, source)

    async def read(self, file_id: UUID, start: int, end: int) -> AsyncIterator[bytes]:
        try:
            file = await in_thread(self.path(file_id).open, "rb", 0)
        except FileNotFoundError:
            raise NotFound from None
        try:
            position = start
            while position < end:
                block = await in_thread(os.pread, file.fileno(), min(BLOCK_BYTES, end - position), position)
                if not block:
                    raise OSError(f"file {file_id} is shorter than it was")
                position += len(block)
                yield block
        finally:
            file.close()

    async def delete(self, file_id: UUID) -> None:
        await in_thread(self.path(file_id).unlink, missing_ok=True)

    async def ids_older_than(self, age_s: float) -> list[UUID]:
        return await in_thread(self._ids_before, time.time() - age_s)

    def _put(self, file_id: UUID, source: Path) -> None:
        target = self.path(file_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _ids_before(self, moment: float) -> list[UUID]:
        return [
            UUID(path.name)
            for path in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*-*")
            if path.stat().st_mtime < moment
        ]
