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
    "newest": _("newest first"),
    "waiting": _("longest silent first"),
}
_WHERE: Final = (
    "CASE $3 WHEN 'mine' THEN t.assignee_id = $2 WHEN 'free' THEN t.assignee_id IS NULL"
    " WHEN 'ours' THEN t.waits_for_us ELSE true END"
)
_ORDER: Final[Mapping[str, str]] = {
    "urgent": "t.priority DESC, t.id",
    "newest": "t.id DESC",
    "waiting": "t.last_entry_at, t.id",
}
_ROW: Final = ", ".join(f"t.{name}" for name in TicketRow.__struct_fields__ if name != "number")
_OPEN: Final = "t.queue_id = $1 AND t.state IN ('new', 'open', 'pending')"


class DeskRow(msgspec.Struct, frozen=True):
    """A row of the list. `unread`: somebody else has written since the reader looked."""

    ticket: TicketRow
    unread: bool


async def rows(tx: Tx, queue_id: int, account_id: int | None, show: str, sort: str) -> tuple[list[DeskRow], int]:
    """And how many more there are. `show`, `sort`: as the address says them (`SHOWS`, `SORTS`)."""
    records = await tx.records(
        f"SELECT {_ROW}, EXISTS (SELECT FROM ticket_entry e WHERE e.ticket_id = t.id AND e.kind <> 'event'"
        " AND e.author_id IS DISTINCT FROM $2 AND e.id > coalesce((SELECT s.entry_id FROM ticket_seen s"
        " WHERE s.ticket_id = t.id AND s.account_id = $2), 0)) AS unread"
        f" FROM ticket_row t WHERE {_OPEN} AND {_WHERE} ORDER BY {_ORDER[sort]} LIMIT $4",
        queue_id,
        account_id,
        show,
        MOST_ROWS,
    )
    found = [_row(dict(one)) for one in records]
    if len(found) < MOST_ROWS:
        return found, 0
    every = await tx.value(f"SELECT count(*) FROM ticket t WHERE {_OPEN} AND {_WHERE}", queue_id, account_id, show)
    return found, int(every) - len(found)


def _row(record: dict[str, Any]) -> DeskRow:
    unread = bool(record.pop("unread"))
    return DeskRow(TicketRow(number=number_of(record["id"]), **record), unread)
