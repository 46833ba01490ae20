"""The streaming core as a feature: the RTMP port, live playlists, recordings, and how each stream fares."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge

from app.actor import Actor
from app.database import DATABASE, Tx
from app.errors import Unavailable
from app.feature import ANYONE, Allow, Feature, Params, Probe, Room, RoomKind, Route, having
from app.i18n import LOCALES
from app.metrics import METRICS
from app.supervise import SUPERVISOR
from app.wire import CITY, data_folder, section
from media.archive import web as archive
from media.archive.kept import KEPT_PLAYLISTS, KeptPlaylists
from media.archive.products import when_ended
from media.archive.sending import OPEN_TAKES, OpenFiles
from media.archive.shortcut import recordings_shortcut
from media.continuity.feature import SLATES, make_slates, presenter
from media.continuity.settings import ContinuitySettings
from media.health import HealthWatch, StreamHealthChanged, StreamView
from media.hls import web as hls
from media.hls.caption_web import caption_routes, serve_captions
from media.hls.mark_watch import MARKS_OF, MarksOf, no_marks, watch_marks
from media.hls.muxer import Timing
from media.hls.shortcut import live_shortcut
from media.hls.web import MAY_WATCH, PACKAGERS, MayWatch, Packagers
from media.hls.window import Bounds
from media.look_store import ask_to_look
from media.out.model import TargetChanged, TargetRemoved
from media.packaging import Packaging
from media.record.library import LIBRARY
from media.record.recordings import RECORDINGS, Recordings
from media.record.writer import WriterOptions
from media.rtmp.server import RtmpServer
from media.rtmp.settings import RtmpSettings
from media.settings import MediaSettings
from media.streams import STREAMS, Listener, Problem, PublishGrant, Streams
from media.web_node import hear_web_nodes, reading_service

log = structlog.get_logger(__name__)

AuthorisePublish = Callable[[web.Application, str, str], Awaitable[PublishGrant | None]]
"""(application, stream key, peer's address) → what the key opens, or None."""

ROOM: Final = "media/stream/{stream_id}"
_ID: Final = "{stream_id:[A-Za-z0-9_-]{1,64}}"
_NUMBER: Final = "[0-9]{1,15}"

PACKAGING: web.AppKey[Packaging] = web.AppKey("packaging", Packaging)
HEALTH: web.AppKey[HealthWatch] = web.AppKey("health", HealthWatch)
RTMP_SERVER: web.AppKey[RtmpServer] = web.AppKey("rtmp_server", RtmpServer)
RTMP_PORT: web.AppKey[list[int]] = web.AppKey("rtmp_port", list)
"""The port that is listened on, once it is."""


RTMP_LIMITS: Final = Feature(name="rtmp", folder=Path(__file__).parent / "rtmp", settings=RtmpSettings)
"""The limits of the RTMP port are a section of settings of their own; mount it before `feature()`."""


def feature(
    authorise: AuthorisePublish,
    listener: Listener | None = None,
    monitors: Allow | None = None,
    may_watch: MayWatch = hls.anyone_may_watch,
    marks_of: MarksOf = no_marks,
) -> Feature:
    """What each callable is for stands at `media.features.features`."""
    watch: list[HealthWatch] = []

    async def service(app: web.Application) -> AsyncIterator[None]:
        app[MARKS_OF] = marks_of
        serve_captions(app)
        takes = app[OPEN_TAKES] = OpenFiles()
        app[KEPT_PLAYLISTS] = KeptPlaylists()
        async for _ in media_service(app, authorise, listener, may_watch):
            watch[:] = [app[HEALTH]]
            yield
        takes.close()

    async def snapshot(tx: Tx, _actor: Actor, params: Params) -> StreamView:
        if watch:
            return watch[0].look(params["stream_id"])
        await ask_to_look(tx, params["stream_id"])  # a web node: what the media node measures comes as events
        return StreamView()

    return Feature(
        name="media",
        folder=Path(__file__).parent,
        settings=MediaSettings,
        routes=media_routes(),
        rooms=(
            Room(
                pattern=ROOM,
                allow=monitors or having("admin"),
                kind=RoomKind.LATEST,
                snapshot=snapshot,
                events=(StreamHealthChanged, TargetChanged, TargetRemoved),
                summary="Picture, sound and recording of a stream, every second",
            ),
        ),
        services=(service,),
        web_services=(reading_service(may_watch),),
        on_media=True,
        shortcuts={"/hls/": live_shortcut, "/recordings/": recordings_shortcut},
        probes={"disk": probe_disk, "writer": probe_writer},
    )


async def media_service(
    app: web.Application, authorise: AuthorisePublish, listener: Listener | None, may_watch: MayWatch
) -> AsyncIterator[None]:
    """Cleanup context: recordings first, streams, then the port; and back."""
    settings = section(app, MediaSettings)
    timing = Timing(settings.part_ms, settings.segment_s, settings.target_s)
    folder = data_folder(app) / settings.recordings
    continuity = section(app, ContinuitySettings)
    streams = app[STREAMS] = Streams(partial(authorise, app), continuity=continuity)
    packagers = app[PACKAGERS] = Packagers()
    recordings = app[RECORDINGS] = Recordings(
        app[DATABASE],
        WriterOptions(folder, settings.fsync, settings.queue_mib, settings.min_free_mib),
        when_ended=when_ended,
    )
    app[LIBRARY] = recordings.library
    app[MAY_WATCH] = may_watch
    app[archive.ACCEL_PREFIX] = archive.AccelPrefix(settings.accel_prefix)
    await recordings.start(timing)
    bounds = Bounds(settings.window_s, settings.window_mib * 1024 * 1024)
    slates = app[SLATES] = make_slates(app)
    packaging = app[PACKAGING] = Packaging(
        packagers, recordings, timing, bounds, streams.preview_id, presenter(slates, continuity)
    )
    streams.packager_factory = packaging.make
    if listener is not None:
        streams.subscribe(listener)
    health = app[HEALTH] = HealthWatch(streams, recordings, app[DATABASE], partial(_sentence, app))
    _register_metrics(app[METRICS], streams, packagers, recordings)
    app[SUPERVISOR].run("recordings' index", recordings.index.run)
    app[SUPERVISOR].run("streams' health", health.run)
    hear_web_nodes(app, health)
    app[SUPERVISOR].run("streams' marks", partial(watch_marks, app))
    server = app[RTMP_SERVER] = RtmpServer(streams, section(app, RtmpSettings), registry=app[METRICS])
    try:
        async with streams.watched():
            app[RTMP_PORT] = [await server.start(settings.rtmp_host, settings.rtmp_port)]
            yield
            await server.stop()
            packaging.suspend()
    finally:
        # also when the port is taken: the writer is a thread, and the process would wait for it for ever
        health.close()
        await slates.close()
        try:
            await recordings.stop()
        except Unavailable:
            log.warning("the index of recordings is completed at the next start: the database is away")


def rtmp_port(app: web.Application) -> int:
    """The port encoders connect to."""
    return app[RTMP_PORT][0] if RTMP_PORT in app else section(app, MediaSettings).rtmp_port


async def probe_disk(app: web.Application) -> Probe:
    settings = section(app, MediaSettings)
    stat = await asyncio.to_thread(os.statvfs, app[RECORDINGS].folder)
    free_mib = stat.f_bavail * stat.f_frsize // (1024 * 1024)
    ok = free_mib >= settings.min_free_mib
    return Probe(ok, f"{free_mib} MiB free" + ("" if ok else f", {settings.min_free_mib} MiB are needed to record"))


async def probe_writer(app: web.Application) -> Probe:
    recordings = app[RECORDINGS]
    if not recordings.writer.is_alive:
        return Probe(ok=False, detail="the thread that writes recordings has ended")
    failing = recordings.failing()
    return Probe(ok=not failing, detail="; ".join(sorted(set(failing.values()))))


def media_routes() -> tuple[Route, ...]:
    """Playlists, parts and recordings."""
    live, kept = f"/hls/{_ID}", f"/recordings/{_ID}"
    rendition = f"{live}/{{rendition:[a-z0-9]{{1,16}}}}"
    packaged = (
        ("live.m3u8", hls.show_live),
        (f"init-{{take:{_NUMBER}}}.mp4", hls.send_init),
        (f"{{msn:{_NUMBER}}}.m4s", hls.send_segment),
        (f"{{msn:{_NUMBER}}}.{{part:{_NUMBER}}}.m4s", hls.send_part),
    )
    gets = (
        (f"{live}/index.m3u8", hls.show_multivariant),
        *((f"{root}/{file}", handler) for root in (live, rendition) for file, handler in packaged),
        (f"{kept}/index.m3u8", archive.show_archive),
        (f"{kept}/media.m3u8", archive.show_archive_media),
        (f"{kept}/{{take:{_NUMBER}}}.mp4", archive.send_take),
    )
    found = tuple(
        Route(method="GET", path=path, handler=hls.watched(handler), allow=ANYONE, foreign_origin=True)
        for path, handler in gets
    )
    preflight = tuple(
        Route(
            method="OPTIONS", path=f"{root}/{{file}}", handler=hls.answer_preflight, allow=ANYONE, foreign_origin=True
        )
        for root in (live, rendition, kept)
    )
    return found + preflight + caption_routes(live, _NUMBER)


def _sentence(app: web.Application, problem: Problem) -> str:
    """In the city's first language: a room has no language of its own."""
    locale = app[LOCALES].get(app[CITY].languages[0])
    return locale.gettext(problem.message) % dict(problem.values)


def _register_metrics(
    registry: CollectorRegistry, streams: Streams, packagers: Packagers, recordings: Recordings
) -> None:
    def gauge(name: str, text: str, value: Callable[[], float]) -> None:
        Gauge(name, text, registry=registry).set_function(value)

    def live() -> int:
        return sum(stream is not None and stream.live for stream in map(streams.get, streams.ids()))

    gauge("gryf_media_streams", "Streams that exist, live or waiting.", lambda: len(streams.ids()))
    gauge("gryf_media_streams_live", "Streams with a publisher.", live)
    gauge(
        "gryf_media_streams_slate",
        "Streams whose viewers see a slate.",
        lambda: sum(streams.slate(stream_id) is not None for stream_id in streams.ids()),
    )
    gauge(
        "gryf_media_window_bytes",
        "Memory of live windows.",
        lambda: sum(packager.window.bytes_kept for packager in packagers.values()),
    )
    gauge("gryf_media_write_backlog_bytes", "Bytes waiting for the disk.", lambda: recordings.writer.backlog_bytes)
    gauge("gryf_media_index_waiting", "News waiting for the database.", lambda: len(recordings.index))
    gauge("gryf_media_recordings_failing", "Recordings that fail now.", lambda: len(recordings.failing()))
