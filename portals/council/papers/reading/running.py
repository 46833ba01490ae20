"""Runs the reading process: whatever becomes of it is an answer."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog

from app.process import environment, reap
from app.wire import ROOT
from portals.council.papers.reading.model import Answer, NoText, ReadOrder

log = structlog.get_logger(__name__)

MEMORY_MIB: Final = 1024
CPU_S: Final = 60
WALL_S: Final = 180.0
LONGEST_ANSWER: Final = 64 << 20
KEPT_ENVIRONMENT: Final = ("PATH", "LANG", "HOME", "LD_LIBRARY_PATH", "TMPDIR")


async def read_file(path: Path, kind: str, *, memory_mib: int = MEMORY_MIB, cpu_s: int = CPU_S) -> Answer:
    """The words of a file, or why there are none."""
    order = ReadOrder(str(path), kind, memory_mib, cpu_s)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portals.council.papers.reading.child"),
        cwd=ROOT,
        env=environment(KEPT_ENVIRONMENT),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(WALL_S):
            return await _answer(child, order)
    except TimeoutError:
        return NoText("too_demanding")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await reap(child, *([child.stdout] if child.stdout is not None else []))


async def _answer(child: asyncio.subprocess.Process, order: ReadOrder) -> Answer:
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(ConnectionError):
        child.stdin.write(msgspec.json.encode(order))
        await child.stdin.drain()
        child.stdin.close()
    said = bytearray()
    while block := await child.stdout.read(1 << 16):
        said += block
        if len(said) > LONGEST_ANSWER:
            return NoText("too_demanding")
    status = await reap(child, child.stdout)
    try:
        answer: Answer = msgspec.json.decode(said, type=Answer)
    except msgspec.MsgspecError:
        log.info("a paper could not be read", status=status, type=order.type)
        return NoText("too_demanding" if status in {-signal.SIGXCPU, -signal.SIGKILL} else "broken")
    return answer
