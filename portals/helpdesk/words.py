"""Codes in words: message ids that pages put into the reader's language."""

from collections.abc import Mapping
from typing import Final

from app.i18n import _

STATES: Final[Mapping[str, str]] = {
    "new": _("New, nobody has taken it yet"),
    "open": _("In work"),
    "pending": _("Waits"),
    "solved": _("Solved"),
    "closed": _("Closed for good"),
    "merged": _("Merged"),
}
SHORT_STATES: Final[Mapping[str, str]] = {**STATES, "new": _("New ticket")}
"""For badges."""
STATE_KINDS: Final[Mapping[str, str]] = {"new": "danger", "open": "info", "pending": "warning", "solved": "success"}
"""Colours of badges."""
REASONS: Final[Mapping[str, str]] = {
    "requester": _("for the requester"),
    "approval": _("for somebody's agreement"),
    "parts": _("for parts"),
    "supplier": _("for a supplier"),
    "planned": _("for a planned day"),
}
PRIORITIES: Final[Mapping[int, str]] = {
    1: _("Low priority"),
    2: _("Normal priority"),
    3: _("High priority"),
    4: _("Critical priority"),
}
PRIORITY_KINDS: Final[Mapping[int, str]] = {3: "warning", 4: "danger"}
IMPACTS: Final[Mapping[int, str]] = {1: _("One person"), 2: _("A whole unit"), 3: _("Many units")}
URGENCIES: Final[Mapping[int, str]] = {
    1: _("It can wait"),
    2: _("It makes work harder"),
    3: _("Work has stopped"),
}
SOURCES: Final[Mapping[str, str]] = {
    "form": _("by the form"),
    "qr": _("by the label's code"),
    "mail": _("by e-mail"),
    "phone": _("by telephone"),
    "api": _("by a program"),
    "split": _("split off another ticket"),
    "system": _("by itself"),
}
FIELDS: Final[Mapping[str, str]] = {
    "state": _("State"),
    "assignee_id": _("Who works on it"),
    "queue_id": _("Queue"),
    "team_id": _("Team"),
    "priority": _("Priority"),
    "impact": _("Whom it hits"),
    "urgency": _("How urgent it is"),
    "subject": _("What it is about"),
    "category_id": _("Category"),
    "service_id": _("Service"),
    "unit_id": _("Unit"),
    "device_id": _("Device"),
    "room": _("Room or place"),
    "approver": _("Whose agreement is asked for"),
}
VERBS: Final[Mapping[str, str]] = {
    "changed": "",
    "merged": _("This ticket goes on in %(number)s"),
    "merged_in": _("%(number)s was merged into this ticket"),
    "unmerged": _("This ticket stands alone again; it was merged into %(number)s"),
    "split_off": _("%(number)s was split off"),
    "linked": _("linked with %(number)s"),
    "unlinked": _("no longer linked with %(number)s"),
    "parent_set": _("put below %(number)s"),
    "parent_left": _("no longer below %(number)s"),
    "outage_joined": _("This belongs to a known outage, and is seen to with it: %(number)s"),
    "outage_left": _("This is about something else than «%(number)s»: it is seen to by itself"),
    "parent_solved": _("Solved together with %(number)s"),
    "approval_asked": _("%(number)s is asked to agree"),
    "approval_granted": _("agreed"),
    "approval_refused": _("did not agree"),
    "time_spent": _("wrote down time spent"),
    "time_taken_back": _("took back time written down"),
    "rated": _("said how it was"),
}
RATINGS: Final[Mapping[int, str]] = {
    5: _("Very good"),
    4: _("Well"),
    3: _("So-so"),
    2: _("Badly"),
    1: _("Very badly"),
}
ICONS: Final[Mapping[str, str]] = {
    "help": _("Question mark"),
    "wallboard": _("Screen"),
    "document": _("Paper"),
    "signal": _("Waves"),
    "mail": _("Envelope"),
    "key": _("Little key"),
    "lock": _("Padlock"),
    "users": _("People"),
    "school": _("School building"),
    "chat": _("Speech bubble"),
    "settings": _("Cogwheel"),
    "download": _("Arrow down"),
    "video": _("Camera"),
    "info": _("Letter i"),
}
"""Symbols that a category may have."""


def state_words(code: str) -> tuple[str, str]:
    """`pending:parts` as two message ids: the state, and what is waited for (or nothing)."""
    state, _colon, reason = code.partition(":")
    return STATES.get(state, state), REASONS.get(reason, "")
