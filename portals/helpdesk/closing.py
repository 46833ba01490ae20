"""What happens to tickets by itself: solved ones are closed after a while, waiting ones come back on their day."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Database
from app.errors import Unavailable
from app.supervise import SUPERVISOR
from app.wire import section
from portals.helpdesk import store
from portals.helpdesk.actions.changing import change_in
from portals.helpdesk.model import Ticket
from portals.helpdesk.settings import HelpdeskSettings

log = structlog.get_logger(__name__)

WORK: Final = "helpdesk.closing"
LOOK_S: Final = 60
AT_ONCE: Final = 100


async def close_solved(database: Database, days: int) -> int:
    """Closes what was solved `days` ago and of which nobody has said anything since; how many. 0: never."""
    if days == 0:
        return 0
    async with database.transaction(readonly=True) as tx:
        found = await store.solved_before(tx, await store.now(tx) - timedelta(days=days), AT_ONCE)
    return await _change_each(database, found, {"state": "closed"}, lambda one, now: _solved_for(one, now, days))


async def wake_waiting(database: Database) -> int:
    """Opens waiting tickets whose day has come; how many."""
    async with database.transaction(readonly=True) as tx:
        found = await store.due_again(tx, AT_ONCE)
    columns = {"state": "open", "pending_reason": None, "pending_until": None, "waits_for_us": True}
    return await _change_each(database, found, columns, _is_due)


def _solved_for(ticket: Ticket, now: datetime, days: int) -> bool:
    return ticket.state == "solved" and ticket.solved_at is not None and ticket.solved_at < now - timedelta(days=days)


def _is_due(ticket: Ticket, now: datetime) -> bool:
    return ticket.pending_until is not None and ticket.pending_until <= now


async def _change_each(
    database: Database, ids: list[int], columns: dict[str, Any], still: Callable[[Ticket, datetime], bool]
) -> int:
    """Each in a transaction of its own; what somebody has changed meanwhile, so that it is not `still` so, is left."""
    changed = 0
    for ticket_id in ids:
        async with database.transaction() as tx:
            ticket = await store.ticket(tx, ticket_id, lock=True)
            if ticket is None or not still(ticket, await store.now(tx)):
                continue
            await change_in(tx, SYSTEM, ticket, columns)
            changed += 1
    return changed


async def closing_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: looks once a minute. Two processes that look at once lock the row and see its state."""
    database, days = app[DATABASE], section(app, HelpdeskSettings).close_after_days

    async def run() -> None:
        while True:
            try:
                if await close_solved(database, days) + await wake_waiting(database) >= AT_ONCE:
                    continue
            except Unavailable:
                log.warning("the database is away: tickets are looked at again in a minute")
            await asyncio.sleep(LOOK_S)

    app[SUPERVISOR].run(WORK, run)
    yield
