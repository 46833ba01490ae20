"""Gryf's command line, and its contents page: `FEATURES` names everything this product consists of."""

import gc

gc.disable()  # until all is imported: it would go over what is there again and again, a fifth of the start

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Optional

import structlog
import typer
from aiohttp import web

import app.identity.feature
import app.push.feature
import media.features
import portals.council.features
import portals.dialog.features
import portals.equipment.feature
import portals.helpdesk.features
import portals.intranet.feature
import realtime.feature
import schools.features
from app import jobs, serving
from app.command_line import Body, ConfigFile, Data, Host, Json, Port, RtmpPort
from app.config import Role
from app.database import DATABASE, Database, open_pool
from app.errors import AppError, ConfigurationError
from app.feature import Feature, having
from app.files import FileStore
from app.identity.account_cli import account_cli
from app.identity.post import Post
from app.log import set_up_logging
from app.mail import Mailer, MailSettings
from app.process import close_pool, keep_child, open_data_folder, run_loop, stop_on_signals, watch_parent
from app.ready import Ready, announce
from app.services import FEATURE as SERVICES
from app.services import FILES
from app.wire import CITY, SERVER, build_app, section
from media.archive.commands import recording_cli
from media.hls.marks import Mark
from media.streams import PublishGrant
from portals.council import actions as council
from portals.council.demo import SETTINGS as DEMO_SETTINGS
from portals.council.demo import Showcase, showcase
from portals.council.key_cli import key_cli
from portals.council.recorded import title_of as session_title
from portals.council.records.search.commands import search_cli
from portals.council.sealing.moments import marks_of as session_marks
from portals.dialog.meeting import air as meeting
from portals.helpdesk.finding.commands import tickets_cli
from realtime.backplane import worker_backplane
from schools.reports.checking import archive_cli
from schools.secretariat.commands import school_cli
from schools.structure.demo import logins as school_logins

gc.freeze()
gc.enable()
log = structlog.get_logger("gryf")


async def authorise_publish(application: web.Application, key: str, address: str) -> PublishGrant | None:
    """Media asks: may this stream key publish? The council answers, then the meetings of consultations."""
    database = application[DATABASE]
    return await council.authorise_publish(database, key, address) or await meeting.authorise_publish(database, key)


async def marks_of(application: web.Application, stream_id: str) -> list[Mark]:
    """Media asks: what is marked on this stream's time?"""
    return await session_marks(application, stream_id) or await meeting.marks_of(application[DATABASE], stream_id)


async def title_of(application: web.Application, stream_id: str) -> str:
    """Media asks: what do people call this recording?"""
    return await session_title(application, stream_id) or await meeting.title_of(application[DATABASE], stream_id)


FEATURES: tuple[Feature, ...] = (
    app.identity.feature.FEATURE,
    FILES,
    SERVICES,
    app.push.feature.FEATURE,
    realtime.feature.feature(),
    *media.features.features(
        authorise_publish,
        monitors=having("clerk", "admin"),
        uploaders=having("clerk", "admin"),
        marks_of=marks_of,
        title_of=title_of,
    ),
    *portals.council.features.FEATURES,
    *portals.dialog.features.FEATURES,
    *schools.features.FEATURES,
    portals.intranet.feature.FEATURE,
    portals.equipment.feature.FEATURE,
    *portals.helpdesk.features.FEATURES,
)

cli = typer.Typer(
    help="Gryf: a city's council sessions, consultations, schools and helpdesk, live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(recording_cli, name="recording")
cli.add_typer(archive_cli, name="school-archive")

NodeRole = Annotated[Optional[Role], typer.Option("--role", help="What this process is there for.")]
Workers = Annotated[Optional[int], typer.Option("--workers", min=0, help="Web processes that share the port.")]
NoFeed = Annotated[bool, typer.Option("--no-feed", help="Do not run the synthetic encoder.")]


class Settings(serving.Settings):
    """The sections of this product's features."""

    def __init__(
        self,
        config: Path | None,
        rtmp_port: int | None = None,
        defaults: Mapping[str, Mapping[str, object]] | None = None,
        **server: Any,
    ) -> None:
        super().__init__(
            FEATURES,
            config,
            server=server,
            overrides={"media": {"rtmp_port": rtmp_port}},
            defaults=defaults or {},
            shared_defaults={"realtime": {"backplane": "postgres"}},
        )


async def run_server(settings: Settings, *, demo: bool, as_json: bool, feed: bool) -> None:
    """Serves until SIGTERM; with `demo` fills demo data first."""

    async def begin(application: web.Application, url: str, port: int) -> None:
        server = settings.server
        if server.worker and server.role is not Role.WEB:
            environment = {"GRYF_SERVER_DATABASE_URL": url, "GRYF_SERVER_DATA": server.data}
            if settings.config is not None:
                environment["GRYF_CONFIG"] = str(settings.config)
            keep_child(application, "worker", ["run.py", "worker"], environment)
        if demo:
            for feature in FEATURES:
                if feature.demo is not None:
                    await feature.demo(application)
        shown = await showcase(application)
        shown.logins.update(await school_logins(application))
        ready = make_ready(application, server.host, port, shown)
        if demo and feed and shown.stream_key:
            # the key goes through the environment: a command line can be read by every account of the machine
            target = {"GRYF_ENCODER_URL": f"{ready.rtmp}/{shown.stream_key}", "TZ": application[CITY].time_zone}
            keep_child(application, "encoder", encoder_command(ready, shown), target)
        announce(ready, as_json)

    await serving.serve(settings, begin)


def encoder_command(ready: Ready, shown: Showcase) -> list[str]:
    """The synthetic camera: a process of its own that pushes real RTMP into our own port."""
    return ["-m", "media.codec.synthetic", "--url", "-", "--caption-url", ready.http + shown.caption_path]


def make_ready(application: web.Application, host: str, port: int, shown: Showcase) -> Ready:
    """Addresses as a program on this machine reaches them."""
    local = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  # compared, not bound
    http = f"http://{local}:{port}"
    return Ready(
        http=http,
        rtmp=f"rtmp://{local}:{media.feature.rtmp_port(application)}/live",
        stream_key=shown.stream_key,
        session=http + shown.session_path if shown.session_path else None,
        hls=f"{http}/hls/{shown.stream_id}/index.m3u8" if shown.stream_id else None,
        whip=f"{http}/whip",
        whep=f"{http}/whep/{shown.stream_id}" if shown.stream_id else None,
        logins=shown.logins,
    )


async def run_worker(settings: Settings) -> None:
    """Background jobs, until SIGTERM or until the server that started it is gone."""
    data = open_data_folder(Path(settings.server.data))
    stop = stop_on_signals()
    if not settings.server.database_url:
        raise ConfigurationError("a worker needs the database's address: set GRYF_SERVER_DATABASE_URL")
    pool = await open_pool(settings.server.database_url, 8)
    try:
        database = Database(pool)
        database.backplane = worker_backplane(database, (room for feature in FEATURES for room in feature.rooms))
        application = build_app(FEATURES, settings.with_data(data), database)
        watching = asyncio.create_task(watch_parent(stop))
        declared = tuple(job for feature in FEATURES for job in feature.jobs)
        mailer = Mailer(section(application, MailSettings), data, application[CITY].office)
        push = app.push.feature.prepare(application)
        parts = (
            mailer,
            push,
            FileStore.in_folder(data),
            Post.of(application),
            *media.features.worker_parts(application),
        )
        await jobs.run_worker(application[DATABASE], declared, stop, parts=parts)
        watching.cancel()
    finally:
        await close_pool(pool)


@cli.command()
def serve(
    data: Data = None,
    port: Port = None,
    host: Host = None,
    rtmp_port: RtmpPort = None,
    role: NodeRole = None,
    workers: Workers = None,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Run the server."""
    _go(
        config,
        data,
        port,
        host,
        rtmp_port,
        lambda settings: run_server(settings, demo=False, as_json=as_json, feed=False),
        role=role,
        workers=workers,
    )


@cli.command()
def demo(
    data: Data = None,
    port: Port = None,
    host: Host = None,
    rtmp_port: RtmpPort = None,
    config: ConfigFile = None,
    as_json: Json = False,
    no_feed: NoFeed = False,
) -> None:
    """Run the server with demo data and a synthetic council feed."""
    _go(
        config,
        data,
        port,
        host,
        rtmp_port,
        lambda settings: run_server(settings, demo=True, as_json=as_json, feed=not no_feed),
        DEMO_SETTINGS,
    )


@cli.command()
def worker(data: Data = None, config: ConfigFile = None) -> None:
    """Run background jobs (`serve` starts one by itself)."""
    _go(config, data, None, None, None, run_worker)


@cli.command()
def migrate(data: Data = None, config: ConfigFile = None) -> None:
    """Bring the database up to date."""

    async def nothing(_application: web.Application) -> None:
        typer.echo("The database is up to date.")

    _in_application(data, config, nothing)


@cli.command()
def check(data: Data = None, config: ConfigFile = None) -> None:
    """Check settings, data folder and database; exit with 1 if something is wrong."""

    async def look(application: web.Application) -> None:
        ok = await application[DATABASE].reachable()
        typer.echo(f"settings  fine\ndata      {application[SERVER].data}\ndatabase  {'fine' if ok else 'no answer'}")
        if not ok:
            raise typer.Exit(1)

    _in_application(data, config, look)


def _go(
    config: Path | None,
    data: str | None,
    port: int | None,
    host: str | None,
    rtmp_port: int | None,
    body: Callable[[Settings], Awaitable[Any]],
    defaults: Mapping[str, Mapping[str, object]] | None = None,
    role: Role | None = None,
    workers: int | None = None,
) -> None:
    """Reads settings, runs, and turns what an operator can mend into one clear line."""
    try:
        settings = Settings(config, rtmp_port, defaults, data=data, port=port, host=host, role=role, workers=workers)
        set_up_logging(settings.server.log_format, settings.server.log_level)
        run_loop(lambda: body(settings))
    except ConfigurationError as problem:
        typer.echo(f"gryf: {problem}", err=True)
        raise typer.Exit(2) from None
    except AppError as problem:
        fields = "; ".join(f"{name}: {text}" for name, text in getattr(problem, "fields", {}).items())
        typer.echo(f"gryf: {fields or problem}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _in_application(data: str | None, config: Path | None, body: Body) -> None:
    _go(config, data, None, None, None, lambda settings: serving.in_application(settings, body))


cli.add_typer(account_cli(_in_application), name="user")
cli.add_typer(key_cli(_in_application), name="stream-key")
cli.add_typer(search_cli(_in_application), name="search")
cli.add_typer(tickets_cli(_in_application), name="tickets")
cli.add_typer(school_cli(_in_application), name="school")

if __name__ == "__main__":
    cli()
