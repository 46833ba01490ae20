"""The key that signs recordings: one for the installation, made when it is first needed."""

import contextlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.errors import ConfigurationError


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Reads the key, or makes it; two processes that make it at once end up with the same one. Blocking."""
    with contextlib.suppress(FileNotFoundError):
        return _read(path)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, Ed25519PrivateKey.generate().private_bytes_raw().hex().encode() + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)  # whole or not at all, and never over another's
    finally:
        draft.unlink()
    return _read(path)


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except ValueError:
        raise ConfigurationError(f"{path} holds no signing key: restore it from a backup, or move it away") from None
