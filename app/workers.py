"""`serve --workers N`: web processes that share one port, in front of the process that carries streams.

The kernel deals connections out to them (SO_REUSEPORT). Each is a web node (see app.nodes): it answers pages, API and
live sockets, and hands on what needs a stream. One that dies is started again; the others do not notice.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from typing import Final

import structlog
from aiohttp import web

from app.config import Role, Server
from app.errors import ConfigurationError
from app.process import PARENT, ChildFailed, end_child, reap
from app.supervise import SUPERVISOR
from app.wire import ROOT

log = structlog.get_logger(__name__)

START_WITHIN_S: Final = 60.0
CONNECTIONS: Final = 60
"""Database connections that all workers use together; PostgreSQL allows 100 as it comes."""
LEAST_POOL: Final = 5


class WebWorkers:
    """The processes in front. `environment`: what they must know beside the settings file."""

    def __init__(self, application: web.Application, server: Server, environment: Mapping[str, str]) -> None:
        self._supervisor = application[SUPERVISOR]
        self._count = server.workers
        self._place = _reserve(server.host, server.port)
        self.port: int = self._place.getsockname()[1]
        pool = min(server.database_pool, max(LEAST_POOL, CONNECTIONS // server.workers))
        self._environment = {
            **environment,
            "GRYF_SERVER_HOST": server.host,
            "GRYF_SERVER_PORT": str(self.port),
            "GRYF_SERVER_REUSE_PORT": "true",
            "GRYF_SERVER_ROLE": str(Role.WEB),
            "GRYF_SERVER_WORKERS": "0",
            "GRYF_SERVER_DATABASE_POOL": str(pool),
        }
        self._tasks: list[asyncio.Task[None]] = []
        self._ready: list[asyncio.Future[None]] = []

    async def start(self) -> None:
        """Returns when all of them answer. Raises `ConfigurationError` if one does not come up."""
        loop = asyncio.get_running_loop()
        for number in range(1, self._count + 1):
            ready: asyncio.Future[None] = loop.create_future()
            self._ready.append(ready)

            async def run(number: int = number, ready: "asyncio.Future[None]" = ready) -> None:
                await self._run(number, ready)

            self._tasks.append(self._supervisor.run(f"web worker {number}", run))
        try:
            async with asyncio.timeout(START_WITHIN_S):
                await asyncio.gather(*self._ready)
        except TimeoutError:
            raise ConfigurationError(f"the web workers are not ready after {START_WITHIN_S:g} s") from None

    async def stop(self) -> None:
        """All of them close their sockets in good order, at the same time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._place.close()

    async def _run(self, number: int, ready: "asyncio.Future[None]") -> None:
        """One life of one process."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "run.py", "serve", "--json"),
            cwd=ROOT,
            env={**os.environ, **self._environment, PARENT: str(os.getpid())},
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        try:
            if await child.stdout.readline():
                log.info("a web worker is ready", number=number, process=child.pid)
                if not ready.done():
                    ready.set_result(None)
            status = await reap(child, child.stdout)
        except asyncio.CancelledError:
            await end_child(child)
            raise
        if not ready.done():
            ready.set_exception(ConfigurationError(f"web worker {number} does not start: its own words stand above"))
        raise ChildFailed(f"web worker {number} ended with status {status}")


def _reserve(host: str, port: int) -> socket.socket:
    """A socket that keeps the port for the workers and never listens. Raises `ConfigurationError` where it is taken.

    Others of the same user who share their port too would be let in, so it is first asked for alone.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(address)
            address = alone.getsockname()
        place = socket.socket(family, kind, protocol)
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        place.bind(address)
    except OSError as problem:
        reason = "is taken" if problem.errno == 98 else f"cannot be opened: {problem.strerror}"  # 98: EADDRINUSE
        raise ConfigurationError(f"port {port} on {host} {reason}") from None
    return place
