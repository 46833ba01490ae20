"""Council sessions: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound
from app.feature import ANYONE, SIGNED_IN, Feature, NavItem, Params, Role, Room, RoomKind, Route, having
from app.pages import Banner
from media.streams import STREAMS
from portals.council import actions, api, demo, embed, pages, rules, store
from portals.council.model import (
    AgendaItem,
    AgendaItemChanged,
    AgendaReplaced,
    ChatMessage,
    ChatMessageHidden,
    ChatMessageRestored,
    ChatMessageSent,
    ChatView,
    NewStreamKey,
    Session,
    SessionChanged,
    SessionView,
    StreamKey,
)
from portals.council.panels import panels_service
from portals.council.planning import routes as planning
from portals.council.planning.hooks import planning_service

DESK = having(*rules.DESK_ROLES)
MODERATION = having(*rules.MODERATING_ROLES)
ID = r"{session_id:\d{1,18}}"
SESSION = f"/api/council/sessions/{ID}"


def room_session_id(params: Params) -> int:
    """The number in a room's name; what is none names no session."""
    text = params["session_id"]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return int(text)


async def session_snapshot(tx: Tx, actor: Actor, params: Params) -> SessionView:
    return await actions.session_view(tx, actor, room_session_id(params))


async def chat_snapshot(tx: Tx, actor: Actor, params: Params) -> ChatView:
    return await actions.chat_view(tx, actor, room_session_id(params))


async def resume_live_sessions(app: web.Application) -> AsyncIterator[None]:
    """After a restart: sessions on air stay on air, so that the encoder's return continues their recording.

    What stood before the picture stands there from the first moment on: nothing of a closed part may pass.
    """
    if STREAMS not in app:  # a web node
        yield
        return
    async with app[DATABASE].transaction(readonly=True) as tx:
        sessions = await store.live_sessions(tx)
        slates = await store.standing_slates(tx)
    for session in sessions:
        app[STREAMS].put_on_air(session.stream_id, slate=slates.get(session.id))
    yield


FEATURE = Feature(
    name="council",
    folder=Path(__file__).parent,
    needs=("identity", "media", "realtime"),
    roles=(
        Role(name=rules.CLERK, title="Clerk of the council"),
        Role(name=rules.MODERATOR, title="Moderator"),
        Role(name=rules.COUNCILLOR, title="Councillor"),
    ),
    nav=(
        NavItem(label="Sessions", path="/council/sessions", allow=ANYONE, order=10, icon="play"),
        NavItem(label="The council", path="/council/members", allow=ANYONE, order=20, icon="council"),
        NavItem(label="Clerk's desk", path="/council/desk", allow=DESK, order=30, icon="signal"),
    ),
    routes=(
        Route(method="GET", path="/", handler=pages.show_home, allow=ANYONE, name="home"),
        *planning.ROUTES,
        Route(
            method="GET",
            path="/council/sessions/{slug}",
            handler=pages.show_session,
            allow=ANYONE,
            name="session",
        ),
        Route(
            method="GET",
            path="/council/sessions/{slug}/screen",
            handler=pages.show_screen,
            allow=ANYONE,
            name="screen",
        ),
        Route(
            method="GET",
            path="/embed/{slug}",
            handler=embed.show_embed,
            allow=ANYONE,
            name="embed",
            embeddable=True,
        ),
        Route(
            method="GET", path="/oembed", handler=embed.show_oembed, allow=ANYONE, name="oembed", foreign_origin=True
        ),
        Route(method="GET", path="/council/desk", handler=pages.list_desks, allow=DESK, name="desks"),
        Route(
            method="GET", path=f"/council/desk/{ID}", handler=pages.show_desk, on_media=True, allow=DESK, name="desk"
        ),
        Route(method="GET", path=f"/council/desk/{ID}/studio", handler=pages.show_studio, allow=DESK, name="studio"),
        Route(
            method="GET",
            path="/api/council/live",
            name="banner",
            handler=api.show_banner,
            allow=ANYONE,
            summary="Sessions on air now, for the line over every page",
            reply=list[Banner],
        ),
        Route(
            method="GET",
            path="/api/council/sessions",
            handler=api.list_sessions,
            allow=ANYONE,
            summary="Sessions on air, coming and past",
            reply=api.SessionList,
        ),
        Route(
            method="GET",
            path=SESSION,
            handler=api.show_session,
            allow=ANYONE,
            summary="A session with its agenda",
            reply=SessionView,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/caption",
            handler=api.show_caption,
            allow=ANYONE,
            summary="Title of the current item, for a picture",
            reply=api.Caption,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/chapters",
            handler=api.show_chapters,
            allow=ANYONE,
            summary="Where each item begins in the recording, while it is made too",
            reply=api.ChapterList,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/messages",
            handler=api.list_messages,
            allow=ANYONE,
            summary="Chat messages, 100 at a time, oldest first",
            query=api.Before,
            reply=api.MessageList,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/messages",
            handler=api.send_message,
            allow=SIGNED_IN,
            summary="Write into the chat",
            body=api.Words,
            reply=ChatMessage,
            status=201,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/messages/{{message_id:\\d{{1,18}}}}/hide",
            handler=api.hide_message,
            allow=MODERATION,
            summary="Hide a chat message",
            reply=ChatMessage,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/messages/{{message_id:\\d{{1,18}}}}/restore",
            handler=api.restore_message,
            allow=MODERATION,
            summary="Show a hidden chat message again",
            reply=ChatMessage,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/start",
            handler=api.start_session,
            on_media=True,
            allow=DESK,
            summary="Put the session on air",
            reply=Session,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/end",
            handler=api.end_session,
            on_media=True,
            allow=DESK,
            summary="End the transmission",
            reply=Session,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/current",
            handler=api.set_current_item,
            allow=DESK,
            summary="Move to an item of the agenda",
            body=api.ItemChoice,
            reply=AgendaItem,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/chat",
            handler=api.open_chat,
            allow=DESK,
            summary="Open or close the chat",
            body=api.ChatChoice,
            reply=Session,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/keys",
            handler=api.create_stream_key,
            allow=DESK,
            summary="Make a stream key",
            body=api.KeyLabel,
            reply=NewStreamKey,
            status=201,
        ),
        Route(
            method="DELETE",
            path=f"{SESSION}/keys/{{key_id:\\d{{1,18}}}}",
            handler=api.revoke_stream_key,
            on_media=True,
            allow=DESK,
            summary="Revoke a stream key",
            reply=StreamKey,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/encoders",
            handler=api.show_encoders,
            on_media=True,
            allow=DESK,
            summary="Which encoder feeds the session, or which slate is shown",
            reply=api.Encoders,
        ),
        Route(
            method="PUT",
            path=f"{SESSION}/encoders",
            handler=api.pin_encoder,
            on_media=True,
            allow=DESK,
            summary="Prefer one encoder for as long as it sends",
            body=api.EncoderChoice,
            status=204,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/takeover",
            handler=api.allow_takeover,
            on_media=True,
            allow=DESK,
            summary="Let the next encoder replace the one that publishes now",
            status=204,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/preview",
            handler=api.show_preview,
            on_media=True,
            allow=DESK,
            summary="The picture before the start",
            reply=api.Preview,
        ),
    ),
    rooms=(
        Room(
            pattern="council/session/{session_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=session_snapshot,
            events=(SessionChanged, AgendaItemChanged, AgendaReplaced),
            presence=True,
            summary="A session and its agenda; counts who watches",
        ),
        Room(
            pattern="council/session/{session_id}/chat",
            allow=ANYONE,
            kind=RoomKind.LOG,
            kept=True,
            snapshot=chat_snapshot,
            events=(ChatMessageSent, ChatMessageHidden, ChatMessageRestored, SessionChanged),
            summary="What is written beside a session",
        ),
    ),
    services=(panels_service, planning_service, resume_live_sessions),
    demo=demo.fill,
)
