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


async def drain_bucket(tx: Tx, key: str) -> None:
    """Gives one attempt back."""
    await tx.execute("UPDATE throttle SET level = greatest(0, level - 1) WHERE key = $1", key)


async def forget_buckets(tx: Tx) -> None:
    """Drops counters that nobody touched for a day."""
    await tx.execute("DELETE FROM throttle WHERE seen_at < now() - interval '1 day'")
