"""Packets of a file, muxed as if they came live, by a clock that runs with them: takes on the disk and their index."""

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import msgspec

from media.hls.muxer import Init, Muxer, Part, Timing
from media.packet import CLOCK_HZ, Kind, Packet, Tracks
from media.record.files import tracks_path
from media.record.model import RecordedSegment, Take, utc

UPLOAD_TIMING = Timing(part_ms=2000, segment_s=4.0, target_s=6)
"""Nobody waits for a part of a file: large ones cost less."""


class Packaged(msgspec.Struct, frozen=True):
    """What lies in a folder: rows for the index."""

    takes: tuple[Take, ...]
    segments: tuple[RecordedSegment, ...]
    next_msn: int
    origin_90k: int
    """Where the recording begins on the file's own clock."""

    @property
    def duration_90k(self) -> int:
        return self.segments[-1].end_90k if self.segments else 0


def package(
    folder: Path,
    stream_id: str,
    tracks: Tracks,
    lanes: Iterable[Iterator[Packet]],
    began_at_s: float,
    tell: Callable[[int], None] = lambda _at: None,
) -> Packaged:
    """Writes the takes into `folder`. `tell` hears where on the file's clock it is, in 1/90000 s."""
    muxer = Muxer(UPLOAD_TIMING)
    out = _Takes(folder, stream_id)
    muxer.begin(tracks)
    first: int | None = None
    for _at, packet in heapq.merge(*map(_placed, lanes), key=itemgetter(0)):
        begins = packet.key and (packet.kind is Kind.VIDEO or tracks.video is None)
        if first is None and begins:
            first = packet.pts
        tell(packet.dts)
        out.take(muxer.push(packet, began_at_s + max(0, packet.dts - (first or packet.dts)) / CLOCK_HZ))
    out.take(muxer.pause())
    out.close()
    return Packaged(tuple(out.takes), tuple(out.segments), muxer.next_msn, first or 0)


def _placed(lane: Iterator[Packet]) -> Iterator[tuple[int, Packet]]:
    """Packets with where the muxer puts them: decoding times moved so that the first one is when it is shown."""
    delay: int | None = None
    for packet in lane:
        if delay is None:
            delay = packet.pts - packet.dts
        yield packet.dts + delay, packet


class _Takes:
    """Files of the takes, and the rows that say what lies in them."""

    def __init__(self, folder: Path, stream_id: str) -> None:
        self.takes: list[Take] = []
        self.segments: list[RecordedSegment] = []
        self._folder = folder
        self._stream_id = stream_id
        self._file: BinaryIO | None = None
        self._size = 0
        self._offset = 0
        self._first: Part | None = None
        self._last: Part | None = None
        self._sha256 = hashlib.sha256()
        self._position = 0

    def take(self, made: tuple[Init | Part, ...]) -> None:
        for item in made:
            if isinstance(item, Init):
                self._open(item)
            else:
                self._append(item)

    def close(self) -> None:
        self._finish_segment()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, init: Init) -> None:
        self.close()
        path = self._folder / f"{init.take}.mp4"
        tracks_path(path).write_bytes(msgspec.json.encode(init.tracks))
        self._file = path.open("xb", buffering=1024 * 1024)
        self._size = self._file.write(init.data)
        self.takes.append(Take(self._stream_id, init.take, utc(init.began_at_s), init.tracks, len(init.data)))

    def _append(self, part: Part) -> None:
        if self._last is not None and part.msn != self._last.msn:
            self._finish_segment()
        if self._first is None:
            self._first, self._offset, self._sha256 = part, self._size, hashlib.sha256()
        assert self._file is not None
        self._size += self._file.write(part.data)
        self._sha256.update(part.data)
        self._last = part
        if part.last:
            self._finish_segment()

    def _finish_segment(self) -> None:
        first, last = self._first, self._last
        self._first = self._last = None
        if first is None or last is None:
            return
        duration = last.dts_90k + last.duration_90k - first.dts_90k
        self.segments.append(
            RecordedSegment(
                stream_id=self._stream_id,
                msn=first.msn,
                take=first.take,
                byte_offset=self._offset,
                byte_length=self._size - self._offset,
                began_at=utc(first.began_at_s),
                position_90k=self._position,
                dts_90k=first.dts_90k,
                duration_90k=duration,
                independent=first.independent,
                sha256=self._sha256.digest(),
            )
        )
        self._position += duration
