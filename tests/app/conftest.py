"""One product for all tests of a module, for those that only look."""

import pytest
import pytest_asyncio
from aiohttp import web

import run
from app.feature import ANYONE, Feature, Route
from app.wire import current_actor
from tests.conftest import ROOT, running_site


async def _tell(request: web.Request) -> web.Response:
    actor = await current_actor(request)
    return web.json_response({"remote": request.remote, "scheme": request.scheme, "actor": actor.address})


async def _lead_away(_request: web.Request) -> web.Response:
    raise web.HTTPSeeOther("/probe/tell")


async def _break(_request: web.Request) -> web.Response:
    raise ZeroDivisionError("a secret word")


async def _count(request: web.Request) -> web.Response:
    return web.json_response({"bytes": len(await request.read())})


async def _frame(_request: web.Request) -> web.Response:
    return web.Response(text="<p>Oglądaj</p>", content_type="text/html")


PROBE = Feature(
    name="probe",
    folder=ROOT / "tests",
    routes=(
        Route(method="GET", path="/probe/tell", handler=_tell, allow=ANYONE),
        Route(method="GET", path="/probe/away", handler=_lead_away, allow=ANYONE),
        Route(method="GET", path="/probe/broken", handler=_break, allow=ANYONE),
        Route(method="GET", path="/probe/frame", handler=_frame, allow=ANYONE, embeddable=True),
        Route(method="POST", path="/probe/count", handler=_count, allow=ANYONE, max_bytes=10),
        Route(method="POST", path="/probe/open", handler=_count, allow=ANYONE, foreign_origin=True),
    ),
)
"""Routes that show what a handler sees and what becomes of its failures."""


@pytest.fixture(scope="module")
def probed():
    """The product has the feature `probe` too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "FEATURES", (*run.FEATURES, PROBE))
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(demo, probed, tmp_path_factory):
    """The product with demo data, shared by a module's tests (marked with `loop_scope="module"`)."""
    folder = tmp_path_factory.mktemp("house")
    async with demo.copy(folder) as url, running_site(url, folder) as found:
        yield found
