"""The rules of `tests.hls_rules` as assertions: what tests of playlists call."""

from tests import hls_rules
from tests.hls_playlists import Part, Playlist, Segment, parse_media

__all__ = ["Part", "Playlist", "Segment", "check_media", "check_multivariant", "check_update", "parse_media"]


def check_media(
    text: str,
    siblings: set[str] | None = None,
    *,
    clock_tolerance_s: float = hls_rules.CLOCK_TOLERANCE_S,
) -> Playlist:
    """Checks one playlist by itself. `siblings`: addresses of the other renditions, where all are known."""
    found = parse_media(text)
    faults = hls_rules.media_problems(found, siblings, clock_tolerance_s=clock_tolerance_s)
    assert faults == [], text
    return found


def check_update(before: Playlist, after: Playlist, *, may_be_short: bool = False) -> None:
    """Checks that `after` may follow `before` (§6.2.1). `may_be_short`: memory is worth more than three targets."""
    assert hls_rules.update_problems(before, after, may_be_short=may_be_short) == []


def check_multivariant(text: str) -> None:
    assert hls_rules.multivariant_problems(text) == [], text
