"""How often a worker may be started again, and how long too slow a one rests. Pure."""

from collections import deque
from typing import Final

WINDOW_S: Final = 600.0
MOST_ENDS: Final = 5
"""A worker that ended so often within the window is not started before the oldest of these is out of it."""

FIRST_PAUSE_S: Final = 1.0
FIRST_REST_S: Final = 5.0
LONGEST_REST_S: Final = 300.0
CALM_AFTER_S: Final = 120.0
"""Pictures that came in time for so long: what was before is forgotten."""


class Restarts:
    """Counts a worker's ends."""

    def __init__(self) -> None:
        self._ends: deque[float] = deque()

    def note(self, now: float) -> None:
        self._ends.append(now)

    def is_spent(self, now: float) -> bool:
        self._forget(now)
        return len(self._ends) >= MOST_ENDS

    def pause_s(self, now: float) -> float:
        """How long to wait before the next start: doubled by each end, to the end of the window when they are spent."""
        if self.is_spent(now):
            return self._ends[-MOST_ENDS] + WINDOW_S - now
        return FIRST_PAUSE_S * 2.0 ** (len(self._ends) - 1) if self._ends else 0.0

    def _forget(self, now: float) -> None:
        while self._ends and now - self._ends[0] >= WINDOW_S:
            self._ends.popleft()


class Rests:
    """A worker that cannot keep up is asked less and less often."""

    def __init__(self) -> None:
        self._until = 0.0
        self._next_s = FIRST_REST_S

    def begin(self, now: float) -> None:
        if now - self._until >= CALM_AFTER_S:
            self._next_s = FIRST_REST_S
        self._until = now + self._next_s
        self._next_s = min(2 * self._next_s, LONGEST_REST_S)

    def is_resting(self, now: float) -> bool:
        return now < self._until
