"""HLS playlists read strictly (RFC 8216bis). It knows nothing of how ours are made, and notes every fault on the way."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

ATTRIBUTE: Final = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')
QUOTED: Final = frozenset(
    [
        "URI",
        "CODECS",
        "ID",
        "CLASS",
        "START-DATE",
        "END-DATE",
        "GROUP-ID",
        "NAME",
        "AUDIO",
        "VIDEO",
        "SUBTITLES",
        "LANGUAGE",
        "STABLE-VARIANT-ID",
        "STABLE-RENDITION-ID",
        "BYTERANGE",
        "CHARACTERISTICS",
        "CHANNELS",
    ]
)
"""Attributes whose values are quoted strings, except EXT-X-BYTERANGE's own value, which is no attribute."""


@dataclass
class Part:
    uri: str
    duration: float
    independent: bool
    gap: bool = False


@dataclass
class Segment:
    """`msn` and `discontinuity` are counted, not read. `byte_range` is length and offset."""

    msn: int
    uri: str
    duration: float
    discontinuity: int
    map_uri: str
    moment: datetime | None
    byte_range: tuple[int, int] | None = None
    gap: bool = False
    parts: list[Part] = field(default_factory=list)


@dataclass
class Playlist:
    """A media playlist. `faults` are sentences on what could not be read as it should be."""

    target: int = 0
    first_msn: int = 0
    first_discontinuity: int = 0
    part_target: float | None = None
    control: dict[str, str] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    open_parts: list[Part] = field(default_factory=list)
    hint: str | None = None
    ended: bool = False
    kind: str | None = None
    skipped: int = 0
    version: int = 1
    independent: bool = False
    marks: list[dict[str, str]] = field(default_factory=list)
    """EXT-X-DATERANGE, attribute by attribute, values without quotes."""
    reports: list[dict[str, str]] = field(default_factory=list)
    """EXT-X-RENDITION-REPORT."""
    tags: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def last_part(self) -> tuple[int, int]:
        """Number of segment and part that would come next."""
        return self.first_msn + self.skipped + len(self.segments), len(self.open_parts)

    @property
    def parts(self) -> list[Part]:
        return [*(part for segment in self.segments for part in segment.parts), *self.open_parts]


def attributes(text: str, faults: list[str]) -> dict[str, str]:
    """An attribute list (§4.2). Faults: what is malformed, comes twice, is quoted wrongly."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = ATTRIBUTE.match(text, at)
        if match is None:
            faults.append(f"§4.2: malformed attribute list at {text[at : at + 40]!r}")
            break
        name, value = match[1], match[2]
        if name in found:
            faults.append(f"§4.2: attribute {name} comes twice in one tag")
        if name in QUOTED and not value.startswith('"'):
            faults.append(f"§4.2: the value of {name} must be a quoted string")
        found[name] = value.strip('"')
        at = match.end()
    return found


class Reader:
    """Reads a media playlist line by line; a method for each tag that has a value."""

    def __init__(self) -> None:
        self.found = Playlist()
        self._parts: list[Part] = []
        self._moment: datetime | None = None
        self._map_uri = ""
        self._duration: float | None = None
        self._byte_range: tuple[int, int] | None = None
        self._ends: dict[str, int] = {}
        self._gap = False
        self._discontinuities = 0
        self._mapped_at = 0
        self._handlers: dict[str, Callable[[str], None]] = {
            "#EXT-X-VERSION": lambda value: self._set("version", int(value)),
            "#EXT-X-TARGETDURATION": lambda value: self._set("target", int(value)),
            "#EXT-X-MEDIA-SEQUENCE": lambda value: self._set_before_segments("first_msn", int(value)),
            "#EXT-X-DISCONTINUITY-SEQUENCE": lambda value: self._set_before_segments("first_discontinuity", int(value)),
            "#EXT-X-SERVER-CONTROL": lambda value: self._set("control", self._attributes(value)),
            "#EXT-X-PART-INF": lambda value: self._set("part_target", float(self._attributes(value)["PART-TARGET"])),
            "#EXT-X-PLAYLIST-TYPE": lambda value: self._set("kind", value),
            "#EXT-X-INDEPENDENT-SEGMENTS": lambda _: self._set("independent", value=True),
            "#EXT-X-ENDLIST": lambda _: self._set("ended", value=True),
            "#EXT-X-SKIP": self._skip,
            "#EXT-X-DISCONTINUITY": self._discontinuity,
            "#EXT-X-MAP": self._map,
            "#EXT-X-PROGRAM-DATE-TIME": self._date_time,
            "#EXT-X-PART": self._part,
            "#EXT-X-PRELOAD-HINT": self._hint,
            "#EXT-X-BYTERANGE": self._range,
            "#EXTINF": lambda value: self._extinf(value.partition(",")[0], value),
            "#EXT-X-GAP": lambda _: setattr(self, "_gap", True),
            "#EXT-X-DATERANGE": lambda value: self.found.marks.append(self._attributes(value)),
            "#EXT-X-RENDITION-REPORT": lambda value: self.found.reports.append(self._attributes(value)),
        }

    def read(self, text: str) -> Playlist:
        lines = text.split("\n")
        if lines[0] != "#EXTM3U":
            self._fault("§4.4.1.1: the first line is not #EXTM3U")
        if lines[-1] != "":
            self._fault("the last line does not end")
        for line in lines[1:-1]:
            name, _, value = line.partition(":")
            try:
                if not line:
                    self._fault("an empty line")
                elif not line.startswith("#"):
                    self._uri(line)
                elif name in self._handlers:
                    self.found.tags.append(name)
                    self._handlers[name](value)
                else:
                    self._fault(f"a tag that does not belong here: {line}")
            except (KeyError, ValueError) as problem:
                self._fault(f"{line} cannot be read: {problem!r}")
        self.found.open_parts = self._parts
        if self._duration is not None:
            self._fault("§4.4.4.1: an EXTINF without a segment")
        return self.found

    def _fault(self, sentence: str) -> None:
        self.found.faults.append(sentence)

    def _attributes(self, text: str) -> dict[str, str]:
        return attributes(text, self.found.faults)

    def _set(self, name: str, value: object) -> None:
        setattr(self.found, name, value)

    def _set_before_segments(self, name: str, value: int) -> None:
        if self.found.segments:
            self._fault("§4.4.3: sequence numbers come before the first segment")
        self._set(name, value)

    def _uri(self, line: str) -> None:
        found = self.found
        if self._duration is None:
            self._fault(f"§4.4.4.1: no EXTINF before {line}")
        if found.ended:
            self._fault("a segment after EXT-X-ENDLIST")
        found.segments.append(
            Segment(
                msn=found.first_msn + found.skipped + len(found.segments),
                uri=line,
                duration=self._duration or 0.0,
                discontinuity=found.first_discontinuity + self._discontinuities,
                map_uri=self._map_uri,
                moment=self._moment,
                byte_range=self._byte_range,
                gap=self._gap,
                parts=self._parts,
            )
        )
        if self._byte_range is not None:
            self._ends[line] = sum(self._byte_range)
        self._parts, self._moment, self._duration, self._byte_range, self._gap = [], None, None, None, False

    def _extinf(self, duration: str, value: str) -> None:
        if self._duration is not None:
            self._fault("§4.4.4.1: two EXTINF for one segment")
        if "," not in value:
            self._fault("§4.4.4.1: EXTINF needs a comma")
        self._duration = float(duration)

    def _skip(self, value: str) -> None:
        self.found.skipped = int(self._attributes(value)["SKIPPED-SEGMENTS"])
        if self.found.segments or self._parts:
            self._fault("§4.4.5.2: EXT-X-SKIP comes before the segments")

    def _discontinuity(self, _value: str) -> None:
        if self._parts:
            self._fault("§4.4.4.3: EXT-X-DISCONTINUITY within a segment")
        self._discontinuities += 1

    def _map(self, value: str) -> None:
        uri = self._attributes(value)["URI"]
        first = not self._map_uri and not self.found.segments
        if uri != self._map_uri and not first and self._mapped_at == self._discontinuities and not self.found.skipped:
            self._fault(f"§4.4.4.5: another EXT-X-MAP ({uri}) without EXT-X-DISCONTINUITY")
        self._map_uri, self._mapped_at = uri, self._discontinuities

    def _date_time(self, value: str) -> None:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            self._fault("§4.4.4.6: EXT-X-PROGRAM-DATE-TIME has no time zone")
        else:
            self._moment = moment

    def _part(self, value: str) -> None:
        given = self._attributes(value)
        independent, gap = given.get("INDEPENDENT") == "YES", given.get("GAP") == "YES"
        self._parts.append(Part(given["URI"], float(given["DURATION"]), independent, gap))

    def _hint(self, value: str) -> None:
        given = self._attributes(value)
        if given["TYPE"] != "PART":
            self._fault(f"§4.4.5.3: a hint of type {given['TYPE']}")
        if self.found.hint is not None:
            self._fault("§4.4.5.3: two hints of one type")
        self.found.hint = given["URI"]

    def _range(self, value: str) -> None:
        length, at, offset = value.partition("@")
        # Without an offset it goes on where the resource's last range ended; which one is known at the URI alone.
        self._byte_range = int(length), int(offset) if at else max(self._ends.values(), default=0)


def parse_media(text: str) -> Playlist:
    return Reader().read(text)
