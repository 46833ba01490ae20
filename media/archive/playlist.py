"""The archive's playlists (RFC 8216): byte ranges of the very files that were written live. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from media.hls.marks import Mark, mark_lines, touching
from media.hls.playlist import Variant, date_time, multivariant_playlist
from media.packet import CLOCK_HZ, Tracks
from media.record.model import RecordedSegment
from media.record.timeline import RecordingIndex

LEAST_S: Final = 5
"""Live segments are joined until they are this long: a session of ten hours is then 7,000 lines, not 20,000."""


class Range(msgspec.Struct, frozen=True, gc=False):
    """Bytes of a take that play on their own, in 1/90000 s."""

    take: int
    offset: int
    length: int
    began_at_s: float
    dts_90k: int
    duration_90k: int
    follows: bool
    """It continues the one before without a break in timestamps."""


def ranges(segments: Iterable[RecordedSegment]) -> Iterator[Range]:
    """Segments joined where they touch: to `LEAST_S`, and always where the next does not begin with an IDR."""
    group: list[RecordedSegment] = []
    before: RecordedSegment | None = None
    for segment in segments:
        if group:
            touches = _touch(group[-1], segment)
            enough = segment.dts_90k - group[0].dts_90k >= LEAST_S * CLOCK_HZ
            if not touches or (enough and segment.independent):
                yield _range(group, before)
                before, group = group[-1], []
        group.append(segment)
    if group:
        yield _range(group, before)


def archive_media_playlist(index: RecordingIndex, marks: Iterable[Mark] = (), folder: str = "") -> str:
    """VOD once the recording has ended; until then it grows (EVENT). Marks outside of it are left out.

    `folder` precedes the takes' names where the playlist does not stand beside them.
    """
    found = list(ranges(index.segments))
    ended = index.recording.ended_at is not None
    target = max((-(-part.duration_90k // CLOCK_HZ) for part in found), default=index.recording.target_s)
    if not ended:
        # What is still to come may be longer, and the target of a playlist must not change.
        target = max(target, LEAST_S + index.recording.target_s)
    kind = "VOD" if ended else "EVENT"
    lines = [
        f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n",
        f"#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:{kind}\n",
    ]
    if index.segments and all(segment.independent for segment in index.segments):
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS\n")
    if index.segments:
        lines.append(mark_lines(touching(marks, index.segments[0].began_at.timestamp(), index.segments[-1].ended_at_s)))
    inits = {take.number: take.init_bytes for take in index.takes}
    take: int | None = None
    if not ended and found:
        # The last range may still grow.
        found = found[:-1]
    for part in found:
        if take is not None and not part.follows:
            lines.append("#EXT-X-DISCONTINUITY\n")
        if part.take != take:
            lines.append(f'#EXT-X-MAP:URI="{folder}{part.take}.mp4",BYTERANGE="{inits[part.take]}@0"\n')
            take = part.take
        lines.append(
            f"#EXT-X-PROGRAM-DATE-TIME:{date_time(part.began_at_s)}\n#EXTINF:{part.duration_90k / CLOCK_HZ:.5f},\n"
            f"#EXT-X-BYTERANGE:{part.length}@{part.offset}\n{folder}{part.take}.mp4\n"
        )
    if ended:
        lines.append("#EXT-X-ENDLIST\n")
    return "".join(lines)


def archive_multivariant_playlist(index: RecordingIndex) -> str:
    """One variant: the tracks of the take that has the most in it, the bit rates as recorded."""
    tracks = index.takes[-1].tracks if index.takes else Tracks()
    total_bytes = sum(segment.byte_length for segment in index.segments)
    total_90k = sum(segment.duration_90k for segment in index.segments)
    peak = max(
        (
            segment.byte_length * 8 * CLOCK_HZ // segment.duration_90k
            for segment in index.segments
            if segment.duration_90k
        ),
        default=64_000,
    )
    average = total_bytes * 8 * CLOCK_HZ // max(total_90k, 1)
    return multivariant_playlist(Variant(tracks, peak, min(average, peak)), "media.m3u8")


def _touch(earlier: RecordedSegment, later: RecordedSegment) -> bool:
    return (
        earlier.take == later.take
        and earlier.byte_offset + earlier.byte_length == later.byte_offset
        and abs(earlier.dts_90k + earlier.duration_90k - later.dts_90k) <= 1
    )


def _range(group: list[RecordedSegment], before: RecordedSegment | None) -> Range:
    first, last = group[0], group[-1]
    return Range(
        take=first.take,
        offset=first.byte_offset,
        length=last.byte_offset + last.byte_length - first.byte_offset,
        began_at_s=first.began_at.timestamp(),
        dts_90k=first.dts_90k,
        duration_90k=last.dts_90k + last.duration_90k - first.dts_90k,
        follows=before is not None and _touch(before, first),
    )
