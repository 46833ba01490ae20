"""Failures that are part of the trade: each has a status and a sentence a person can act on.

Raise them from rules, loaders and actions; `app.web_errors` turns them into a page or into problem details (RFC 9457).
Titles and details are message ids of the catalogues: English here, shown in the reader's language.
"""

from collections.abc import Mapping
from http import HTTPStatus


class ConfigurationError(Exception):
    """A setting or the machine is not as it must be; the message is one clear line for the operator."""


def one_line(problem: BaseException) -> str:
    """A failure's own words as the one line `ConfigurationError` promises: PostgreSQL's DETAIL and HINT stand below."""
    return " ".join(str(problem).split())


class AppError(Exception):
    """Base of all expected failures."""

    status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "failed"
    """Stable word for programs: the last part of the problem's `type`."""
    title = "Something went wrong on our side"

    def __init__(self, detail: str = "", **values: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        """Message id, with `%(name)s` places filled from `values`."""
        self.values = values


class NotFound(AppError):
    """It does not exist, or this actor may not know that it does."""

    status = HTTPStatus.NOT_FOUND
    code = "not-found"
    title = "There is nothing here"


class Forbidden(AppError):
    """The actor is known and may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    title = "This is not open to this account"


class SignInNeeded(AppError):
    """Nobody is signed in; pages lead to the sign-in page and back."""

    status = HTTPStatus.UNAUTHORIZED
    code = "sign-in-needed"
    title = "Please sign in first"


class Invalid(AppError):
    """Input that cannot be accepted. `fields` maps a field's name to what is wrong with it (message ids)."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"
    title = "Some of this cannot be accepted yet"

    def __init__(self, detail: str = "", fields: Mapping[str, str] | None = None, **values: object) -> None:
        super().__init__(detail, **values)
        self.fields = dict(fields or {})


class Conflict(AppError):
    """Somebody else was faster, or the thing is in a state that does not allow this."""

    status = HTTPStatus.CONFLICT
    code = "conflict"
    title = "This has changed in the meantime"


class TooLarge(AppError):
    """More bytes than are taken here."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too-large"
    title = "This is larger than can be taken"


class TooMany(AppError):
    """Too many attempts; `retry_after_s` says when to try again."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too-many"
    title = "Too many attempts"
    hint = "Try again in %(seconds)s s"

    def __init__(self, retry_after_s: int, detail: str = "", **values: object) -> None:
        super().__init__(detail or self.hint, seconds=retry_after_s, **values)
        self.retry_after_s = retry_after_s


class Unavailable(AppError):
    """A part this needs (database, disk) is away for now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
    title = "This is out of reach for a moment"

    def __init__(self, detail: str = "", retry_after_s: int = 5, **values: object) -> None:
        super().__init__(detail, **values)
        self.retry_after_s = retry_after_s
