"""The key that closed parts are sealed with: one for the installation, made when it is first needed."""

import os
from pathlib import Path
from typing import Final

from app.errors import ConfigurationError
from app.key_file import read_key

KEY_BYTES: Final = 32


def sealing_key(path: Path) -> bytes:
    """Reads the key, or makes it. Blocking. Raises ConfigurationError where the file holds none."""
    try:
        key = bytes.fromhex(read_key(path, _new).decode().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{path} holds no sealing key: restore it from a backup, or move it away")
    return key


def _new() -> bytes:
    return os.urandom(KEY_BYTES).hex().encode() + b"\n"
