"""The process that reads a paper: `python -m portals.council.papers.reading.child`, an order in, an answer out.

A PDF reader is a large program over what came from outside: it runs with bounded memory and processor time, with little
priority, opens no network and dies with the worker.
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

import msgspec

from portals.council.papers.reading.extracting import text_of
from portals.council.papers.reading.model import Answer, NoText, ReadOrder

PR_SET_PDEATHSIG: Final = 1
NICENESS: Final = 10
MIB: Final = 1 << 20


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=ReadOrder)
    limit_myself(order)
    try:
        answer: Answer = text_of(Path(order.path), order.type)
    except (MemoryError, RecursionError):
        answer = NoText("too_demanding")
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def limit_myself(order: ReadOrder) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    memory = order.memory_mib * MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_s, order.cpu_s + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)


if __name__ == "__main__":
    main()
