"""Rows of accounts, roles, units and sessions, and what the actions take and give."""

from datetime import datetime
from enum import StrEnum

import msgspec

from app.actor import Grant


class UnitKind(StrEnum):
    """What stands in the organisation's tree. There is one city, at the top."""

    CITY = "city"
    OFFICE = "office"
    UNIT = "unit"
    SCHOOL = "school"


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is the dotted path of ids from the city down to this unit."""

    id: int
    parent_id: int | None
    kind: UnitKind
    name: str
    path: str
    rev: int

    @property
    def depth(self) -> int:
        """0 for the city."""
        return self.path.count(".")


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it is stored; it never leaves this feature. `unit_path` is where its administrator sits."""

    id: int
    login: str
    email: str | None
    name: str
    language: str
    unit_id: int | None
    unit_path: str | None
    password_hash: str | None
    staff_grade: bool
    must_change_password: bool
    totp_secret: bytes | None
    totp_pending: bytes | None
    totp_last_step: int
    disabled_at: datetime | None
    signed_in_at: datetime | None
    created_at: datetime
    rev: int

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None

    @property
    def has_second_factor(self) -> bool:
        return self.totp_secret is not None


class HeldRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role that an account holds now."""

    id: int
    account_id: int
    role: str
    unit_id: int
    unit_path: str
    unit_name: str
    granted_by: int | None
    granted_at: datetime
    expires_at: datetime | None

    @property
    def grant(self) -> Grant:
        return Grant(role=self.role, unit_path=self.unit_path)


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account in the administrator's list."""

    id: int
    login: str
    email: str | None
    name: str
    unit_name: str | None
    disabled: bool
    second_factor: bool
    signed_in_at: datetime | None
    roles: list[str]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to open an account.

    Without `password` and with `email` an invitation is mailed; without both a password is made, to be changed at the
    first sign-in. `unit_id` None: the city looks after it.
    """

    login: str
    name: str
    email: str | None = None
    language: str = "pl"
    unit_id: int | None = None
    password: str | None = None
    must_change_password: bool = False


class Credentials(msgspec.Struct, frozen=True):
    """What somebody shows to sign in. `login` may be the e-mail address; `code`: second factor or recovery."""

    login: str
    password: str
    code: str = ""


class Visitor(msgspec.Struct, frozen=True):
    """Where a request comes from. `device` is the cookie of a browser that was signed in before."""

    address: str = ""
    user_agent: str = ""
    device: str = ""


class Owed(StrEnum):
    """What an account must do before its roles wake."""

    PASSWORD = "password"  # noqa: S105  # a word, not a password
    SECOND_FACTOR = "second-factor"


class NewSession(msgspec.Struct, frozen=True):
    """A session that has begun; `token` goes into the cookie and nowhere else.

    `cookie_s` None: the cookie ends with the browser.
    """

    token: str
    handle: str
    cookie_s: int | None = None


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who has signed in, and what is to be done first; `device` marks the browser as known."""

    session: NewSession
    account: Account
    grants: tuple[Grant, ...]
    owed: Owed | None
    device: str


class LoadedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A live session with its account and grants, from one query. Account fields are None for a visitor."""

    handle: str
    data: dict[str, object]
    created_at: datetime
    stale: bool
    """`seen_at` is older than a minute."""
    account_id: int | None
    login: str | None
    name: str | None
    language: str | None
    staff_grade: bool | None
    must_change_password: bool | None
    second_factor: bool | None
    grants: list[dict[str, str]]


class SessionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A session in its owner's list."""

    handle: str
    created_at: datetime
    seen_at: datetime
    address: str
    user_agent: str


class Purpose(StrEnum):
    """What a mailed link is for."""

    RESET = "reset"
    INVITE = "invite"
    REGISTER = "register"


class OneTimeToken(msgspec.Struct, frozen=True, kw_only=True):
    """A mailed link that still works; `account_id` is None for a registration."""

    purpose: Purpose
    account_id: int | None
    email: str
