"""Why a target is not sent to."""

from collections.abc import Mapping


class RelayProblem(Exception):
    """`message` is a message id, `values` fill its `%(name)s` places. Never holds a stream key."""

    def __init__(self, message: str, values: Mapping[str, str] | None = None) -> None:
        self.message = message
        self.values = dict(values or {})
        super().__init__(message % self.values)
