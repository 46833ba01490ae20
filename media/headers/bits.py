"""Reading numbers that do not end where a byte does."""

from typing import Final

from app.i18n import _

MAX_HEADER_BYTES: Final = 16 * 1024
"""Longest header that is read at all: real ones have some hundred bytes."""


class HeaderError(ValueError):
    """A codec header that cannot be read, or that announces what no browser plays. The message says what to change."""


class Bits:
    """Takes bits from the front, most significant first. Raises `HeaderError` at the end of the data."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_HEADER_BYTES:
            raise HeaderError(_("the encoder sent a codec header that is far too long"))
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    @property
    def left(self) -> int:
        """Bits that remain."""
        return self._left

    def read(self, count: int) -> int:
        """The next `count` bits as an unsigned number."""
        if count > self._left:
            raise HeaderError(_("the encoder sent a codec header that is cut short"))
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return self.read(1) == 1

    def skip(self, count: int) -> None:
        """Passes over `count` bits."""
        self.read(count)

    def ue(self) -> int:
        """An unsigned Exp-Golomb number (ITU-T H.264 §9.1)."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise HeaderError(_("the encoder sent a codec header that cannot be read"))
        return (1 << zeros) - 1 + self.read(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb number (ITU-T H.264 §9.1.1)."""
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)
