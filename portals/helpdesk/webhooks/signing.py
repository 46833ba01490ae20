"""Signatures as Standard Webhooks (standardwebhooks.com) has them: HMAC-SHA256 over `id.timestamp.body`. Pure."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
KEY_BYTES: Final = 32


def secret_text(key: bytes) -> str:
    """As receivers write it into their settings."""
    return PREFIX + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes | None:
    """The key behind a secret as it is written; None where it is none."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the digest in base64. `timestamp`: Unix seconds of this attempt."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What tells a receiver that it is from here; one signature for each key that is valid now."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, message_id, timestamp, body) for key in keys),
    }
