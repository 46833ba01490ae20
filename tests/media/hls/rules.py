"""Apple's and the RFC's rules for media playlists (RFC 8216bis), as a test tool: it knows nothing of how ours are made."""

import re
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Part:
    uri: str
    duration: float
    independent: bool
    gap: bool = False


@dataclass
class Segment:
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
    target: int
    first_msn: int
    first_discontinuity: int
    part_target: float | None
    control: dict[str, str]
    segments: list[Segment]
    open_parts: list[Part]
    hint: str | None
    ended: bool
    kind: str | None
    skipped: int
    version: int

    @property
    def last_part(self) -> tuple[int, int]:
        """Number of segment and part that would come next."""
        return self.first_msn + self.skipped + len(self.segments), len(self.open_parts)


def attributes(text: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', text)}


def parse_media(text: str) -> Playlist:
    lines = text.split("\n")
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == "", "the last line ends"
    found = Playlist(0, 0, 0, None, {}, [], [], hint=None, ended=False, kind=None, skipped=0, version=1)
    parts: list[Part] = []
    moment: datetime | None = None
    map_uri, duration, byte_range, gap = "", None, None, False
    discontinuity = 0
    for line in lines[1:-1]:
        assert line, "no empty lines"
        name, _, value = line.partition(":")
        if not line.startswith("#"):
            assert duration is not None, f"EXTINF before {line}"
            msn = found.first_msn + found.skipped + len(found.segments)
            found.segments.append(
                Segment(
                    msn,
                    line,
                    duration,
                    found.first_discontinuity + discontinuity,
                    map_uri,
                    moment,
                    byte_range,
                    gap,
                    parts,
                )
            )
            parts, moment, duration, byte_range, gap = [], None, None, None, False
            continue
        match name:
            case "#EXT-X-VERSION":
                found.version = int(value)
            case "#EXT-X-TARGETDURATION":
                found.target = int(value)
            case "#EXT-X-MEDIA-SEQUENCE":
                found.first_msn = int(value)
            case "#EXT-X-DISCONTINUITY-SEQUENCE":
                assert not found.segments, "before the first segment (§4.4.3.3)"
                found.first_discontinuity = int(value)
            case "#EXT-X-SERVER-CONTROL":
                found.control = attributes(value)
            case "#EXT-X-PART-INF":
                found.part_target = float(attributes(value)["PART-TARGET"])
            case "#EXT-X-PLAYLIST-TYPE":
                found.kind = value
            case "#EXT-X-SKIP":
                found.skipped = int(attributes(value)["SKIPPED-SEGMENTS"])
            case "#EXT-X-DISCONTINUITY":
                assert not parts
                discontinuity += 1
            case "#EXT-X-MAP":
                map_uri = attributes(value)["URI"]
            case "#EXT-X-PROGRAM-DATE-TIME":
                moment = datetime.fromisoformat(value)
                assert moment.tzinfo is not None
            case "#EXT-X-PART":
                given = attributes(value)
                parts.append(
                    Part(
                        given["URI"],
                        float(given["DURATION"]),
                        given.get("INDEPENDENT") == "YES",
                        given.get("GAP") == "YES",
                    )
                )
            case "#EXT-X-PRELOAD-HINT":
                assert attributes(value)["TYPE"] == "PART"
                found.hint = attributes(value)["URI"]
            case "#EXT-X-BYTERANGE":
                length, _, offset = value.partition("@")
                byte_range = int(length), int(offset)
            case "#EXTINF":
                duration = float(value.rstrip(","))
            case "#EXT-X-GAP":
                gap = True
            case "#EXT-X-ENDLIST":
                found.ended = True
            case "#EXT-X-INDEPENDENT-SEGMENTS":
                pass
            case _:
                raise AssertionError(f"unknown tag {line}")
    found.open_parts = parts
    return found


def check_media(text: str, *, live: bool | None = None) -> Playlist:
    """Checks one playlist by itself."""
    found = parse_media(text)
    assert found.target > 0
    assert found.first_msn >= 1
    for segment in found.segments:
        assert round(segment.duration) <= found.target, f"§4.4.3.1: {segment.duration} over {found.target}"
        assert segment.duration > 0
        assert segment.map_uri or found.skipped, "fMP4 needs EXT-X-MAP"
        if segment.parts:
            total = sum(part.duration for part in segment.parts)
            assert abs(total - segment.duration) < 0.01, "parts are the whole segment"
    if found.part_target is not None:
        _check_parts(found)
    if found.kind is None and not found.ended:
        assert found.hint is not None, "a live playlist hints at its next part"
    if found.ended:
        assert found.hint is None
    return found


def _check_parts(found: Playlist) -> None:
    target = found.part_target
    assert target is not None
    assert found.control.get("CAN-BLOCK-RELOAD") == "YES"
    assert float(found.control["PART-HOLD-BACK"]) >= 3 * target - 1e-9, "§4.4.3.8"
    if "CAN-SKIP-UNTIL" in found.control:
        assert float(found.control["CAN-SKIP-UNTIL"]) >= 6 * found.target
        assert found.version >= 9
    for parts, whole in [*((segment.parts, True) for segment in found.segments), (found.open_parts, False)]:
        for position, part in enumerate(parts):
            assert part.duration <= target + 1e-6, f"§4.4.4.9: part of {part.duration}"
            is_last = whole and position == len(parts) - 1
            if not is_last and not part.independent:
                assert part.duration >= 0.85 * target - 1e-6, f"a part of {part.duration} is under 85 % of {target}"
    behind = 0.0
    for segment in reversed(found.segments):
        if segment.parts:
            assert behind <= 3 * found.target + segment.duration, "parts far from the end are removed (§6.2.2)"
        behind += segment.duration
    if found.hint is not None:
        msn, part = found.last_part
        assert found.hint == f"{msn}.{part}.m4s"


def check_update(before: Playlist, after: Playlist, *, may_be_short: bool = False) -> None:
    """Checks that `after` may follow `before` (§6.2.1). `may_be_short`: memory is worth more than three targets."""
    assert after.target == before.target, "EXT-X-TARGETDURATION must not change"
    assert after.part_target == before.part_target, "PART-TARGET must not change"
    assert after.first_msn >= before.first_msn, "EXT-X-MEDIA-SEQUENCE must not fall"
    assert after.first_discontinuity >= before.first_discontinuity
    assert after.last_part >= before.last_part
    known = {segment.msn: segment for segment in before.segments}
    for segment in after.segments:
        same = known.get(segment.msn)
        if same is not None:
            for name in ("uri", "duration", "discontinuity", "moment", "gap"):
                assert getattr(same, name) == getattr(segment, name), f"{name} of segment {segment.msn} changed"
    if not after.ended and not may_be_short:
        removed = [segment for segment in before.segments if segment.msn < after.first_msn]
        if removed:
            assert sum(segment.duration for segment in after.segments) >= 3 * after.target - 1e-6, "§6.2.2"
    open_now = next((s.parts for s in after.segments if s.msn == before.last_part[0] and s.parts), after.open_parts)
    if before.open_parts and (after.last_part[0] == before.last_part[0] or open_now is not after.open_parts):
        assert [part.uri for part in open_now[: len(before.open_parts)]] == [part.uri for part in before.open_parts]
