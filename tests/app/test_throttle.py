"""Leaky buckets on a real database."""

import asyncio

import pytest

from app.errors import TooMany
from app.throttle import Charge, Limit, forget_idle, lease, network_of, refund, spend

SLOW = Limit("test/slow", burst=3, every_s=100)
WIDE = Limit("test/wide", burst=5, every_s=10)


async def level_of(database, charge):
    async with database.transaction() as tx:
        return await tx.value("SELECT level FROM throttle WHERE key = $1", charge.key)


async def later(database, seconds):
    """As if so much time had passed."""
    async with database.transaction() as tx:
        await tx.execute("UPDATE throttle SET seen_at = seen_at - make_interval(secs => $1)", seconds)


async def test_a_burst_passes_and_the_next_one_waits(database):
    anna = Charge(SLOW, "anna")
    for _ in range(3):
        await spend(database, anna)
    with pytest.raises(TooMany) as refused:
        await spend(database, anna)
    assert 99 <= refused.value.retry_after_s <= 100


async def test_hammering_does_not_lengthen_the_wait(database):
    anna = Charge(SLOW, "anna")
    for _ in range(40):
        try:
            await spend(database, anna)
        except TooMany as refused:
            assert refused.retry_after_s <= 100
    await later(database, 101)
    await spend(database, anna)
    with pytest.raises(TooMany):
        await spend(database, anna)


async def test_others_are_not_touched(database):
    for _ in range(3):
        await spend(database, Charge(SLOW, "anna"))
    await spend(database, Charge(SLOW, "jan"))
    await spend(database, Charge(WIDE, "anna"))
    assert await level_of(database, Charge(SLOW, "jan")) == 1
    assert await level_of(database, Charge(WIDE, "anna")) == 1
    with pytest.raises(TooMany):
        await spend(database, Charge(SLOW, "anna"))


async def test_what_turned_out_well_is_given_back(database):
    anna = Charge(SLOW, "anna")
    for _ in range(20):
        await spend(database, anna)
        await refund(database, anna)
    assert await level_of(database, anna) < 1


async def test_refund_of_nothing_stays_at_nothing(database):
    anna = Charge(SLOW, "anna")
    await refund(database, anna)
    await spend(database, anna)
    await refund(database, anna)
    await refund(database, anna)
    assert await level_of(database, anna) == 0


async def test_an_attempt_refused_by_one_limit_counts_at_none(database):
    narrow, wide = Charge(SLOW, "anna"), Charge(WIDE, "10.0.0.1")
    for _ in range(3):
        await spend(database, narrow)
    for _ in range(5):
        with pytest.raises(TooMany):
            await spend(database, narrow, wide)
    assert await level_of(database, wide) == 0


async def test_the_longest_wait_is_told(database):
    for _ in range(5):
        await spend(database, Charge(WIDE, "anna"))
    for _ in range(3):
        await spend(database, Charge(SLOW, "anna"))
    with pytest.raises(TooMany) as refused:
        await spend(database, Charge(WIDE, "anna"), Charge(SLOW, "anna"))
    assert refused.value.retry_after_s > 90


async def test_attempts_at_once_do_not_escape(database):
    anna = Charge(WIDE, "anna")
    outcomes = await asyncio.gather(*(spend(database, anna) for _ in range(30)), return_exceptions=True)
    assert outcomes.count(None) == 5
    assert sum(isinstance(one, TooMany) for one in outcomes) == 25


async def test_opposite_orders_do_not_wait_for_each_other(database):
    one, two = Charge(Limit("a", 1000, 1), "x"), Charge(Limit("b", 1000, 1), "y")
    pairs = [(one, two) if number % 2 else (two, one) for number in range(40)]
    await asyncio.gather(*(spend(database, *pair) for pair in pairs))
    assert await level_of(database, one) > 30


async def test_nothing_of_what_was_typed_is_stored(database):
    await spend(database, Charge(SLOW, "moje tajne hasło"))
    async with database.transaction() as tx:
        assert "tajne" not in await tx.value("SELECT string_agg(key, ' ') FROM throttle")


async def test_old_counters_go(database):
    await spend(database, Charge(SLOW, "anna"))
    await forget_idle(database)
    assert await level_of(database, Charge(SLOW, "anna")) == 1
    await later(database, 90_000)
    await forget_idle(database)
    assert await level_of(database, Charge(SLOW, "anna")) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_whom_an_address_stands_for(address, network):
    assert network_of(address) == network


async def test_leases_take_what_is_left(database):
    limit = Limit("test/lease", burst=10, every_s=100)
    anna = Charge(limit, "anna")
    assert [await lease(database, anna, 4) for _ in range(4)] == [4, 4, 2, 0]
    assert await level_of(database, anna) == pytest.approx(10, abs=0.1)
    await later(database, 250)
    assert await lease(database, anna, 4) == 2
    assert await lease(database, Charge(limit, "jan"), 100) == 10


async def test_leases_at_once_take_no_more_than_there_is(database):
    anna = Charge(Limit("test/lease", burst=20, every_s=100), "anna")
    assert sum(await asyncio.gather(*(lease(database, anna, 3) for _ in range(20)))) == 20
