"""Servers to send to: our own protocol behind a socket, well-behaved or not."""

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from media.packet import Packet, Tracks
from media.rtmp.events import PublishRequested, Unpublished
from media.rtmp.protocol import ServerConnection


class FakeTarget:
    """An RTMP server that writes down what it gets. Change its manners at any time."""

    def __init__(self) -> None:
        self.port = 0
        self.keys: list[str] = []
        self.tracks: list[Tracks] = []
        self.packets: list[Packet] = []
        self.ended = 0
        """Publications that said goodbye."""
        self.refuses = ""
        """What it tells who wants to publish."""
        self.stalls_after: int | None = None
        """Takes so many packets, then reads no more."""
        self.silent = False
        """Takes the connection and says nothing."""
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @asynccontextmanager
    async def serving(self, context: ssl.SSLContext | None = None) -> AsyncIterator["FakeTarget"]:
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)  # a stall is felt soon
        server = await asyncio.start_server(self._serve, sock=listening, ssl=context, limit=16 * 1024)
        self.port = listening.getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.stalls_after = None
            self.drop_all()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def drop_all(self) -> None:
        """Cuts every connection."""
        for writer in list(self._serving.values()):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving[task] = writer
        connection = ServerConnection()
        try:
            while data := await reader.read(16 * 1024):
                if self.silent:
                    continue
                events = connection.feed(data)
                for event in events:
                    if isinstance(event, PublishRequested):
                        self.keys.append(event.key)
                        if self.refuses:
                            connection.refuse_publish("NetStream.Publish.BadName", self.refuses)
                        else:
                            events += connection.accept_publish()
                    elif isinstance(event, Tracks):
                        self.tracks.append(event)
                    elif isinstance(event, Packet):
                        self.packets.append(event)
                    elif isinstance(event, Unpublished):
                        self.ended += 1
                writer.write(connection.data_to_send())
                if connection.closing:
                    return
                if self.stalls_after is not None and len(self.packets) >= self.stalls_after:
                    while self.stalls_after is not None:
                        await asyncio.sleep(0.02)
        except OSError:
            pass  # cut
        finally:
            del self._serving[task]
            writer.transport.abort()


def self_signed(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context, and the certificate that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "target.pem", folder / "target.key"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path, key_path)
    return context, path
