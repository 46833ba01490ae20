"""JSON of council sessions: the same actions as the pages."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.i18n import LOCALES
from app.pages import Banner
from app.wire import current_actor
from media.continuity.model import Feeding, SlateKind, Slot
from media.streams import STREAMS
from portals.council import actions, recorded, store
from portals.council.model import Chapter, ChatMessage, Session, Span
from portals.council.panels import PANELS
from portals.council.rules import current_item


class SessionList(msgspec.Struct, frozen=True):
    """Sessions by what they are now."""

    live: list[Session]
    coming: list[Session]
    past: list[Session]


class Caption(msgspec.Struct, frozen=True):
    """What the picture of a synthetic encoder says."""

    title: str


class ChapterList(msgspec.Struct, frozen=True):
    """`spans` tell how the recording's time, which leaves gaps out, lies on the clock; the last one may still grow."""

    chapters: list[Chapter]
    spans: list[Span]


class MessageList(msgspec.Struct, frozen=True):
    messages: list[ChatMessage]


class Before(msgspec.Struct, frozen=True):
    """Older messages than this one."""

    before: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None


class Words(msgspec.Struct, frozen=True):
    body: Annotated[str, msgspec.Meta(max_length=4000)]


class ItemChoice(msgspec.Struct, frozen=True):
    item_id: Annotated[int, msgspec.Meta(ge=1, le=2**62)]


class ChatChoice(msgspec.Struct, frozen=True):
    open: bool


class KeyLabel(msgspec.Struct, frozen=True):
    label: Annotated[str, msgspec.Meta(max_length=200)] = ""
    slot: Slot = Slot.PRIMARY


class EncoderChoice(msgspec.Struct, frozen=True):
    """`slot` null: the primary encoder, as usual."""

    slot: Slot | None = None


class Encoders(msgspec.Struct, frozen=True):
    """Who feeds the session's viewers. `connected`: encoders that send; `slate`: what is shown instead, if one is."""

    feeding: Feeding
    connected: list[Slot]
    pinned: Slot | None
    slate: SlateKind | None


class Preview(msgspec.Struct, frozen=True):
    """Where the clerk sees the picture before the start; null while no encoder is connected."""

    hls: str | None


async def list_sessions(request: web.Request) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = SessionList(
            live=await store.live_sessions(tx),
            coming=await store.coming_sessions(tx, 50),
            past=await store.past_sessions(tx, 50, 0),
        )
    return api.reply(found)


async def show_session(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await actions.session_view(tx, actor, _session_id(request))
    return api.reply(view)


async def show_banner(request: web.Request) -> web.Response:
    """What is on air, over every page. A second old is fresh enough, so that a full town hall costs one query."""
    locale = request.app[LOCALES].choose(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        lines = []
        for session in await store.live_sessions(tx):
            current = current_item(await store.agenda(tx, session.id))
            text = f"{locale.gettext('Live')}: {session.title}"
            if current is not None:
                text += f" — {current.number}. {current.title}"
            lines.append(Banner(text=text, href=session.path, action=locale.gettext("Watch"), live=True))
    response = api.reply(lines)
    response.headers["Cache-Control"] = "private, max-age=1"
    return response


async def show_caption(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session(tx, actor, _session_id(request))
        items = await store.agenda(tx, session.id)
    current = current_item(items)
    return api.reply(Caption(f"{current.number}. {current.title}" if current else session.title))


async def show_chapters(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session(tx, actor, _session_id(request))
    chapters = await actions.chapters(request.app, session)
    return api.reply(ChapterList(chapters, await recorded.spans(request.app, session)))


async def list_messages(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    asked = api.query(request, Before)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session(tx, actor, _session_id(request))
        messages = await store.newest_messages(tx, session.id, 100, asked.before)
    return api.reply(MessageList(messages))


async def send_message(request: web.Request) -> web.Response:
    words = await api.body(request, Words)
    actor = await current_actor(request)
    message = await actions.send_message(request.app[DATABASE], actor, _session_id(request), words.body)
    return api.reply(message, 201)


async def hide_message(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    message = await actions.hide_message(
        request.app[DATABASE], actor, _session_id(request), int(request.match_info["message_id"])
    )
    return api.reply(message)


async def restore_message(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    message = await actions.restore_message(
        request.app[DATABASE], actor, _session_id(request), int(request.match_info["message_id"])
    )
    return api.reply(message)


async def start_session(request: web.Request) -> web.Response:
    return api.reply(await actions.start_session(request.app, await current_actor(request), _session_id(request)))


async def end_session(request: web.Request) -> web.Response:
    return api.reply(await actions.end_session(request.app, await current_actor(request), _session_id(request)))


async def set_current_item(request: web.Request) -> web.Response:
    choice = await api.body(request, ItemChoice)
    actor = await current_actor(request)
    parts = request.app[PANELS]
    item = await actions.set_current_item(request.app[DATABASE], actor, _session_id(request), choice.item_id, parts)
    return api.reply(item)


async def open_chat(request: web.Request) -> web.Response:
    choice = await api.body(request, ChatChoice)
    actor = await current_actor(request)
    return api.reply(await actions.open_chat(request.app[DATABASE], actor, _session_id(request), choice.open))


async def create_stream_key(request: web.Request) -> web.Response:
    label = await api.body(request, KeyLabel)
    actor = await current_actor(request)
    key = await actions.create_stream_key(request.app[DATABASE], actor, _session_id(request), label.label, label.slot)
    return api.reply(key, 201)


async def revoke_stream_key(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    key = await actions.revoke_stream_key(request.app, actor, _session_id(request), int(request.match_info["key_id"]))
    return api.reply(key)


async def show_encoders(request: web.Request) -> web.Response:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        session = await actions.access_session(tx, await current_actor(request), _session_id(request))
    streams, stream_id = request.app[STREAMS], session.stream_id
    connected = sorted(streams.encoders(stream_id), reverse=True)
    return api.reply(
        Encoders(streams.feeding(stream_id), connected, streams.pinned(stream_id), streams.slate(stream_id))
    )


async def pin_encoder(request: web.Request) -> web.Response:
    choice = await api.body(request, EncoderChoice)
    await actions.pin_encoder(request.app, await current_actor(request), _session_id(request), choice.slot)
    return web.Response(status=204)


async def allow_takeover(request: web.Request) -> web.Response:
    await actions.allow_takeover(request.app, await current_actor(request), _session_id(request))
    return web.Response(status=204)


async def show_preview(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        session = await actions.access_desk(tx, actor, _session_id(request))
    preview_id = request.app[STREAMS].preview_id(session.stream_id)
    return api.reply(Preview(f"/hls/{preview_id}/index.m3u8" if preview_id else None))


def _session_id(request: web.Request) -> int:
    return int(request.match_info["session_id"])
