"""What is wrong with a webhook, when it is tried again, and what an answer means. Pure."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal

import msgspec
from yarl import URL

from app.i18n import _
from app.push.rules import is_public
from portals.helpdesk.rules import NEEDED, TOO_LONG, one_line
from portals.helpdesk.webhooks.model import WebhookDraft

Network = IPv4Network | IPv6Network
PAUSES_S: Final = (5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 86_400)
"""Before the second attempt, the third …; the last one for all that follow."""
JITTER: Final = 0.2
GIVEN_UP_AFTER: Final = timedelta(days=3)
STOPPED_AFTER: Final = timedelta(days=5)
"""Of nothing but failures."""
LONGEST_PEACE: Final = timedelta(hours=24)
OLD_SECRET_FOR: Final = timedelta(hours=24)
NAT64: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
NO_ADDRESS: Final = _("Write an address such as https://example.org/hook")
NOT_PUBLIC: Final = _(
    "This address is inside a network to which nothing is sent: the operator may allow it in the settings"
)
ONLY_HTTPS: Final = _("Outside of the allowed networks only https is sent to")


def tidied(draft: WebhookDraft) -> WebhookDraft:
    return msgspec.structs.replace(
        draft, name=one_line(draft.name), url=draft.url.strip(), events=list(dict.fromkeys(draft.events))
    )


def faults(draft: WebhookDraft, allowed: Sequence[Network]) -> dict[str, str]:
    """By field; where a name leads is looked at when it is called."""
    found: dict[str, str] = {}
    if not draft.name:
        found["name"] = NEEDED
    elif len(draft.name) > 80:
        found["name"] = TOO_LONG[80]
    if fault := url_fault(draft.url, allowed):
        found["url"] = fault
    if not draft.events:
        found["events"] = _("Choose what is sent")
    return found


def url_fault(address: str, allowed: Sequence[Network]) -> str:
    """Why nothing can be sent there; empty: it can."""
    try:
        url = URL(address)
        host = url.host
        port = url.port
    except ValueError:
        return NO_ADDRESS
    plain = all(sign > " " and sign != "\x7f" for sign in address)
    if url.scheme not in {"http", "https"} or not host or not port or len(address) > 1000 or not plain:
        return NO_ADDRESS
    if url.user or url.password or url.fragment:
        return _("Leave out name, password and #: the signature tells that it is from here")
    try:
        literal = ip_address(host)
    except ValueError:
        if "." not in host and not allowed:
            return NOT_PUBLIC
        return ONLY_HTTPS if url.scheme == "http" and not allowed else ""
    if not may_call(literal, allowed):
        return NOT_PUBLIC
    return ONLY_HTTPS if url.scheme == "http" and not in_networks(literal, allowed) else ""


def may_call(address: IPv4Address | IPv6Address, allowed: Sequence[Network]) -> bool:
    """Public ones, and those of networks that the operator allows. IPv4 behind NAT64 counts as what it is."""
    if in_networks(address, allowed):
        return True
    if isinstance(address, IPv6Address) and any(address in network for network in NAT64):
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return is_public(address)


def in_networks(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any(one in network for network in networks for one in (address, inner) if one is not None)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. `status` None: nothing; `problem` says why. `after`: Retry-After as it was written."""

    status: int | None = None
    problem: str = ""
    text: str = ""
    after: str = ""
    ms: int = 0


def outcome(answer: Answer) -> Literal["delivered", "gone", "failed"]:
    """Whatever is not 2xx has failed; redirections are not followed."""
    if answer.status is not None and 200 <= answer.status < 300:
        return "delivered"
    return "gone" if answer.status == 410 else "failed"


def pause(attempts: int, chance: float | None = None) -> timedelta:
    """After so many attempts, with a fifth more or less. `chance`: 0…1, for tests."""
    base = PAUSES_S[min(max(attempts, 1), len(PAUSES_S)) - 1]
    share = random.random() if chance is None else chance  # noqa: S311 - spreads a crowd, guards nothing
    return timedelta(seconds=base * (1 - JITTER + 2 * JITTER * share))


def peace(after: str, now: datetime) -> timedelta | None:
    """What Retry-After asks for: seconds or a date (RFC 9110); None: nothing that can be read. At most a day."""
    text = after.strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_PEACE)
    try:
        wanted = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if wanted.tzinfo is None:
        wanted = wanted.replace(tzinfo=UTC)
    return max(timedelta(), min(wanted - now, LONGEST_PEACE))


def is_over(since: datetime, then: datetime) -> bool:
    """Whether a next attempt at `then` would be too late."""
    return then >= since + GIVEN_UP_AFTER


def is_dead(failing_since: datetime | None, now: datetime) -> bool:
    return failing_since is not None and now >= failing_since + STOPPED_AFTER
