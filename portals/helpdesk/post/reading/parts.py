"""The parts of a letter (MIME, RFC 2045 and 2046), within limits that no letter of a person reaches. No I/O."""

import binascii
import re
from typing import Final

import msgspec

from portals.helpdesk.post.reading.headers import Headers, from_base64, parameters, split_headers

MOST_DEPTH: Final = 20
MOST_PARTS: Final = 400
MOST_HEADER_BYTES: Final = 256 * 1024
_BLANK = re.compile(rb"\n\n")


class Unreadable(Exception):
    """The letter passes a limit, or is none. The message is a value of `Reason`."""


class Part(msgspec.Struct, frozen=True):
    """One part. `body` is decoded for leaves; `children` stand in a multipart alone."""

    kind: str
    parameters: dict[str, str]
    disposition: str
    name: str
    headers: Headers
    body: bytes = b""
    children: tuple["Part", ...] = ()

    @property
    def charset(self) -> str:
        return self.parameters.get("charset", "")

    @property
    def content_id(self) -> str:
        return self.headers.line("content-id").strip("<>")


class _Open(msgspec.Struct):
    """A part that is being taken apart."""

    headers: Headers
    kind: str
    parameters: dict[str, str]
    depth: int
    pieces: list[bytes]
    child_kind: str
    children: list[Part]


def with_plain_breaks(raw: bytes) -> bytes:
    """Lines that end with LF, however they came: CRLF, bare CR, bare LF, all in one letter."""
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def parse(raw: bytes) -> Part:
    """The letter as a tree. Without recursion, so that nesting cannot exhaust the stack. Raises Unreadable."""
    count = 1
    opened = _begin(with_plain_breaks(raw).lstrip(b"\n"), 0, "text/plain")
    if isinstance(opened, Part):
        return opened
    stack = [opened]
    while True:
        top = stack[-1]
        if top.pieces:
            count += 1
            if count > MOST_PARTS:
                raise Unreadable("too_many_parts")
            child = _begin(top.pieces.pop(), top.depth + 1, top.child_kind)
            if isinstance(child, Part):
                top.children.append(child)
            else:
                stack.append(child)
            continue
        done = _finished(top)
        stack.pop()
        if not stack:
            return done
        stack[-1].children.append(done)


def _begin(content: bytes, depth: int, default: str) -> Part | _Open:
    if depth > MOST_DEPTH:
        raise Unreadable("too_deep")
    block, body = _split(content)
    headers = split_headers(block)
    kind, given = parameters(headers.first("content-type"))
    if not re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}", kind):
        kind, given = default, given if not kind else {}
    boundary = given.get("boundary", "")
    if kind.startswith("multipart/") and boundary:
        pieces = _pieces(_transferred(headers, body), boundary.encode("utf-8", "replace"))
        if pieces:
            child_kind = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            return _Open(headers, kind, given, depth, pieces[::-1], child_kind, [])
    if kind.startswith("multipart/"):
        kind = "text/plain"  # no boundary, or one that never comes: what is there can still be read
    return _leaf(headers, kind, given, body)


def _split(content: bytes) -> tuple[bytes, bytes]:
    if content.startswith(b"\n"):
        return b"", content[1:]
    found = _BLANK.search(content, 0, MOST_HEADER_BYTES)
    if found is None:
        if len(content) > MOST_HEADER_BYTES:
            raise Unreadable("headers_too_large")
        return content, b""
    return content[: found.start()], content[found.end() :]


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the boundaries; the last one needs no end. Empty where the boundary never comes."""
    line = re.compile(rb"(?:\A|\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\n|\Z)")
    pieces, start = [], -1
    for found in line.finditer(body):
        if start >= 0:
            pieces.append(body[start : found.start()])
        start = found.end() + 1
        if found[1]:
            return pieces
        if len(pieces) > MOST_PARTS:
            raise Unreadable("too_many_parts")
    return [*pieces, body[start:]] if start >= 0 else pieces


def _leaf(headers: Headers, kind: str, given: dict[str, str], body: bytes) -> Part:
    disposition, words = parameters(headers.first("content-disposition"))
    name = words.get("filename") or given.get("name", "")
    return Part(kind, given, disposition, name, headers, _transferred(headers, body))


def _finished(opened: _Open) -> Part:
    return Part(opened.kind, opened.parameters, "", "", opened.headers, b"", tuple(opened.children))


def _transferred(headers: Headers, body: bytes) -> bytes:
    """Without the encoding it travelled in; one nobody knows leaves the bytes as they are."""
    encoding = headers.word("content-transfer-encoding")
    if encoding == "base64":
        return from_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
        return _uu_decoded(body)
    return body


def _uu_decoded(body: bytes) -> bytes:
    _, begin, rest = body.partition(b"begin ")
    if not begin:
        return body
    data = bytearray()
    for line in rest.split(b"\n")[1:]:
        if line.strip() == b"end":
            break
        try:
            data += binascii.a2b_uu(line)
        except binascii.Error:
            # some programs leave the filling out, others write one sign too many: the first one says how much counts
            whole = ((line[0] - 32 & 63) * 4 + 5) // 3 if line else 0
            try:
                data += binascii.a2b_uu(line[:whole])
            except binascii.Error:
                continue
    return bytes(data)
