"""Attendance and votes: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import NotFound
from app.feature import ANYONE, Feature, Params, Room, RoomKind, Route, having
from app.i18n import _
from app.wire import section
from portals.council.panels import PANELS, Panel
from portals.council.rules import COUNCILLOR, DESK_ROLES
from portals.council.votes import api, demo, pages, settings, views
from portals.council.votes.model import (
    AttendanceChanged,
    BallotCast,
    DeskView,
    Member,
    NamedVote,
    OwnAttendanceChanged,
    OwnBallot,
    OwnView,
    QuorumChanged,
    Vote,
    VoteChanged,
    Voter,
    VoteRemoved,
    VotesView,
    VoteWithheld,
)
from portals.council.votes.roll import store as roll_store

DESK = having(*DESK_ROLES)
COUNCILLORS = having(COUNCILLOR)
CHAIRING = having(*DESK_ROLES, COUNCILLOR)
"""Of the councillors only those whom the statute lets open votes pass the loader."""

SESSION = r"/api/council/sessions/{session_id:\d{1,18}}"
VOTE = rf"{SESSION}/votes/{{vote_id:\d{{1,18}}}}"
MEMBER = r"{councillor_id:\d{1,18}}"


def _number(text: str) -> int:
    """The number in a room's name; what is none names nothing."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound
    return int(text)


async def votes_snapshot(tx: Tx, actor: Actor, params: Params) -> VotesView:
    return await views.votes_view(tx, actor, _number(params["session_id"]))


async def inside_snapshot(tx: Tx, actor: Actor, params: Params) -> VotesView:
    return await views.inside_view(tx, actor, _number(params["session_id"]))


async def desk_snapshot(tx: Tx, actor: Actor, params: Params) -> DeskView:
    return await views.desk_view(tx, actor, _number(params["session_id"]))


async def own_snapshot(tx: Tx, actor: Actor, params: Params) -> OwnView:
    """Of the councillor who asks; somebody else's room is not there."""
    view = await views.own_view(tx, actor, _number(params["session_id"]))
    if view.member.councillor_id != _number(params["councillor_id"]):
        raise NotFound
    return view


async def statute_service(app: web.Application) -> AsyncIterator[None]:
    """Writes the statute's rules down for those who have only a transaction, and adds the panel."""
    statute = section(app, settings.VotesSettings)
    settings.check(statute)
    async with app[DATABASE].transaction() as tx:
        await roll_store.keep_statute(tx, statute)
    app[PANELS].add(
        Panel(
            name="votes",
            data=pages.panel_of(app),
            order=12,
            tab=_("Votes"),
            session_ended=pages.refuse_open_vote,
        )
    )
    yield


FEATURE = Feature(
    name="votes",
    folder=Path(__file__).parent,
    needs=("council",),
    settings=settings.VotesSettings,
    routes=(
        Route(
            method="GET",
            path=f"{SESSION}/votes",
            handler=api.show_votes,
            allow=ANYONE,
            summary="Attendance, quorum and votes of a session",
            reply=VotesView,
        ),
        Route(
            method="GET",
            path=VOTE,
            handler=api.show_vote,
            allow=ANYONE,
            summary="A vote; by name once it is closed",
            reply=NamedVote,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/votes/desk",
            handler=api.show_desk,
            allow=CHAIRING,
            summary="The same with drafts, and with who has voted",
            reply=DeskView,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/votes/own",
            handler=api.show_own,
            allow=COUNCILLORS,
            summary="A councillor's own presence and ballots",
            reply=OwnView,
        ),
        Route(
            method="GET",
            path=f"{SESSION}/attendance/changes",
            handler=api.show_attendance_history,
            allow=DESK,
            summary="Every change of the attendance list with its moment",
            reply=api.AttendanceHistory,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/attendance/all",
            handler=api.mark_everyone_present,
            allow=DESK,
            summary="Mark everybody present who was not marked yet",
            reply=api.MemberList,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/attendance/own",
            handler=api.confirm_presence,
            allow=COUNCILLORS,
            summary="Confirm the own presence",
            reply=Member,
        ),
        Route(
            method="PUT",
            path=f"{SESSION}/attendance/{MEMBER}",
            handler=api.mark_attendance,
            allow=DESK,
            summary="Mark a councillor present, late, gone or absent",
            body=api.AttendanceMark,
            reply=Member,
        ),
        Route(
            method="POST",
            path=f"{SESSION}/votes",
            handler=api.prepare_vote,
            allow=CHAIRING,
            summary="Prepare a vote",
            body=api.VoteWords,
            reply=Vote,
            status=201,
        ),
        Route(
            method="PUT",
            path=VOTE,
            handler=api.edit_draft,
            allow=CHAIRING,
            summary="Change a vote that is a draft",
            body=api.VoteWords,
            reply=Vote,
        ),
        Route(
            method="DELETE",
            path=VOTE,
            handler=api.remove_draft,
            allow=CHAIRING,
            summary="Throw a draft away",
            status=204,
        ),
        Route(
            method="POST",
            path=f"{VOTE}/open",
            handler=api.open_vote,
            allow=CHAIRING,
            summary="Open a vote",
            reply=Vote,
        ),
        Route(
            method="POST",
            path=f"{VOTE}/close",
            handler=api.close_vote,
            allow=CHAIRING,
            summary="Close a vote and count it",
            reply=Vote,
        ),
        Route(
            method="POST",
            path=f"{VOTE}/cancel",
            handler=api.cancel_vote,
            allow=CHAIRING,
            summary="Cancel an open vote, with a reason",
            body=api.Reason,
            reply=Vote,
        ),
        Route(
            method="POST",
            path=f"{VOTE}/repeat",
            handler=api.repeat_vote,
            allow=CHAIRING,
            summary="Prepare a re-vote, with a reason",
            body=api.Reason,
            reply=Vote,
            status=201,
        ),
        Route(
            method="PUT",
            path=f"{VOTE}/ballots/own",
            handler=api.cast_ballot,
            allow=COUNCILLORS,
            summary="Cast the own ballot",
            body=api.OwnChoice,
            reply=OwnBallot,
        ),
        Route(
            method="PUT",
            path=f"{VOTE}/ballots/{MEMBER}",
            handler=api.enter_ballot,
            allow=DESK,
            summary="Enter the ballot of a councillor without a device",
            body=api.EnteredChoice,
            reply=Voter,
        ),
        Route(
            method="POST",
            path=f"{VOTE}/corrections",
            handler=api.correct_vote,
            allow=DESK,
            summary="Correct a named ballot after the close, with a reason",
            body=api.CorrectionWords,
            reply=NamedVote,
        ),
        Route(
            method="PUT",
            path=f"{VOTE}/count",
            handler=api.enter_count,
            allow=DESK,
            summary="Enter or correct what the counting committee has counted on paper",
            body=api.CountWords,
            reply=NamedVote,
        ),
        Route(
            method="POST",
            path=f"{VOTE}/publish",
            handler=api.publish_vote,
            allow=DESK,
            summary="Make a result public before the closed part it belongs to ends",
            reply=NamedVote,
        ),
    ),
    rooms=(
        Room(
            pattern="council/session/{session_id}/votes",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=votes_snapshot,
            events=(QuorumChanged, AttendanceChanged, VoteChanged, VoteWithheld),
            summary="Quorum and votes of a session; no choice before the close",
        ),
        Room(
            pattern="council/session/{session_id}/votes/inside",
            allow=CHAIRING,
            kind=RoomKind.LATEST,
            snapshot=inside_snapshot,
            events=(QuorumChanged, AttendanceChanged, VoteChanged),
            summary="The same for those who sit in the session, in closed parts too",
        ),
        Room(
            pattern="council/session/{session_id}/votes/desk",
            allow=CHAIRING,
            kind=RoomKind.LATEST,
            snapshot=desk_snapshot,
            events=(QuorumChanged, AttendanceChanged, VoteChanged, VoteRemoved),
            summary="The same with drafts, and with who has voted",
        ),
        Room(
            pattern="council/session/{session_id}/votes/own/{councillor_id}",
            allow=COUNCILLORS,
            kind=RoomKind.LATEST,
            snapshot=own_snapshot,
            events=(OwnAttendanceChanged, BallotCast),
            summary="A councillor's own presence and ballots, on each device",
        ),
    ),
    services=(statute_service,),
    demo=demo.fill,
)
