"""Captions read from whatever people have: WebVTT and SubRip of any program, mended where they are broken. Pure.

Nothing is lost in silence: each thing that was mended or left out is told with its line.
"""

import re
from typing import Final

import msgspec

from app.errors import Invalid
from app.i18n import _
from media.speech.decoding import decoded
from media.speech.model import LAST_MS, LONGEST_TEXT, Note, Reading, SpokenCue
from media.speech.plain import stripped

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_CUES: Final = 100_000
MOST_NOTES: Final = 200
LONGEST_LINE: Final = 20_000
LEAST_CUE_MS: Final = 200
"""Captions that begin closer together than this stand at the same time: two people who speak at once."""
PER_CHARACTER_MS: Final = 60
LEAST_READING_MS: Final = 1_000
MOST_READING_MS: Final = 7_000

_TIME: Final = r"(?:(\d{1,4})\s?:\s?)?(\d{1,3})\s?:\s?(\d{1,2})(?:\s?[.,:]\s?(\d{1,9}))?"
_TIMES: Final = re.compile(rf"^\s*{_TIME}\s*(?:--+>|->|[–—]>|→|--+&gt;)\s*(?:{_TIME})?(?P<rest>.*)$")
_NUMBER: Final = re.compile(r"\s*\d{1,9}\s*")

STYLING: Final = _("Styling was taken away; the words stay")
EMPTY: Final = _("A caption without words was left out")
OUT_OF_ORDER: Final = _("This caption stood in the wrong place and was moved to its time")
BACKWARDS: Final = _("The end was not after the beginning: it was set by the length of the words")
OVERLAP: Final = _("It overlapped the next caption and ends where that begins")
STRAY: Final = _("Words without a time were added to the caption before")
LOST: Final = _("Words before the first time were left out")
TOO_LONG: Final = _("This caption is very long: only its first 1000 characters were taken")
TOO_LATE: Final = _("This time lies beyond any recording; the caption was left out")
TOO_MANY: Final = _("There are more captions than can be taken: the rest was left out")
ENCODING: Final = _("The file was read as %(encoding)s: look whether its letters are right")


class _Block(msgspec.Struct):
    """A caption while it is read: the line its times stand in, and its own lines."""

    line: int
    begin_ms: int
    end_ms: int | None
    lines: list[str]


def read_captions(data: bytes) -> Reading:
    """Cues of a file in order of time, with what was mended. Raises `Invalid` where there is nothing to read."""
    if len(data) > MOST_BYTES:
        raise Invalid(fields={"file": "Captions may have at most 8 MB"})
    text, encoding = decoded(data)
    if "\x00" in text or not text.strip():
        raise Invalid(fields={"file": "This is not a text file with captions"})
    reader = _Reader(text)
    if not encoding.startswith("utf-"):
        reader.note(1, ENCODING, encoding=encoding)
    reader.read()
    cues = reader.cues()
    if not cues:
        raise Invalid(
            fields={"file": "There are no captions in this file: no line has times as 00:00:01,000 --> 00:00:04,000"}
        )
    return Reading(cues, reader.notes, encoding, reader.unlisted)


class _Reader:
    """One pass over the lines; then order, ends and overlaps are mended."""

    def __init__(self, text: str) -> None:
        plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
        self._lines = plain.split("\n")
        self._is_vtt = self._lines[0].lstrip().startswith("WEBVTT")
        self._blocks: list[_Block] = []
        self.notes: list[Note] = []
        self.unlisted = 0

    def note(self, line: int, message: str, **values: object) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(Note(line, message, dict(values)))
        else:
            self.unlisted += 1

    def read(self) -> None:
        stray: list[str] = []
        closed = True
        at = self._after_block(0) if self._is_vtt else 0
        while at < len(self._lines):
            line = self._lines[at]
            if len(line) > LONGEST_LINE:
                self.note(at + 1, TOO_LONG)
                line = line[:LONGEST_LINE]
            times = _TIMES.match(line) if len(line) < 200 else None
            if times is not None:
                self._settle(stray, glued=not closed)
                stray, closed = [], False
                if not self._begin(at, times):
                    return
            elif not line.strip():
                closed = True
            elif closed and self._is_vtt and line.startswith(("NOTE", "STYLE", "REGION")):
                at = self._after_block(at)
                continue
            elif closed:
                stray.append(line)
            else:
                self._blocks[-1].lines.append(line)
            at += 1
        self._settle([*stray, ""] if stray else [])

    def cues(self) -> list[SpokenCue]:
        found: list[tuple[int, SpokenCue]] = []
        latest = -1
        for block in self._blocks:
            cue = self._cue(block)
            if cue is None:
                continue
            if cue.begin_ms < latest:
                self.note(block.line, OUT_OF_ORDER)
            latest = max(latest, cue.begin_ms)
            found.append((block.line, cue))
        found.sort(key=lambda one: (one[1].begin_ms, one[0]))
        cues = self._without_overlaps(found)
        self.notes.sort(key=lambda note: note.line)
        return cues

    def _begin(self, at: int, times: re.Match[str]) -> bool:
        """Takes a line with times; False where there are too many."""
        if len(self._blocks) >= MOST_CUES:
            self.note(at + 1, TOO_MANY)
            return False
        groups = times.groups()
        end = _milliseconds(*groups[4:8]) if groups[5] is not None else None
        self._blocks.append(_Block(at + 1, _milliseconds(*groups[:4]), end, []))
        return True

    def _settle(self, stray: list[str], *, glued: bool = False) -> None:
        """Lines between a blank one and the next times: the last is that caption's number or name.

        `glued`: no blank line stands before these times, so the number may be the last of the words before.
        """
        if not stray:
            own = self._blocks[-1].lines if glued and self._blocks else []
            if own and _NUMBER.fullmatch(own[-1]) and int(own[-1]) == len(self._blocks) + 1:
                own.pop()
            return
        last = stray[-1]
        if last == "" or self._is_vtt or _NUMBER.fullmatch(last):
            stray = stray[:-1]
        words = [line for line in stray if not _NUMBER.fullmatch(line)]
        if not words:
            return
        if self._blocks:
            self._blocks[-1].lines += words
            self.note(self._blocks[-1].line, STRAY)
        else:
            self.note(1, LOST)

    def _cue(self, block: _Block) -> SpokenCue | None:
        raw = "\n".join(block.lines)
        text, speaker, styled = stripped(raw)
        if not text:
            self.note(block.line, EMPTY)
            return None
        if styled:
            self.note(block.line, STYLING)
        if len(text) >= LONGEST_TEXT and len(raw) > LONGEST_TEXT:
            self.note(block.line, TOO_LONG)
        if block.begin_ms > LAST_MS or (block.end_ms or 0) > LAST_MS:
            self.note(block.line, TOO_LATE)
            return None
        end = block.end_ms
        if end is None or end <= block.begin_ms:
            self.note(block.line, BACKWARDS)
            end = block.begin_ms + reading_ms(text)
        return SpokenCue(block.begin_ms, end, text, speaker)

    def _without_overlaps(self, found: list[tuple[int, SpokenCue]]) -> list[SpokenCue]:
        cues = [cue for _line, cue in found]
        for place, (line, cue) in enumerate(found[:-1]):
            following = found[place + 1][1]
            if cue.end_ms > following.begin_ms >= cue.begin_ms + LEAST_CUE_MS:
                cues[place] = msgspec.structs.replace(cue, end_ms=following.begin_ms)
                self.note(line, OVERLAP)
        return cues

    def _after_block(self, at: int) -> int:
        while at < len(self._lines) and self._lines[at].strip():
            at += 1
        return at


def reading_ms(text: str) -> int:
    """How long a caption must stand to be read."""
    return min(max(len(text) * PER_CHARACTER_MS, LEAST_READING_MS), MOST_READING_MS)


def _milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "0")[:3].ljust(3, "0"))
