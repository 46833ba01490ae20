"""Articles, their revisions, and what readers make of them."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from app.search import Piece
from portals.helpdesk.model import Id, PublicTicket

Audience = Literal["everyone", "agents"]
"""Everyone who may send tickets; or agents, leads and auditors alone."""
Standing = Literal["draft", "published", "changed", "withdrawn"]
"""`changed`: it is read, and a newer draft waits."""
MOST_TITLE = 160
MOST_LEAD = 400
MOST_TEXT = 40_000
MOST_KEYWORDS = 30
MOST_MODELS = 40
MOST_ABOUT = 300
MOST_MISSING = 1000
SUGGESTIONS = 3


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an editor writes. `text` is Markdown; `![words](obraz:1)` shows the article's picture 1."""

    title: Annotated[str, msgspec.Meta(max_length=1000)]
    text: Annotated[str, msgspec.Meta(max_length=200_000)]
    lead: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    keywords: Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=200)] = []
    category_id: Id | None = None
    audience: Audience = "everyone"
    models: Annotated[list[Id], msgspec.Meta(max_length=200)] = []
    """Device models that it is about."""
    about: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    """What was changed and why."""


class NewArticle(Draft, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ticket`: number of the one it is made from."""

    ticket: Annotated[str, msgspec.Meta(max_length=24)] | None = None


class EditedArticle(Draft, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`base`: number of the revision that the editor had before them."""

    base: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """What is read, in lists. `reads`: readers of the last 90 days, each once a day; `spared`: tickets not sent."""

    id: int
    title: str
    lead: str
    keywords: list[str]
    category_id: int | None
    category_name: str
    audience: Audience
    models: list[int]
    number: int
    """Of the revision."""
    published_at: datetime
    review_on: date | None
    reads: int
    helped: int
    unhelped: int
    spared: int
    rev: int

    @property
    def path(self) -> str:
        return f"/pomoc/wiedza/{self.id}"


class EditedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An article in the editors' list, by its newest revision."""

    id: int
    title: str
    lead: str
    keywords: list[str]
    category_id: int | None
    category_name: str
    audience: Audience
    models: list[int]
    latest: int
    published: int | None
    published_at: datetime | None
    withdrawn_at: datetime | None
    review_on: date | None
    ticket_id: int | None
    author_name: str
    at: datetime
    reads: int
    helped: int
    unhelped: int
    spared: int
    rev: int

    @property
    def standing(self) -> Standing:
        if self.published is None:
            return "withdrawn" if self.withdrawn_at else "draft"
        return "published" if self.published == self.latest else "changed"

    @property
    def path(self) -> str:
        return f"/pomoc/wiedza/redakcja/{self.id}"


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """An article as somebody saved it. Written once, never changed."""

    article_id: int
    number: int
    title: str
    lead: str
    text: str
    keywords: list[str]
    category_id: int | None
    category_name: str
    audience: Audience
    models: list[int]
    about: str
    restored: int | None
    author_id: int | None
    author_name: str
    at: datetime
    published_at: datetime | None
    published_name: str


class RevisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an article's history."""

    number: int
    title: str
    about: str
    restored: int | None
    author_name: str
    at: datetime
    published_at: datetime | None
    published_name: str


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """What one reader said of it."""

    helped: bool
    missing: str
    number: int
    at: datetime


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader missed; who it was is not told."""

    missing: str
    helped: bool
    number: int
    at: datetime


class ModelName(msgspec.Struct, frozen=True):
    """A device model by its words."""

    id: int
    name: str


class ArticleView(msgspec.Struct, frozen=True, kw_only=True):
    """An article as it is read. `text` is Markdown; `rating`: the reader's own."""

    article: Article
    text: str
    models: list[ModelName]
    rating: Rating | None = None
    may_edit: bool = False


class ArticleHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of an article is told live: which revision is read now; 0: none. No words of it, since the room may
    hold readers who do not see the newest one.
    """

    id: int
    number: int
    published_at: datetime | None
    rev: int


class EditingHead(msgspec.Struct, frozen=True, kw_only=True):
    """What editors are told live: the newest revision and who wrote it."""

    id: int
    title: str
    latest: int
    published: int | None
    author_name: str
    at: datetime
    rev: int


class EditingView(msgspec.Struct, frozen=True, kw_only=True):
    """An article as its editors have it: newest revision, history (newest first), wishes of readers."""

    row: EditedRow
    revision: Revision
    history: list[RevisionRow]
    wishes: list[Wish]


class Articles(msgspec.Struct, frozen=True):
    articles: list[Article]


class EditedRows(msgspec.Struct, frozen=True):
    articles: list[EditedRow]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An article that was found, with the hits in its title and in a stretch of its text."""

    article: Article
    title: list[Piece]
    snippet: list[Piece]
    score: float


class FoundArticles(msgspec.Struct, frozen=True, kw_only=True):
    """`instead`: words that were looked for in place of misspelled ones (as typed → as found)."""

    articles: list[Found]
    instead: dict[str, str]


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is offered beside a form or a ticket."""

    id: int
    title: str
    lead: str
    path: str
    category_name: str
    helped: int
    inside: bool
    """For agents only: no link for the requester."""


class Suggestions(msgspec.Struct, frozen=True):
    articles: list[Suggestion]


class Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody is about to report. `label`: of the device."""

    text: Annotated[str, msgspec.Meta(max_length=40_000)] = ""
    subject: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    category_id: Id | None = None
    label: Annotated[str, msgspec.Meta(max_length=40)] = ""


class RatingDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    helped: bool
    missing: Annotated[str, msgspec.Meta(max_length=4000)] = ""


class Spared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An article made a ticket unnecessary. `form_key`: of the form that was not sent, so that it counts once."""

    form_key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    category_id: Id | None = None


class Publishing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`number`: the revision that was looked at, so that nothing is published unseen."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`on`: when it is to be looked at again; None: never."""

    on: date | None = None


class Prefilled(msgspec.Struct, frozen=True, kw_only=True):
    """A draft made of a ticket, without the people in it."""

    ticket: PublicTicket
    draft: Draft


def head_of(article: Article) -> ArticleHead:
    return ArticleHead(
        id=article.id,
        number=article.number,
        published_at=article.published_at,
        rev=article.rev,
    )


def editing_head_of(row: EditedRow) -> EditingHead:
    return EditingHead(
        id=row.id,
        title=row.title,
        latest=row.latest,
        published=row.published,
        author_name=row.author_name,
        at=row.at,
        rev=row.rev,
    )
