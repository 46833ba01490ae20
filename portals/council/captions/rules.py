"""What may happen to captions, until when they must be there, and how lines are cut. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.actor import Actor
from media.speech.model import LAST_MS, SpokenCue
from media.speech.plain import clean_speaker, clean_text
from media.speech.reading import reading_ms
from portals.council.captions.model import Track
from portals.council.model import Session

CAPTIONER: Final = "captioner"
CAPTION_ROLES: Final = (CAPTIONER, "clerk", "admin")
WITHDRAWING_ROLES: Final = ("clerk", "admin")

DAYS: Final = 14
"""Recordings of what was live must have captions after so many days (act of 4.04.2019, as amended 9.03.2023)."""
SOON_DAYS: Final = 3
"""Fewer days left than this are shown in red."""

LONGEST_LINE: Final = 200
"""Characters of a line that is typed live; a longer one is cut between words."""
PAGE: Final = 400
"""Cues that are read at once."""
MAX_STEP: Final = 500
"""Cues in one step of an editor; moving all is a step of its own."""
LONGEST_AGO_MS: Final = 10 * 60 * 1000
"""A line that waited for its connection longer than this counts as said so long ago."""


def can_caption(actor: Actor) -> bool:
    """Whether the actor may type, upload, correct and publish."""
    return actor.has(*CAPTION_ROLES)


def can_withdraw(actor: Actor) -> bool:
    return actor.has(*WITHDRAWING_ROLES)


def is_editable(track: Track, session: Session) -> bool:
    """Working versions are corrected; what is typed now belongs to the captioners' page until the session ends."""
    return track.state == "working" and not (track.kind == "live" and session.state == "live")


def is_publishable(track: Track, session: Session) -> bool:
    """Also again: an older version, or one that was withdrawn."""
    return track.state in {"replaced", "withdrawn"} or is_editable(track, session)


def due_on(recorded_at: datetime, zone: ZoneInfo) -> date:
    """The last day: counted in calendar days from the day on which the recording was published."""
    return recorded_at.astimezone(zone).date() + timedelta(days=DAYS)


def days_left(recorded_at: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Calendar days until the last day: 0 on that day itself, below 0 when it is over."""
    return (due_on(recorded_at, zone) - now.astimezone(zone).date()).days


def lines_of(text: str) -> list[str]:
    """What was typed as lines of captions: never longer than two rows on a screen, cut between words."""
    words = clean_text(text).split()
    lines: list[str] = []
    for word in words:
        while len(word) > LONGEST_LINE:
            lines.append(word[:LONGEST_LINE])
            word = word[LONGEST_LINE:]
        if lines and len(lines[-1]) + 1 + len(word) <= LONGEST_LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def said_span(aired_at: datetime, ago_ms: int, text: str) -> tuple[datetime, datetime]:
    """When the words of a line were said: it was begun `ago_ms` before it came, and nobody speaks without end."""
    ago = timedelta(milliseconds=min(max(ago_ms, 0), LONGEST_AGO_MS))
    began = aired_at - ago
    return began, began + timedelta(milliseconds=reading_ms(text))


def cue_problems(begin_ms: int, end_ms: int, text: str) -> dict[str, str]:
    """What is wrong with a cue, by field: message ids."""
    fields: dict[str, str] = {}
    if not clean_text(text):
        fields["text"] = "A caption needs words; remove it instead"
    if end_ms <= begin_ms:
        fields["end_ms"] = "The end must come after the beginning"
    if end_ms > LAST_MS:
        fields["end_ms"] = "No recording is that long"
    return fields


def shifted(cues: Iterable[SpokenCue], by_ms: int) -> list[SpokenCue]:
    """Cues on another timeline; what would end before it begins is left out."""
    return [
        SpokenCue(max(cue.begin_ms + by_ms, 0), cue.end_ms + by_ms, cue.text, cue.speaker)
        for cue in cues
        if cue.end_ms + by_ms > 0
    ]


def cleaned(cue: SpokenCue) -> SpokenCue:
    return SpokenCue(cue.begin_ms, cue.end_ms, clean_text(cue.text), clean_speaker(cue.speaker))


def word_count(cues: Sequence[SpokenCue]) -> int:
    return sum(len(cue.text.split()) for cue in cues)
