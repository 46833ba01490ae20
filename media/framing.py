"""Messages between the server and its worker processes: msgpack, each behind its length in four bytes. Pure."""

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

import msgspec

MAX_MESSAGE: Final = 16 * 1024 * 1024
"""A message longer than this is a fault."""
_HEAD: Final = 4
Message = TypeVar("Message")


class ProtocolError(Exception):
    """The other side does not speak this protocol."""


def encode(message: msgspec.Struct) -> bytes:
    """A message as it travels."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(_HEAD, "big") + body


class Messages(Generic[Message]):
    """Bytes in as a pipe cuts them, whole messages out."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[Message]) -> None:
        self._buffer = bytearray()
        self._decoder = decoder

    def feed(self, data: bytes) -> Iterator[Message]:
        """Raises ProtocolError."""
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= _HEAD:
                length = int.from_bytes(buffer[at : at + _HEAD], "big")
                if length > MAX_MESSAGE:
                    raise ProtocolError(f"a message of {length} bytes")
                if len(buffer) - at - _HEAD < length:
                    return
                body = bytes(buffer[at + _HEAD : at + _HEAD + length])
                at += _HEAD + length
                yield self._decoded(body)
        finally:
            del buffer[:at]

    def _decoded(self, body: bytes) -> Message:
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, msgspec.ValidationError) as problem:
            raise ProtocolError(str(problem)) from problem
