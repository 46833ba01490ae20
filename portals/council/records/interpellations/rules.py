"""Deadlines of interpellations, and who may do what. Pure."""

from collections.abc import Container
from datetime import date, timedelta
from typing import Final

from app.actor import Actor
from app.i18n import _
from portals.council.records.interpellations.model import Draft, Interpellation, NewAnswer, State
from portals.council.rules import COUNCILLOR, DESK_ROLES

WEEKEND: Final = (5, 6)
SHOWN: Final = 100
"""Rows on a page, and in the room."""


def can_submit(actor: Actor) -> bool:
    return actor.has(COUNCILLOR, *DESK_ROLES)


def can_keep(actor: Actor) -> bool:
    """Whether the actor registers for others, answers and withdraws anything."""
    return actor.has(*DESK_ROLES)


def due_on(submitted_on: date, answer_days: int, days_off: Container[date]) -> date:
    """Last day for the answer: the day of submission does not count, and no time limit ends on a Saturday, a Sunday or

    a public holiday (art. 57 § 1 and 4 k.p.a.): it ends on the next day that is none.
    """
    due = submitted_on + timedelta(days=answer_days)
    while due.weekday() in WEEKEND or due in days_off:
        due += timedelta(days=1)
    return due


def days_left(due: date, today: date) -> int:
    """Below 0: late by so many days."""
    return (due - today).days


def is_late(interpellation: Interpellation, today: date) -> bool:
    """No final answer within the time limit: none yet, or one that came later."""
    if interpellation.state == "withdrawn":
        return False
    return (interpellation.answered_on or today) > interpellation.due_on


def state_after(answer: NewAnswer) -> State:
    return "answered" if answer.final else "open"


def faults(draft: Draft, submitted_on: date, today: date) -> dict[str, str]:
    """What is wrong with which field."""
    found: dict[str, str] = {}
    if not draft.title.strip():
        found["title"] = _("Say in a few words what it is about")
    elif len(draft.title) > 300:
        found["title"] = _("This is too long: 300 characters at most")
    if not draft.body.strip():
        found["body"] = _("Write something first")
    elif len(draft.body) > 20_000:
        found["body"] = _("This is too long: 20 000 characters at most")
    if len(draft.addressee) > 200:
        found["addressee"] = _("This is too long: 200 characters at most")
    if submitted_on > today:
        found["submitted_on"] = _("This day is still to come")
    return found


def answer_faults(answer: NewAnswer, answered_on: date, submitted_on: date, today: date) -> dict[str, str]:
    found: dict[str, str] = {}
    if not answer.author.strip():
        found["author"] = _("Say who answers")
    elif len(answer.author) > 200:
        found["author"] = _("This is too long: 200 characters at most")
    if not answer.body.strip():
        found["body"] = _("Write something first")
    elif len(answer.body) > 40_000:
        found["body"] = _("This is too long: 40 000 characters at most")
    if answered_on > today:
        found["answered_on"] = _("This day is still to come")
    elif answered_on < submitted_on:
        found["answered_on"] = _("This is before it was submitted")
    return found
