"""The process that makes a draft: `python -m media.speech.child`, an order on standard input, answers in lines.

A recogniser is a large program over what came from outside; so it runs with little priority, on a few processors, with
bounded memory and processor time, and dies with the worker.
"""

import ctypes
import os
import resource
import signal
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import Final

import msgspec

from media.archive.spans import Span
from media.packet import CLOCK_HZ, AudioTrack
from media.speech.failure import EngineFailed, SpeechFailure
from media.speech.model import SpokenCue
from media.speech.pieces import BYTES_PER_S, RATE_HZ, Piece, is_silent, pieces
from media.speech.recognisers import Recogniser, make_recogniser
from media.speech.settings import Engine
from media.speech.shaping import comfortable

PR_SET_PDEATHSIG: Final = 1
MIB: Final = 1024 * 1024
TELL_EVERY_S: Final = 1.0


class SpeechOrder(msgspec.Struct, frozen=True):
    """What to hear: `spans` of takes in `folder`. Positions are those of the whole recording."""

    folder: str
    scratch: str
    spans: list[Span]
    tracks: dict[int, AudioTrack]
    language: str
    engine: Engine
    command: str
    model: str
    threads: int
    memory_mib: int
    cpu_s: int
    piece_s: int
    niceness: int


class Heard(msgspec.Struct, frozen=True, tag="heard"):
    """So many ms of the recording are done."""

    done_ms: int


class Words(msgspec.Struct, frozen=True, tag="words"):
    """All that was recognised."""

    cues: list[SpokenCue]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    failure: SpeechFailure
    detail: str = ""


Answer = Heard | Words | Failed


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=SpeechOrder)
    limit_myself(order)
    try:
        answer: Answer = execute(order)
    except EngineFailed as problem:
        answer = Failed(problem.failure, problem.detail)
    except MemoryError:
        answer = Failed(SpeechFailure.TOO_DEMANDING, "memory")
    except FileNotFoundError as problem:
        answer = Failed(SpeechFailure.GONE, str(problem))
    _say(answer)


def limit_myself(order: SpeechOrder) -> None:
    """Before anything is read. The limits hold for programs that this process starts, too."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    memory = order.memory_mib * MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_s, order.cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(order.niceness)
    mine = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, mine[-order.threads :])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(order.threads)


def execute(order: SpeechOrder) -> Words:
    """Piece by piece. Raises `EngineFailed`."""
    from media.archive.workshop import sound_packets
    from media.codec.speech import speech_pcm

    recogniser = make_recogniser(order.engine, order.command, order.model, order.threads)
    if not any(span.take in order.tracks for span in order.spans):
        raise EngineFailed(SpeechFailure.NO_SOUND)
    packets = sound_packets(order.folder, order.spans, order.tracks, lambda _share: None)
    told = _Teller()
    found: list[SpokenCue] = []
    with tempfile.TemporaryDirectory(dir=order.scratch) as folder:
        for piece in pieces(speech_pcm(packets), order.piece_s):
            found += _heard(recogniser, piece, order.language, Path(folder), told)
            told.tell(piece.begin_ms + len(piece.pcm) * 1000 // BYTES_PER_S)
    cues = comfortable(found)
    if not cues:
        raise EngineFailed(SpeechFailure.NO_WORDS)
    return Words(cues)


def _heard(recogniser: Recogniser, piece: Piece, language: str, folder: Path, told: "_Teller") -> list[SpokenCue]:
    if is_silent(piece.pcm):
        return []
    wav = folder / "piece.wav"
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(piece.pcm)
    cues = recogniser.recognise(wav, language, lambda done_ms: told.tell(piece.begin_ms + done_ms))
    for left in folder.iterdir():
        left.unlink()
    return [
        SpokenCue(cue.begin_ms + piece.begin_ms, cue.end_ms + piece.begin_ms, cue.text, cue.speaker) for cue in cues
    ]


def total_ms(spans: list[Span]) -> int:
    return spans[-1].end_90k * 1000 // CLOCK_HZ if spans else 0


class _Teller:
    """Says how far it is, about once a second."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def tell(self, done_ms: int) -> None:
        now = time.monotonic()
        if now >= self._next_s:
            self._next_s = now + TELL_EVERY_S
            _say(Heard(done_ms))


def _say(answer: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
