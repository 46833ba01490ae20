"""SQL of imports: a file's lines wait in the database, and become tickets some at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from app.database import Tx
from app.tables import Fault
from portals.helpdesk.finding.model import Import, ImportLine, ImportState

_SELECT: Final = """
SELECT i.id, i.system, i.file_name, i.encoding, i.state, i.lines, jsonb_array_length(i.faults) AS faults, i.done,
       i.made, i.known, coalesce(a.name, '') AS by_name, i.at, i.ended_at, i.rev
  FROM helpdesk_import i LEFT JOIN account a ON a.id = i.made_by
"""
_TICKET: Final = (
    *(
        ("id", "bigint"),
        ("subject", "text"),
        ("source", "text"),
        ("requester_id", "bigint"),
        ("requester_name", "text"),
    ),
    *(("requester_email", "text"), ("requester_phone", "text"), ("unit_id", "bigint"), ("room", "text")),
    *(("device_id", "bigint"), ("category_id", "bigint"), ("queue_id", "bigint"), ("assignee_id", "bigint")),
    *(("impact", "smallint"), ("urgency", "smallint"), ("priority", "smallint"), ("priority_set", "boolean")),
    *(
        ("state", "text"),
        ("sent_at", "timestamptz"),
        ("first_reply_at", "timestamptz"),
        ("last_entry_at", "timestamptz"),
    ),
    *(("waits_for_us", "boolean"), ("solved_at", "timestamptz"), ("closed_at", "timestamptz")),
)
_ENTRY: Final = (
    *(
        ("ticket_id", "bigint"),
        ("kind", "text"),
        ("public", "boolean"),
        ("by_staff", "boolean"),
        ("author_id", "bigint"),
    ),
    *(("author_name", "text"), ("source", "text"), ("text", "text"), ("at", "timestamptz")),
)
_SPAN: Final = (
    *(("ticket_id", "bigint"), ("state", "text"), ("begun_at", "timestamptz"), ("ended_at", "timestamptz")),
)


async def add_import(
    tx: Tx,
    system: str,
    file_name: str,
    encoding: str,
    lines: Sequence[ImportLine],
    faults: Sequence[Fault],
    by: int | None,
) -> int:
    """With its lines. What nobody has decided on for a day is forgotten."""
    await tx.execute("DELETE FROM helpdesk_import WHERE state = 'shown' AND at < now() - interval '1 day'")
    import_id = int(
        await tx.value(
            "INSERT INTO helpdesk_import (system, file_name, encoding, lines, faults, made_by)"
            " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            system,
            file_name,
            encoding,
            len(lines),
            msgspec.to_builtins(list(faults)),
            by,
        )
    )
    await tx.connection.copy_records_to_table(
        "helpdesk_import_line",
        columns=["import_id", "line", "external_id", "ticket"],
        records=[(import_id, one.line, one.external_id, msgspec.to_builtins(one)) for one in lines],
    )
    return import_id


async def imports(tx: Tx, limit: int) -> list[Import]:
    """The newest first."""
    return await tx.all(Import, f"{_SELECT} ORDER BY i.id DESC LIMIT $1", limit)


async def one_import(tx: Tx, import_id: int, *, lock: bool = False) -> Import | None:
    if lock and await tx.value("SELECT id FROM helpdesk_import WHERE id = $1 FOR UPDATE", import_id) is None:
        return None
    return await tx.maybe(Import, f"{_SELECT} WHERE i.id = $1", import_id)


async def faults_of(tx: Tx, import_id: int) -> list[Fault]:
    found = await tx.value("SELECT faults FROM helpdesk_import WHERE id = $1", import_id)
    return msgspec.convert(found or [], list[Fault])


async def lines_of(tx: Tx, import_id: int, limit: int) -> list[ImportLine]:
    """Those that wait still, in the file's order."""
    records = await tx.records(
        "SELECT ticket FROM helpdesk_import_line WHERE import_id = $1 ORDER BY line LIMIT $2", import_id, limit
    )
    return [msgspec.convert(one["ticket"], ImportLine) for one in records]


async def known_among(tx: Tx, import_id: int) -> int:
    """Lines whose ticket is there already."""
    return int(
        await tx.value(
            "SELECT count(*) FROM helpdesk_import_line l JOIN helpdesk_import i ON i.id = l.import_id"
            " JOIN ticket_external x ON x.system = i.system AND x.external_id = l.external_id WHERE l.import_id = $1",
            import_id,
        )
    )


async def known_ids(tx: Tx, system: str, external_ids: Sequence[str]) -> set[str]:
    records = await tx.records(
        "SELECT external_id FROM ticket_external WHERE system = $1 AND external_id = ANY($2::text[])",
        system,
        list(external_ids),
    )
    return {one["external_id"] for one in records}


async def set_state(tx: Tx, import_id: int, state: ImportState) -> None:
    await tx.execute(
        "UPDATE helpdesk_import SET state = $2, rev = rev + 1,"
        " ended_at = CASE WHEN $2 = 'done' THEN clock_timestamp() END WHERE id = $1",
        import_id,
        state,
    )


async def drop(tx: Tx, import_id: int) -> None:
    """A file of which nothing has come."""
    await tx.execute("DELETE FROM helpdesk_import WHERE id = $1 AND state = 'shown'", import_id)


async def next_running(tx: Tx) -> int | None:
    """An import that goes on, locked for this transaction; None too where another process has it in hand."""
    found = await tx.value(
        "SELECT id FROM helpdesk_import WHERE state = 'running' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    return None if found is None else int(found)


async def advance(tx: Tx, import_id: int, lines: Sequence[int], made: int) -> None:
    """These lines are done: `made` of them are tickets now, the others were there already."""
    await tx.execute(
        "DELETE FROM helpdesk_import_line WHERE import_id = $1 AND line = ANY($2::int[])", import_id, list(lines)
    )
    await tx.execute(
        "UPDATE helpdesk_import SET done = done + $2, made = made + $3, known = known + $2 - $3, rev = rev + 1"
        " WHERE id = $1",
        import_id,
        len(lines),
        made,
    )


async def next_ids(tx: Tx, count: int) -> list[int]:
    records = await tx.records(
        "SELECT nextval(pg_get_serial_sequence('ticket', 'id')) AS id FROM generate_series(1, $1)", count
    )
    return [one["id"] for one in records]


async def hold_names(tx: Tx, column: str, table: str, ids: Sequence[int]) -> set[int]:
    """Those of the ids that are there still. `table`: one of those that lines name."""
    assert (column, table) in NAMED
    records = await tx.records(f"SELECT id FROM {table} WHERE id = ANY($1::bigint[])", sorted({*ids}))
    return {one["id"] for one in records}


NAMED: Final = (
    ("requester_id", "account"), ("assignee_id", "account"), ("unit_id", "unit"), ("device_id", "device"),
    ("category_id", "helpdesk_category"), ("queue_id", "helpdesk_queue"),
)  # fmt: skip
"""Column of a line, and the table it names."""


async def _insert(
    tx: Tx, table: str, columns: Sequence[tuple[str, str]], rows: Sequence[dict[str, Any]], more: str = ""
) -> None:
    names = ", ".join(name for name, _kind in columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in columns)
    await tx.execute(
        f"INSERT INTO {table} ({names}) {more} SELECT {names} FROM jsonb_to_recordset($1) AS given ({typed})",
        msgspec.to_builtins(list(rows)),
    )


async def add_tickets(
    tx: Tx,
    tickets: Sequence[dict[str, Any]],
    entries: Sequence[dict[str, Any]],
    spans: Sequence[dict[str, Any]],
    external: Sequence[tuple[int, str]],
    system: str,
    import_id: int,
) -> None:
    """Tickets with what was said and their spans. Nothing of it rings or is written to anybody, and no promise is kept
    or broken by what was done elsewhere: of what is open still, what lies behind is not told.
    """
    await _insert(tx, "ticket", _TICKET, tickets, "OVERRIDING SYSTEM VALUE")
    await _insert(tx, "ticket_entry", _ENTRY, entries)
    await _insert(tx, "ticket_span", _SPAN, spans)
    await tx.execute(
        "INSERT INTO ticket_external (system, external_id, ticket_id, import_id)"
        " SELECT $1, n.external_id, n.id, $2 FROM unnest($3::bigint[], $4::text[]) AS n (id, external_id)",
        system,
        import_id,
        [ticket_id for ticket_id, _external in external],
        [external_id for _ticket, external_id in external],
    )
    done = [one["id"] for one in tickets if one["closed_at"] is not None]
    await tx.execute("DELETE FROM sla_mark WHERE ticket_id = ANY($1::bigint[])", done)
    await tx.execute(
        "UPDATE sla_mark SET quiet = true WHERE ticket_id = ANY($1::bigint[])", [one["id"] for one in tickets]
    )


async def accounts_by_email(tx: Tx) -> dict[str, int]:
    records = await tx.records(
        "SELECT lower(email) AS email, id FROM account WHERE email IS NOT NULL AND disabled_at IS NULL"
    )
    return {one["email"]: one["id"] for one in records}


async def devices_by_label(tx: Tx) -> dict[str, int]:
    return {one["inventory_number"]: one["id"] for one in await tx.records("SELECT inventory_number, id FROM device")}


async def now(tx: Tx) -> datetime:
    found: datetime = await tx.value("SELECT clock_timestamp()")
    return found
