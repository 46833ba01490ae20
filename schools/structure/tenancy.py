"""Entering a school: from here on PostgreSQL shows this transaction one school's rows and takes no others.

Everything is set for the transaction alone, so a connection goes back to the pool as it came.

    async with school_transaction(database, school_id) as tx: …       # an action
    await enter_school(tx, school_id)                                  # a room's snapshot, which is given its tx

A person's children in several schools are read school after school: `enter_school` may be called again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.actor import Actor
from app.database import Database, Tx
from app.errors import NotFound
from schools.structure import store


@asynccontextmanager
async def school_transaction(
    database: Database, school_id: int, *, readonly: bool = False, isolation: str | None = None, by_key: bool = False
) -> AsyncIterator[Tx]:
    """A transaction inside a school. It says nothing of who may be there: `access_…` loaders do.

    `by_key`: it looks at rows by their keys alone, so a plan is made once a connection and not for its first five
    values: when a bell rings, that would cost more than all marks.
    """
    async with database.transaction(readonly=readonly, isolation=isolation) as tx:
        await enter_school(tx, school_id, by_key=by_key)
        yield tx


async def enter_school(tx: Tx, school_id: int, *, by_key: bool = False) -> None:
    """The same for a transaction at hand, until it ends or enters another one."""
    if not 0 < school_id < 2**62:
        raise NotFound
    plans = "force_generic_plan" if by_key else "auto"
    await store.set_tenant(tx, "gryf_schools", school=str(school_id), account="", plans=plans)


async def enter_as_owner(tx: Tx, school_id: int) -> None:
    """Inside a school with the rights of the tables' owner, for what the application's role must not do: erasing what
    is kept no longer. The wall stands for the owner too. `enter_school` afterwards.
    """
    await store.set_tenant(tx, "none", school=str(school_id), account="")


async def enter_as_oneself(tx: Tx, actor: Actor) -> None:
    """No school: the actor's own rows of staff, pupils and guardians of all schools, and nothing else of any."""
    account = "" if actor.account_id is None else str(actor.account_id)
    await store.set_tenant(tx, "gryf_schools", school="", account=account)


@asynccontextmanager
async def city_transaction(database: Database) -> AsyncIterator[Tx]:
    """A transaction for the Education Department (wydział edukacji): `city_…` functions, which tell sums; no table."""
    async with database.transaction(readonly=True) as tx:
        await store.set_tenant(tx, "gryf_city", school="", account="")
        yield tx
