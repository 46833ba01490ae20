"""The key with which this installation shows push services who it is. It is made once."""

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.errors import ConfigurationError

FILE: Final = "push-key.pem"


def read_key(data: Path) -> ec.EllipticCurvePrivateKey:
    """From the data folder, where it is made when it is not there.

    Who has said yes in a browser has said it to this key: with another one they are asked anew. Raises
    ConfigurationError for a file that cannot be read or made.
    """
    path = data / FILE
    try:
        if not path.exists():
            _make(path)
        found = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as problem:
        raise ConfigurationError(f"the key for notifications {path} cannot be read or made: {problem}") from None
    if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP256R1):
        raise ConfigurationError(f"{path} must hold a private key on P-256")
    return found


def _make(path: Path) -> None:
    """Whole or not at all: of two processes that start at once one makes it, and both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = ec.generate_private_key(ec.SECP256R1())
    partial = path.with_name(f".{FILE}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
