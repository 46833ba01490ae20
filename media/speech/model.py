"""Spoken words with their times, and what is said of a file that was read."""

from collections.abc import Mapping
from typing import Final

import msgspec

LONGEST_TEXT: Final = 1000
"""Characters of one caption."""
LONGEST_SPEAKER: Final = 120
LAST_MS: Final = 400 * 3600 * 1000
"""No recording is longer."""


class SpokenCue(msgspec.Struct, frozen=True, gc=False):
    """Words from `begin_ms` up to `end_ms`. `text`: plain lines without markup; `speaker` empty where not known."""

    begin_ms: int
    end_ms: int
    text: str
    speaker: str = ""


class Note(msgspec.Struct, frozen=True):
    """What was mended or left out at a line of the file (from 1). `message`: a message id with places for `values`."""

    line: int
    message: str
    values: Mapping[str, object] = {}


class Reading(msgspec.Struct, frozen=True):
    """What a file holds: cues in order, and what was done to get them. `unlisted`: notes beyond those that are kept."""

    cues: list[SpokenCue]
    notes: list[Note]
    encoding: str
    unlisted: int = 0
