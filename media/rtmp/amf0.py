"""Action Message Format 0: the values in RTMP commands and metadata (Adobe AMF 0 specification, 2007)."""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

from media.rtmp.errors import RtmpError

Value = float | bool | str | None | dict[str, "Value"] | list["Value"]

MAX_DEPTH: Final = 8
MAX_VALUES: Final = 4096
"""Values of one message, nested ones too; real metadata has some twenty."""

NUMBER, BOOLEAN, STRING, OBJECT, NULL, STRICT_ARRAY, LONG_STRING = 0, 1, 2, 3, 5, 10, 12
"""Markers that are written; `_Reader` knows the others of §2.1 too."""


def decode(data: bytes) -> list[Value]:
    """All values of a message. Raises `RtmpError` for what is cut short, too deep, too many or AMF3."""
    reader = _Reader(data)
    values: list[Value] = []
    while not reader.at_end:
        values.append(reader.value(0))
    return values


def encode(*values: object) -> bytes:
    """Values as they go into a message: numbers, booleans, strings, None, mappings (objects) and sequences."""
    out = bytearray()
    for value in values:
        _write(out, value)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._values = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._data)

    def value(self, depth: int) -> Value:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise RtmpError("AMF values nested too deep or too many")
        marker = self._take(1)[0]
        match marker:
            case 3:
                return self._members(depth)
            case 8:
                self._take(4)  # an approximate count; the end marker decides
                return self._members(depth)
            case 10:
                return [self.value(depth + 1) for _ in range(int.from_bytes(self._take(4), "big"))]
            case 16:
                self._text(2)
                return self._members(depth)
            case _:
                return self._scalar(marker)

    def _scalar(self, marker: int) -> Value:
        match marker:
            case 0:
                return float(struct.unpack(">d", self._take(8))[0])
            case 1:
                return self._take(1)[0] != 0
            case 2:
                return self._text(2)
            case 5 | 6 | 13:
                return None
            case 11:
                return float(struct.unpack(">dh", self._take(10))[0])
            case 12 | 15:
                return self._text(4)
            case _:
                raise RtmpError(f"AMF0 type {marker} is not supported")

    def _members(self, depth: int) -> dict[str, Value]:
        members: dict[str, Value] = {}
        while True:
            name = self._text(2)
            if not name and self._data[self._at : self._at + 1] == b"\x09":
                self._at += 1
                return members
            if self.at_end and depth == 0 and not name:
                return members  # some encoders leave the end marker out of the last object
            members[name] = self.value(depth + 1)

    def _text(self, length_bytes: int) -> str:
        length = int.from_bytes(self._take(length_bytes), "big")
        return self._take(length).decode("utf-8", "replace")

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise RtmpError("AMF value cut short")
        taken = self._data[self._at : end]
        self._at = end
        return taken


def _write(out: bytearray, value: object) -> None:
    if value is None:
        out.append(NULL)
    elif isinstance(value, bool):
        out += bytes((BOOLEAN, value))
    elif isinstance(value, (int, float)):
        out += struct.pack(">Bd", NUMBER, value)
    elif isinstance(value, str):
        raw = value.encode()
        out += struct.pack(">BH", STRING, len(raw)) if len(raw) < 65536 else struct.pack(">BI", LONG_STRING, len(raw))
        out += raw
    elif isinstance(value, Mapping):
        out.append(OBJECT)
        for name, member in value.items():
            raw = str(name).encode()
            out += struct.pack(">H", len(raw)) + raw
            _write(out, member)
        out += b"\x00\x00\x09"
    elif isinstance(value, Sequence):
        out += struct.pack(">BI", STRICT_ARRAY, len(value))
        for member in value:
            _write(out, member)
    else:
        raise TypeError(f"{type(value).__name__} has no AMF0 form")
