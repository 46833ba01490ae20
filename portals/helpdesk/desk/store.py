"""SQL of who is at a ticket, and of changes that can be put back."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from app.database import Tx
from portals.helpdesk.desk.model import Company

_COMPANY: Final = """
SELECT c.ticket_id, c.account_id, c.page, a.name, c.doing, c.rev
  FROM ticket_company c JOIN account a ON a.id = c.account_id
"""


class Kept(msgspec.Struct, frozen=True):
    """A ticket of a set. `before`: its columns as they were; `approvals`: those that ended; `rev`: after the change."""

    ticket_id: int
    before: dict[str, Any]
    approvals: list[int]
    rev: int


async def say_here(tx: Tx, ticket_id: int, account_id: int, page: str, doing: str) -> Company:
    """What a page says of itself, with a higher rev than everything said before."""
    await tx.execute(
        "INSERT INTO ticket_company (ticket_id, account_id, page, doing) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (ticket_id, account_id, page) DO UPDATE"
        " SET doing = excluded.doing, seen_at = clock_timestamp(), rev = nextval('ticket_company_rev')",
        ticket_id,
        account_id,
        page,
        doing,
    )
    return await tx.one(
        Company,
        f"{_COMPANY} WHERE c.ticket_id = $1 AND c.account_id = $2 AND c.page = $3",
        ticket_id,
        account_id,
        page,
    )


async def forget_company(tx: Tx, older_s: int) -> None:
    """Pages that have said nothing for so long."""
    await tx.execute("DELETE FROM ticket_company WHERE seen_at < clock_timestamp() - $1 * interval '1 s'", older_s)


async def company_of_queue(tx: Tx, queue_id: int, within_s: int) -> list[Company]:
    """Who is at its tickets."""
    return await tx.all(
        Company,
        f"{_COMPANY} JOIN ticket t ON t.id = c.ticket_id WHERE t.queue_id = $1 AND c.doing <> 'gone'"
        " AND c.seen_at > clock_timestamp() - $2 * interval '1 s' ORDER BY c.ticket_id, a.name, c.rev",
        queue_id,
        within_s,
    )


async def company_of_ticket(tx: Tx, ticket_id: int, within_s: int) -> list[Company]:
    return await tx.all(
        Company,
        f"{_COMPANY} WHERE c.ticket_id = $1 AND c.doing <> 'gone'"
        " AND c.seen_at > clock_timestamp() - $2 * interval '1 s' ORDER BY a.name, c.rev",
        ticket_id,
        within_s,
    )


# changes that can be put back


async def begin_set(tx: Tx, account_id: int) -> int:
    """Id of a new, empty set. Those of yesterday go."""
    await tx.execute("DELETE FROM ticket_change_set WHERE made_at < clock_timestamp() - interval '1 day'")
    return int(await tx.value("INSERT INTO ticket_change_set (account_id) VALUES ($1) RETURNING id", account_id))


async def drop_set(tx: Tx, set_id: int) -> None:
    await tx.execute("DELETE FROM ticket_change_set WHERE id = $1", set_id)


async def keep(tx: Tx, set_id: int, kept: Kept) -> None:
    """At the end of the set."""
    await tx.execute(
        "INSERT INTO ticket_change_set_row (change_set_id, ticket_id, place, before, approvals, rev)"
        " SELECT $1::bigint, $2::bigint, count(*), $3::jsonb, $4::bigint[], $5::bigint FROM ticket_change_set_row"
        " WHERE change_set_id = $1",
        set_id,
        kept.ticket_id,
        msgspec.to_builtins(kept.before),
        kept.approvals,
        kept.rev,
    )


async def set_of(tx: Tx, set_id: int, account_id: int | None, within_s: int) -> bool:
    """Whether the account has made this set, and not long ago."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM ticket_change_set WHERE id = $1 AND account_id = $2"
            " AND made_at > clock_timestamp() - $3 * interval '1 s')",
            set_id,
            account_id,
            within_s,
        )
    )


async def tickets_of_set(tx: Tx, set_id: int) -> list[int]:
    """Ids of those that were not put back yet, in the order of the change."""
    records = await tx.records(
        "SELECT ticket_id FROM ticket_change_set_row WHERE change_set_id = $1 ORDER BY place", set_id
    )
    return [one["ticket_id"] for one in records]


async def take_kept(tx: Tx, set_id: int, ticket_id: int) -> Kept | None:
    """The row, which is gone from the set with that; None: somebody was faster."""
    record = await tx.record(
        "DELETE FROM ticket_change_set_row WHERE change_set_id = $1 AND ticket_id = $2"
        " RETURNING ticket_id, before, approvals, rev",
        set_id,
        ticket_id,
    )
    return None if record is None else Kept(**record)


async def waiting_approvals(tx: Tx, ticket_id: int) -> list[int]:
    """Ids of approvals that somebody is still asked for."""
    records = await tx.records(
        "SELECT id FROM ticket_approval WHERE ticket_id = $1 AND state = 'waiting' ORDER BY id", ticket_id
    )
    return [one["id"] for one in records]


async def wait_again(tx: Tx, approvals: Sequence[int]) -> None:
    """Approvals that were withdrawn by a change which is put back."""
    await tx.execute(
        "UPDATE ticket_approval a SET state = 'waiting', decided_at = NULL"
        " WHERE a.id = ANY($1::bigint[]) AND a.state = 'withdrawn' AND NOT EXISTS (SELECT FROM ticket_approval b"
        " WHERE b.ticket_id = a.ticket_id AND b.approver_id = a.approver_id AND b.state = 'waiting')",
        list(approvals),
    )
