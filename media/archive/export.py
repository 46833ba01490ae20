"""Writes MP4 files from takes: a pass over the boxes, a pass over the bytes. Blocking; memory stays flat."""

import hashlib
import os
import shutil
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec
import structlog

from media.archive.fragments import Run, TrackInit, read_init, read_moof
from media.archive.mp4 import Movie
from media.archive.spans import Span
from media.record.files import take_name

log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]
"""(done, total) in bytes."""

HEAD_BYTES: Final = 4096
"""Read at the beginning of each part: it nearly always holds the whole `moof`."""
BLOCK: Final = 1024 * 1024
SYNC_BYTES: Final = 64 * 1024 * 1024
"""Given to the disk as it is written: one flush of gigabytes would hold up the live recordings' own."""
MARGIN_BYTES: Final = 256 * 1024 * 1024
"""Must stay free: the live recordings are on the same disk."""


class NoSpace(Exception):
    """The disk has no room for the product; the message says how much is missing."""


class Written(msgspec.Struct, frozen=True):
    """A file that was made."""

    bytes: int
    sha256: str
    seconds: float


class Part(msgspec.Struct, frozen=True):
    """A part as it lies in a take's file: where its media data are, and its samples with absolute places."""

    body_at: int
    body_bytes: int
    moof_at: int
    runs: list[Run]


class _Copies:
    """Ranges of takes' bytes, in order; neighbours are joined."""

    def __init__(self) -> None:
        self.total = 0
        self._fds = array("i")
        self._at = array("Q")
        self._lengths = array("Q")

    def add(self, fd: int, at: int, length: int) -> int:
        """Returns where these bytes will lie in the media data."""
        begin = self.total
        self.total += length
        if self._fds and self._fds[-1] == fd and self._at[-1] + self._lengths[-1] == at:
            self._lengths[-1] += length
        else:
            self._fds.append(fd)
            self._at.append(at)
            self._lengths.append(length)
        return begin

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        return zip(self._fds, self._at, self._lengths, strict=True)


def write_mp4(
    folder: Path, wanted: Sequence[Span], out: Path, progress: Progress, *, sound_only: bool = False
) -> Written:
    """Joins spans, whose takes have equal tracks, into one file. Raises `NoSpace`, OSError, ValueError.

    The first span's position is 0 of the file; what is missing between spans is closed.
    """
    with ExitStack() as files:
        takes = {span.take: _open(files, folder / take_name(span.take)) for span in wanted}
        inits = {span.take: read_init(os.pread(takes[span.take], span.init_bytes, 0)) for span in wanted}
        # Of takes that go together the one that declares most: a patch's parameter sets stand beside its take's.
        fullest = max(inits.values(), key=lambda tracks: sum(len(track.stsd) for track in tracks))
        tracks = [track for track in fullest if not (sound_only and track.is_video)]
        movie, copies = Movie(tracks), _Copies()
        kept = {track.track_id for track in tracks}
        position = 0
        for span in wanted:
            movie.begin_span(span.dts_90k, position, _delays(inits[span.take]))
            for part in read_parts(takes[span.take], span.offset, span.length):
                _add_part(movie, copies, takes[span.take], part, kept)
            position += span.duration_90k
        header = movie.header(copies.total, b"M4A " if sound_only else b"isom")
        _check_space(out, len(header) + copies.total)
        digest = _write(out, header, copies, progress)
        return Written(len(header) + copies.total, digest, movie.seconds)


def read_parts(fd: int, offset: int, length: int) -> Iterator[Part]:
    """The parts in a range of a take's file. Raises ValueError where a box is not whole."""
    at, end = offset, offset + length
    moof_at, runs = -1, list[Run]()
    head, head_at = b"", at
    while at < end:
        if at + 8 > head_at + len(head):
            head, head_at = os.pread(fd, HEAD_BYTES, at), at
        place = at - head_at
        size, name = int.from_bytes(head[place : place + 4], "big"), head[place + 4 : place + 8]
        if size < 8 or at + size > end:
            raise ValueError(f"the take is torn at byte {at}")
        if name == b"moof":
            moof = head[place : place + size]
            moof_at, runs = at, read_moof(moof if len(moof) == size else os.pread(fd, size, at))
        elif name == b"mdat":
            yield Part(at + 8, size - 8, moof_at, runs)
        at += size


def tracks_of(path: Path, init_bytes: int) -> tuple[TrackInit, ...]:
    """What a take's file declares. Raises OSError, ValueError."""
    with path.open("rb") as file:
        return read_init(file.read(init_bytes))


def _add_part(movie: Movie, copies: _Copies, fd: int, part: Part, kept: set[int]) -> None:
    wanted = [run for run in part.runs if run.track_id in kept]
    if len(wanted) == len(part.runs):
        begin = copies.add(fd, part.body_at, part.body_bytes)
        for run in wanted:
            movie.add(run, begin + part.moof_at + run.data_offset - part.body_at)
        return
    for run in wanted:
        movie.add(run, copies.add(fd, part.moof_at + run.data_offset, sum(run.sizes)))


def _delays(tracks: tuple[TrackInit, ...]) -> dict[int, int]:
    return {track.track_id: track.delay for track in tracks}


def _open(files: ExitStack, path: Path) -> int:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    files.callback(os.close, fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    return fd


def _check_space(out: Path, needed: int) -> None:
    free = shutil.disk_usage(out.parent).free
    if free < needed + MARGIN_BYTES:
        raise NoSpace(f"{(needed + MARGIN_BYTES - free) >> 20} MiB more must be free on the recordings' disk")


def _write(out: Path, header: bytes, copies: _Copies, progress: Progress) -> str:
    digest = hashlib.sha256(header)
    done = unsynced = 0
    with out.open("wb", buffering=0) as file:
        file.write(header)
        for fd, at, length in copies:
            end = at + length
            while at < end:
                block = os.pread(fd, min(BLOCK, end - at), at)
                if not block:
                    raise ValueError("a take is shorter than its index says")
                digest.update(block)
                write_all(file.fileno(), block)
                at += len(block)
            done += length
            unsynced += length
            progress(done, copies.total)
            if unsynced >= SYNC_BYTES:
                os.fdatasync(file.fileno())
                unsynced = 0
        os.fsync(file.fileno())
    return digest.hexdigest()


def write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
