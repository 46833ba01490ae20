"""The window adapts to the load; the pump works in slices and in turn."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import pytest

from realtime.pace import LONGEST_WINDOW_S, Pace, Pump, Turnstile


def test_nothing_waits_when_calm() -> None:
    pace = Pace()
    assert pace.window_s(10.0) == 0
    pace.spent(10.0, 0.001)
    assert pace.window_s(10.0) == 0


def test_window_grows_with_the_load_and_shrinks_again() -> None:
    pace = Pace()
    for step in range(100):
        pace.spent(step * 0.01, 0.0025)
    assert pace.load(1.0) == pytest.approx(0.25, rel=0.1)
    assert 0 < pace.window_s(1.0) < LONGEST_WINDOW_S
    for step in range(100, 200):
        pace.spent(step * 0.01, 0.006)
    assert pace.window_s(2.0) == LONGEST_WINDOW_S
    assert pace.window_s(4.0) == 0


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


async def test_a_crowd_goes_through_a_few_at_a_turn() -> None:
    turnstile, through, turns = Turnstile(3), [], []

    async def come(number: int) -> None:
        await turnstile.wait()
        through.append(number)

    def look() -> None:
        turns.append(len(through))
        if len(through) < 10:
            asyncio.get_running_loop().call_soon(look)

    crowd = [asyncio.create_task(come(number)) for number in range(10)]
    asyncio.get_running_loop().call_soon(look)
    async with asyncio.timeout(5):
        await asyncio.gather(*crowd)
    assert through == list(range(10)), "in the order of coming"
    assert max(after - before for before, after in pairwise([0, *turns])) <= 3


async def test_where_there_is_no_crowd_nobody_waits() -> None:
    turnstile = Turnstile(2)
    for _ in range(5):
        async with asyncio.timeout(1):
            await turnstile.wait()
        for _ in range(3):
            await asyncio.sleep(0)
    assert not turnstile._turning
    assert not turnstile._waiting


async def test_who_goes_away_holds_nobody_up() -> None:
    turnstile = Turnstile(1)
    crowd = [asyncio.create_task(turnstile.wait()) for _ in range(6)]
    await asyncio.sleep(0)
    for one in crowd[1:5]:
        one.cancel()
    async with asyncio.timeout(5):
        await crowd[5]
    assert not turnstile._waiting
