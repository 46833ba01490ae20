"""What statuses and rhythms mean, and what may be written. Pure."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final, get_args
from zoneinfo import ZoneInfo

from app.i18n import _
from app.identity.keys import Keys
from portals.dialog.outcome.model import Chosen, OutcomeSettings, Rhythm, Status

LONGEST_ANSWER: Final = 20_000
LONGEST_REPORT: Final = 60_000
LEAVE: Final = "leave consultations"
MOST_AT_ONCE: Final = 500
STATUSES: Final[dict[Status, str]] = {
    "received": _("received"),
    "considered": _("being considered"),
    "accepted": _("accepted"),
    "partly": _("accepted in part"),
    "rejected": _("not accepted"),
    "later": _("for later"),
}
BADGES: Final[dict[Status, str]] = {
    "received": "",
    "considered": "info",
    "accepted": "success",
    "partly": "success",
    "rejected": "danger",
    "later": "warning",
}
RHYTHMS: Final[dict[Rhythm, str]] = {
    "instant": _("at once"),
    "daily": _("once a day"),
    "weekly": _("once a week"),
    "own": _("only answers to what I wrote"),
    "none": _("no mail"),
}
INSTANT: Final = timedelta(minutes=5)
"""«At once» is at most this late, so that a lively hour is one letter and not forty."""
TELLING: Final = frozenset({"instant", "daily", "weekly"})
"""Letters of a consultation tell of its threads too."""
MORNING: Final = time(7)
"""When digests go out; weekly ones on Mondays."""
SETTLED: Final = timedelta(minutes=1)
"""What is younger may belong to a transaction that is not over; the next letter tells of it."""
NO_ANSWER: Final = _("Write what the office answers")
TOO_LONG: Final = _("This is too long: 20,000 characters at most")
NEEDS_ANSWER: Final = frozenset({"accepted", "partly", "rejected", "later"})
"""A decision has its reasons."""


def answer_faults(status: str, answer: str) -> dict[str, str]:
    """What is wrong with an answer: field → message id."""
    faults = {}
    if status not in get_args(Status):
        faults["decision"] = _("Choose a status")
    if len(answer) > LONGEST_ANSWER:
        faults["answer"] = TOO_LONG
    elif status in NEEDS_ANSWER and not answer.strip():
        faults["answer"] = NO_ANSWER
    return faults


def settings_faults(settings: OutcomeSettings) -> Mapping[str, str]:
    return {"intro": TOO_LONG} if len(settings.intro) > LONGEST_ANSWER else {}


def chosen_of(key: str) -> Chosen | None:
    """What a checkbox says; None where it is none of ours."""
    block, colon, rest = key.partition(":")
    ref, second, rev = rest.rpartition(":")
    fits = colon and second and ref and len(ref) <= 120 and _is_number(block) and _is_number(rev)
    return Chosen(int(block), ref, int(rev)) if fits else None


def due_before(rhythm: Rhythm, now: datetime, zone: ZoneInfo) -> datetime:
    """Who was last looked at before this moment is due: the last morning, or Monday morning, of the city."""
    if rhythm == "instant":
        return now - INSTANT
    local = now.astimezone(zone)
    morning = datetime.combine(local.date(), MORNING, zone)
    if local < morning:
        morning = datetime.combine(local.date() - timedelta(days=1), MORNING, zone)
    if rhythm == "weekly":
        morning = datetime.combine(morning.date() - timedelta(days=morning.weekday()), MORNING, zone)
    return morning


def leave_token(keys: Keys, account_id: int, consultation_ids: Sequence[int], thread_ids: Sequence[int] = ()) -> str:
    """What a letter's link carries: of use for leaving these consultations and threads, and for nothing else."""
    which = "-".join([*(str(one) for one in consultation_ids), *(f"t{one}" for one in thread_ids)])
    return f"{account_id}.{which}.{keys.sign(LEAVE, str(account_id), which)}"


def left_by(keys: Keys, token: str) -> tuple[int, list[int], list[int]] | None:
    """Account, consultations and threads of a token; None where we have not made it."""
    account, _dot, rest = token.partition(".")
    which, _dot, signature = rest.partition(".")
    if not hmac.compare_digest(keys.sign(LEAVE, account, which).encode(), signature.encode()):
        return None
    names = which.split("-")
    threads = [int(one.removeprefix("t")) for one in names if one.startswith("t")]
    return int(account), [int(one) for one in names if not one.startswith("t")], threads


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
