"""Passwords: what is acceptable, and argon2id in threads of its own, so that the loop never waits for a hash."""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Unavailable
from app.i18n import _
from app.identity.settings import IdentitySettings

LONGEST: Final = 200
MOST_WAITING: Final = 200
"""Hashes in the queue; more are refused at once instead of being answered too late."""

Result = TypeVar("Result")

FORBIDDEN: Final = frozenset(
    [
        "password",
        "password1",
        "password12",
        "password123",
        "password1234",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "12345678",
        "123456789",
        "1234567890",
        "12345678910",
        "123456789012",
        "0123456789",
        "987654321",
        "0987654321",
        "qwertyui",
        "qwertyuiop",
        "qwerty123",
        "qwerty12",
        "qwerty1234",
        "qwerty12345",
        "qwerty123456",
        "1qaz2wsx",
        "1qaz2wsx3edc",
        "zaq12wsx",
        "zaq1@wsx",
        "zaq12wsxcde3",
        "qazwsxedc",
        "qazwsxedcrfv",
        "q1w2e3r4",
        "q1w2e3r4t5",
        "q1w2e3r4t5y6",
        "asdfghjk",
        "asdfghjkl",
        "asdf1234",
        "zxcvbnm1",
        "iloveyou",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "welcome1",
        "welcome123",
        "letmein1",
        "trustno1",
        "administrator",
        "administrator1",
        "admin123",
        "admin1234",
        "admin12345",
        "admin123456",
        "changeme",
        "changeme1",
        "changeme123",
        "computer",
        "internet",
        "haslo123",
        "haslo1234",
        "haslo12345",
        "haslo123456",
        "hasłohasło",
        "haslohaslo",
        "mojehaslo",
        "mojehaslo1",
        "mojehaslo123",
        "tajnehaslo",
        "polska12",
        "polska123",
        "polska1234",
        "polska12345",
        "polskapolska",
        "kochamcie",
        "kochamcię",
        "misiaczek",
        "matematyka",
        "komputer",
        "szkola123",
        "szkoła123",
        "nauczyciel",
        "nauczyciel1",
        "nauczyciel123",
        "dyrektor1",
        "dyrektor123",
        "sekretariat",
        "sekretariat1",
        "sekretariat123",
        "wychowawca",
        "urzad123",
        "urząd123",
        "urzadmiejski",
        "urządmiejski",
        "rada12345",
        "radamiasta",
        "radamiejska",
        "radny123",
        "radny1234",
        "samorzad",
        "samorząd",
        "samorzad123",
        "wiosna2024",
        "wiosna2025",
        "wiosna2026",
        "lato2024",
        "lato2025",
        "lato2026",
        "jesien2024",
        "jesien2025",
        "jesien2026",
        "zima2024",
        "zima2025",
        "zima2026",
        "listopad2025",
        "listopad2026",
        "bezpieczne",
        "dziennik",
        "dziennik123",
        "zima12345",
        "lato12345",
        "agnieszka",
        "katarzyna",
        "aleksandra",
        "mateusz1",
        "mateusz123",
        "gryfgryf",
        "gryf1234",
        "gryf12345",
        "gryfpomorski",
    ]
)
"""Ever-present in published leaks or in offices; the length rule already keeps most others away."""


def normalise(password: str) -> str:
    """One form for what keyboards compose differently (ą as one character or two)."""
    return unicodedata.normalize("NFC", password)


def fold(text: str) -> str:
    """Lower case without diacritics: for comparing and searching, not for showing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


_FOLDED: Final = frozenset(fold(word) for word in FORBIDDEN)


def password_problem(password: str, *, shortest: int, about: Iterable[str] = ()) -> str | None:
    """What is wrong with a new password, as a message id, or None. `about` are words of its owner and of the place."""
    password = normalise(password)
    if len(password) < shortest:
        return _TOO_SHORT.get(shortest, _("This password is too short"))
    if len(password) > LONGEST:
        return _("This password is too long: 200 characters are the most")
    folded = fold(password)
    if folded in _FOLDED or len(set(folded)) < 4 or _is_run(folded):
        return _("This password is among the first that anyone would try; choose another")
    words = {fold(word) for text in about for word in [text, *re.split(r"[\W_]+", text)]}
    if any(len(word) >= 4 and word in folded for word in words):
        return _("Do not use your name, login or the city's name in the password")
    return None


_TOO_SHORT: Final = {8: _("Use at least 8 characters"), 12: _("Use at least 12 characters; a few words are fine")}


def _is_run(text: str) -> bool:
    """abcdefgh, 87654321 and their like."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1}, {0})


class Passwords:
    """Hashes and verifies with argon2id (RFC 9106) in a small pool of threads."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_passes, memory_cost=settings.argon2_memory_kib, parallelism=1
        )
        self._threads = ThreadPoolExecutor(settings.argon2_threads, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """PHC string with a new salt."""
        return await self._run(lambda: self._hasher.hash(normalise(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right. With no hash the same work is done, and the answer is no."""
        return await self._run(lambda: self._matches(stored or self._nobody, password)) and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than are set now."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, normalise(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Too many people are signing in at this moment", retry_after_s=3)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
