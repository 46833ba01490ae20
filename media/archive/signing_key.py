"""The key that signs recordings: one for the installation, made when it is first needed."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.errors import ConfigurationError
from app.key_file import read_key


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Reads the key, or makes it. Blocking. Raises ConfigurationError where the file holds none."""
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(read_key(path, _new).decode().strip()))
    except ValueError:
        raise ConfigurationError(f"{path} holds no signing key: restore it from a backup, or move it away") from None


def _new() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes_raw().hex().encode() + b"\n"
