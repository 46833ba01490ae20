"""What a ticket is, written among its words: «hasło» in one unit is looked for in that unit, and not first everywhere.
An inverted index is quick where a word is rare; a word of every third ticket needs something rare beside it.

These lexemes begin with a tilde, which no text can hold. They only narrow: rights and filters are judged by the narrow
rows that follow their tickets in the same transaction (`ticket_facet`). Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from portals.helpdesk.finding.model import Reach, Source, Wanted

OPEN: Final = frozenset({"new", "open", "pending"})
MOST_QUARTERS: Final = 12
"""Longer spans narrow nothing."""
WINDOW: Final = 2
"""Quarters back from this one in which the newest are looked for first: a common word has its thousand there."""


def quarter_of(moment: datetime) -> int:
    """Quarters since the year 0, in UTC."""
    utc = moment.astimezone(UTC)
    return utc.year * 4 + (utc.month - 1) // 3


def lexemes_of(source: Source) -> str:
    """As a part of a tsvector's literal; without places, so that they count in no rank."""
    named = {
        "q": source.queue_id,
        "u": source.unit_id,
        "c": source.category_id,
        "m": source.model_id,
        "a": source.assignee_id or 0,
        "t": quarter_of(source.sent_at),
        "o": int(source.state in OPEN),
    }
    return " ".join(f"'~{letter}{value}'" for letter, value in named.items() if value is not None)


def _any(letter: str, values: Iterable[int]) -> str:
    return "(" + " | ".join(f"'~{letter}{value}'" for value in values) + ")"


def narrowed(reach: Reach, wanted: Wanted, since: datetime | None, now: datetime) -> str:
    """The tsquery with what else is wanted. `since`: only what was sent from this quarter on."""
    parts = [f"({wanted.tsquery})"]
    if not reach.everything:
        own = [f"'~a{reach.account_id}'", *(f"'~q{queue}'" for queue in reach.queues)]
        parts.append(f"({' | '.join(own)})")
    for letter, values in (
        ("q", _one(wanted.queue_id)),
        ("c", _one(wanted.category_id)),
        ("a", _one(wanted.assignee_id)),
        ("u", wanted.unit_ids),
        ("m", wanted.model_ids),
    ):
        if values is not None and values:
            parts.append(_any(letter, values))
    if wanted.states and OPEN.issuperset(wanted.states):
        parts.append("'~o1'")
    elif wanted.states and OPEN.isdisjoint(wanted.states):
        parts.append("'~o0'")
    quarters = _quarters(max(filter(None, (since, wanted.since)), default=None), wanted.until, now)
    if quarters is not None:
        parts.append(_any("t", quarters))
    return " & ".join(parts)


def _one(value: int | None) -> Sequence[int] | None:
    return None if value is None else [value]


def _quarters(since: datetime | None, until: datetime | None, now: datetime) -> Sequence[int] | None:
    """None: they narrow nothing. A clock that is a little ahead of this one's counts too."""
    if since is None:
        return None
    last = quarter_of(max(until, since)) if until is not None else quarter_of(max(now, since)) + 1
    quarters = range(quarter_of(since), last + 1)
    return quarters if len(quarters) <= MOST_QUARTERS else None


def windows(now: datetime, wanted: Wanted) -> list[datetime | None]:
    """From when on it is looked for, in turn; None: ever since. With a filter by days that filter does."""
    if wanted.since is not None or wanted.until is not None:
        return [None]
    first = quarter_of(now) - WINDOW
    return [datetime(first // 4, first % 4 * 3 + 1, 1, tzinfo=UTC), None]
