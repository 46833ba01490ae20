"""JSON of the debate: the same actions as the pages."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.wire import current_actor, section
from portals.council.debate import actions, alerts, store
from portals.council.debate.model import AlertList, AskedKind, SpeakerDraft, Speech, SpeechKind
from portals.council.debate.settings import DebateSettings

Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]


class Asking(msgspec.Struct, frozen=True):
    """What a councillor raises a hand for."""

    kind: AskedKind = "speech"


class Speaker(msgspec.Struct, frozen=True):
    """Whom to put into the queue: a councillor by number, or a guest by name and function."""

    kind: SpeechKind = "speech"
    councillor_id: Id | None = None
    speaker: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    role: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Order(msgspec.Struct, frozen=True):
    """Numbers of the speeches that wait, in the wanted order."""

    order: Annotated[list[Id], msgspec.Meta(max_length=1000)]


class Extension(msgspec.Struct, frozen=True):
    """Seconds to add."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)]


class Queue(msgspec.Struct, frozen=True):
    """Who waits, in order."""

    speeches: list[Speech]


class OwnSpeech(msgspec.Struct, frozen=True):
    """The own place in the queue; null where no hand is up."""

    speech: Speech | None


async def list_speeches(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await actions.spoken(tx, actor, _session_id(request))
    return api.reply(found)


async def show_guess(request: web.Request) -> web.Response:
    """After an agenda was rewritten pages ask once for new guesses."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        view = await actions.debate_view(tx, actor, _session_id(request))
    return api.reply(view.guess)


async def ask_to_speak(request: web.Request) -> web.Response:
    asking = await api.body(request, Asking)
    actor = await current_actor(request)
    settings = section(request.app, DebateSettings)
    speech = await actions.ask_to_speak(request.app[DATABASE], settings, actor, _session_id(request), asking.kind)
    return api.reply(OwnSpeech(speech))


async def withdraw_own(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(OwnSpeech(await actions.withdraw_own(request.app[DATABASE], actor, _session_id(request))))


async def add_speaker(request: web.Request) -> web.Response:
    asked = await api.body(request, Speaker)
    actor = await current_actor(request)
    draft = SpeakerDraft(asked.kind, asked.councillor_id, asked.speaker, asked.role)
    settings = section(request.app, DebateSettings)
    speech = await actions.add_speaker(request.app[DATABASE], settings, actor, _session_id(request), draft)
    return api.reply(speech, 201)


async def order_queue(request: web.Request) -> web.Response:
    wanted = await api.body(request, Order)
    actor = await current_actor(request)
    queue = await actions.order_queue(request.app[DATABASE], actor, _session_id(request), wanted.order)
    return api.reply(Queue(queue))


async def give_floor(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(await actions.give_floor(request.app[DATABASE], actor, *_speech_ids(request)))


async def end_speech(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(await actions.end_speech(request.app[DATABASE], actor, *_speech_ids(request)))


async def withdraw_speech(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(await actions.withdraw_speech(request.app[DATABASE], actor, *_speech_ids(request)))


async def restore_speech(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(await actions.restore_speech(request.app[DATABASE], actor, *_speech_ids(request)))


async def extend_speech(request: web.Request) -> web.Response:
    extension = await api.body(request, Extension)
    actor = await current_actor(request)
    session_id, speech_id = _speech_ids(request)
    speech = await actions.extend_speech(request.app[DATABASE], actor, session_id, speech_id, extension.seconds)
    return api.reply(speech)


async def pause_speech(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(await actions.pause_speech(request.app[DATABASE], actor, *_speech_ids(request)))


async def resume_speech(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(await actions.resume_speech(request.app[DATABASE], actor, *_speech_ids(request)))


async def list_alerts(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    assert actor.account_id is not None  # the route's guard
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(AlertList(await store.alerts_of(tx, _session_id(request), actor.account_id)))


async def ask_for_alert(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    await alerts.ask_for_alert(request.app[DATABASE], actor, _session_id(request), int(request.match_info["item_id"]))
    return web.Response(status=204)


async def drop_alert(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    await alerts.drop_alert(request.app[DATABASE], actor, _session_id(request), int(request.match_info["item_id"]))
    return web.Response(status=204)


def _session_id(request: web.Request) -> int:
    return int(request.match_info["session_id"])


def _speech_ids(request: web.Request) -> tuple[int, int]:
    return _session_id(request), int(request.match_info["speech_id"])
