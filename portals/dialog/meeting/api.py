"""The JSON side of live meetings: the pages' scripts use it and anybody may."""

from typing import Literal

import msgspec
from aiohttp import web

from app.api import body, reply
from app.database import DATABASE
from app.wire import current_actor
from portals.dialog.access import access_block
from portals.dialog.meeting import actions, air, slides, store, views
from portals.dialog.meeting.actions import KIND


class NewQuestion(msgspec.Struct, frozen=True):
    text: str


class Vote(msgspec.Struct, frozen=True):
    """For a question; `up` false takes it back."""

    up: bool


class Settling(msgspec.Struct, frozen=True):
    """What becomes of a question; `dismissed` needs a reason."""

    state: Literal["answered", "dismissed", "waiting"]
    reason: str = ""


class NewPoll(msgspec.Struct, frozen=True):
    """`options`: an answer a line. `at_close`: results are told at the close."""

    text: str
    options: str
    several: bool = False
    at_close: bool = False


class Choices(msgspec.Struct, frozen=True):
    """Numbers of answers, from 0."""

    choices: list[int]


class NewHand(msgspec.Struct, frozen=True):
    """`about`: what one wants to speak of."""

    about: str = ""


class OnAir(msgspec.Struct, frozen=True):
    """Whether viewers see the guest beside the host (`alone`: instead of the host), or the host."""

    on_air: bool
    alone: bool = False


class NewSlide(msgspec.Struct, frozen=True):
    """A page, from 1, of a material of this consultation."""

    material_id: int
    page: int = 1


class NewPresenter(msgspec.Struct, frozen=True):
    """Whose raised hand it is; None: those who lead the meeting alone."""

    hand_id: int | None


class Words(msgspec.Struct, frozen=True):
    body: str


class KeyLabel(msgspec.Struct, frozen=True):
    label: str = ""
    slot: str = "primary"
    """Sent by the studio page; the host's is the primary one always."""


def _number(request: web.Request, name: str = "block_id") -> int:
    return int(request.match_info[name])


async def show(request: web.Request) -> web.Response:
    """`GET …/meeting`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_block(tx, actor, _number(request), KIND)
        return reply(await views.room_view(tx, _number(request)))


async def show_mine(request: web.Request) -> web.Response:
    """`GET …/meeting/mine`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return reply(await views.mine(tx, await access_block(tx, actor, _number(request), KIND)))


async def show_timeline(request: web.Request) -> web.Response:
    """`GET …/meeting/timeline`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_block(tx, actor, _number(request), KIND)
        meeting = await store.meeting(tx, _number(request))
        found = await views.moments(tx, _number(request))
        pages = await views.shown_slides(tx, _number(request))
    return reply(await views.timeline(request.app, meeting, found, pages))


async def list_messages(request: web.Request) -> web.Response:
    """`GET …/meeting/messages`"""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await access_block(tx, actor, _number(request), KIND)
        return reply(await views.chat_view(tx, _number(request)))


async def ask(request: web.Request) -> web.Response:
    new, actor = await body(request, NewQuestion), await current_actor(request)
    return reply(await actions.ask(request.app[DATABASE], actor, _number(request), new.text), 201)


async def vote(request: web.Request) -> web.Response:
    new, actor = await body(request, Vote), await current_actor(request)
    question = _number(request, "question_id")
    return reply(await actions.vote(request.app[DATABASE], actor, _number(request), question, up=new.up))


async def take(request: web.Request) -> web.Response:
    actor, question = await current_actor(request), _number(request, "question_id")
    return reply(await actions.take(request.app[DATABASE], actor, _number(request), question))


async def settle(request: web.Request) -> web.Response:
    new, actor = await body(request, Settling), await current_actor(request)
    block, question = _number(request), _number(request, "question_id")
    return reply(await actions.settle(request.app[DATABASE], actor, block, question, new.state, new.reason))


async def make_poll(request: web.Request) -> web.Response:
    new, actor = await body(request, NewPoll), await current_actor(request)
    made = await actions.make_poll(
        request.app[DATABASE],
        actor,
        _number(request),
        new.text,
        new.options,
        several=new.several,
        at_close=new.at_close,
    )
    return reply(made, 201)


async def drop_poll(request: web.Request) -> web.Response:
    actor, poll = await current_actor(request), _number(request, "poll_id")
    await actions.drop_poll(request.app[DATABASE], actor, _number(request), poll)
    return web.Response(status=204)


async def open_poll(request: web.Request) -> web.Response:
    actor, poll = await current_actor(request), _number(request, "poll_id")
    return reply(await actions.open_poll(request.app[DATABASE], actor, _number(request), poll))


async def close_poll(request: web.Request) -> web.Response:
    actor, poll = await current_actor(request), _number(request, "poll_id")
    return reply(await actions.close_poll(request.app[DATABASE], actor, _number(request), poll))


async def answer(request: web.Request) -> web.Response:
    new, actor = await body(request, Choices), await current_actor(request)
    poll = _number(request, "poll_id")
    return reply(await actions.answer(request.app[DATABASE], actor, _number(request), poll, new.choices))


async def raise_hand(request: web.Request) -> web.Response:
    new, actor = await body(request, NewHand), await current_actor(request)
    return reply(await actions.raise_hand(request.app[DATABASE], actor, _number(request), new.about), 201)


async def lower_own(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return reply(await actions.lower_own_hand(request.app[DATABASE], actor, _number(request)))


async def invite(request: web.Request) -> web.Response:
    actor, hand = await current_actor(request), _number(request, "hand_id")
    return reply(await air.invite(request.app, actor, _number(request), hand))


async def put_on_air(request: web.Request) -> web.Response:
    new, actor = await body(request, OnAir), await current_actor(request)
    hand = _number(request, "hand_id")
    block = _number(request)
    return reply(await air.put_guest_on_air(request.app, actor, block, hand, on_air=new.on_air, alone=new.alone))


async def lower(request: web.Request) -> web.Response:
    actor, hand = await current_actor(request), _number(request, "hand_id")
    return reply(await air.lower(request.app, actor, _number(request), hand))


async def show_slide(request: web.Request) -> web.Response:
    new, actor = await body(request, NewSlide), await current_actor(request)
    return reply(await slides.show_slide(request.app[DATABASE], actor, _number(request), new.material_id, new.page))


async def close_slides(request: web.Request) -> web.Response:
    return reply(await slides.close_slides(request.app[DATABASE], await current_actor(request), _number(request)))


async def name_presenter(request: web.Request) -> web.Response:
    new, actor = await body(request, NewPresenter), await current_actor(request)
    return reply(await slides.name_presenter(request.app[DATABASE], actor, _number(request), new.hand_id))


async def say(request: web.Request) -> web.Response:
    new, actor = await body(request, Words), await current_actor(request)
    return reply(await actions.say(request.app[DATABASE], actor, _number(request), new.body), 201)


async def hide(request: web.Request) -> web.Response:
    return await _hide(request, hidden=True)


async def restore(request: web.Request) -> web.Response:
    return await _hide(request, hidden=False)


async def _hide(request: web.Request, *, hidden: bool) -> web.Response:
    actor, message = await current_actor(request), _number(request, "message_id")
    return reply(await actions.hide(request.app[DATABASE], actor, _number(request), message, hidden=hidden))


async def start(request: web.Request) -> web.Response:
    return reply(await air.start(request.app, await current_actor(request), _number(request)))


async def end(request: web.Request) -> web.Response:
    return reply(await air.end(request.app, await current_actor(request), _number(request)))


async def show_source(request: web.Request) -> web.Response:
    return reply(await air.source(request.app, await current_actor(request), _number(request)))


async def make_key(request: web.Request) -> web.Response:
    new, actor = await body(request, KeyLabel), await current_actor(request)
    return reply(await air.make_key(request.app[DATABASE], actor, _number(request), new.label), 201)


async def revoke_key(request: web.Request) -> web.Response:
    actor, key = await current_actor(request), _number(request, "key_id")
    return reply(await air.revoke_key(request.app, actor, _number(request), key))


async def make_guest_key(request: web.Request) -> web.Response:
    await body(request, KeyLabel)
    return reply(await air.make_guest_key(request.app[DATABASE], await current_actor(request), _number(request)), 201)


async def give_guest_key_back(request: web.Request) -> web.Response:
    actor, key = await current_actor(request), _number(request, "key_id")
    return reply(await air.give_guest_key_back(request.app, actor, _number(request), key))
