"""One stream to its WHEP viewers: frames are packed as they come, and each viewer gets them from where it stands."""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

import structlog
from aiortc.rtp import AnyRtcpPacket, RtcpSdesPacket, RtcpSenderInfo, RtcpSourceInfo, RtcpSrPacket

from app.i18n import _
from media.packet import CLOCK_HZ, AudioTrack, Codec, Kind, Packet, Tracks
from media.stream import Stream
from media.webrtc.rtp import pack_h264, parameter_sets
from media.webrtc.shelf import Place, Shelf

log = structlog.get_logger(__name__)

OPUS_HZ: Final = 48_000
BURST: Final = 48
"""Packets that one viewer gets at once of what it is behind; then it waits for the next turn."""

TURN_S: Final = 0.004
ROUND_S: Final = 0.008
"""The longest that viewers are served before the loop does something else."""

REPORT_S: Final = 1.0
MAX_BEHIND: Final = 2048
"""Packets; a viewer that is further behind goes on with a key frame."""

NTP_EPOCH_S: Final = 2_208_988_800
PICTURE_STEP: Final = CLOCK_HZ // 1000
SOUND_STEP: Final = OPUS_HZ // 1000

B_FRAMES: Final = _(
    'the encoder sends B-frames, which WebRTC cannot show: set "tune zerolatency" or bframes=0 in the encoder'
)
NO_H264: Final = _("the picture is not H.264, which is what WebRTC viewers get: set the encoder to H.264")


class Output(Protocol):
    """A viewer's transport."""

    def send_rtp(self, packets: list[bytes]) -> bool: ...

    def send_rtcp(self, packets: list[AnyRtcpPacket]) -> None: ...


@runtime_checkable
class KeyFrames(Protocol):
    """A publisher that makes a key frame when it is asked."""

    def request_key_frame(self) -> None: ...


class SoundSource(Protocol):
    """Turns what is not Opus into Opus, beside the loop."""

    def push(self, packet: Packet) -> None: ...

    def close(self) -> None: ...


MakeSound = Callable[[AudioTrack, Callable[[int, bytes], None]], SoundSource]
"""(track, what takes pts in 90 kHz and an Opus frame, on the loop) → the source."""


class Viewer:
    """What a broadcast knows of one viewer."""

    def __init__(
        self, output: Output, end: Callable[[str], None], video_type: int | None, audio_type: int | None
    ) -> None:
        self.output = output
        self.end = end
        """Ends the viewer, with a reason for the log."""
        self.video_type = video_type
        self.audio_type = audio_type
        self.video_ssrc = secrets.randbits(31) + 1
        self.audio_ssrc = secrets.randbits(31) + 1
        self.video: Place | None = None
        self.audio: Place | None = None

    def places(self) -> tuple[Place, ...]:
        return tuple(place for place in (self.video, self.audio) if place is not None)


class Figures(Protocol):
    """What a broadcast counts."""

    def sent(self, packets: int) -> None: ...

    def dropped(self, packets: int) -> None: ...

    def asked_again(self, packets: int) -> None: ...


class Broadcast:
    """A sink of one stream. It packs once, whoever watches."""

    def __init__(
        self,
        stream: Stream,
        make_sound: MakeSound,
        figures: Figures,
        is_hidden: Callable[[], bool],
        when_ended: "Callable[[Broadcast], None]",
    ) -> None:
        self.stream = stream
        self.tracks = Tracks()
        """What the stream carries now."""
        self.obstacle = ""
        """Why the stream cannot be shown, a message id; empty if it can."""
        self.viewers: list[Viewer] = []
        self._make_sound = make_sound
        self._figures = figures
        self._is_hidden = is_hidden
        self._when_ended = when_ended
        self._loop = asyncio.get_running_loop()
        self._video, self._audio = Shelf(), Shelf()
        self._parameters: tuple[bytes, ...] = ()
        self._sound: SoundSource | None = None
        self._latest_pts = -1
        self._shift: int | None = None
        self._wall_s = time.time() - time.monotonic()
        self._turn: asyncio.TimerHandle | asyncio.Handle | None = None
        self._first = 0
        self._reports = self._loop.call_later(REPORT_S, self._report)
        stream.attach(self)

    # --- Sink ----------------------------------------------------------------------------------------------------

    def on_tracks(self, tracks: Tracks) -> None:
        self.tracks = tracks
        self._shift = None
        self._latest_pts = -1
        video = tracks.video
        self.obstacle = NO_H264 if video is not None and video.codec is not Codec.H264 else ""
        self._parameters = parameter_sets(video.config) if video is not None and not self.obstacle else ()
        self._video.clear_key()
        for viewer in self.viewers:
            if viewer.video is not None:
                viewer.video.skip()
        self._set_sound(tracks.audio)

    def on_packet(self, packet: Packet) -> None:
        if self._is_hidden():
            self._hide()
            return
        if self._shift is None:
            self._shift = int((time.monotonic() - self.stream.replayed_s) * CLOCK_HZ) - packet.dts
        if packet.kind is Kind.AUDIO:
            if self._sound is not None:
                self._sound.push(packet)
            elif self.tracks.audio is not None and self.tracks.audio.codec is Codec.OPUS:
                self._add_sound(packet.pts, packet.data)
        elif not self.obstacle:
            self._add_picture(packet)

    def on_pause(self) -> None:
        self._video.clear_key()
        self._set_sound(None)

    def on_end(self) -> None:
        for viewer in list(self.viewers):
            viewer.end("the stream has ended")
        self.close()

    # --- viewers -------------------------------------------------------------------------------------------------

    def add(self, viewer: Viewer) -> None:
        """The viewer's transport is up: it gets a picture from the last key frame on."""
        if viewer.video_type is not None:
            viewer.video = self._place(self._video, viewer.video_ssrc, viewer.video_type, PICTURE_STEP)
            viewer.video.begin()
        if viewer.audio_type is not None:
            viewer.audio = self._place(self._audio, viewer.audio_ssrc, viewer.audio_type, SOUND_STEP)
            viewer.audio.skip_to_end()
        self.viewers.append(viewer)
        if self._sound is None:
            self._set_sound(self.tracks.audio)
        self._send_report(viewer)
        self._serve_soon()

    def remove(self, viewer: Viewer) -> None:
        """Twice is no error; the transcoder ends with the last one."""
        if viewer in self.viewers:
            self.viewers.remove(viewer)
            self._count_drops(viewer)
        if not self.viewers:
            self._set_sound(None)

    def send_again(self, viewer: Viewer, ssrc: int, sequences: list[int]) -> None:
        """Answers a NACK."""
        place = next((one for one in viewer.places() if one.ssrc == ssrc), None)
        if place is None:
            return
        self._figures.asked_again(len(sequences))
        found = [packet for packet in map(place.again, sequences) if packet is not None]
        if found:
            viewer.output.send_rtp(found)

    def send_key_frame(self, viewer: Viewer) -> None:
        """Answers a PLI: a browser that publishes is asked for a fresh one, else the last one is sent once more."""
        publisher: object = (self.stream.followed or self.stream).publisher
        if isinstance(publisher, KeyFrames):
            publisher.request_key_frame()
        elif viewer.video is not None:
            viewer.video.begin()
            self._serve_soon()

    def close(self) -> None:
        """Lets the stream go; twice is no error."""
        self.stream.detach(self)
        self._reports.cancel()
        if self._turn is not None:
            self._turn.cancel()
        self._set_sound(None)
        self.viewers = []
        self._when_ended(self)

    # --- inside --------------------------------------------------------------------------------------------------

    def _place(self, shelf: Shelf, ssrc: int, payload_type: int, step: int) -> Place:
        return Place(
            shelf,
            ssrc=ssrc,
            payload_type=payload_type,
            sequence=secrets.randbits(15),
            time_offset=secrets.randbits(32),
            step=step,
        )

    def _add_picture(self, packet: Packet) -> None:
        if packet.pts < self._latest_pts:
            self._refuse(B_FRAMES)
            return
        self._latest_pts = packet.pts
        assert self._shift is not None
        payloads = pack_h264(packet.data, self._parameters if packet.key else ())
        self._video.add(payloads, packet.pts + self._shift, key=packet.key)
        if packet.key:
            for viewer in self.viewers:
                if viewer.video is not None and viewer.video.next is None:
                    viewer.video.begin()
        self._serve_soon()

    def _add_sound(self, pts_90k: int, frame: bytes) -> None:
        if self._shift is None:
            return
        self._audio.add([frame], (pts_90k + self._shift) * OPUS_HZ // CLOCK_HZ, key=True)
        self._serve_soon()

    def _hide(self) -> None:
        """Nothing of a closed part leaves, not even what is packed already; a key frame begins what comes after it."""
        if self._video.key is None and all(one.video is None or one.video.next is None for one in self.viewers):
            return
        self._video.clear_key()
        for viewer in self.viewers:
            if viewer.video is not None:
                viewer.video.skip()
            if viewer.audio is not None:
                viewer.audio.skip_to_end()

    def _refuse(self, why: str) -> None:
        self.obstacle = why
        log.warning("stream cannot be shown by WebRTC", stream=self.stream.id, why=why)
        for viewer in list(self.viewers):
            viewer.end(why)

    def _set_sound(self, track: AudioTrack | None) -> None:
        if self._sound is not None:
            self._sound.close()
            self._sound = None
        if track is not None and track.codec is not Codec.OPUS and self.viewers:
            self._sound = self._make_sound(track, self._add_sound)

    def _serve_soon(self) -> None:
        if self._turn is None and self.viewers:
            self._turn = self._loop.call_soon(self._serve)

    def _serve(self) -> None:
        """One round: every viewer gets what is there for it; whoever is far behind gets the rest in later turns."""
        self._turn = None
        clock = time.monotonic
        until = clock() + ROUND_S
        viewers = self.viewers
        count = len(viewers)
        sent = 0
        rest = False
        for served in range(count):
            viewer = viewers[(self._first + served) % count]
            more, packets = serve(viewer)
            sent += packets
            rest = rest or more
            if clock() > until and served + 1 < count:
                self._first = (self._first + served + 1) % count
                self._figures.sent(sent)
                self._turn = self._loop.call_soon(self._serve)
                return
        self._figures.sent(sent)
        if rest:
            self._turn = self._loop.call_later(TURN_S, self._serve)

    def _count_drops(self, viewer: Viewer) -> None:
        for place in viewer.places():
            if place.dropped:
                self._figures.dropped(place.dropped)
                place.dropped = 0

    def _report(self) -> None:
        for viewer in self.viewers:
            self._send_report(viewer)
            self._count_drops(viewer)
        self._reports = self._loop.call_later(REPORT_S, self._report)

    def _send_report(self, viewer: Viewer) -> None:
        """Sender reports say which wall time both clocks show: picture and sound meet there (RFC 3550 §6.4.1)."""
        now = time.monotonic()
        wall = int((now + self._wall_s + NTP_EPOCH_S) * 2**32)
        packets: list[AnyRtcpPacket] = []
        for place, rate_hz in ((viewer.video, CLOCK_HZ), (viewer.audio, OPUS_HZ)):
            if place is None:
                continue
            info = RtcpSenderInfo(
                ntp_timestamp=wall,
                rtp_timestamp=(int(now * rate_hz) + place.time_offset) & 0xFFFFFFFF,
                packet_count=place.packets & 0xFFFFFFFF,
                octet_count=place.octets & 0xFFFFFFFF,
            )
            packets.append(RtcpSrPacket(ssrc=place.ssrc, sender_info=info))
            packets.append(RtcpSdesPacket(chunks=[RtcpSourceInfo(ssrc=place.ssrc, items=[(1, b"gryf")])]))
        if packets:
            viewer.output.send_rtcp(packets)


def serve(viewer: Viewer) -> tuple[bool, int]:
    """Sends what waits for a viewer, at most `BURST` packets of each kind. Whether more waits, and how many left."""
    rest = False
    count = 0
    for place in (viewer.video, viewer.audio):
        if place is None or not (waiting := place.behind):
            continue
        if waiting > MAX_BEHIND:
            place.skip()
        packets = place.take(BURST)
        if not packets:
            continue
        count += len(packets)
        if not viewer.output.send_rtp(packets):
            # the socket is full: whatever a key frame makes needless is not sent at all
            if place is viewer.video:
                place.skip()
            return False, count
        rest = rest or waiting > BURST
    return rest, count
