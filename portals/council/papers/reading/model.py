"""What is asked of the reading process, what it answers, and what is kept."""

from typing import Literal

import msgspec

Reason = Literal["kind", "scan", "locked", "broken", "too_large", "too_demanding"]
"""Why there is no text: a kind that holds none, pictures of text alone, a password, damage, more than is read."""


class ReadOrder(msgspec.Struct, frozen=True):
    """A file to be read within limits."""

    path: str
    type: str
    memory_mib: int
    cpu_s: int


class Passage(msgspec.Struct, frozen=True):
    """Words that are found together. `page` counts from 1; None in files without pages."""

    page: int | None
    text: str


class Read(msgspec.Struct, frozen=True, tag="read"):
    """All words, in order. `cut`: there were more than are kept."""

    passages: list[Passage]
    cut: bool = False


class NoText(msgspec.Struct, frozen=True, tag="none"):
    reason: Reason


Answer = Read | NoText


class PaperText(msgspec.Struct, frozen=True):
    """What became of a version: `reason` empty: its words are found."""

    paper_id: int
    number: int
    reason: Reason | Literal[""]


class ReadPaper(msgspec.Struct, frozen=True):
    """Job: the newest version of this paper."""

    paper_id: int


class Nothing(msgspec.Struct, frozen=True):
    """The time decides."""
