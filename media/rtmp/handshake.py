"""The RTMP handshake, server side: the simple one of the specification (§5.2) and the one with digests.

Encoders built on librtmp or ffmpeg sign their first packet with a well-known key and expect a signed answer; others
send random bytes. Both are answered in their own way. RTMPE (version 6 and above) is refused.
"""

import hashlib
import hmac
import secrets
from typing import Final

from media.rtmp.errors import RtmpError

SIZE: Final = 1536
VERSION: Final = 3

PLAYER_KEY: Final = b"Genuine Adobe Flash Player 001"
SERVER_KEY: Final = b"Genuine Adobe Flash Media Server 001"
KEY_TAIL: Final = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
SERVER_VERSION: Final = bytes((4, 5, 0, 1))
DIGEST: Final = 32

SCHEMES: Final = (772, 8)
"""Where the four bytes stand whose sum places the digest; the digest's field begins right after them."""


class Handshake:
    """Feed it the first bytes of a connection; when `done`, what `feed` returned as rest is the chunk stream."""

    def __init__(self) -> None:
        self.done = False
        self._held = b""
        self._answered = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Returns (bytes to send, bytes that follow the handshake). Raises `RtmpError` for another protocol."""
        held = self._held + data
        if held and held[0] != VERSION:
            raise RtmpError(f"not RTMP: first byte is {held[0]}")
        answer = b""
        if not self._answered and len(held) >= 1 + SIZE:
            answer = bytes((VERSION,)) + _answer(held[1 : 1 + SIZE])
            self._answered = True
        if len(held) >= 1 + 2 * SIZE:
            # C2 should echo S1. Too many encoders send something else for a check to be of use.
            self.done = True
            self._held = b""
            return answer, held[1 + 2 * SIZE :]
        self._held = held
        return answer, b""


def _answer(c1: bytes) -> bytes:
    """S1 and S2."""
    for scheme in SCHEMES:
        at = _digest_at(c1, scheme)
        claimed = c1[at : at + DIGEST]
        if c1[4:8] != bytes(4) and hmac.compare_digest(claimed, _digest(c1, at, PLAYER_KEY)):
            return _signed_s1(scheme) + _signed_s2(claimed)
    s1 = bytes(8) + secrets.token_bytes(SIZE - 8)
    return s1 + c1[:4] + bytes(4) + c1[8:]


def _digest_at(packet: bytes, scheme: int) -> int:
    return scheme + 4 + sum(packet[scheme : scheme + 4]) % 728


def _digest(packet: bytes, at: int, key: bytes) -> bytes:
    return hmac.digest(key, packet[:at] + packet[at + DIGEST :], hashlib.sha256)


def _signed_s1(scheme: int) -> bytes:
    s1 = bytes(4) + SERVER_VERSION + secrets.token_bytes(SIZE - 8)
    at = _digest_at(s1, scheme)
    return s1[:at] + _digest(s1, at, SERVER_KEY) + s1[at + DIGEST :]


def _signed_s2(client_digest: bytes) -> bytes:
    key = hmac.digest(SERVER_KEY + KEY_TAIL, client_digest, hashlib.sha256)
    body = secrets.token_bytes(SIZE - DIGEST)
    return body + hmac.digest(key, body, hashlib.sha256)
