"""Uploads as a feature: the JSON API, the room of each upload, the jobs that package."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.feature import ANYONE, Allow, Feature, Handler, Params, Room, RoomKind, Route
from app.i18n import LOCALES, Locales
from app.wire import data_folder, section
from media.archive.products import when_ended
from media.hls.web import watched
from media.settings import MediaSettings
from media.uploads import actions, api
from media.uploads.captions import MOST_BYTES
from media.uploads.jobs import JOBS
from media.uploads.model import UploadChanged, UploadRemoved, UploadView
from media.uploads.settings import UploadSettings
from media.uploads.workshop import Workshop

MOST_BODY: Final = 1 << 50
"""The setting `limit_mib` is what counts; the handler looks at it."""
ROOT: Final = "/api/media/uploads"
ONE: Final = ROOT + r"/{upload_id:\d{1,18}}"


def feature(uploaders: Allow) -> Feature:
    """`uploaders` may send files; each sees their own."""
    locales: list[Locales] = []

    async def snapshot(tx: Tx, actor: Actor, params: Params) -> UploadView:
        number = params["upload_id"]
        if not number.isascii() or not number.isdigit() or len(number) > 18:
            raise NotFound
        upload = await actions.access_upload(tx, actor, int(number))
        return await actions.upload_view(tx, upload, locales[0].get(actor.language))

    async def know_languages(app: web.Application) -> AsyncIterator[None]:
        locales[:] = [app[LOCALES]]
        yield

    return Feature(
        name="uploads",
        folder=Path(__file__).parent,
        needs=("media",),
        settings=UploadSettings,
        routes=_routes(uploaders),
        rooms=(
            Room(
                pattern="media/upload/{upload_id}",
                allow=uploaders,
                kind=RoomKind.LATEST,
                snapshot=snapshot,
                events=(UploadChanged, UploadRemoved),
                summary="How far an uploaded recording is, about once a second",
            ),
        ),
        jobs=JOBS,
        services=(know_languages,),
    )


def workshop(app: web.Application) -> Workshop:
    """For the worker: what the jobs ask for with `app.jobs.part`."""
    folder = data_folder(app) / section(app, MediaSettings).recordings
    return Workshop(folder, section(app, UploadSettings), app[LOCALES], when_ended)


def _routes(uploaders: Allow) -> tuple[Route, ...]:
    def route(  # what a declaration says, each by its name
        method: str,
        path: str,
        handler: Handler,
        summary: str,
        *,
        query: type[msgspec.Struct] | None = None,
        reply: object = UploadView,
        status: int = 200,
        max_bytes: int = 1024 * 1024,
    ) -> Route:
        return Route(
            method=method,
            path=path,
            handler=handler,
            allow=uploaders,
            summary=summary,
            query=query,
            reply=reply,
            status=status,
            max_bytes=max_bytes,
        )

    upload = "Upload a video or sound file: as the body, or as the first file of a form"
    attach = "Attach captions: the body is a WebVTT or SRT file"
    return (
        route("POST", ROOT, api.receive_upload, upload, query=api.UploadName, status=201, max_bytes=MOST_BODY),
        route("GET", ROOT, api.list_uploads, "Own uploads", reply=api.UploadList),
        route("GET", ONE, api.show_upload, "What an upload has become"),
        route("POST", f"{ONE}/cancel", api.cancel_upload, "Stop converting an upload"),
        route("DELETE", ONE, api.remove_upload, "Remove an upload with its recording", reply=None, status=204),
        route(
            "POST",
            f"{ONE}/captions",
            api.attach_captions,
            attach,
            query=api.CaptionsName,
            status=201,
            max_bytes=MOST_BYTES + 1,
        ),
        route("DELETE", ONE + r"/captions/{number:\d{1,9}}", api.remove_captions, "Remove captions"),
        Route(
            method="GET",
            path=r"/recordings/{stream_id:[A-Za-z0-9_-]{1,64}}/captions/{number:\d{1,9}}.vtt",
            handler=watched(api.send_captions),
            allow=ANYONE,
            foreign_origin=True,
        ),
    )
