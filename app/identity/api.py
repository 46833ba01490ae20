"""JSON of accounts: signing in and out, and who one is."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.actor import Grant
from app.database import DATABASE
from app.identity import actions
from app.identity.identity import IDENTITY
from app.identity.model import Credentials
from app.identity.sessions import abandon, adopt, find_session, owed_by, remember_device, visitor_of


class SignIn(msgspec.Struct, frozen=True):
    """`code` is needed where a second factor is on."""

    login: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=1000)]
    code: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Me(msgspec.Struct, frozen=True):
    """Who one is. `owed`: what must be done in the browser before the roles wake (`password`, `second-factor`)."""

    account_id: int | None
    login: str
    name: str
    language: str
    roles: list[Grant]
    owed: str | None = None


async def sign_in(request: web.Request) -> web.StreamResponse:
    asked = await api.body(request, SignIn)
    loaded = (await find_session(request)).loaded
    signed = await actions.sign_in(
        request.app[DATABASE],
        request.app[IDENTITY],
        Credentials(asked.login, asked.password, asked.code),
        visitor_of(request),
        loaded.handle if loaded is not None else "",
    )
    adopt(request, signed.session)
    account = signed.account
    response = api.reply(
        Me(
            account_id=account.id,
            login=account.login,
            name=account.name,
            language=account.language,
            roles=[] if signed.owed else list(signed.grants),
            owed=str(signed.owed) if signed.owed else None,
        )
    )
    remember_device(request, response, signed.device)
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    from app.wire import current_actor  # wire mounts what uses this module

    await actions.sign_out(request.app[DATABASE], await current_actor(request))
    response = web.Response(status=204)
    abandon(request, response)
    return response


async def show_me(request: web.Request) -> web.StreamResponse:
    from app.wire import current_actor  # wire mounts what uses this module

    actor = await current_actor(request)
    loaded = (await find_session(request)).loaded
    owed = owed_by(request.app[IDENTITY], loaded) if loaded is not None and actor.signed_in else None
    return api.reply(
        Me(
            account_id=actor.account_id,
            login=actor.login,
            name=actor.name,
            language=actor.language,
            roles=list(actor.grants),
            owed=str(owed) if owed else None,
        )
    )
