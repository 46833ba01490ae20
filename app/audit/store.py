"""SQL of the audit log and its chain."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import asyncpg

from app.database import Tx

SEALING_LOCK = 0x7365616C
"""Advisory lock («seal») that lets one process seal audit entries at a time."""


async def add_audit_entry(
    tx: Tx,
    account_id: int | None,
    login: str,
    name: str,
    address: str,
    action: str,
    subject: str,
    details: dict[str, Any],
) -> None:
    """Its id waits in audit_unsealed, put there by a trigger."""
    await tx.execute(
        "INSERT INTO audit_entry (account_id, login, name, address, action, subject, details)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        account_id,
        login,
        name,
        address,
        action,
        subject,
        details,
    )


async def hold_sealing(tx: Tx) -> bool:
    """Whether this transaction is the one that seals."""
    return bool(await tx.value("SELECT pg_try_advisory_xact_lock($1)", SEALING_LOCK))


async def chain_head(tx: Tx) -> tuple[int, bytes] | None:
    """Last position and its hash; None before the first seal."""
    row = await tx.record("SELECT position, hash FROM audit_seal ORDER BY position DESC LIMIT 1")
    return None if row is None else (row["position"], row["hash"])


async def unsealed_entries(tx: Tx, limit: int) -> list[asyncpg.Record]:
    """The oldest committed entries without a seal."""
    return await tx.records(
        "SELECT e.id, e.at, e.account_id, e.login, e.name, e.address, e.action, e.subject, e.details"
        " FROM audit_unsealed u JOIN audit_entry e ON e.id = u.entry_id ORDER BY e.id LIMIT $1",
        limit,
    )


async def add_seals(tx: Tx, seals: list[tuple[int, int, bytes]]) -> None:
    """Writes (position, entry, hash) and takes the entries off the list."""
    if not seals:
        return
    positions, entries, hashes = zip(*seals, strict=True)
    await tx.execute(
        "INSERT INTO audit_seal (position, entry_id, hash)"
        " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])",
        positions,
        entries,
        hashes,
    )
    await tx.execute("DELETE FROM audit_unsealed WHERE entry_id = ANY($1)", entries)


async def sealed_entries(tx: Tx, size: int) -> AsyncIterator[list[asyncpg.Record]]:
    """Seals with their entries in batches, in the chain's order; an entry that is gone has an id of None."""
    last = 0
    while True:
        batch = await tx.records(
            "SELECT s.position, s.hash, e.id, e.at, e.account_id, e.login, e.name, e.address, e.action, e.subject,"
            " e.details FROM audit_seal s LEFT JOIN audit_entry e ON e.id = s.entry_id"
            " WHERE s.position > $1 ORDER BY s.position LIMIT $2",
            last,
            size,
        )
        if not batch:
            return
        yield batch
        last = batch[-1]["position"]


async def count_unsealed(tx: Tx) -> tuple[int, int]:
    """How many entries wait for their seal, and how many have neither seal nor place in the list."""
    row = await tx.record(
        "SELECT (SELECT count(*) FROM audit_unsealed) AS waiting,"
        " (SELECT count(*) FROM audit_entry e"
        "   WHERE NOT EXISTS (SELECT FROM audit_seal s WHERE s.entry_id = e.id)"
        "     AND NOT EXISTS (SELECT FROM audit_unsealed u WHERE u.entry_id = e.id)) AS lost"
    )
    assert row is not None
    return int(row["waiting"]), int(row["lost"])


async def find_audit_entries(
    tx: Tx,
    *,
    person: str,
    action: str,
    subject: str,
    since: datetime | None,
    until: datetime | None,
    before: int | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Newest first. `person` is found in name or login, `action` and `subject` by their beginning; empty means all."""
    return await tx.records(
        "SELECT e.id, e.at, e.account_id, e.login, e.name, e.address, e.action, e.subject, e.details,"
        " s.position FROM audit_entry e LEFT JOIN audit_seal s ON s.entry_id = e.id"
        " WHERE ($1 = '' OR strpos(lower(e.login), lower($1)) > 0 OR strpos(lower(e.name), lower($1)) > 0)"
        " AND ($2 = '' OR starts_with(e.action, $2)) AND ($3 = '' OR starts_with(e.subject, $3))"
        " AND ($4::timestamptz IS NULL OR e.at >= $4) AND ($5::timestamptz IS NULL OR e.at < $5)"
        " AND ($6::bigint IS NULL OR e.id < $6)"
        " ORDER BY e.id DESC LIMIT $7",
        person,
        action,
        subject,
        since,
        until,
        before,
        limit,
    )
