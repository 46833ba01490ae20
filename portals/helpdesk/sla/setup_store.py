"""SQL of calendars and agreements."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import asyncpg
import msgspec

from app.database import Tx
from portals.helpdesk.sla.model import Agreement, AgreementDraft, CalendarRow, Hours, OwnDay, Week

_CALENDARS: Final = """
SELECT c.id, c.name, c.country, c.rev,
       (SELECT count(*)::int FROM sla_agreement a WHERE a.calendar_id = c.id) AS agreements,
       coalesce((SELECT jsonb_agg(jsonb_build_object('since', w.since, 'days', w.hours) ORDER BY w.since)
                   FROM sla_calendar_week w WHERE w.calendar_id = c.id), '[]') AS weeks,
       coalesce((SELECT jsonb_agg(jsonb_build_object('day', d.day, 'hours', d.hours, 'why', d.why) ORDER BY d.day)
                   FROM sla_calendar_day d WHERE d.calendar_id = c.id), '[]') AS days
  FROM sla_calendar c
"""
_AGREEMENTS: Final = """
SELECT a.id, a.name, a.calendar_id, c.name AS calendar_name, a.everyone, a.warn_percent, a.escalate_min, a.paused_by,
       a.rev, ARRAY(SELECT x.unit_id FROM sla_agreement_unit x JOIN unit u ON u.id = x.unit_id
              WHERE x.agreement_id = a.id ORDER BY u.name, u.id) AS units,
       ARRAY(SELECT u.name FROM sla_agreement_unit x JOIN unit u ON u.id = x.unit_id
              WHERE x.agreement_id = a.id ORDER BY u.name, u.id) AS unit_names,
       coalesce((SELECT jsonb_agg(jsonb_build_object('priority', t.priority, 'response_min', t.response_min,
                                                     'solution_min', t.solution_min) ORDER BY t.priority DESC)
                   FROM sla_target t WHERE t.agreement_id = a.id), '[]') AS targets
  FROM sla_agreement a
  JOIN sla_calendar c ON c.id = a.calendar_id
"""


async def today(tx: Tx, time_zone: str) -> date:
    """On the clocks of the city."""
    found: date = await tx.value("SELECT (clock_timestamp() AT TIME ZONE $1)::date", time_zone)
    return found


async def calendars(tx: Tx) -> list[CalendarRow]:
    records = await tx.records(f"{_CALENDARS} ORDER BY lower(c.name)")
    return [msgspec.convert(dict(one), CalendarRow) for one in records]


async def calendar(tx: Tx, calendar_id: int, *, lock: bool = False) -> CalendarRow | None:
    """`lock`: it stays as it is until the transaction ends."""
    record = await tx.record(f"{_CALENDARS} WHERE c.id = $1{' FOR UPDATE OF c' if lock else ''}", calendar_id)
    return None if record is None else msgspec.convert(dict(record), CalendarRow)


async def put_calendar(tx: Tx, calendar_id: int | None, name: str, country: str) -> int | None:
    """Makes one, or changes it; its id. None where another one has the name."""
    try:
        async with tx.connection.transaction():
            if calendar_id is None:
                found = await tx.value(
                    "INSERT INTO sla_calendar (name, country) VALUES ($1, $2) RETURNING id", name, country
                )
                return int(found)
            await tx.execute(
                "UPDATE sla_calendar SET name = $2, country = $3, rev = rev + 1 WHERE id = $1",
                calendar_id,
                name,
                country,
            )
    except asyncpg.UniqueViolationError:
        return None
    return calendar_id


async def put_week(tx: Tx, calendar_id: int, week: Week) -> None:
    """Hours from a day on, until the next week that begins later."""
    await tx.execute(
        "INSERT INTO sla_calendar_week (calendar_id, since, hours) VALUES ($1, $2, $3)"
        " ON CONFLICT (calendar_id, since) DO UPDATE SET hours = excluded.hours",
        calendar_id,
        week.since,
        msgspec.to_builtins(week.days),
    )


async def remove_week(tx: Tx, calendar_id: int, since: date) -> bool:
    """Not the only one."""
    found = await tx.value(
        "DELETE FROM sla_calendar_week w WHERE calendar_id = $1 AND since = $2"
        " AND EXISTS (SELECT FROM sla_calendar_week o WHERE o.calendar_id = $1 AND o.since <> $2) RETURNING 1",
        calendar_id,
        since,
    )
    return found is not None


async def put_day(tx: Tx, calendar_id: int, day: OwnDay) -> None:
    await tx.execute(
        "INSERT INTO sla_calendar_day (calendar_id, day, hours, why) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (calendar_id, day) DO UPDATE SET hours = excluded.hours, why = excluded.why",
        calendar_id,
        day.day,
        msgspec.to_builtins(day.hours),
        day.why,
    )


async def remove_day(tx: Tx, calendar_id: int, day: date) -> OwnDay | None:
    """What it was."""
    record = await tx.record(
        "DELETE FROM sla_calendar_day WHERE calendar_id = $1 AND day = $2 RETURNING day, hours, why", calendar_id, day
    )
    if record is None:
        return None
    return OwnDay(day=record["day"], hours=msgspec.convert(record["hours"], Hours), why=record["why"])


async def touch_calendar(tx: Tx, calendar_id: int) -> None:
    """Something that hangs on it has changed."""
    await tx.execute("UPDATE sla_calendar SET rev = rev + 1 WHERE id = $1", calendar_id)


async def remove_calendar(tx: Tx, calendar_id: int) -> bool:
    """Only one that no agreement uses."""
    found = await tx.value(
        "DELETE FROM sla_calendar WHERE id = $1 AND NOT EXISTS (SELECT FROM sla_agreement WHERE calendar_id = $1)"
        " RETURNING 1",
        calendar_id,
    )
    return found is not None


# agreements


async def agreements(tx: Tx) -> list[Agreement]:
    """Everyone's first."""
    records = await tx.records(f"{_AGREEMENTS} ORDER BY a.everyone DESC, lower(a.name)")
    return [_agreement(one) for one in records]


async def agreement(tx: Tx, agreement_id: int, *, lock: bool = False) -> Agreement | None:
    """`lock`: it stays as it is until the transaction ends."""
    record = await tx.record(f"{_AGREEMENTS} WHERE a.id = $1{' FOR UPDATE OF a' if lock else ''}", agreement_id)
    return None if record is None else _agreement(record)


def _agreement(record: asyncpg.Record) -> Agreement:
    values: dict[str, Any] = dict(record)
    return msgspec.convert(values, Agreement)


async def put_agreement(tx: Tx, agreement_id: int | None, draft: AgreementDraft) -> int | None:
    """Makes one, or changes it, with its targets and units; its id. None where another one has the name."""
    values = (draft.name, draft.calendar_id, draft.warn_percent, sorted(set(draft.escalate_min)), draft.paused_by)
    try:
        async with tx.connection.transaction():
            if agreement_id is None:
                agreement_id = int(
                    await tx.value(
                        "INSERT INTO sla_agreement (name, calendar_id, warn_percent, escalate_min, paused_by)"
                        " VALUES ($1, $2, $3, $4, $5) RETURNING id",
                        *values,
                    )
                )
            else:
                await tx.execute(
                    "UPDATE sla_agreement SET name = $2, calendar_id = $3, warn_percent = $4, escalate_min = $5,"
                    " paused_by = $6, rev = rev + 1 WHERE id = $1",
                    agreement_id,
                    *values,
                )
    except asyncpg.UniqueViolationError:
        return None
    await tx.execute("DELETE FROM sla_target WHERE agreement_id = $1", agreement_id)
    await tx.execute(
        "INSERT INTO sla_target (agreement_id, priority, response_min, solution_min)"
        " SELECT $1, * FROM unnest($2::smallint[], $3::integer[], $4::integer[])",
        agreement_id,
        [one.priority for one in draft.targets],
        [one.response_min for one in draft.targets],
        [one.solution_min for one in draft.targets],
    )
    await tx.execute("DELETE FROM sla_agreement_unit WHERE agreement_id = $1", agreement_id)
    await tx.execute(
        "INSERT INTO sla_agreement_unit (unit_id, agreement_id) SELECT unnest($2::bigint[]), $1",
        agreement_id,
        sorted(set(draft.units)),
    )
    return agreement_id


async def remove_agreement(tx: Tx, agreement_id: int) -> bool:
    """Not everyone's."""
    found = await tx.value("DELETE FROM sla_agreement WHERE id = $1 AND NOT everyone RETURNING 1", agreement_id)
    return found is not None


async def units_taken(tx: Tx, units: Sequence[int], agreement_id: int | None) -> list[tuple[str, str]]:
    """Names of those of the units that have another agreement, and of that."""
    records = await tx.records(
        "SELECT u.name AS unit, a.name AS agreement FROM sla_agreement_unit x JOIN unit u ON u.id = x.unit_id"
        " JOIN sla_agreement a ON a.id = x.agreement_id WHERE x.unit_id = ANY($1::bigint[])"
        " AND x.agreement_id IS DISTINCT FROM $2 ORDER BY u.name",
        list(units),
        agreement_id,
    )
    return [(one["unit"], one["agreement"]) for one in records]


async def mark_open(tx: Tx, agreement_ids: Sequence[int] | None) -> None:
    """Clocks of open tickets are counted anew, and what lies behind is not told. None: of all."""
    await tx.execute(
        "INSERT INTO sla_mark (ticket_id, quiet) SELECT t.id, true FROM ticket t"
        " LEFT JOIN ticket_sla s ON s.ticket_id = t.id WHERE t.state NOT IN ('solved', 'closed', 'merged')"
        " AND ($1::bigint[] IS NULL OR s.agreement_id = ANY($1)) ORDER BY t.id",
        None if agreement_ids is None else list(agreement_ids),
    )
