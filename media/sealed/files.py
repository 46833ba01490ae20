"""Where sealed files lie and what they hold: `<folder>/<stream id>/<part>/<number>.sealed`. Blocking."""

import os
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import msgspec

from media.packet import Tracks
from media.record.files import STREAM_ID
from media.sealed.envelope import Broken, is_whole, open_pieces

PART: Final = re.compile(r"[0-9]{1,18}")


class About(msgspec.Struct, frozen=True):
    """First piece of a file; the others are a fragmented MP4."""

    began_at: datetime
    tracks: Tracks


class SealedFile(msgspec.Struct, frozen=True):
    """A file of a closed part. A new one begins when the encoder comes back, or the server does.

    `whole` False: its end is missing, because it is being written or the process was killed.
    """

    number: int
    began_at: datetime
    bytes: int
    whole: bool


def part_folder(root: Path, stream_id: str, part: str) -> Path:
    """Raises ValueError for names that are none."""
    if not STREAM_ID.fullmatch(stream_id) or not PART.fullmatch(part):
        raise ValueError("not a sealed recording")
    return root / stream_id / part


def context_of(stream_id: str, part: str, number: int) -> str:
    """What a file is about: it goes into the file's key."""
    return f"{stream_id}/{part}/{number}"


def sealed_files(root: Path, key: bytes, stream_id: str, part: str) -> list[SealedFile]:
    """In order; files that cannot be opened are left out. Empty where nothing was recorded."""
    found = []
    folder = part_folder(root, stream_id, part)
    for path in folder.glob("*.sealed"):
        if not path.stem.isdecimal():
            continue
        number = int(path.stem)
        with _Reader(path) as reader, closing(open_pieces(reader.read, key, context_of(stream_id, part, number))) as it:
            try:
                about = msgspec.json.decode(next(it, b""), type=About)
            except (Broken, msgspec.DecodeError):
                continue
            found.append(SealedFile(number, about.began_at, path.stat().st_size, is_whole(reader.read)))
    return sorted(found, key=lambda file: file.number)


def open_movie(root: Path, key: bytes, stream_id: str, part: str, number: int) -> Iterator[bytes]:
    """The fragmented MP4 in pieces. Raises FileNotFoundError at once, and `Broken` where it is."""
    path = part_folder(root, stream_id, part) / f"{number}.sealed"
    reader = _Reader(path)

    def pieces() -> Iterator[bytes]:
        with reader:
            it = open_pieces(reader.read, key, context_of(stream_id, part, number))
            next(it, None)
            yield from it

    return pieces()


def next_number(folder: Path) -> int:
    """A number that no file has had."""
    return max((int(path.stem) for path in folder.glob("*.sealed") if path.stem.isdecimal()), default=0) + 1


class _Reader:
    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._fd, length, offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
