"""A process that is told to stop, stops."""

import asyncio
import os
import subprocess
import sys
import time

import pytest
import uvloop

from app.process import reap
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


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("killed", [True, False])
def test_the_end_of_a_talkative_process_is_heard(loop, killed):
    """More than its pipe and our buffer hold, and nobody reads it."""

    async def talk() -> int:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "import sys; sys.stdout.write('x' * 9_000_000)",
            stdout=asyncio.subprocess.PIPE,
            limit=1000,
        )
        await asyncio.sleep(0.5)
        if killed:
            child.kill()
        assert child.stdout is not None
        return await asyncio.wait_for(reap(child, child.stdout), 30)

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(talk()) == (-9 if killed else 0)


def test_a_worker_whose_server_is_gone_already_ends_at_once():
    code = """
import asyncio
from app.process import watch_parent

async def main():
    stop = asyncio.Event()
    await asyncio.wait_for(asyncio.gather(watch_parent(stop), stop.wait()), 20)

asyncio.run(main())
"""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    environment = {**os.environ, "GRYF_PARENT": str(gone.pid)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, timeout=60, check=False)
    assert done.returncode == 0
