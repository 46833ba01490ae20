"""What may be said in a meeting, and where the recording shows a moment. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from app.i18n import _
from portals.dialog.meeting.model import Poll, PollRow, Span
from portals.dialog.model import Author

LONGEST_QUESTION: Final = 500
LONGEST_MESSAGE: Final = 500
LONGEST_ABOUT: Final = 200
LONGEST_REASON: Final = 500
MOST_WAITING: Final = 5
"""Questions of one person that wait."""
LONGEST_POLL: Final = 300
LONGEST_OPTION: Final = 120
MOST_OPTIONS: Final = 12
ERASED: Final = Author(name="", shown="erased")


def clean(text: str) -> str:
    """One line, without characters that cannot be seen."""
    kept = "".join(
        " " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())


def options_of(text: str) -> list[str]:
    """An answer a line."""
    return [line for line in map(clean, text.splitlines()) if line]


def poll_faults(text: str, options: Sequence[str]) -> dict[str, str]:
    """What is wrong with a poll: field → message id."""
    faults = {}
    if not text:
        faults["text"] = _("Write the question of the poll")
    elif len(text) > LONGEST_POLL:
        faults["text"] = _("This is too long: 300 characters at most")
    if not 2 <= len(options) <= MOST_OPTIONS:
        faults["options"] = _("Write 2 to 12 answers, a line each")
    elif any(len(option) > LONGEST_OPTION for option in options):
        faults["options"] = _("An answer has 120 characters at most")
    elif len({option.casefold() for option in options}) < len(options):
        faults["options"] = _("Two answers are the same")
    return faults


def choices_fit(poll: PollRow, choices: Sequence[int]) -> bool:
    """One answer, or several different ones where the poll takes them."""
    known = set(choices)
    fit = len(known) == len(choices) and known <= set(range(len(poll.options)))
    return fit and (len(choices) >= 1 if poll.several else len(choices) == 1)


def public_poll(poll: PollRow, voters: int, chosen: Mapping[int, int]) -> Poll:
    """As everybody may know it: results at the close alone, where it was asked so."""
    told = poll.state == "closed" or (poll.state == "open" and not poll.at_close)
    return Poll(
        id=poll.id,
        text=poll.text,
        options=poll.options,
        several=poll.several,
        at_close=poll.at_close,
        state=poll.state,
        voters=voters,
        counts=[chosen.get(at, 0) for at in range(len(poll.options))] if told else None,
        opened_at=poll.opened_at,
        closed_at=poll.closed_at,
        rev=poll.rev,
    )


def position_of(spans: Sequence[Span], moment: datetime) -> float | None:
    """Second of the recording that shows a moment; in a gap, where it goes on. None: before or after all of it."""
    for span in spans:
        after_s = (moment - span.began_at).total_seconds()
        if after_s < 0:
            return None if span is spans[0] else span.position_s
        if after_s <= span.duration_s:
            return round(span.position_s + after_s, 3)
    return None
