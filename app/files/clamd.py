"""Asks clamd whether a file carries malware (INSTREAM of clamd(8)). Protocol apart from the socket.

Where it is configured nothing is kept unasked: a scanner that does not answer is no clean file.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from app.errors import ConfigurationError

BLOCK_BYTES: Final = 64 * 1024
COMMAND: Final = b"zINSTREAM\0"
LONGEST_ANSWER: Final = 4096


class Verdict(msgspec.Struct, frozen=True):
    """`malware`: the signature's name; empty: nothing was found."""

    malware: str = ""


class ScannerAway(Exception):
    """No verdict: clamd cannot be reached, broke off, or would not look (its own limits). The message says which."""


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """What is sent behind `COMMAND`: each block with its length before it, big-endian; length 0 is the end."""
    while block := file.read(BLOCK_BYTES):
        yield len(block).to_bytes(4, "big") + block
    yield b"\0\0\0\0"


def verdict_of(answer: bytes) -> Verdict:
    """`stream: OK`, `stream: Eicar-Signature FOUND`. Raises ScannerAway for everything else."""
    text = answer.rstrip(b"\0\n").decode("utf-8", "replace").strip()
    words = text.removeprefix("stream: ")
    if words == "OK":
        return Verdict()
    if words.endswith(" FOUND"):
        return Verdict(words.removesuffix(" FOUND").strip() or "unnamed")
    raise ScannerAway(text[:200] or "clamd broke off")


class Scanner:
    """clamd at `address`: `host:port`, or the path of its socket."""

    def __init__(self, address: str, timeout_s: float) -> None:
        """Raises ConfigurationError for an address that is neither."""
        self.address: Final = address
        self._timeout_s: Final = timeout_s
        host, colon, port = address.rpartition(":")
        if not address.startswith("/") and not (colon and host and port.isdigit() and int(port) < 65536):
            raise ConfigurationError(f"[files] clamd: {address} is neither host:port nor the path of a socket")

    async def scan(self, path: Path) -> Verdict:
        """Raises ScannerAway where there is no verdict within the time."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return verdict_of(await self._asked(path))
        except TimeoutError:
            raise ScannerAway(f"clamd did not answer within {self._timeout_s:g} s") from None
        except (OSError, ValueError) as problem:
            raise ScannerAway(f"clamd: {problem}") from None

    async def _asked(self, path: Path) -> bytes:
        reader, writer = await self._connect()
        file = await asyncio.to_thread(path.open, "rb")
        try:
            writer.write(COMMAND)
            pieces = chunks(file)
            while piece := await asyncio.to_thread(next, pieces, b""):
                writer.write(piece)
                try:
                    await writer.drain()
                except ConnectionError:
                    break  # it answers «size limit exceeded» and closes before it has read everything
            return await reader.read(LONGEST_ANSWER)
        finally:
            file.close()
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.startswith("/"):
            return await asyncio.open_unix_connection(self.address)
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))
