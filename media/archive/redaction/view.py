"""A redaction as the clerk's page has it, and the room in which it is told of."""

from app.database import Tx
from media.archive.redaction import store
from media.archive.redaction.model import REDACTIONS_ROOM, Redaction, RedactionRow
from media.packet import CLOCK_HZ


def room_of(stream_id: str) -> str:
    return REDACTIONS_ROOM.format(stream_id=stream_id)


async def view_of(tx: Tx, row: RedactionRow) -> Redaction:
    """With the addresses of its files, once they are made."""
    base = f"/api/media/recordings/{row.stream_id}/redactions/{row.id}/preview"
    return Redaction(
        id=row.id,
        stream_id=row.stream_id,
        begin_s=row.begin_90k / CLOCK_HZ,
        end_s=row.end_90k / CLOCK_HZ,
        mute=row.mute,
        picture=row.picture,
        area=row.area,
        legal_basis=row.legal_basis,
        reason=row.reason,
        state=row.state,
        progress=row.progress,
        problem=row.problem,
        previews=[f"{base}/{number}.mp4" for number in await store.patch_numbers(tx, row.id)],
        rev=row.rev,
        created_at=row.created_at,
        published_at=row.published_at,
        withdrawn_at=row.withdrawn_at,
    )
