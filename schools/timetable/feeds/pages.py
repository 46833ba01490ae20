"""The page of one's calendars, and the calendars themselves."""

import asyncio
import hashlib

from aiohttp import web

from app.database import DATABASE
from app.errors import NotFound
from app.forms import require_action, see_other
from app.i18n import LOCALES, _
from app.pages import flash, render
from app.wire import CITY, current_actor, public_url
from schools.structure import store as structure
from schools.structure.access import access_school
from schools.structure.tenancy import school_transaction
from schools.timetable.feeds import actions, store
from schools.timetable.feeds.ical import calendar_of


def _school_id(request: web.Request) -> int:
    return int(request.match_info["school_id"])


async def show_feeds(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/calendars`."""
    return await _shown(request)


async def _shown(request: web.Request, token: str = "", made_for: int | None = None) -> web.StreamResponse:
    actor, school_id = await current_actor(request), _school_id(request)
    async with school_transaction(request.app[DATABASE], school_id, readonly=True) as tx:
        member = await access_school(tx, actor, school_id)
        assert actor.account_id is not None
        children = [] if member.guardian_id is None else await structure.children(tx, member.guardian_id, member.today)
        addresses = await store.addresses(tx, actor.account_id)
    path = f"/schools/{school_id}/calendars/{token}.ics"
    return await render(
        request,
        "timetable_feeds/feeds.html",
        member=member,
        children=children,
        has_own=member.staff_id is not None or member.pupil_id is not None,
        own=next((one for one in addresses if one.pupil_id in {None, member.pupil_id}), None),
        by_pupil={one.pupil_id: one for one in addresses},
        address=public_url(request, request.app, path) if token else "",
        made_for=made_for,
    )


async def make(request: web.Request) -> web.StreamResponse:
    """`POST /schools/{school_id}/calendars`: `pupil_id` for a child; the answer shows the address, this once."""
    await require_action(request)
    pupil_id = await _pupil_id(request)
    token = await actions.make_address(
        request.app[DATABASE], await current_actor(request), _school_id(request), pupil_id
    )
    answer = await _shown(request, token, pupil_id)
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def take_back(request: web.Request) -> web.StreamResponse:
    await require_action(request)
    school_id = _school_id(request)
    await actions.take_back(request.app[DATABASE], await current_actor(request), school_id, await _pupil_id(request))
    await flash(request, _("The address is taken back: calendars that used it get nothing any more"))
    return see_other(f"/schools/{school_id}/calendars")


async def _pupil_id(request: web.Request) -> int | None:
    text = str((await request.post()).get("pupil_id", ""))
    if text and not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise NotFound
    return int(text) if text else None


async def send_calendar(request: web.Request) -> web.StreamResponse:
    """`GET /schools/{school_id}/calendars/{token}.ics`: for whoever has the address."""
    contents = await actions.read_feed(request.app[DATABASE], _school_id(request), request.match_info["token"])
    locale = request.app[LOCALES].get(request.app[CITY].languages[0])
    body = await asyncio.to_thread(calendar_of, contents, locale)
    etag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"Cache-Control": "private, no-cache", "ETag": f'"{etag}"', "X-Robots-Tag": "noindex"}
    if any(one.value == etag for one in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=headers)
