"""Captions: SubRip (SRT) and WebVTT read, checked and written as WebVTT. Pure.

Mistakes are told with the line they stand in, so that whoever wrote the file can mend it.
"""

import html
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from app.errors import Invalid
from app.i18n import _
from media.packet import CLOCK_HZ

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_CUES: Final = 20_000
LONGEST_CUE: Final = 1_000
"""Characters."""

_TIME: Final = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})")
_ARROW: Final = "-->"
_MARKUP: Final = re.compile(r"</?(?:[biu]|c|v|lang|ruby|rt|font)(?:[.\s][^<>]*)?>|<\d[\d:.]*>", re.IGNORECASE)
_KEPT: Final = re.compile(r"&lt;(/?[biu])&gt;", re.IGNORECASE)
_BRACES: Final = re.compile(r"\{\\[^{}]*\}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Cue(msgspec.Struct, frozen=True, gc=False):
    """Words from `begin_90k` up to `end_90k`, in 1/90000 s. `text`: lines, with <b>, <i> and <u> as only markup."""

    begin_90k: int
    end_90k: int
    text: str


class CaptionsProblem(Exception):
    """What is wrong in line `line` (from 1): a message id."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_captions(data: bytes) -> list[Cue]:
    """Cues of a WebVTT or SRT file, in the order of their beginnings. Raises `Invalid` that names the line."""
    if len(data) > MOST_BYTES:
        raise Invalid("Captions may have at most 2 MB")
    text = _decoded(data)
    try:
        cues = list(_parsed(text))
    except CaptionsProblem as problem:
        raise Invalid(problem.message, line=problem.line) from None
    if not cues:
        raise Invalid("There are no captions in this file")
    return sorted(cues, key=lambda cue: (cue.begin_90k, cue.end_90k))


def write_vtt(cues: Iterable[Cue]) -> str:
    """A WebVTT file."""
    lines = ["WEBVTT", ""]
    for cue in cues:
        lines += [f"{_clock(cue.begin_90k)} {_ARROW} {_clock(cue.end_90k)}", cue.text, ""]
    return "\n".join(lines)


def shifted(cues: Iterable[Cue], origin_90k: int) -> Iterator[Cue]:
    """Cues on a clock that starts at `origin_90k`; what ends before it is left out."""
    for cue in cues:
        end = cue.end_90k - origin_90k
        if end > 0:
            yield Cue(max(0, cue.begin_90k - origin_90k), end, cue.text)


def clean_text(text: str) -> str:
    """Lines without empty ones and without markup but <b>, <i>, <u>; never a line that would end the cue."""
    plain = _BRACES.sub("", html.unescape(text.replace("\x00", "")))
    plain = _MARKUP.sub(lambda tag: tag[0].lower() if tag[0].lower().strip("</>") in {"b", "i", "u"} else "", plain)
    lines = (line.strip() for line in plain.replace("\r", "\n").split("\n"))
    escaped = html.escape("\n".join(line for line in lines if line), quote=False)
    return _KEPT.sub(r"<\1>", escaped)[:LONGEST_CUE]


def embedded_text(codec: str, data: bytes) -> str:
    """The words of one packet of a text track, by FFmpeg's name of its codec."""
    if codec == "mov_text":
        length = int.from_bytes(data[:2], "big")  # 3GPP TS 26.245 §5.17: text, then boxes of style
        data = data[2 : 2 + length]
    text = data.decode("utf-8", errors="replace")
    if codec in {"ass", "ssa"}:
        # read order, layer, style, name, three margins, effect, and the rest is text
        text = text.split(",", 8)[-1].replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    return clean_text(text)


def language_tag(text: str) -> str:
    """A language as BCP 47 writes it. Raises `Invalid`."""
    tag = text.strip()
    if not _LANGUAGE.fullmatch(tag):
        raise Invalid(fields={"language": "This is not a language's code, such as pl"})
    return tag


def _decoded(data: bytes) -> str:
    """UTF-8, with or without a mark, or UTF-16 with one; else the code page old Polish players wrote."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1250", errors="replace")


def _parsed(text: str) -> Iterator[Cue]:
    if "\x00" in text:
        raise CaptionsProblem(1, _("Line %(line)s: this is not a text file"))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    count = 0
    at = _after_header(lines)
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        if lines[at].startswith(("NOTE", "STYLE", "REGION")) and _ARROW not in lines[at]:
            at = _after_block(lines, at)
            continue
        cue, at = _cue(lines, at)
        count += 1
        if count > MOST_CUES:
            raise CaptionsProblem(at, _("Line %(line)s: there are more captions than can be taken"))
        if cue.text:
            yield cue


def _after_header(lines: list[str]) -> int:
    return _after_block(lines, 0) if lines[0].startswith("WEBVTT") else 0


def _after_block(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at].strip():
        at += 1
    return at


def _cue(lines: list[str], at: int) -> tuple[Cue, int]:
    """A cue that begins at or one line below `at` (its number or name), and the line after it."""
    if _ARROW not in lines[at]:
        at += 1
        if at >= len(lines) or _ARROW not in lines[at]:
            raise CaptionsProblem(
                at + 1, _("Line %(line)s: a line with times was expected, such as 00:00:01,000 --> 00:00:04,000")
            )
    number = at + 1
    left, _arrow, right = lines[at].partition(_ARROW)
    begin, end = _time(left, number), _time(right.split()[0] if right.split() else "", number)
    if end <= begin:
        raise CaptionsProblem(number, _("Line %(line)s: this caption ends before it begins"))
    last = _after_block(lines, at + 1)
    return Cue(begin, end, clean_text("\n".join(lines[at + 1 : last]))), last


def _time(text: str, line: int) -> int:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise CaptionsProblem(line, _("Line %(line)s: this is not a time, such as 00:00:01,000"))
    hours, minutes, seconds, fraction = match.groups(default="0")
    milliseconds = int(fraction.ljust(3, "0"))
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * CLOCK_HZ + milliseconds * CLOCK_HZ // 1000


def _clock(at_90k: int) -> str:
    milliseconds = round(at_90k * 1000 / CLOCK_HZ)
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
