"""SQL of the throttle's counters."""

from app.database import Tx


async def fill_bucket(tx: Tx, key: str, burst: int, every_s: float) -> tuple[bool, float]:
    """Counts an attempt if it still fits. Returns whether it did, and the level after it."""
    row = await tx.record(
        "INSERT INTO throttle AS t (key, level, allowed, seen_at) VALUES ($1, 1, true, clock_timestamp())"
        " ON CONFLICT (key) DO UPDATE SET (level, allowed, seen_at) ="
        "  (SELECT CASE WHEN now_in + 1 <= $2 THEN now_in + 1 ELSE now_in END, now_in + 1 <= $2, clock_timestamp()"
        "     FROM (SELECT greatest(0, t.level - extract(epoch FROM clock_timestamp() - t.seen_at)::float8 / $3)"
        "           AS now_in) AS leaked)"
        " RETURNING allowed, level",
        key,
        float(burst),
        every_s,
    )
    assert row is not None
    return bool(row["allowed"]), float(row["level"])


async def leak_bucket(tx: Tx, key: str, every_s: float) -> float:
    """The level after what has leaked until now. Others who want to fill it wait until the transaction ends."""
    level: float = await tx.value(
        "INSERT INTO throttle AS t (key, level, allowed, seen_at) VALUES ($1, 0, true, clock_timestamp())"
        " ON CONFLICT (key) DO UPDATE SET seen_at = clock_timestamp(), level ="
        "  greatest(0, t.level - greatest(0, extract(epoch FROM clock_timestamp() - t.seen_at)::float8) / $2)"
        " RETURNING level",
        key,
        every_s,
    )
    return level


async def pour_in(tx: Tx, key: str, amount: int) -> None:
    """Adds to the level."""
    await tx.execute("UPDATE throttle SET level = level + $2 WHERE key = $1", key, float(amount))


async def drain_bucket(tx: Tx, key: str) -> None:
    """Gives one attempt back."""
    await tx.execute("UPDATE throttle SET level = greatest(0, level - 1) WHERE key = $1", key)


async def forget_buckets(tx: Tx) -> None:
    """Drops counters that nobody touched for a day."""
    await tx.execute("DELETE FROM throttle WHERE seen_at < now() - interval '1 day'")
