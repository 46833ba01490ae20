"""Addresses of live meetings."""

from typing import Any, Final

import msgspec

from app.feature import ANYONE, SIGNED_IN, Allow, Handler, Route, having
from portals.dialog import rules
from portals.dialog.meeting import api, pages
from portals.dialog.meeting.air import Source
from portals.dialog.meeting.model import (
    ChatView,
    Hand,
    Key,
    Meeting,
    MeetingView,
    Message,
    Mine,
    NewKey,
    Poll,
    Presentation,
    Question,
    Timeline,
)

NUMBER: Final = r"\d{1,18}"
PAGE: Final = rf"/dialog/{{slug}}/meeting/{{block_id:{NUMBER}}}"
DESK: Final = rf"/dialog/manage/{{consultation_id:{NUMBER}}}/meeting/{{block_id:{NUMBER}}}"
API: Final = rf"/api/dialog/blocks/{{block_id:{NUMBER}}}/meeting"
QUESTION: Final = rf"{API}/questions/{{question_id:{NUMBER}}}"
POLL: Final = rf"{API}/polls/{{poll_id:{NUMBER}}}"
HAND: Final = rf"{API}/hands/{{hand_id:{NUMBER}}}"
MESSAGE: Final = rf"{API}/messages/{{message_id:{NUMBER}}}"
MANAGING: Final = having(*rules.MANAGING_ROLES)
HOSTING: Final = having(*rules.MODERATING_ROLES)


def _page(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _get(path: str, handler: Handler, summary: str, reply: Any, allow: Allow = ANYONE, *, media: bool = False) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, summary=summary, reply=reply, on_media=media)


def _do(
    path: str,
    handler: Handler,
    allow: Allow,
    summary: str,
    reply: Any = None,
    body: type[msgspec.Struct] | None = None,
    status: int = 200,
    method: str = "POST",
    *,
    media: bool = False,
) -> Route:
    return Route(
        method=method,
        path=path,
        handler=handler,
        allow=allow,
        summary=summary,
        reply=reply,
        body=body,
        status=status,
        on_media=media,
    )


ROUTES: Final = (
    _page(PAGE, pages.show_meeting, ANYONE, "meeting"),
    _page(f"{PAGE}/speak", pages.show_guest, SIGNED_IN, "speak"),
    _page(DESK, pages.show_host, HOSTING, "host"),
    _page(f"{DESK}/studio", pages.show_studio, MANAGING, "studio"),
    _get(API, api.show, "A meeting with its questions, polls and raised hands", MeetingView),
    _get(f"{API}/mine", api.show_mine, "What the reader has asked, voted for and answered", Mine, SIGNED_IN),
    _get(f"{API}/timeline", api.show_timeline, "What happened, and where the recording shows it", Timeline),
    _get(f"{API}/messages", api.list_messages, "The newest chat messages, oldest first", ChatView),
    _get(f"{API}/source", api.show_source, "What feeds the meeting now", Source, HOSTING, media=True),
    _do(f"{API}/questions", api.ask, SIGNED_IN, "Ask a question", Question, api.NewQuestion, 201),
    _do(f"{QUESTION}/vote", api.vote, SIGNED_IN, "Vote for a question, or take it back", Question, api.Vote),
    _do(f"{QUESTION}/take", api.take, HOSTING, "Answer a question now", Question),
    _do(f"{QUESTION}/settle", api.settle, HOSTING, "Answered, dismissed or waiting again", Question, api.Settling),
    _do(f"{API}/polls", api.make_poll, HOSTING, "Prepare a poll", Poll, api.NewPoll, 201),
    _do(POLL, api.drop_poll, HOSTING, "Remove a poll that was never opened", status=204, method="DELETE"),
    _do(f"{POLL}/open", api.open_poll, HOSTING, "Open a poll", Poll),
    _do(f"{POLL}/close", api.close_poll, HOSTING, "Close a poll", Poll),
    _do(f"{POLL}/answer", api.answer, SIGNED_IN, "Answer a poll; given again it replaces the first", Poll, api.Choices),
    _do(f"{API}/hand", api.raise_hand, SIGNED_IN, "Raise one's hand", Hand, api.NewHand, 201),
    _do(f"{API}/hand", api.lower_own, SIGNED_IN, "Lower one's hand", Hand, method="DELETE"),
    _do(f"{HAND}/invite", api.invite, HOSTING, "Invite a guest to speak", Hand, media=True),
    _do(f"{HAND}/air", api.put_on_air, HOSTING, "Show the guest, or the host again", Hand, api.OnAir, media=True),
    _do(f"{HAND}/lower", api.lower, HOSTING, "Take a hand off the queue", Hand, media=True),
    _do(f"{API}/slides", api.show_slide, SIGNED_IN, "Show a page of slides to everybody", Presentation, api.NewSlide),
    _do(f"{API}/slides", api.close_slides, SIGNED_IN, "Show slides no longer", Presentation, method="DELETE"),
    _do(f"{API}/presenter", api.name_presenter, HOSTING, "Who turns the pages too", Presentation, api.NewPresenter),
    _do(f"{API}/messages", api.say, SIGNED_IN, "Write into the chat", Message, api.Words, 201),
    _do(f"{MESSAGE}/hide", api.hide, HOSTING, "Hide a chat message", Message),
    _do(f"{MESSAGE}/restore", api.restore, HOSTING, "Show a hidden chat message again", Message),
    _do(f"{API}/start", api.start, HOSTING, "Put the meeting on air", Meeting, media=True),
    _do(f"{API}/end", api.end, HOSTING, "End the meeting", Meeting, media=True),
    _do(f"{API}/keys", api.make_key, MANAGING, "Make a stream key", NewKey, api.KeyLabel, 201),
    _do(rf"{API}/keys/{{key_id:{NUMBER}}}", api.revoke_key, MANAGING, "Revoke a key", Key, method="DELETE", media=True),
    _do(f"{API}/guest/keys", api.make_guest_key, SIGNED_IN, "A guest's stream key", NewKey, api.KeyLabel, 201),
    _do(
        rf"{API}/guest/keys/{{key_id:{NUMBER}}}",
        api.give_guest_key_back,
        SIGNED_IN,
        "Give a guest's key back",
        Key,
        method="DELETE",
        media=True,
    ),
)
