"""How a worker that makes smaller pictures is started, and how much may wait for it."""

import os
import sys
from collections.abc import Callable
from typing import Final

from media.backlog import Backlog
from media.conversation import Conversation
from media.ladder.protocol import News, news
from media.ladder.settings import LadderSettings

BACKLOG_BYTES: Final = 16 * 1024 * 1024
BACKLOG_S: Final = 8.0


def worker_command(settings: LadderSettings) -> tuple[str, ...]:
    """How a worker of this process is started."""
    return (
        *(sys.executable, "-m", "media.ladder.worker", "--parent", str(os.getpid()), "--preset", settings.preset),
        *("--threads", str(settings.threads), "--cores", str(settings.cpu_cores), "--nice", str(settings.nice)),
        *("--memory-mib", str(settings.memory_mib)),
    )


def worker(command: tuple[str, ...], hear: Callable[[News], None]) -> Conversation[News]:
    """To be `run` once. `hear` is called on the loop with all that the process says."""
    return Conversation("ladder worker", command, Backlog(BACKLOG_BYTES, BACKLOG_S), news(), hear)
