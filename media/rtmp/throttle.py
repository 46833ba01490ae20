"""Failed attempts of an address make its next answer slower. Nobody is locked out: a right key still opens."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MAX_ADDRESSES: Final = 4096
FREE_FAILURES: Final = 3
LONGEST_DELAY_S: Final = 8.0
FORGET_AFTER_S: Final = 600.0


class Throttle:
    """A bounded table of failures; the oldest entry makes room."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def failed(self, address: str) -> None:
        """One more failure of this address."""
        count, _ = self._failures.pop(address, (0, 0.0))
        self._failures[address] = (count + 1, self._clock())
        if len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """It had the right key: its failures are forgotten."""
        self._failures.pop(address, None)

    def delay_s(self, address: str) -> float:
        """How long the next answer to this address waits: 0, then 0.5 s doubling up to 8 s."""
        count, at = self._failures.get(address, (0, 0.0))
        if count <= FREE_FAILURES:
            return 0.0
        if self._clock() - at > FORGET_AFTER_S:
            del self._failures[address]
            return 0.0
        return float(min(LONGEST_DELAY_S, 0.5 * 2.0 ** min(count - FREE_FAILURES - 1, 8)))


def address_group(address: str) -> str:
    """What counts as one peer: an IPv4 address, or a /64 of IPv6."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
