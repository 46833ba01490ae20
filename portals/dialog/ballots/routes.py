"""Addresses of votes."""

from typing import Final

from app.feature import ANYONE, SIGNED_IN, Allow, Handler, Route, having
from portals.dialog import rules
from portals.dialog.ballots import api, desk_pages, pages
from portals.dialog.ballots.model import VoteResult

MANAGING: Final = having(*rules.MANAGING_ROLES)
INSIDE: Final = having(*rules.INSIDE_ROLES)
VOTE: Final = r"/dialog/{slug}/ballots/{block_id:\d{1,18}}"
DESK: Final = r"/dialog/manage/{consultation_id:\d{1,18}}/ballots/{block_id:\d{1,18}}"
OPTION: Final = rf"{DESK}/options/{{option_id:\d{{1,18}}}}"
VOTER: Final = rf"{DESK}/paper/voters/{{participant_id:\d{{1,18}}}}"
BATCH: Final = rf"{DESK}/paper/{{batch_id:\d{{1,18}}}}"
API: Final = r"/api/dialog/blocks/{block_id:\d{1,18}}/ballots"


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, name: str = "") -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, name=name)


ROUTES: Final = (
    _get(VOTE, pages.show_vote, SIGNED_IN, "vote"),
    _post(VOTE, pages.show_vote, SIGNED_IN),
    _get(f"{VOTE}/results", pages.show_results, ANYONE, "results"),
    _get(f"{VOTE}/receipts", pages.show_receipts, ANYONE, "receipts"),
    _get(f"{VOTE}/result.{{form}}", pages.send_result, ANYONE, "result_file"),
    _get(f"{VOTE}/ballots.csv", pages.send_ballots, ANYONE, "ballots_file"),
    _get(f"{DESK}/options/new", desk_pages.show_option, MANAGING, "new_option"),
    _post(f"{DESK}/options/new", desk_pages.show_option, MANAGING),
    _get(OPTION, desk_pages.show_option, MANAGING, "option"),
    _post(OPTION, desk_pages.show_option, MANAGING),
    _post(f"{OPTION}/remove", desk_pages.remove_option, MANAGING, "remove_option"),
    _post(f"{OPTION}/restore", desk_pages.restore_option, MANAGING, "restore_option"),
    _post(f"{OPTION}/move", desk_pages.move_option, MANAGING, "move_option"),
    _get(f"{DESK}/paper", desk_pages.show_paper, INSIDE, "paper"),
    _post(f"{DESK}/paper", desk_pages.show_paper, MANAGING),
    _post(f"{DESK}/paper/voters", desk_pages.mark_voter, MANAGING, "mark_voter"),
    _post(
        rf"{DESK}/paper/voters/{{participant_id:\d{{1,18}}}}/undo", desk_pages.unmark_voter, MANAGING, "unmark_voter"
    ),
    _post(f"{BATCH}/confirm", desk_pages.confirm_batch, MANAGING, "confirm_batch"),
    _post(f"{BATCH}/reject", desk_pages.reject_batch, MANAGING, "reject_batch"),
    _post(f"{BATCH}/reopen", desk_pages.reopen_batch, MANAGING, "reopen_batch"),
    _post(f"{DESK}/tie", desk_pages.decide_tie, MANAGING, "decide_tie"),
    _post(f"{DESK}/declare", desk_pages.declare, MANAGING, "declare"),
    _post(f"{DESK}/count", desk_pages.count_again, MANAGING, "count_again"),
    Route(
        method="GET",
        path=API,
        handler=api.show_ballot,
        allow=ANYONE,
        summary="A vote: its rules, what one may choose, how many have voted",
        reply=api.Ballot,
    ),
    Route(
        method="POST",
        path=API,
        handler=api.cast,
        allow=SIGNED_IN,
        summary="Vote; the receipt is told once",
        body=api.NewBallot,
        reply=api.Receipt,
        status=201,
    ),
    Route(
        method="GET",
        path=f"{API}/result",
        handler=api.show_result,
        allow=ANYONE,
        summary="Totals of a vote, once they may be told",
        reply=VoteResult,
    ),
)
