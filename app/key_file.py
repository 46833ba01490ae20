"""Files that hold a key: made when it is first needed, for this account alone, the same for all processes."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


def read_key(path: Path, make: Callable[[], bytes]) -> bytes:
    """What the file holds; `make` says what a new one is to hold. Blocking. Raises OSError.

    It appears whole or not at all: of processes that start at once one makes it, and all read the same.
    """
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)  # never over another's
    finally:
        draft.unlink()
    return path.read_bytes()
