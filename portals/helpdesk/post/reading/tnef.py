"""winmail.dat taken apart (MS-OXTNEF), so that what is inside meets the same checks as every attachment. No I/O."""

import struct
from typing import Final

import msgspec

from portals.helpdesk.post.reading.charsets import clean_line, decoded

SIGNATURE: Final = b"\x78\x9f\x3e\x22"
MOST_FILES: Final = 100
MOST_DEPTH: Final = 4
MOST_PROPERTIES: Final = 4000

_MESSAGE, _ATTACHMENT = 1, 2
_SUBJECT, _BODY, _CODEPAGE, _MESSAGE_PROPERTIES = 0x8004, 0x800C, 0x9007, 0x9003
_BEGINS, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_PLAIN_BODY, _HTML_BODY, _RTF_BODY = 0x1000, 0x1013, 0x1009
_LONG_NAME, _SHORT_NAME, _MEDIA_TYPE, _OBJECT, _DISPLAY_NAME = 0x3707, 0x3704, 0x370E, 0x3701, 0x3001
_FIXED: Final = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
"""Bytes of property types of fixed size, filled up to 4 (MS-OXCDATA 2.11.1)."""
_STRING, _WIDE_STRING, _EMBEDDED, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MANY = 0x1000


class Damaged(Exception):
    """It is no TNEF, or it breaks off, or passes a limit."""


class Unpacked(msgspec.Struct):
    """A file that lay inside."""

    name: str = ""
    type: str = ""
    content: bytes = b""


class Contents(msgspec.Struct):
    """What lay in a winmail.dat. `html` is as it came, in bytes: it names its own charset, or has that of the page."""

    subject: str = ""
    text: str = ""
    html: bytes = b""
    charset: str = "cp1250"
    files: list[Unpacked] = []


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise Damaged
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def u16(self) -> int:
        return int(struct.unpack("<H", self.take(2))[0])

    def u32(self) -> int:
        return int(struct.unpack("<I", self.take(4))[0])

    @property
    def more(self) -> bool:
        return self.at < len(self.data)


def unpack(data: bytes, depth: int = 0) -> Contents:
    """Files and words of it; messages inside are opened too. Raises Damaged."""
    reader = _Reader(data)
    if reader.take(4) != SIGNATURE or depth > MOST_DEPTH:
        raise Damaged
    reader.u16()  # the key, of no use to us
    found = Contents(files=[])
    while reader.more:
        level = reader.take(1)[0]
        attribute = reader.u32() & 0xFFFF
        value = reader.take(reader.u32())
        if reader.u16() != sum(value) & 0xFFFF or level not in {_MESSAGE, _ATTACHMENT}:
            raise Damaged
        if level == _MESSAGE:
            _message(found, attribute, value)
        else:
            _attachment(found, attribute, value, depth)
    found.files = [one for one in found.files if one.content]
    return found


def _message(found: Contents, attribute: int, value: bytes) -> None:
    if attribute == _CODEPAGE and len(value) >= 4:
        found.charset = f"cp{struct.unpack('<I', value[:4])[0]}"
    elif attribute == _SUBJECT:
        found.subject = clean_line(decoded(value, found.charset))
    elif attribute == _BODY:
        found.text = decoded(value, found.charset)
    elif attribute == _MESSAGE_PROPERTIES:
        properties = _properties(value, found.charset)
        text, html = properties.get(_PLAIN_BODY), properties.get(_HTML_BODY)
        if isinstance(text, str) and text.strip():
            found.text = text
        if html:
            found.html = html.encode() if isinstance(html, str) else html
        rtf = properties.get(_RTF_BODY)
        if isinstance(rtf, bytes):
            found.files.append(Unpacked("message.rtf", "text/rtf", decompressed_rtf(rtf)))


def _attachment(found: Contents, attribute: int, value: bytes, depth: int) -> None:
    if attribute == _BEGINS:
        if len(found.files) >= MOST_FILES:
            raise Damaged
        found.files.append(Unpacked())
        return
    if not found.files:
        raise Damaged
    file = found.files[-1]
    if attribute == _TITLE:
        file.name = file.name or clean_line(decoded(value.rstrip(b"\0"), found.charset))
    elif attribute == _DATA:
        file.content = value
    elif attribute == _PROPERTIES:
        _take_properties(found, file, _properties(value, found.charset), depth)


def _take_properties(found: Contents, file: Unpacked, properties: dict[int, bytes | str], depth: int) -> None:
    for tag in (_LONG_NAME, _DISPLAY_NAME, _SHORT_NAME):
        name = properties.get(tag)
        if isinstance(name, str) and name.strip():
            file.name = clean_line(name)
            break
    kind = properties.get(_MEDIA_TYPE)
    if isinstance(kind, str):
        file.type = clean_line(kind, 100).lower()
    content = properties.get(_OBJECT)
    if not isinstance(content, bytes):
        return
    inner = content[16:]  # behind the interface's identifier
    if inner.startswith(SIGNATURE):
        nested = unpack(inner, depth + 1)
        if len(found.files) + len(nested.files) > MOST_FILES:
            raise Damaged
        file.name = (file.name or nested.subject or "message").removesuffix(".msg") + ".txt"
        file.type = "text/plain"
        file.content = nested.text.encode() or decoded(nested.html, nested.charset).encode()
        found.files[-1:-1] = nested.files
    elif not file.content:
        file.content = inner


def _properties(value: bytes, charset: str) -> dict[int, bytes | str]:
    """The properties by their tags; named ones and lists of values are passed over."""
    reader = _Reader(value)
    count = reader.u32()
    if count > MOST_PROPERTIES:
        raise Damaged
    found: dict[int, bytes | str] = {}
    for _ in range(count):
        kind, tag = reader.u16(), reader.u16()
        if tag >= 0x8000:
            _skip_name(reader)
        many, plain = bool(kind & _MANY), kind & ~_MANY
        if plain in _FIXED:
            for _each in range(reader.u32() if many else 1):
                reader.take(_FIXED[plain])
        elif plain in {_STRING, _WIDE_STRING, _EMBEDDED, _BINARY}:
            values = [_padded(reader) for _each in range(_checked_count(reader))]
            if values and not many and tag < 0x8000:
                found[tag] = _value(plain, values[0], charset)
        else:
            raise Damaged
    return found


def _skip_name(reader: _Reader) -> None:
    reader.take(16)
    if reader.u32() == 0:
        reader.take(4)
    else:
        _padded(reader)


def _checked_count(reader: _Reader) -> int:
    count = reader.u32()
    if count > MOST_PROPERTIES:
        raise Damaged
    return count


def _padded(reader: _Reader) -> bytes:
    size = reader.u32()
    value = reader.take(size)
    reader.take(min(-size % 4, len(reader.data) - reader.at))
    return value


def _value(kind: int, value: bytes, charset: str) -> bytes | str:
    if kind == _STRING:
        return decoded(value.rstrip(b"\0"), charset)
    if kind == _WIDE_STRING:
        return decoded(value.removesuffix(b"\0\0"), "utf-16-le") if value.strip(b"\0") else ""
    return value


_RTF_START: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the window of the compression begins with (MS-OXRTFCP 2.1.2.1)."""
MOST_RTF_BYTES: Final = 8 * 1024 * 1024


def decompressed_rtf(data: bytes) -> bytes:
    """RTF out of PidTagRtfCompressed (MS-OXRTFCP). Raises Damaged."""
    reader = _Reader(data)
    reader.u32()  # how many bytes follow
    size = reader.u32()
    form = reader.take(4)
    reader.take(4)
    if size > MOST_RTF_BYTES:
        raise Damaged
    if form == b"MELA":
        return reader.take(size)
    if form != b"LZFu":
        raise Damaged
    window = bytearray(_RTF_START.ljust(4096, b" "))
    write, made, control, left = len(_RTF_START), bytearray(), 0, 0
    while reader.more and len(made) < size:
        if not left:
            control, left = reader.take(1)[0], 8
            continue
        is_pair, control, left = control & 1, control >> 1, left - 1
        start, length = -1, 1
        if is_pair:
            pair = int.from_bytes(reader.take(2), "big")
            start, length = pair >> 4, (pair & 15) + 2
            if start == write:  # the sign of the end
                break
        for step in range(length):  # it may run into what it is just writing
            sign = window[(start + step) % 4096] if is_pair else reader.take(1)[0]
            window[write] = sign
            write = (write + 1) % 4096
            made.append(sign)
    return bytes(made[:size])
