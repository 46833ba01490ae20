"""What the command line does with accounts; it acts as the system."""

from collections.abc import AsyncIterator, Iterable

from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE
from app.errors import Conflict, NotFound
from app.identity import actions
from app.identity.identity import IDENTITY
from app.identity.model import Account, NewAccount


async def city_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: the top of the organisation's tree is there and is called as the setting says."""
    from app.wire import CITY  # wire mounts what uses this module

    await actions.ensure_city(app[DATABASE], app[CITY].name)
    yield


async def create_user(app: web.Application, new: NewAccount, roles: Iterable[str] = ()) -> actions.CreatedAccount:
    """Opens an account with roles in `new.unit_id`, or in the whole city. Raises `Invalid`, `NotFound`."""
    from app.wire import CITY  # wire mounts what uses this module

    database, identity = app[DATABASE], app[IDENTITY]
    wanted = list(roles)
    unknown = [role for role in wanted if role not in identity.roles]
    if unknown:
        raise Conflict(f"There is no role {unknown[0]}; there are {', '.join(sorted(identity.roles))}")
    city = await actions.ensure_city(database, app[CITY].name)
    created = await actions.create_account(database, identity, SYSTEM, new)
    for role in wanted:
        await actions.grant_role(
            database, identity, SYSTEM, created.account.id, role=role, unit_id=new.unit_id or city.id
        )
    return created


async def ensure_user(app: web.Application, new: NewAccount, roles: Iterable[str] = ()) -> Account:
    """For demonstrations: the account of this login, opened if it is not there; what is there stays as it is."""
    try:
        return await actions.find_account(app[DATABASE], new.login)
    except NotFound:
        return (await create_user(app, new, roles)).account


async def reset_user(app: web.Application, login: str, *, drop_second_factor: bool = False) -> str:
    """A new password, to be changed at the first sign-in. Raises `NotFound`."""
    database = app[DATABASE]
    account = await actions.find_account(database, login)
    return await actions.renew_password(
        database, app[IDENTITY], SYSTEM, account.id, drop_second_factor=drop_second_factor
    )
