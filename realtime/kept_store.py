"""SQL of kept rooms: their numbering, their log, and how far accounts have acknowledged."""

import secrets
from collections.abc import Sequence

import msgspec

from app.database import Tx


class Place(msgspec.Struct, frozen=True):
    """Where a kept room stands: the newest `seq` of its numbering `epoch`."""

    epoch: str
    seq: int


class Entry(msgspec.Struct, frozen=True):
    """An event in the log."""

    seq: int
    key: str
    payload: str


class Advance(msgspec.Struct, frozen=True):
    """An account has acknowledged more: up to `seq`, and up to `before` until now (None: nothing)."""

    room: str
    account_id: int
    seq: int
    before: int | None


async def take_numbers(tx: Tx, counts: dict[str, int]) -> dict[str, int]:
    """Numbers for so many events of each room: the last of them. Holds the rooms' numbering until COMMIT.

    Always in the order of names, so that two transactions never wait for each other.
    """
    names = sorted(counts)
    rows = await tx.records(
        "INSERT INTO realtime_room AS r (room, epoch, seq)"
        " SELECT room, epoch, many FROM unnest($1::text[], $2::text[], $3::bigint[]) AS given (room, epoch, many)"
        ' ORDER BY room COLLATE "C"'
        " ON CONFLICT (room) DO UPDATE SET seq = r.seq + excluded.seq RETURNING room, seq",
        names,
        [new_epoch() for _ in names],
        [counts[name] for name in names],
    )
    return {row["room"]: row["seq"] for row in rows}


async def keep(tx: Tx, rooms: Sequence[str], entries: Sequence[Entry]) -> None:
    """Writes events into the log."""
    await tx.execute(
        "INSERT INTO realtime_log (room, seq, key, payload)"
        " SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])",
        list(rooms),
        [entry.seq for entry in entries],
        [entry.key for entry in entries],
        [entry.payload for entry in entries],
    )


async def erase(tx: Tx, room: str, by: Entry) -> None:
    """Puts an event in the place of all older ones with its key: what they said is gone."""
    await tx.execute(
        "UPDATE realtime_log SET payload = $4 WHERE room = $1 AND key = $2 AND seq < $3",
        room,
        by.key,
        by.seq,
        by.payload,
    )


async def place(tx: Tx, room: str) -> Place | None:
    """Where a room stands in this transaction's view; None before its first event."""
    return await tx.maybe(Place, "SELECT epoch, seq FROM realtime_room WHERE room = $1", room)


async def begin_room(tx: Tx, room: str) -> None:
    """Gives a room its numbering if it has none."""
    await tx.execute(
        "INSERT INTO realtime_room (room, epoch) VALUES ($1, $2) ON CONFLICT (room) DO NOTHING", room, new_epoch()
    )


async def entries_between(tx: Tx, room: str, after: int, until: int, limit: int) -> list[Entry]:
    """The newest `limit` events after `after` up to `until`, in order; fewer where the log forgot some."""
    return await tx.all(
        Entry,
        "SELECT seq, key, payload FROM (SELECT seq, key, payload FROM realtime_log"
        " WHERE room = $1 AND seq > $2 AND seq <= $3 ORDER BY seq DESC LIMIT $4) AS newest ORDER BY seq",
        room,
        after,
        until,
        limit,
    )


async def entries_after(tx: Tx, room: str, after: int, limit: int) -> list[Entry]:
    """The first `limit` events after `after`, in order."""
    return await tx.all(
        Entry,
        "SELECT seq, key, payload FROM realtime_log WHERE room = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        room,
        after,
        limit,
    )


async def forget_entries(tx: Tx, keep_s: float) -> None:
    """Takes old events out of the log."""
    await tx.execute("DELETE FROM realtime_log WHERE written_at < now() - make_interval(secs => $1)", keep_s)


async def acked(tx: Tx, room: str, account_id: int) -> int | None:
    """How far an account has acknowledged."""
    found: int | None = await tx.value(
        "SELECT seq FROM realtime_ack WHERE room = $1 AND account_id = $2", room, account_id
    )
    return found


async def advance_acks(tx: Tx, words: Sequence[tuple[str, int, int]]) -> list[Advance]:
    """Stores (room, account, seq) where it is more than what is known, of accounts and rooms that are there."""
    ordered = sorted(words)
    return await tx.all(
        Advance,
        "WITH given AS ("
        "  SELECT g.room, g.account_id, least(g.seq, r.seq) AS seq"
        "  FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS g (room, account_id, seq)"
        "  JOIN account ON account.id = g.account_id JOIN realtime_room AS r ON r.room = g.room),"
        " known AS (SELECT a.* FROM realtime_ack AS a JOIN given USING (room, account_id) FOR UPDATE OF a)"
        " INSERT INTO realtime_ack AS a (room, account_id, seq)"
        " SELECT given.room, given.account_id, given.seq FROM given LEFT JOIN known USING (room, account_id)"
        " WHERE known.seq IS NULL OR known.seq < given.seq ORDER BY 1, 2"
        " ON CONFLICT (room, account_id) DO UPDATE SET seq = greatest(a.seq, excluded.seq), acked_at = now()"
        " RETURNING room, account_id, seq,"
        " (SELECT seq FROM known WHERE known.room = a.room AND known.account_id = a.account_id) AS before",
        [room for room, _, _ in ordered],
        [account_id for _, account_id, _ in ordered],
        [seq for _, _, seq in ordered],
    )


async def keys_between(tx: Tx, room: str, after: int, until: int) -> list[str]:
    """Keys of events after `after` up to `until`, in order, as far as the log goes back."""
    rows = await tx.records(
        "SELECT key FROM realtime_log WHERE room = $1 AND seq > $2 AND seq <= $3 ORDER BY seq", room, after, until
    )
    return [row["key"] for row in rows]


async def accounts_that_have(tx: Tx, room: str, seq: int) -> list[int]:
    """Accounts that have acknowledged an event of a room."""
    rows = await tx.records(
        "SELECT account_id FROM realtime_ack WHERE room = $1 AND seq >= $2 ORDER BY account_id", room, seq
    )
    return [row["account_id"] for row in rows]


async def accounts_that_had(tx: Tx, room: str, key: str, among: int) -> list[int]:
    """Accounts that have acknowledged the newest event whose key begins so, among the newest `among` of a room."""
    rows = await tx.records(
        "SELECT account_id FROM realtime_ack WHERE room = $1 AND seq >= (SELECT max(seq) FROM (SELECT seq, key"
        " FROM realtime_log WHERE room = $1 ORDER BY seq DESC LIMIT $3) AS newest WHERE starts_with(key, $2))"
        " ORDER BY account_id",
        room,
        key,
        among,
    )
    return [row["account_id"] for row in rows]


def new_epoch() -> str:
    """Names a numbering: who comes with another one needs a snapshot."""
    return secrets.token_urlsafe(9)
