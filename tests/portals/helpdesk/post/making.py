"""Pieces of letters for tests: headers and parts as bytes, exactly as written, right or wrong."""

import base64
import struct
import zlib

CRLF = b"\r\n"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\xdac\xfc\xcf\xc0P\x0f\x00\x04\x85\x01\x80\x84\xa9\x8c!\x00\x00\x00\x00IEND\xaeB`\x82"
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EXE = (
    b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
    + b"\x00" * 48
    + b"This program cannot be run in DOS mode."
)


def letter(*headers: bytes | str, body: bytes | str = b"Tre\xc5\x9b\xc4\x87.") -> bytes:
    """Header lines and a body; text becomes UTF-8, nothing is escaped, lines of headers end with CRLF."""
    lines = [one.encode() if isinstance(one, str) else one for one in headers]
    text = body.encode() if isinstance(body, str) else body
    return CRLF.join(lines) + CRLF + CRLF + text.replace(b"\r\n", b"\n").replace(b"\n", CRLF)


def part(kind: str, body: bytes | str, *headers: str) -> bytes:
    """A part of a multipart, with its content as it is."""
    lines = [f"Content-Type: {kind}".encode(), *[one.encode() for one in headers]]
    return CRLF.join(lines) + CRLF + CRLF + (body.encode() if isinstance(body, str) else body)


def encoded(kind: str, content: bytes, *headers: str) -> bytes:
    """A part in base64."""
    return part(kind, base64.encodebytes(content).replace(b"\n", CRLF), "Content-Transfer-Encoding: base64", *headers)


def attached(name: str, kind: str, content: bytes) -> bytes:
    return encoded(f'{kind}; name="{name}"', content, f'Content-Disposition: attachment; filename="{name}"')


def multipart(*parts: bytes, boundary: str = "=-gryf-1", closed: bool = True) -> bytes:
    mark = b"--" + boundary.encode()
    body = b"".join(mark + CRLF + one + CRLF for one in parts)
    return body + (mark + b"--" + CRLF if closed else b"")


def tnef(*files: tuple[str, bytes], text: str = "", long_names: bool = True) -> bytes:
    """A winmail.dat with files, as Outlook makes them (MS-OXTNEF)."""

    def attribute(level: int, kind: int, value: bytes) -> bytes:
        return struct.pack("<BII", level, kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    made = b"\x78\x9f\x3e\x22\x01\x00" + attribute(1, 0x00069007, struct.pack("<II", 1250, 0))
    if text:
        made += attribute(1, 0x0002800C, text.encode("cp1250") + b"\0")
    for name, content in files:
        made += attribute(2, 0x00069002, b"\0" * 14)
        made += attribute(2, 0x00018010, name.encode("cp1250")[:8] + b"\0")
        made += attribute(2, 0x0006800F, content)
        if long_names:
            wide = (name + "\0").encode("utf-16-le")
            value = struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(wide)) + wide + b"\0" * (-len(wide) % 4)
            made += attribute(2, 0x00069005, value)
    return made


def zip_with(*members: tuple[str, bytes], claimed_size: int | None = None) -> bytes:
    """A zip archive, deflated, without dates, so that it is the same each time. `claimed_size`: what its directory
    says of the first member, for archives that lie.
    """
    made, directory = b"", b""
    for name, content in members:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
        size = len(content) if claimed_size is None else claimed_size
        sums = struct.pack("<III", zlib.crc32(content), len(packed), size)
        offset = len(made)
        label = name.encode()
        made += b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sums + struct.pack("<HH", len(label), 0)
        made += label + packed
        directory += b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sums
        directory += struct.pack("<HHHHHII", len(label), 0, 0, 0, 0, 0, offset) + label
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(made), 0)
    return made + directory + b"PK\x05\x06" + end
