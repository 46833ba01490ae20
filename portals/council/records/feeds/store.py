"""All SQL of feeds."""

from typing import Final

import msgspec

from app.database import Tx
from media.archive.model import AssetFile, AssetKind
from portals.council.records.feeds.model import FeedResolution, FeedSession, Recorded

_SESSION: Final = (
    "session.id, session.slug, session.title, session.place, session.state, session.stream_id, session.planned_at,"
    " session.started_at, session.ended_at, session.created_at, session.called_off_at, session.called_off_reason,"
    " session.calendar_uid, session.calendar_sequence, committee.name AS committee,"
    " ARRAY(SELECT concat(number, '. ', title) FROM agenda_item WHERE session_id = session.id ORDER BY position)"
    " AS agenda"
)
_FROM: Final = (
    " FROM council_session AS session LEFT JOIN council_committee AS committee ON committee.id = session.committee_id"
)


async def newest_sessions(tx: Tx, limit: int) -> list[FeedSession]:
    """Whatever their state, the latest first."""
    return await tx.all(
        FeedSession,
        f"SELECT {_SESSION}{_FROM} ORDER BY coalesce(session.started_at, session.planned_at) DESC, session.id DESC"
        " LIMIT $1",
        limit,
    )


async def calendar_sessions(tx: Tx, past_days: int) -> list[FeedSession]:
    """Coming ones, and those of the last days."""
    return await tx.all(
        FeedSession,
        f"SELECT {_SESSION}{_FROM} WHERE session.planned_at > now() - make_interval(days => $1)"
        " ORDER BY session.planned_at, session.id",
        past_days,
    )


async def recorded_sessions(tx: Tx, limit: int) -> list[Recorded]:
    """Ended sessions with sound to be taken along: the podcast's MP3, else the sound as it was recorded."""
    rows = await tx.records(
        f"SELECT {_SESSION}, asset.files, asset.changed_at AS made_at{_FROM}"
        " JOIN LATERAL (SELECT files, changed_at FROM recording_asset WHERE stream_id = session.stream_id"
        "  AND kind IN ($2, $3) AND jsonb_array_length(files) > 0 ORDER BY kind = $2 DESC LIMIT 1) AS asset ON true"
        " WHERE session.state = 'ended' ORDER BY session.started_at DESC, session.id DESC LIMIT $1",
        limit,
        AssetKind.PODCAST.value,
        AssetKind.AUDIO.value,
    )
    names = [field.name for field in msgspec.structs.fields(FeedSession)]
    found = []
    for row in rows:
        files = msgspec.convert(row["files"], list[AssetFile])
        session = FeedSession(**{name: row[name] for name in names})
        found.append(Recorded(session, files, row["made_at"], max((file.end_s for file in files), default=0.0)))
    return found


async def newest_resolutions(tx: Tx, limit: int) -> list[FeedResolution]:
    return await tx.all(
        FeedResolution,
        "SELECT id, number, title, passed_on, state, remark, changed_at, created_at FROM council_resolution"
        " ORDER BY passed_on DESC, id DESC LIMIT $1",
        limit,
    )
