"""What a recogniser heard, in captions that can be read: two rows at most, cut between words. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from media.speech.model import SpokenCue
from media.speech.plain import clean_text

LONGEST: Final = 84
"""Characters: two rows of 42."""
LONGEST_MS: Final = 7_000
_SENTENCE_END: Final = re.compile(r"[.!?…;]$")


def comfortable(cues: Iterable[SpokenCue]) -> list[SpokenCue]:
    """Long ones cut, their time shared by length; empty ones left out; none begins before the one before it."""
    found: list[SpokenCue] = []
    for cue in sorted(cues, key=lambda one: (one.begin_ms, one.end_ms)):
        text = " ".join(clean_text(cue.text).split())
        if not text:
            continue
        begin = max(cue.begin_ms, found[-1].begin_ms if found else 0, 0)
        end = max(cue.end_ms, begin + 1)
        found += _shared(text.split(), begin, end, cue.speaker)
    return [_before_next(cue, found[place + 1] if place + 1 < len(found) else None) for place, cue in enumerate(found)]


def _shared(words: list[str], begin: int, end: int, speaker: str) -> Iterator[SpokenCue]:
    groups = list(_groups(words, (end - begin) / max(sum(map(len, words)), 1)))
    total = sum(map(len, groups)) or 1
    done, at = 0, begin
    for group in groups:
        done += len(group)
        until = max(begin + (end - begin) * done // total, at + 1)
        yield SpokenCue(at, until, group, speaker)
        at = until


def _groups(words: list[str], ms_per_character: float) -> Iterator[str]:
    longest = max(min(LONGEST, int(LONGEST_MS / ms_per_character) if ms_per_character > 0 else LONGEST), 12)
    line = ""
    for word in words:
        wanted = f"{line} {word}".strip()
        if line and (len(wanted) > longest or (_SENTENCE_END.search(line) and len(line) > longest // 2)):
            yield line
            wanted = word
        line = wanted
    if line:
        yield line


def _before_next(cue: SpokenCue, following: SpokenCue | None) -> SpokenCue:
    if following is None or cue.end_ms <= following.begin_ms or following.begin_ms <= cue.begin_ms:
        return cue
    return msgspec.structs.replace(cue, end_ms=following.begin_ms)
