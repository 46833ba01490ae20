"""Open data: the visible place where everything it adds stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.feature import ANYONE, Feature, Route
from portals.council.records.documents.actions import EXPORTED
from portals.council.records.open_data import pages
from portals.council.records.open_data.model import Dataset

PAGE = "/council/open-data"
API = "/api/council/open-data"


async def export_service(app: web.Application) -> AsyncIterator[None]:
    """Documents ask for the files of a package."""
    app[EXPORTED] = pages.session_export(app)
    yield


FEATURE = Feature(
    name="open_data",
    folder=Path(__file__).parent,
    needs=("council", "members", "search", "documents", "feeds", "records"),
    routes=(
        Route(method="GET", path=PAGE, handler=pages.show_open_data, allow=ANYONE, name="open_data"),
        Route(method="GET", path=f"{PAGE}/schema.json", handler=pages.show_schema, allow=ANYONE, name="schema"),
        Route(method="GET", path=f"{PAGE}/votes.csv", handler=pages.send_votes_csv, allow=ANYONE, name="votes_csv"),
        Route(
            method="GET",
            path=f"{API}/council",
            name="council",
            handler=pages.show_council,
            allow=ANYONE,
            summary="Persons, organizations and memberships (Popolo)",
            reply=Dataset,
        ),
        Route(
            method="GET",
            path=f"{API}/sessions",
            name="sessions",
            handler=pages.show_sessions,
            allow=ANYONE,
            summary="Sessions of a year with motions and votes (Popolo)",
            query=pages.OfYear,
            reply=Dataset,
        ),
        Route(
            method="GET",
            path=f"{API}/sessions/{{slug}}",
            name="session",
            handler=pages.show_session,
            allow=ANYONE,
            summary="One session with its motions and votes (Popolo)",
            reply=Dataset,
        ),
    ),
    services=(export_service,),
)
