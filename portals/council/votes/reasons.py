"""Why something about a vote was done: it stands in the minutes."""

from app.errors import Invalid
from portals.council.votes import rules


def checked_reason(text: str) -> str:
    """Raises Invalid that names the field."""
    reason = " ".join(text.split())
    if not reason:
        raise Invalid(fields={"reason": "A reason is needed: it stands in the minutes"})
    if len(reason) > rules.MAX_REASON:
        raise Invalid(fields={"reason": "This is too long: 500 characters at most"})
    return reason
