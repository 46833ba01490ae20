"""What may be done with tickets, and what follows from it. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from app.actor import Actor
from app.i18n import _
from app.search import folded
from portals.helpdesk.model import (
    AGENT,
    AUDITOR,
    LEAD,
    MOST_TEXT,
    PendingReason,
    State,
    Ticket,
)
from portals.helpdesk.setup_model import RoutingRule

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    "new": frozenset({"open", "pending", "solved", "closed"}),
    "open": frozenset({"pending", "solved", "closed"}),
    "pending": frozenset({"open", "pending", "solved", "closed"}),
    "solved": frozenset({"open", "closed"}),
    "closed": frozenset({"open"}),
    "merged": frozenset(),
}
PUBLIC_FIELDS: Final = frozenset({"subject", "state", "assignee_id", "category_id", "device_id", "unit_id", "room"})
"""Whose changes the requester is told of."""
NEEDED: Final = _("This is needed here")
TOO_LONG: Final = {
    80: _("This is too long: 80 characters at most"),
    200: _("This is too long: 200 characters at most"),
    300: _("This is too long: 300 characters at most"),
    500: _("This is too long: 500 characters at most"),
    1000: _("This is too long: 1,000 characters at most"),
    MOST_TEXT: _("This is too long: 20,000 characters at most"),
}
SUBJECT_FROM_TEXT: Final = 80
_WORDS: Final = re.compile(r"[^\W_]+")
_MENTION: Final = re.compile(r"(?<![\w@.])@([a-z0-9][a-z0-9._-]{1,63})", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")


def is_desk(actor: Actor) -> bool:
    """Works at the helpdesk."""
    return actor.has(AGENT, LEAD)


def can_read_all(actor: Actor) -> bool:
    return actor.has(LEAD, AUDITOR)


def can_set_up(actor: Actor) -> bool:
    return actor.has(LEAD)


def can_see_inside(actor: Actor, ticket: Ticket, queues: frozenset[int]) -> bool:
    """Notes and all fields. `queues`: of the actor's teams."""
    if can_read_all(actor):
        return True
    return actor.has(AGENT) and (ticket.queue_id in queues or ticket.assignee_id == actor.account_id)


def clean(text: str) -> str:
    """What people type: one kind of line ends, no control characters, nothing around it."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def subject_of(subject: str, text: str) -> str:
    """The subject, or the first words of the text, cut between words."""
    line = one_line(subject)
    if line:
        return line
    lines = clean(text).splitlines()
    first = one_line(lines[0]) if lines else ""
    if len(first) <= SUBJECT_FROM_TEXT:
        return first
    cut = first[:SUBJECT_FROM_TEXT]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut else cut} …"


def too_long(text: str, most: int) -> str:
    """What is wrong with the length; empty: nothing."""
    return TOO_LONG[most] if len(text) > most else ""


def route(rules: Sequence[RoutingRule], category_id: int | None, unit_path: str, text: str) -> RoutingRule | None:
    """The first rule that holds. `unit_path`: dotted ids from the city down to the requester's unit; empty: none."""
    above = {int(one) for one in unit_path.split(".") if one}
    words = f" {' '.join(_WORDS.findall(folded(text)))} "
    for rule in sorted(rules, key=lambda one: (one.place, one.id)):
        if not rule.active:
            continue
        if rule.category_id is not None and rule.category_id != category_id:
            continue
        if rule.unit_id is not None and rule.unit_id not in above:
            continue
        if rule.words and not any(f" {plain}" in words for word in rule.words if (plain := plain_words(word))):
            continue
        return rule
    return None


def plain_words(text: str) -> str:
    """Small letters without marks, single spaces, nothing else."""
    return " ".join(_WORDS.findall(folded(text)))


def can_go(now: State, then: State) -> bool:
    return then in TRANSITIONS[now]


def pending_fault(state: str, reason: PendingReason | None) -> str:
    """What is wrong with a reason for waiting; empty: nothing."""
    if state == "pending" and reason is None:
        return _("Say what is waited for")
    if state != "pending" and reason is not None:
        return _("Only a ticket that waits has a reason for it")
    return ""


def after_requester(state: State, reason: PendingReason | None) -> State | None:
    """The state in which a requester's word leaves a ticket; None: as it is. A closed one takes no word."""
    if state == "solved" or (state == "pending" and reason == "requester"):
        return "open"
    return None


def takes_replies(state: State) -> bool:
    return state in {"new", "open", "pending", "solved"}


def may_rate(ticket: Ticket, account_id: int | None) -> bool:
    """Whoever sent it says how it was, once it is solved; a later word replaces an earlier one."""
    return account_id is not None and ticket.requester_id == account_id and ticket.state in {"solved", "closed"}


def mentioned(text: str) -> list[str]:
    """Logins that a note names with @, in order, each once. An e-mail address names nobody."""
    return list(dict.fromkeys(found.lower().rstrip(".-_") for found in _MENTION.findall(text)))


class Touch(msgspec.Struct, frozen=True):
    """A field that somebody wants to change, with the rev of it that they saw."""

    field: str
    seen: int


def clashing(ticket: Ticket, touched: Sequence[Touch]) -> list[str]:
    """Fields that have changed since they were seen."""
    return [one.field for one in touched if ticket.rev_of(one.field) > one.seen]


def waits_untaken(ticket: Ticket) -> bool:
    """Nobody has taken it or said a word: its alert stands on every bell of the queue. One that stands below an outage
    is seen to with it.
    """
    untaken = ticket.assignee_id is None and ticket.parent_id is None
    return ticket.state in {"new", "open"} and untaken and ticket.waits_for_us


def waits_for_answer(ticket: Ticket) -> bool:
    return ticket.is_open and ticket.waits_for_us


def alert_is_over(before: Ticket, after: Ticket) -> bool:
    """What rang of a ticket in its queue needs nobody there any more."""
    moved = before.queue_id != after.queue_id
    return (waits_untaken(before) and (moved or not waits_untaken(after))) or (
        waits_for_answer(before) and (moved or not waits_for_answer(after))
    )


def alert_is_back(before: Ticket, after: Ticket) -> bool:
    """It needs somebody of its queue again, and nothing new has come that rings: it was given back, opened again."""
    if before.queue_id != after.queue_id:
        return False
    taken_before, taken = not waits_untaken(before), not waits_untaken(after)
    return (taken_before and not taken) or (not waits_for_answer(before) and waits_for_answer(after))


def can_be_parent(child: Ticket, parent: Ticket, *, parent_is_child: bool, child_has_children: bool) -> str:
    """Why not; empty: it can. There is one level: an incident and those whom it hits."""
    if child.id == parent.id:
        return _("A ticket cannot stand below itself")
    if parent.state in {"closed", "merged"}:
        return _("That ticket is closed")
    if parent_is_child:
        return _("That ticket stands below another one: choose the one above it")
    if child_has_children:
        return _("Other tickets stand below this one already")
    return ""


def merge_fault(source: Ticket, target: Ticket) -> str:
    """Why the one cannot be merged into the other; empty: it can."""
    if source.id == target.id:
        return _("A ticket cannot be merged with itself")
    if source.state == "merged":
        return _("This ticket was merged already")
    if target.state in {"merged", "closed"}:
        return _("That ticket is closed")
    return ""
