"""Which bytes of which takes a product is made of. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from media.packet import CLOCK_HZ
from media.record.model import RecordedSegment
from media.record.timeline import RecordingIndex

SHORT_STEP_S: Final = 5.0
LONG_STEP_S: Final = 10.0
LONG_AFTER_S: Final = 3600.0


class Span(msgspec.Struct, frozen=True):
    """Bytes of a take that follow one another without a hole. `position_90k` counts on the recording's timeline."""

    take: int
    init_bytes: int
    offset: int
    length: int
    dts_90k: int
    duration_90k: int
    position_90k: int

    @property
    def end_90k(self) -> int:
        return self.position_90k + self.duration_90k


class KeyFrame(msgspec.Struct, frozen=True):
    """The segment that begins with a picture that can be decoded alone."""

    take: int
    offset: int
    length: int
    position_90k: int


def spans(index: RecordingIndex) -> list[Span]:
    """All of a recording."""
    init_bytes = {take.number: take.init_bytes for take in index.takes}
    found: list[Span] = []
    for segment in index.segments:
        last = found[-1] if found else None
        if last is not None and _follows(last, segment):
            found[-1] = msgspec.structs.replace(
                last,
                length=last.length + segment.byte_length,
                duration_90k=segment.dts_90k + segment.duration_90k - last.dts_90k,
            )
        else:
            found.append(
                Span(
                    take=segment.take,
                    init_bytes=init_bytes[segment.take],
                    offset=segment.byte_offset,
                    length=segment.byte_length,
                    dts_90k=segment.dts_90k,
                    duration_90k=segment.duration_90k,
                    position_90k=segment.position_90k,
                )
            )
    return found


def runs(index: RecordingIndex, parameters: Mapping[int, object]) -> list[list[Span]]:
    """Spans that fit into one file: neighbours whose takes have equal `parameters`, by take."""
    found: list[list[Span]] = []
    for span in spans(index):
        if found and parameters[found[-1][-1].take] == parameters[span.take]:
            found[-1].append(span)
        else:
            found.append([span])
    return found


def step_s(duration_s: float) -> float:
    """Seconds between two pictures of the storyboard."""
    return SHORT_STEP_S if duration_s <= LONG_AFTER_S else LONG_STEP_S


def storyboard_frames(index: RecordingIndex, step: float) -> list[KeyFrame]:
    """The first key frame at or after each step; cues then begin exactly where their picture stands."""
    found: list[KeyFrame] = []
    due_90k = 0
    for segment in _with_picture(index):
        if segment.position_90k >= due_90k:
            found.append(_key_frame(segment))
            due_90k = segment.position_90k + round(step * CLOCK_HZ)
    return found


def poster_frames(index: RecordingIndex, count: int) -> list[KeyFrame]:
    """Candidates spread over the first half, the first one a little after the beginning."""
    pictures = list(_with_picture(index))
    if not pictures:
        return []
    length = len(pictures)
    places = sorted({min(length - 1, length * (1 + 2 * n) // (4 * count)) for n in range(count)})
    return [_key_frame(pictures[place]) for place in places]


def _key_frame(segment: RecordedSegment) -> KeyFrame:
    return KeyFrame(segment.take, segment.byte_offset, segment.byte_length, segment.position_90k)


def _with_picture(index: RecordingIndex) -> Iterator[RecordedSegment]:
    with_video = {take.number for take in index.takes if take.tracks.video is not None}
    return (segment for segment in index.segments if segment.independent and segment.take in with_video)


def _follows(span: Span, segment: RecordedSegment) -> bool:
    return (
        span.take == segment.take
        and span.offset + span.length == segment.byte_offset
        and abs(span.dts_90k + span.duration_90k - segment.dts_90k) <= 1
        and abs(span.end_90k - segment.position_90k) <= 1
    )
