"""The foundation's own jobs, settings and probes, mounted like a feature's: jobs, mail, files, audit."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from app import files, jobs, mail
from app.database import DATABASE
from app.feature import Feature, Probe
from app.wire import data_folder


async def open_files(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context: the file store of this process."""
    app[files.FILES] = files.FileStore.in_folder(data_folder(app))
    yield


async def probe_jobs(app: web.Application) -> Probe:
    """Work that waits for minutes means that no worker runs."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        state = await jobs.queue_state(tx)
    late = (state.oldest_age_s or 0) > LATE_S
    return Probe(not late, f"{state.waiting} wait, {state.failed} failed" + (": is a worker running?" if late else ""))


LATE_S = 600

FEATURE = Feature(
    name="mail",
    folder=Path(__file__).parent,
    settings=mail.MailSettings,
    jobs=(*jobs.JOBS, *mail.JOBS, *files.JOBS),
    services=(open_files,),
    probes={"jobs": probe_jobs},
)
