"""The foundation's own jobs, settings and probes, mounted like a feature's: jobs, mail, files, audit."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import msgspec
from aiohttp import web

from app import files, jobs, mail
from app.config import Described
from app.database import DATABASE
from app.feature import Feature, Probe
from app.wire import data_folder, section


class FileSettings(msgspec.Struct, frozen=True):
    """What people hand in."""

    clamd: Annotated[
        str,
        Described(
            description="clamd that looks at each file people hand in: `host:port` or the path of its socket; empty: "
            "none. Where it is set and does not answer, no file is taken, and files of letters are set aside."
        ),
    ] = ""
    clamd_timeout_s: Annotated[
        float, msgspec.Meta(gt=0, le=600), Described(description="Longest wait for a verdict of clamd, in seconds.")
    ] = 60.0


async def open_files(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: the file store of this process."""
    settings = section(app, FileSettings)
    scanner = files.Scanner(settings.clamd, settings.clamd_timeout_s) if settings.clamd else None
    app[files.FILES] = files.FileStore.in_folder(data_folder(app), scanner)
    yield


async def probe_jobs(app: web.Application) -> Probe:
    """Work that waits for minutes means that no worker runs."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        state = await jobs.queue_state(tx)
    late = (state.oldest_age_s or 0) > LATE_S
    return Probe(not late, f"{state.waiting} wait, {state.failed} failed" + (": is a worker running?" if late else ""))


async def probe_mail(app: web.Application) -> Probe:
    """A mail server that is away is told, and takes no process out of service: mails wait for it for days."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        count, since = await mail.delayed_mail(tx)
    told = f"{count} wait for the mail server, the oldest since {since:%Y-%m-%d %H:%M} UTC" if since else ""
    return Probe(ok=True, detail=told)


LATE_S = 600

FILES = Feature(name="files", folder=Path(__file__).parent, settings=FileSettings, services=(open_files,))
FEATURE = Feature(
    name="mail",
    folder=Path(__file__).parent,
    settings=mail.MailSettings,
    jobs=(*jobs.JOBS, *mail.JOBS, *files.JOBS),
    probes={"jobs": probe_jobs, "delayed": probe_mail},
)
