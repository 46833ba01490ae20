"""What other parts do when a session is planned anew: they know planning, it does not know them."""

from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from app.actor import Actor
from app.database import Tx
from portals.council.model import Session

Replanned = Callable[[Tx, Actor, Session, Session], Awaitable[None]]
"""Called in the transaction of the change, with the session before and after it."""


class Planning:
    """Who wants to know; parts add themselves while the application starts."""

    def __init__(self) -> None:
        self._listeners: list[Replanned] = []

    def add(self, listener: Replanned) -> None:
        self._listeners.append(listener)

    async def replanned(self, tx: Tx, actor: Actor, before: Session, after: Session) -> None:
        for listener in self._listeners:
            await listener(tx, actor, before, after)


PLANNING: web.AppKey[Planning] = web.AppKey("planning", Planning)


async def planning_service(app: web.Application) -> AsyncIterator[None]:
    """Stands before the services of the parts."""
    app[PLANNING] = Planning()
    yield
