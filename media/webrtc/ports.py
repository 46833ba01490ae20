"""A few UDP ports for any number of connections.

aioice gives every connection a socket on a random port, which no firewall can be told of. Here each connection is a
guest on a port of the configured range: STUN requests find it by the user name in them (RFC 8445 §7.3), STUN answers by
their transaction, everything else by the address it comes from.
"""

import asyncio
import contextlib
import errno
import itertools
import socket
import struct
from collections.abc import Iterator
from typing import Final, cast

import structlog
from aioice import Candidate
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import Connection, StunProtocol, get_host_addresses

log = structlog.get_logger(__name__)

BUFFER_BYTES: Final = 4 * 1024 * 1024
"""Asked of the kernel for each direction: a key frame for every viewer at once."""

UDP_SEGMENT: Final = 103
"""Linux: the kernel cuts one buffer into datagrams of the size named in a control message (linux/udp.h)."""

SEGMENT_SIZE: Final = struct.Struct("=H")
CANNOT_SEGMENT: Final = frozenset({errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.ENOPROTOOPT, errno.EOPNOTSUPP})
"""What a kernel before 4.18 says, or a network card that cannot, or a link with a smaller MTU."""

MAX_SEGMENTS: Final = 48
"""The kernel takes 64, and 64 KiB."""

RECEIVED_AT_ONCE: Final = 64
MAX_DATAGRAM: Final = 2048
MAX_WAITING: Final = 2048
"""Datagrams that wait for one connection; more are dropped."""

MAX_PEERS: Final = 32
"""Addresses from which one connection is reached: a client has a few candidates, and a router in between may change."""

STUN_HEADER: Final = 20
STUN_COOKIE: Final = b"\x21\x12\xa4\x42"
STUN_REQUEST: Final = b"\x00\x01"
STUN_USERNAME: Final = 6

Address = tuple[str, int]


class Guest(StunProtocol):
    """One connection's end of a port, as aioice wants it."""

    def __init__(self, connection: Connection, port: "UdpPort", component: int = 1) -> None:
        super().__init__(connection)
        self.port = port
        self.user = connection.local_username
        self.heard_at = port.now()
        """Loop time of the last datagram from the peer."""
        self.peers: set[Address] = set()
        host, number = port.address
        self.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=component,
            transport="udp",
            priority=candidate_priority(component, "host"),
            host=host,
            port=number,
            type="host",
        )
        # typed as what asyncio makes; aioice asks no more of it than this
        self.connection_made(cast("asyncio.BaseTransport", _GuestTransport(self, port)))


class _GuestTransport:
    """The little of a datagram transport that aioice uses."""

    def __init__(self, guest: Guest, port: "UdpPort") -> None:
        self._guest = guest
        self._port = port

    def sendto(self, data: bytes, address: Address) -> None:
        self._port.send_for(self._guest, data, address)

    def close(self) -> None:
        self._port.leave(self._guest)
        self._guest.connection_lost(None)

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._port.address if name == "sockname" else default


class UdpPort:
    """One socket and its guests."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.address: Address = sock.getsockname()[:2]
        self.dropped = 0
        """Datagrams of peers that send faster than they are read, or that nobody waits for."""
        self._segments = hasattr(sock, "sendmsg")
        self._guests: dict[str, Guest] = {}
        self._peers: dict[Address, Guest] = {}
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self._loop.add_reader(sock.fileno(), self._receive)

    def __len__(self) -> int:
        return len(self._guests)

    def close(self) -> None:
        self._loop.remove_reader(self.sock.fileno())
        self.sock.close()

    def join(self, connection: Connection) -> Guest:
        """A place for one more connection."""
        guest = Guest(connection, self)
        self._guests[guest.user] = guest
        return guest

    def leave(self, guest: Guest) -> None:
        """Twice is no error."""
        if self._guests.get(guest.user) is guest:
            del self._guests[guest.user]
        for address in guest.peers:
            if self._peers.get(address) is guest:
                del self._peers[address]
        guest.peers.clear()

    def send_for(self, guest: Guest, data: bytes, address: Address) -> None:
        """Sends, and expects answers from there unless somebody else does already."""
        if address not in self._peers:
            self._claim(address, guest)
        self.send(data, address)

    def send(self, data: bytes, address: Address) -> bool:
        """False where the socket is full. What the network says of an address is for ICE to find out."""
        try:
            self.sock.sendto(data, address)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self.dropped += 1
        return True

    def send_run(self, datagrams: list[bytes], address: Address) -> bool:
        """Several at once, in their order. Neighbours of one size, and a shorter one behind them, go in one call."""
        if not self._segments or len(datagrams) == 1:
            return all(self.send(one, address) for one in datagrams)
        begin, count = 0, len(datagrams)
        while begin < count:
            size = len(datagrams[begin])
            end = begin + 1
            while end < count and len(datagrams[end]) == size and end - begin < MAX_SEGMENTS:
                end += 1
            if end < count and len(datagrams[end]) < size and end - begin < MAX_SEGMENTS:
                end += 1
            if not self._send_segments(datagrams[begin:end], size, address):
                return False
            begin = end
        return True

    def _send_segments(self, run: list[bytes], size: int, address: Address) -> bool:
        if len(run) == 1:
            return self.send(run[0], address)
        try:
            self.sock.sendmsg(run, [(socket.IPPROTO_UDP, UDP_SEGMENT, SEGMENT_SIZE.pack(size))], 0, address)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as problem:
            if problem.errno not in CANNOT_SEGMENT:
                self.dropped += len(run)
                return True
            self._segments = False  # one by one from now on
            return all(self.send(one, address) for one in run)
        return True

    def _receive(self) -> None:
        now = self.now()
        for _ in range(RECEIVED_AT_ONCE):
            try:
                data, address = self.sock.recvfrom(MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an ICMP answer to something sent earlier
            address = address[:2]
            if not data:
                continue
            guest = self._find(data, address) if data[0] < 4 else self._peers.get(address)
            if guest is None or guest.receiver._queue.qsize() > MAX_WAITING:  # noqa: SLF001 - aioice bounds it by nothing
                self.dropped += 1
                continue
            guest.heard_at = now
            if data[0] < 4:
                guest.datagram_received(data, address)
            else:
                guest.receiver.data_received(data, 1)

    def _find(self, data: bytes, address: Address) -> Guest | None:
        """Whose STUN message this is. A request names us, and from now on its address is that connection's."""
        if data[4:8] != STUN_COOKIE or len(data) < STUN_HEADER:
            return None
        if data[:2] == STUN_REQUEST:
            guest = self._guests.get(user_of(data))
            if guest is not None:
                self._claim(address, guest)
            return guest
        transaction = data[8:STUN_HEADER]
        guest = self._peers.get(address)
        if guest is not None and transaction in guest.transactions:
            return guest
        return next((one for one in self._guests.values() if transaction in one.transactions), None)

    def _claim(self, address: Address, guest: Guest) -> None:
        if self._peers.get(address) is guest:
            return
        if len(guest.peers) >= MAX_PEERS:
            self._peers.pop(guest.peers.pop(), None)
        guest.peers.add(address)
        self._peers[address] = guest


def user_of(request: bytes) -> str:
    """Our part of the USERNAME in a STUN request (RFC 8445 §7.2.2): what stands before the colon."""
    at, end = STUN_HEADER, len(request)
    while at + 4 <= end:
        kind, length = int.from_bytes(request[at : at + 2], "big"), int.from_bytes(request[at + 2 : at + 4], "big")
        if kind == STUN_USERNAME:
            return request[at + 4 : at + 4 + length].partition(b":")[0].decode("ascii", "replace")
        at += 4 + (length + 3) // 4 * 4
    return ""


class UdpPorts:
    """The open ports of this process: for each address of the machine a few of the range."""

    def __init__(self, rows: list[list[UdpPort]]) -> None:
        self._rows = rows
        self._turn = itertools.count()

    @classmethod
    def open(cls, first: int, last: int, count: int, addresses: tuple[str, ...] = ()) -> "UdpPorts":
        """Opens up to `count` ports that are free on every address. Opens none where the range is taken: see `ok`."""
        hosts = list(addresses) or get_host_addresses(use_ipv4=True, use_ipv6=True) or ["127.0.0.1"]
        rows: list[list[UdpPort]] = []
        numbers: Iterator[int] = iter(range(first, last + 1)) if first else itertools.repeat(0, count)
        for number in numbers:
            if len(rows) == count:
                break
            row = _bound(hosts, number)
            if row:
                rows.append([UdpPort(sock) for sock in row])
        if not rows:
            log.error("no UDP port for WebRTC is free", first=first, last=last)
        return cls(rows)

    @property
    def ok(self) -> bool:
        """Whether there is any port."""
        return bool(self._rows)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(row[0].address[1] for row in self._rows)

    @property
    def dropped(self) -> int:
        return sum(port.dropped for row in self._rows for port in row)

    def next(self) -> list[UdpPort]:
        """One port on each address, for the next connection."""
        return self._rows[next(self._turn) % len(self._rows)]

    def close(self) -> None:
        for row in self._rows:
            for port in row:
                port.close()
        self._rows = []


def _bound(hosts: list[str], number: int) -> list[socket.socket]:
    """A socket on each address with this port; none if another program has it on one of them.

    An address that cannot be bound at all (it is going away, or still being checked) is left out.
    """
    found: list[socket.socket] = []
    for host in hosts:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
        try:
            sock.bind((host, number))
        except OSError as problem:
            sock.close()
            if problem.errno == errno.EADDRINUSE:
                for one in found:
                    one.close()
                return []
            log.warning("address is left out", address=host, problem=problem.strerror)
            continue
        found.append(sock)
    return found
