"""The search: the visible place where everything it adds stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.database import DATABASE
from app.feature import ANYONE, Feature, Route
from app.search import ANALYSER, Analyser
from app.supervise import SUPERVISOR
from portals.council.records.search import api, pages
from portals.council.records.search.actions import Indexer
from portals.council.records.search.model import Question, Results


async def analyser_service(app: web.Application) -> AsyncIterator[None]:
    app[ANALYSER] = Analyser()
    yield


async def indexing_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: indexes while the server runs."""
    indexer = Indexer(app[DATABASE])
    task = app[SUPERVISOR].run("search index", indexer.keep_indexing)
    yield
    task.cancel()


FEATURE = Feature(
    name="search",
    folder=Path(__file__).parent,
    needs=("council", "media", "papers", "votes", "debate", "captions", "sealing", "resolutions", "interpellations"),
    routes=(
        Route(method="GET", path="/council/search", handler=pages.show_results, allow=ANYONE, name="results"),
        Route(
            method="GET",
            path="/api/council/search",
            handler=api.show_results,
            allow=ANYONE,
            summary="Search in agendas, papers, votes, resolutions, interpellations and transcripts",
            query=Question,
            reply=Results,
        ),
    ),
    services=(analyser_service, indexing_service),
)
