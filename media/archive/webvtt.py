"""WebVTT that tells which tile of which picture belongs to a moment (`#xywh=`, Media Fragments 1.0 §4.2.2). Pure."""

from collections.abc import Sequence

import msgspec


class Cue(msgspec.Struct, frozen=True):
    """`box`: x, y, width, height of the tile in the picture at `address`, which is relative to the file."""

    begin_s: float
    end_s: float
    address: str
    box: tuple[int, int, int, int]


def storyboard_vtt(cues: Sequence[Cue]) -> str:
    lines = ["WEBVTT\n"]
    for cue in cues:
        box = ",".join(map(str, cue.box))
        lines.append(f"\n{timestamp(cue.begin_s)} --> {timestamp(cue.end_s)}\n{cue.address}#xywh={box}\n")
    return "".join(lines)


def timestamp(seconds: float) -> str:
    """WebVTT §4.1: hours have two digits or more."""
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
