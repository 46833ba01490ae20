"""The form of a sealed file: a salt, then pieces, each encrypted and authenticated with its place. Pure.

AES-256-GCM with a key of the file's own, made from the installation's key and the salt (HKDF-SHA256, RFC 5869); what
the file is about goes into that key, so a file that is renamed to stand for another cannot be opened. Nonces count
pieces. A piece that is changed, missing in the middle or out of order is refused; a file that was cut short (the
process was killed) is read to its last whole piece and says so.
"""

import os
import struct
from collections.abc import Callable, Generator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC: Final = b"GRYFSEAL1"
SALT_BYTES: Final = 16
HEADER_BYTES: Final = len(MAGIC) + SALT_BYTES
TAG_BYTES: Final = 16
MOST_PIECE: Final = 64 * 1024 * 1024
_PIECE: Final = struct.Struct(">IB")

ReadAt = Callable[[int, int], bytes]
"""(offset, length) → at most that many bytes."""


class Broken(Exception):
    """The file was changed, is another one, or the key is not the one it was sealed with."""


class Sealer:
    """Makes one file: `header` first, then `piece` after `piece`; the last one says that it is."""

    def __init__(self, key: bytes, context: str, salt: bytes | None = None) -> None:
        self._salt = salt if salt is not None else os.urandom(SALT_BYTES)
        self._box = AESGCM(_file_key(key, self._salt, context))
        self._count = 0

    @property
    def header(self) -> bytes:
        return MAGIC + self._salt

    def piece(self, data: bytes, *, last: bool = False) -> bytes:
        flag = bytes((last,))
        sealed = self._box.encrypt(_nonce(self._count), data, flag)
        self._count += 1
        return _PIECE.pack(len(sealed), last) + sealed


def open_pieces(read: ReadAt, key: bytes, context: str) -> Generator[bytes]:
    """The pieces in order. Raises `Broken`; a file that was cut short just ends (see `is_whole`)."""
    head = read(0, HEADER_BYTES)
    if len(head) < HEADER_BYTES or not head.startswith(MAGIC):
        raise Broken("not a sealed recording")
    box = AESGCM(_file_key(key, head[len(MAGIC) :], context))
    at, count = HEADER_BYTES, 0
    while True:
        frame = read(at, _PIECE.size)
        if len(frame) < _PIECE.size:
            return
        length, last = _PIECE.unpack(frame)
        if not TAG_BYTES <= length <= MOST_PIECE or last > 1:
            raise Broken("the sealed recording was changed")
        sealed = read(at + _PIECE.size, length)
        if len(sealed) < length:
            return
        try:
            yield box.decrypt(_nonce(count), sealed, bytes((last,)))
        except InvalidTag:
            raise Broken("the sealed recording was changed, or sealed with another key") from None
        at, count = at + _PIECE.size + length, count + 1
        if last:
            return


def is_whole(read: ReadAt) -> bool:
    """Whether the last piece is there, by the frames alone."""
    at = HEADER_BYTES
    while len(frame := read(at, _PIECE.size)) == _PIECE.size:
        length, last = _PIECE.unpack(frame)
        at += _PIECE.size + length
        if last:
            return bool(read(at - 1, 1))
    return False


def _file_key(key: bytes, salt: bytes, context: str) -> bytes:
    return HKDF(SHA256(), 32, salt, b"gryf sealed recording " + context.encode()).derive(key)


def _nonce(count: int) -> bytes:
    return count.to_bytes(12, "big")
