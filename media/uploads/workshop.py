"""What the worker process has for uploads: where recordings lie, what a conversion may cost, and how one is run."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import structlog

from app.database import Tx
from app.files import FileStore, FolderStorage
from app.i18n import Locales
from app.process import last_words, reap
from app.wire import ROOT
from media.uploads.child import Answer, ChildLimits, Converted, Failed, Looked, Order, Reached
from media.uploads.rules import Failure, Limits
from media.uploads.settings import UploadSettings

log = structlog.get_logger(__name__)

LOOK_CPU_S: Final = 120
LOOK_WALL_S: Final = 900.0
"""Reading a large file from a slow disk."""
WALL_FACTOR: Final = 6
"""How much longer than its processor time a conversion may take: it steps back for everything else."""
LONGEST_LINE: Final = 4 * 1024 * 1024
STDERR_KEPT: Final = 2000
STAGING: Final = ".uploads"
"""Inside the recordings folder, so that a finished one is moved by its name alone; no stream id has a dot."""

Hear = Callable[[Reached], Awaitable[bool]]
"""Called now and then; False ends the conversion."""


WhenReady = Callable[[Tx, str], Awaitable[None]]
"""(transaction, stream id): an upload has become a recording that is whole."""


class Cancelled(Exception):
    """`hear` said that the conversion shall end."""


class Workshop:
    """Ask for it in a job with `app.jobs.part(Workshop)`."""

    def __init__(
        self, recordings: Path, settings: UploadSettings, locales: Locales, when_ready: WhenReady | None = None
    ) -> None:
        self.recordings: Final = recordings
        self.settings: Final = settings
        self.locales: Final = locales
        self.when_ready: Final = when_ready
        self.hands: Final = asyncio.Semaphore(settings.at_once)
        """Conversions that may begin now."""

    @property
    def limits(self) -> Limits:
        return Limits(self.settings.longest_h * 3600, self.settings.most_height)

    def child_limits(self, cpu_s: int, source: Path) -> ChildLimits:
        """What is written is never much larger than what an hour of 1080p may be, or than the source."""
        size_mib = source.stat().st_size // (1024 * 1024)
        most_mib = round(self.settings.longest_h * 4096) + size_mib
        return ChildLimits(self.settings.memory_mib, cpu_s, most_mib, self.settings.niceness)

    @asynccontextmanager
    async def local_file(self, files: FileStore, file_id: UUID, size_bytes: int) -> AsyncIterator[Path]:
        """The stored file on this machine's disk; a copy where the store is elsewhere. Raises NotFound."""
        if isinstance(files.storage, FolderStorage):
            yield files.storage.path(file_id)
            return
        copy = self.staging(f"source-{file_id}") / "source"
        try:
            with await asyncio.to_thread(copy.open, "wb") as out:
                async for block in files.storage.read(file_id, 0, size_bytes):
                    await asyncio.to_thread(out.write, block)
            yield copy
        finally:
            await asyncio.to_thread(shutil.rmtree, copy.parent, ignore_errors=True)

    def staging(self, name: str) -> Path:
        """An empty folder of this name. Blocking, briefly."""
        folder = self.recordings / STAGING / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def move_in(self, folder: Path, stream_id: str) -> None:
        """A packaged folder becomes the recording's; what an earlier attempt left makes way. Blocking."""
        target = self.recordings / stream_id
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)

    def remove(self, stream_id: str) -> None:
        """The recording's files. Blocking."""
        shutil.rmtree(self.recordings / stream_id, ignore_errors=True)


async def run_child(order: Order, wall_s: float, hear: Hear) -> Looked | Converted | Failed:
    """Runs one order in a process of its own. Whatever becomes of the process is an answer. Raises Cancelled."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.uploads.child"),
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    complaints = asyncio.create_task(last_words(child.stderr, STDERR_KEPT))
    try:
        async with asyncio.timeout(wall_s):
            answer = await _converse(child, order, hear)
            await reap(child, child.stdout)
    except TimeoutError:
        answer = Failed(Failure.TOO_DEMANDING, f"longer than {wall_s:.0f} s")
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await reap(child, child.stdout)
        words = await complaints
    if answer is None:
        answer = _verdict(child.returncode or 0, words)
    if isinstance(answer, Failed):
        log.info("an upload cannot be packaged", failure=answer.failure, detail=answer.detail, words=words[-300:])
    return answer


async def _converse(child: asyncio.subprocess.Process, order: Order, hear: Hear) -> Looked | Converted | Failed | None:
    """The final answer; None where the process ended without one."""
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(ConnectionError):
        child.stdin.write(msgspec.json.encode(order) + b"\n")
        await child.stdin.drain()
        child.stdin.close()
    while True:
        try:
            line = await child.stdout.readline()
            answer: Answer | None = msgspec.json.decode(line, type=Answer) if line else None
        except (ValueError, msgspec.MsgspecError):  # a line without end, or not ours: the file speaks through a decoder
            return Failed(Failure.DAMAGED, "the answer cannot be read")
        if not isinstance(answer, Reached):
            return answer
        if not await hear(answer):
            raise Cancelled


def _verdict(status: int, words: str) -> Failed:
    """What a process that died without an answer tells by how it died."""
    if status in {-signal.SIGXCPU, -signal.SIGKILL} or "MemoryError" in words or "Cannot allocate" in words:
        return Failed(Failure.TOO_DEMANDING, f"status {status}")
    if status in {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL}:
        return Failed(Failure.DAMAGED, f"status {status}")
    if status == -signal.SIGXFSZ:
        return Failed(Failure.NO_ROOM, f"status {status}")
    return Failed(Failure.OURS, f"status {status}: {words[-STDERR_KEPT:]}")
