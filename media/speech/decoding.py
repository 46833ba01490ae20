"""Bytes of a caption file as text. Pure."""

from typing import Final

_C1: Final = frozenset(range(0x80, 0xA0))
_LATIN2_LETTERS: Final = frozenset([0xA1, 0xA6, 0xAC, 0xB1, 0xB6, 0xBC])
"""Ą Ś Ź ą ś ź of ISO 8859-2; windows-1250 has none of its letters there but Ľ, ľ and signs."""
_WINDOWS_LETTERS: Final = frozenset([0xA5, 0xB9])
"""Ą ą of windows-1250."""


def decoded(data: bytes) -> tuple[str, str]:
    """The text without its mark, and the name of the encoding it was read by."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace"), "utf-16"
    if (wide := _without_mark(data)) is not None:
        return data.decode(wide, errors="replace"), wide
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    found = set(data)
    if not found & _C1 and found & _LATIN2_LETTERS and not found & _WINDOWS_LETTERS:
        return data.decode("iso8859-2", errors="replace"), "iso-8859-2"
    return data.removeprefix(b"\xef\xbb\xbf").decode("cp1250", errors="replace"), "windows-1250"


def _without_mark(data: bytes) -> str | None:
    """UTF-16 of a program that left the mark out: every second byte of its beginning is zero."""
    head = data[:200]
    if len(head) < 8:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) * 0.4 and even == 0:
        return "utf-16-le"
    if even > len(head) * 0.4 and odd == 0:
        return "utf-16-be"
    return None
