"""Where a recording's files lie: `<folder>/<stream id>/<take>.mp4`, and beside each what its tracks are."""

import re
from pathlib import Path
from typing import Final

import msgspec

from media.packet import Tracks

STREAM_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Stream ids are tokens; nothing else becomes a path."""


def recording_folder(root: Path, stream_id: str) -> Path:
    """Raises ValueError for an id that is no token."""
    if not STREAM_ID.fullmatch(stream_id):
        raise ValueError("not a stream id")
    return root / stream_id


FIRST_PATCH: Final = 1_000_000
"""Numbers from here on name files that stand in for spans of takes in the published copy."""

PATCHES: Final = "patches"
"""Their folder: what lies beside the takes is taken for something that was recorded."""


def take_name(take: int) -> str:
    """A take's or a patch's file below its recording's folder."""
    return f"{PATCHES}/{take}.mp4" if take >= FIRST_PATCH else f"{take}.mp4"


def take_path(root: Path, stream_id: str, take: int) -> Path:
    return recording_folder(root, stream_id) / take_name(take)


def tracks_path(take: Path) -> Path:
    """Beside the take, so that a take is playable even if the database never heard of it."""
    return take.with_suffix(".json")


def read_tracks(take: Path) -> Tracks:
    """No tracks where the file is missing or damaged: players then find out by themselves."""
    try:
        return msgspec.json.decode(tracks_path(take).read_bytes(), type=Tracks)
    except (OSError, msgspec.MsgspecError):
        return Tracks()


def takes_on_disk(root: Path, stream_id: str) -> dict[int, Path]:
    """Takes by number."""
    folder = recording_folder(root, stream_id)
    found = {int(path.stem): path for path in folder.glob("*.mp4") if path.stem.isdecimal()}
    return dict(sorted(found.items()))
