"""Pings for all sockets from one timer: a wheel that visits each of them twice a heartbeat."""

import asyncio
from typing import Final, Protocol

STEPS: Final = 32
"""Parts of the wheel, so that thousands of pings do not leave at once."""
SHORTEST_STEP_S: Final = 0.02


class Beating(Protocol):
    """Somebody who shall give signs of life."""

    beat_step: int
    """Its place on the wheel."""

    def beat(self) -> None:
        """Is visited: asks for a sign of life, or ends."""


class Heartbeat:
    """Who is silent from one visit to the next is asked; who has not answered by the visit after that is gone.

    So a ping comes after at most `every_s` of silence, and the end half as much later.
    """

    def __init__(self, every_s: float) -> None:
        visit_s = every_s / 2
        steps = max(1, min(STEPS, int(visit_s / SHORTEST_STEP_S)))
        self._step_s = visit_s / steps
        self._wheel: list[set[Beating]] = [set() for _ in range(steps)]
        self._joining = 0
        self._next = 0

    def __len__(self) -> int:
        return sum(map(len, self._wheel))

    def add(self, one: Beating) -> None:
        one.beat_step = self._joining
        self._wheel[self._joining].add(one)
        self._joining = (self._joining + 1) % len(self._wheel)

    def remove(self, one: Beating) -> None:
        self._wheel[one.beat_step].discard(one)

    def turn(self) -> None:
        """Visits the next part of the wheel."""
        visited = self._wheel[self._next]
        self._next = (self._next + 1) % len(self._wheel)
        for one in list(visited):
            one.beat()

    async def run(self) -> None:
        """Turns for ever. A turn that comes late makes the others later: nobody is visited twice in a hurry."""
        while True:
            await asyncio.sleep(self._step_s)
            self.turn()
