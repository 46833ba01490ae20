"""Addresses of discussions."""

from typing import Any, Final

from app.feature import ANYONE, SIGNED_IN, Allow, Handler, Route, having
from portals.dialog import rules
from portals.dialog.discussion import api, follow_api, pages
from portals.dialog.discussion.model import CommentRow, Figures, Posted, ReplyPage, ThreadPage

MANAGING: Final = having(*rules.MANAGING_ROLES)
MODERATING: Final = having(*rules.MODERATING_ROLES)
INSIDE: Final = having(*rules.INSIDE_ROLES)
BLOCK: Final = r"{block_id:\d{1,18}}"
SUBJECT: Final = "{subject:[a-z0-9_.-]{1,80}}"
COMMENT: Final = r"{comment_id:\d{1,18}}"
FORMAT: Final = "{format:[a-z]{1,4}}"
MANAGED: Final = r"/dialog/manage/{consultation_id:\d{1,18}}/discussion"
THREAD_API: Final = f"/api/dialog/blocks/{BLOCK}/discussion"
COMMENT_API: Final = f"/api/dialog/discussion/comments/{COMMENT}"


def _page(path: str, handler: Handler, allow: Allow, name: str, *, form: bool = False) -> tuple[Route, ...]:
    shown = Route(method="GET", path=path, handler=handler, allow=allow, name=name)
    return (shown, Route(method="POST", path=path, handler=handler, allow=allow)) if form else (shown,)


def _api(method: str, path: str, handler: Handler, allow: Allow, summary: str, **more: Any) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, summary=summary, **more)


def _decision(path: str, handler: Handler, summary: str, body: Any) -> Route:
    return _api("POST", f"{COMMENT_API}/{path}", handler, MODERATING, summary, body=body, reply=api.Decided)


ROUTES: Final = (
    *_page(f"/dialog/{{slug}}/discussion/{COMMENT}", pages.show_comment, ANYONE, "comment"),
    *_page(f"/dialog/{{slug}}/discussion/threads/{BLOCK}/{SUBJECT}", pages.show_thread, ANYONE, "thread"),
    *_page(f"/dialog/{{slug}}/discussion/blocks/{BLOCK}/{FORMAT}", pages.export_public, ANYONE, "export"),
    *_page(MANAGED, pages.show_queue, INSIDE, "queue"),
    *_page(f"{MANAGED}/words", pages.show_words, MANAGING, "words", form=True),
    *_page(f"{MANAGED}/{BLOCK}/paper", pages.show_paper, MANAGING, "paper", form=True),
    *_page(f"{MANAGED}/{BLOCK}/{FORMAT}", pages.export_inside, INSIDE, "export_inside"),
    _api(
        "GET", THREAD_API, api.show_thread, ANYONE, "A page of a discussion", query=api.Wanted, reply=ThreadPage
    ),
    _api("POST", THREAD_API, api.post, SIGNED_IN, "Write a comment", body=api.Writing, reply=Posted, status=201),
    _api(
        "POST", f"{THREAD_API}/answers", api.answer, MANAGING, "Answer as the office", body=api.Answering,
        reply=CommentRow, status=201,
    ),
    _api(
        "PUT", f"{THREAD_API}/follow", follow_api.set_follow, SIGNED_IN, "Follow a discussion, or do not any more",
        body=follow_api.Following, reply=follow_api.Following,
    ),
    _api(
        "PUT", f"{THREAD_API}/seen", follow_api.mark_seen, SIGNED_IN, "A followed discussion was on the screen",
        body=follow_api.SeenThread, status=204,
    ),
    _api(
        "GET", f"{THREAD_API}/people", api.find_people, SIGNED_IN, "People who may be named", query=api.WantedPeople,
        reply=api.People,
    ),
    _api(
        "GET", f"{THREAD_API}/moments", api.list_moments, ANYONE, "Comments on moments of a picture",
        query=api.OfSubject, reply=api.Moments,
    ),
    _api(
        "GET", f"{COMMENT_API}/replies", api.list_replies, ANYONE, "Replies to a comment", query=api.WantedReplies,
        reply=ReplyPage,
    ),
    _api("GET", f"{COMMENT_API}/history", api.show_history, ANYONE, "What a comment said before", reply=api.Versions),
    _api("GET", f"{COMMENT_API}/source", api.show_source, SIGNED_IN, "One's own comment, to edit", reply=api.Source),
    _api("PUT", COMMENT_API, api.edit, SIGNED_IN, "Change one's own comment", body=api.Change, reply=Posted),
    _api("DELETE", COMMENT_API, api.withdraw, SIGNED_IN, "Withdraw one's own comment", status=204),
    _api("PUT", f"{COMMENT_API}/endorsement", api.endorse, SIGNED_IN, "Endorse a comment", reply=Figures),
    _api("DELETE", f"{COMMENT_API}/endorsement", api.endorse, SIGNED_IN, "Take an endorsement back", reply=Figures),
    _api(
        "POST", f"{COMMENT_API}/reports", api.report, SIGNED_IN, "Report a comment to the moderators",
        body=api.Reporting, status=204,
    ),
    _api(
        "POST", f"{COMMENT_API}/appeal", api.appeal, SIGNED_IN, "Appeal a decision about one's own comment",
        body=api.Appealing, status=204,
    ),
    _decision("approve", api.approve, "Let a comment stand", api.Deciding),
    _decision("refuse", api.refuse, "Refuse or remove a comment with a reason", api.Deciding),
    _decision("restore", api.restore, "Take a refusal or removal back", None),
    _decision("appeal-decision", api.decide_appeal, "Decide an appeal", api.DecidingAppeal),
)  # fmt: skip
