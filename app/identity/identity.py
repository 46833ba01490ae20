"""What the actions of this feature work with: settings, keys, the password threads and the roles that exist."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aiohttp import web

from app.actor import Grant
from app.feature import Role
from app.identity.keys import Keys, read_secret
from app.identity.model import Owed
from app.identity.passwords import Passwords
from app.identity.settings import IdentitySettings


class Identity:
    """One a process; `close` ends its threads."""

    def __init__(
        self,
        settings: IdentitySettings,
        secret: bytes,
        roles: Iterable[Role],
        languages: tuple[str, ...] = ("pl", "en", "uk"),
        city: str = "",
    ) -> None:
        self.settings = settings
        self.keys = Keys(secret)
        self.passwords = Passwords(settings)
        self.roles = {role.name: role for role in roles}
        self.languages = languages
        self.city = city

    @classmethod
    def open(
        cls,
        settings: IdentitySettings,
        data: Path,
        roles: Iterable[Role],
        languages: tuple[str, ...] = ("pl", "en", "uk"),
        city: str = "",
    ) -> "Identity":
        """With the secret from the setting or the data folder. Raises `ConfigurationError`."""
        return cls(settings, read_secret(settings.secret, data), roles, languages, city)

    def is_staff(self, grants: Iterable[Grant]) -> bool:
        """Whether one of the roles is a staff role. One that no feature declares counts as such: the safe side."""
        return any(grant.role not in self.roles or self.roles[grant.role].staff for grant in grants)

    def owed(
        self, grants: Iterable[Grant], *, must_change_password: bool, staff_grade: bool, second_factor: bool
    ) -> Owed | None:
        """What keeps the roles asleep."""
        staff = self.is_staff(grants)
        if must_change_password or (staff and not staff_grade):
            return Owed.PASSWORD
        if self.settings.second_factor_required and not second_factor and staff:
            return Owed.SECOND_FACTOR
        return None

    def is_staff_grade(self, password: str) -> bool:
        """Whether the password is long enough for staff too."""
        return len(password) >= self.settings.staff_password_length

    def shortest_password(self, *, staff: bool) -> int:
        return self.settings.staff_password_length if staff else self.settings.resident_password_length

    def close(self) -> None:
        self.passwords.close()


IDENTITY: Final = web.AppKey("identity", Identity)
