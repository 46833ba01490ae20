"""What the rules remember of past seconds: what is usual for this encoder, and how its clock goes."""

from collections import deque
from statistics import linear_regression, median
from typing import Final

from media.watchdog.reading import Reading

USUAL_SECONDS: Final = 60
LEAST_SECONDS: Final = 20
"""What is usual is known after so many."""

DRIFT_STEP_S: Final = 30.0
DRIFT_STEPS: Final = 20
LEAST_DRIFT_STEPS: Final = 10
"""A drift is told after five minutes, from the last ten."""

OFFSET_SECONDS: Final = 10
LEVEL_SECONDS: Final = 30
CLIPPING_SECONDS: Final = 5


class Memory:
    """`add` each second in which something came, `forget` when the encoder goes."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._kbit: deque[float] = deque(maxlen=USUAL_SECONDS)
        self._fps: deque[float] = deque(maxlen=USUAL_SECONDS)
        self._lags: deque[float] = deque(maxlen=USUAL_SECONDS)
        self._steps: deque[tuple[float, float]] = deque(maxlen=DRIFT_STEPS)
        self._step_until_s = 0.0
        self._step_least_s: float | None = None
        self._offsets: deque[float] = deque(maxlen=OFFSET_SECONDS)
        self._peaks: deque[float] = deque(maxlen=LEVEL_SECONDS)
        self._clipped: deque[float] = deque(maxlen=CLIPPING_SECONDS)
        self._jumps = 0
        self._jumped_at: deque[float] = deque(maxlen=8)
        self._now_s = 0.0

    def add(self, reading: Reading) -> None:
        self._now_s = reading.at_s
        if reading.video_kbit_s > 0:
            self._kbit.append(reading.video_kbit_s)
            self._fps.append(reading.fps)
        if reading.has_video and reading.has_audio:
            self._offsets.append(reading.av_offset_s)
        if reading.level is not None:
            self._peaks.append(reading.level.peak_dbfs)
            self._clipped.append(reading.level.clipped_share)
        if reading.jumps > self._jumps or reading.clock_stood:
            self._jumped_at.append(reading.at_s)
            self._forget_clock()
        self._jumps = reading.jumps
        if reading.lag_s is not None:
            self._lags.append(reading.lag_s)
            self._add_lag(reading.at_s, reading.lag_s)

    @property
    def usual_kbit_s(self) -> float | None:
        """Median of the last minute; None while too little is known."""
        return median(self._kbit) if len(self._kbit) >= LEAST_SECONDS else None

    @property
    def usual_fps(self) -> float | None:
        return median(self._fps) if len(self._fps) >= LEAST_SECONDS else None

    @property
    def lag_s(self) -> float:
        """How much later the encoder's packets come now than at the best moment of the last minute."""
        return self._lags[-1] - min(self._lags) if self._lags else 0.0

    @property
    def drift_s(self) -> float | None:
        """Seconds that the encoder's clock loses in ten minutes (below 0: gains); None while too little is known.

        From the least lag of each half minute: packets are late for many reasons, but never early.
        """
        if len(self._steps) < LEAST_DRIFT_STEPS:
            return None
        times, lags = zip(*self._steps, strict=True)
        return linear_regression(times, lags).slope * 600

    @property
    def av_offset_s(self) -> float | None:
        """Median of ten seconds."""
        return median(self._offsets) if len(self._offsets) == OFFSET_SECONDS else None

    @property
    def loudest_dbfs(self) -> float | None:
        """Of half a minute."""
        return max(self._peaks) if len(self._peaks) == LEVEL_SECONDS else None

    @property
    def clipped_share(self) -> float | None:
        """Share of samples at full scale in five seconds."""
        return sum(self._clipped) / CLIPPING_SECONDS if len(self._clipped) == CLIPPING_SECONDS else None

    def jumps_within(self, span_s: float) -> int:
        return sum(at_s > self._now_s - span_s for at_s in self._jumped_at)

    def _add_lag(self, at_s: float, lag_s: float) -> None:
        if self._step_least_s is None:
            self._step_until_s = at_s + DRIFT_STEP_S
            self._step_least_s = lag_s
        self._step_least_s = min(self._step_least_s, lag_s)
        if at_s >= self._step_until_s:
            self._steps.append((at_s, self._step_least_s))
            self._step_least_s = None

    def _forget_clock(self) -> None:
        self._lags.clear()
        self._steps.clear()
        self._step_least_s = None
