"""Starts a workshop process for one order, hears how far it is, and ends it when it is no longer wanted."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from app.process import last_words, reap
from app.wire import ROOT
from media.archive.orders import Answer, AnyOrder, Further, Made, Refused

Heard = Callable[[float], Awaitable[None]]
"""Called with the share that is done, 0 … 1, about once a second."""

MOST_LINE: Final = 1024 * 1024
KEPT_ERRORS: Final = 2000


class WorkshopFailed(Exception):
    """A product could not be made; the message says why, in English."""


async def carry_out(order: AnyOrder, heard: Heard) -> Made:
    """Raises `WorkshopFailed`. Cancelled, it ends the process."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.archive.workshop"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=MOST_LINE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    complaints = asyncio.create_task(last_words(child.stderr, KEPT_ERRORS))
    try:
        with contextlib.suppress(ConnectionError):  # it died before it read: its end says so
            child.stdin.write(msgspec.json.encode(order))
            await child.stdin.drain()
            child.stdin.close()
        last = await _listen(child.stdout, heard)
        status = await reap(child, child.stdout)
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await reap(child, child.stdout)
        said = await complaints
    match last:
        case Made() if status == 0:
            return last
        case Refused(reason=reason):
            raise WorkshopFailed(reason)
        case _:
            raise WorkshopFailed(f"the process ended with status {status}: {said.strip()[-300:]}")


async def _listen(lines: asyncio.StreamReader, heard: Heard) -> Answer | None:
    last: Answer | None = None
    async for line in lines:
        last = msgspec.json.decode(line, type=Answer)
        if isinstance(last, Further):
            await heard(last.share)
    return last
