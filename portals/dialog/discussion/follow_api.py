"""The JSON side of following a thread."""

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor
from portals.dialog.discussion import following
from portals.dialog.discussion.model import FollowRhythm, Subject


class Following(msgspec.Struct, frozen=True):
    """`rhythm`: how often by mail; `browser`: no mail, `off`: not followed."""

    rhythm: FollowRhythm
    subject: Subject = ""


class SeenThread(msgspec.Struct, frozen=True):
    """The thread has been on the screen."""

    subject: Subject = ""


async def set_follow(request: web.Request) -> web.Response:
    """`PUT /api/dialog/blocks/{block_id}/discussion/follow`"""
    wanted = await api.body(request, Following)
    block_id = int(request.match_info["block_id"])
    await following.set_follow(
        request.app[DATABASE], await current_actor(request), block_id, wanted.subject, wanted.rhythm
    )
    return api.reply(wanted)


async def mark_seen(request: web.Request) -> web.Response:
    """`PUT /api/dialog/blocks/{block_id}/discussion/seen`"""
    wanted = await api.body(request, SeenThread)
    block_id = int(request.match_info["block_id"])
    await following.mark_seen(request.app[DATABASE], await current_actor(request), block_id, wanted.subject)
    return web.Response(status=204)
