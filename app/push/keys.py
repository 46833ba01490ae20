"""The key with which this installation shows push services who it is. It is made once."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app import key_file
from app.errors import ConfigurationError

FILE: Final = "push-key.pem"


def read_key(data: Path) -> ec.EllipticCurvePrivateKey:
    """From the data folder, where it is made when it is not there.

    Who has said yes in a browser has said it to this key: with another one they are asked anew. Raises
    ConfigurationError for a file that cannot be read or made.
    """
    path = data / FILE
    try:
        found = load_pem_private_key(key_file.read_key(path, _new), None)
    except (OSError, ValueError, TypeError) as problem:
        raise ConfigurationError(f"the key for notifications {path} cannot be read or made: {problem}") from None
    if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP256R1):
        raise ConfigurationError(f"{path} must hold a private key on P-256")
    return found


def _new() -> bytes:
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
