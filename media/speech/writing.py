"""Captions as files: WebVTT, SubRip, plain text. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from media.speech.model import SpokenCue

PARAGRAPH_MS: Final = 30_000
"""Plain text: after so long a new paragraph begins, with its time, also where the same person goes on."""
SILENCE_MS: Final = 4_000


def write_vtt(cues: Iterable[SpokenCue], *, note: str = "") -> str:
    """A WebVTT file. `note` tells readers of the file where it comes from."""
    lines = ["WEBVTT", ""]
    if note:
        lines += [f"NOTE {_escaped(' '.join(note.split()))}", ""]
    for cue in cues:
        lines += [f"{vtt_clock(cue.begin_ms)} --> {vtt_clock(cue.end_ms)}", vtt_text(cue), ""]
    return "\n".join(lines)


def write_srt(cues: Iterable[SpokenCue]) -> str:
    """A SubRip file; the speaker stands before the first words, as the format has no place for one."""
    lines: list[str] = []
    speaker = ""
    for number, cue in enumerate(cues, start=1):
        named = f"{cue.speaker}: " if cue.speaker and cue.speaker != speaker else ""
        times = f"{vtt_clock(cue.begin_ms)} --> {vtt_clock(cue.end_ms)}".replace(".", ",")
        lines += [str(number), times, named + cue.text.replace("-->", "→"), ""]
        speaker = cue.speaker
    return "\n".join(lines)


def write_text(cues: Iterable[SpokenCue]) -> str:
    """What was said, in paragraphs with their time and speaker."""
    return "".join(f"[{clock}] {speaker}{words}\n\n" for clock, speaker, words in _paragraphs(cues))


def vtt_clock(at_ms: int) -> str:
    """`01:02:03.400`."""
    seconds, rest = divmod(at_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"


def vtt_text(cue: SpokenCue) -> str:
    """A cue's payload: `<v Name>` and the words, escaped."""
    voice = f"<v {_escaped(cue.speaker)}>" if cue.speaker else ""
    return voice + _escaped(cue.text)


def _paragraphs(cues: Iterable[SpokenCue]) -> Iterator[tuple[str, str, str]]:
    words: list[str] = []
    first: SpokenCue | None = None
    last_ms = 0
    for cue in cues:
        fresh = first is not None and (
            cue.speaker != first.speaker
            or cue.begin_ms - first.begin_ms >= PARAGRAPH_MS
            or cue.begin_ms - last_ms >= SILENCE_MS
        )
        if first is not None and fresh:
            yield _paragraph(first, words)
            first, words = None, []
        first = first or cue
        words.append(cue.text.replace("\n", " "))
        last_ms = cue.end_ms
    if first is not None:
        yield _paragraph(first, words)


def _paragraph(first: SpokenCue, words: list[str]) -> tuple[str, str, str]:
    return vtt_clock(first.begin_ms)[:8], f"{first.speaker}: " if first.speaker else "", " ".join(words)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
