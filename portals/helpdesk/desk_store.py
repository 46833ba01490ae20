"""SQL of the agents' list: a queue's open tickets as somebody wants to see them."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from app.database import Tx
from app.i18n import _
from portals.helpdesk.model import TicketRow
from portals.helpdesk.numbers import number_of

MOST_ROWS: Final = 200
SHOWS: Final[Mapping[str, str]] = {
    "all": _("All tickets"),
    "mine": _("Mine"),
    "free": _("Nobody's"),
    "ours": _("Waiting for us"),
}
"""Which ones, by their word in the address; the labels are message ids."""
SORTS: Final[Mapping[str, str]] = {
    "urgent": _("most urgent first"),
    "due": _("nearest deadline first"),
    "newest": _("newest first"),
    "waiting": _("longest silent first"),
}
_WHERE: Final = (
    "CASE $3 WHEN 'mine' THEN t.assignee_id = $2 WHEN 'free' THEN t.assignee_id IS NULL"
    " WHEN 'ours' THEN t.waits_for_us ELSE true END"
)
_ORDER: Final[Mapping[str, str]] = {
    "urgent": "t.priority DESC, t.id",
    # late ones, then those that run, then those that stand by what is left of them, then those without a promise
    "due": "p.due_at NULLS LAST, p.left_s NULLS LAST, t.id",
    "newest": "t.id DESC",
    "waiting": "t.last_entry_at, t.id",
}
_ROW: Final = ", ".join(f"t.{name}" for name in TicketRow.__struct_fields__ if name != "number")
_PROMISE: Final = (
    " LEFT JOIN LATERAL (SELECT min(c.due_at) AS due_at,"
    " min(c.target_min * 60 - c.used_s) FILTER (WHERE c.due_at IS NULL) AS left_s"
    " FROM ticket_clock c WHERE c.ticket_id = t.id AND c.stopped_at IS NULL) p ON true"
)
"""The promise that comes first of those to be kept. A clock that stands has no end, unless it was late before."""
_OPEN: Final = "t.queue_id = $1 AND t.state IN ('new', 'open', 'pending')"


class DeskRow(msgspec.Struct, frozen=True):
    """A row of the list. `unread`: somebody else has written since the reader looked."""

    ticket: TicketRow
    unread: bool


async def rows(tx: Tx, queue_id: int, account_id: int | None, show: str, sort: str) -> tuple[list[DeskRow], int]:
    """And how many more there are. `show`, `sort`: as the address says them (`SHOWS`, `SORTS`)."""
    # first the ids, of bare tickets: names and deadlines are joined to no more than are shown
    first = await tx.records(
        f"SELECT t.id FROM ticket t{_PROMISE if sort == 'due' else ''} WHERE {_OPEN} AND {_WHERE}"
        f" ORDER BY {_ORDER[sort]} LIMIT $4",
        queue_id,
        account_id,
        show,
        MOST_ROWS,
    )
    ids = [one["id"] for one in first]
    records = await tx.records(
        f"SELECT {_ROW}, EXISTS (SELECT FROM ticket_entry e WHERE e.ticket_id = t.id AND e.kind <> 'event'"
        " AND e.author_id IS DISTINCT FROM $1 AND e.id > coalesce((SELECT s.entry_id FROM ticket_seen s"
        " WHERE s.ticket_id = t.id AND s.account_id = $1), 0)) AS unread"
        " FROM ticket_row t WHERE t.id = ANY($2::bigint[])",
        account_id,
        ids,
    )
    known = {one["id"]: dict(one) for one in records}
    found = [_row(known[one]) for one in ids if one in known]
    if len(ids) < MOST_ROWS:
        return found, 0
    every = await tx.value(f"SELECT count(*) FROM ticket t WHERE {_OPEN} AND {_WHERE}", queue_id, account_id, show)
    return found, int(every) - len(found)


def _row(record: dict[str, Any]) -> DeskRow:
    unread = bool(record.pop("unread"))
    return DeskRow(TicketRow(number=number_of(record["id"]), **record), unread)
