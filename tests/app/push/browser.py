"""A browser's side of Web Push, written from RFC 8188 and 8291 on its own, and a push service that it asks."""

import hashlib
import hmac
import os
from collections.abc import Callable
from typing import Self

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.push.encryption import Receiver, text_of


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    pseudo = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(pseudo, info + b"\1", hashlib.sha256)[:length]


class Browser:
    """Holds what a subscription holds; `reads` what was sealed for it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def receiver(self) -> Receiver:
        return Receiver(self.point, self.auth)

    def device(self, endpoint: str) -> dict[str, str]:
        """What its page sends to the portal."""
        return {"endpoint": endpoint, "public_key": text_of(self.point), "auth": text_of(self.auth)}

    def reads(self, body: bytes) -> bytes:
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        assert (length, len(body) <= size + 86) == (65, True)
        sender, sealed = body[21:86], body[86:]
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        secret = _hkdf(self.auth, self.key.exchange(ec.ECDH(), point), b"WebPush: info\0" + self.point + sender, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain[-1:] == b"\2"
        return plain[:-1]


class PushService:
    """Takes what is posted to it. `answers`: decides the status; 201 by itself."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: Callable[[str], int] = lambda _path: 201
        self.headers: dict[str, str] = {}
        self.origin = ""

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_problem: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.taken.append((request.path, dict(request.headers), await request.read()))
        return web.Response(status=self.answers(request.path), headers=self.headers)
