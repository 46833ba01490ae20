"""What all workers of a run share on the disk: made by the first that asks for it, while the others wait."""

import atexit
import fcntl
import functools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

GIVEN = "TESTS_RUN_FOLDER"
"""Environment variable by which the process that began the run tells its workers."""


@functools.cache
def run_folder() -> Path:
    """Of this run alone; whoever asks first makes it and takes it away at its end."""
    given = os.environ.get(GIVEN)
    if given:
        return Path(given)
    folder = Path(tempfile.mkdtemp(prefix="gryf-run-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[GIVEN] = str(folder)
    return folder


def made_by_one(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the run; `make` is given the empty folder to fill. One that failed is made anew."""
    folder = run_folder() / name
    with (run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            # a new name each time: a process keeps what it knows of a server by its folder's name
            unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run_folder()))
            unfinished.chmod(0o755)
            make(unfinished)
            unfinished.rename(folder)
    return folder
