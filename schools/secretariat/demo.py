"""People of the demonstration's full school get what the office shows: addresses, telephones, second guardians."""

from aiohttp import web

from app.database import DATABASE
from schools.secretariat import demo_store
from schools.structure import store as structure
from schools.structure.demo import FULL
from schools.structure.tenancy import enter_school


async def fill(app: web.Application) -> None:
    """Once; what is there stays."""
    async with app[DATABASE].transaction() as tx:
        for school in await structure.schools(tx):
            if school.name == FULL:
                await enter_school(tx, school.id)
                await demo_store.fill_in(tx)
        await structure.leave_tenant(tx)
