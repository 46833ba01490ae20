"""WebSocket frames of a client (RFC 6455 §5): bytes → messages. No I/O.

A parser takes bytes as they come, in any pieces, and returns whole messages: fragments are put together, masks taken
off, text is checked. What is against the protocol ends it: `violation` says with which close code.
"""

import codecs
from typing import Final, NamedTuple

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

PROTOCOL_ERROR: Final = 1002
INVALID_TEXT: Final = 1007
TOO_BIG: Final = 1009
NO_CODE: Final = 1005
"""A close frame without a code; never on the wire."""

MAX_CONTROL_BYTES: Final = 125
_MAX_LENGTH: Final = 2**63


class Message(NamedTuple):
    """TEXT with str, BINARY, or a control frame with its payload."""

    opcode: int
    data: str | bytes


class Violation(NamedTuple):
    """Why nothing more is read: a close code and a short English reason."""

    code: int
    reason: str


class _Broken(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.violation = Violation(code, reason)


class _Fragments:
    """A message of which not all frames are there yet."""

    __slots__ = ("data", "decoder", "opcode")

    def __init__(self, opcode: int) -> None:
        self.opcode = opcode
        self.data = bytearray()
        self.decoder = codecs.getincrementaldecoder("utf-8")() if opcode == TEXT else None


class FrameParser:
    """One client's side of one socket. `max_bytes` is the longest message, over all its fragments."""

    __slots__ = ("_fragments", "_max_bytes", "_rest", "closed", "violation")

    def __init__(self, max_bytes: int) -> None:
        self.violation: Violation | None = None
        self.closed = False
        """A close frame has come: nothing may follow it."""
        self._max_bytes = max_bytes
        self._rest: bytearray | None = None
        """Bytes of a frame that is not whole yet; an idle socket keeps none."""
        self._fragments: _Fragments | None = None

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are whole now. After a violation or a close frame: none any more."""
        found: list[Message] = []
        if self.violation is not None or self.closed:
            return found
        source: bytes | bytearray = data
        if self._rest is not None:
            self._rest += data
            source = self._rest
        at = 0
        try:
            while not self.closed:
                end = self._frame(source, at, found)
                if end == 0:
                    break
                at = end
        except _Broken as broken:
            self.violation = broken.violation
            self._fragments = None
            at = len(source)
        if at == len(source) or self.closed:
            self._rest = None
        elif at > 0 or self._rest is None:
            self._rest = bytearray(source[at:])
        return found

    def _frame(self, source: bytes | bytearray, at: int, found: list[Message]) -> int:
        """Takes the frame that begins at `at`; returns where it ends, or 0 while it is not whole."""
        if len(source) - at < 2:
            return 0
        first, second = source[at], source[at + 1]
        opcode = first & 0x0F
        self._check_head(first, second)
        length, start = second & 0x7F, at + 2
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(source) - start < size:
                return 0
            length, start = int.from_bytes(source[start : start + size], "big"), start + size
            if length < (126 if size == 2 else 65536) or length >= _MAX_LENGTH:
                raise _Broken(PROTOCOL_ERROR, "wrong length")
        if opcode < CLOSE and length + (len(self._fragments.data) if self._fragments else 0) > self._max_bytes:
            raise _Broken(TOO_BIG, "message too big")  # before it comes: nobody waits for a gigabyte
        end = start + 4 + length
        if len(source) < end:
            return 0
        payload = unmasked(bytes(source[start + 4 : end]), bytes(source[start : start + 4]))
        if opcode >= CLOSE:
            self._control(opcode, payload, found)
        else:
            self._data(opcode, payload, found, final=first >= 0x80)
        return end

    def _check_head(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if first & 0x70:
            raise _Broken(PROTOCOL_ERROR, "reserved bits")
        if not second & 0x80:
            raise _Broken(PROTOCOL_ERROR, "not masked")
        if opcode in {CLOSE, PING, PONG}:
            if first < 0x80 or second & 0x7F > MAX_CONTROL_BYTES:
                raise _Broken(PROTOCOL_ERROR, "control frame in pieces or too long")
        elif opcode not in {CONTINUATION, TEXT, BINARY}:
            raise _Broken(PROTOCOL_ERROR, "unknown opcode")
        elif (opcode == CONTINUATION) == (self._fragments is None):
            raise _Broken(PROTOCOL_ERROR, "fragments out of order")

    def _control(self, opcode: int, payload: bytes, found: list[Message]) -> None:
        if opcode == CLOSE:
            close_code(payload)
            self.closed = True
        found.append(Message(opcode, payload))

    def _data(self, opcode: int, payload: bytes, found: list[Message], *, final: bool) -> None:
        if opcode != CONTINUATION and final:
            found.append(Message(opcode, _text(payload) if opcode == TEXT else payload))
            return
        if self._fragments is None:
            self._fragments = _Fragments(opcode)
        whole = self._fragments
        whole.data += payload
        if whole.decoder is not None:
            try:
                whole.decoder.decode(payload, final)  # at once: bad text is not waited for
            except UnicodeDecodeError:
                raise _Broken(INVALID_TEXT, "no UTF-8") from None
        if final:
            self._fragments = None
            found.append(Message(whole.opcode, whole.data.decode() if whole.opcode == TEXT else bytes(whole.data)))


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """XOR with the four bytes of the mask, over and over (§5.3); masking is the same."""
    length = len(payload)
    whole = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(whole, "little")).to_bytes(length, "little")


def close_code(payload: bytes) -> int:
    """The code of a close frame (§7.4). Raises for one that may not be sent."""
    if not payload:
        return NO_CODE
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise _Broken(PROTOCOL_ERROR, "wrong close code")
    _text(payload[2:])
    return code


def control_frame(opcode: int, payload: bytes = b"") -> bytes:
    """A ping, pong or close as the server sends it: not masked."""
    assert len(payload) <= MAX_CONTROL_BYTES
    return bytes((0x80 | opcode, len(payload))) + payload


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise _Broken(INVALID_TEXT, "no UTF-8") from None
