"""One WebRTC transport: ICE (aioice), DTLS and SRTP keys (aiortc), and plain RTP above them.

aiortc's peer connection decodes what it receives in a thread a track, packs what it sends once for each viewer, and
binds a random port a connection. So we stop below it, at its DTLS transport. This module and `ports` are the only ones
that touch what aiortc and aioice keep to themselves (both are pinned in the lock file): `_handle_rtp_data`,
`_handle_rtcp_data`, `_set_role` and `_tx_srtp` of `RTCDtlsTransport`; `_nominated`, `_queue`, `_add_remote_candidate`
and the fields that `gather_candidates` fills of `Connection`.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, cast

import structlog
from aioice import Candidate, Connection
from aioice.ice import CandidatePair
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtp import AnyRtcpPacket, RtcpPacket
from pylibsrtp import Session

from media.webrtc.ports import Address, Guest, UdpPort, UdpPorts
from media.webrtc.sdp import Fingerprint, Local, Offer

log = structlog.get_logger(__name__)

MAX_REMOTE_CANDIDATES: Final = 32


class Failed(Exception):
    """The transport could not be established."""


class Ear(Protocol):
    """Hears what a transport brings, decrypted, on the loop."""

    def on_rtp(self, data: bytes, arrived_ms: int) -> None: ...

    def on_rtcp(self, packets: Sequence[AnyRtcpPacket]) -> None: ...


class _Ice(Connection):
    """aioice's connection on our ports."""

    def __init__(self, ports: Sequence[UdpPort], *, remote_is_lite: bool) -> None:
        super().__init__(
            ice_controlling=remote_is_lite,
            local_username=secrets.token_hex(8),
            local_password=secrets.token_hex(16),
        )
        self.remote_is_lite = remote_is_lite
        self.guests = [port.join(self) for port in ports]
        self._protocols = list(self.guests)
        self._local_candidates = [guest.local_candidate for guest in self.guests]
        self._local_candidates_start = self._local_candidates_end = True
        self.on_route: Callable[[Guest, Address], None] = lambda _guest, _address: None
        """Told where media goes, each time ICE finds a better way."""

    def check_complete(self, pair: CandidatePair) -> None:
        super().check_complete(pair)
        route = self.route()
        if route is not None:
            self.on_route(*route)

    def add(self, candidate: Candidate) -> None:
        """One more address of the peer. aioice's own method would look names up."""
        self._add_remote_candidate(candidate, candidate.host)

    def route(self) -> tuple[Guest, Address] | None:
        """Where media goes, once ICE has found it."""
        pair = self._nominated.get(1)
        return (cast("Guest", pair.protocol), pair.remote_addr) if pair is not None else None


class _IceOfDtls:
    """What aiortc's DTLS transport asks of an ICE transport."""

    def __init__(self, ice: _Ice) -> None:
        self._recv = ice.recv
        self._send = ice.send
        self.role = "controlling" if ice.ice_controlling else "controlled"


class _Dtls(RTCDtlsTransport):
    """aiortc's DTLS and SRTP, with our ear instead of its router of senders and receivers."""

    def __init__(self, ice: _Ice, certificate: RTCCertificate, ear: Ear) -> None:
        super().__init__(cast("Any", _IceOfDtls(ice)), [certificate])
        self._ear = ear

    def act_as(self, role: str) -> None:
        """`client` begins the handshake, `server` waits for it."""
        self._set_role(role)

    @property
    def srtp(self) -> Session:
        """Protects what is sent; there once the handshake is done."""
        return self._tx_srtp

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        self._ear.on_rtp(data, arrival_time_ms)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        try:
            packets = RtcpPacket.parse(data)
        except ValueError:
            return
        self._ear.on_rtcp(packets)


class Link:
    """One transport, from the answer to its end. It sends without waiting: UDP is full or not, never slow."""

    def __init__(
        self, ports: UdpPorts, certificate: RTCCertificate, offer: Offer, ear: Ear, public: Sequence[str] = ()
    ) -> None:
        self._offer = offer
        self._ice = _Ice(ports.next(), remote_is_lite=offer.ice_lite)
        self._ice.on_route = self._go
        self._dtls = _Dtls(self._ice, certificate, ear)
        self._setup = "active" if offer.setup == "server" else "passive"
        self._dtls.act_as("client" if self._setup == "active" else "server")
        self._certificate = certificate
        self._public = public
        self._seen: set[str] = set()
        self._route: tuple[UdpPort, Address] | None = None
        self._protect: Callable[[bytes], bytes] | None = None
        self.ended = asyncio.Event()
        """Set when the peer is gone, DTLS is closed, or consent to send has expired (RFC 7675)."""

    @property
    def local(self) -> Local:
        """Our end, for the answer."""
        prints = self._certificate.getFingerprints()
        chosen = next(one for one in prints if one.algorithm == "sha-256")
        return Local(
            user=self._ice.local_username,
            password=self._ice.local_password,
            fingerprint=Fingerprint(chosen.algorithm, chosen.value),
            setup=self._setup,
            candidates=tuple(one.to_sdp() for one in self._candidates()),
        )

    @property
    def remote_user(self) -> str:
        """The peer's ICE user name; another one asks for a restart."""
        return self._offer.user

    @property
    def established(self) -> bool:
        """Media can be sent."""
        return self._protect is not None

    @property
    def heard_at(self) -> float:
        """Loop time of the last datagram from the peer."""
        return max((guest.heard_at for guest in self._ice.guests), default=0.0)

    async def connect(self, timeout_s: float) -> None:
        """ICE, then DTLS. Raises `Failed`, also when `ended` is set meanwhile."""
        steps = asyncio.create_task(self._establish(), name="webrtc: connect")
        ended = asyncio.create_task(self.ended.wait())
        try:
            await asyncio.wait({steps, ended}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if not steps.done():
                raise Failed("the peer was not reached")
            steps.result()
        except ConnectionError as problem:
            raise Failed("the peer was not reached") from problem
        finally:
            for task in (steps, ended):
                task.cancel()
        if self._dtls.state != "connected" or self._route is None:
            raise Failed("the encryption could not be agreed on")
        self._protect = self._dtls.srtp.protect

    async def _establish(self) -> None:
        ice, offer = self._ice, self._offer
        ice.remote_username, ice.remote_password = offer.user, offer.password
        self.add_candidates(offer.candidates)
        await ice.connect()
        self._dtls.on("statechange", self._changed)
        prints = [RTCDtlsFingerprint(one.algorithm, one.value) for one in offer.fingerprints]
        await self._dtls.start(RTCDtlsParameters(prints))

    def add_candidates(self, lines: Sequence[str]) -> None:
        """The peer's candidates. Names under .local are not looked up: whoever hides his address calls us first."""
        for line in lines:
            if line in self._seen or len(self._seen) >= MAX_REMOTE_CANDIDATES:
                continue
            self._seen.add(line)
            with contextlib.suppress(ValueError, IndexError):
                candidate = Candidate.from_sdp(line)
                if candidate.transport.lower() == "udp" and candidate.component == 1:
                    self._ice.add(candidate)

    def send_rtp(self, packets: Sequence[bytes]) -> bool:
        """False where the socket is full: the last of them, or all, were not sent."""
        if self._protect is None or self._route is None:
            return False
        port, address = self._route
        return port.send_run([self._protect(packet) for packet in packets], address)

    def send_rtcp(self, packets: Sequence[AnyRtcpPacket]) -> None:
        """One compound packet."""
        if self._route is not None and self._protect is not None:
            port, address = self._route
            port.send(self._dtls.srtp.protect_rtcp(b"".join(bytes(one) for one in packets)), address)

    async def close(self) -> None:
        """Says goodbye and frees everything; twice is no error."""
        self._protect = self._route = None
        await self._dtls.stop()
        await self._ice.close()
        self.ended.set()

    def _changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self.ended.set()

    def _go(self, guest: Guest, address: Address) -> None:
        self._route = (guest.port, address)

    def _candidates(self) -> list[Candidate]:
        own = self._ice.local_candidates
        announced = [
            Candidate(
                foundation=f"{one.foundation}{number}",
                component=1,
                transport="udp",
                priority=one.priority - 1 - number,
                host=address,
                port=one.port,
                type="host",
            )
            for number, address in enumerate(self._public)
            for one in own[:1]
        ]
        return own + announced
