"""Letters handed in by a mail server (LMTP, RFC 2033), on the same loop. aiosmtpd speaks; DATA is read here, in blocks.

A letter is answered for each of its recipients, and with 250 only once it is committed.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from app.errors import AppError, ConfigurationError
from portals.helpdesk.post import intake
from portals.helpdesk.post.post import Post

log = structlog.get_logger(__name__)

END: Final = b"\r\n.\r\n"
IDLE_S: Final = 120
MOST_RECIPIENTS: Final = 50
TAKEN: Final = "250 2.0.0 taken"
UNKNOWN: Final = "550 5.1.1 no such address here"
FULL: Final = "452 4.5.3 too many recipients"
TOO_LARGE: Final = "552 5.3.4 the letter is larger than is taken here"
LATER: Final = "451 4.7.1 too many letters from this sender, come later"
AWAY: Final = "451 4.3.0 the helpdesk cannot take letters at the moment"
BUSY: Final = b"421 4.3.2 too many connections\r\n"


class Handler:
    """What aiosmtpd asks. The names of the methods are its own."""

    def __init__(self, post: Post) -> None:
        self._post: Final = post

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return FULL
        try:
            known = await intake.targets(self._post, [address])
        except AppError:
            return AWAY
        if not known:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, _server: LMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        content = envelope.content
        assert isinstance(content, bytes)  # `decode_data` is off
        answers = [await self._take(content, address) for address in envelope.rcpt_tos]
        return "\r\n".join(answers)

    async def handle_exception(self, problem: Exception) -> str:
        log.error("a letter could not be taken", exc_info=problem)
        return AWAY

    async def _take(self, content: bytes, address: str) -> str:
        try:
            await intake.take_in(self._post, content, "lmtp", [address])
        except intake.Later:
            return LATER
        except AppError as problem:
            log.warning("a letter could not be taken", problem=problem.detail or problem.title)
            return AWAY
        except Exception:
            log.exception("a letter could not be taken")
            return AWAY
        return TAKEN


class Door(LMTP):
    """One connection. `doors`: those that are open."""

    line_length_limit = 64 * 1024
    """What the reader holds at once; letters are read in blocks of it, so their lines may be of any length."""

    def __init__(self, handler: Handler, doors: "set[Door]", most: int, most_bytes: int, hostname: str) -> None:
        super().__init__(
            handler,
            data_size_limit=most_bytes,
            hostname=hostname,
            ident="LMTP",
            timeout=IDLE_S,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )
        self._doors, self._most = doors, most

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._doors) >= self._most and isinstance(transport, asyncio.WriteTransport):
            transport.write(BUSY)
            transport.close()
            return
        self._doors.add(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self in self._doors:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self in self._doors else None

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._doors:
            self._doors.discard(self)
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """In blocks up to the end, where aiosmtpd goes line by line: large letters would hold up the loop."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        envelope = self.envelope
        assert envelope is not None  # it is there while a client is
        if arg or not envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._content()
        if content is None:
            status: Any = "\r\n".join([TOO_LARGE] * len(envelope.rcpt_tos))
        else:
            envelope.content = envelope.original_content = content
            status = await self._call_handler_hook("DATA")
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd leaves it untyped
        await self.push(status)

    async def _content(self) -> bytes | None:
        """The letter without its end and its doubled dots; None where it is too large: it was read and dropped."""
        head = await self._head()
        if head == b".\r\n":
            return b""
        blocks, size = [head], len(head)
        last = head.endswith(END)
        while not last:
            self._reset_timeout()
            try:
                block = await self._reader.readuntil(END)
                last = True
            except asyncio.LimitOverrunError as overrun:
                block = await self._reader.read(overrun.consumed)
            size += len(block)
            blocks.append(block)
            if size > (self.data_size_limit or size):
                blocks.clear()
        if size > (self.data_size_limit or size):
            return None
        whole = b"".join(blocks)[: -len(b".\r\n")]
        return whole.replace(b"\r\n..", b"\r\n.")[whole.startswith(b"..") :]

    async def _head(self) -> bytes:
        """The first bytes, until no end can have begun in them: the line before them was the command."""
        head = b""
        while b".\r\n".startswith(head) or any(head.endswith(END[:count]) for count in range(1, len(END))):
            head += await self._reader.readexactly(1)
            if head == b".\r\n" or head.endswith(END):
                break
        return head


@asynccontextmanager
async def listening(post: Post) -> AsyncIterator[str]:
    """Where it listens: `host:port` or the socket's path. Raises ConfigurationError."""
    doors: set[Door] = set()
    settings, handler = post.settings, Handler(post)
    post.figures.lmtp.set_function(lambda: len(doors))
    loop = asyncio.get_running_loop()

    def opened() -> Door:
        return Door(handler, doors, settings.lmtp_connections, settings.most_bytes, post.domain)

    try:
        if settings.lmtp.startswith("/"):
            server = await loop.create_unix_server(opened, settings.lmtp)
            os.chmod(settings.lmtp, 0o660)  # noqa: PTH101 - a socket, for the mail server's group
            where = settings.lmtp
        else:
            host, _, port = settings.lmtp.rpartition(":")
            server = await loop.create_server(opened, host.strip("[]"), int(port))
            name = server.sockets[0].getsockname()
            where = f"{name[0]}:{name[1]}"
    except (OSError, ValueError, OverflowError) as problem:
        raise ConfigurationError(f"[helpdesk_post] lmtp: {settings.lmtp}: {problem}") from None
    try:
        yield where
    finally:
        server.close()
        for door in list(doors):
            if door.transport is not None:
                door.transport.close()
        await server.wait_closed()
