"""JSON of targets."""

from typing import Annotated, Final

import msgspec
from aiohttp import web

from app import api
from app.actor import Actor
from app.database import DATABASE, Tx
from app.identity.identity import IDENTITY
from app.wire import current_actor, section
from media.out import actions, store
from media.out.model import Target, TargetView
from media.out.relays import RELAYS, Relays
from media.out.settings import OutSettings

PURPOSE: Final = "stream key of a target"


class NewTarget(msgspec.Struct, frozen=True):
    """`url`: `rtmp://` or `rtmps://`, as the target's page gives it; `key`: its stream key, never shown again."""

    url: Annotated[str, msgspec.Meta(max_length=500)]
    key: Annotated[str, msgspec.Meta(max_length=600)]
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""

    def __repr__(self) -> str:
        """Without the key."""
        return f"NewTarget(name={self.name!r})"


class TargetList(msgspec.Struct, frozen=True):
    """In the order in which they were added."""

    targets: list[TargetView]


def seal(app: web.Application, stream_id: str, key: str) -> bytes:
    """The key as it is stored: it opens for this stream alone."""
    return app[IDENTITY].keys.seal(key.encode(), stream_id, PURPOSE)


def unseal(app: web.Application, target: Target) -> str | None:
    """The key of a target; None where it cannot be opened any more."""
    plain = app[IDENTITY].keys.unseal(target.key_sealed, target.stream_id, PURPOSE)
    return plain.decode() if plain is not None else None


async def list_targets(request: web.Request) -> web.Response:
    """`GET /api/media/streams/{stream_id}/targets`."""
    relays = request.app[RELAYS]
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await store.targets(tx, request.match_info["stream_id"])
    return api.reply(TargetList([relays.view(target) for target in found]))


async def add_target(request: web.Request) -> web.Response:
    """`POST /api/media/streams/{stream_id}/targets`."""
    app, actor, asked = request.app, await current_actor(request), await api.body(request, NewTarget)
    settings, stream_id, url = section(app, OutSettings), request.match_info["stream_id"], asked.url.strip()
    key = actions.checked_key(asked.key)
    address = await actions.checked_address(url, settings)
    sealed = seal(app, stream_id, key)
    async with app[DATABASE].transaction() as tx:
        target = await actions.add_target(
            *(tx, actor, app[RELAYS], stream_id),
            name=asked.name,
            address=address,
            url=url,
            sealed=sealed,
            most=settings.targets,
        )
    return api.reply(app[RELAYS].view(target), 201)


async def remove_target(request: web.Request) -> web.Response:
    """`DELETE /api/media/streams/{stream_id}/targets/{target_id}`."""
    async with request.app[DATABASE].transaction() as tx:
        await actions.remove_target(*await _access(request, tx))
    return web.Response(status=204)


async def start_target(request: web.Request) -> web.Response:
    """`POST …/targets/{target_id}/start`."""
    async with request.app[DATABASE].transaction() as tx:
        target = await actions.start_target(*await _access(request, tx))
    return api.reply(request.app[RELAYS].view(target))


async def stop_target(request: web.Request) -> web.Response:
    """`POST …/targets/{target_id}/stop`."""
    async with request.app[DATABASE].transaction() as tx:
        target = await actions.stop_target(*await _access(request, tx))
    return api.reply(request.app[RELAYS].view(target))


async def _access(request: web.Request, tx: Tx) -> tuple[Tx, Actor, Relays, Target]:
    """What every action on one target takes."""
    place = request.match_info
    target = await actions.access_target(tx, place["stream_id"], int(place["target_id"]))
    return tx, await current_actor(request), request.app[RELAYS], target
