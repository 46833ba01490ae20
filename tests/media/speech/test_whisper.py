"""The adapter of faster-whisper, against a module with that package's signatures: it is no dependency."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from media.speech.failure import EngineFailed, SpeechFailure
from media.speech.model import SpokenCue
from media.speech.recognisers import Whisper, make_recogniser
from media.speech.settings import Engine


class Segment(NamedTuple):
    """As the package has them (its version 1)."""

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int]
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    words: list | None
    temperature: float | None


class WhisperModel:
    """Its arguments in its order; what it is asked for stays in `asked`."""

    asked: list[tuple]

    def __init__(
        self,
        model_size_or_path: str,
        device: str = "auto",
        device_index: int | list[int] = 0,
        compute_type: str = "default",
        cpu_threads: int = 0,
        num_workers: int = 1,
        download_root: str | None = None,
        local_files_only: bool = False,
    ):
        if model_size_or_path == "none":
            raise ValueError(f"Invalid model size '{model_size_or_path}', expected one of: tiny, base")
        self.asked.append((model_size_or_path, device, compute_type, cpu_threads))

    def transcribe(
        self,
        audio: str,
        language: str | None = None,
        task: str = "transcribe",
        log_progress: bool = False,
        beam_size: int = 5,
        *,
        vad_filter: bool = False,
        word_timestamps: bool = False,
    ) -> tuple[Iterable[Segment], object]:
        if language not in {"pl", "uk"}:
            raise ValueError(f"'{language}' is not a valid language code")
        self.asked.append((audio, language, vad_filter))
        return self._segments(), object()

    def _segments(self) -> Iterator[Segment]:
        """Lazily: words come, and faults, while one goes through them."""
        yield Segment(1, 0, 0.0, 1.984, " Otwieram sesję.", [1], -0.2, 1.1, 0.01, None, 0.0)
        yield Segment(2, 0, 2.5, 4.0, " Stwierdzam quorum.", [2], -0.2, 1.1, 0.01, None, 0.0)
        if self.asked[-1][0].endswith("broken.wav"):
            raise RuntimeError("CTranslate2 gave up")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    module = ModuleType("faster_whisper")
    found: list[tuple] = []
    module.WhisperModel = type("WhisperModel", (WhisperModel,), {"asked": found})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    return found


def test_words_come_with_their_times_and_progress_is_told(asked) -> None:
    recogniser = make_recogniser(Engine.WHISPER, "", "small", 2)
    told: list[int] = []
    cues = recogniser.recognise(Path("/tmp/piece.wav"), "pl", told.append)
    assert cues == [SpokenCue(0, 1984, " Otwieram sesję."), SpokenCue(2500, 4000, " Stwierdzam quorum.")]
    assert told == [1984, 4000]
    assert asked == [("small", "cpu", "int8", 2), ("/tmp/piece.wav", "pl", True)]


def test_what_it_refuses_is_said(asked) -> None:
    with pytest.raises(EngineFailed) as refused:
        Whisper("none", 1)
    assert refused.value.failure is SpeechFailure.MISSING
    for wav, language in (("broken.wav", "pl"), ("piece.wav", "xx")):
        with pytest.raises(EngineFailed) as failed:
            Whisper("small", 1).recognise(Path(wav), language, lambda _ms: None)
        assert failed.value.failure is SpeechFailure.ENGINE
