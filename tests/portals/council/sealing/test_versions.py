"""A redaction that is published within a minute of the end empties the packagers of all processes."""

import contextlib

from aiohttp import web
from prometheus_client import CollectorRegistry

from media.archive.redaction.api import REDACTION_TOLD
from media.hls.web import PACKAGERS, Packagers
from media.record.library import LIBRARY, Library
from portals.council.sealing.versions import obey_versions
from realtime.figures import Figures
from realtime.hub import HUB, Hub, happening
from tests.portals.council.stage import Backplane


def process(database, folder, held):
    app = web.Application()
    app[PACKAGERS] = Packagers(held)
    app[LIBRARY], app[HUB] = Library(database, folder), Hub(Figures(CollectorRegistry()))
    return app


async def test_every_process_forgets_what_it_holds_of_the_recording(database, tmp_path):
    database.backplane = plane = Backplane()
    heard = []

    async def captions(_tx, stream_id):
        heard.append(stream_id)

    here, there = (process(database, tmp_path, {"sesja1": object(), "sesja2": object()}) for _ in range(2))
    here[REDACTION_TOLD] = captions
    run = contextlib.asynccontextmanager(obey_versions)
    async with run(here), run(there):
        async with database.transaction() as tx:
            await here[REDACTION_TOLD](tx, "sesja1")
            assert "sesja1" in there[PACKAGERS], "nothing before COMMIT"
        assert heard == ["sesja1"]
        here[HUB].dispatch(plane.published)
        for one in plane.published:  # as a row of the outbox brings it to another process
            there[HUB].deliver(happening(one))
        assert [list(app[PACKAGERS]) for app in (here, there)] == [["sesja2"], ["sesja2"]]
    there[PACKAGERS]["sesja1"] = object()
    there[HUB].deliver(happening(plane.published[0]))
    assert "sesja1" in there[PACKAGERS], "a process that ends listens no more"
