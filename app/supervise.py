"""One supervisor for everything that runs beside requests: it logs a failure and starts the task again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
CALM_AFTER_S = 60.0
"""A task that ran this long before it failed starts again at once, as if it had never failed."""


class Supervisor:
    """Holds the tasks of a process."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.failures: dict[str, int] = {}
        """How often each task failed since the start."""

    def run(self, name: str, body: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
        """Runs `body` until it returns; restarts it with back-off when it raises."""
        task = asyncio.create_task(self._keep(name, body), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """Cancels what runs and waits for it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, body: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            began = loop.time()
            try:
                await body()
            except asyncio.CancelledError:
                raise
            except Exception:
                self.failures[name] = self.failures.get(name, 0) + 1
                if loop.time() - began > CALM_AFTER_S:
                    pause_s = FIRST_PAUSE_S
                log.exception("task failed; it starts again", task=name, pause_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                return


SUPERVISOR: web.AppKey[Supervisor] = web.AppKey("supervisor", Supervisor)


async def supervisor_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: everything still running is cancelled at the end."""
    yield
    with contextlib.suppress(asyncio.CancelledError):
        await app[SUPERVISOR].stop()
