"""RTP clocks of one publisher on one clock of 90 kHz. Pure.

Each track counts from a random number. At first a track is placed by the time its first packet arrived; as soon as
sender reports (RFC 3550 §6.4.1) say what wall time both tracks' clocks show, sound is moved until it stands right: a
little with every frame, so that time never runs backwards and no player hears it.
"""

from typing import Final

from media.packet import CLOCK_HZ

SLEW: Final = CLOCK_HZ // 1000
"""Most that one frame of sound is moved: 1 ms in 20."""

STRAY: Final = 30 * CLOCK_HZ
"""A clock that is so far from the time of arrival was set anew: even a bad one takes days to drift so far."""

NTP_HZ: Final = 1 << 32


class TrackClock:
    """Maps unwrapped RTP time to ticks of 90 kHz since the publisher began."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._offset: int | None = None
        self._wall: int | None = None
        self._last = -1

    @property
    def known(self) -> bool:
        """Whether a sender report has told the wall time of this track."""
        return self._wall is not None

    def place(self, rtp_time: int, arrived_90k: int) -> None:
        """The first packet stands where it arrived, and so does one whose clock has been set anew."""
        ticks = self._ticks(rtp_time)
        if self._offset is None or abs(ticks + self._offset - arrived_90k) > STRAY:
            self._offset = arrived_90k - ticks
            self._wall = None

    def restart(self) -> None:
        """Another source took over, with another clock."""
        self._offset = self._wall = None

    def report(self, ntp_time: int, rtp_time: int) -> None:
        """A sender report: `ntp_time` in 1/2**32 s and the unwrapped RTP time of the same moment."""
        self._wall = ntp_time * CLOCK_HZ // NTP_HZ - self._ticks(rtp_time)

    def follow(self, leader: "TrackClock") -> None:
        """One step towards standing right beside `leader`."""
        if self._wall is None or leader._wall is None or self._offset is None or leader._offset is None:  # noqa: SLF001 - the same class
            return
        wanted = self._wall - leader._wall + leader._offset  # noqa: SLF001 - the same class
        self._offset += max(-SLEW, min(SLEW, wanted - self._offset))

    def at(self, rtp_time: int) -> int:
        """Ticks of 90 kHz; rises with every call, whatever the publisher's clock does."""
        assert self._offset is not None
        ticks = max(self._ticks(rtp_time) + self._offset, self._last + 1, 0)
        self._last = ticks
        return ticks

    def _ticks(self, rtp_time: int) -> int:
        return rtp_time * CLOCK_HZ // self._rate_hz
