"""Header fields as programs really write them: folded, encoded twice, split in mid-character, or not at all. No I/O."""

import binascii
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from portals.helpdesk.post.reading.charsets import clean_line, codec_of, decoded

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?\n]*)\?=")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_BARE_ID = re.compile(r"[^<>\s,]{1,150}@[^<>\s,]{1,99}")
_PARAMETER = re.compile(r"([^*\s]{1,60})(?:\*(\d{1,4}))?(\*)?")
MOST_FIELDS: Final = 1000
MOST_IDS: Final = 60


class Headers:
    """The fields of one block, in their order; names in lower case, values as the bytes that came, unfolded."""

    def __init__(self, fields: list[tuple[str, bytes]]) -> None:
        self.fields: Final = fields

    def all(self, name: str) -> list[bytes]:
        return [value for known, value in self.fields if known == name]

    def first(self, name: str) -> bytes:
        """Empty where there is none."""
        return next((value for known, value in self.fields if known == name), b"")

    def has(self, name: str) -> bool:
        return any(known == name for known, _value in self.fields)

    def line(self, name: str, most: int = 998) -> str:
        """The first field of this name, decoded."""
        return clean_line(decode_words(self.first(name)), most)

    def word(self, name: str) -> str:
        """Its first word in lower case, for fields that hold one (`Precedence`, `Auto-Submitted`)."""
        return self.line(name, 200).partition(";")[0].strip().lower()


def split_headers(block: bytes) -> Headers:
    """`block`: lines that end with LF. What is no field is passed over, an mbox line too; later fields still count."""
    fields: list[tuple[str, bytes]] = []
    for line in block.split(b"\n"):
        if line[:1] in {b" ", b"\t"}:
            if fields:
                name, value = fields[-1]
                fields[-1] = (name, value + b" " + line.strip())
            continue
        found = _FIELD.fullmatch(line)
        if found:
            fields.append((found[1].decode("ascii").lower(), found[2].strip()))
        if len(fields) > MOST_FIELDS:
            break
    return Headers(fields)


def decode_words(value: bytes) -> str:
    """Text of a field (RFC 2047). Neighbouring words of one charset are joined before they are decoded."""
    text = decoded(value)
    pieces: list[str] = []
    waiting, charset, end = b"", "", 0
    for found in _WORD.finditer(text):
        between = text[end : found.start()]
        data = _word_bytes(found[2], found[3])
        follows = end > 0 and not between.strip()
        if follows and found[1].lower() == charset.lower():
            waiting += data
        else:
            pieces += [decoded(waiting, charset), "" if follows else between]
            waiting, charset = data, found[1]
        end = found.end()
    return "".join([*pieces, decoded(waiting, charset), text[end:]])


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return from_base64(data) if encoding in "bB" else binascii.a2b_qp(data, header=True)


def from_base64(data: bytes) -> bytes:
    """What can be read of it: strange signs are passed over, a last group that is cut off is dropped."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        whole = len(kept) - (1 if len(kept) % 4 == 1 else 0)
        return binascii.a2b_base64(kept[:whole] + b"=" * (-whole % 4))


class Mailbox(msgspec.Struct, frozen=True):
    """A name that is shown and an address as it was written."""

    name: str
    address: str


def mailboxes(value: bytes, most: int = 100) -> tuple[Mailbox, ...]:
    """The addresses of a field (RFC 5322, 3.4). Split first and decoded after, so that no encoded comma adds one."""
    found = []
    for piece in _pieces(decoded(value)[:50_000]):
        box = _mailbox(piece)
        if box.address:
            found.append(box)
        if len(found) == most:
            break
    return tuple(found)


def _signs(text: str) -> Iterator[tuple[str, str]]:
    """Each sign with where it stands: `plain`, `quoted` or `comment`; quotes and parentheses themselves are `mark`."""
    depth, quoted, escaped = 0, False, False
    for sign in text:
        where = "quoted" if quoted else "comment" if depth else "plain"
        if escaped:
            escaped = False
            yield where, sign
        elif sign == "\\" and where != "plain":
            escaped = True
        elif sign == '"' and where != "comment":
            quoted = not quoted
            yield "mark", sign
        elif sign == "(" and where != "quoted":
            depth += 1
            yield "mark", sign
        elif sign == ")" and where == "comment":
            depth -= 1
            yield "mark", sign
        else:
            yield where, sign


def _pieces(text: str) -> list[list[tuple[str, str]]]:
    """Split at commas and semicolons outside of quotes, comments and angles; a group's name is dropped."""
    pieces: list[list[tuple[str, str]]] = [[]]
    angle = False
    for where, sign in _signs(text):
        if where == "plain" and sign in "<>":
            angle = sign == "<"
        if where == "plain" and not angle and sign in ",;":
            pieces.append([])
        elif where == "plain" and not angle and sign == ":":
            pieces[-1].clear()
        else:
            pieces[-1].append((where, sign))
    return pieces


def _mailbox(piece: list[tuple[str, str]]) -> Mailbox:
    words, comment, angle = "", "", ""
    inside = closed = False
    for where, sign in piece:
        if where == "plain" and sign in "<>":
            inside, closed = sign == "<", True
            angle = "" if inside else angle
        elif inside and where != "comment":
            angle += sign
        elif where == "comment":
            comment += sign
        elif where != "mark":
            words += sign
    address = angle.rpartition(":")[2] if closed else words
    name = (words if closed else "") or comment
    address = "".join(address.split())
    plain = "@" in address and not any(sign in address for sign in '<>"(),;:\\[]')
    return Mailbox(clean_line(decode_words(name.encode()), 200), address[:320] if plain else "")


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """First value in lower case, and the parameters behind it: plain, in pieces, with a charset (RFC 2231)."""
    texts = _split_parameters(value.decode("latin-1"))
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for text in texts[1:200]:
        key, equals, content = text.partition("=")
        found = _PARAMETER.fullmatch(key.strip().lower())
        if not equals or found is None:
            continue
        content = _unquoted(content.strip())
        if found[2] is None and found[3] is None:
            plain.setdefault(found[1], clean_line(decode_words(content.encode("latin-1"))))
        else:
            pieces.setdefault(found[1], {}).setdefault(int(found[2] or 0), (found[3] is not None, content))
    joined = {key: _joined(numbered) for key, numbered in pieces.items()}
    return texts[0].strip().strip('"').lower(), plain | {key: text for key, text in joined.items() if text}


def _split_parameters(text: str) -> list[str]:
    pieces, start, quoted, skip = [], 0, False, False
    for at, sign in enumerate(text):
        if skip:
            skip = False
        elif quoted and sign == "\\":
            skip = True
        elif sign == '"':
            quoted = not quoted
        elif sign == ";" and not quoted:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


def _unquoted(text: str) -> str:
    if text.startswith('"'):
        inside = text[1 : -1 if text.endswith('"') and len(text) > 1 else None]
        # a backslash before anything else is a folder of Windows, not an escape
        return re.sub(r'\\(["\\])', r"\1", inside)
    return text


def _joined(numbered: dict[int, tuple[bool, str]]) -> str:
    charset, data = "", b""
    for place, (encoded, text) in enumerate(numbered[number] for number in sorted(numbered)):
        if encoded and place == 0:
            declared, quote, rest = text.partition("'")
            language_end = rest.find("'")
            if quote and language_end >= 0:
                charset, text = declared, rest[language_end + 1 :]
        data += unquote_to_bytes(text.encode("latin-1")) if encoded else text.encode("latin-1")
    known = charset if codec_of(charset) else ""
    return clean_line(decoded(data, known))


def message_ids(value: bytes) -> tuple[str, ...]:
    """Message-IDs without their angles; the first and the latest where there are more than anyone needs."""
    text = decoded(value)
    found = _MESSAGE_ID.findall(text) or _BARE_ID.findall(text[:20_000])
    unique = list(dict.fromkeys(found))
    return tuple(unique if len(unique) <= MOST_IDS else [unique[0], *unique[1 - MOST_IDS :]])
