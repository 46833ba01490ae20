"""The RTMP port: sockets around `ServerConnection`, limits around the sockets."""

import asyncio
import errno
import socket
import time
from collections import Counter as Tally
from typing import Final, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from app.errors import ConfigurationError
from media.packet import Packet, Tracks
from media.rtmp.events import Connected, Event, Faulted, Metadata, PublishRequested, Refused, Unpublished
from media.rtmp.protocol import FAILED, ServerConnection, State
from media.rtmp.settings import RtmpSettings
from media.rtmp.throttle import Throttle, address_group
from media.stream import Stream
from media.streams import Problem, PublishRefused, Streams

log = structlog.get_logger(__name__)

MAX_UNSENT_BYTES: Final = 256 * 1024
"""Answers a peer has not read; more, and it is cut off."""

LINGER_S: Final = 3.0
"""How long a closing connection may take to send its last words."""

STOP_TIMEOUT_S: Final = 5.0
PING_INTERVAL_S: Final = 2.0
"""An encoder that sent nothing for so long is asked whether it is there."""


class RtmpMetrics:
    """Counters of the port, on the registry of the caller."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.connections = Gauge("gryf_rtmp_connections", "Open RTMP connections", registry=registry)
        self.turned_away = Counter(
            "gryf_rtmp_turned_away_total", "Connections closed by a limit", ["limit"], registry=registry
        )
        self.publications = Counter(
            "gryf_rtmp_publications_total", "Requests to publish by outcome", ["outcome"], registry=registry
        )
        self.faults = Counter("gryf_rtmp_faults_total", "Connections that broke the protocol", registry=registry)
        self.received = Counter("gryf_rtmp_received_bytes_total", "Bytes from encoders", registry=registry)


class RtmpServer:
    """Listens for encoders and feeds what they publish into `streams`."""

    def __init__(
        self, streams: Streams, settings: RtmpSettings | None = None, *, registry: CollectorRegistry | None = None
    ) -> None:
        self.streams = streams
        self.settings = settings or RtmpSettings()
        self.metrics = RtmpMetrics(registry or CollectorRegistry())
        self.throttle = Throttle(time.monotonic)
        self._server: asyncio.Server | None = None
        self._open: set[_EncoderSocket] = set()
        self._per_address: Tally[str] = Tally()
        self._empty = asyncio.Event()
        self._pinging: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens; returns the port, which the system chose if `port` is 0. Raises `ConfigurationError`."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _EncoderSocket(self), host, port, backlog=128)
        except OSError as problem:
            raise ConfigurationError(_listen_problem(host, port, problem)) from None
        self._pinging = asyncio.create_task(self._ping_the_silent(), name="rtmp: ping silent encoders")
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stops listening and closes every encoder, with a word to each."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._pinging is not None:
            self._pinging.cancel()
        for connection in list(self._open):
            connection.close("the server is stopping")
        if self._open:
            self._empty.clear()
            try:
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await self._empty.wait()
            except TimeoutError:
                for connection in list(self._open):
                    connection.abort()

    def admit(self, connection: "_EncoderSocket") -> str:
        """Counts a new connection in; returns the limit that forbids it, or an empty string."""
        if len(self._open) >= self.settings.connections:
            return "total"
        if self._per_address[connection.peer] >= self.settings.connections_per_address:
            return "address"
        self._open.add(connection)
        self._per_address[connection.peer] += 1
        self.metrics.connections.inc()
        return ""

    def dismiss(self, connection: "_EncoderSocket") -> None:
        """Counts a connection out; one that was not admitted is no error."""
        if connection not in self._open:
            return
        self._open.discard(connection)
        self.metrics.connections.dec()
        self._per_address[connection.peer] -= 1
        if not self._per_address[connection.peer]:
            del self._per_address[connection.peer]
        if not self._open:
            self._empty.set()

    async def _ping_the_silent(self) -> None:
        while True:
            await asyncio.sleep(PING_INTERVAL_S)
            for connection in tuple(self._open):
                connection.ping_if_silent()
                connection.count_received()


class _EncoderSocket(asyncio.Protocol):
    """One connection; the `Publisher` of the stream it feeds."""

    def __init__(self, server: RtmpServer) -> None:
        self.peer = ""
        """The address as limits count it."""
        self._server = server
        self._rtmp = ServerConnection()
        self._transport: asyncio.Transport | None = None
        self._stream: Stream | None = None
        self._deciding: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._received_bytes = 0
        """Since they were last counted: the counter's lock is too dear for every read."""
        self._heard = True

    # --- asyncio.Protocol --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's are none by inheritance
        self._transport = transport
        peername = transport.get_extra_info("peername")
        self.peer = address_group(str(peername[0])) if peername else "unknown"
        limit = self._server.admit(self)
        if limit:
            self._server.metrics.turned_away.labels(limit).inc()
            log.warning("connection turned away", limit=limit, address=self.peer)
            transport.abort()
            return
        self._tune(transport.get_extra_info("socket"))
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        self._heard = True
        self._received_bytes += len(data)
        self._handle(self._rtmp.feed(data))
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.count_received()
        self._server.dismiss(self)
        for handle in (self._deadline, self._linger):
            if handle is not None:
                handle.cancel()
        if self._deciding is not None:
            self._deciding.cancel()
        self._leave_stream()
        self._transport = None

    # --- Publisher ---------------------------------------------------------------------------------------------

    def close(self, reason: str) -> None:
        """Ends the connection with a sentence for the encoder's log."""
        self._stream = None
        self._rtmp.end(reason)
        self._flush()

    def abort(self) -> None:
        """Ends it without another word."""
        if self._transport is not None:
            self._transport.abort()

    def count_received(self) -> None:
        """Called at intervals: brings the counter up to date."""
        self._server.metrics.received.inc(self._received_bytes)
        self._received_bytes = 0

    def ping_if_silent(self) -> None:
        """Called at intervals: pings an encoder that was silent for a whole one."""
        if not self._heard:
            self._rtmp.ping()
            self._flush()
        self._heard = False

    # --- inside ------------------------------------------------------------------------------------------------

    def _tune(self, sock: socket.socket | None) -> None:
        if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, self._server.settings.keepalive_s)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)

    def _set_deadline(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._server.settings.begin_timeout_s, self._on_deadline)

    def _on_deadline(self) -> None:
        if self._stream is None and self._deciding is None:
            log.info("encoder did not begin in time", address=self.peer, state=self._rtmp.state.name)
            self._server.metrics.turned_away.labels("deadline").inc()
            self.abort()

    def _handle(self, events: list[Event]) -> None:
        stream = self._stream
        for event in events:
            if type(event) is Packet:
                if stream is not None:
                    stream.push(event)
            elif type(event) is Tracks:
                if stream is not None:
                    stream.set_tracks(event)
                    log.info("tracks", stream=stream.id, **_named(event))
            else:
                self._handle_rare(event)

    def _handle_rare(self, event: Event) -> None:
        match event:
            case Connected(encoder=encoder):
                log.debug("encoder connected", address=self.peer, encoder=encoder)  # without the app: it may be the key
            case PublishRequested(key=key):
                self._pause_reading()
                self._deciding = asyncio.create_task(self._decide(key), name="rtmp: may it publish")
            case Metadata():
                log.debug("encoder described itself", address=self.peer, encoder=event.encoder)
            case Unpublished():
                log.info("publisher said that it ends", address=self.peer)
                self._leave_stream()
                self._set_deadline()
            case Refused(code=code):
                self._note_refusal(code, event.description)
                if self._stream is not None and code == FAILED:
                    self._server.streams.report_problem(self._stream.id, Problem(event.message, event.values))
            case Faulted(reason=reason):
                self._server.metrics.faults.inc()
                self._server.throttle.failed(self.peer)
                log.info("connection broke the protocol", address=self.peer, reason=reason)
            case _:
                pass

    async def _decide(self, key: str) -> None:
        """Asks who owns the key. A wrong answer, or none, is the encoder's failure; a broken database is ours."""
        server = self._server
        try:
            await asyncio.sleep(server.throttle.delay_s(self.peer))
            stream = await server.streams.claim(key, self.peer, self)
        except PublishRefused as refusal:
            server.throttle.failed(self.peer)
            self._turn_down(refusal.code, refusal.description)
        except Exception as problem:  # noqa: BLE001 - whatever is broken, the encoder gets an answer
            # Without a traceback: formatters that print local variables would print the key.
            log.error("could not decide on a publisher", address=self.peer, problem=repr(problem))  # noqa: TRY400 - see above
            self._turn_down(FAILED, "the server cannot check the stream key now; try again")
        else:
            server.throttle.succeeded(self.peer)
            server.metrics.publications.labels("accepted").inc()
            self._begin(stream)
        finally:
            if self._deciding is asyncio.current_task():  # else the peer asked again in what it had sent already
                self._deciding = None

    def _begin(self, stream: Stream) -> None:
        transport = self._transport
        if transport is None or transport.is_closing() or self._rtmp.closing:
            stream.pause(self)
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._stream = stream
        self._handle(self._rtmp.accept_publish())
        self._flush()
        if self._rtmp.state is not State.DECIDING:
            transport.resume_reading()

    def _turn_down(self, code: str, description: str) -> None:
        self._note_refusal(code, description)
        self._rtmp.refuse_publish(code, description)
        self._flush()

    def _note_refusal(self, code: str, description: str) -> None:
        self._server.metrics.publications.labels("refused").inc()
        log.warning("publisher refused", address=self.peer, code=code, why=description)

    def _leave_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.pause(self)

    def _pause_reading(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def _flush(self) -> None:
        """Sends what the protocol has to say; closes when it says so."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        data = self._rtmp.data_to_send()
        if data:
            transport.write(data)
            if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
                log.info("peer does not read its answers", address=self.peer)
                transport.abort()
                return
        if self._rtmp.closing:
            assert self._rtmp.state is State.CLOSED
            self._leave_stream()
            self._close_gently(transport)

    def _close_gently(self, transport: asyncio.Transport) -> None:
        """Lets the last words arrive: closing with unread input would reset the connection and discard them."""
        if self._linger is not None:
            return
        loop = asyncio.get_running_loop()
        self._linger = loop.call_later(LINGER_S, self.abort)
        try:
            transport.resume_reading()
            transport.write_eof()
        except OSError:  # the peer has reset the connection: nobody waits for last words
            transport.abort()


def _named(tracks: Tracks) -> dict[str, str]:
    """Tracks for a line in the log."""
    video, audio = tracks.video, tracks.audio
    return {
        "video": f"{video.name} {video.width}×{video.height}" if video else "none",
        "audio": f"{audio.name} {audio.sample_rate} Hz {audio.channels} ch" if audio else "none",
    }


def _listen_problem(host: str, port: int, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"RTMP: port {port} on {host} is in use by another program; stop it or set another port"
    if problem.errno in (errno.EACCES, errno.EPERM):
        return f"RTMP: port {port} on {host} may not be opened by this user; set a port above 1023"
    return f"RTMP: cannot listen on {host} port {port}: {problem.strerror or problem}"
