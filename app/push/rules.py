"""What may be a push service, and when it is quiet. Pure."""

import re
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from zoneinfo import ZoneInfo

from yarl import URL

from app.push.model import Quiet

MOST_DEVICES: Final = 20
LONGEST_ENDPOINT: Final = 1000
LATEST: Final = timedelta(hours=24)
"""What could not be told for so long is no news."""
MOST_ATTEMPTS: Final = 9
PAUSE: Final = timedelta(seconds=60)
"""For which nobody waits for a push service that did not answer."""
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def is_endpoint(address: str, test_origin: str = "") -> bool:
    """Whether it may be called at all; where its name leads is looked at when it is called."""
    try:
        url = URL(address)
        origin = str(url.origin())
    except ValueError:
        return False
    if len(address) > LONGEST_ENDPOINT or url.user or url.password or url.fragment or not url.host:
        return False
    if test_origin and origin == test_origin:
        return True
    if url.scheme != "https" or url.port != 443:
        return False
    try:
        return is_public(ip_address(url.host))
    except ValueError:
        return "." in url.host and url.host != "localhost"


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Not this machine, not the office's network; an IPv4 address in an IPv6 one counts as what it is."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def minute_of(text: str) -> int | None:
    """Of the day, from `22:30`; None where it is no time."""
    found = _TIME.fullmatch(text.strip())
    return int(found[1]) * 60 + int(found[2]) if found else None


def time_of(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def quiet_left(quiet: Quiet | None, now: datetime, zone: ZoneInfo) -> timedelta:
    """How long it stays quiet from this moment on; zero where it is not."""
    if quiet is None:
        return timedelta()
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    inside = (minute - quiet.from_minute) % 1440 < (quiet.until_minute - quiet.from_minute) % 1440
    if not inside:
        return timedelta()
    end = local.replace(hour=quiet.until_minute // 60, minute=quiet.until_minute % 60, second=0, microsecond=0)
    if end <= local:
        end += timedelta(days=1)  # of the wall clock: the end is at that hour on both nights of the year
    return max(timedelta(seconds=1), end.astimezone(ZoneInfo("UTC")) - now)


def retry_after_s(attempt: int) -> float:
    """15 s, 30 s, a minute … an hour."""
    return float(min(3600, 15 * 2**attempt))
