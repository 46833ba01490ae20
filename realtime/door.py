"""Who may open a socket, how many, and how fast it may talk. Pure: the clock is given."""

from collections import Counter
from collections.abc import Collection
from typing import Final, TypeVar
from urllib.parse import urlsplit

from app.errors import AppError, Forbidden, TooMany, Unavailable
from realtime.settings import RealtimeSettings

RETRY_FULL_S: Final = 30

Key = TypeVar("Key", str, int)


class TokenBucket:
    """Lets `burst` messages pass at once and `rate` a second for long."""

    __slots__ = ("_at_s", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Whether one more message may pass. A clock that steps back gives nothing."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now_s - self._at_s) * self._rate)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Door:
    """Counts open sockets against the caps of settings."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self._settings = settings
        self._sockets = 0
        self._by_address: Counter[str] = Counter()
        self._by_account: Counter[int] = Counter()
        self.closing = False
        """The server stops: nobody comes in any more."""

    def refusal(self, address: str, account_id: int | None) -> AppError | None:
        """Why one more socket may not be opened, if so."""
        if self.closing:
            return Unavailable("The server restarts; this page comes back by itself", retry_after_s=3)
        if self._sockets >= self._settings.sockets:
            return Unavailable("Too many people are here at the moment", retry_after_s=RETRY_FULL_S)
        if self._by_address[address] >= self._settings.sockets_per_address:
            return TooMany(RETRY_FULL_S)
        if account_id is not None and self._by_account[account_id] >= self._settings.sockets_per_account:
            return TooMany(RETRY_FULL_S)
        return None

    def enter(self, address: str, account_id: int | None) -> None:
        self._sockets += 1
        self._by_address[address] += 1
        if account_id is not None:
            self._by_account[account_id] += 1

    def leave(self, address: str, account_id: int | None) -> None:
        self._sockets -= 1
        _subtract(self._by_address, address)
        if account_id is not None:
            _subtract(self._by_account, account_id)


def _subtract(counter: "Counter[Key]", key: Key) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def check_origin(origin: str | None, host: str, allowed: Collection[str]) -> None:
    """Raises `Forbidden` for a page of a site that is not ours and not in `allowed`.

    Browsers always send Origin with a WebSocket handshake, and the cookie too, whatever page opens it (ASVS 4.4.2). A
    program without Origin carries no cookie that a page could have abused.
    """
    if origin is None:
        return
    parts = urlsplit(origin)
    if parts.scheme in {"http", "https"} and parts.netloc == host:
        return
    if origin in {site.rstrip("/") for site in allowed if site}:
        return
    raise Forbidden("This came from a page of another site")
