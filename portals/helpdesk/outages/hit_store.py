"""SQL of whom an outage hits: people who said so, and tickets below its own."""

from collections.abc import Sequence
from typing import Final

from app.database import Tx
from portals.helpdesk.model import TicketRow
from portals.helpdesk.numbers import number_of
from portals.helpdesk.outages.model import Hit, Joined

_ROW: Final = ", ".join(f"r.{name}" for name in TicketRow.__struct_fields__ if name != "number")


async def add_hit(tx: Tx, outage_id: int, account_id: int, unit_id: int) -> bool:
    """Whether it is new."""
    found = await tx.value(
        "INSERT INTO outage_hit (outage_id, account_id, unit_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        " RETURNING 1",
        outage_id,
        account_id,
        unit_id,
    )
    return found is not None


async def remove_hit(tx: Tx, outage_id: int, account_id: int) -> bool:
    return (
        await tx.execute("DELETE FROM outage_hit WHERE outage_id = $1 AND account_id = $2", outage_id, account_id)
        == "DELETE 1"
    )


async def hit_by(tx: Tx, account_id: int, outage_ids: Sequence[int]) -> list[int]:
    """Of these outages those of which the account has said «me too»."""
    records = await tx.records(
        "SELECT outage_id FROM outage_hit WHERE account_id = $1 AND outage_id = ANY($2::bigint[]) ORDER BY 1",
        account_id,
        list(outage_ids),
    )
    return [one["outage_id"] for one in records]


async def people(tx: Tx, outage_id: int) -> list[int]:
    """Accounts that said «me too»."""
    records = await tx.records("SELECT account_id FROM outage_hit WHERE outage_id = $1 ORDER BY account_id", outage_id)
    return [one["account_id"] for one in records]


async def hits(tx: Tx, outage_id: int) -> list[Hit]:
    """By unit, the most hit first."""
    return await tx.all(
        Hit,
        "SELECT found.unit_id, coalesce(k.short_name, u.name) AS unit_name, sum(people)::int AS people,"
        " sum(tickets)::int AS tickets FROM ("
        " SELECT h.unit_id, 1 AS people, 0 AS tickets FROM outage_hit h WHERE outage_id = $1"
        " UNION ALL SELECT t.unit_id, 0, 1 FROM outage_ticket x JOIN ticket t ON t.id = x.ticket_id"
        " WHERE x.outage_id = $1 AND x.left_at IS NULL AND t.unit_id IS NOT NULL) found"
        " JOIN unit u ON u.id = found.unit_id LEFT JOIN unit_card k ON k.unit_id = u.id"
        " GROUP BY found.unit_id, k.short_name, u.name ORDER BY sum(people) + sum(tickets) DESC, 2, 1",
        outage_id,
    )


async def uncounted(tx: Tx) -> list[int]:
    """Counts anew what pages were told of outages that run; ids of those where something is different."""
    records = await tx.records(
        "WITH counted AS ("
        " SELECT o.id, (SELECT count(*) FROM outage_hit h WHERE h.outage_id = o.id) AS people,"
        " (SELECT count(*) FROM outage_ticket x WHERE x.outage_id = o.id AND x.left_at IS NULL) AS tickets,"
        " (SELECT count(*) FROM (SELECT unit_id FROM outage_hit h WHERE h.outage_id = o.id UNION"
        "   SELECT t.unit_id FROM outage_ticket x JOIN ticket t ON t.id = x.ticket_id"
        "    WHERE x.outage_id = o.id AND x.left_at IS NULL AND t.unit_id IS NOT NULL) found) AS units"
        " FROM outage o WHERE o.state = 'running' OR o.ended_at > clock_timestamp() - interval '1 hour')"
        " UPDATE outage_told t SET people = c.people, units = c.units, tickets = c.tickets, counted = t.counted + 1"
        " FROM counted c WHERE t.outage_id = c.id"
        " AND (t.people, t.units, t.tickets) IS DISTINCT FROM (c.people::int, c.units::int, c.tickets::int)"
        " RETURNING t.outage_id"
    )
    return sorted(one["outage_id"] for one in records)


# tickets


async def joined(tx: Tx, outage_id: int, limit: int) -> list[Joined]:
    """Below the outage's own, the newest first."""
    records = await tx.records(
        f"SELECT {_ROW}, x.how, x.joined_at FROM outage_ticket x JOIN ticket_row r ON r.id = x.ticket_id"
        " WHERE x.outage_id = $1 AND x.left_at IS NULL ORDER BY x.joined_at DESC, r.id DESC LIMIT $2",
        outage_id,
        limit,
    )
    return [Joined(ticket=_row(one), how=one["how"], joined_at=one["joined_at"]) for one in records]


async def candidates(tx: Tx, outage_id: int, queue_ids: Sequence[int] | None, limit: int) -> list[TicketRow]:
    """Open tickets that stand alone, came in since an hour before it, of units it hits, and look as if they were about
    it: category, service or words. `queue_ids`: of these queues only.
    """
    records = await tx.records(
        f"SELECT {_ROW} FROM ticket_row r, outage o WHERE o.id = $1 AND r.state IN ('new', 'open', 'pending')"
        " AND r.parent_id IS NULL AND r.id <> o.ticket_id AND r.sent_at > o.starts_at - interval '1 hour'"
        " AND ($2::bigint[] IS NULL OR r.queue_id = ANY($2))"
        " AND NOT EXISTS (SELECT FROM ticket c WHERE c.parent_id = r.id)"
        " AND NOT EXISTS (SELECT FROM outage_ticket x WHERE x.outage_id = o.id AND x.ticket_id = r.id)"
        " AND outage_reaches(o, r.unit_id)"
        " AND (r.category_id = o.category_id OR r.service_id = o.service_id OR EXISTS ("
        "   SELECT FROM unnest(o.words) AS word WHERE strpos(plain_words(r.subject), ' ' || word) > 0))"
        " ORDER BY r.id DESC LIMIT $3",
        outage_id,
        None if queue_ids is None else list(queue_ids),
        limit,
    )
    return [_row(one) for one in records]


async def outage_of(tx: Tx, ticket_id: int) -> tuple[int, bool] | None:
    """The outage that runs and below which a ticket stands, or stood last and stands alone; and whether it does."""
    record = await tx.record(
        "SELECT o.id, t.parent_id IS NOT NULL AS stands FROM outage_ticket x JOIN outage o ON o.id = x.outage_id"
        " JOIN ticket t ON t.id = x.ticket_id WHERE x.ticket_id = $1 AND o.state = 'running'"
        " AND (t.parent_id = o.ticket_id OR t.parent_id IS NULL) ORDER BY x.left_at DESC NULLS FIRST LIMIT 1",
        ticket_id,
    )
    return None if record is None else (record["id"], record["stands"])


async def take_untold(tx: Tx, limit: int) -> list[tuple[int, int, str]]:
    """Tickets that came below an outage's own and of which nobody was told: outage, ticket, how; marked as told."""
    records = await tx.records(
        "UPDATE outage_ticket SET told = true WHERE (outage_id, ticket_id) IN ("
        " SELECT outage_id, ticket_id FROM outage_ticket WHERE NOT told ORDER BY ticket_id LIMIT $1)"
        " RETURNING outage_id, ticket_id, how",
        limit,
    )
    return sorted((one["outage_id"], one["ticket_id"], one["how"]) for one in records)


async def keep_children(tx: Tx, outage_id: int, ticket_id: int) -> None:
    """What stands below a ticket that becomes an outage's."""
    await tx.execute(
        "INSERT INTO outage_ticket (outage_id, ticket_id, how, told) SELECT $1, id, 'by_hand', true FROM ticket"
        " WHERE parent_id = $2 AND state IN ('new', 'open', 'pending') ON CONFLICT DO NOTHING",
        outage_id,
        ticket_id,
    )


def _row(record: object) -> TicketRow:
    values = dict(record)  # type: ignore[call-overload]  # asyncpg's records are mappings
    return TicketRow(
        number=number_of(values["id"]),
        **{name: values[name] for name in TicketRow.__struct_fields__ if name != "number"},
    )
