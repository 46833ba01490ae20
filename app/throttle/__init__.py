"""Slows down who tries too often. Leaky buckets in PostgreSQL: every process sees the same ones.

An attempt is counted in a transaction of its own, before the work, so that neither a rollback nor a hundred attempts at
once escape it; what turned out well is given back. A refused attempt fills nothing: whoever hammers waits no longer
than one interval after the last success, and nobody is locked out for good.
"""

import hashlib
import ipaddress
import math

import msgspec

from app.database import Database
from app.errors import TooMany
from app.throttle import store


class Limit(msgspec.Struct, frozen=True):
    """At most `burst` attempts at once, then one every `every_s` seconds. `name` keeps limits apart."""

    name: str
    burst: int
    every_s: float


class Charge(msgspec.Struct, frozen=True):
    """One attempt of somebody against a limit."""

    limit: Limit
    who: str

    @property
    def key(self) -> str:
        """Hashed: people type passwords into the login field, and addresses are personal data."""
        return f"{self.limit.name}/{hashlib.sha256(self.who.encode()).hexdigest()[:32]}"


async def spend(database: Database, *charges: Charge) -> None:
    """Counts an attempt against every limit. Raises `TooMany` with the longest wait; then it counts nowhere."""
    wait_s = 0.0
    async with database.transaction() as tx:
        taken = []
        # one order for all, so that two attempts never wait for each other
        for charge in sorted(charges, key=lambda charge: charge.key):
            allowed, level = await store.fill_bucket(tx, charge.key, charge.limit.burst, charge.limit.every_s)
            if allowed:
                taken.append(charge)
            else:
                wait_s = max(wait_s, (level + 1 - charge.limit.burst) * charge.limit.every_s)
        if wait_s:
            for charge in taken:
                await store.drain_bucket(tx, charge.key)
    if wait_s:
        raise TooMany(max(1, math.ceil(wait_s)))


async def refund(database: Database, *charges: Charge) -> None:
    """Gives an attempt back that turned out well."""
    async with database.transaction() as tx:
        for charge in sorted(charges, key=lambda charge: charge.key):
            await store.drain_bucket(tx, charge.key)


async def lease(database: Database, charge: Charge, wanted: int) -> int:
    """Takes up to `wanted` attempts at once, for what is too frequent to be counted here one by one; says how many."""
    async with database.transaction() as tx:
        level = await store.leak_bucket(tx, charge.key, charge.limit.every_s)
        granted = max(0, min(wanted, math.floor(charge.limit.burst - level)))
        if granted:
            await store.pour_in(tx, charge.key, granted)
    return granted


async def forget_idle(database: Database) -> None:
    """Drops counters that nobody touched for a day."""
    async with database.transaction() as tx:
        await store.forget_buckets(tx)


def network_of(address: str) -> str:
    """Whom an address stands for: an IPv6 subscriber has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
