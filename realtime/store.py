"""SQL of the outbox between processes."""

from collections.abc import Sequence

import msgspec

from app.database import Tx
from realtime.hub import Happening

CHANNEL = "gryf_realtime"


async def insert_happenings(tx: Tx, origin: str, happenings: Sequence[Happening]) -> None:
    """Writes events in their order."""
    await tx.execute(
        "INSERT INTO realtime_outbox (origin, room, type, key, payload)"
        " SELECT $1, room, type, key, payload"
        " FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY"
        " AS given (room, type, key, payload, place) ORDER BY place",
        origin,
        [what.room for what in happenings],
        [what.type for what in happenings],
        [what.key for what in happenings],
        [what.payload.decode() for what in happenings],
    )


async def wake_readers(tx: Tx) -> None:
    """When the transaction commits. NOTIFY takes one lock of the whole server meanwhile: once a transaction."""
    await tx.execute("SELECT pg_notify($1, '')", CHANNEL)


class View(msgspec.Struct, frozen=True):
    """What a transaction sees: `snapshot` in PostgreSQL's text form, and its upper end."""

    snapshot: str
    xmax: int


async def view(tx: Tx) -> View:
    """The view of this (repeatable read) transaction."""
    row = await tx.record(
        "SELECT pg_current_snapshot()::text AS snapshot, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax"
    )
    assert row is not None
    return View(**row)


async def happenings_since(tx: Tx, snapshot: str, origin: str) -> list[Happening]:
    """Events of other processes that are visible now and were not in `snapshot`: each comes once, none is missed."""
    rows = await tx.records(
        "SELECT room, type, key, payload FROM realtime_outbox"
        " WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot)"
        " AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot) AND origin <> $2"
        " ORDER BY id",
        snapshot,
        origin,
    )
    return [Happening(row["room"], row["type"], row["key"], row["payload"].encode()) for row in rows]


async def delete_older(tx: Tx, keep_s: float) -> None:
    await tx.execute("DELETE FROM realtime_outbox WHERE written_at < now() - make_interval(secs => $1)", keep_s)
