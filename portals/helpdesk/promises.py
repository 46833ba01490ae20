"""What the core's pages show of other parts that they do not know: the part that makes promises, that of outages. They
say so here.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from app.database import Tx

Promised = Callable[[Tx, int], Awaitable[Any]]
"""What the requester of a ticket, by its id, is promised next; None: nothing. Access is the caller's to check."""

PROMISED: Final[web.AppKey[Promised]] = web.AppKey("helpdesk_promised")

Below = Callable[[Tx, int], Awaitable[Any]]
"""The outage with which a ticket, by its id, is seen to; None: it has nothing to do with one. Access: the same."""

BELOW: Final[web.AppKey[Below]] = web.AppKey("helpdesk_below")


async def promised(app: web.Application, tx: Tx, ticket_id: int) -> Any:
    """For `helpdesk_sla/_promise.html`; None where no part makes promises."""
    asked = app.get(PROMISED)
    return None if asked is None else await asked(tx, ticket_id)


async def below(app: web.Application, tx: Tx, ticket_id: int) -> Any:
    """For `helpdesk_outages/_below.html`; None where no part knows of outages."""
    asked = app.get(BELOW)
    return None if asked is None else await asked(tx, ticket_id)
