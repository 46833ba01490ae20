"""A socket to a target: its address checked and pinned, TLS where it says so, nothing waited for without end."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path
from typing import Final

from app.errors import ConfigurationError
from app.i18n import _
from media.out.address import Address, is_public
from media.out.problem import RelayProblem
from media.out.protocol import Broken, ClientConnection, ClientEvent, Rejected, Started

READ_BYTES: Final = 64 * 1024
UNSENT_BYTES: Final = 256 * 1024
"""What waits in the socket, and again in the kernel; the rest waits in the reader, which knows how to leave out."""

GOODBYE_S: Final = 1.0

NO_NAME: Final = _("This server's name is not known")
PRIVATE: Final = _("This server is in a private network, which is not allowed")
NO_ANSWER: Final = _("%(host)s does not answer")
BAD_CERTIFICATE: Final = _("The certificate of %(host)s is not valid: %(said)s")
REJECTED: Final = _("The server refuses the broadcast: %(said)s")
CLOSED: Final = _("The server closed the connection")
NOT_RTMP: Final = _("%(host)s does not speak RTMP as expected")
TOO_SLOW: Final = _("The connection to the server is too slow")


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Checks certificates and names. Reads files: call it at start-up. Raises `ConfigurationError`."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(cafile=str(Path(ca_file)))
        except (OSError, ssl.SSLError) as problem:
            raise ConfigurationError(f"[out] ca_file {ca_file}: {problem}") from None
    return context


async def resolve(address: Address, *, allow_private: bool) -> str:
    """An IP address of the target, checked. Raises `RelayProblem`; one private address among many refuses them all."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError:
        raise RelayProblem(NO_NAME) from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise RelayProblem(NO_NAME)
    if not allow_private and not all(map(is_public, addresses)):
        raise RelayProblem(PRIVATE)
    return addresses[0]


class TargetSocket:
    """An open connection with its protocol."""

    def __init__(
        self,
        address: Address,
        protocol: ClientConnection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        stall_timeout_s: float,
    ) -> None:
        self.protocol = protocol
        self._address = address
        self._reader = reader
        self._writer = writer
        self._stall_timeout_s = stall_timeout_s
        writer.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        connected: socket.socket | None = writer.transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNSENT_BYTES)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def start(self) -> Started:
        """From the handshake until the server takes the stream. Raises `RelayProblem`."""
        await self.flush()
        while True:
            for event in await self._receive():
                if isinstance(event, Started):
                    return event
                self._raise_for(event)
            await self.flush()

    async def listen(self) -> None:
        """Answers the server for as long as it says something; returns never. Raises `RelayProblem`."""
        while True:
            for event in await self._receive():
                self._raise_for(event)
            await self.flush()

    async def flush(self) -> None:
        """Sends what the protocol has to say. Raises `RelayProblem` where the server takes nothing for too long."""
        data = self.protocol.data_to_send()
        if not data:
            return
        try:
            self._writer.write(data)
            async with asyncio.timeout(self._stall_timeout_s):
                await self._writer.drain()
        except TimeoutError:
            raise RelayProblem(TOO_SLOW) from None
        except (OSError, RuntimeError):  # RuntimeError: uvloop's word for a closed transport
            raise RelayProblem(CLOSED) from None

    async def say_goodbye(self) -> None:
        """Ends the publication politely, if the server still listens."""
        self.protocol.end()
        with contextlib.suppress(RelayProblem, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self.flush()

    def abort(self) -> None:
        """Closes the socket at once."""
        self._writer.transport.abort()

    async def _receive(self) -> list[ClientEvent]:
        try:
            data = await self._reader.read(READ_BYTES)
        except OSError:
            data = b""
        if not data:
            raise RelayProblem(CLOSED)
        return self.protocol.feed(data)

    def _raise_for(self, event: ClientEvent) -> None:
        if isinstance(event, Rejected):
            raise RelayProblem(REJECTED, {"said": event.said}) if event.said else RelayProblem(CLOSED)
        if isinstance(event, Broken):
            raise RelayProblem(NOT_RTMP, {"host": self._address.host})


async def open_socket(
    address: Address, key: str, context: ssl.SSLContext, *, allow_private: bool, stall_timeout_s: float
) -> TargetSocket:
    """Connects to the address that was checked, and to no other. Raises `RelayProblem`."""
    ip = await resolve(address, allow_private=allow_private)
    try:
        reader, writer = await asyncio.open_connection(
            ip,
            address.port,
            ssl=context if address.secure else None,
            server_hostname=address.host if address.secure else None,
        )
    except ssl.SSLCertVerificationError as problem:
        raise RelayProblem(BAD_CERTIFICATE, {"host": address.host, "said": problem.verify_message}) from None
    except (ssl.SSLError, ConnectionResetError):
        raise RelayProblem(NOT_RTMP, {"host": address.host}) from None
    except OSError:
        raise RelayProblem(NO_ANSWER, {"host": address.host}) from None
    return TargetSocket(address, ClientConnection(address, key), reader, writer, stall_timeout_s)
