"""What a letter's parts say and carry: one text, and the files beside it. No I/O."""

import re
from typing import Final

import msgspec

from portals.helpdesk.post.model import Enclosure
from portals.helpdesk.post.reading import tnef
from portals.helpdesk.post.reading.charsets import clean_line, clean_text, decoded
from portals.helpdesk.post.reading.headers import split_headers
from portals.helpdesk.post.reading.parts import Part, with_plain_breaks
from portals.helpdesk.post.reading.plain import cut, html_charset, html_text, unflowed

_SEALS: Final = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/pgp-signature",
        "application/pgp-encrypted",
        "application/pgp-keys",
    }
)
_TNEF: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MESSAGES: Final = frozenset({"message/rfc822", "message/global"})
_REPORTS: Final = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
_ENDINGS: Final = {
    "image/jpeg": "jpg",
    "image/svg+xml": "svg",
    "text/plain": "txt",
    "text/html": "html",
    "text/calendar": "ics",
    "text/rtf": "rtf",
    "message/rfc822": "eml",
    "message/global": "eml",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-signature": "p7s",
    "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m",
    "application/pgp-signature": "asc",
    "application/pgp-encrypted": "asc",
    "application/pgp-keys": "asc",
}


class Contents(msgspec.Struct):
    """`text` is all that was written, in plain text."""

    text: str
    enclosures: list[Enclosure]


def contents_of(tree: Part, mended: list[str]) -> Contents:
    """`mended` is told what was wrong and could be read all the same."""
    words: list[str] = []
    files: list[Enclosure] = []
    _walk(tree, words, files, mended)
    text = cut("\n\n".join(part.strip("\n") for part in words if part.strip()))
    return Contents(text, [_named(one, number) for number, one in enumerate(files, start=1)])


def _walk(tree: Part, words: list[str], files: list[Enclosure], mended: list[str]) -> None:
    """The tree is at most `MOST_DEPTH` deep, so this may go down by itself."""
    if tree.kind == "multipart/alternative" and tree.children:
        _alternative(tree, words, files, mended)
        return
    for child in tree.children:
        _walk(child, words, files, mended)
    if tree.children:
        return
    if tree.kind in _REPORTS:
        return
    if _is_tnef(tree):
        _open_tnef(tree, words, files, mended)
    elif tree.kind in {"text/plain", "text/html"} and tree.disposition != "attachment" and not tree.name:
        words.append(_text(tree))
    elif tree.body:
        files.append(_enclosure(tree))


def _alternative(tree: Part, words: list[str], files: list[Enclosure], mended: list[str]) -> None:
    """The same in several forms: plain text if there is any, else the last form that says something (RFC 2046, 5.1.4).

    Pictures and calendars that stand in a form which is not shown stay files.
    """
    said: list[tuple[bool, list[str]]] = []
    for child in tree.children:
        own: list[str] = []
        _walk(child, own, files, mended)
        if any(one.strip() for one in own):
            said.append((child.kind == "text/plain", own))
    chosen = next((own for plain, own in said if plain), said[-1][1] if said else [])
    words += chosen


def _text(part: Part) -> str:
    if part.kind == "text/html":
        return html_text(decoded(part.body, part.charset or html_charset(part.body)))
    text = decoded(part.body, part.charset)
    if part.parameters.get("format", "").lower() == "flowed":
        return unflowed(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return text


def _is_tnef(part: Part) -> bool:
    return part.body.startswith(tnef.SIGNATURE) or part.kind in _TNEF


def _open_tnef(part: Part, words: list[str], files: list[Enclosure], mended: list[str]) -> None:
    """What is inside takes its place; where it cannot be opened, it stays a file that the checks will stop."""
    try:
        found = tnef.unpack(part.body)
    except tnef.Damaged:
        mended.append("winmail.dat")
        files.append(Enclosure(part.name or "winmail.dat", "application/ms-tnef", part.body))
        return
    if not any(one.strip() for one in words):
        html = decoded(found.html, html_charset(found.html) or found.charset)
        words.append(found.text if found.text.strip() else html_text(html))
    files += [Enclosure(one.name, one.type or "application/octet-stream", one.content) for one in found.files]


def _enclosure(part: Part) -> Enclosure:
    name, content = part.name, part.body
    if part.kind in _MESSAGES and not name:
        head = with_plain_breaks(content).lstrip(b"\n").partition(b"\n\n")[0]
        name = split_headers(head).line("subject", 80)
        name = f"{name}.eml" if name else ""
    if part.kind.startswith("text/") and part.kind != "text/html":
        content = _readable(part)
    return Enclosure(
        name,
        part.kind,
        content,
        inline=part.disposition == "inline" or bool(part.content_id),
        seal=part.kind in _SEALS,
    )


def _readable(part: Part) -> bytes:
    """A text as UTF-8, which is what files here are looked at as; one that is no text keeps its bytes."""
    if b"\0" in part.body and not part.charset.lower().startswith("utf-16"):
        return part.body
    text = decoded(part.body, part.charset)
    return part.body if "\ufffd" in text else clean_text(text).encode()


def _named(one: Enclosure, number: int) -> Enclosure:
    name = clean_line(one.name, 200)
    if not name:
        ending = _ENDINGS.get(one.type) or re.sub(r"[^a-z0-9]", "", one.type.partition("/")[2])[:8] or "bin"
        name = f"{one.type.partition('/')[0] or 'file'}-{number}.{ending}"
    return msgspec.structs.replace(one, name=name)
