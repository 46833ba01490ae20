"""The window adapts to the load; the pump works in slices and in turn."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import pytest

from realtime.pace import LONG_WAIT_S, LONGEST_WINDOW_S, Cadence, Pace, Pump, Turnstile


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


@pytest.mark.parametrize(("a_second", "waits"), [(20, False), (50, False), (90, False), (110, True), (800, True)])
def test_only_a_room_that_expects_company_waits(a_second: int, waits: bool) -> None:
    cadence = Cadence()
    for number in range(200):
        cadence.came(number / a_second)
    assert cadence.gap_s == pytest.approx(1 / a_second, rel=0.01)
    assert cadence.worth_s(LONGEST_WINDOW_S) == (LONGEST_WINDOW_S if waits else 0.0)


def test_a_room_that_was_quiet_writes_its_next_event_at_once() -> None:
    cadence = Cadence()
    assert cadence.worth_s(LONGEST_WINDOW_S) == 0.0
    for _ in range(100):
        cadence.came(5.0)  # all in one turn
    cadence.came(5.5)
    assert cadence.worth_s(LONGEST_WINDOW_S) == 0.0
    cadence.came(3.0)  # a clock that steps back
    assert cadence.gap_s >= 0


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
    assert len(turnstile) == 0


async def test_who_goes_away_holds_nobody_up() -> None:
    turnstile = Turnstile(1)
    crowd = [asyncio.create_task(turnstile.wait()) for _ in range(6)]
    await asyncio.sleep(0)
    for one in crowd[1:5]:
        one.cancel()
    async with asyncio.timeout(5):
        await crowd[5]
    assert len(turnstile) == 0


async def passing(turnstile: Turnstile, crowd: list[tuple[str, bool]]) -> list[str]:
    """Names in the order in which they pass."""
    through: list[str] = []

    async def come(name: str, inside: bool) -> None:
        await turnstile.wait(inside=inside)
        through.append(name)

    tasks = [asyncio.create_task(come(name, inside)) for name, inside in crowd]
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)
    return through


async def test_who_is_inside_goes_first() -> None:
    crowd = [("a", False), ("b", False), ("c", False), ("in 1", True), ("d", False), ("in 2", True)]
    assert await passing(Turnstile(1), crowd) == ["a", "in 1", "in 2", "b", "c", "d"]


async def test_while_many_come_half_as_many_pass() -> None:
    turnstile, passed = Turnstile(4), []
    crowd = [asyncio.create_task(turnstile.wait()) for _ in range(20)]
    for _ in range(4):
        await asyncio.sleep(0)
        passed.append(20 - len(turnstile))
    # four at once and 16 who wait; then two, for so many came; then four a turn, for nobody does
    assert passed == [4, 6, 10, 14]
    async with asyncio.timeout(5):
        await asyncio.gather(*crowd)


async def test_if_the_queue_is_long_the_newest_goes_first() -> None:
    now_s, through = [0.0], list[int]()
    turnstile = Turnstile(1, clock=lambda: now_s[0])

    async def come(number: int) -> None:
        await turnstile.wait()
        through.append(number)

    tasks = [asyncio.create_task(come(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert len(turnstile) == 4
    now_s[0] = LONG_WAIT_S + 0.1
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)
    assert through == [0, 4, 3, 2, 1]


async def test_who_is_gone_takes_nobodys_turn() -> None:
    turnstile = Turnstile(1)
    crowd = [asyncio.create_task(turnstile.wait(gone=lambda number=number: number in {1, 2, 3})) for number in range(6)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(turnstile) == 1, "0 at once, then 4 and the three before it"
    async with asyncio.timeout(5):
        await asyncio.gather(*crowd)
