"""The archive as a feature: what is made of recordings, how they are trimmed, cut, kept and removed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import ANYONE, Allow, Feature, Handler, Params, Room, RoomKind, Route, having
from app.wire import data_folder, section
from media.archive import actions, api, downloads, pages
from media.archive.cloud import Objects, bucket_of
from media.archive.copies import OBJECTS, send_copy
from media.archive.downloads import TITLE_OF, TitleOf
from media.archive.jobs import JOBS
from media.archive.model import (
    CLIP_ADDRESS,
    ROOM,
    Clip,
    ClipList,
    KeepRule,
    NewClip,
    NewTrim,
    RecordingAssetChanged,
    RecordingChanged,
    RecordingView,
    Removal,
    RemovalList,
    RemovalReason,
)
from media.archive.plan import Archive
from media.archive.redaction.routes import redaction_routes, redactions_room
from media.archive.settings import ArchiveSettings
from media.archive.web import ELSEWHERE
from media.hls.web import watched
from media.settings import MediaSettings

_ID: Final = "{stream_id:[A-Za-z0-9_-]{1,64}}"
API: Final = f"/api/media/recordings/{_ID}"
KEPT: Final = f"/recordings/{_ID}"
_TOKEN: Final = f"{{token:{CLIP_ADDRESS}}}"


MayKnow = Callable[[Tx, Actor, str], Awaitable[bool]]
"""(transaction, actor, stream id) → whether this actor may follow what becomes of the recording."""


async def anyone_may_know(_tx: Tx, _actor: Actor, _stream_id: str) -> bool:
    """As `media.hls.web.anyone_may_watch`: whoever has the unguessable id."""
    return True


def feature(
    monitors: Allow | None = None, title_of: TitleOf = downloads.no_title, may_know: MayKnow = anyone_may_know
) -> Feature:
    """Mount it after `media`. `monitors` may trim, cut and remove; `title_of` names recordings for people.

    `may_know` is for the room what `may_watch` is for requests.
    """
    staff = monitors or having("admin")

    async def service(app: web.Application) -> AsyncIterator[None]:
        app[TITLE_OF] = title_of
        bucket = bucket_of(section(app, ArchiveSettings))
        if bucket is not None:
            app[OBJECTS], app[ELSEWHERE] = Objects(bucket), send_copy
        yield

    async def snapshot(tx: Tx, actor: Actor, params: Params) -> RecordingView:
        if not await may_know(tx, actor, params["stream_id"]):
            raise NotFound
        return await actions.recording_view(tx, params["stream_id"])

    return Feature(
        name="archive",
        folder=Path(__file__).parent,
        needs=("media",),
        settings=ArchiveSettings,
        routes=(*_public_routes(), *_staff_routes(staff), *redaction_routes(staff)),
        rooms=(
            Room(
                pattern=ROOM,
                allow=ANYONE,
                kind=RoomKind.LATEST,
                snapshot=snapshot,
                events=(RecordingAssetChanged, RecordingChanged),
                summary="What was made of a recording, and how far the rest is",
            ),
            redactions_room(staff),
        ),
        jobs=JOBS,
        services=(service,),
    )


def archive_of(app: web.Application) -> Archive:
    """What jobs of the archive work with, from the settings."""
    settings = section(app, ArchiveSettings)
    data = data_folder(app)
    return Archive(data / section(app, MediaSettings).recordings, settings, data / settings.signing_key)


def _public_routes() -> tuple[Route, ...]:
    api_gets = (
        (API, watched(api.show_recording), RecordingView, "A recording and what was made of it"),
        (f"{API}/clips", watched(api.list_clips), ClipList, "Clips of a recording"),
        ("/api/media/removed-recordings", api.list_removals, RemovalList, "Recordings that were removed, and why"),
    )
    files = (
        (f"{KEPT}/assets/{{name}}", watched(downloads.send_asset)),
        (f"{KEPT}/manifest.json", watched(pages.send_manifest)),
        (f"/recordings/clips/{_TOKEN}", pages.show_clip),
        (f"/recordings/clips/{_TOKEN}/clip.mp4", pages.send_clip),
        ("/.well-known/gryf-recordings.json", pages.show_keys),
    )
    return (
        *(
            Route(method="GET", path=path, handler=handler, allow=ANYONE, reply=reply, summary=summary)
            for path, handler, reply, summary in api_gets
        ),
        *(
            Route(method="GET", path=path, handler=handler, allow=ANYONE, foreign_origin=True)
            for path, handler in files
        ),
        Route(method="GET", path="/recordings/removed", handler=pages.show_removed, allow=ANYONE, name="removed"),
    )


def _staff_routes(staff: Allow) -> tuple[Route, ...]:
    def route(
        method: str,
        path: str,
        handler: Handler,
        summary: str,
        *,
        body: type[msgspec.Struct] | None = None,
        reply: object = RecordingView,
        status: int = 200,
    ) -> Route:
        return Route(
            method=method,
            path=f"{API}{path}",
            handler=handler,
            allow=staff,
            summary=summary,
            body=body,
            reply=reply,
            status=status,
        )

    return (
        route("PUT", "/trim", api.trim, "Show less of a recording; the rest is kept", body=NewTrim),
        route("DELETE", "/trim", api.undo_trim, "Show the whole recording again"),
        route("POST", "/clips", api.add_clip, "Give a piece its own address", body=NewClip, reply=Clip, status=201),
        route("DELETE", f"/clips/{_TOKEN}", api.drop_clip, "Remove a clip", reply=None, status=204),
        route("PUT", "/retention", api.set_keep_rule, "How long this recording is kept", body=KeepRule),
        route("POST", "/removal", api.remove_recording, "Remove for good", body=RemovalReason, reply=Removal),
        route("POST", "/products", api.make_products, "Make again what failed or is missing", status=202),
    )
