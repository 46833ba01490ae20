"""The knowledge base: the visible place where everything it adds stands."""

from pathlib import Path
from typing import Final

from app.feature import SIGNED_IN, Feature, Room, RoomKind
from portals.helpdesk.knowledge import access, demo, words
from portals.helpdesk.knowledge.events import ArticlePublished, ArticleWithdrawn, RevisionSaved
from portals.helpdesk.knowledge.routes import API, INSIDE, PAGES

ROOMS: Final = (
    Room(
        pattern="helpdesk/knowledge/{article_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=access.article_snapshot,
        events=(ArticlePublished, ArticleWithdrawn),
        looked_at_again=True,
        summary="Which version of an article is read",
    ),
    Room(
        pattern="helpdesk/knowledge/{article_id}/inside",
        allow=INSIDE,
        kind=RoomKind.LATEST,
        snapshot=access.editing_snapshot,
        events=(RevisionSaved,),
        presence=True,
        looked_at_again=True,
        summary="An article for its editors: the newest version, who else is there",
    ),
)

FEATURE = Feature(
    name="helpdesk_knowledge",
    folder=Path(__file__).parent,
    needs=("identity", "realtime", "intranet", "equipment", "helpdesk"),
    routes=(*PAGES, *API),
    rooms=ROOMS,
    demo=demo.fill,
    template_globals={"knowledge_words": words},
)
