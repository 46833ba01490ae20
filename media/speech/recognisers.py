"""Recognisers of speech: what each must do, and the adapters. They run in a child process (`media.speech.child`)."""

import importlib
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from app.errors import Invalid
from media.speech.failure import EngineFailed, SpeechFailure
from media.speech.model import LAST_MS, SpokenCue
from media.speech.reading import read_captions
from media.speech.settings import Engine

Tell = Callable[[int], None]
"""Called now and then with how many ms of the piece are done."""

MOST_OUTPUT: Final = 32 * 1024 * 1024
STDERR_KEPT: Final = 400


class Recogniser(Protocol):
    """Turns sound into words."""

    def recognise(self, wav: Path, language: str, tell: Tell) -> list[SpokenCue]:
        """`wav`: 16 kHz, one channel, 16 bits. Raises `EngineFailed`. No words are no failure."""


class Whisper:
    """The package faster-whisper, where it is installed."""

    def __init__(self, model: str, threads: int) -> None:
        try:
            module: Any = importlib.import_module("faster_whisper")
        except ImportError as problem:
            raise EngineFailed(SpeechFailure.MISSING, str(problem)) from problem
        try:
            self._model = module.WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=threads)
        except (OSError, ValueError, RuntimeError) as problem:
            raise EngineFailed(SpeechFailure.MISSING, f"the model {model}: {problem}") from problem

    def recognise(self, wav: Path, language: str, tell: Tell) -> list[SpokenCue]:
        try:
            segments, _facts = self._model.transcribe(str(wav), language=language, vad_filter=True)
            found = []
            for segment in segments:
                found.append(SpokenCue(round(segment.start * 1000), round(segment.end * 1000), segment.text))
                tell(found[-1].end_ms)
        except (RuntimeError, ValueError) as problem:
            raise EngineFailed(SpeechFailure.ENGINE, str(problem)) from problem
        return found


class Command:
    """Any program: it gets a sound file and answers in WebVTT, SRT or JSON, on standard output or in a file."""

    def __init__(self, template: str, threads: int) -> None:
        try:
            self._words = shlex.split(template)
        except ValueError as problem:
            raise EngineFailed(SpeechFailure.NOT_SET_UP, f"the command cannot be read: {problem}") from problem
        if not self._words or "{wav}" not in template:
            raise EngineFailed(SpeechFailure.NOT_SET_UP, "the command needs {wav}")
        self._threads = threads

    def recognise(self, wav: Path, language: str, tell: Tell) -> list[SpokenCue]:
        out = wav.with_suffix(".out")
        values = {"{wav}": str(wav), "{language}": language, "{threads}": str(self._threads), "{out}": str(out)}
        said = out.with_suffix(".said")
        with said.open("wb") as stdout:
            try:
                # what is run stands in the administrator's settings; nothing of the recording is in the words
                done = subprocess.run(  # noqa: S603
                    [_filled(word, values) for word in self._words],
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=subprocess.PIPE,
                    cwd=wav.parent,
                    check=False,
                )
            except OSError as problem:
                raise EngineFailed(SpeechFailure.MISSING, str(problem)) from problem
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip()[-STDERR_KEPT:]
            raise EngineFailed(_verdict(done.returncode), f"status {done.returncode}: {words}")
        cues = read_answer(_content(out if out.exists() else said))
        tell(max((cue.end_ms for cue in cues), default=0))
        return cues


def make_recogniser(engine: Engine, command: str, model: str, threads: int) -> Recogniser:
    """The one that is set up. Raises `EngineFailed`."""
    match engine:
        case Engine.WHISPER:
            return Whisper(model, threads)
        case Engine.COMMAND:
            return Command(command, threads)
        case Engine.NONE:
            raise EngineFailed(SpeechFailure.NOT_SET_UP)


class _Said(msgspec.Struct, frozen=True):
    """Words as programs write them in JSON: seconds."""

    start: float
    end: float
    text: str
    speaker: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    segments: list[_Said]


def read_answer(data: bytes) -> list[SpokenCue]:
    """WebVTT, SRT, or JSON: `[{start, end, text, speaker?}]`, also as `segments`. Raises `EngineFailed`."""
    begin = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if not begin:
        return []
    if begin in {b"{", b"["}:
        try:
            plain = data.removeprefix(b"\xef\xbb\xbf")
            if begin == b"[":
                said = msgspec.json.decode(plain, type=list[_Said])
            else:
                said = msgspec.json.decode(plain, type=_Answer).segments
        except msgspec.MsgspecError as problem:
            raise EngineFailed(SpeechFailure.ENGINE, f"its JSON cannot be read: {problem}") from problem
        cues = [SpokenCue(round(one.start * 1000), round(one.end * 1000), one.text, one.speaker or "") for one in said]
        return [cue for cue in cues if 0 <= cue.begin_ms < cue.end_ms <= LAST_MS]
    if data.strip() == b"WEBVTT":
        return []
    try:
        return read_captions(data).cues
    except Invalid as problem:
        raise EngineFailed(SpeechFailure.ENGINE, f"its answer cannot be read: {problem.fields}") from problem


def _filled(word: str, values: dict[str, str]) -> str:
    for place, value in values.items():
        word = word.replace(place, value)
    return word


def _content(path: Path) -> bytes:
    if path.stat().st_size > MOST_OUTPUT:
        raise EngineFailed(SpeechFailure.ENGINE, "its answer is too large")
    return path.read_bytes()


def _verdict(status: int) -> SpeechFailure:
    """A shell's and a program's ways to say that it is not there, or was stopped by a limit."""
    if status in {126, 127}:
        return SpeechFailure.MISSING
    return SpeechFailure.TOO_DEMANDING if status in {-9, -24, 137, 152} else SpeechFailure.ENGINE
