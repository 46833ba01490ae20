"""SQL of webhooks and of what they send."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from app.database import Tx
from portals.helpdesk.webhooks.model import Attempt, Delivery, State, Taken, Webhook

_WEBHOOK: Final = """
SELECT w.id, w.name, w.url, w.events, w.notes, w.active, w.stopped, w.old_until, w.not_before, w.failing_since,
       w.delivered_at, w.rev,
       (SELECT count(*) FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'waiting') AS waiting
  FROM webhook w
"""
_DELIVERY: Final = """
SELECT d.id, d.webhook_id, d.message_id, d.kind, d.key, d.at, d.state, d.attempts, d.next_at, d.done_at,
       a.status, coalesce(a.problem, '') AS problem
  FROM webhook_delivery d
  LEFT JOIN LATERAL (SELECT status, problem FROM webhook_attempt x WHERE x.delivery_id = d.id
                      ORDER BY x.id DESC LIMIT 1) a ON true
"""
COLUMNS: Final = frozenset(
    {
        *("name", "url", "events", "notes", "active", "stopped", "secret", "old_secret", "old_until", "not_before"),
        *("failing_since", "delivered_at"),
    }
)


async def now(tx: Tx) -> datetime:
    found: datetime = await tx.value("SELECT clock_timestamp()")
    return found


# webhooks


async def webhooks(tx: Tx) -> list[Webhook]:
    """By name."""
    return await tx.all(Webhook, f"{_WEBHOOK} ORDER BY lower(w.name), w.id")


async def webhook(tx: Tx, webhook_id: int, *, lock: bool = False) -> Webhook | None:
    if lock and await tx.value("SELECT id FROM webhook WHERE id = $1 FOR UPDATE", webhook_id) is None:
        return None
    return await tx.maybe(Webhook, f"{_WEBHOOK} WHERE w.id = $1", webhook_id)


async def add(tx: Tx, columns: Mapping[str, Any], made_by: int | None) -> int | None:
    """Id of the new one; None: the name is taken."""
    assert columns.keys() <= COLUMNS
    names = [*columns, "made_by"]
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    found = await tx.value(
        f"INSERT INTO webhook ({', '.join(names)}) VALUES ({places}) ON CONFLICT (lower(name)) DO NOTHING RETURNING id",
        *columns.values(),
        made_by,
    )
    return None if found is None else int(found)


async def change(tx: Tx, webhook_id: int, columns: Mapping[str, Any], *, by_people: bool = True) -> bool:
    """Whether it could be: the name may be taken. What the sending itself notes is nobody's change: no new rev."""
    assert columns.keys() <= COLUMNS
    sets = [f"{name} = ${number}" for number, name in enumerate(columns, start=2)]
    try:
        async with tx.connection.transaction():
            await tx.execute(
                f"UPDATE webhook SET {', '.join([*sets, ''])} rev = rev + {int(by_people)} WHERE id = $1",
                webhook_id,
                *columns.values(),
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def secrets(tx: Tx, webhook_id: int) -> tuple[bytes | None, bytes | None]:
    """Sealed: the one of now, and the one before."""
    record = await tx.record("SELECT secret, old_secret FROM webhook WHERE id = $1", webhook_id)
    return (None, None) if record is None else (record["secret"], record["old_secret"])


async def remove(tx: Tx, webhook_id: int) -> bool:
    return await tx.execute("DELETE FROM webhook WHERE id = $1", webhook_id) == "DELETE 1"


async def leads(tx: Tx, role: str) -> list[int]:
    records = await tx.records(
        "SELECT DISTINCT g.account_id FROM active_grant g JOIN account a ON a.id = g.account_id"
        " WHERE g.role = $1 AND a.disabled_at IS NULL ORDER BY 1",
        role,
    )
    return [one["account_id"] for one in records]


# what is sent


async def add_test(tx: Tx, webhook_id: int, data: Mapping[str, object], at: datetime) -> int:
    found: int = await tx.value(
        "INSERT INTO webhook_delivery (webhook_id, kind, key, data, at, since, next_at)"
        " VALUES ($1, 'webhook.test', 'test/' || gen_random_uuid(), $2, $3, $3, $3) RETURNING id",
        webhook_id,
        data,
        at,
    )
    return found


async def anything(tx: Tx) -> bool:
    """Whether anything waits."""
    return bool(await tx.value("SELECT EXISTS (SELECT FROM webhook_delivery WHERE state = 'waiting')"))


async def take(tx: Tx, moment: datetime, lease: timedelta, at_once: int, each: int) -> list[Taken]:
    """Some of what is due: of each ticket the oldest that waits, of each webhook at most `each` at a time. They are
    ours until the lease is over. One process at a time.
    """
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('helpdesk.webhooks', 0))")
    records = await tx.records(
        "WITH head AS ("
        " SELECT DISTINCT ON (d.webhook_id, d.key) d.id, d.webhook_id, d.next_at, (d.leased_until > $1) IS TRUE AS busy"
        " FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id"
        " WHERE d.state = 'waiting' AND w.active AND (w.not_before IS NULL OR w.not_before <= $1)"
        " ORDER BY d.webhook_id, d.key, d.id), ranked AS ("
        " SELECT id, next_at, busy,"
        " row_number() OVER (PARTITION BY webhook_id ORDER BY busy DESC, next_at, id) AS place FROM head), chosen AS ("
        " SELECT id FROM ranked WHERE NOT busy AND next_at <= $1 AND place <= $4 ORDER BY next_at, id LIMIT $3)"
        " UPDATE webhook_delivery d SET leased_until = $1 + $2::interval, attempts = d.attempts + 1"
        " FROM webhook w WHERE d.id IN (SELECT id FROM chosen) AND w.id = d.webhook_id"
        " RETURNING d.id, d.webhook_id, d.message_id, d.kind, d.key, d.data, d.at, d.body, d.attempts, d.since,"
        " w.url, w.secret, w.old_secret, w.old_until",
        moment,
        lease,
        at_once,
        each,
    )
    return sorted((Taken(**one) for one in records), key=lambda one: one.id)


async def next_moment(tx: Tx, moment: datetime) -> datetime | None:
    """When something is due next, leases and peace counted in; None: nothing waits."""
    found: datetime | None = await tx.value(
        "SELECT min(greatest(found.next_at, found.leased_until, found.not_before)) FROM ("
        " SELECT DISTINCT ON (d.webhook_id, d.key) d.next_at, d.leased_until, w.not_before"
        " FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id"
        " WHERE d.state = 'waiting' AND w.active ORDER BY d.webhook_id, d.key, d.id) found"
        " WHERE greatest(found.next_at, found.leased_until, found.not_before) > $1",
        moment,
    )
    return found


async def keep_body(tx: Tx, delivery_id: int, body: str) -> None:
    await tx.execute("UPDATE webhook_delivery SET body = $2 WHERE id = $1 AND body IS NULL", delivery_id, body)


async def add_attempt(tx: Tx, delivery_id: int, attempt: Attempt) -> None:
    await tx.execute(
        "INSERT INTO webhook_attempt (delivery_id, at, ms, status, problem, answer)"
        " SELECT id, $2, $3, $4, $5, $6 FROM webhook_delivery WHERE id = $1",
        delivery_id,
        attempt.at,
        attempt.ms,
        attempt.status,
        attempt.problem,
        attempt.answer,
    )


async def settle(tx: Tx, delivery_id: int, state: State, at: datetime, next_at: datetime | None = None) -> None:
    """`next_at`: of one that waits on."""
    await tx.execute(
        "UPDATE webhook_delivery SET state = $2, leased_until = NULL, next_at = coalesce($4, next_at),"
        " done_at = CASE WHEN $2 = 'waiting' THEN NULL ELSE $3::timestamptz END WHERE id = $1",
        delivery_id,
        state,
        at,
        next_at,
    )


async def send_again(tx: Tx, delivery_id: int, at: datetime) -> None:
    """From the beginning, with the same message id."""
    await tx.execute(
        "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, since = $2, next_at = $2, leased_until = NULL,"
        " done_at = NULL WHERE id = $1",
        delivery_id,
        at,
    )


async def deliveries(tx: Tx, webhook_id: int, limit: int, before: int | None = None) -> list[Delivery]:
    """The newest first. `before`: older than this id."""
    return await tx.all(
        Delivery,
        f"{_DELIVERY} WHERE d.webhook_id = $1 AND ($3::bigint IS NULL OR d.id < $3) ORDER BY d.id DESC LIMIT $2",
        webhook_id,
        limit,
        before,
    )


async def delivery(tx: Tx, webhook_id: int, delivery_id: int, *, lock: bool = False) -> Delivery | None:
    if lock:
        await tx.execute("SELECT id FROM webhook_delivery WHERE id = $1 FOR UPDATE", delivery_id)
    return await tx.maybe(Delivery, f"{_DELIVERY} WHERE d.webhook_id = $1 AND d.id = $2", webhook_id, delivery_id)


async def what(tx: Tx, delivery_id: int) -> tuple[dict[str, object], str | None]:
    """Data and, once it was tried, body."""
    record = await tx.record("SELECT data, body FROM webhook_delivery WHERE id = $1", delivery_id)
    assert record is not None  # the caller has just read it
    return record["data"], record["body"]


async def attempts(tx: Tx, delivery_id: int, limit: int) -> list[Attempt]:
    """The newest first."""
    return await tx.all(
        Attempt,
        "SELECT at, ms, status, problem, answer FROM webhook_attempt WHERE delivery_id = $1 ORDER BY id DESC LIMIT $2",
        delivery_id,
        limit,
    )


async def tidy(tx: Tx, done_before: datetime, waiting_since: datetime, moment: datetime) -> int:
    """Forgets what is old, and gives up what has waited too long at webhooks that are off; how much was forgotten."""
    await tx.execute(
        "UPDATE webhook_delivery d SET state = 'given_up', done_at = $2, leased_until = NULL FROM webhook w"
        " WHERE w.id = d.webhook_id AND NOT w.active AND d.state = 'waiting' AND d.since < $1",
        waiting_since,
        moment,
    )
    tag = await tx.execute("DELETE FROM webhook_delivery WHERE state <> 'waiting' AND done_at < $1", done_before)
    return int(tag.rpartition(" ")[2])
