"""Pages of live meetings: the meeting itself (before, live, replay), the host's page, the studio of host and guest."""

from typing import Any

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound
from app.markup import render_markdown
from app.pages import render
from app.wire import CITY, current_actor
from media.feature import rtmp_port
from portals.dialog.access import (
    Place,
    access_block,
    access_block_to_manage,
    access_block_to_moderate,
    access_consultation_by_slug,
)
from portals.dialog.meeting import actions, key_store, slide_store, store, views
from portals.dialog.meeting.actions import KIND
from portals.dialog.meeting.model import MeetingView, Mine, Timeline


async def _place(tx: Tx, actor: Actor, request: web.Request) -> Place:
    """The meeting of the address, under its consultation's name."""
    consultation = await access_consultation_by_slug(tx, actor, request.match_info["slug"])
    place = await access_block(tx, actor, int(request.match_info["block_id"]), KIND)
    if place.consultation.id != consultation.id:
        raise NotFound
    return place


def _check_address(request: web.Request, place: Place) -> Place:
    if place.consultation.id != int(request.match_info["consultation_id"]):
        raise NotFound
    return place


async def show_meeting(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/meeting/{block_id}`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await _place(tx, actor, request)
        view = await views.room_view(tx, place.block.id)
        chat = await views.chat_view(tx, place.block.id)
        mine = await views.mine(tx, place)
        ended = view.meeting.state == "ended"
        found = await views.moments(tx, place.block.id) if ended else []
        pages = await views.shown_slides(tx, place.block.id) if ended else []
        decks = await slide_store.decks(tx, place.consultation.id) if view.meeting.state == "live" else []
    timeline = await views.timeline(request.app, view.meeting, found, pages)
    settings = actions.settings_of(place)
    stream = view.meeting.stream_id
    return await render(
        request,
        "meeting/meeting.html",
        place=place,
        settings=settings,
        intro=render_markdown(settings.intro),
        view=view,
        mine=mine,
        chat=chat.messages,
        timeline=timeline,
        has_recording=bool(timeline.spans),
        decks=decks,
        live_address=f"/hls/{stream}/index.m3u8" if view.meeting.state == "live" else "",
        recording_address=f"/recordings/{stream}/index.m3u8",
        facts=msgspec.to_builtins({"chapters": [], "spans": timeline.spans}),
        host_path=views.host_path(place) if place.may_moderate else "",
        guest_path=f"{views.path_of(place)}/speak",
        script_facts=_facts(view, mine, timeline),
    )


async def show_host(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/manage/{consultation_id}/meeting/{block_id}`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block_to_moderate(tx, actor, int(request.match_info["block_id"]), KIND)
        _check_address(request, place)
        view = await views.room_view(tx, place.block.id, drafts=True)
        chat = await views.chat_view(tx, place.block.id)
        keys = await key_store.keys(tx, place.block.id) if place.may_manage else []
        decks = await slide_store.decks(tx, place.consultation.id)
    host = request.url.host or request.app[CITY].name
    return await render(
        request,
        "meeting/host.html",
        place=place,
        settings=actions.settings_of(place),
        view=view,
        chat=chat.messages,
        decks=decks,
        keys=[key for key in keys if key.revoked_at is None],
        rtmp_url=f"rtmp://{host}:{rtmp_port(request.app)}/live",
        path=views.path_of(place),
        mine=Mine(),
        script_facts=_facts(view, Mine(), None),
    )


def _facts(view: MeetingView, mine: Mine, timeline: Timeline | None) -> Any:
    """What the page's script starts with."""
    return msgspec.to_builtins({"view": view, "mine": mine, "timeline": timeline}, str_keys=True)


async def show_studio(request: web.Request) -> web.StreamResponse:
    """`GET …/studio`: the host's own camera, screen and microphone."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await access_block_to_manage(tx, actor, int(request.match_info["block_id"]), KIND)
        _check_address(request, place)
        meeting = await store.meeting(tx, place.block.id)
    return await _studio(request, place, meeting.state, views.host_path(place), "keys", 0)


async def show_guest(request: web.Request) -> web.StreamResponse:
    """`GET /dialog/{slug}/meeting/{block_id}/speak`: the same for a guest who was invited."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        place = await _place(tx, actor, request)
        hand = await store.own_hand(tx, place.block.id, place.participant_id or 0)
        if hand is None or hand.state not in {"invited", "on_air"}:
            raise NotFound
    state = "live" if hand.state == "on_air" else "planned"
    return await _studio(request, place, state, views.path_of(place), "guest/keys", hand.id)


async def _studio(
    request: web.Request, place: Place, state: str, back: str, keys: str, hand_id: int
) -> web.StreamResponse:
    title = place.block.title or place.consultation.title
    return await render(
        request,
        "council/studio.html",
        session={"id": place.block.id, "title": title, "state": state},
        studio={"back": back, "keys": f"/api/dialog/blocks/{place.block.id}/meeting/{keys}", "hand": hand_id},
    )
