"""Feeds: the visible place where everything they add stands."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app.feature import ANYONE, Feature, Route
from portals.council.records.feeds import pages
from portals.council.records.feeds.cover import COVER, Cover, send_cover


async def cover_service(app: web.Application) -> AsyncIterator[None]:
    app[COVER] = Cover()
    yield


FEEDS = (
    ("/council/sessions.atom", pages.sessions_atom, "sessions_atom"),
    ("/council/sessions.rss", pages.sessions_rss, "sessions_rss"),
    ("/council/resolutions.atom", pages.resolutions_atom, "resolutions_atom"),
    ("/council/resolutions.rss", pages.resolutions_rss, "resolutions_rss"),
    ("/council/podcast.xml", pages.show_podcast, "podcast"),
    ("/council/podcast.png", send_cover, "cover"),
    ("/council/calendar.ics", pages.show_calendar, "calendar"),
)

FEATURE = Feature(
    name="feeds",
    folder=Path(__file__).parent,
    needs=("council", "media", "members", "papers", "resolutions"),
    routes=tuple(
        Route(method="GET", path=path, handler=handler, allow=ANYONE, name=name) for path, handler, name in FEEDS
    ),
    services=(cover_service,),
)
