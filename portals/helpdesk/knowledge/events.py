"""Events of the knowledge base and the names of its rooms."""

from typing import ClassVar

from app.feature import Event
from portals.helpdesk.knowledge.model import ArticleHead, EditingHead


class ArticlePublished(Event, frozen=True, tag=True):
    """Another revision is read from now on."""

    article: ArticleHead

    @property
    def key(self) -> str:
        return f"article/{self.article.id}"


class ArticleWithdrawn(Event, frozen=True, tag=True):
    """It is not read any more, or by agents alone."""

    removes: ClassVar[bool] = True
    article: ArticleHead

    @property
    def key(self) -> str:
        return f"article/{self.article.id}"


class RevisionSaved(Event, frozen=True, tag=True):
    """For editors: there is a newer revision, or another one is published."""

    article: EditingHead

    @property
    def key(self) -> str:
        return f"editing/{self.article.id}"


def article_room(article_id: int) -> str:
    return f"helpdesk/knowledge/{article_id}"


def editing_room(article_id: int) -> str:
    return f"helpdesk/knowledge/{article_id}/inside"
