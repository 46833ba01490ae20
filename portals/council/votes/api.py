"""JSON of attendance and votes: the same actions as the pages."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.identity.identity import IDENTITY
from app.wire import current_actor
from portals.council.votes import actions, attendance, ballots, views
from portals.council.votes.access import access_roll
from portals.council.votes.model import (
    Attendance,
    AttendanceChange,
    Choice,
    Member,
    NamedVote,
    PaperCount,
    VoteDraft,
)
from portals.council.votes.paper import actions as paper
from portals.council.votes.roll import store as roll_store

Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
Number = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Name = Annotated[str, msgspec.Meta(max_length=400)]


class VoteWords(msgspec.Struct, frozen=True):
    """A draft. `majority` empty: the statute's usual one."""

    title: Annotated[str, msgspec.Meta(max_length=4000)]
    majority: Annotated[str, msgspec.Meta(max_length=40)] = ""
    secret: bool = False
    item_id: Id | None = None
    paper: bool = False
    candidates: Annotated[list[Name], msgspec.Meta(max_length=100)] = []

    def draft(self) -> VoteDraft:
        return VoteDraft(self.title, self.majority, self.secret, self.item_id, self.paper, self.candidates)


class Reason(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=4000)]


class AttendanceMark(msgspec.Struct, frozen=True):
    state: Attendance


class OwnChoice(msgspec.Struct, frozen=True):
    """`choice` null: does not vote, or no longer. `op_id`: a random name of this request, the same each time it is
    sent, so that it counts once.
    """

    choice: Choice | None
    op_id: Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[\w-]+$")]


class EnteredChoice(msgspec.Struct, frozen=True):
    """`choice` null takes an entry back."""

    choice: Choice | None


class CorrectionWords(msgspec.Struct, frozen=True):
    """`choice` null: this councillor did not vote."""

    councillor_id: Id
    choice: Choice | None
    reason: Annotated[str, msgspec.Meta(max_length=4000)]


class CountWords(msgspec.Struct, frozen=True):
    """What the counting committee found. `reason`: why it is corrected, after the close."""

    given: Number
    returned: Number
    valid: Number
    invalid: Number
    votes_for: Number = 0
    votes_against: Number = 0
    abstained: Number = 0
    candidate_votes: Annotated[list[Number], msgspec.Meta(max_length=100)] = []
    committee: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    reason: Annotated[str, msgspec.Meta(max_length=4000)] = ""

    @property
    def count(self) -> PaperCount:
        fields = [name for name in self.__struct_fields__ if name != "reason"]
        return PaperCount(**{name: getattr(self, name) for name in fields})


class MemberList(msgspec.Struct, frozen=True):
    members: list[Member]


class AttendanceHistory(msgspec.Struct, frozen=True):
    """Every change of the attendance list, oldest first."""

    changes: list[AttendanceChange]


async def show_votes(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await views.votes_view(tx, actor, _session_id(request)))


async def show_vote(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await views.public_vote(tx, actor, _session_id(request), _vote_id(request)))


async def show_desk(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await views.desk_view(tx, actor, _session_id(request)))


async def show_own(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        return api.reply(await views.own_view(tx, actor, _session_id(request)))


async def show_attendance_history(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction() as tx:
        desk = await access_roll(tx, actor, _session_id(request))
        return api.reply(AttendanceHistory(await roll_store.attendance_changes(tx, desk.session.id)))


async def mark_attendance(request: web.Request) -> web.Response:
    mark = await api.body(request, AttendanceMark)
    actor = await current_actor(request)
    member = await attendance.mark_attendance(
        request.app[DATABASE], actor, _session_id(request), _councillor_id(request), mark.state
    )
    return api.reply(member)


async def mark_everyone_present(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    members = await attendance.mark_everyone_present(request.app[DATABASE], actor, _session_id(request))
    return api.reply(MemberList(members))


async def confirm_presence(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return api.reply(await attendance.confirm_presence(request.app[DATABASE], actor, _session_id(request)))


async def prepare_vote(request: web.Request) -> web.Response:
    words = await api.body(request, VoteWords)
    actor = await current_actor(request)
    vote = await actions.prepare_vote(request.app[DATABASE], actor, _session_id(request), words.draft())
    return api.reply(vote, 201)


async def edit_draft(request: web.Request) -> web.Response:
    words = await api.body(request, VoteWords)
    actor = await current_actor(request)
    vote = await actions.edit_draft(
        request.app[DATABASE], actor, _session_id(request), _vote_id(request), words.draft()
    )
    return api.reply(vote)


async def remove_draft(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    await actions.remove_draft(request.app[DATABASE], actor, _session_id(request), _vote_id(request))
    return web.Response(status=204)


async def open_vote(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    vote = await actions.open_vote(request.app[DATABASE], actor, _session_id(request), _vote_id(request))
    return api.reply(vote)


async def close_vote(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    vote = await actions.close_vote(
        request.app[DATABASE], request.app[IDENTITY].keys, actor, _session_id(request), _vote_id(request)
    )
    return api.reply(vote)


async def cancel_vote(request: web.Request) -> web.Response:
    words = await api.body(request, Reason)
    actor = await current_actor(request)
    vote = await actions.cancel_vote(
        request.app[DATABASE], actor, _session_id(request), _vote_id(request), words.reason
    )
    return api.reply(vote)


async def repeat_vote(request: web.Request) -> web.Response:
    words = await api.body(request, Reason)
    actor = await current_actor(request)
    vote = await actions.repeat_vote(
        request.app[DATABASE], actor, _session_id(request), _vote_id(request), words.reason
    )
    return api.reply(vote, 201)


async def cast_ballot(request: web.Request) -> web.Response:
    own = await api.body(request, OwnChoice)
    actor = await current_actor(request)
    ballot = await ballots.cast_ballot(
        request.app[DATABASE],
        request.app[IDENTITY].keys,
        actor,
        _session_id(request),
        _vote_id(request),
        own.choice,
        own.op_id,
    )
    return api.reply(ballot)


async def enter_ballot(request: web.Request) -> web.Response:
    entered = await api.body(request, EnteredChoice)
    actor = await current_actor(request)
    voter = await ballots.enter_ballot(
        request.app[DATABASE],
        actor,
        _session_id(request),
        _vote_id(request),
        _councillor_id(request),
        entered.choice,
    )
    return api.reply(voter)


async def correct_vote(request: web.Request) -> web.Response:
    words = await api.body(request, CorrectionWords)
    actor = await current_actor(request)
    named: NamedVote = await actions.correct_vote(
        request.app[DATABASE],
        actor,
        _session_id(request),
        _vote_id(request),
        words.councillor_id,
        words.choice,
        words.reason,
    )
    return api.reply(named)


async def enter_count(request: web.Request) -> web.Response:
    words = await api.body(request, CountWords)
    actor = await current_actor(request)
    named = await paper.enter_count(
        request.app[DATABASE], actor, _session_id(request), _vote_id(request), words.count, words.reason
    )
    return api.reply(named)


async def publish_vote(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    named = await paper.publish_vote(request.app[DATABASE], actor, _session_id(request), _vote_id(request))
    return api.reply(named)


def _session_id(request: web.Request) -> int:
    return int(request.match_info["session_id"])


def _vote_id(request: web.Request) -> int:
    return int(request.match_info["vote_id"])


def _councillor_id(request: web.Request) -> int:
    return int(request.match_info["councillor_id"])
