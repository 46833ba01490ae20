"""Encryption and proof of sender of Web Push: RFC 8291 (with RFC 8188) and RFC 8292. Pure: bytes in, bytes out."""

import base64
import os
from typing import Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD: Final = 4096
"""Bytes of one record; push services take no more."""
LONGEST: Final = RECORD - 86 - 17
"""Header (salt, size, key) and what the cipher adds."""
VALID_S: Final = 12 * 3600
"""How long a proof is good; 24 hours at most (RFC 8292)."""


class Receiver(msgspec.Struct, frozen=True):
    """What a browser gave: its point on P-256, uncompressed (65 bytes), and 16 secret bytes."""

    public_key: bytes
    auth: bytes


def encrypt(
    plain: bytes, to: Receiver, *, salt: bytes | None = None, sender: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """Body for `Content-Encoding: aes128gcm`. Salt and sender's key are new each time unless a test gives them.

    Raises ValueError for a key that is no point of the curve and for a text that is too long.
    """
    if len(plain) > LONGEST:
        raise ValueError(f"at most {LONGEST} bytes can be told, not {len(plain)}")
    salt = salt or os.urandom(16)
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    own = point_of(sender)
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.public_key)
    shared = sender.exchange(ec.ECDH(), receiver)
    secret = _derived(shared, to.auth, b"WebPush: info\0" + to.public_key + own, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    # one record, the last one: the text ends with 2
    sealed = AESGCM(key).encrypt(nonce, plain + b"\2", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(own)]) + own + sealed


def authorisation(key: ec.EllipticCurvePrivateKey, origin: str, contact: str, now: int) -> str:
    """Header `Authorization` for a push service. `contact`: mailto: or https: address of who runs this server."""
    claims = {"aud": origin, "exp": now + VALID_S, "sub": contact}
    signed = f"{_part({'typ': 'JWT', 'alg': 'ES256'})}.{_part(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = text_of(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={text_of(point_of(key))}"


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def text_of(content: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """Raises ValueError for what is not base64."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def _part(value: dict[str, object] | dict[str, str]) -> str:
    return text_of(msgspec.json.encode(value))
