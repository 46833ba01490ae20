"""The addresses of feeds. Answers are in the city's language, and told apart by their digest."""

import hashlib
from datetime import UTC, datetime, time
from typing import Final

from aiohttp import web

from app.database import DATABASE
from app.i18n import LOCALES, Locale, _
from app.wire import CITY, public_url
from portals.council.records.feeds import formats, store
from portals.council.records.feeds.model import (
    Author,
    Enclosure,
    Entry,
    Feed,
    FeedResolution,
    FeedSession,
    Recorded,
)

SHOWN: Final = 50
PODCASTS: Final = 200
PAST_DAYS: Final = 60
ATOM_TYPE: Final = "application/atom+xml"
RSS_TYPE: Final = "application/rss+xml"
CALENDAR_TYPE: Final = "text/calendar"
STATES: Final = {"planned": _("Planned"), "live": _("On air now"), "ended": _("Ended")}
RESOLUTION_STATES: Final = {"in_force": _("in force"), "repealed": _("repealed"), "annulled": _("annulled")}


async def sessions_atom(request: web.Request) -> web.StreamResponse:
    return _answer(request, formats.atom(await _sessions(request)), ATOM_TYPE)


async def sessions_rss(request: web.Request) -> web.StreamResponse:
    return _answer(request, formats.rss(await _sessions(request)), RSS_TYPE)


async def resolutions_atom(request: web.Request) -> web.StreamResponse:
    return _answer(request, formats.atom(await _resolutions(request)), ATOM_TYPE)


async def resolutions_rss(request: web.Request) -> web.StreamResponse:
    return _answer(request, formats.rss(await _resolutions(request)), RSS_TYPE)


async def show_podcast(request: web.Request) -> web.StreamResponse:
    """Sound of ended sessions, as soon as the archive has made it."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        recorded = await store.recorded_sessions(tx, PODCASTS)
    entries = [entry for one in recorded for entry in _episodes(request, one)]
    title = _locale(request).gettext(_("Sessions of the council: sound"))
    return _answer(request, formats.rss(_feed(request, title, "/council/sessions", entries), podcast=True), RSS_TYPE)


async def show_calendar(request: web.Request) -> web.StreamResponse:
    """Coming sessions of all bodies, and those of the last weeks."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        sessions = await store.calendar_sessions(tx, PAST_DAYS)
    pages = {session.id: _page(request, session) for session in sessions}
    name = f"{_locale(request).gettext(_('Sessions of the council'))}, {request.app[CITY].name}"
    content = formats.calendar(sessions, name, pages, _locale(request).language)
    answer = _answer(request, content, CALENDAR_TYPE)
    answer.headers["Content-Disposition"] = 'inline; filename="sesje.ics"'
    return answer


async def _sessions(request: web.Request) -> Feed:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        sessions = await store.newest_sessions(tx, SHOWN)
    entries = [_session_entry(request, session) for session in sessions]
    return _feed(request, _locale(request).gettext(_("Sessions of the council")), "/council/sessions", entries)


async def _resolutions(request: web.Request) -> Feed:
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        resolutions = await store.newest_resolutions(tx, SHOWN)
    entries = [_resolution_entry(request, one) for one in resolutions]
    return _feed(request, _locale(request).gettext(_("Resolutions of the council")), "/council/resolutions", entries)


def _feed(request: web.Request, title: str, site_path: str, entries: list[Entry]) -> Feed:
    app, city = request.app, request.app[CITY]
    return Feed(
        title=f"{title} – {city.name}",
        description=f"{title}, {city.office}",
        site_url=public_url(request, app, site_path),
        self_url=public_url(request, app, request.path),
        language=_locale(request).language,
        author=Author(city.office, city.contact if "@" in city.contact and "://" not in city.contact else ""),
        entries=entries,
        image_url=public_url(request, app, "/council/podcast.png"),
    )


def _session_entry(request: web.Request, session: FeedSession) -> Entry:
    return Entry(
        id=session.urn,
        title=session.title,
        url=_page(request, session),
        published=session.created_at,
        updated=session.updated,
        summary=_summary(_locale(request), session),
    )


def _summary(locale: Locale, session: FeedSession) -> str:
    state = locale.gettext(STATES[session.state])
    if session.called_off_at is not None:
        state = f"{locale.gettext(_('Called off'))}: {session.called_off_reason}".rstrip(": ")
    head = [state, locale.format_datetime(session.held_at), session.place, session.committee or ""]
    return formats.shortened("\n".join([" · ".join(part for part in head if part), *session.agenda]))


def _resolution_entry(request: web.Request, resolution: FeedResolution) -> Entry:
    locale = _locale(request)
    url = public_url(request, request.app, f"/council/resolutions/{resolution.id}")
    passed = datetime.combine(resolution.passed_on, time(12), tzinfo=locale.zone).astimezone(UTC)
    state = locale.gettext(RESOLUTION_STATES[resolution.state])
    return Entry(
        id=url,
        title=f"{resolution.number} {resolution.title}",
        url=url,
        published=passed,
        updated=resolution.changed_at,
        summary=" · ".join(
            part for part in (locale.format_date(resolution.passed_on, weekday=False), state, resolution.remark) if part
        ),
    )


def _episodes(request: web.Request, recorded: Recorded) -> list[Entry]:
    """One for each file: a recording whose sound changed its form in the middle has several."""
    session, files = recorded.session, recorded.files
    entries = []
    for number, file in enumerate(files, start=1):
        part = f" ({number}/{len(files)})" if len(files) > 1 else ""
        entries.append(
            Entry(
                id=session.urn + (f":{number}" if part else ""),
                title=session.title + part,
                url=_page(request, session),
                published=session.ended_at or session.held_at,
                updated=recorded.made_at,
                summary=_summary(_locale(request), session),
                enclosure=Enclosure(
                    url=public_url(request, request.app, file.url),
                    bytes=file.bytes,
                    type=file.type.partition(";")[0],
                    seconds=round(file.end_s - file.begin_s),
                ),
            )
        )
    return entries


def _page(request: web.Request, session: FeedSession) -> str:
    return public_url(request, request.app, f"/council/sessions/{session.slug}")


def _locale(request: web.Request) -> Locale:
    return request.app[LOCALES].default


def _answer(request: web.Request, content: bytes, kind: str) -> web.Response:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=60", "Access-Control-Allow-Origin": "*"}
    asked = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if etag in asked:
        return web.Response(status=304, headers=headers)
    return web.Response(body=content, content_type=kind, charset="utf-8", headers=headers)
