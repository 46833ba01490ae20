"""LL-HLS playlists as text (RFC 8216bis). Pure.

A segment's lines never change once it is closed, so they are made once and kept by `SegmentLines`; a playlist is then a
join. URIs are relative: `init-3.mp4`, `17.m4s`, `17.2.m4s`.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from media.hls.muxer import Timing
from media.packet import CLOCK_HZ, Tracks

VERSION: Final = 9
"""EXT-X-SKIP needs 9."""

SKIP_TARGETS: Final = 6
"""CAN-SKIP-UNTIL in target durations: the least that is allowed (§4.4.3.8)."""

PART_TARGETS: Final = 3
"""Parts are listed for this many target durations from the end (§6.2.2)."""


CAPTIONS_GROUP: Final = "captions"
TRANSCRIBES: Final = "public.accessibility.transcribes-spoken-dialog"
"""What is said, for people who cannot hear it (§4.4.6.1)."""


class ListedPart(msgspec.Struct, frozen=True, gc=False):
    """A part as a playlist shows it."""

    duration_90k: int
    independent: bool


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A segment as a playlist shows it.

    `discontinuity` counts the takes before its own; `opens_take`: it is its take's first. `began_at_s` is Unix time.
    """

    msn: int
    take: int
    discontinuity: int
    opens_take: bool
    began_at_s: float
    duration_90k: int
    parts: tuple[ListedPart, ...] = ()
    gap: bool = False
    dts_90k: int = -1
    """Where it begins on its take's timeline; -1 where that is not known: it is from before a restart."""


class Variant(msgspec.Struct, frozen=True, gc=False):
    """A line of the multivariant playlist. Bit rates in bit/s as measured."""

    tracks: Tracks
    peak_bps: int
    average_bps: int
    frames_per_s: float = 0.0


class NamedVariant(msgspec.Struct, frozen=True, gc=False):
    """A rendition beside the source: its name, and where its playlist lies from the multivariant one."""

    name: str
    uri: str
    variant: Variant


class CaptionRendition(msgspec.Struct, frozen=True, gc=False):
    """Captions beside the pictures: their language, what players call them, and where their playlist lies."""

    language: str
    name: str
    uri: str


class Report(msgspec.Struct, frozen=True, gc=False):
    """How far another rendition is: number and part of the last that it lists (§4.4.5.4)."""

    uri: str
    msn: int
    part: int


class SegmentLines(msgspec.Struct, frozen=True, gc=False):
    """A closed segment's lines: what comes before its parts (`head`), its parts, and its own address."""

    segment: Segment
    head: str
    parts: str
    uri: str


def segment_lines(segment: Segment) -> SegmentLines:
    gap = "#EXT-X-GAP\n" if segment.gap else ""
    return SegmentLines(
        segment=segment,
        head=f"#EXT-X-PROGRAM-DATE-TIME:{date_time(segment.began_at_s)}\n",
        parts=part_lines(segment.msn, segment.parts),
        uri=f"{gap}#EXTINF:{_seconds(segment.duration_90k)},\n{segment.msn}.m4s\n",
    )


def part_lines(msn: int, parts: Iterable[ListedPart]) -> str:
    return "".join(
        f'#EXT-X-PART:DURATION={_seconds(part.duration_90k)},URI="{msn}.{index}.m4s"'
        f"{',INDEPENDENT=YES' if part.independent else ''}\n"
        for index, part in enumerate(parts)
    )


def media_playlist(
    timing: Timing,
    closed: Sequence[SegmentLines],
    opened: Segment | None,
    next_msn: int,
    *,
    ended: bool = False,
    skip: bool = False,
    notes: str = "",
) -> str:
    """The live playlist. `opened` is the segment that grows, if one does; `next_msn` follows the last closed one.

    With `skip` a delta update is given where the playlist is long enough for one (§6.2.5.1). `notes`: lines that belong
    to no segment, of marks and other renditions.
    """
    listed = [*(lines.segment for lines in closed), *([opened] if opened is not None else [])]
    text = [_header(timing, listed, next_msn, closed)]
    behind = sum(lines.segment.duration_90k for lines in closed)
    skipped = _skippable(timing, closed, behind) if skip else 0
    if skipped:
        text.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n")
    take: int | None = None
    for index, lines in enumerate(closed):
        segment = lines.segment
        if index >= skipped:
            if segment.take != take:
                text.append(_take_lines(segment))
            text.append(lines.head)
            if behind <= PART_TARGETS * timing.target_s * CLOCK_HZ:
                text.append(lines.parts)
            text.append(lines.uri)
        take = segment.take
        behind -= segment.duration_90k
    if opened is not None:
        if opened.take != take:
            text.append(_take_lines(opened))
        text.append(f"#EXT-X-PROGRAM-DATE-TIME:{date_time(opened.began_at_s)}\n{part_lines(opened.msn, opened.parts)}")
    text.append(notes)
    if ended:
        text.append("#EXT-X-ENDLIST\n")
    else:
        msn, part = (next_msn, 0) if opened is None else (opened.msn, len(opened.parts))
        text.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{msn}.{part}.m4s"\n')
    return "".join(text)


def report_lines(reports: Iterable[Report]) -> str:
    return "".join(
        f'#EXT-X-RENDITION-REPORT:URI="{report.uri}",LAST-MSN={report.msn},LAST-PART={report.part}\n'
        for report in reports
    )


def multivariant_playlist(
    variant: Variant,
    uri: str = "live.m3u8",
    others: Iterable[NamedVariant] = (),
    captions: Iterable[CaptionRendition] = (),
) -> str:
    """The source first: players begin with it. `others` carry their names as STABLE-VARIANT-ID."""
    lines = [_caption_line(one) for one in captions]
    group = [f'SUBTITLES="{CAPTIONS_GROUP}"'] if lines else []
    lines.append(f"#EXT-X-STREAM-INF:{','.join([*_attributes(variant), *group])}\n{uri}\n")
    for other in others:
        attributes = ",".join([*_attributes(other.variant), f'STABLE-VARIANT-ID="{other.name}"', *group])
        lines.append(f"#EXT-X-STREAM-INF:{attributes}\n{other.uri}\n")
    return f"#EXTM3U\n#EXT-X-VERSION:{VERSION}\n{''.join(lines)}"


def _caption_line(captions: CaptionRendition) -> str:
    attributes = (
        f'TYPE=SUBTITLES,GROUP-ID="{CAPTIONS_GROUP}",NAME="{captions.name}",LANGUAGE="{captions.language}"',
        f'DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="{TRANSCRIBES}",URI="{captions.uri}"',
    )
    return f"#EXT-X-MEDIA:{','.join(attributes)}\n"


def _attributes(variant: Variant) -> list[str]:
    tracks = variant.tracks
    names = [track.name for track in (tracks.video, tracks.audio) if track is not None]
    attributes = [
        f"BANDWIDTH={variant.peak_bps}",
        f"AVERAGE-BANDWIDTH={variant.average_bps}",
        f'CODECS="{",".join(names)}"',
    ]
    if tracks.video is not None and tracks.video.width:
        attributes.append(f"RESOLUTION={tracks.video.width}x{tracks.video.height}")
    if tracks.video is not None and variant.frames_per_s:
        attributes.append(f"FRAME-RATE={variant.frames_per_s:.3f}")
    return attributes


def can_skip_until_s(timing: Timing) -> int:
    """How far from the end a delta update may begin to skip, in seconds."""
    return SKIP_TARGETS * timing.target_s


def advance_part_limit(timing: Timing) -> int:
    """How many parts ahead of the last one may be asked for (§6.2.5.2)."""
    return max(3, math.ceil(3 / timing.part_target_s))


def date_time(unix_s: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(round(unix_s, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _header(timing: Timing, listed: Sequence[Segment], next_msn: int, closed: Sequence[SegmentLines]) -> str:
    first_msn = listed[0].msn if listed else next_msn
    discontinuity = 0
    if listed:
        # The tag before the first segment is still there, so it is not counted among those that went.
        shown = listed[0].opens_take and listed[0].discontinuity > 0
        discontinuity = listed[0].discontinuity - (1 if shown else 0)
    control = f"CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={3 * timing.part_target_s:.3f}"
    if sum(lines.segment.duration_90k for lines in closed) > can_skip_until_s(timing) * CLOCK_HZ:
        control += f",CAN-SKIP-UNTIL={can_skip_until_s(timing)}.0"
    return (
        f"#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-TARGETDURATION:{timing.target_s}\n"
        f"#EXT-X-SERVER-CONTROL:{control}\n#EXT-X-PART-INF:PART-TARGET={timing.part_target_s:.3f}\n"
        f"#EXT-X-MEDIA-SEQUENCE:{first_msn}\n#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuity}\n"
    )


def _take_lines(segment: Segment) -> str:
    """Before a take's first listed segment."""
    tag = "#EXT-X-DISCONTINUITY\n" if segment.opens_take and segment.discontinuity > 0 else ""
    return f'{tag}#EXT-X-MAP:URI="init-{segment.take}.mp4"\n'


def _skippable(timing: Timing, closed: Sequence[SegmentLines], total_90k: int) -> int:
    """How many segments lie further from the end than CAN-SKIP-UNTIL."""
    boundary = can_skip_until_s(timing) * CLOCK_HZ
    count = 0
    for lines in closed:
        if total_90k - lines.segment.duration_90k < boundary:
            break
        total_90k -= lines.segment.duration_90k
        count += 1
    return count


def _seconds(ticks: int) -> str:
    """Ticks in seconds with five places: the error over a whole session stays below a millisecond."""
    return f"{ticks / CLOCK_HZ:.5f}"
