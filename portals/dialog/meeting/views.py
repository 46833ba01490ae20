"""What rooms, templates and the timeline are given of a meeting."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web
from markupsafe import Markup

from app.actor import Actor
from app.database import Tx
from app.i18n import _
from app.markup import render_markdown
from media.record.recordings import RECORDINGS
from portals.dialog.access import Place
from portals.dialog.blocks import Contribution, Figure
from portals.dialog.meeting import chat_store, rules, slide_store, slides, store
from portals.dialog.meeting.model import (
    ChatView,
    Hand,
    HandRow,
    Meeting,
    MeetingSettings,
    MeetingView,
    Message,
    MessageRow,
    Mine,
    Moment,
    MomentKind,
    Poll,
    PollRow,
    Question,
    QuestionRow,
    Slide,
    Span,
    Timeline,
)
from portals.dialog.model import Author
from portals.dialog.participation import authors

CHAT_SHOWN: Final = 100
MOST_MESSAGES: Final = 5000
"""On a timeline; more are read in the API's log alone."""


class BlockView(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting as its line on the consultation's page tells it."""

    intro: Markup
    meeting: Meeting
    waiting: int
    answered: int
    polls: int
    path: str
    host_path: str


async def view(tx: Tx, _actor: Actor, place: Place) -> BlockView:
    settings = msgspec.convert(place.block.settings, MeetingSettings)
    asked = await store.questions(tx, place.block.id)
    polls = await store.polls(tx, place.block.id)
    return BlockView(
        intro=render_markdown(settings.intro),
        meeting=await store.meeting(tx, place.block.id),
        waiting=sum(one.state in {"waiting", "current"} for one in asked),
        answered=sum(one.state == "answered" for one in asked),
        polls=sum(one.state != "draft" for one in polls),
        path=path_of(place),
        host_path=host_path(place),
    )


def path_of(place: Place) -> str:
    """The one address of a meeting: before it, live, and its replay."""
    return f"{place.consultation.path}/meeting/{place.block.id}"


def host_path(place: Place) -> str:
    return f"{place.consultation.manage_path}/meeting/{place.block.id}"


async def room_view(tx: Tx, block_id: int, *, drafts: bool = False) -> MeetingView:
    """Rows as everybody may know them. `drafts`: for the host, polls that are not opened yet."""
    polls = [one for one in await store.polls(tx, block_id) if drafts or one.state != "draft"]
    return MeetingView(
        await store.meeting(tx, block_id),
        await shown_questions(tx, await store.questions(tx, block_id)),
        await shown_polls(tx, polls),
        await shown_hands(tx, await store.hands(tx, block_id)),
        await slides.shown(tx, await slide_store.presentation(tx, block_id)),
    )


async def chat_view(tx: Tx, block_id: int) -> ChatView:
    return ChatView(await shown_messages(tx, await chat_store.messages(tx, block_id, CHAT_SHOWN)))


async def mine(tx: Tx, place: Place) -> Mine:
    return await store.mine(tx, place.block.id, place.participant_id) if place.participant_id else Mine()


async def shown_questions(tx: Tx, rows: Sequence[QuestionRow]) -> list[Question]:
    known = await authors(tx, _people(rows))
    return [
        Question(
            id=row.id,
            author=known.get(row.participant_id or 0, rules.ERASED) if row.state != "dismissed" else rules.ERASED,
            text=row.text if row.state != "dismissed" else "",
            state=row.state,
            reason=row.reason,
            votes=row.votes,
            asked_at=row.asked_at,
            taken_at=row.taken_at,
            rev=row.rev,
        )
        for row in rows
    ]


async def shown_polls(tx: Tx, rows: Sequence[PollRow]) -> list[Poll]:
    counted = await store.counts(tx, [row.id for row in rows])
    return [rules.public_poll(row, *counted.get(row.id, (0, {}))) for row in rows]


async def shown_hands(tx: Tx, rows: Sequence[HandRow]) -> list[Hand]:
    known = await authors(tx, _people(rows))
    return [
        Hand(
            id=row.id,
            author=known.get(row.participant_id, rules.ERASED),
            about=row.about if row.state != "down" else "",
            state=row.state,
            raised_at=row.raised_at,
            on_air_at=row.on_air_at,
            rev=row.rev,
        )
        for row in rows
    ]


async def shown_messages(tx: Tx, rows: Sequence[MessageRow]) -> list[Message]:
    known = await authors(tx, _people(rows))
    return [
        Message(
            id=row.id,
            author=None if row.hidden else known.get(row.participant_id or 0, rules.ERASED),
            body=row.body,
            sent_at=row.sent_at,
            hidden=row.hidden,
            rev=row.rev,
        )
        for row in rows
    ]


def _people(rows: Iterable[QuestionRow | HandRow | MessageRow]) -> list[int]:
    return sorted({row.participant_id for row in rows if row.participant_id is not None})


# the time of the recording


async def moments(tx: Tx, block_id: int) -> list[Moment]:
    """All that happened, in order."""
    found: list[Moment] = []
    for one in await shown_questions(tx, await store.questions(tx, block_id)):
        if one.state == "dismissed":
            continue
        found.append(_moment("asked", "question", one.id, one.text, one.author, one.asked_at))
        if one.taken_at is not None:
            found.append(_moment("answer", "question", one.id, one.text, one.author, one.taken_at))
    found += await _polls_and_guests(tx, block_id)
    found += await _opened_slides(tx, block_id)
    lines = await shown_messages(tx, await chat_store.messages(tx, block_id, MOST_MESSAGES))
    found += [
        _moment("message", "message", line.id, line.body, line.author, line.sent_at)
        for line in lines
        if not line.hidden
    ]
    return sorted(found, key=lambda one: (one.at, one.ref))


async def _polls_and_guests(tx: Tx, block_id: int) -> list[Moment]:
    found: list[Moment] = []
    for poll in await store.polls(tx, block_id):
        if poll.opened_at is not None:
            found.append(_moment("poll", "poll", poll.id, poll.text, None, poll.opened_at))
        if poll.closed_at is not None:
            found.append(_moment("result", "poll", poll.id, poll.text, None, poll.closed_at))
    guests = await store.guests(tx, block_id)
    known = await authors(tx, _people(guests))
    for hand in guests:
        if hand.on_air_at is not None:
            author = known.get(hand.participant_id, rules.ERASED)
            found.append(_moment("guest", "hand", hand.id, hand.about, author, hand.on_air_at))
    return found


async def _opened_slides(tx: Tx, block_id: int) -> list[Moment]:
    found, before = [], None
    for row in await slide_store.slides(tx, block_id):
        if row.page and row.type and row.material_id != before:
            found.append(_moment("slides", "slide", row.id, row.title, None, row.shown_at))
        before = row.material_id if row.page else None
    return found


async def shown_slides(tx: Tx, block_id: int) -> list[Slide]:
    """Each page and when it was shown."""
    return [slides.slide(row) for row in await slide_store.slides(tx, block_id)]


def _moment(kind: MomentKind, name: str, number: int, text: str, author: Author | None, at: datetime) -> Moment:
    return Moment(kind=kind, ref=f"{name}/{number}", text=text, author=author, at=at)


async def timeline(
    app: web.Application, meeting: Meeting, found: Sequence[Moment], pages: Sequence[Slide] = ()
) -> Timeline:
    """The moments with their places in the recording."""
    summary = None
    if meeting.state != "planned" and RECORDINGS in app:
        summary = await app[RECORDINGS].summary(meeting.stream_id)
    stretches = summary.stretches if summary is not None else []
    spans = [Span(round(one.position_s, 3), one.began_at, round(one.duration_s, 3)) for one in stretches]
    placed = [msgspec.structs.replace(one, position_s=rules.position_of(spans, one.at)) for one in found]
    led = [msgspec.structs.replace(one, position_s=rules.position_of(spans, one.at)) for one in pages]
    return Timeline(placed, spans, round(summary.duration_s, 3) if summary is not None else 0.0, led)


# for lists, the report and «what became of it»


async def figures(tx: Tx, _actor: Actor, place: Place) -> Sequence[Figure]:
    asked = await store.questions(tx, place.block.id)
    polls = await store.polls(tx, place.block.id)
    return [
        Figure(_("questions"), len(asked)),
        Figure(_("answered"), sum(one.state == "answered" for one in asked)),
        Figure(_("polls"), sum(one.state == "closed" for one in polls)),
    ]


async def contributions(tx: Tx, _actor: Actor, place: Place) -> Sequence[Contribution]:
    """Questions; what is written in the chat is talk."""
    return [
        Contribution(
            block_id=place.block.id,
            ref=f"question/{row.id}",
            participant_id=row.participant_id,
            text=row.text,
            at=row.asked_at,
            path=f"{path_of(place)}#question-{row.id}",
            visible=row.state != "dismissed",
        )
        for row in await store.questions(tx, place.block.id)
    ]
