"""Routes and room of redactions, as the archive's feature declares them."""

from typing import Final

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import ANYONE, Allow, Handler, Params, Room, RoomKind, Route
from media.archive.redaction import actions, api
from media.archive.redaction.model import (
    REDACTIONS_ROOM,
    NewRedaction,
    Redaction,
    RedactionChanged,
    RedactionDropped,
    RedactionList,
    RedactionLog,
)
from media.hls.web import watched
from media.record import store as record_store

_ID: Final = "{stream_id:[A-Za-z0-9_-]{1,64}}"
API: Final = f"/api/media/recordings/{_ID}"
ONE: Final = rf"{API}/redactions/{{redaction_id:\d{{1,18}}}}"


def redaction_routes(staff: Allow) -> tuple[Route, ...]:
    def own(method: str, path: str, handler: Handler, summary: str, reply: object = None, status: int = 200) -> Route:
        return Route(
            method=method, path=path, handler=handler, allow=staff, summary=summary, reply=reply, status=status
        )

    return (
        Route(
            method="GET",
            path=f"{API}/redaction-log",
            handler=watched(api.show_log),
            allow=ANYONE,
            summary="What the published copy does not show, since when and why",
            reply=RedactionLog,
        ),
        own("GET", f"{API}/redactions", api.list_redactions, "Redactions of a recording", RedactionList),
        Route(
            method="POST",
            path=f"{API}/redactions",
            handler=api.order_redaction,
            allow=staff,
            summary="Make a redacted copy of a span, to be looked at before it is published",
            body=NewRedaction,
            reply=Redaction,
            status=202,
        ),
        own("POST", f"{ONE}/publish", api.publish_redaction, "Show the public the redacted copy alone", Redaction),
        own("POST", f"{ONE}/withdraw", api.withdraw_redaction, "Show the span again, as another version", Redaction),
        own("DELETE", ONE, api.drop_redaction, "Throw away one that was never published", status=204),
        own("GET", rf"{ONE}/preview/{{number:\d{{1,9}}}}.mp4", api.send_preview, "What the public would see"),
        own("GET", f"{API}/original/media.m3u8", api.show_original, "The recording as it was made"),
        own("GET", rf"{API}/original/{{take:\d{{1,9}}}}.mp4", api.send_original, "A file of it as it was made"),
    )


def redactions_room(staff: Allow) -> Room:
    async def snapshot(tx: Tx, _actor: Actor, params: Params) -> RedactionList:
        if await record_store.recording(tx, params["stream_id"]) is None:
            raise NotFound
        return await actions.redaction_list(tx, params["stream_id"])

    return Room(
        pattern=REDACTIONS_ROOM,
        allow=staff,
        kind=RoomKind.LATEST,
        snapshot=snapshot,
        events=(RedactionChanged, RedactionDropped),
        summary="Redactions of a recording, drafts too",
    )
