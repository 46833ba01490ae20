"""Frames of a WHIP publisher to tracks and packets. Pure: it decodes nothing.

H.264 brings its parameter sets in band (RFC 6184); `Packet` wants them in the track. After a loss nothing is passed on
until the next key frame: a recording with grey smears is worse than one with a short halt.
"""

from typing import Final

from media.headers import opus_frame_samples, opus_track
from media.headers.annexb import h264_record, with_lengths
from media.headers.nal import h264_track
from media.packet import CLOCK_HZ, Codec, Kind, Packet, Tracks, VideoTrack
from media.webrtc.lipsync import TrackClock
from media.webrtc.reorder import RtpFrame
from media.webrtc.rtp import (
    AUD,
    FILLER,
    IDR,
    PPS,
    SPS,
    PayloadError,
    is_vp8_key,
    unpack_h264,
    unpack_vp8,
)

OPUS_HEAD: Final = bytes((1, 2, 0, 0)) + (48_000).to_bytes(4, "little") + bytes(3)
"""An OpusHead of two channels without pre-skip: what RTP carries (RFC 7587) can always be decoded so."""

PICTURE_AWAITED: Final = 3 * CLOCK_HZ
"""Sound that was announced with a picture goes alone after this long."""

Event = Tracks | Packet


class Assembly:
    """`video`: h264, vp8 or empty; VP8 leaves as packets that `Tracks` never names: they are to be transcoded."""

    def __init__(self, video: str, *, has_audio: bool) -> None:
        self.needs_key = bool(video)
        """A key frame must be asked for."""
        self.keys = 0
        self.video_clock = TrackClock(CLOCK_HZ)
        self.audio_clock = TrackClock(48_000)
        self._codec = video
        self._sps = self._pps = b""
        self._tracks = Tracks()
        self._has_audio = has_audio
        self._audio = opus_track(OPUS_HEAD) if has_audio else None
        self._sound_heard_at: int | None = None

    def picture(self, frame: RtpFrame, arrived_90k: int) -> list[Event]:
        """One frame of the video track. Raises `HeaderError` for a picture no browser can play."""
        self.video_clock.place(frame.timestamp, arrived_90k)
        if frame.after_loss:
            self.needs_key = True
        try:
            return self._h264(frame) if self._codec == "h264" else self._vp8(frame)
        except PayloadError:
            self.needs_key = True
            return []

    def sound(self, frame: RtpFrame, arrived_90k: int) -> list[Event]:
        """One frame of Opus."""
        self.audio_clock.place(frame.timestamp, arrived_90k)
        self.audio_clock.follow(self.video_clock)
        data = b"".join(frame.payloads)
        if not opus_frame_samples(data):
            return []
        if self._sound_heard_at is None:
            self._sound_heard_at = arrived_90k
        events: list[Event] = []
        if self._tracks.video is None and self._codec and arrived_90k - self._sound_heard_at < PICTURE_AWAITED:
            return []
        if self._tracks.audio is None:
            events.append(self._changed(self._tracks.video))
        at = self.audio_clock.at(frame.timestamp)
        events.append(Packet(Kind.AUDIO, at, at, key=True, data=data))
        return events

    def transcoded(self, track: VideoTrack) -> Tracks:
        """The tracks, now that the transcoder says what it makes."""
        return self._changed(track)

    def _h264(self, frame: RtpFrame) -> list[Event]:
        slices: list[bytes] = []
        key = False
        for unit in unpack_h264(frame.payloads):
            kind = unit[0] & 0x1F
            if kind == SPS:
                self._sps = unit
            elif kind == PPS:
                self._pps = unit
            elif kind not in (AUD, FILLER):
                key = key or kind == IDR
                slices.append(unit)
        events: list[Event] = []
        if not slices or (self.needs_key and not key):
            return events
        if key:
            if not self._sps or not self._pps:
                return events
            self._found_key()
            track = h264_track(h264_record([self._sps, self._pps]))
            if track != self._tracks.video:
                events.append(self._changed(track))
        at = self.video_clock.at(frame.timestamp)
        events.append(Packet(Kind.VIDEO, at, at, key=key, data=with_lengths(slices)))
        return events

    def _vp8(self, frame: RtpFrame) -> list[Event]:
        data = unpack_vp8(frame.payloads)
        key = is_vp8_key(data)
        if not data or (self.needs_key and not key):
            return []
        if key:
            self._found_key()
        at = self.video_clock.at(frame.timestamp)
        return [Packet(Kind.VIDEO, at, at, key=key, data=data)]

    def _found_key(self) -> None:
        self.needs_key = False
        self.keys += 1

    def _changed(self, video: VideoTrack | None) -> Tracks:
        assert video is None or video.codec is Codec.H264
        self._tracks = Tracks(video, self._audio if self._sound_heard_at is not None else None)
        return self._tracks
