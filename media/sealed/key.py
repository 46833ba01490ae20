"""The key that closed parts are sealed with: one for the installation, made when it is first needed."""

import contextlib
import os
from pathlib import Path
from typing import Final

from app.errors import ConfigurationError

KEY_BYTES: Final = 32


def sealing_key(path: Path) -> bytes:
    """Reads the key, or makes it; two processes that make it at once end up with the same one. Blocking."""
    with contextlib.suppress(FileNotFoundError):
        return _read(path)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, os.urandom(KEY_BYTES).hex().encode() + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)  # whole or not at all, and never over another's
    finally:
        draft.unlink()
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{path} holds no sealing key: restore it from a backup, or move it away")
    return key
