"""The window adapts to the load; the pump works in slices and in turn."""

import asyncio
from collections.abc import Iterator

import pytest

from realtime.pace import LONGEST_WINDOW_S, Pace, Pump


def test_nothing_waits_when_calm() -> None:
    pace = Pace()
    assert pace.window_s(10.0) == 0
    pace.spent(10.0, 0.001)
    assert pace.window_s(10.0) == 0


def test_window_grows_with_the_load_and_shrinks_again() -> None:
    pace = Pace()
    for step in range(100):
        pace.spent(step * 0.01, 0.004)
    assert pace.load(1.0) == pytest.approx(0.4, rel=0.1)
    assert pace.window_s(1.0) == LONGEST_WINDOW_S
    assert pace.window_s(3.0) == 0


def test_load_survives_a_clock_that_steps_back() -> None:
    pace = Pace()
    pace.spent(100.0, 0.1)
    assert pace.load(50.0) == pytest.approx(0.4)


class Clock:
    """Every look costs a millisecond."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.001
        return self.now_s


async def test_pump_lets_others_in_between_slices_and_takes_turns() -> None:
    done: list[str] = []

    def work(name: str, steps: int) -> Iterator[None]:
        for _ in range(steps):
            done.append(name)
            yield

    pump = Pump(Pace(), slice_s=0.005, clock=Clock())
    pump.add(work("long", 20))
    pump.add(work("short", 2))
    turns = 0
    while len(done) < 22:
        turns += 1
        assert turns < 50
        before = len(done)
        await asyncio.sleep(0)
        assert len(done) - before <= 6, "a slice is a slice"
    assert done.index("short") < 8, "the short one does not wait for the long one"
    assert turns > 3


async def test_pump_starts_in_the_next_turn() -> None:
    done: list[int] = []

    def work() -> Iterator[None]:
        done.append(1)
        yield

    pump = Pump(Pace())
    pump.add(work())
    assert done == []
    await asyncio.sleep(0)
    assert done == [1]
