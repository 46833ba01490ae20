"""A session's recording as its pages need it: where its time is on the clock, and where each item begins."""

from aiohttp import web

from app.database import DATABASE
from media.record.recordings import RECORDINGS
from portals.council import store
from portals.council.model import Session, Span


async def spans(app: web.Application, session: Session) -> list[Span]:
    """Stretches of a session's recording in which its time and the clock run alike; live ones too."""
    if session.state == "planned":
        return []
    summary = await app[RECORDINGS].summary(session.stream_id)
    stretches = summary.stretches if summary is not None else []
    return [Span(round(one.position_s, 3), one.began_at, round(one.duration_s, 3)) for one in stretches]


async def title_of(app: web.Application, stream_id: str) -> str:
    """What people call a recording; empty where it is not a session's."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        session = await store.session_by_stream(tx, stream_id)
    return session.title if session is not None else ""
