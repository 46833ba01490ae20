"""SQL of tickets, their entries and spans."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from app.database import Tx
from portals.helpdesk.model import Change, Entry, EntryFile, OwnRow, Ticket, TicketRow
from portals.helpdesk.numbers import number_of

TICKET: Final = ", ".join(Ticket.__struct_fields__)
_ROW: Final = ", ".join(name for name in TicketRow.__struct_fields__ if name != "number")
COLUMNS: Final = frozenset(
    {
        *("subject", "category_id", "service_id", "unit_id", "device_id", "room", "queue_id", "team_id", "assignee_id"),
        *("impact", "urgency", "priority", "priority_set", "state", "pending_reason", "pending_until", "details"),
        *("solved_at", "closed_at", "merged_into_id", "parent_id", "first_reply_at", "last_entry_at", "waits_for_us"),
        *("spent_minutes", "rating", "rating_note", "rated_at", "requester_id", "requester_phone"),
    }
)
"""What `changed_ticket` writes."""
_ENTRY: Final = """
SELECT e.id, e.ticket_id, e.kind, e.public, e.by_staff, e.author_id, e.author_name, e.source, e.text, e.verb, e.changes,
       e.mentions, e.minutes, e.at,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'type', f.type, 'bytes', f.bytes)
                                  ORDER BY x.place)
                   FROM ticket_entry_file x JOIN file f ON f.id = x.file_id WHERE x.entry_id = e.id), '[]') AS files
  FROM ticket_entry e
"""


async def now(tx: Tx) -> datetime:
    """The clock of the database at this very moment: the transaction may have waited for a lock."""
    return await tx.now()


# tickets


async def ticket(tx: Tx, ticket_id: int, *, lock: bool = False) -> Ticket | None:
    """`lock`: nobody else changes it until the transaction ends."""
    if lock and await tx.value("SELECT id FROM ticket WHERE id = $1 FOR UPDATE", ticket_id) is None:
        return None
    return await tx.maybe(Ticket, f"SELECT {TICKET} FROM ticket_row WHERE id = $1", ticket_id)


async def tickets(tx: Tx, ids: Sequence[int]) -> list[Ticket]:
    """In order of their ids."""
    return await tx.all(Ticket, f"SELECT {TICKET} FROM ticket_row WHERE id = ANY($1::bigint[]) ORDER BY id", list(ids))


async def lock_tickets(tx: Tx, ids: Sequence[int]) -> None:
    """In one order for all, so that two transactions never wait for each other."""
    await tx.execute("SELECT id FROM ticket WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", sorted({*ids}))


async def sent_before(tx: Tx, requester_id: int | None, sent_key: str) -> Ticket | None:
    """What the same page has sent already."""
    if requester_id is None or not sent_key:
        return None
    found = await tx.value("SELECT id FROM ticket WHERE requester_id = $1 AND sent_key = $2", requester_id, sent_key)
    return None if found is None else await ticket(tx, found)


async def add_ticket(tx: Tx, columns: Mapping[str, object]) -> int | None:
    """Id of the new row; None when the same page sends it twice at once. `columns`: names of the table's columns."""
    names = list(columns)
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    found = await tx.value(
        f"INSERT INTO ticket ({', '.join(names)}) VALUES ({places}) ON CONFLICT (requester_id, sent_key) DO NOTHING"
        " RETURNING id",
        *columns.values(),
    )
    return None if found is None else int(found)


async def changed_ticket(tx: Tx, ticket_id: int, columns: Mapping[str, object], fields: Sequence[str] = ()) -> Ticket:
    """The row with other values and a higher rev; `fields`: those whose own rev becomes the ticket's."""
    assert columns.keys() <= COLUMNS
    sets = [f"{name} = ${number}" for number, name in enumerate(columns, start=3)]
    await tx.execute(
        f"UPDATE ticket SET {', '.join([*sets, ''])} rev = rev + 1, field_revs = field_revs ||"
        " coalesce((SELECT jsonb_object_agg(name, rev + 1) FROM unnest($2::text[]) AS name), '{}') WHERE id = $1",
        ticket_id,
        list(fields),
        *columns.values(),
    )
    return await tx.one(Ticket, f"SELECT {TICKET} FROM ticket_row WHERE id = $1", ticket_id)


async def begin_span(
    tx: Tx, ticket_id: int, state: str, reason: str | None, at: datetime, *, first: bool = False
) -> None:
    """Ends the span that runs and begins the next. `first`: none runs yet."""
    if not first:
        await tx.execute(
            "UPDATE ticket_span SET ended_at = greatest(begun_at, $2) WHERE ticket_id = $1 AND ended_at IS NULL",
            ticket_id,
            at,
        )
    await tx.execute(
        "INSERT INTO ticket_span (ticket_id, state, pending_reason, begun_at) VALUES ($1, $2, $3, $4)",
        ticket_id,
        state,
        reason,
        at,
    )


async def queue_rows(tx: Tx, queue_id: int, limit: int) -> list[TicketRow]:
    """Open ones, the most urgent first, then who waits longest."""
    records = await tx.records(
        f"SELECT {_ROW} FROM ticket_row WHERE queue_id = $1 AND state IN ('new', 'open', 'pending')"
        " ORDER BY priority DESC, id LIMIT $2",
        queue_id,
        limit,
    )
    return [TicketRow(number=number_of(one["id"]), **one) for one in records]


async def count_open(tx: Tx, queue_id: int) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM ticket WHERE queue_id = $1 AND state IN ('new', 'open', 'pending')", queue_id
        )
    )


async def count_untaken(tx: Tx, queue_id: int) -> int:
    """New ones that nobody has taken."""
    return int(
        await tx.value(
            "SELECT count(*) FROM ticket WHERE queue_id = $1 AND state = 'new' AND assignee_id IS NULL", queue_id
        )
    )


async def tickets_of_device(tx: Tx, device_id: int, limit: int) -> list[Ticket]:
    """The newest first."""
    return await tx.all(
        Ticket, f"SELECT {TICKET} FROM ticket_row WHERE device_id = $1 ORDER BY id DESC LIMIT $2", device_id, limit
    )


async def tickets_of_email(tx: Tx, email: str, limit: int) -> list[Ticket]:
    """What came from an address, the newest first."""
    return await tx.all(
        Ticket, f"SELECT {TICKET} FROM ticket_row WHERE requester_email = $1 ORDER BY id DESC LIMIT $2", email, limit
    )


async def solved_before(tx: Tx, moment: datetime, limit: int) -> list[int]:
    """Solved tickets of which nobody has said anything since."""
    records = await tx.records(
        "SELECT id FROM ticket WHERE state = 'solved' AND solved_at < $1 ORDER BY solved_at LIMIT $2", moment, limit
    )
    return [one["id"] for one in records]


async def due_again(tx: Tx, limit: int) -> list[int]:
    """Waiting tickets whose day has come."""
    records = await tx.records(
        "SELECT id FROM ticket WHERE state = 'pending' AND pending_until <= clock_timestamp() ORDER BY id LIMIT $1",
        limit,
    )
    return [one["id"] for one in records]


# one's own


async def own_rows(tx: Tx, account_id: int, *, open_only: bool = False, limit: int = 200) -> list[OwnRow]:
    """What an account has sent or watches; open ones first, then the newest word."""
    records = await tx.records(
        f"{_OWN} WHERE t.id IN (SELECT id FROM ticket WHERE requester_id = $1"
        " UNION SELECT ticket_id FROM ticket_watcher WHERE account_id = $1 AND why <> 'mentioned')"
        " AND (NOT $2 OR t.state IN ('new', 'open', 'pending', 'solved'))"
        " ORDER BY t.state IN ('closed', 'merged'), t.last_entry_at DESC, t.id DESC LIMIT $3",
        account_id,
        open_only,
        limit,
    )
    return [_own(one) for one in records]


async def own_row(tx: Tx, ticket_id: int, account_id: int) -> OwnRow:
    """The row in the list of one of those who follow the ticket from outside."""
    record = await tx.record(f"{_OWN} WHERE t.id = $2", account_id, ticket_id)
    assert record is not None  # it was just written
    return _own(record)


_OWN: Final = """
SELECT t.id, t.subject, coalesce(c.name, '') AS category_name, t.state, t.pending_reason,
       coalesce(a.name, '') AS assignee_name, t.requester_name, t.sent_at, t.last_entry_at,
       t.requester_id IS NOT DISTINCT FROM $1 AS own, t.rev,
       EXISTS (SELECT FROM ticket_entry e WHERE e.ticket_id = t.id AND e.kind = 'reply' AND e.by_staff
                  AND e.id > coalesce((SELECT s.entry_id FROM ticket_seen s
                                        WHERE s.ticket_id = t.id AND s.account_id = $1), 0)
              ) AS unread
  FROM ticket t
  LEFT JOIN helpdesk_category c ON c.id = t.category_id
  LEFT JOIN account a ON a.id = t.assignee_id
"""


def _own(record: asyncpg.Record) -> OwnRow:
    return OwnRow(number=number_of(record["id"]), **record)


async def followers(tx: Tx, ticket_id: int) -> list[int]:
    """Accounts in whose own lists the ticket stands."""
    records = await tx.records(
        "SELECT requester_id AS id FROM ticket WHERE id = $1 AND requester_id IS NOT NULL"
        " UNION SELECT account_id FROM ticket_watcher WHERE ticket_id = $1 AND why <> 'mentioned' ORDER BY 1",
        ticket_id,
    )
    return [one["id"] for one in records]


async def mark_seen(tx: Tx, ticket_id: int, account_id: int, entry_id: int) -> bool:
    """Whether it was news."""
    found = await tx.value(
        "INSERT INTO ticket_seen AS s (ticket_id, account_id, entry_id)"
        " SELECT $1::bigint, $2::bigint, least($3::bigint, max(id)) FROM ticket_entry"
        " ON CONFLICT (ticket_id, account_id) DO UPDATE SET entry_id = excluded.entry_id"
        " WHERE s.entry_id < excluded.entry_id RETURNING 1",
        ticket_id,
        account_id,
        entry_id,
    )
    return found is not None


# entries


async def add_entry(
    tx: Tx,
    ticket_id: int,
    *,
    kind: str,
    public: bool,
    by_staff: bool,
    author_id: int | None,
    author_name: str,
    source: str = "form",
    text: str = "",
    verb: str = "",
    changes: Sequence[Change] = (),
    mentions: Sequence[int] = (),
    minutes: int = 0,
    files: Sequence[UUID] = (),
    at: datetime | None = None,
) -> Entry:
    record = await tx.record(
        "INSERT INTO ticket_entry (ticket_id, kind, public, by_staff, author_id, author_name, source, text, verb,"
        " changes, mentions, minutes, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
        " coalesce($13, clock_timestamp())) RETURNING id, ticket_id, kind, public, by_staff, author_id, author_name,"
        " source, text, verb, changes, mentions, minutes, at, '[]'::jsonb AS files",
        ticket_id,
        kind,
        public,
        by_staff,
        author_id,
        author_name,
        source,
        text,
        verb,
        msgspec.to_builtins(list(changes)),
        list(mentions),
        minutes,
        at,
    )
    assert record is not None  # it was just written
    if files:
        await tx.execute(
            "INSERT INTO ticket_entry_file (entry_id, place, file_id)"
            " SELECT $1::bigint, place, id FROM unnest($2::uuid[]) WITH ORDINALITY AS f (id, place)",
            record["id"],
            list(files),
        )
        whole = await tx.record(f"{_ENTRY} WHERE e.id = $1", record["id"])
        assert whole is not None  # the same
        return _entry(whole)
    return _entry(record)


async def entries(tx: Tx, ids: Sequence[int], *, public: bool = False, limit: int = 1000) -> list[Entry]:
    """Of these tickets, the oldest first; the newest `limit` of them. `public`: without what is inside."""
    records = await tx.records(
        f"{_ENTRY} WHERE e.ticket_id = ANY($1::bigint[]) AND (e.public OR NOT $2)"
        " ORDER BY e.at DESC, e.id DESC LIMIT $3",
        list(ids),
        public,
        limit,
    )
    return [_entry(one) for one in reversed(records)]


async def entry(tx: Tx, ticket_id: int, entry_id: int) -> Entry | None:
    record = await tx.record(f"{_ENTRY} WHERE e.id = $2 AND e.ticket_id = $1", ticket_id, entry_id)
    return None if record is None else _entry(record)


async def file_entry(tx: Tx, ids: Sequence[int], file_id: UUID) -> Entry | None:
    """The entry of one of these tickets that has the file."""
    record = await tx.record(
        f"{_ENTRY} JOIN ticket_entry_file y ON y.entry_id = e.id"
        " WHERE y.file_id = $2 AND e.ticket_id = ANY($1::bigint[]) ORDER BY e.public DESC, e.id LIMIT 1",
        list(ids),
        file_id,
    )
    return None if record is None else _entry(record)


async def last_change(tx: Tx, ticket_id: int, field: str) -> tuple[str, datetime] | None:
    """Who changed a field last, and when."""
    record = await tx.record(
        "SELECT author_name, at FROM ticket_entry WHERE ticket_id = $1 AND verb <> ''"
        " AND changes @> jsonb_build_array(jsonb_build_object('field', $2::text)) ORDER BY id DESC LIMIT 1",
        ticket_id,
        field,
    )
    return None if record is None else (record["author_name"], record["at"])


def _entry(record: asyncpg.Record) -> Entry:
    values: dict[str, Any] = dict(record)
    values["changes"] = msgspec.convert(values["changes"], list[Change])
    values["files"] = msgspec.convert(values["files"], list[EntryFile])
    return Entry(**values)


async def device_label(tx: Tx, device_id: int | None) -> str:
    """Empty where there is no device."""
    return str(await tx.value("SELECT inventory_number FROM device WHERE id = $1", device_id) or "")
