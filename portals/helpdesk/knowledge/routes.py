"""Addresses of the knowledge base: pages of readers and editors, and the API."""

from typing import Any, Final

from app.feature import SIGNED_IN, Allow, Handler, Route, having
from portals.helpdesk.knowledge import api, edit_pages, pages
from portals.helpdesk.knowledge.edit_pages import DESK as EDITING
from portals.helpdesk.knowledge.model import (
    Articles,
    ArticleView,
    Described,
    EditedArticle,
    EditedRow,
    EditedRows,
    EditingView,
    FoundArticles,
    NewArticle,
    Publishing,
    Rating,
    RatingDraft,
    Review,
    Revision,
    Spared,
    Suggestions,
)
from portals.helpdesk.knowledge.pages import HOME
from portals.helpdesk.model import AGENT, AUDITOR, LEAD

INSIDE: Final = having(AGENT, LEAD, AUDITOR)
WRITERS: Final = having(AGENT, LEAD)
LEADS: Final = having(LEAD)
_ID: Final = r"{article_id:\d{1,18}}"
_VERSION: Final = r"{version:\d{1,9}}"
_ONE: Final = f"{HOME}/{_ID}"
_EDITED: Final = f"{EDITING}/{_ID}"


def _get(path: str, handler: Handler, allow: Allow, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, allow=allow, name=name)


def _post(path: str, handler: Handler, allow: Allow, max_bytes: int = 1024 * 1024, name: str = "") -> Route:
    return Route(method="POST", path=path, handler=handler, allow=allow, max_bytes=max_bytes, name=name)


PAGES: Final = (
    _get(HOME, pages.show_home, SIGNED_IN, "home"),
    _get(_ONE, pages.show_article, SIGNED_IN, "article"),
    _post(f"{_ONE}/ocena", pages.rate, SIGNED_IN, name="rate"),
    _get(rf"{_ONE}/obrazy/{{picture:\d{{1,9}}}}", pages.show_picture, SIGNED_IN, "picture"),
    _get(EDITING, edit_pages.show_list, INSIDE, "desk"),
    _get(f"{EDITING}/nowy", edit_pages.write_new, WRITERS, "new"),
    _post(f"{EDITING}/nowy", edit_pages.write_new, WRITERS, edit_pages.UPLOADS),
    _get(_EDITED, edit_pages.edit, INSIDE, "edit"),
    _post(_EDITED, edit_pages.edit, WRITERS, edit_pages.UPLOADS),
    _get(f"{_EDITED}/historia", edit_pages.show_history, INSIDE, "history"),
    _get(f"{_EDITED}/wersje/{_VERSION}", edit_pages.preview, INSIDE, "preview"),
    _post(f"{_EDITED}/wersje/{_VERSION}/przywroc", edit_pages.restore, WRITERS, name="restore"),
    _post(f"{_EDITED}/wersje/{_VERSION}/opublikuj", edit_pages.publish, LEADS, name="publish"),
    _post(f"{_EDITED}/wycofaj", edit_pages.withdraw, LEADS, name="withdraw"),
    _post(f"{_EDITED}/przeglad", edit_pages.set_review, LEADS, name="review"),
)

_API: Final = "/api/helpdesk/knowledge"
_API_ONE: Final = f"{_API}/{_ID}"


def _api(method: str, path: str, handler: Handler, allow: Allow, summary: str, **more: Any) -> Route:
    return Route(method=method, path=path, handler=handler, allow=allow, summary=summary, **more)


API: Final = (
    _api("GET", _API, api.list_articles, SIGNED_IN, "Articles, most read first", query=api.ListQuery, reply=Articles),
    _api("POST", _API, api.create, WRITERS, "Write an article: a draft", body=NewArticle, reply=EditedRow, status=201),
    _api(
        "GET", f"{_API}/search", api.search, SIGNED_IN, "Find articles by their words, typing errors included",
        query=api.SearchQuery, reply=FoundArticles,
    ),
    _api(
        "POST", f"{_API}/suggestions", api.suggest, SIGNED_IN, "Three articles for what somebody is about to report",
        body=Described, reply=Suggestions,
    ),
    _api("GET", f"{_API}/drafts", api.list_edited, INSIDE, "All articles as their editors see them", reply=EditedRows),
    _api("GET", _API_ONE, api.show_article, SIGNED_IN, "An article as it is read", reply=ArticleView),
    _api(
        "PUT", _API_ONE, api.save, WRITERS,
        "Save a new version; 409 brings the newer one where somebody else was faster", body=EditedArticle,
        reply=EditedRow,
    ),
    _api(
        "GET", f"{_API_ONE}/editing", api.show_editing, INSIDE, "The newest version, with history and readers' wishes",
        reply=EditingView,
    ),
    _api("GET", f"{_API_ONE}/revisions/{_VERSION}", api.show_revision, INSIDE, "One version", reply=Revision),
    _api(
        "POST", f"{_API_ONE}/revisions/{_VERSION}/restore", api.restore, WRITERS,
        "Bring an older version back as a draft",
        reply=EditedRow,
    ),
    _api(
        "PUT", f"{_API_ONE}/publication", api.publish, LEADS, "Publish the newest version", body=Publishing,
        reply=EditedRow,
    ),
    _api("DELETE", f"{_API_ONE}/publication", api.withdraw, LEADS, "Withdraw an article", reply=EditedRow),
    _api(
        "PUT", f"{_API_ONE}/review", api.set_review, LEADS, "It still holds: look at it again on a day", body=Review,
        reply=EditedRow,
    ),
    _api(
        "PUT", f"{_API_ONE}/rating", api.rate, SIGNED_IN, "Say whether it helped, and what is missing",
        body=RatingDraft, reply=Rating,
    ),
    _api(
        "POST", f"{_API_ONE}/spared", api.spare, SIGNED_IN, "It helped: the form that was begun is not sent",
        body=Spared, status=204,
    ),
    _api(
        "DELETE", rf"{_API}/spared/{{form_key:[A-Za-z0-9_-]{{8,64}}}}", api.take_back_spared, SIGNED_IN,
        "It did not help after all", status=204,
    ),
    _api(
        "GET", r"/api/helpdesk/tickets/{number:\d{1,19}}/articles", api.suggest_for_ticket, INSIDE,
        "Articles that fit a ticket", reply=Suggestions,
    ),
)  # fmt: skip
