"""A process that is told to stop, stops."""

import subprocess
import sys
import time

from tests.conftest import ROOT

HANGS = """
import asyncio
from app.log import set_up_logging
from app.process import StopLimit

async def stubborn():
    await asyncio.Event().wait()

async def main():
    set_up_logging("text", "info")
    limit = StopLimit(0.5, lambda: print("database stopped", flush=True))
    limit.start()
    if {cancel}:
        limit.cancel()
        await asyncio.sleep(1)
        return
    await asyncio.create_task(stubborn(), name="a stubborn part")

asyncio.run(main())
"""


def run(cancel: bool) -> subprocess.CompletedProcess[str]:
    code = HANGS.replace("{cancel}", str(cancel))
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_what_hangs_is_named_and_left():
    began = time.monotonic()
    done = run(cancel=False)
    assert done.returncode == 1
    assert "database stopped" in done.stdout
    assert "a stubborn part" in done.stderr
    assert time.monotonic() - began < 30


def test_a_stop_in_time_ends_by_itself():
    done = run(cancel=True)
    assert (done.returncode, done.stdout) == (0, "")
