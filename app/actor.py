"""Who acts: the account of a request, a socket, a job or the command line, with what it may do where."""

from typing import Final

import msgspec


class Grant(msgspec.Struct, frozen=True):
    """A role held in a unit of the organisation; it reaches every unit below (`unit_path` is a prefix of theirs).

    `unit_path` is the dotted path of unit ids from the city down, for instance `1.4.17`.
    """

    role: str
    unit_path: str


class Actor(msgspec.Struct, frozen=True):
    """`account_id` is None for somebody who is not signed in. `name` is what others see."""

    account_id: int | None = None
    name: str = ""
    login: str = ""
    language: str = "pl"
    grants: tuple[Grant, ...] = ()
    session_id: str = ""
    """Public handle of the session (never the cookie): closing it closes its sockets."""
    address: str = ""
    second_factor: bool = False
    """The account signs in with a second factor: what asks for one opens."""

    @property
    def signed_in(self) -> bool:
        return self.account_id is not None

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    def has(self, *roles: str, unit_path: str | None = None) -> bool:
        """Whether one of the roles is held, in `unit_path` or above it where that is given."""
        return any(
            grant.role in roles
            and (unit_path is None or unit_path == grant.unit_path or unit_path.startswith(f"{grant.unit_path}."))
            for grant in self.grants
        )


ANONYMOUS: Final = Actor()
SYSTEM: Final = Actor(name="Gryf", login="system")
"""Acts in jobs and at start-up; it holds no role: actions that it may do say so."""
