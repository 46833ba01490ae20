"""What an account may say over all its sockets in all processes."""

import asyncio

import pytest

from app.database import Database
from app.errors import Unavailable
from realtime.allowance import CREDIT, FREE, LEASE, Allowances
from tests.realtime.conftest import Client, SiteMaker


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


async def passed(allowances: Allowances, account_id: int, tries: int) -> int:
    """Messages that pass when each waits for what is being asked."""
    count = 0
    for _ in range(tries):
        count += allowances.take(account_id)
        purse = allowances._purses[account_id]
        if purse.asking is not None:
            await asyncio.wait([purse.asking])
    return count


async def test_processes_share_one_count(database: Database) -> None:
    clock = Clock()
    processes = [Allowances(database, 0.01, 200, clock) for _ in range(3)]
    counts = [await passed(one, 7, 400) for one in processes]
    assert counts[0] == FREE + 200
    assert counts[1] <= FREE + LEASE
    assert sum(counts) <= 200 + 3 * (FREE + 1)
    assert await passed(processes[1], 8, 100) == 100, "another account has its own"


async def test_it_comes_back_with_time(database: Database) -> None:
    clock = Clock()
    one = Allowances(database, 50, 60, clock)
    await passed(one, 7, 400)
    assert not one.take(7)
    await database.pool.execute("UPDATE throttle SET seen_at = seen_at - interval '1 s'")
    clock.now_s += 2
    assert await passed(one, 7, 40) >= 30


async def test_few_messages_ask_nobody(database: Database) -> None:
    one = Allowances(database, 10, 100)
    for account_id in range(200):
        assert all(one.take(account_id) for _ in range(10))
    assert all(purse.asking is None for purse in one._purses.values())


async def test_while_it_asks_a_few_pass_and_no_more(database: Database) -> None:
    one = Allowances(database, 1000, 10_000)
    count = sum(one.take(7) for _ in range(1000))  # without a pause: nothing is answered meanwhile
    assert count == FREE + CREDIT
    await one.close()


async def test_without_a_database_the_socket_s_own_limit_must_do(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_options: object) -> None:
        raise Unavailable

    monkeypatch.setattr(database, "transaction", away)
    assert await passed(Allowances(database, 1, 10), 7, 300) == 300


async def test_two_sockets_of_one_account_over_two_processes(make_site: SiteMaker) -> None:
    limits = {"account_messages_per_s": 0.1, "account_messages_at_once": 60, "messages_at_once": 1000}
    async with (
        make_site(**limits) as one,
        make_site(**limits) as other,
        one.connect("7 a") as first,
        other.connect("7 b") as second,
        other.connect("8 c") as third,
    ):
        clients = Client(first), Client(second)
        for client in clients:
            for number in range(400):
                await client.say(op="ping", ref=number)
        for client in clients:
            assert (await client.hear("bye"))["why"] == "too-many-messages"
            assert await client.close_code() == 1008
        await Client(third).say(op="ping", ref=1)
        assert (await Client(third).hear())["op"] == "pong"
