"""The second factor: codes by time (TOTP, RFC 6238) and recovery codes for a lost telephone."""

import base64
import secrets
import time
from io import BytesIO
from typing import Final

import pyotp
import segno

from app.identity.keys import digest

STEP_S: Final = 30
RECOVERY_CODES: Final = 10
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what looks alike on paper; 16 letters are 79 bits, so a plain hash is enough to store them."""


def new_secret() -> bytes:
    """160 random bits, as RFC 4226 recommends."""
    return secrets.token_bytes(20)


def as_text(secret: bytes) -> str:
    """Base32 in groups of four, to be typed where no camera is."""
    return base64.b32encode(secret).decode().rstrip("=")


def address(secret: bytes, login: str, issuer: str) -> str:
    """The `otpauth:` address that authenticator apps read."""
    return str(pyotp.TOTP(as_text(secret)).provisioning_uri(name=login, issuer_name=issuer))


def qr_svg(text: str) -> str:
    """The text as an inline SVG element: dark on white in every theme, as cameras want it."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, scale=5, border=4, dark="#000", light="#fff", omitsize=True
    )
    return out.getvalue().decode()


def matching_step(secret: bytes, code: str, now_s: float | None = None) -> int | None:
    """The time step a code belongs to: the present one or a neighbour (clocks are wrong by up to 30 s), or None."""
    code = "".join(code.split())
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    present = int((time.time() if now_s is None else now_s) // STEP_S)
    totp = pyotp.TOTP(as_text(secret))
    found = None
    for step in (present - 1, present, present + 1):
        if secrets.compare_digest(totp.generate_otp(step), code):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Codes to keep on paper, each good once."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> bytes:
    """What is stored of a recovery code, however it was typed."""
    return digest("".join(char for char in code.lower() if char in _ALPHABET))
