import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from app.database import Database
from app.feature import Job
from app.jobs import Pace, run_worker

FAST = Pace(
    tick_s=0.1, dead_after_s=5, retry_first_s=0.02, retry_factor=1, finish_s=0.3, cancel_s=0.5, reconnect_most_s=0.2
)

Working = Callable[..., AbstractAsyncContextManager[asyncio.Event]]


@asynccontextmanager
async def _working(database: Database, jobs: Sequence[Job], pace: Pace = FAST) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_worker(database, jobs, stop, pace))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


@pytest.fixture
def working() -> Working:
    """`async with working(database, jobs) as stop:` a worker runs inside the block, and has ended after it."""
    return _working


async def until(true: Callable[[], Awaitable[object]], within_s: float = 60) -> None:
    """Waits for something to become true; the time-out only bounds a failure."""
    async with asyncio.timeout(within_s):
        while not await true():
            await asyncio.sleep(0.02)
