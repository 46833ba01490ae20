"""Numbers of people that are too small to be told. Pure."""

from collections.abc import Mapping
from typing import Final

LEAST: Final = 5
"""Smaller groups could be recognised."""


def told(count: int) -> int | None:
    """The number; None for a small one. Nobody is nobody."""
    return count if count >= LEAST or count == 0 else None


def told_counts(counts: Mapping[str, int]) -> dict[str, int | None]:
    """The same for parts of a whole that is told too: where one small number alone would be hidden, it could be worked
    out, so the next larger one is hidden with it.
    """
    small = {name for name, count in counts.items() if told(count) is None}
    if len(small) == 1:
        others = [name for name, count in counts.items() if name not in small and count]
        if others:
            small.add(min(others, key=lambda name: (counts[name], name)))
    return {name: None if name in small else count for name, count in counts.items()}
