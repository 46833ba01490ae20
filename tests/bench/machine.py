"""The machine under a benchmark: its cores, and whose CPU time was spent."""

import contextlib
import os
import platform
import socket
import time
from collections.abc import Iterator
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
CALM_S = 0.05
"""Processor's time in a second, of a server to which nobody speaks."""


@contextlib.contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """What is started inside runs on this core alone, and so do its children; None pins nothing."""
    allowed = os.sched_getaffinity(0)
    try:
        if core is not None:
            os.sched_setaffinity(0, {core})
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def two_cores() -> tuple[int | None, int | None]:
    """A core for the server and another for its clients; none where the machine has only one."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


def cpu_s(pid: int) -> float:
    """User and system time of all threads of another process, to the nanosecond (/proc/PID/stat has 10 ms)."""
    return time.clock_gettime((~pid << 3) | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the kernel


def tree_cpu_s(root: int) -> float:
    """The same of a process and all its descendants, with those that ended and were waited for."""
    total = 0.0
    for pid in (root, *descendants(root)):
        with contextlib.suppress(OSError):  # it ended meanwhile: its parent's reaped time has it
            reaped = sum(map(int, _stat(pid)[13:15])) / TICKS_PER_S
            total += cpu_s(pid) + reaped
    return total


def settle(root: int, within_s: float = 30) -> None:
    """Waits until a process and its descendants do next to nothing: what a first start makes is not measured."""
    until = time.monotonic() + within_s
    calm = False
    while not calm and time.monotonic() < until:
        before = tree_cpu_s(root)
        time.sleep(1)
        calm = tree_cpu_s(root) - before < CALM_S


def waited_s(pid: int) -> float:
    """How long a process's main thread was ready to run and got no core: the machine's fault, not its own."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def descendants(root: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int(_stat(int(entry.name))[1])
    found = [root]
    for parent in found:
        found += [pid for pid, its in parents.items() if its == parent]
    return found[1:]


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on: [0] is the state, [1] the parent."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()


def free_port() -> int:
    """For servers that cannot choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def described() -> str:
    """Processor, cores, kernel, Python: a figure means nothing without them."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    names = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    name = names[0] if names else platform.machine()
    return f"{name}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
