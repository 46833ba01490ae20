"""SQL of outages and of their log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from app.database import Tx
from portals.helpdesk.outages.model import Outage, Update

_OUTAGE: Final = ", ".join(Outage.__struct_fields__)
_UPDATE: Final = ", ".join(Update.__struct_fields__)
COLUMNS: Final = frozenset(
    {
        *("kind", "state", "title", "text", "service_id", "category_id", "everywhere", "unit_kinds", "room"),
        *("model_id", "words", "gathers", "public", "ticket_id", "starts_at", "expected_end", "ended_at", "outcome"),
        *("update_every_min", "updated_at", "declared_by", "declared_at"),
    }
)


async def alone(tx: Tx) -> None:
    """One process at a time counts and tells, until its transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('helpdesk.outages', 0))")


async def add(tx: Tx, columns: Mapping[str, Any]) -> int:
    assert columns.keys() <= COLUMNS
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    found: int = await tx.value(
        f"INSERT INTO outage ({', '.join(columns)}) VALUES ({places}) RETURNING id", *columns.values()
    )
    await tx.execute("INSERT INTO outage_told (outage_id) VALUES ($1)", found)
    return found


async def change(tx: Tx, outage_id: int, columns: Mapping[str, Any]) -> Outage:
    """The row with other values and a higher rev."""
    assert columns.keys() <= COLUMNS
    sets = [f"{name} = ${number}" for number, name in enumerate(columns, start=2)]
    await tx.execute(
        f"UPDATE outage SET {', '.join([*sets, ''])} rev = rev + 1 WHERE id = $1", outage_id, *columns.values()
    )
    return await tx.one(Outage, f"SELECT {_OUTAGE} FROM outage_row WHERE id = $1", outage_id)


async def set_units(tx: Tx, outage_id: int, unit_ids: Sequence[int]) -> None:
    await tx.execute("DELETE FROM outage_unit WHERE outage_id = $1", outage_id)
    await tx.execute(
        "INSERT INTO outage_unit SELECT $1, id FROM unit WHERE id = ANY($2::bigint[])", outage_id, list(unit_ids)
    )


async def outage(tx: Tx, outage_id: int, *, lock: bool = False) -> Outage | None:
    """`lock`: it neither changes nor takes a ticket in until the transaction ends."""
    if lock and await tx.value("SELECT id FROM outage WHERE id = $1 FOR UPDATE", outage_id) is None:
        return None
    return await tx.maybe(Outage, f"SELECT {_OUTAGE} FROM outage_row WHERE id = $1", outage_id)


async def runs(tx: Tx, outage_id: int) -> bool:
    """Whether it runs; it does not end until the transaction does."""
    found = await tx.value("SELECT id FROM outage WHERE id = $1 AND state = 'running' FOR KEY SHARE", outage_id)
    return found is not None


async def current(tx: Tx) -> list[Outage]:
    """Those that run or are announced, the oldest first."""
    return await tx.all(
        Outage,
        f"SELECT {_OUTAGE} FROM outage_row WHERE state IN ('announced', 'running') ORDER BY starts_at, id",
    )


async def current_of_ticket(tx: Tx, ticket_id: int) -> Outage | None:
    return await tx.maybe(
        Outage,
        f"SELECT {_OUTAGE} FROM outage_row WHERE ticket_id = $1 AND state IN ('announced', 'running')",
        ticket_id,
    )


async def past(tx: Tx, limit: int) -> list[Outage]:
    """The newest first."""
    return await tx.all(
        Outage,
        f"SELECT {_OUTAGE} FROM outage_row WHERE state = 'ended' ORDER BY ended_at DESC, id DESC LIMIT $1",
        limit,
    )


async def public_since(tx: Tx, moment: datetime) -> list[Outage]:
    """What is public and was not over by then, the newest first."""
    return await tx.all(
        Outage,
        f"SELECT {_OUTAGE} FROM outage_row WHERE public AND (state IN ('announced', 'running')"
        " OR (state = 'ended' AND ended_at >= $1)) ORDER BY starts_at DESC, id DESC",
        moment,
    )


async def reaching(tx: Tx, unit_ids: Sequence[int]) -> list[Outage]:
    """Current ones that hit one of these units, the oldest first."""
    return await tx.all(
        Outage,
        f"SELECT {_OUTAGE} FROM outage_row WHERE id IN (SELECT o.id FROM outage o"
        " WHERE o.state IN ('announced', 'running')"
        " AND EXISTS (SELECT FROM unnest($1::bigint[]) AS one WHERE outage_reaches(o, one)))"
        " ORDER BY starts_at, id",
        list(unit_ids),
    )


async def reached(tx: Tx, outage_id: int, unit_ids: Sequence[int] | None = None) -> list[int]:
    """Units that it hits and that are not closed: of these, or all."""
    records = await tx.records(
        "SELECT c.unit_id FROM unit_card c, outage o WHERE o.id = $1 AND c.active"
        " AND ($2::bigint[] IS NULL OR c.unit_id = ANY($2)) AND outage_reaches(o, c.unit_id) ORDER BY c.unit_id",
        outage_id,
        None if unit_ids is None else list(unit_ids),
    )
    return [one["unit_id"] for one in records]


# the log


async def add_update(
    tx: Tx,
    outage_id: int,
    kind: str,
    text: str,
    author: tuple[int | None, str],
    expected_end: datetime | None = None,
    at: datetime | None = None,
) -> None:
    await tx.execute(
        "INSERT INTO outage_update (outage_id, kind, text, expected_end, author_id, author_name, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, clock_timestamp()))",
        outage_id,
        kind,
        text,
        expected_end,
        *author,
        at,
    )


async def updates(tx: Tx, outage_ids: Sequence[int]) -> dict[int, list[Update]]:
    """The log of each, the oldest line first."""
    records = await tx.records(
        f"SELECT outage_id, {_UPDATE} FROM outage_update WHERE outage_id = ANY($1::bigint[]) ORDER BY id",
        list(outage_ids),
    )
    found: dict[int, list[Update]] = {one: [] for one in outage_ids}
    for one in records:
        found[one["outage_id"]].append(Update(**{name: one[name] for name in Update.__struct_fields__}))
    return found


# what is due


async def anything(tx: Tx) -> bool:
    """Whether there is anything to look after: nearly always there is no outage."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM outage WHERE state IN ('announced', 'running'))"
            " OR EXISTS (SELECT FROM outage WHERE state = 'ended' AND ended_at > clock_timestamp() - interval '1 hour')"
            " OR EXISTS (SELECT FROM outage_ticket WHERE NOT told)"
        )
    )


async def begun(tx: Tx) -> list[int]:
    """Announced ones whose moment has come; locked."""
    records = await tx.records(
        "SELECT id FROM outage WHERE state = 'announced' AND starts_at <= clock_timestamp() ORDER BY id FOR UPDATE"
    )
    return [one["id"] for one in records]


async def over(tx: Tx) -> list[int]:
    """Planned ones that run and whose end has come."""
    records = await tx.records(
        "SELECT id FROM outage WHERE state = 'running' AND kind = 'planned' AND expected_end <= clock_timestamp()"
        " ORDER BY id"
    )
    return [one["id"] for one in records]


async def watched(tx: Tx) -> list[tuple[Outage, int, bool]]:
    """Current ones, how often silence was told since the last update, and whether the ticket is open."""
    records = await tx.records(
        "SELECT o.id, CASE WHEN t.since = o.updated_at THEN t.alarms ELSE 0 END AS alarms,"
        " p.state IN ('new', 'open', 'pending') AS ticket_open"
        " FROM outage o JOIN outage_told t ON t.outage_id = o.id JOIN ticket p ON p.id = o.ticket_id"
        " WHERE o.state IN ('announced', 'running')"
    )
    known = {one["id"]: one for one in records}
    return [
        (one, known[one.id]["alarms"], known[one.id]["ticket_open"]) for one in await current(tx) if one.id in known
    ]


async def mark_alarm(tx: Tx, outage: Outage, alarms: int) -> None:
    await tx.execute(
        "UPDATE outage_told SET alarms = $2, since = $3 WHERE outage_id = $1", outage.id, alarms, outage.updated_at
    )


async def people_of_queue(tx: Tx, ticket_id: int) -> list[int]:
    """Agents of the ticket's queue, and whose it is."""
    records = await tx.records(
        "SELECT DISTINCT m.account_id AS id FROM ticket t JOIN helpdesk_queue_team q ON q.queue_id = t.queue_id"
        " JOIN helpdesk_team e ON e.id = q.team_id AND e.active JOIN helpdesk_team_member m ON m.team_id = e.id"
        " WHERE t.id = $1"
        " UNION SELECT assignee_id FROM ticket WHERE id = $1 AND assignee_id IS NOT NULL ORDER BY 1",
        ticket_id,
    )
    return [one["id"] for one in records]


async def leads(tx: Tx, role: str) -> list[int]:
    records = await tx.records("SELECT DISTINCT account_id FROM active_grant WHERE role = $1 ORDER BY 1", role)
    return [one["account_id"] for one in records]


async def has_outages(tx: Tx) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM outage)"))


async def model_choices(tx: Tx) -> list[tuple[int, str]]:
    """Models of which there are devices in use, by name."""
    records = await tx.records(
        "SELECT m.id, btrim(m.maker || ' ' || m.name) AS title FROM device_model m WHERE EXISTS ("
        " SELECT FROM device d WHERE d.model_id = m.id AND d.state IN ('in_use', 'spare', 'in_repair'))"
        " ORDER BY lower(m.maker), lower(m.name), m.id"
    )
    return [(one["id"], one["title"]) for one in records]
