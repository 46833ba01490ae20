"""One worker process as the server sees it: started, fed from a bounded backlog over its standard input, listened to,
ended.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec
import structlog

from app.process import environment, reap
from media.backlog import Backlog
from media.framing import Messages, ProtocolError, encode

log = structlog.get_logger(__name__)

ROOT: Final = Path(__file__).resolve().parent.parent
READ_BYTES: Final = 64 * 1024
PIPE_BYTES: Final = 64 * 1024
"""Written ahead of what the kernel takes."""
KEPT_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR")
"""All that a worker gets to know: passwords stand in the environment too."""
Message = TypeVar("Message")


class Conversation(Generic[Message]):
    """With one process, named `title` to people. `run` it once; `hear` is called on the loop with all that it says."""

    def __init__(
        self,
        title: str,
        command: tuple[str, ...],
        backlog: Backlog,
        news: Messages[Message],
        hear: Callable[[Message], None],
    ) -> None:
        self.backlog = backlog
        self.heard_at = time.monotonic()
        """When the process said something last, monotonic time in seconds."""
        self.pid = 0
        self._title = title
        self._command = command
        self._news = news
        self._hear = hear
        self._process: asyncio.subprocess.Process | None = None
        self._wake = asyncio.Event()

    def send(self, order: msgspec.Struct, at_90k: int | None = None) -> bool:
        """Queues an order; False where the backlog is full (see `Backlog.put`)."""
        taken = self.backlog.put(encode(order), at_90k)
        self._wake.set()
        return taken

    def kill(self) -> None:
        """Ends the process at once; `run` returns."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def run(self) -> int:
        """Starts the process and serves it until it ends, or kills it when cancelled. Returns its exit status."""
        process = self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=environment(KEPT_ENVIRONMENT),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        writing = asyncio.create_task(self._write(process.stdin), name=f"{self._title}: feed")
        try:
            await self._read(process.stdout)
        finally:
            writing.cancel()
            self.kill()
            code = await reap(process, process.stdout)
            await asyncio.gather(writing, return_exceptions=True)
        return code

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while data := await stream.read(READ_BYTES):
            self.heard_at = time.monotonic()
            try:
                for one in self._news.feed(data):
                    self._hear(one)
            except ProtocolError:
                log.exception("a process cannot be understood", process=self._title, pid=self.pid)
                return

    async def _write(self, stream: asyncio.StreamWriter) -> None:
        stream.transport.set_write_buffer_limits(high=PIPE_BYTES)
        try:
            while True:
                while (message := self.backlog.pop()) is not None:
                    stream.write(message)
                    await stream.drain()
                self._wake.clear()
                await self._wake.wait()
        except ConnectionError:
            pass  # the reader sees the end
        finally:
            stream.close()
