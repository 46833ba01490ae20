"""SQL of clocks, and of what was told of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from app.database import Tx
from portals.helpdesk.numbers import number_of
from portals.helpdesk.sla.model import Alarm, Clock, CountedClock, Facts, StateSpan, Step, TicketClocks

_CLOCKS: Final = """
SELECT s.ticket_id, s.queue_id, coalesce(a.name, '') AS agreement, s.rev,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                     'measure', c.measure, 'target_min', c.target_min, 'started_at', c.started_at,
                     'stopped_at', c.stopped_at, 'paused', c.paused, 'used_s', c.used_s, 'counted_at', c.counted_at,
                     'due_at', c.due_at, 'late_at', c.late_at, 'kept', c.kept, 'runs', c.runs) ORDER BY c.measure)
                   FROM ticket_clock c WHERE c.ticket_id = s.ticket_id), '[]') AS clocks
  FROM ticket_sla s
  LEFT JOIN sla_agreement a ON a.id = s.agreement_id
"""
_ALARM: Final = """
SELECT m.id, m.ticket_id, t.subject, coalesce(k.short_name, u.name, '') AS unit_name, t.queue_id,
       coalesce(a.name, '') AS assignee_name, t.priority, m.measure, m.kind, m.level, m.target_min, m.at, m.told_at
  FROM ticket_alarm m
  JOIN ticket t ON t.id = m.ticket_id
  LEFT JOIN unit u ON u.id = t.unit_id
  LEFT JOIN unit_card k ON k.unit_id = t.unit_id
  LEFT JOIN account a ON a.id = t.assignee_id
"""
_COLUMNS: Final = (
    *(("target_min", "integer"), ("started_at", "timestamptz"), ("stopped_at", "timestamptz"), ("paused", "boolean")),
    *(("used_s", "double precision"), ("counted_at", "timestamptz"), ("warn_at", "timestamptz")),
    *(
        ("due_at", "timestamptz"),
        ("late_at", "timestamptz"),
        ("kept", "boolean"),
        ("runs", "jsonb"),
        ("steps", "jsonb"),
    ),
)
"""Of a clock, in the order in which they are written."""


class Mark(msgspec.Struct, frozen=True):
    """A ticket whose clocks must be counted anew. `quiet`: what lies behind `at` is not told."""

    id: int
    ticket_id: int
    quiet: bool
    at: datetime


class Promises(msgspec.Struct, frozen=True):
    """What holds for a ticket, and its clocks with when the next thing is to be told of each."""

    ticket_id: int
    queue_id: int
    agreement_id: int | None
    is_open: bool
    clocks: list[tuple[CountedClock, datetime | None]]


class DueClock(msgspec.Struct, frozen=True):
    """A clock of which something is to be told."""

    ticket_id: int
    measure: str
    target_min: int
    steps: list[Step]


async def now(tx: Tx) -> datetime:
    """The clock of the database at this very moment: the transaction may have waited for a lock."""
    return await tx.now()


async def alone(tx: Tx) -> None:
    """Waits until no other process counts or tells; it is alone until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('helpdesk.sla', 0))")


# counting


async def take_marks(tx: Tx, limit: int) -> list[Mark]:
    """The oldest marks, which are gone with this transaction."""
    rows = await tx.all(
        Mark,
        "DELETE FROM sla_mark WHERE id IN (SELECT id FROM sla_mark ORDER BY id LIMIT $1)"
        " RETURNING id, ticket_id, quiet, at",
        limit,
    )
    return sorted(rows, key=lambda one: one.id)


async def is_marked(tx: Tx, ticket_id: int) -> bool:
    """Whether the ticket's clocks are to be counted anew."""
    return bool(await tx.value("SELECT EXISTS (SELECT FROM sla_mark WHERE ticket_id = $1)", ticket_id))


async def facts(tx: Tx, ids: Sequence[int]) -> list[Facts]:
    """Of these tickets, without their spans."""
    return await tx.all(
        Facts,
        "SELECT t.id, t.queue_id, coalesce(u.path, '') AS unit_path, t.priority, t.state, t.source, t.sent_at,"
        " t.first_reply_at, t.solved_at, t.closed_at FROM ticket t LEFT JOIN unit u ON u.id = t.unit_id"
        " WHERE t.id = ANY($1::bigint[]) ORDER BY t.id",
        list(ids),
    )


async def spans(tx: Tx, ids: Sequence[int]) -> list[StateSpan]:
    """Those in which clocks may stand."""
    return await tx.all(
        StateSpan,
        "SELECT ticket_id, state, pending_reason, begun_at, ended_at FROM ticket_span"
        " WHERE ticket_id = ANY($1::bigint[]) AND state IN ('pending', 'solved', 'closed') ORDER BY id",
        list(ids),
    )


async def told_queues(tx: Tx, ids: Sequence[int]) -> dict[int, int]:
    """Ticket → queue in whose room its clocks stand."""
    records = await tx.records(
        "SELECT ticket_id, queue_id FROM ticket_sla WHERE ticket_id = ANY($1::bigint[]) AND open", list(ids)
    )
    return {one["ticket_id"]: one["queue_id"] for one in records}


async def told_of(tx: Tx, ids: Sequence[int]) -> dict[tuple[int, str, int], list[tuple[str, int]]]:
    """Ticket, measure and target → kind and level of what was told of it."""
    records = await tx.records(
        "SELECT ticket_id, measure, target_min, kind, level FROM ticket_alarm WHERE ticket_id = ANY($1::bigint[])",
        list(ids),
    )
    found: dict[tuple[int, str, int], list[tuple[str, int]]] = {}
    for one in records:
        key = (one["ticket_id"], one["measure"], one["target_min"])
        found.setdefault(key, []).append((one["kind"], one["level"]))
    return found


async def settled_clocks(tx: Tx, ids: Sequence[int]) -> dict[int, list[CountedClock]]:
    """Of these tickets the clocks that have stopped."""
    names = ", ".join(name for name, _kind in _COLUMNS)
    records = await tx.records(
        f"SELECT ticket_id, measure, {names} FROM ticket_clock WHERE ticket_id = ANY($1::bigint[])"
        " AND stopped_at IS NOT NULL",
        list(ids),
    )
    found: dict[int, list[CountedClock]] = {}
    for one in records:
        values = dict(one)
        found.setdefault(values.pop("ticket_id"), []).append(msgspec.convert(values, CountedClock))
    return found


async def save_promises(tx: Tx, promises: Sequence[Promises]) -> dict[int, int]:
    """Writes whose agreement holds for tickets, each with a higher rev: ticket → rev."""
    records = await tx.records(
        "INSERT INTO ticket_sla AS s (ticket_id, queue_id, agreement_id, open)"
        " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[])"
        " ON CONFLICT (ticket_id) DO UPDATE SET queue_id = excluded.queue_id, agreement_id = excluded.agreement_id,"
        " open = excluded.open, rev = s.rev + 1 RETURNING ticket_id, rev",
        [one.ticket_id for one in promises],
        [one.queue_id for one in promises],
        [one.agreement_id for one in promises],
        [one.is_open for one in promises],
    )
    return {one["ticket_id"]: one["rev"] for one in records}


async def save_clocks(tx: Tx, promises: Sequence[Promises]) -> None:
    """Writes how the promises of tickets stand, in place of what stood there."""
    rows = [(one.ticket_id, clock, at) for one in promises for clock, at in one.clocks]
    await tx.execute(
        "DELETE FROM ticket_clock c WHERE c.ticket_id = ANY($1::bigint[]) AND NOT EXISTS (SELECT FROM"
        " unnest($2::bigint[], $3::text[]) AS n (id, measure) WHERE n.id = c.ticket_id AND n.measure = c.measure)",
        [one.ticket_id for one in promises],
        [ticket_id for ticket_id, _clock, _at in rows],
        [clock.measure for _id, clock, _at in rows],
    )
    names = [name for name, _kind in _COLUMNS]
    sets = ", ".join(f"{name} = excluded.{name}" for name in names)
    # a list in an array is a second dimension to the driver, so documents travel as text
    places = ", ".join(
        f"${number}::{'text' if kind == 'jsonb' else kind}[]" for number, (_name, kind) in enumerate(_COLUMNS, start=4)
    )
    taken = ", ".join(f"n.{name}::{kind}" for name, kind in _COLUMNS)
    await tx.execute(
        f"INSERT INTO ticket_clock (ticket_id, measure, next_at, {', '.join(names)})"
        f" SELECT n.ticket_id, n.measure, n.next_at, {taken}"
        f" FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], {places})"
        f" AS n (ticket_id, measure, next_at, {', '.join(names)})"
        f" ON CONFLICT (ticket_id, measure) DO UPDATE SET next_at = excluded.next_at, {sets}",
        [ticket_id for ticket_id, _clock, _at in rows],
        [clock.measure for _id, clock, _at in rows],
        [at for _id, _clock, at in rows],
        *(
            [_sent(getattr(clock, name)) if kind == "jsonb" else getattr(clock, name) for _id, clock, _at in rows]
            for name, kind in _COLUMNS
        ),
    )


def _sent(document: object) -> str:
    return msgspec.json.encode(document).decode()


async def set_next(tx: Tx, ticket_id: int, measure: str, at: datetime | None) -> None:
    await tx.execute(
        "UPDATE ticket_clock SET next_at = $3 WHERE ticket_id = $1 AND measure = $2", ticket_id, measure, at
    )


# telling


async def due_clocks(tx: Tx, limit: int) -> list[DueClock]:
    """Of which something is to be told by now; not those that are to be counted anew first."""
    records = await tx.records(
        "SELECT ticket_id, measure, target_min, steps FROM ticket_clock c WHERE next_at <= clock_timestamp()"
        " AND NOT EXISTS (SELECT FROM sla_mark m WHERE m.ticket_id = c.ticket_id) ORDER BY next_at LIMIT $1",
        limit,
    )
    return [msgspec.convert(dict(one), DueClock) for one in records]


async def next_moment(tx: Tx) -> datetime | None:
    found: datetime | None = await tx.value("SELECT min(next_at) FROM ticket_clock WHERE next_at IS NOT NULL")
    return found


async def add_alarm(tx: Tx, ticket_id: int, measure: str, target_min: int, step: Step, *, quiet: bool) -> int | None:
    """None: it was told already."""
    found: int | None = await tx.value(
        "INSERT INTO ticket_alarm (ticket_id, measure, kind, level, target_min, at, quiet)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id",
        ticket_id,
        measure,
        step.kind,
        step.level,
        target_min,
        step.at,
        quiet,
    )
    return found


async def alarm(tx: Tx, alarm_id: int) -> Alarm:
    record = await tx.record(f"{_ALARM} WHERE m.id = $1", alarm_id)
    assert record is not None  # it was just written
    return _alarm(record)


async def alarms(tx: Tx, queue_id: int, limit: int) -> list[Alarm]:
    """What was told of the queue's open tickets, the newest first."""
    records = await tx.records(
        f"{_ALARM} WHERE t.queue_id = $1 AND t.state IN ('new', 'open', 'pending') AND NOT m.quiet"
        " ORDER BY m.id DESC LIMIT $2",
        queue_id,
        limit,
    )
    return [_alarm(one) for one in records]


def _alarm(record: asyncpg.Record) -> Alarm:
    return Alarm(number=number_of(record["ticket_id"]), **record)


async def agents_to_tell(tx: Tx, ticket_id: int) -> list[int]:
    """Whose ticket it is; else the members of its team; else of the teams that work on its queue."""
    records = await tx.records(
        "SELECT t.assignee_id AS id FROM ticket t WHERE t.id = $1 AND t.assignee_id IS NOT NULL"
        " UNION SELECT m.account_id FROM ticket t JOIN helpdesk_team_member m ON m.team_id = t.team_id"
        " WHERE t.id = $1 AND t.assignee_id IS NULL"
        " UNION SELECT m.account_id FROM ticket t JOIN helpdesk_queue_team q ON q.queue_id = t.queue_id"
        " JOIN helpdesk_team g ON g.id = q.team_id AND g.active JOIN helpdesk_team_member m ON m.team_id = g.id"
        " WHERE t.id = $1 AND t.assignee_id IS NULL AND t.team_id IS NULL ORDER BY 1",
        ticket_id,
    )
    return [one["id"] for one in records]


async def leads(tx: Tx, role: str) -> list[int]:
    """Accounts that hold a role and may sign in."""
    records = await tx.records(
        "SELECT DISTINCT g.account_id AS id FROM active_grant g JOIN account a ON a.id = g.account_id"
        " WHERE g.role = $1 AND a.disabled_at IS NULL ORDER BY 1",
        role,
    )
    return [one["id"] for one in records]


# reading


async def clocks(tx: Tx, ids: Iterable[int]) -> list[TicketClocks]:
    """Of these tickets, as far as they were counted."""
    records = await tx.records(f"{_CLOCKS} WHERE s.ticket_id = ANY($1::bigint[]) ORDER BY s.ticket_id", list(ids))
    return [_ticket_clocks(one) for one in records]


async def queue_clocks(tx: Tx, queue_id: int, limit: int) -> list[TicketClocks]:
    """Of the queue's open tickets, those that are due first at the front."""
    records = await tx.records(
        f"{_CLOCKS} WHERE s.queue_id = $1 AND s.open ORDER BY (SELECT min(c.due_at) FROM ticket_clock c"
        " WHERE c.ticket_id = s.ticket_id AND c.stopped_at IS NULL) NULLS LAST, s.ticket_id LIMIT $2",
        queue_id,
        limit,
    )
    return [_ticket_clocks(one) for one in records]


def _ticket_clocks(record: asyncpg.Record) -> TicketClocks:
    values: dict[str, Any] = dict(record)
    values["clocks"] = msgspec.convert(values["clocks"], list[Clock])
    return TicketClocks(number=number_of(record["ticket_id"]), **values)
