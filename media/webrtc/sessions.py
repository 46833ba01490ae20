"""All WebRTC sessions of this process: who publishes, who watches, and the limits."""

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
import structlog
from aiohttp import web
from aiortc import RTCCertificate

from app.i18n import _
from media.codec.opus import OpusSound
from media.codec.transcode import PictureTranscoder
from media.continuity.model import SlateKind
from media.publishing import PublisherPresent, PublishRefused, StreamChange
from media.rtmp.throttle import Throttle, address_group
from media.stream import Stream
from media.streams import Streams
from media.webrtc.broadcast import Broadcast
from media.webrtc.figures import WebRtcFigures
from media.webrtc.link import Ear, Link
from media.webrtc.ports import UdpPorts
from media.webrtc.sdp import BadOffer, Fragment, NotAcceptable, Offer, read_offer, write_answer
from media.webrtc.settings import WebRtcSettings
from media.webrtc.whep import Viewing, plan_viewing
from media.webrtc.whip import Publication, Transcoder, Transcoding, plan_publication

log = structlog.get_logger(__name__)

CERTIFICATE_LASTS_S: Final = 24 * 3600.0
RETRY_S: Final = 5

NO_PORTS: Final = _("WebRTC is out of reach now: no UDP port is free on this server")
MAX_PENDING: Final = 12
"""Sessions of one address that are being established."""

TOO_FAST: Final = _("too many connections are being made from this address: try again in a moment")
FULL: Final = _("too many people watch in this way now; the ordinary player works as ever")
TOO_MANY_PUBLISHERS: Final = _("too many publishers are connected now; try again in a moment")
HIDING: Final = frozenset({SlateKind.CLOSED, SlateKind.BREAK, SlateKind.STARTS_SOON})
"""Slates that somebody asked for; the one that bridges an encoder's absence hides nothing."""

PAUSED: Final = _("the session pauses, or is closed to the public for now")
NOT_LIVE: Final = _("nothing is on air here now")
KEY_MISSING: Final = _("the stream key is missing: put it into the field for the bearer token")
OTHER_CREDENTIALS: Final = _("this connection cannot be restarted: begin a new one")


def make_transcoder(transcoding: Transcoding) -> Transcoder:
    """VP8 to H.264 in a thread of its own."""
    return PictureTranscoder(transcoding.take, transcoding.need_key, transcoding.failed)


class Refusal(Exception):
    """A request that is turned down: status and a message id."""

    def __init__(self, status: int, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s


class Party(Protocol):
    """Who holds a session: a publisher or a viewer."""

    def close(self, reason: str) -> None: ...

    async def run(self, link: Link, connect_timeout_s: float, silence_s: float) -> str: ...


class Session(msgspec.Struct):
    """One session. `id` is the last part of its address: whoever knows it may end it."""

    id: str
    kind: str
    link: Link
    party: Party
    address: str
    task: "asyncio.Task[None] | None" = None


class Opened(msgspec.Struct, frozen=True):
    """What a client is answered."""

    session_id: str
    answer: str
    etag: str


class WebRtc:
    """The sessions and what they share: ports, certificate, broadcasts."""

    def __init__(
        self,
        streams: Streams,
        settings: WebRtcSettings,
        figures: WebRtcFigures,
        make_transcoder: Callable[[Transcoding], Transcoder] = make_transcoder,
    ) -> None:
        self.settings = settings
        self.ports = UdpPorts.open(
            settings.udp_port_min, settings.udp_port_max, settings.udp_sockets, settings.addresses
        )
        self.throttle = Throttle(time.monotonic)
        self._streams = streams
        self.figures = figures
        self._make_transcoder = make_transcoder
        self._sessions: dict[str, Session] = {}
        self._broadcasts: dict[str, Broadcast] = {}
        self._obstacles: dict[str, str] = {}
        self._unsubscribe = streams.subscribe(self._on_change)
        self._certificate: tuple[RTCCertificate, float] | None = None
        figures.follow(self.count)

    def count(self, kind: str) -> int:
        """Sessions of one kind: whip, whep."""
        return sum(one.kind == kind for one in self._sessions.values())

    def obstacle(self, stream_id: str) -> str:
        """Why viewers could not be shown a stream, a message id for the clerk; empty if they can, or none asked."""
        broadcast = self._broadcasts.get(stream_id)
        return (broadcast.obstacle if broadcast is not None else "") or self._obstacles.get(stream_id, "")

    async def publish(self, key: str, address: str, offer_text: str) -> Opened:
        """WHIP. Raises `Refusal`."""
        peer = address_group(address)
        if not key:
            raise Refusal(401, KEY_MISSING)
        self._require_room("whip", self.settings.publishers, TOO_MANY_PUBLISHERS)
        try:
            offer = read_offer(offer_text)
            plan = plan_publication(offer)
        except BadOffer as problem:
            raise Refusal(400, str(problem)) from None
        except NotAcceptable as problem:
            raise Refusal(406, str(problem)) from None
        publication = Publication(plan, self._make_transcoder)
        link = self._link(offer, publication)
        answer = write_answer(offer, link.local, plan.agreed())
        try:
            stream = await self._claim(key, peer, publication)
        except BaseException:
            await link.close()
            raise
        publication.stream = stream
        publication.report_problem = lambda problem: self._streams.report_problem(stream.id, problem)
        return self._open("whip", link, publication, answer, stream.id, peer)

    async def watch(self, public_id: str, address: str, offer_text: str) -> Opened:
        """WHEP; that the viewer may watch has been decided. Raises `Refusal`."""
        stream = self._live(public_id)
        if stream is None:
            raise Refusal(404, NOT_LIVE)
        self._require_room("whep", self.settings.viewers, FULL)
        self._require_few_pending(address_group(address))
        if self._is_hidden(stream.id):
            raise Refusal(503, PAUSED, RETRY_S)
        broadcast = self._broadcast(stream)
        try:
            if broadcast.obstacle:
                self._obstacles[stream.id] = broadcast.obstacle
                raise NotAcceptable(broadcast.obstacle)
            offer = read_offer(offer_text)
            viewing = Viewing(broadcast, plan_viewing(offer, broadcast.tracks))
        except (BadOffer, NotAcceptable) as problem:
            self._leave(broadcast)
            raise Refusal(400 if isinstance(problem, BadOffer) else 406, str(problem)) from None
        self._obstacles.pop(stream.id, None)
        link = self._link(offer, viewing)
        answer = write_answer(offer, link.local, viewing.agreed)
        return self._open("whep", link, viewing, answer, stream.id, address_group(address))

    async def end(self, kind: str, session_id: str) -> None:
        """DELETE. Raises `Refusal` for a session that is not there (any more)."""
        session = self._session(kind, session_id)
        session.party.close("the client ended the session")
        if session.task is not None:
            await asyncio.wait({session.task})

    def trickle(self, kind: str, session_id: str, fragment: Fragment) -> None:
        """PATCH. Raises `Refusal`."""
        session = self._session(kind, session_id)
        if fragment.user and fragment.user != session.link.remote_user:
            raise Refusal(405, OTHER_CREDENTIALS)
        session.link.add_candidates(fragment.candidates)

    async def close(self) -> None:
        """Ends every session, then the ports."""
        self._unsubscribe()
        sessions = list(self._sessions.values())
        for session in sessions:
            session.party.close("the server is stopping")
        tasks = [session.task for session in sessions if session.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        for broadcast in list(self._broadcasts.values()):
            broadcast.close()
        self.ports.close()

    # --- inside ------------------------------------------------------------------------------------------------

    async def _claim(self, key: str, peer: str, publication: Publication) -> Stream:
        """The stream that the key opens, under the same rules as for RTMP. Raises `Refusal`."""
        await asyncio.sleep(self.throttle.delay_s(peer))
        try:
            stream = await self._streams.claim(key, peer, publication)
        except PublisherPresent as refusal:
            raise Refusal(409, refusal.description) from None
        except PublishRefused as refusal:
            self.throttle.failed(peer)
            raise Refusal(401, refusal.description) from None
        self.throttle.succeeded(peer)
        return stream

    def _on_change(self, stream_id: str, what: StreamChange) -> None:
        if what in (StreamChange.ENDED, StreamChange.PAUSED):
            self._obstacles.pop(stream_id, None)

    def _link(self, offer: Offer, ear: Ear) -> Link:
        return Link(self.ports, self._present_certificate(), offer, ear, self.settings.public_addresses)

    def _open(self, kind: str, link: Link, party: Party, answer: str, stream_id: str, address: str) -> Opened:
        session = Session(secrets.token_urlsafe(18), kind, link, party, address)
        self._sessions[session.id] = session
        session.task = asyncio.create_task(self._run(session, stream_id), name=f"{kind} session")
        return Opened(session.id, answer, secrets.token_hex(8))

    async def _run(self, session: Session, stream_id: str) -> None:
        settings = self.settings
        log.info("session began", kind=session.kind, stream=stream_id)
        reason = "it was cut off"
        try:
            reason = await session.party.run(session.link, settings.connect_timeout_s, settings.silence_s)
        except Exception:
            log.exception("session failed", kind=session.kind, stream=stream_id)
        finally:
            del self._sessions[session.id]
            if isinstance(session.party, Viewing):
                self._leave(session.party.broadcast)
            log.info("session ended", kind=session.kind, stream=stream_id, why=reason)

    def _session(self, kind: str, session_id: str) -> Session:
        found = next((one for known, one in self._sessions.items() if hmac.compare_digest(known, session_id)), None)
        if found is None or found.kind != kind:
            raise Refusal(404, _("this connection has ended"))
        return found

    def _require_room(self, kind: str, most: int, sentence: str) -> None:
        if not self.ports.ok:
            raise Refusal(503, NO_PORTS, RETRY_S)
        if self.count(kind) >= most:
            raise Refusal(503, sentence, RETRY_S)

    def _require_few_pending(self, address: str) -> None:
        """Connections that were asked for and not established keep their places for some seconds."""
        pending = sum(one.address == address and not one.link.established for one in self._sessions.values())
        if pending >= MAX_PENDING:
            raise Refusal(503, TOO_FAST, RETRY_S)

    def _live(self, public_id: str) -> Stream | None:
        """The live stream that this public id names: its own on air, the rehearsal's before."""
        streams = self._streams
        for stream_id in streams.ids():
            own = stream_id if streams.is_on_air(stream_id) else streams.preview_id(stream_id)
            if own == public_id:
                stream = streams.get(stream_id)
                return stream if stream is not None and (stream.followed or stream).live else None
        return None

    def _broadcast(self, stream: Stream) -> Broadcast:
        known = self._broadcasts.get(stream.id)
        if known is None:
            known = self._broadcasts[stream.id] = Broadcast(
                stream,
                OpusSound,
                self.figures,
                is_hidden=lambda: self._is_hidden(stream.id),
                when_ended=self._forget,
            )
        return known

    def _is_hidden(self, stream_id: str) -> bool:
        """Viewers get the source; while somebody has a slate shown in its place, they get nothing."""
        return self._streams.slate(stream_id) in HIDING

    def _forget(self, broadcast: Broadcast) -> None:
        if self._broadcasts.get(broadcast.stream.id) is broadcast:
            del self._broadcasts[broadcast.stream.id]

    def _leave(self, broadcast: Broadcast) -> None:
        """The last viewer takes the broadcast with it."""
        held = any(
            isinstance(one.party, Viewing) and one.party.broadcast is broadcast for one in self._sessions.values()
        )
        if not held:
            broadcast.close()

    def _present_certificate(self) -> RTCCertificate:
        """One for all sessions of a day: making one costs as much as the rest of an answer."""
        now = time.monotonic()
        if self._certificate is None or now - self._certificate[1] > CERTIFICATE_LASTS_S:
            self._certificate = (RTCCertificate.generateCertificate(), now)
        return self._certificate[0]


WEBRTC: web.AppKey[WebRtc] = web.AppKey("webrtc", WebRtc)
