"""All that is marked on a session's time, for playlists: agenda, votes, speakers, breaks, closed parts."""

from typing import Final

from aiohttp import web

from app.database import DATABASE
from app.i18n import LOCALES
from app.wire import CITY
from media.hls.marks import Mark
from portals.council import store as council_store
from portals.council.marks import marks_of as agenda_marks_of
from portals.council.sealing import store
from portals.council.sealing.model import Moment

KINDS: Final = {"vote": "vote", "speech": "speech", "break": "break", "closed": "closed-part"}


async def marks_of(app: web.Application, stream_id: str) -> list[Mark]:
    """Answers the media core: the agenda's marks and the others. What goes on has no end yet."""
    marks = await agenda_marks_of(app, stream_id)
    async with app[DATABASE].transaction(readonly=True) as tx:
        session = await council_store.session_by_stream(tx, stream_id)
        moments = await store.moments(tx, session.id) if session is not None else []
    return [*marks, *(_mark(app, moment) for moment in moments)]


def _mark(app: web.Application, moment: Moment) -> Mark:
    title = moment.title
    if moment.kind in {"break", "closed"}:
        locale = app[LOCALES].get(app[CITY].languages[0])
        words = locale.gettext("Break") if moment.kind == "break" else locale.gettext("Closed to the public")
        title = f"{words}: {title}" if title else words
    elif moment.detail:
        title = f"{title} ({moment.detail})"
    ended_at_s = moment.ended_at.timestamp() if moment.ended_at is not None else None
    return Mark(moment.id, moment.began_at.timestamp(), ended_at_s, title, KINDS[moment.kind])
