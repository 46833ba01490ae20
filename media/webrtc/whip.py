"""One WHIP publisher: what its transport brings becomes packets of a stream, and it is told what is missing."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
import structlog
from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    HeaderExtensionsMap,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
    pack_remb_fci,
)

from app.i18n import _
from media.headers import HeaderError
from media.packet import CLOCK_HZ, Kind, Packet, Tracks, VideoTrack
from media.stream import Stream
from media.streams import Problem
from media.webrtc.assembly import Assembly, Event
from media.webrtc.link import Failed, Link
from media.webrtc.lipsync import TrackClock
from media.webrtc.reorder import Reorder, RtpFrame
from media.webrtc.sdp import ABS_SEND_TIME, Agreed, Direction, NotAcceptable, Offer, choose, choose_h264

log = structlog.get_logger(__name__)

TICK_S: Final = 0.04
REPORT_S: Final = 1.0
KEY_EVERY_S: Final = 2.0
"""A browser sends key frames only when asked to; segments begin with one."""

ASK_KEY_AGAIN_S: Final = 0.5
OTHER_SOURCE_S: Final = 1.0
"""A source that has been silent for so long may be replaced by another one."""

VIDEO_WAIT_S: Final = 0.4
AUDIO_WAIT_S: Final = 0.12
START_KBIT: Final = 2000
"""Chromium begins with 300 kbit/s and takes half a minute to 2.5 Mbit/s unless it is told (x-google-start-bitrate)."""

VIDEO_FEEDBACK: Final = ("nack", "nack pli", "ccm fir", "goog-remb")
SEES_NOTHING: Final = _(
    "the offer brings neither H.264 nor VP8 picture nor Opus sound: choose one of them in the encoder"
)


class Plan(msgspec.Struct, frozen=True):
    """What is taken of an offer."""

    video: Agreed | None
    audio: Agreed | None

    def agreed(self) -> list[Agreed]:
        return [one for one in (self.video, self.audio) if one is not None]


def plan_publication(offer: Offer) -> Plan:
    """H.264 before VP8, which costs a transcoder. Raises `NotAcceptable`."""
    video = audio = None
    for section in offer.sections:
        if not section.sends:
            continue
        if section.kind == "video" and video is None:
            coding = choose_h264(section.codings) or choose(section.codings, "vp8")
            if coding is not None:
                start = f"x-google-start-bitrate={START_KBIT}"
                video = Agreed(section, coding, Direction.RECEIVE, feedback=VIDEO_FEEDBACK, parameters=start)
        elif section.kind == "audio" and audio is None:
            coding = choose(section.codings, "opus")
            if coding is not None:
                audio = Agreed(section, coding, Direction.RECEIVE)
    if video is None and audio is None:
        raise NotAcceptable(SEES_NOTHING)
    return Plan(video, audio)


class Transcoder(Protocol):
    """Turns VP8 into H.264 beside the loop."""

    def push(self, packet: Packet) -> None: ...

    def close(self) -> None: ...


class Transcoding(msgspec.Struct, frozen=True):
    """What a transcoder is given to answer with, on the loop."""

    take: Callable[[VideoTrack, Packet], None]
    need_key: Callable[[], None]
    failed: Callable[[], None]


class _Source:
    """One RTP source of the publisher."""

    def __init__(self, agreed: Agreed, clock: TrackClock, wait_s: float) -> None:
        self.kind = Kind(agreed.section.kind)
        self.clock = clock
        self.ssrc: int | None = None
        self.statistics = StreamStatistics(agreed.coding.rate_hz)
        self.last_report = 0
        self.last_report_at_s = 0.0
        self.heard_at_s = 0.0
        self._wait_s = wait_s
        self._rate_hz = agreed.coding.rate_hz
        self.order = self._new_order()

    def begin(self, ssrc: int) -> None:
        """Another source took over: its numbers have nothing to do with the earlier one's."""
        if self.ssrc is not None:
            self.order = self._new_order()
            self.clock.restart()
            self.last_report = 0
            self.statistics = StreamStatistics(self._rate_hz)
        self.ssrc = ssrc

    def heard_report(self, report: RtcpSrPacket, now_s: float) -> None:
        info = report.sender_info
        self.last_report = info.ntp_timestamp >> 16 & 0xFFFFFFFF
        self.last_report_at_s = now_s
        rtp_time = self.order.unwrapped(info.rtp_timestamp)
        if rtp_time is not None:
            self.clock.report(info.ntp_timestamp, rtp_time)

    def reception(self, now_s: float) -> RtcpReceiverInfo:
        """One block of a receiver report."""
        delay = int((now_s - self.last_report_at_s) * 65536) if self.last_report else 0
        return RtcpReceiverInfo(
            ssrc=self.ssrc or 0,
            fraction_lost=self.statistics.fraction_lost,
            packets_lost=self.statistics.packets_lost,
            highest_sequence=self.statistics.cycles + (self.statistics.max_seq or 0),
            jitter=self.statistics.jitter,
            lsr=self.last_report,
            dlsr=min(delay, 0xFFFFFFFF),
        )

    def _new_order(self) -> Reorder:
        return Reorder(self._wait_s, by_marker=self.kind is Kind.VIDEO)


class Publication:
    """An `Ear` of its link and the `Publisher` of its stream."""

    def __init__(self, plan: Plan, make_transcoder: Callable[[Transcoding], Transcoder]) -> None:
        self.stream: Stream | None = None
        self.link: Link | None = None
        self.report_problem: Callable[[Problem], None] = lambda _problem: None
        self.nacks = 0
        self._reason = ""
        self._ssrc = secrets.randbits(31) + 1
        video = plan.video.coding.name if plan.video else ""
        self._assembly = Assembly(video, has_audio=plan.audio is not None)
        self._sources: dict[int, _Source] = {}
        if plan.video:
            clock = self._assembly.video_clock
            self._sources[plan.video.coding.payload_type] = _Source(plan.video, clock, VIDEO_WAIT_S)
        if plan.audio:
            clock = self._assembly.audio_clock
            self._sources[plan.audio.coding.payload_type] = _Source(plan.audio, clock, AUDIO_WAIT_S)
        self._extensions = HeaderExtensionsMap()
        if plan.video and plan.video.section.abs_send_time:
            known = RTCRtpHeaderExtensionParameters(id=plan.video.section.abs_send_time, uri=ABS_SEND_TIME)
            self._extensions.configure(RTCRtpParameters(headerExtensions=[known]))
        self._bandwidth = RemoteBitrateEstimator()
        self._make_transcoder = make_transcoder if video == "vp8" else None
        self._transcoder: Transcoder | None = None
        self._began_s = time.monotonic()
        self._keys_seen = 0
        self._key_at_s = self._asked_at_s = -1000.0
        self._transcoded_track: VideoTrack | None = None

    # --- Publisher ---------------------------------------------------------------------------------------------

    def close(self, reason: str) -> None:
        """Ends the session; WebRTC has no words for the reason, so it is logged."""
        self._reason = reason
        if self.link is not None:
            self.link.ended.set()

    def request_key_frame(self) -> None:
        """A viewer needs one; asked for at most twice a second."""
        now = time.monotonic()
        if now - self._asked_at_s >= ASK_KEY_AGAIN_S:
            self._ask_key(now)

    # --- life --------------------------------------------------------------------------------------------------

    async def run(self, link: Link, connect_timeout_s: float, silence_s: float) -> str:
        """Until it ends; returns why. The stream is left, the link is closed."""
        self.link = link
        stream = self.stream
        assert stream is not None
        if self._reason:
            link.ended.set()
        if self._make_transcoder is not None:
            answers = Transcoding(self._take_transcoded, self.request_key_frame, self._transcoder_failed)
            self._transcoder = self._make_transcoder(answers)
        try:
            await link.connect(connect_timeout_s)
            self._heard_nothing_since(time.monotonic())
            await self._tick(link, silence_s)
            return self._reason or ("the publisher has gone" if link.ended.is_set() else "nothing came")
        except Failed as problem:
            return self._reason or str(problem)
        finally:
            if self._transcoder is not None:
                self._transcoder.close()
            stream.pause(self)
            self.stream = None
            await link.close()

    # --- Ear ---------------------------------------------------------------------------------------------------

    def on_rtp(self, data: bytes, arrived_ms: int) -> None:
        try:
            packet = RtpPacket.parse(data, self._extensions)
        except ValueError:
            return
        source = self._sources.get(packet.payload_type)
        if source is None or self.stream is None:
            return
        now_s = time.monotonic()
        if source.ssrc != packet.ssrc:
            if source.ssrc is not None and now_s - source.heard_at_s < OTHER_SOURCE_S:
                return  # a second layer of the same picture
            source.begin(packet.ssrc)
        source.heard_at_s = now_s
        source.statistics.add(packet)
        if source.kind is Kind.VIDEO:
            self._estimate(packet, arrived_ms)
        frames = source.order.push(
            packet.sequence_number, packet.timestamp, packet.payload, now_s, marker=bool(packet.marker)
        )
        self._pass_on(source, frames, now_s)
        self._ask_for_missing(source, now_s)

    def on_rtcp(self, packets: Sequence[AnyRtcpPacket]) -> None:
        now_s = time.monotonic()
        for packet in packets:
            if isinstance(packet, RtcpSrPacket):
                for source in self._sources.values():
                    if source.ssrc == packet.ssrc:
                        source.heard_report(packet, now_s)
            elif isinstance(packet, RtcpByePacket):
                ours = {source.ssrc for source in self._sources.values()}
                if ours & set(packet.sources):
                    self.close("the publisher said goodbye")

    # --- inside ------------------------------------------------------------------------------------------------

    async def _tick(self, link: Link, silence_s: float) -> None:
        """Returns when the link has ended, or nothing has come for too long."""
        reported_at_s = 0.0
        while not link.ended.is_set():
            await asyncio.sleep(TICK_S)
            now_s = time.monotonic()
            if all(now_s - source.heard_at_s > silence_s for source in self._sources.values()):
                return
            for source in self._sources.values():
                self._pass_on(source, source.order.advance(now_s), now_s)
                self._ask_for_missing(source, now_s)
            self._mind_keys(now_s)
            if now_s - reported_at_s >= REPORT_S:
                reported_at_s = now_s
                self._report(now_s)

    def _heard_nothing_since(self, now_s: float) -> None:
        for source in self._sources.values():
            source.heard_at_s = now_s

    def _pass_on(self, source: _Source, frames: list[RtpFrame], now_s: float) -> None:
        arrived = int((now_s - self._began_s) * CLOCK_HZ)
        for frame in frames:
            try:
                if source.kind is Kind.VIDEO:
                    self._forward(self._assembly.picture(frame, arrived))
                else:
                    self._forward(self._assembly.sound(frame, arrived))
            except HeaderError as problem:
                log.warning("publisher sends what cannot be played", why=str(problem))
                self.report_problem(Problem(str(problem)))
                self.close(str(problem))
                return
        if self._assembly.keys != self._keys_seen:
            self._keys_seen = self._assembly.keys
            self._key_at_s = now_s

    def _forward(self, events: list[Event]) -> None:
        for event in events:
            stream = self.stream
            if stream is None:
                return
            if isinstance(event, Tracks):
                stream.set_tracks(event)
            elif event.kind is Kind.VIDEO and self._transcoder is not None:
                self._transcoder.push(event)
            else:
                stream.push(event)

    def _take_transcoded(self, track: VideoTrack, packet: Packet) -> None:
        if self.stream is None:
            return
        if track != self._transcoded_track:
            self._transcoded_track = track
            self.stream.set_tracks(self._assembly.transcoded(track))
        self.stream.push(packet)

    def _transcoder_failed(self) -> None:
        self.close("the picture could not be transcoded")

    def _estimate(self, packet: RtpPacket, arrived_ms: int) -> None:
        """Tells the sender what the network bears (REMB), from the times at which packets left and arrived."""
        left = packet.extensions.abs_send_time
        if left is None or self.link is None:
            return
        estimate = self._bandwidth.add(
            abs_send_time=left, arrival_time_ms=arrived_ms, payload_size=len(packet.payload), ssrc=packet.ssrc
        )
        if estimate is not None:
            fci = pack_remb_fci(*estimate)
            self.link.send_rtcp([RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=self._ssrc, media_ssrc=0, fci=fci)])

    def _ask_for_missing(self, source: _Source, now_s: float) -> None:
        if source.kind is not Kind.VIDEO:
            return
        wanted = source.order.asks(now_s)
        if wanted and self.link is not None and source.ssrc is not None:
            self.nacks += len(wanted)
            self.link.send_rtcp(
                [RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=self._ssrc, media_ssrc=source.ssrc, lost=wanted)]
            )

    def _mind_keys(self, now_s: float) -> None:
        if self._assembly.needs_key:
            if now_s - self._asked_at_s >= ASK_KEY_AGAIN_S:
                self._ask_key(now_s)
        elif self._transcoder is None and now_s - max(self._key_at_s, self._asked_at_s) >= KEY_EVERY_S:
            self._ask_key(now_s)  # a transcoder makes its own

    def _ask_key(self, now_s: float) -> None:
        source = next((one for one in self._sources.values() if one.kind is Kind.VIDEO), None)
        if source is None or source.ssrc is None or self.link is None:
            return
        self._asked_at_s = now_s
        self.link.send_rtcp([RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self._ssrc, media_ssrc=source.ssrc)])

    def _report(self, now_s: float) -> None:
        reports = [one.reception(now_s) for one in self._sources.values() if one.statistics.max_seq is not None]
        if reports and self.link is not None:
            self.link.send_rtcp([RtcpRrPacket(ssrc=self._ssrc, reports=reports)])
