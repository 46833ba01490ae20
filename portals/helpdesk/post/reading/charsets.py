"""Bytes of a letter as text: the declared charset is honoured, and doubted where the bytes say otherwise. No I/O."""

import codecs
import re
import unicodedata
from typing import Final

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
_ALIASES: Final = {
    "cp-1250": "cp1250",
    "win-1250": "cp1250",
    "x-cp1250": "cp1250",
    "windows1250": "cp1250",
    "polish": "cp1250",
    "latin-2": "iso8859-2",
    "iso-8859-8-i": "iso8859-8",
    "x-mac-ce": "mac_latin2",
    "gb2312": "gb18030",
    "ks_c_5601-1987": "cp949",
    "utf8mb4": "utf-8",
}
_NOT_TEXT: Final = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
"""Encodings of Python that no letter is written in; some take time that grows with the square of the input."""
_LATIN: Final = frozenset(
    {"iso8859-1", "iso8859-2", "iso8859-15", "iso8859-16", "cp1250", "cp1252", "latin_1", "mac_latin2"}
)
_WESTERN: Final = frozenset({"iso8859-1", "iso8859-15", "cp1252", "latin_1"})
_HIGH = re.compile(rb"[\x80-\xff]")
_WINDOWS = re.compile(rb"[\x80-\x9f\xa5\xb9]")
"""Bytes of ś, ź, ą and of „quotes” in Windows-1250; in ISO 8859-2 they are controls or hardly ever written."""
_ISO = re.compile(rb"[\xa1\xa6\xac\xb1\xb6\xbc]")
"""Ą, Ś, Ź, ą, ś, ź in ISO 8859-2."""
_SQUARED = re.compile(r"[^\W\d_][¹³¿±¶¼][^\W\d_]|\b[³¿¶][^\W\d_]{2}")
"""Polish that was read as Western European: these signs do not stand inside words."""
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def codec_of(charset: str) -> str | None:
    """Python's name for a declared charset; None where it is none, or none that letters are written in."""
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    if not _NAME.fullmatch(name):
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = bool(getattr(found, "_is_text_encoding", False)) and found.name not in _NOT_TEXT
    return found.name if is_text else None


def decoded(data: bytes, charset: str = "") -> str:
    """The text, without what no text holds; lines end with LF. Never fails: what cannot be read becomes U+FFFD."""
    return clean_text(_read(data, charset))


def clean_text(text: str) -> str:
    """One kind of line ends; no NUL, no other controls but tabs, no halves of surrogate pairs."""
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))


def clean_line(text: str, most: int = 998) -> str:
    """One line in NFC, without what hides or turns around the words beside it."""
    line = unicodedata.normalize("NFC", _UNSEEN.sub("", clean_text(text)))
    return " ".join(line.split())[:most].strip()


def _read(data: bytes, charset: str) -> str:
    codec = codec_of(charset)
    if data.isascii() and b"\0" not in data and b"\x1b" not in data and codec not in {"utf-7", "hz"}:
        return data.decode("ascii")  # as UTF-16, which some declare, it would hold NULs
    if codec in {None, "ascii"} or ((codec or "").startswith(("utf-16", "utf-32")) and b"\0" not in data):
        return _undeclared(data)
    assert codec is not None
    if codec in _LATIN:
        return _latin(data, codec)
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return _undeclared(data)


def _latin(data: bytes, codec: str) -> str:
    if _HIGH.search(data):
        try:
            # Letters of one byte each hardly ever make valid UTF-8 by accident
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if codec == "iso8859-2" and re.search(rb"[\x80-\x9f]", data):
        codec = "cp1250"
    elif codec in _WESTERN:
        western = "cp1252" if codec in {"iso8859-1", "latin_1"} else codec
        text = data.decode(western, "replace")
        return _polish(data) if _SQUARED.search(text) else text
    return data.decode(codec, "replace")


def _undeclared(data: bytes) -> str:
    """UTF-8 where most of it is; else the way Polish was written before."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if not damaged:
        return text
    whole = sum(1 for sign in text if sign > "\x7f") - damaged
    return text if damaged * 4 <= whole else _polish(data)


def _polish(data: bytes) -> str:
    windows, iso = len(_WINDOWS.findall(data)), len(_ISO.findall(data))
    return data.decode("iso8859-2" if iso > windows else "cp1250", "replace")
