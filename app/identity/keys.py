"""Keys derived from the installation's one secret, each for one purpose."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import ConfigurationError
from app.key_file import read_key

SHORTEST_SECRET: Final = 32
SECOND_FACTOR: Final = "second factor"
_NONCE: Final = 12
_TAG: Final = 16


def read_secret(configured: str, data: Path) -> bytes:
    """The secret from the setting, or from the file `secret` in the data folder, which is made when it is not there.

    Raises `ConfigurationError` for a secret that is too short and a folder that cannot be written.
    """
    if configured:
        if len(configured) < SHORTEST_SECRET:
            raise ConfigurationError(f"[identity] secret must have at least {SHORTEST_SECRET} characters")
        return configured.encode()
    path = data / "secret"
    try:
        secret = read_key(path, lambda: secrets.token_urlsafe(48).encode() + b"\n").strip()
    except OSError as problem:
        raise ConfigurationError(f"the secret {path} cannot be read or made: {problem}") from None
    if len(secret) < SHORTEST_SECRET:
        raise ConfigurationError(f"{path} is damaged: it must hold at least {SHORTEST_SECRET} characters")
    return secret


class Keys:
    """Signs form tokens and device cookies, seals second-factor secrets and those that features keep."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, purpose: str, *parts: str) -> str:
        """HMAC-SHA256 of the parts, of use for this purpose alone; parts are told apart by their lengths."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        digest = hmac.digest(self._derive(purpose), message, "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def issue(self, purpose: str, *parts: str) -> str:
        """A token `nonce.signature` for the parts; it looks different each time (BREACH)."""
        nonce = secrets.token_urlsafe(12)
        return f"{nonce}.{self.sign(purpose, nonce, *parts)}"

    def accepts(self, purpose: str, token: str, *parts: str) -> bool:
        """Whether `issue` made the token for these parts; compared in constant time."""
        nonce, _, signature = token.partition(".")
        return hmac.compare_digest(self.sign(purpose, nonce, *parts).encode(), signature.encode())

    def seal(self, plain: bytes, owner: int | str, purpose: str = SECOND_FACTOR) -> bytes:
        """Encrypts for one owner (an account's id, by default): moved to another one it does not open."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher(purpose).encrypt(nonce, plain, str(owner).encode())

    def unseal(self, sealed: bytes, owner: int | str, purpose: str = SECOND_FACTOR) -> bytes | None:
        """What was sealed, or None when the secret of the installation is another one."""
        if len(sealed) < _NONCE + _TAG:
            return None
        try:
            return self._cipher(purpose).decrypt(sealed[:_NONCE], sealed[_NONCE:], str(owner).encode())
        except InvalidTag:
            return None

    def _cipher(self, purpose: str) -> AESGCM:
        return AESGCM(self._derive(purpose))

    def _derive(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, f"gryf/{purpose}".encode(), "sha256")


def new_token() -> str:
    """256 random bits as text for a cookie or a link."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token: enough to find it, of no use to present."""
    return hashlib.sha256(token.encode()).digest()
