"""What a file is, told by its bytes. No I/O: feed the head of the file, get a media type."""

import re
from typing import Final

HEAD_BYTES: Final = 4096
"""Enough of a file's beginning for every rule here."""

ZIP: Final = "application/zip"
SVG: Final = "image/svg+xml"
HTML: Final = "text/html"
UNKNOWN: Final = "application/octet-stream"
MESSAGE: Final = "message/rfc822"
SEALS: Final = frozenset({"application/pkcs7-mime", "application/pgp-encrypted"})
"""What S/MIME and PGP add to a letter: of use to the reader's own program, and never opened here."""
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
AUDIO: Final = frozenset({"audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav", "audio/webm"})
VIDEO: Final = frozenset({"video/mp4", "video/webm", "video/ogg"})
TEXTS: Final = frozenset({"text/plain", "text/markdown", "text/csv", "text/vtt", "application/x-subrip"})
OFFICE: Final = frozenset(
    {
        _OOXML + "wordprocessingml.document",
        _OOXML + "spreadsheetml.sheet",
        _OOXML + "presentationml.presentation",
        _ODF + "text",
        _ODF + "spreadsheet",
        _ODF + "presentation",
    }
)
DOCUMENTS: Final = frozenset({"application/pdf"}) | OFFICE | TEXTS
"""What people hand in. Neither SVG nor HTML is in any of these sets: both carry scripts."""

_BY_ENDING: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": SVG,
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "ogv": "video/ogg",
    "wav": "audio/wav",
    "zip": ZIP,
    "docx": _OOXML + "wordprocessingml.document",
    "xlsx": _OOXML + "spreadsheetml.sheet",
    "pptx": _OOXML + "presentationml.presentation",
    "odt": _ODF + "text",
    "ods": _ODF + "spreadsheet",
    "odp": _ODF + "presentation",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "html": HTML,
    "htm": HTML,
    "eml": MESSAGE,
    "p7s": "application/pkcs7-mime",
    "p7m": "application/pkcs7-mime",
    "asc": "application/pgp-encrypted",
    "pgp": "application/pgp-encrypted",
}
_SAME: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "audio/x-aac": "audio/aac",
    "audio/aacp": "audio/aac",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": ZIP,
    "application/x-zip": ZIP,
    "text/x-markdown": "text/markdown",
    "text/srt": "application/x-subrip",
    "application/csv": "text/csv",
    "application/vnd.ms-excel": "text/csv",  # what browsers on Windows with Excel call a .csv
    "video/x-m4v": "video/mp4",
    "application/x-pkcs7-mime": "application/pkcs7-mime",
    "application/pkcs7-signature": "application/pkcs7-mime",
    "application/x-pkcs7-signature": "application/pkcs7-mime",
    "application/pgp-signature": "application/pgp-encrypted",
    "application/pgp-keys": "application/pgp-encrypted",
}
_CONTAINERS: Final = (frozenset({"video/mp4", "audio/mp4"}), frozenset({"video/webm", "audio/webm"}),
                      frozenset({"video/ogg", "audio/ogg"}))  # fmt: skip
"""The head does not tell sound alone from sound with picture: there the claim decides."""

_MARKUP = re.compile(
    rb"<(!doctype\s+html|html|head|body|script|iframe|table|title|style|img|a|div|p|h1|br|font)[\s>/]", re.IGNORECASE
)
_SVG = re.compile(rb"<(!doctype\s+)?svg[\s>/]", re.IGNORECASE)
_SRT = re.compile(r"\A\d+\r?\n\d{2}:\d{2}:\d{2}[,.]\d{3} --> \d{2}:\d{2}:\d{2}[,.]\d{3}")
_PKCS7: Final = bytes.fromhex("2a864886f70d0107")
"""The object identifier 1.2.840.113549.1.7, with which CMS begins (RFC 5652)."""
_FIELD = re.compile(r"[!-9;-~]{1,76}:[ \t\r\n]")
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"ID3", "audio/mpeg"),
)


RUN_BY_NAME: Final = frozenset({
    "ade", "adp", "apk", "app", "application", "appref-ms", "bas", "bat", "chm", "cmd", "com", "command", "cpl",
    "crt", "csh", "desktop", "dll", "exe", "gadget", "hlp", "hta", "inf", "iso", "jar", "jnlp", "js", "jse", "ksh",
    "library-ms", "lnk", "mdb", "mde", "mht", "mhtml", "mjs", "msc", "msi", "msp", "mst", "msu", "pif", "pkg", "ps1",
    "psd1", "psm1", "py", "pyc", "pyw", "reg", "scf", "scr", "sct", "search-ms", "settingcontent-ms", "sh", "shb",
    "shs", "sys", "theme", "url", "vb", "vbe", "vbs", "vhd", "vhdx", "website", "ws", "wsc", "wsf", "wsh", "xbap",
    "xht", "xhtml", "xll", "xsl", "docm", "dotm", "potm", "ppam", "ppsm", "pptm", "sldm", "xlam", "xlsm", "xltm",
})  # fmt: skip
"""Endings of names that a press in a folder runs, whatever is in the file; and of documents with macros."""


def runs_by_name(name: str) -> bool:
    """Whether a computer takes the file for a program because of what it is called."""
    return name.rpartition(".")[2].lower() in RUN_BY_NAME if "." in name else False


def sniff(head: bytes) -> str | None:
    """Media type of binary content, of SVG and of HTML; None where it may be plain text (see `is_text`, `text_type`).

    `head` is the first HEAD_BYTES, or less if the file is smaller.
    """
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _iso_brand(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"\x42\x82\x84webm" in head[:64] else UNKNOWN
    if head.startswith(b"OggS"):
        return _ogg_codec(head[28:64])
    if len(head) >= 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return _mpeg_audio(head)
    if head[:1] == b"\x30" and _PKCS7 in head[:20]:
        return "application/pkcs7-mime"
    return _markup(head)


def text_type(head: str, name: str) -> str:
    """Which kind of text it is: by its first line where the format has one, else by the name's ending."""
    if head.startswith("WEBVTT") and head[6:7] in {"", " ", "\t", "\n", "\r"}:
        return "text/vtt"
    if _SRT.match(head):
        return "application/x-subrip"
    named = type_by_name(name)
    if named == MESSAGE and _FIELD.match(head):
        return MESSAGE
    if head.startswith("-----BEGIN PGP "):
        return "application/pgp-encrypted"
    return named if named in {"text/markdown", "text/csv"} else "text/plain"


def is_text(text: str) -> bool:
    """Whether decoded text holds no control characters but tabs and ends of lines."""
    return not any((sign < " " and sign not in "\t\n\r\f") or sign == "\x7f" for sign in text)


def office_type(names: frozenset[str], mimetype: str, content_types: str) -> str:
    """Kind of a zip archive: of its `mimetype` member (ODF) or of `[Content_Types].xml` (OOXML), else plain zip.

    Documents with macros keep the zip's type, so that nobody takes them for a document.
    """
    if mimetype in OFFICE and "content.xml" in names:
        return mimetype
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return ZIP
    for kind in OFFICE:
        if f'"{kind}.main+xml"' in content_types and "_rels/.rels" in names:
            return kind
    return ZIP


def type_by_name(name: str) -> str | None:
    """What the ending of a name claims; None where it claims nothing we know."""
    return _BY_ENDING.get(name.rpartition(".")[2].lower()) if "." in name else None


def settled_type(found: str, name: str, claimed: str) -> str | None:
    """The type to keep, or None where the name or the sender's claim contradicts the bytes."""
    plain = claimed.partition(";")[0].strip().lower()
    sent = _SAME.get(plain, plain)
    claims = [type_by_name(name)]
    if sent not in {"", UNKNOWN, "application/x-download", "binary/octet-stream"}:
        claims.append(sent)
    kind = found
    for claim in claims:
        if claim is None or claim == found:
            continue
        if any({claim, found} <= family for family in _CONTAINERS):
            kind = claim
        elif not (_textual(claim) and _textual(found)) or HTML in {claim, found}:
            return None
    return kind


def _textual(kind: str) -> bool:
    return kind.startswith("text/") or kind in TEXTS


def _iso_brand(brand: bytes) -> str:
    if brand in {b"M4A ", b"M4B "}:
        return "audio/mp4"
    if brand in {b"qt  ", b"heic", b"heix", b"mif1", b"avif", b"avis", b"crx "}:
        return UNKNOWN
    return "video/mp4"


def _ogg_codec(packet: bytes) -> str:
    if packet.startswith((b"OpusHead", b"\x01vorbis")):
        return "audio/ogg"
    return "video/ogg" if packet.startswith(b"\x80theora") else UNKNOWN


def _mpeg_audio(head: bytes) -> str:
    """ISO/IEC 11172-3 frame header, or ADTS: the layer bits are 00 there."""
    layer = head[1] >> 1 & 3
    if layer == 0:
        return "audio/aac" if head[1] & 0xF6 == 0xF0 else UNKNOWN
    valid = layer == 1 and head[1] >> 3 & 3 != 1 and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3
    return "audio/mpeg" if valid else UNKNOWN


def _markup(head: bytes) -> str | None:
    """Markup that a browser would run, whatever it is called. Text that merely mentions a tag starts otherwise."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _SVG.match(start) or (start.startswith((b"<?xml", b"<!--")) and _SVG.search(start)):
        return SVG
    if _MARKUP.match(start) or (start.startswith(b"<!--") and _MARKUP.search(start)):
        return HTML
    return UNKNOWN if start.startswith(b"<?xml") else None
