"""SQL of the outbox between processes."""

from collections.abc import Sequence

import msgspec

from app.database import Tx
from realtime.hub import Happening

CHANNEL = "gryf_realtime"


async def insert_happenings(tx: Tx, origin: str, happenings: Sequence[Happening]) -> None:
    """Writes events in their order."""
    await tx.execute(
        "INSERT INTO realtime_outbox (origin, room, type, key, payload, seq, rev)"
        " SELECT $1, room, type, key, payload, seq, rev"
        " FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[]) WITH ORDINALITY"
        " AS given (room, type, key, payload, seq, rev, place) ORDER BY place",
        origin,
        [what.room for what in happenings],
        [what.type for what in happenings],
        [what.key for what in happenings],
        [what.payload.decode() for what in happenings],
        [what.seq for what in happenings],
        [what.rev for what in happenings],
    )


async def wake_readers(tx: Tx) -> None:
    """When the transaction commits. NOTIFY takes one lock of the whole server meanwhile: once a transaction."""
    await tx.execute("SELECT pg_notify($1, '')", CHANNEL)


class View(msgspec.Struct, frozen=True):
    """What a transaction sees: `snapshot` in PostgreSQL's text form, and its upper end."""

    snapshot: str
    xmax: int
    newest: int
    """Highest id in the outbox."""
    started: str
    """When the database server started."""


async def view(tx: Tx) -> View:
    """The view of this (repeatable read) transaction."""
    row = await tx.record(
        "SELECT pg_current_snapshot()::text AS snapshot, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax,"
        " coalesce((SELECT max(id) FROM realtime_outbox), 0) AS newest, pg_postmaster_start_time()::text AS started"
    )
    assert row is not None
    return View(**row)


async def happenings_since(
    tx: Tx, snapshot: str, origin: str, after_id: int | None = None
) -> tuple[list[Happening], float]:
    """Events of other processes that are visible now and were not in `snapshot`: each comes once, none is missed.

    And how old the oldest of them is, in seconds by the database's clock. `after_id` after a restart of the database: a
    crash may give out numbers of transactions again that were lost in it, but never ids.
    """
    rows = await tx.records(
        "SELECT room, type, key, payload, seq, rev,"
        " extract(epoch FROM clock_timestamp() - written_at)::float8 AS age_s FROM realtime_outbox"
        " WHERE origin <> $2 AND (xid >= pg_snapshot_xmin($1::text::pg_snapshot)"
        " AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot) OR id > $3)"
        " ORDER BY id",
        snapshot,
        origin,
        2**62 if after_id is None else after_id,
    )
    found = [
        Happening(row["room"], row["type"], row["key"], row["payload"].encode(), row["seq"], row["rev"]) for row in rows
    ]
    return found, max((row["age_s"] for row in rows), default=0.0)


async def delete_older(tx: Tx, keep_s: float) -> None:
    await tx.execute("DELETE FROM realtime_outbox WHERE written_at < now() - make_interval(secs => $1)", keep_s)
