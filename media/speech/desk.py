"""What the worker process has for drafts: where recordings lie, who recognises, and how a child is run."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog

from app.process import environment, last_words, reap
from app.wire import ROOT
from media.archive.spans import spans
from media.record.timeline import RecordingIndex, duration_s
from media.speech.child import Answer, Failed, Heard, SpeechOrder, Words
from media.speech.failure import SpeechFailure
from media.speech.settings import Engine, SpeechSettings

log = structlog.get_logger(__name__)

LEAST_CPU_S: Final = 120
WALL_FACTOR: Final = 4
"""How much longer than its processor time a draft may take: it steps back for everything else."""
LONGEST_LINE: Final = 64 * 1024 * 1024
STDERR_KEPT: Final = 2000
KEPT_ENVIRONMENT: Final = ("PATH", "LANG", "HOME", "HF_HOME", "LD_LIBRARY_PATH", "TMPDIR")
"""What a recogniser needs to find itself and its models; passwords stand in the environment too."""

Hear = Callable[[float], Awaitable[bool]]
"""Called about once a second with the share that is done, 0 … 1; False ends the draft."""


class Stopped(Exception):
    """`hear` said that nobody waits for it any more."""


class SpeechDesk:
    """Ask for it in a job with `app.jobs.part(SpeechDesk)`."""

    def __init__(self, recordings: Path, settings: SpeechSettings) -> None:
        self.recordings: Final = recordings
        self.settings: Final = settings
        self.hand: Final = asyncio.Semaphore(1)
        """One draft at a time: a second one would only make both slower."""

    @property
    def engine_name(self) -> str:
        """For people: what made a draft."""
        if self.settings.engine is Engine.WHISPER:
            return f"faster-whisper {self.settings.model}"
        return Path(self.settings.command.split(maxsplit=1)[0]).name if self.settings.command else ""

    async def recognise(self, index: RecordingIndex, language: str, hear: Hear) -> Words | Failed:
        """The words of a recording, on its whole timeline. Raises `Stopped`."""
        if self.settings.engine is Engine.NONE:
            return Failed(SpeechFailure.NOT_SET_UP)
        if not index.segments:
            return Failed(SpeechFailure.GONE)
        seconds = duration_s(index)
        with tempfile.TemporaryDirectory(prefix="gryf-speech-") as scratch:
            order = self._order(index, language, scratch, seconds)
            async with self.hand:
                return await run_child(order, seconds, hear)

    def _order(self, index: RecordingIndex, language: str, scratch: str, seconds: float) -> SpeechOrder:
        settings = self.settings
        audio = {take.number: take.tracks.audio for take in index.takes if take.tracks.audio is not None}
        return SpeechOrder(
            folder=str(self.recordings / index.recording.stream_id),
            scratch=scratch,
            spans=spans(index),
            tracks=audio,
            language=language,
            engine=settings.engine,
            command=settings.command,
            model=settings.model,
            threads=settings.threads,
            memory_mib=settings.memory_mib,
            cpu_s=max(round(seconds * settings.cpu_factor), LEAST_CPU_S),
            piece_s=settings.piece_min * 60,
            niceness=settings.niceness,
        )


async def run_child(order: SpeechOrder, seconds: float, hear: Hear) -> Words | Failed:
    """Runs one order in a process of its own. Whatever becomes of the process is an answer. Raises `Stopped`."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.speech.child"),
        cwd=ROOT,
        env=environment(KEPT_ENVIRONMENT),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    complaints = asyncio.create_task(last_words(child.stderr, STDERR_KEPT))
    try:
        async with asyncio.timeout(order.cpu_s * WALL_FACTOR):
            answer = await _converse(child, order, seconds, hear)
            await reap(child, child.stdout)
    except TimeoutError:
        answer = Failed(SpeechFailure.TOO_DEMANDING, "it took too long")
    finally:
        # the engine may be a program of its own: the whole group goes
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await reap(child, child.stdout)
        words = await complaints
    if answer is None:
        answer = _verdict(child.returncode or 0, words)
    if isinstance(answer, Failed):
        log.info("a draft could not be made", failure=answer.failure, detail=answer.detail, words=words[-300:])
    return answer


async def _converse(
    child: asyncio.subprocess.Process, order: SpeechOrder, seconds: float, hear: Hear
) -> Words | Failed | None:
    """The final answer; None where the process ended without one."""
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(ConnectionError):
        child.stdin.write(msgspec.json.encode(order) + b"\n")
        await child.stdin.drain()
        child.stdin.close()
    while line := await child.stdout.readline():
        try:
            answer: Answer = msgspec.json.decode(line, type=Answer)
        except msgspec.MsgspecError:
            return Failed(SpeechFailure.ENGINE, f"it said {line[:200]!r}")
        if not isinstance(answer, Heard):
            return answer
        if not await hear(min(answer.done_ms / max(seconds * 1000, 1), 1.0)):
            raise Stopped
    return None


def _verdict(status: int, words: str) -> Failed:
    """What a process that died without an answer tells by how it died."""
    if status in {-signal.SIGXCPU, -signal.SIGKILL} or "MemoryError" in words or "Cannot allocate" in words:
        return Failed(SpeechFailure.TOO_DEMANDING, f"status {status}")
    return Failed(SpeechFailure.ENGINE, f"status {status}: {words[-STDERR_KEPT:]}")
