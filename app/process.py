"""The life of one process: data folder, database, application, worker beside it, and an end in good order."""

import asyncio
import contextlib
import fcntl
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import asyncpg
import structlog
from aiohttp import web

from app.config import Server
from app.errors import ConfigurationError
from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from app.shortcuts import add_shortcuts
from app.supervise import SUPERVISOR
from app.wire import ROOT

PARENT: Final = "GRYF_PARENT"
"""Environment variable of a process that is kept by another: whose end is its own."""

log = structlog.get_logger(__name__)

CHILD_GRACE_S: Final = 5.0
"""How long a child process may take to end after SIGTERM."""

BACKLOG: Final = 2048
ACCEPTED_A_TURN: Final = 8
"""libuv takes one connection from a listening socket in a turn of the loop, so a page would stand behind a whole crowd
that comes back. Each duplicate of the socket takes one more."""

LOWEST_FREE_BYTES: Final = 200 * 1024 * 1024


def open_data_folder(path: Path) -> Path:
    """Makes the folder if need be and proves that it can be written. Raises `ConfigurationError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe-{os.getpid()}"
        probe.write_bytes(b"gryf")
        probe.unlink()
    except OSError as problem:
        raise ConfigurationError(f"the data folder {path} cannot be written: {problem.strerror}") from None
    space = os.statvfs(path)
    if space.f_bavail * space.f_frsize < LOWEST_FREE_BYTES:
        log.warning("little room on the disk", folder=str(path), free_mb=space.f_bavail * space.f_frsize // 2**20)
    return path.resolve()


def lock_data_folder(path: Path) -> IO[str]:
    """Keeps a second server off the same folder; the lock ends with the process, however it ends."""
    handle = (path / "gryf.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        raise ConfigurationError(f"another Gryf (process {owner}) uses the data folder {path}") from None
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


class DatabaseServer:
    """The database named by a setting, or one of our own that is stopped with us."""

    def __init__(self, server: Server, data: Path) -> None:
        self._configured = server.database_url
        self._embedded = None if server.database_url else EmbeddedPostgres(data)
        self.url = ""

    async def start(self) -> str:
        """Returns its address."""
        if self._embedded is None:
            self.url = self._configured
        else:
            if os.geteuid() == 0:
                log.warning(
                    "running as root: the database runs as user embedded_postgres; better give Gryf its own user"
                )
            self.url = await asyncio.to_thread(self._embedded.start)
        return self.url

    async def stop(self) -> None:
        await asyncio.to_thread(self.stop_now)

    def stop_now(self) -> None:
        """Blocks until it has ended."""
        if self._embedded is not None:
            self._embedded.stop()


async def close_pool(pool: "asyncpg.pool.Pool[Any]") -> None:
    """Gives connections a moment to come back, then cuts them."""
    try:
        async with asyncio.timeout(3):
            await pool.close()
    except TimeoutError:
        pool.terminate()


async def bring_up_to_date(url: str) -> None:
    """Applies the migrations that are missing."""
    done = await migrate(url, ROOT / "migrations")
    if done:
        log.info("database migrated", first=done[0], last=done[-1], files=len(done))


async def listen(app: web.Application, server: Server) -> tuple[web.AppRunner, int]:
    """Starts the application on its port; returns the runner and the port it got."""
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=3, keepalive_timeout=75, max_line_size=16384
    )
    try:
        await runner.setup()
    except BaseException:
        await runner.cleanup()  # what had started already is stopped again
        raise
    assert runner.server is not None
    add_shortcuts(app, runner.server)
    try:
        for listening in _sockets(server):
            with listening:
                for _ in range(ACCEPTED_A_TURN):
                    await web.SockSite(runner, listening.dup(), backlog=BACKLOG).start()
    except OSError as problem:
        await runner.cleanup()
        reason = "is taken" if problem.errno == 98 else f"cannot be opened: {problem.strerror}"  # 98: EADDRINUSE
        raise ConfigurationError(f"port {server.port} on {server.host} {reason}") from None
    return runner, int(runner.addresses[0][1])


def _sockets(server: Server) -> Iterator[socket.socket]:
    """Listening sockets of all addresses that the host has."""
    kind, flags = socket.SOCK_STREAM, socket.AI_PASSIVE
    found = socket.getaddrinfo(server.host or None, server.port, type=kind, flags=flags)
    for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
        yield socket.create_server(address[:2], family=family, backlog=BACKLOG, reuse_port=server.reuse_port)


def keep_child(app: web.Application, name: str, command: list[str], environment: Mapping[str, str]) -> None:
    """Runs a process of ours beside the server; it is started again when it dies and ended with the server."""

    async def run() -> None:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=ROOT,
            env={**os.environ, **environment, PARENT: str(os.getpid())},
            stdout=sys.stderr,
        )
        try:
            status = await child.wait()
        except asyncio.CancelledError:
            await end_child(child)
            raise
        if status != 0:
            raise ChildFailed(f"{name} ended with status {status}")

    app[SUPERVISOR].run(name, run)


class ChildFailed(Exception):
    """A process of ours ended by itself; the supervisor starts it again."""


async def end_child(child: asyncio.subprocess.Process) -> None:
    """SIGTERM, a little patience, SIGKILL."""
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(CHILD_GRACE_S):
            await child.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def environment(names: Iterable[str]) -> dict[str, str]:
    """What of this process's environment a child gets to know: passwords stand there too."""
    return {name: os.environ[name] for name in names if name in os.environ}


async def last_words(stream: asyncio.StreamReader, most: int) -> str:
    """The end of what a process says until it ends, of which there may be very much: `most` bytes of it."""
    kept = b""
    while block := await stream.read(65536):
        kept = (kept + block)[-most:]
    return kept.decode("utf-8", errors="replace")


async def reap(child: asyncio.subprocess.Process, *unread: asyncio.StreamReader) -> int:
    """Waits for the end of a process and returns its status.

    asyncio tells of an end only once every pipe was read to its own end (uvloop at once), and pauses a pipe that nobody
    reads: whatever stands in `unread` is read and thrown away meanwhile.
    """

    async def throw_away(stream: asyncio.StreamReader) -> None:
        while await stream.read(65536):
            pass

    readers = [asyncio.create_task(throw_away(stream)) for stream in unread]
    try:
        return await child.wait()
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    return stop


class StopLimit:
    """The last word on a stop: what hangs is named in the log, and the process ends without it.

    Whoever stops us kills us after ten seconds anyway, and then nobody knows why.
    """

    def __init__(self, limit_s: float, last: Callable[[], None]) -> None:
        """`last` is called in a thread, right before the process ends."""
        self._limit_s = limit_s
        self._last = last
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """From now on there are `limit_s` seconds left, unless `cancel` comes first."""
        self._timer = threading.Timer(self._limit_s, self._give_up, (asyncio.get_running_loop(),))
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        for task in asyncio.all_tasks(loop):
            frames = task.get_stack(limit=1)
            place = f"{frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else ""
            log.error("this did not end in time", task=task.get_name(), coroutine=repr(task.get_coro()), place=place)
        try:
            self._last()
        finally:
            os._exit(1)


async def watch_parent(stop: asyncio.Event) -> None:
    """A worker whose server was killed must not live on: it would work beside the next one."""
    # told and not looked up: the server may be gone before this process has come so far
    parent = int(os.environ.get(PARENT, os.getppid()))
    while not stop.is_set():
        if os.getppid() != parent:
            stop.set()
        await asyncio.sleep(1)


def run_loop(body: Callable[[], Awaitable[Any]]) -> Any:
    """Runs a coroutine on uvloop."""
    import uvloop

    # Thousands of held requests are no garbage: with the default of 700 the collector walks them again and again.
    gc.set_threshold(20_000, 20, 20)

    async def call() -> Any:
        return await body()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(call())
