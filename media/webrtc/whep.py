"""One WHEP viewer: its transport, and what it asks for."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import msgspec
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
)

from app.i18n import _
from media.packet import Tracks
from media.webrtc.broadcast import Broadcast, Viewer
from media.webrtc.link import Failed, Link
from media.webrtc.sdp import Agreed, Direction, NotAcceptable, Offer, choose, choose_h264

KEY_AGAIN_S: Final = 1.0
"""A viewer that asks for key frames more often is answered once."""

MAX_AGAIN: Final = 256
"""Packets sent again for one request."""

LOOK_S: Final = 1.0
VIDEO_FEEDBACK: Final = ("nack", "nack pli", "ccm fir")
NO_H264_TAKEN: Final = _("this player takes no H.264, which is what the stream is")
NOTHING_TAKEN: Final = _("the offer asks for neither picture nor sound that can be sent")


def plan_viewing(offer: Offer, tracks: Tracks) -> dict[str, Agreed]:
    """By kind, what of an offer is answered; SSRCs are filled in later. Raises `NotAcceptable`."""
    profile = tracks.video.name.partition(".")[2] if tracks.video is not None else ""
    chosen: dict[str, Agreed] = {}
    for section in offer.sections:
        if not section.receives or section.kind in chosen:
            continue
        feedback: tuple[str, ...] = ()
        if section.kind == "video":
            coding = choose_h264(section.codings, profile)
            if coding is None and tracks.video is not None:
                raise NotAcceptable(NO_H264_TAKEN)
            feedback = VIDEO_FEEDBACK
        else:
            coding = choose(section.codings, "opus")
        if coding is not None:
            chosen[section.kind] = Agreed(section, coding, Direction.SEND, feedback=feedback)
    if not chosen:
        raise NotAcceptable(NOTHING_TAKEN)
    return chosen


class Viewing:
    """An `Ear` of its link and a viewer of a broadcast."""

    def __init__(self, broadcast: Broadcast, plan: dict[str, Agreed]) -> None:
        self.broadcast = broadcast
        self.link: Link | None = None
        types = {kind: one.coding.payload_type for kind, one in plan.items()}
        self._reason = ""
        self._answered_key_s = -1000.0
        self.seat = Viewer(self, self.close, types.get("video"), types.get("audio"))
        ssrcs = {"video": self.seat.video_ssrc, "audio": self.seat.audio_ssrc}
        self.agreed = [msgspec.structs.replace(one, ssrc=ssrcs[kind]) for kind, one in plan.items()]

    # --- Output --------------------------------------------------------------------------------------------------

    def send_rtp(self, packets: list[bytes]) -> bool:
        return self.link is not None and self.link.send_rtp(packets)

    def send_rtcp(self, packets: list[AnyRtcpPacket]) -> None:
        if self.link is not None:
            self.link.send_rtcp(packets)

    # --- life ----------------------------------------------------------------------------------------------------

    def close(self, reason: str) -> None:
        """Ends the viewer; `reason` is for the log."""
        self._reason = reason
        if self.link is not None:
            self.link.ended.set()

    async def run(self, link: Link, connect_timeout_s: float, silence_s: float) -> str:
        """Until it ends; returns why. The link is closed."""
        self.link = link
        if self._reason:
            link.ended.set()
        loop = asyncio.get_running_loop()
        try:
            await link.connect(connect_timeout_s)
            self.broadcast.add(self.seat)
            while not link.ended.is_set():
                try:
                    async with asyncio.timeout(LOOK_S):
                        await link.ended.wait()
                except TimeoutError:
                    if loop.time() - link.heard_at > silence_s:
                        return "the viewer is silent"
                    if not self.broadcast.stream.carries(self.broadcast):
                        return "the broadcast failed"
            return self._reason or "the viewer has gone"
        except Failed as problem:
            return self._reason or str(problem)
        finally:
            self.broadcast.remove(self.seat)
            await link.close()

    # --- Ear -----------------------------------------------------------------------------------------------------

    def on_rtp(self, data: bytes, arrived_ms: int) -> None:
        """Viewers send nothing."""

    def on_rtcp(self, packets: Sequence[AnyRtcpPacket]) -> None:
        for packet in packets:
            if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
                self.broadcast.send_again(self.seat, packet.media_ssrc, packet.lost[:MAX_AGAIN])
            elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                self._answer_key()
            elif isinstance(packet, RtcpByePacket):
                self.close("the viewer said goodbye")

    def _answer_key(self) -> None:
        now_s = time.monotonic()
        if now_s - self._answered_key_s >= KEY_AGAIN_S:
            self._answered_key_s = now_s
            self.broadcast.send_key_frame(self.seat)
