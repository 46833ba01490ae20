"""Captions of a live stream as a WebVTT rendition beside its pictures (RFC 8216bis §3.1.4). Pure.

A caption typed while people speak stands in the stream from the moment it came, not from the moment of the words:
what players have loaded cannot change. Its file is cut like the pictures, part by part, so that a player has it as
early as they; a caption that outlasts a part stands in the next ones again, with the same name and times.
"""

import re
from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from media.hls.playlist import CaptionRendition, Segment
from media.packet import CLOCK_HZ

KEPT: Final = 200
"""Captions of a language that are kept: more than are on any screen at once, and than any playlist reaches back."""
NO_PLACE: Final = -1

_NOT_OURS: Final = re.compile(r"^#EXT-X-(?:MAP|DATERANGE|RENDITION-REPORT)[^\n]*\n", re.MULTILINE)
_INDEPENDENT: Final = re.compile(r",INDEPENDENT=YES(?=\n)")


class AiredCaption(msgspec.Struct, frozen=True, gc=False):
    """Words that viewers get from `began_at_s` up to `ended_at_s`, in Unix time. `id` never returns in a stream."""

    id: int
    began_at_s: float
    ended_at_s: float
    text: str


class Slice(msgspec.Struct, frozen=True, gc=False):
    """A segment or a part on its take's timeline, in 1/90000 s, and on the clock."""

    take: int
    dts_90k: int
    duration_90k: int
    began_at_s: float

    @property
    def ended_at_s(self) -> float:
        return self.began_at_s + self.duration_90k / CLOCK_HZ


class CaptionFeed:
    """What is typed for one stream in one language."""

    def __init__(self, language: str, name: str) -> None:
        self.language = language
        self.name = name
        self.speaker = ""
        """Who spoke last: a name is said when it changes."""
        self._captions: deque[AiredCaption] = deque(maxlen=KEPT)
        self._places: dict[tuple[int, int], tuple[int, int]] = {}
        """Begin and end of a caption on a take's timeline, by id and take: what was said of it stays said."""

    def add(self, caption: AiredCaption) -> None:
        """A caption that is known already stays as it was aired."""
        if any(known.id == caption.id for known in self._captions):
            return
        self._captions.append(caption)
        oldest = self._captions[0].id
        self._places = {key: place for key, place in self._places.items() if key[0] >= oldest}

    def vtt(self, part: Slice) -> str:
        """The captions of this part; a file without captions is a file too."""
        lines = ["WEBVTT", f"X-TIMESTAMP-MAP=LOCAL:{_clock(part.dts_90k)},MPEGTS:{part.dts_90k}", ""]
        for caption in self._captions:
            if caption.began_at_s >= part.ended_at_s or caption.ended_at_s <= part.began_at_s:
                continue
            begin, end = self._place(caption, part)
            lines += [f"c{caption.id}", f"{_clock(begin)} --> {_clock(end)}", _payload(caption.text), ""]
        return "\n".join(lines)

    def _place(self, caption: AiredCaption, part: Slice) -> tuple[int, int]:
        """By the first part that has it: later parts' clocks may differ by some milliseconds."""
        known = self._places.get((caption.id, part.take))
        if known is None:
            # a caption of the take before goes on from this take's beginning
            begin = part.dts_90k + round((caption.began_at_s - part.began_at_s) * CLOCK_HZ)
            length = round((caption.ended_at_s - caption.began_at_s) * CLOCK_HZ)
            known = self._places[caption.id, part.take] = (max(begin, 0), max(begin + length, max(begin, 0) + 1))
        return known


class LiveCaptions:
    """The feeds of this process's streams. A stream without any has none declared."""

    def __init__(self) -> None:
        self._feeds: dict[str, dict[str, CaptionFeed]] = {}

    def offer(self, stream_id: str, language: str, name: str) -> CaptionFeed:
        """From now on the stream's playlist names this language; `name` is what players show. Again: no error."""
        feeds = self._feeds.setdefault(stream_id, {})
        if language not in feeds:
            feeds[language] = CaptionFeed(language, name)
        return feeds[language]

    def find(self, stream_id: str, language: str) -> CaptionFeed | None:
        return self._feeds.get(stream_id, {}).get(language)

    def renditions(self, stream_id: str) -> list[CaptionRendition]:
        """For the multivariant playlist."""
        return [
            CaptionRendition(feed.language, feed.name, f"captions/{feed.language}/live.m3u8")
            for feed in self._feeds.get(stream_id, {}).values()
        ]

    def forget(self, stream_id: str) -> None:
        """The stream has ended, or its captions were withdrawn."""
        self._feeds.pop(stream_id, None)


def captions_playlist(pictures: str, reports: Iterable[str] = ()) -> str:
    """The playlist of captions from that of the pictures they belong to: same numbers, lengths and hints."""
    text = _INDEPENDENT.sub("", _NOT_OURS.sub("", pictures)).replace(".m4s", ".vtt")
    return text + "".join(reports)


def slice_of(segment: Segment, part: int | None = None) -> Slice | None:
    """A segment, or a part of it; None where its place is not known: it is from before a restart."""
    if segment.dts_90k == NO_PLACE:
        return None
    if part is None:
        return Slice(segment.take, segment.dts_90k, segment.duration_90k, segment.began_at_s)
    if part >= len(segment.parts):
        return None
    before = sum(one.duration_90k for one in segment.parts[:part])
    return Slice(
        segment.take,
        segment.dts_90k + before,
        segment.parts[part].duration_90k,
        segment.began_at_s + before / CLOCK_HZ,
    )


EMPTY_VTT: Final = "WEBVTT\n"


def _payload(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "\n".join(line for line in escaped.splitlines() if line.strip()) or "…"


def _clock(at_90k: int) -> str:
    milliseconds = at_90k * 1000 // CLOCK_HZ
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
