"""How the hub spends the event loop: writing in slices, and waiting a little for company when there is much."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

LONGEST_WINDOW_S: Final = 0.020
CALM_LOAD: Final = 0.05
"""Up to this share of the loop spent on writing, nothing waits."""
FULL_LOAD: Final = 0.5
"""From this share on, events of a room wait the longest window and leave in one write a socket."""
LONGEST_GAP_S: Final = 1.0
MEMORY_S: Final = 0.25
"""Time constant over which the load is judged."""
SLICE_S: Final = 0.010
"""Longest stretch of writing between two looks at anything else."""
CROWD_A_TURN: Final = 4
"""Handshakes and joins that go on in one turn of the loop: about one millisecond of it."""
MOST_A_TURN: Final = 32
"""The same with those who have given up."""
LONG_WAIT_S: Final = 5.0


class Pace:
    """The window between two writings of one room, from 0 to 20 ms by the share of time that writing takes.

    Eight frames in one write cost a socket as much as one: waiting pays when the loop is busy, and only costs latency
    when it is not.
    """

    def __init__(self) -> None:
        self._load = 0.0
        self._at_s = 0.0

    def spent(self, now_s: float, seconds: float) -> None:
        """Tells that writing took `seconds`, ending at `now_s`."""
        self._load = self.load(now_s) + seconds / MEMORY_S
        self._at_s = now_s

    def load(self, now_s: float) -> float:
        """Share of the loop's time, lately."""
        return self._load * math.exp(-max(0.0, now_s - self._at_s) / MEMORY_S)

    def window_s(self, now_s: float) -> float:
        share = (self.load(now_s) - CALM_LOAD) / (FULL_LOAD - CALM_LOAD)
        return LONGEST_WINDOW_S * min(1.0, max(0.0, share))


class Cadence:
    """How close behind one another events of one room come: waiting pays only where company is expected."""

    __slots__ = ("_last_s", "gap_s")

    def __init__(self) -> None:
        self.gap_s = LONGEST_GAP_S
        """Seconds between two events, lately: each counts an eighth."""
        self._last_s = float("-inf")

    def came(self, now_s: float) -> None:
        gap_s = min(LONGEST_GAP_S, max(0.0, now_s - self._last_s))
        self._last_s = now_s
        self.gap_s += (gap_s - self.gap_s) / 8

    def worth_s(self, window_s: float) -> float:
        """All of a window in which two more events are expected, else nothing of it."""
        return window_s if 2 * self.gap_s <= window_s else 0.0


class Pump:
    """Runs work that comes in steps (generators), in turn, never longer than a slice at once.

    5,000 writes are about 30 ms: in one go they would hold up everything else on the loop.
    """

    def __init__(self, pace: Pace, slice_s: float = SLICE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._slice_s = slice_s
        self._clock = clock  # not loop.time(): uvloop's stands still within a turn
        self._work: deque[Iterator[None]] = deque()
        self._handle: asyncio.Handle | None = None
        self.longest_s = 0.0
        """The longest slice since it was last read and reset by the figures."""

    def add(self, work: Iterator[None]) -> None:
        """Starts `work` in the next turn of the loop, so that what is published in this turn goes together."""
        self._work.append(work)
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_soon(self._turn)

    def stop(self) -> None:
        self._work.clear()
        if self._handle is not None:
            self._handle.cancel()

    def _turn(self) -> None:
        began = self._clock()
        deadline = began + self._slice_s
        self._handle = None
        now = began
        while self._work:
            now = self._advance(deadline)  # one step at least: work that is never begun is never done
            if now >= deadline:
                break
        self._pace.spent(now, now - began)
        self.longest_s = max(self.longest_s, now - began)
        if self._work:
            self._handle = asyncio.get_running_loop().call_soon(self._turn)

    def _advance(self, deadline: float) -> float:
        """Runs the first work to its end or to the deadline; then it goes to the back of the queue."""
        work = self._work.popleft()
        for _ in work:
            now = self._clock()
            if now >= deadline:
                self._work.append(work)
                return now
        return self._clock()


class Turnstile:
    """Lets a crowd through, a few at each turn of the loop: between two turns everybody else is served.

    Who is `inside` goes first: somebody whose socket is open and who only waits for a room costs more while waiting
    than a request that has not begun. While more come in a turn than may pass in one, only half as many do: taking the
    others in comes first then, because who asks for a page stands among them. Where the oldest has waited long, the
    newest goes first: clients give up after ten seconds, and a longer queue would serve only those who have just left.
    """

    def __init__(self, a_turn: int = CROWD_A_TURN, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_turn = a_turn
        self._clock = clock
        self._free = a_turn
        """How many may still pass in this turn."""
        self._came = 0
        """How many had to wait in this turn."""
        self._inside: deque[asyncio.Future[None]] = deque()
        self._outside: deque[tuple[float, asyncio.Future[None], Callable[[], bool]]] = deque()
        """With the time of coming, and whether somebody has gone meanwhile."""
        self._turning = False

    def __len__(self) -> int:
        return len(self._inside) + len(self._outside)

    async def wait(self, *, inside: bool = False, gone: Callable[[], bool] = lambda: False) -> None:
        """Returns at once where there is no crowd; else when it is one's turn, in the order of coming.

        Who is `gone` by then takes nobody's turn.
        """
        loop = asyncio.get_running_loop()
        if not self._turning:
            self._turning = True
            self._free = self._a_turn
            loop.call_soon(self._turn, loop)
        if self._free > 0:
            self._free -= 1
            return
        turn = loop.create_future()
        if inside:
            self._inside.append(turn)
        else:
            self._outside.append((self._clock(), turn, gone))
            self._came += 1
        await turn

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._free = max(1, self._a_turn // 2) if self._came > self._a_turn else self._a_turn
        self._came = 0
        passed = 0
        while self._free > 0 and passed < MOST_A_TURN and len(self):
            turn, gone = (self._inside.popleft(), False) if self._inside else self._next_outside()
            if not turn.done():  # else its owner has gone
                turn.set_result(None)
                self._free -= not gone
                passed += 1
        self._turning = passed > 0
        if self._turning:
            loop.call_soon(self._turn, loop)

    def _next_outside(self) -> tuple[asyncio.Future[None], bool]:
        """Whose turn it is, and whether they are gone."""
        late = self._clock() - self._outside[0][0] > LONG_WAIT_S
        _, turn, gone = self._outside.pop() if late else self._outside.popleft()
        return turn, gone()
