"""Rules of breaks and closed parts. Pure."""

from datetime import datetime, timedelta
from typing import Final

from app.actor import Actor
from app.errors import Invalid
from app.i18n import _
from portals.council.sealing.model import NewBreak, NewClosedPart

KEEPER: Final = "keeper"
"""Who may open sealed recordings; nobody else, whatever else they may do."""

LONGEST_BREAK: Final = timedelta(days=14)
"""A session that is adjourned goes on another day."""

LEAST_REASON: Final = 3


def can_open_sealed(actor: Actor) -> bool:
    return actor.has(KEEPER)


def resumes_at(new: NewBreak, now: datetime) -> datetime | None:
    """The announced end, or None. Raises Invalid that names the field."""
    if new.minutes is not None:
        end = now + timedelta(minutes=new.minutes)
        whole = end.replace(second=0, microsecond=0)
        return whole if whole == end else whole + timedelta(minutes=1)
    if new.resumes_at is None:
        return None
    if new.resumes_at.tzinfo is None:
        raise Invalid(fields={"resumes_at": _("Say the time with its zone")})
    if new.resumes_at <= now:
        raise Invalid(fields={"resumes_at": _("This moment is over: choose a later one")})
    if new.resumes_at > now + LONGEST_BREAK:
        raise Invalid(fields={"resumes_at": _("A break lasts two weeks at most")})
    return new.resumes_at


def checked_part(new: NewClosedPart) -> NewClosedPart:
    """Raises Invalid that names each field that is wrong."""
    basis, reason = new.legal_basis.strip(), new.reason.strip()
    fields: dict[str, str] = {}
    if not basis:
        fields["legal_basis"] = _("Name the provision: residents see it")
    if len(reason) < LEAST_REASON:
        fields["reason"] = _("Say why: it stands in the record")
    if fields:
        raise Invalid(fields=fields)
    return NewClosedPart(new.recording, basis, reason)


def checked_reason(text: str) -> str:
    """Why a sealed recording is opened. Raises Invalid."""
    reason = " ".join(text.split())
    if len(reason) < LEAST_REASON:
        raise Invalid(fields={"reason": _("Say what it is opened for: it stands in the audit log")})
    return reason
