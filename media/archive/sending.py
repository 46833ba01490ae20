"""Bytes of a file to a connection by `sendfile`: the kernel hands over its own pages, and nothing is copied here.

uvloop has no `sendfile`, so it is called on a duplicate of the socket while the transport has nothing to send itself.
The loop never waits for the disk: what is not in memory is first read, and thrown away, by a thread.
"""

import asyncio
import os
from collections import OrderedDict
from pathlib import Path
from typing import Final

from aiohttp import web

BLOCK: Final = 512 * 1024
"""Bytes sent at once: a tenth of a millisecond of the loop."""

STRIDE: Final = 64 * 1024
"""One byte in so many is asked for: the kernel reads ahead by more than that."""

STALL_S: Final = 60.0
"""A client that takes nothing for this long is cut."""


class CannotSend(Exception):
    """The connection is encrypted, or is still busy: the caller sends by other means."""


class FileEnded(Exception):
    """The file is shorter than it was."""


class OpenFiles:
    """The files asked for last, kept open: opening one may wait for the disk."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._open: OrderedDict[Path, int] = OrderedDict()

    def find(self, path: Path) -> tuple[int, os.stat_result] | None:
        """A descriptor of the caller's own and what the file is like now; None where it must be opened first."""
        fd = self._open.get(path)
        if fd is None:
            return None
        self._open.move_to_end(path)
        stat = os.fstat(fd)
        if stat.st_nlink == 0:  # removed: nobody gets it any more
            self._close(path)
            return None
        return os.dup(fd), stat

    async def open(self, path: Path) -> tuple[int, os.stat_result]:
        """The same, from the disk. Raises OSError."""
        fd = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
        self._close(path)
        self._open[path] = fd
        while len(self._open) > self._most:
            self._close(next(iter(self._open)))
        return os.dup(fd), os.fstat(fd)

    def close(self) -> None:
        for path in list(self._open):
            self._close(path)

    def _close(self, path: Path) -> None:
        fd = self._open.pop(path, None)
        if fd is not None:
            os.close(fd)


async def send_span(request: web.BaseRequest, fd: int, begin: int, end: int, head: bytes = b"") -> None:
    """Sends `head` and these bytes of the file, past the transport.

    Raises CannotSend before the first byte, FileEnded and ConnectionError after it.
    """
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the connection is gone")
    if transport.get_write_buffer_size():
        await asyncio.sleep(0)  # what was written in this turn of the loop is sent at its end
    sock = transport.get_extra_info("socket")
    if transport.get_write_buffer_size() or sock is None or transport.get_extra_info("sslcontext") is not None:
        raise CannotSend
    out = os.dup(sock.fileno())  # ours, whatever becomes of the transport meanwhile
    try:
        while head:
            try:
                head = head[os.write(out, head) :]
            except BlockingIOError:
                await _writable(out)
        while begin < end:
            begin = await _send_block(out, fd, begin, min(end, begin + BLOCK))
    finally:
        os.close(out)


async def _send_block(out: int, fd: int, begin: int, end: int) -> int:
    """Returns where it got to."""
    if not in_memory(fd, begin, end):
        await asyncio.to_thread(_read_through, fd, begin, end)
    try:
        sent = os.sendfile(out, fd, begin, end - begin)
    except BlockingIOError:
        await _writable(out)
        return begin
    if not sent:
        raise FileEnded
    return begin + sent


def in_memory(fd: int, begin: int, end: int) -> bool:
    """Whether the kernel has these bytes cached, as far as samples say. False on file systems that cannot tell."""
    sample = bytearray(1)
    try:
        for offset in (*range(begin, end, STRIDE), end - 1):
            if os.preadv(fd, [sample], offset, os.RWF_NOWAIT) != 1:
                return False
    except OSError:
        return False
    return True


def _read_through(fd: int, begin: int, end: int) -> None:
    buffer = bytearray(min(STRIDE, end - begin))
    while begin < end:
        got = os.preadv(fd, [buffer], begin)
        if not got:
            return
        begin += got


async def _writable(out: int) -> None:
    """Returns when the connection takes more. Raises ConnectionResetError for a client that takes nothing for long."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_writer(out, _wake, ready)
    try:
        async with asyncio.timeout(STALL_S):
            await ready
    except TimeoutError:
        raise ConnectionResetError("the client takes nothing") from None
    finally:
        loop.remove_writer(out)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


OPEN_TAKES: web.AppKey[OpenFiles] = web.AppKey("open_takes", OpenFiles)
