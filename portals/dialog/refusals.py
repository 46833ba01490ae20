"""Refusals as failures: what a page or a program is told that may not take part."""

from app.errors import AppError, Conflict, Forbidden, SignInNeeded
from portals.dialog.rules import Refusal


class JoinNeeded(Conflict):
    """The page leads to the form with which one joins."""

    code = "join-needed"
    title = "Say first as whom you take part"


class VerificationNeeded(Forbidden):
    """The page leads to the form with which one asks to be verified."""

    code = "verification-needed"
    title = "The office has to check who you are first"


class Closed(Conflict):
    """The clock or the office has closed it; what was typed stays in the form."""

    code = "closed"
    title = "Nothing is taken here now"


def refused(refusal: Refusal) -> AppError:
    """The refusal as a failure that pages and the API tell in the reader's language."""
    match refusal.need:
        case "sign_in":
            return SignInNeeded(refusal.message, **refusal.values)
        case "join":
            return JoinNeeded(refusal.message, **refusal.values)
        case "verify":
            return VerificationNeeded(refusal.message, **refusal.values)
        case _:
            return Closed(refusal.message, **refusal.values)
