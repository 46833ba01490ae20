"""The supervisor: what fails starts again, ever more slowly; what is stopped ends."""

import asyncio

import pytest

from app import supervise
from app.supervise import FIRST_PAUSE_S, LONGEST_PAUSE_S, Supervisor


class Broken(Exception):
    pass


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that were asked for; none of them is waited for."""
    asked = []
    sleep = asyncio.sleep

    async def pause(seconds):
        asked.append(seconds)
        await sleep(0)

    monkeypatch.setattr(supervise.asyncio, "sleep", pause)
    return asked


def failing(times):
    """A body that raises so many times before it returns; the list grows by one with each run."""
    runs = []

    async def body():
        runs.append(len(runs) + 1)
        if len(runs) <= times:
            raise Broken

    return body, runs


async def test_a_failed_task_starts_again_until_it_returns(pauses):
    supervisor = Supervisor()
    body, runs = failing(3)
    await supervisor.run("mail", body)
    assert runs == [1, 2, 3, 4]
    assert pauses == [FIRST_PAUSE_S, FIRST_PAUSE_S * 2, FIRST_PAUSE_S * 4]
    assert supervisor.failures == {"mail": 3}


async def test_pauses_have_an_end(pauses):
    body, _ = failing(12)
    await Supervisor().run("mail", body)
    assert pauses[-1] == LONGEST_PAUSE_S
    assert max(pauses) == LONGEST_PAUSE_S
    assert pauses == sorted(pauses)


async def test_a_task_that_ran_calmly_is_forgiven(pauses, monkeypatch):
    monkeypatch.setattr(supervise, "CALM_AFTER_S", -1.0)
    body, _ = failing(4)
    await Supervisor().run("mail", body)
    assert pauses == [FIRST_PAUSE_S] * 4


async def test_what_returns_is_not_started_again(pauses):
    supervisor = Supervisor()
    body, runs = failing(0)
    await supervisor.run("once", body)
    assert runs == [1]
    assert (pauses, supervisor.failures) == ([], {})


async def test_stop_cancels_what_runs_and_waits_for_its_end():
    supervisor = Supervisor()
    began, ended = asyncio.Event(), []

    async def body():
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    task = supervisor.run("stream", body)
    await began.wait()
    await supervisor.stop()
    assert task.cancelled()
    assert ended == [True]
    assert supervisor.failures == {}


async def test_stop_ends_a_task_that_waits_to_start_again():
    supervisor = Supervisor()
    body, runs = failing(100)
    task = supervisor.run("mail", body)
    while not runs:
        await asyncio.sleep(0)
    await supervisor.stop()
    assert task.cancelled()
    assert runs == [1]


async def test_one_failure_leaves_the_others_alone(pauses):
    supervisor = Supervisor()
    body, _ = failing(2)
    other = asyncio.Event()

    async def wait():
        await other.wait()

    calm = supervisor.run("calm", wait)
    await supervisor.run("mail", body)
    assert not calm.done()
    other.set()
    await calm
    assert supervisor.failures == {"mail": 2}
