"""Addresses of targets: what may be entered, what of it goes into the protocol, and which networks are not reached.

A server that sends to addresses people enter could be used to reach into the city's own network (SSRF): only public
addresses are connected to, and the one that was checked is the one that is used.
"""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

import msgspec

from app.i18n import _

DEFAULT_PORTS: Final = {"rtmp": 1935, "rtmps": 443}
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

BAD_ADDRESS: Final = _("Enter an address such as rtmps://live.example.org/app")
KEY_IN_ADDRESS: Final = _("Leave names and passwords out of the address; the stream key has a field of its own")


class AddressError(Exception):
    """The address cannot be used; the message is a message id."""


class Address(msgspec.Struct, frozen=True):
    """`app` is all of the path: what RTMP's `connect` names."""

    secure: bool
    host: str
    port: int
    app: str

    @property
    def tc_url(self) -> str:
        """The server as RTMP names it, without a port that goes without saying."""
        scheme = "rtmps" if self.secure else "rtmp"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}/{self.app}"


def parse_address(url: str) -> Address:
    """The parts of an `rtmp://` or `rtmps://` address. Raises `AddressError`."""
    if len(url) > 500 or not url.isprintable() or " " in url:
        raise AddressError(BAD_ADDRESS)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError(BAD_ADDRESS) from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise AddressError(BAD_ADDRESS)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressError(KEY_IN_ADDRESS)
    app = parts.path.strip("/")
    if not app:
        raise AddressError(BAD_ADDRESS)
    if parts.query:
        app = f"{app}?{parts.query}"
    return Address(parts.scheme == "rtmps", parts.hostname, port or DEFAULT_PORTS[parts.scheme], app)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large; of one that wraps another (NAT64, 6to4), that one."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if ip.teredo is not None:
            return False
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
