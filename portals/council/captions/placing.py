"""Where moments lie on a session's recording: while it grows, and once it is whole."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from app.database import Tx
from media.record import store as record_store
from media.record.library import LIBRARY, read_index
from media.record.timeline import RecordingIndex, position_at
from portals.council.model import Session

Place = Callable[[datetime], int]
"""Moment → ms of the whole recording."""


async def growing(app: web.Application, session: Session) -> Place:
    """For a session on air: what is spoken now lies a little beyond what the index knows."""
    index = await app[LIBRARY].find(session.stream_id) if LIBRARY in app else None
    if index is None or not index.segments:
        return from_start(session)
    return on_growing(index)


async def whole(tx: Tx, session: Session) -> Place:
    """For a session that has ended, whatever a trim shows of its recording."""
    recording = await record_store.recording(tx, session.stream_id)
    index = await read_index(tx, recording) if recording is not None else None
    if index is None or not index.segments:
        return from_start(session)
    known = index
    return lambda moment: round(position_at(known, moment.timestamp()) * 1000)


def on_growing(index: RecordingIndex) -> Place:
    """Beyond its last segment the recording is taken to go on: it is written a few seconds late."""
    last = index.segments[-1]

    def place(moment: datetime) -> int:
        beyond_s = moment.timestamp() - last.ended_at_s
        return round((position_at(index, moment.timestamp()) + max(beyond_s, 0.0)) * 1000)

    return place


def from_start(session: Session) -> Place:
    """Without a recording time counts from the session's start."""
    began = session.started_at or session.planned_at
    return lambda moment: max(round((moment - began).total_seconds() * 1000), 0)
