"""The encoder's clock beside ours: gaps, order and lag of what comes."""

import time
from collections.abc import Callable

import msgspec

from media.packet import CLOCK_HZ, Kind, Packet, Tracks
from media.stream import seconds


class Timing(msgspec.Struct, frozen=True):
    """What `TimingProbe.take` found since it was last asked; fields as in `media.watchdog.reading.Reading`."""

    publication: int = 0
    has_video: bool = False
    has_audio: bool = False
    video_quiet_s: float = 0.0
    audio_quiet_s: float = 0.0
    key_gap_s: float = 0.0
    reordered: bool = False
    lag_s: float | None = None
    av_offset_s: float = 0.0
    clock_stood: bool = False


class TimingProbe:
    """A sink. `take` is asked once a second."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._publication = 0
        self._begin()

    def _begin(self) -> None:
        self._publication += 1
        self._tracks = Tracks()
        self._video_at = self._audio_at = self._clock()
        self._video_dts: int | None = None
        self._audio_dts: int | None = None
        self._key_dts: int | None = None
        self._key_interval = 0
        self._shown_last = 0
        self._reordered = False
        self._lag_s: float | None = None
        self._frames = self._standing = 0

    def on_tracks(self, tracks: Tracks) -> None:
        self._begin()
        self._tracks = tracks

    def on_packet(self, packet: Packet) -> None:
        now = self._clock()
        lag_s = now - packet.dts / CLOCK_HZ
        if self._lag_s is None or lag_s < self._lag_s:
            self._lag_s = lag_s
        if packet.kind is Kind.AUDIO:
            self._audio_at = now
            self._audio_dts = packet.dts
            return
        self._video_at = now
        self._frames += 1
        if self._video_dts is not None and packet.dts <= self._video_dts:
            self._standing += 1
        self._video_dts = packet.dts
        if packet.pts < self._shown_last:
            self._reordered = True
        else:
            self._shown_last = packet.pts
        if packet.key:
            if self._key_dts is not None:
                self._key_interval = packet.dts - self._key_dts
            self._key_dts = packet.dts

    def on_pause(self) -> None:
        self._begin()

    def on_end(self) -> None:
        """Nothing to do: nobody asks any more."""

    def take(self) -> Timing:
        """The second that ends now."""
        now = self._clock()
        video, audio, key = self._video_dts, self._audio_dts, self._key_dts
        since_key = 0 if video is None or key is None else video - key
        found = Timing(
            publication=self._publication,
            has_video=self._tracks.video is not None,
            has_audio=self._tracks.audio is not None,
            video_quiet_s=now - self._video_at if self._tracks.video else 0.0,
            audio_quiet_s=now - self._audio_at if self._tracks.audio else 0.0,
            key_gap_s=seconds(max(since_key, self._key_interval)),
            reordered=self._reordered,
            lag_s=self._lag_s,
            av_offset_s=seconds(audio - video) if video is not None and audio is not None else 0.0,
            clock_stood=self._frames >= 5 and self._standing >= self._frames // 2,
        )
        self._lag_s = None
        self._frames = self._standing = 0
        self._reordered = False
        return found
