"""An open WebSocket after its handshake: a protocol right on the transport, without a task or a request of its own.

Ten thousand sockets mostly wait. What one costs while it waits is this object, its connection's, and the transport.
"""

import asyncio
from typing import Final, Protocol

from realtime.frames import BINARY, CLOSE, NO_CODE, PING, TEXT, FrameParser, close_code, control_frame
from realtime.heartbeat import Heartbeat
from realtime.protocol import MAX_FRAME_BYTES

_PING: Final = control_frame(PING)
NORMAL_CLOSE: Final = 1000


class Listener(Protocol):
    """What a socket tells."""

    def hear(self, message: str | bytes) -> None:
        """A whole message: text, or bytes for a binary one."""

    def may_speak(self) -> bool:
        """Whether a client's ping is answered; if not, the listener has ended the socket."""

    def closing(self, why: str) -> None:
        """The client closes, is silent or breaks the protocol: nothing more can be told to it. May come again."""

    def filling(self, *, full: bool) -> None:
        """Something waits in the transport (`full`), for the kernel took no more; or nothing does any longer."""

    def gone(self) -> None:
        """The connection is lost. The last call, once."""


class _Nobody:
    """Listens after the end, so that a socket and its listener do not keep each other."""

    def hear(self, message: str | bytes) -> None: ...
    def may_speak(self) -> bool:
        return False

    def closing(self, why: str) -> None: ...
    def filling(self, *, full: bool) -> None: ...
    def gone(self) -> None: ...


_NOBODY: Final = _Nobody()


class LiveSocket(asyncio.Protocol):
    """Made when the handshake is answered; `transport.set_protocol` then makes it the receiver."""

    __slots__ = ("_heard", "_heartbeat", "_listener", "_parser", "_pinged", "beat_step", "closed", "transport")

    def __init__(self, transport: asyncio.Transport, heartbeat: Heartbeat) -> None:
        self.transport = transport
        self.closed = False
        """A close frame was sent: nothing may be written after it."""
        self.beat_step = 0
        self._listener: Listener = _NOBODY
        self._parser = FrameParser(MAX_FRAME_BYTES)
        self._heard = True
        self._pinged = False
        self._heartbeat = heartbeat

    def open(self, listener: Listener, received: bytes) -> None:
        """From now on `listener` is told what comes. `received`: what came too early for that."""
        self._listener = listener
        self._heartbeat.add(self)
        if received:
            self.data_received(received)

    def data_received(self, data: bytes) -> None:
        self._heard = True
        for opcode, payload in self._parser.feed(data):
            if opcode == CLOSE:
                assert isinstance(payload, bytes)
                self._answer_close(payload)
            elif self.closed:
                continue
            elif opcode in {TEXT, BINARY}:
                self._listener.hear(payload)
            elif opcode == PING and self._listener.may_speak():
                self.transport.write(control_frame(opcode + 1, bytes(payload)))  # type: ignore[arg-type]
        violation = self._parser.violation
        if violation is not None and not self.closed:
            self._listener.closing(violation.reason)
            self.close(violation.code, violation.reason)
            # bytes of the client may be under way: to close now would reset the connection under our close frame
            if self.transport.can_write_eof():
                self.transport.write_eof()

    def close(self, code: int, why: str = "") -> None:
        """Says that it is over, once. Who does not answer is cut by whoever keeps watch."""
        if self.closed:
            return
        self.closed = True
        self.resume()  # its answer may wait behind what was not read
        self._write(control_frame(CLOSE, code.to_bytes(2, "big") + why.encode()))

    def pause(self) -> None:
        """Reads no more until `resume`: what came has to be answered first."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def beat(self) -> None:
        if self._heard:
            self._heard = self._pinged = False
        elif not self._pinged:
            self._pinged = True
            if not self.closed:
                self._write(_PING)
        else:
            self._listener.closing("silent")
            self.transport.abort()

    def pause_writing(self) -> None:
        self._listener.filling(full=True)

    def resume_writing(self) -> None:
        self._listener.filling(full=False)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # how it was lost makes no difference
        self.closed = True
        self._heartbeat.remove(self)
        listener, self._listener = self._listener, _NOBODY
        listener.gone()

    def _answer_close(self, payload: bytes) -> None:
        """Both close frames are on the way: the server closes the connection (RFC 6455 §7.1.1)."""
        self._listener.closing("")
        code = close_code(payload)
        self.close(NORMAL_CLOSE if code == NO_CODE else code)
        self.transport.close()

    def _write(self, frame: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(frame)
