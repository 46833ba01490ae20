"""A session's recording as its pages need it: where its time is on the clock, and where each item begins."""

from datetime import timedelta

from aiohttp import web

from app.database import DATABASE
from media.record.recordings import RECORDINGS, RecordingSummary
from portals.council import store
from portals.council.model import Session, Span


async def spans(app: web.Application, session: Session) -> list[Span]:
    """The unbroken stretches of a session's recording, live ones too; none where nothing is recorded yet."""
    if session.state == "planned":
        return []
    summary = await app[RECORDINGS].summary(session.stream_id)
    return unbroken(summary) if summary is not None else []


def unbroken(summary: RecordingSummary) -> list[Span]:
    """What lies between the gaps, in order."""
    found = []
    position_s, began_at = 0.0, summary.began_at
    for gap in summary.gaps:
        found.append(Span(round(position_s, 3), began_at, round(gap.position_s - position_s, 3)))
        position_s, began_at = gap.position_s, gap.began_at + timedelta(seconds=gap.seconds)
    found.append(Span(round(position_s, 3), began_at, round(summary.duration_s - position_s, 3)))
    return found


async def title_of(app: web.Application, stream_id: str) -> str:
    """What people call a recording; empty where it is not a session's."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        session = await store.session_by_stream(tx, stream_id)
    return session.title if session is not None else ""
