"""What the core's pages show of a promise whose part they do not know: the part that makes promises says so here."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from app.database import Tx

Promised = Callable[[Tx, int], Awaitable[Any]]
"""What the requester of a ticket, by its id, is promised next; None: nothing. Access is the caller's to check."""

PROMISED: Final[web.AppKey[Promised]] = web.AppKey("helpdesk_promised")


async def promised(app: web.Application, tx: Tx, ticket_id: int) -> Any:
    """For `helpdesk_sla/_promise.html`; None where no part makes promises."""
    asked = app.get(PROMISED)
    return None if asked is None else await asked(tx, ticket_id)
