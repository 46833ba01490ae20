"""The health of one stream in numbers, for the clerk's page: is there a picture, is there sound, are they good."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from media.codec.level import Level
from media.packet import Kind, Packet, Tracks
from media.stream import seconds

WINDOW_S: Final = 1.0
STALE_AFTER_S: Final = 3.0
"""Without packets for so long the numbers are no longer those of a live stream."""

SILENT_BELOW_DBFS: Final = -50.0


class StreamHealth(msgspec.Struct, frozen=True):
    """One second of a stream. Numbers are 0 and names empty where there is nothing to measure."""

    live: bool = False
    live_s: float = 0.0
    video: str = ""
    """RFC 6381 name, for instance `avc1.64001f`."""
    width_px: int = 0
    height_px: int = 0
    fps: float = 0.0
    video_kbit_s: float = 0.0
    key_interval_s: float = 0.0
    """Time between the last two key frames; a browser needs about 2 s to show a picture then."""
    audio: str = ""
    sample_rate_hz: int = 0
    channels: int = 0
    audio_kbit_s: float = 0.0
    peak_dbfs: float | None = None
    """None while no level is measured."""
    rms_dbfs: float | None = None
    silent: bool = False
    """There is a sound track, its level is measured, and it holds next to nothing."""


class StreamMeter:
    """A sink that counts. `reading` is cheap and may be asked at any time; numbers change once a second."""

    def __init__(
        self, level: Callable[[], Level | None] = lambda: None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._level = level
        self._clock = clock
        self._reset()

    def _reset(self) -> None:
        self._tracks = Tracks()
        self._began_at: float | None = None
        self._first_window = True
        self._last_at = 0.0
        self._window_at = 0.0
        self._frames = self._video_bytes = self._audio_bytes = 0
        self._last_key_dts: int | None = None
        self._key_interval_s = 0.0
        self._rates = (0.0, 0.0, 0.0)

    def reading(self) -> StreamHealth:
        """The newest numbers; `StreamHealth()` while nothing comes."""
        now = self._clock()
        if self._began_at is None or now - self._last_at > STALE_AFTER_S:
            return StreamHealth()
        video, audio, level = self._tracks.video, self._tracks.audio, self._level() if self._tracks.audio else None
        fps, video_kbit_s, audio_kbit_s = self._rates
        return StreamHealth(
            live=True,
            live_s=round(now - self._began_at, 1),
            video=video.name if video else "",
            width_px=video.width if video else 0,
            height_px=video.height if video else 0,
            fps=fps,
            video_kbit_s=video_kbit_s,
            key_interval_s=self._key_interval_s,
            audio=audio.name if audio else "",
            sample_rate_hz=audio.sample_rate if audio else 0,
            channels=audio.channels if audio else 0,
            audio_kbit_s=audio_kbit_s,
            peak_dbfs=level.peak_dbfs if level else None,
            rms_dbfs=level.rms_dbfs if level else None,
            silent=level is not None and level.peak_dbfs < SILENT_BELOW_DBFS,
        )

    def on_tracks(self, tracks: Tracks) -> None:
        self._tracks = tracks

    def on_packet(self, packet: Packet) -> None:
        now = self._last_at = self._clock()
        if self._began_at is None:
            self._began_at = self._window_at = now
        if now - self._window_at >= WINDOW_S:
            self._close_window(now)
        if packet.kind is Kind.AUDIO:
            self._audio_bytes += len(packet.data)
            return
        self._frames += 1
        self._video_bytes += len(packet.data)
        if packet.key:
            if self._last_key_dts is not None:
                self._key_interval_s = round(seconds(packet.dts - self._last_key_dts), 2)
            self._last_key_dts = packet.dts

    def on_pause(self) -> None:
        self._reset()

    def on_end(self) -> None:
        self._reset()

    def _close_window(self, now: float) -> None:
        length_s = now - self._window_at
        kbit = 0.008 / length_s
        if not self._first_window:  # the first one holds the group of pictures that was waiting
            self._rates = (
                round(self._frames / length_s, 1),
                round(self._video_bytes * kbit, 1),
                round(self._audio_bytes * kbit, 1),
            )
        self._first_window = False
        self._window_at = now
        self._frames = self._video_bytes = self._audio_bytes = 0
