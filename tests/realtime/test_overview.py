"""Measures of a process, and the last minutes of all of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from app.database import Publication
from realtime.figures import Figures
from realtime.hub import happening
from realtime.overview import KEPT_S, ROOM, LiveMeasured, Measure, Meter, Watch, quantile
from realtime.pages import WATCH
from tests.realtime.conftest import Client, Note, NoteWritten, Site
from tests.realtime.test_socket import until

INFINITE = float("inf")
REST: dict[str, Any] = {"backplane_lag_s": 0, "lost": 0, "busiest": []}


@pytest.mark.parametrize(
    ("before", "after", "share", "expected"),
    [
        ({}, {}, 0.99, 0),
        ({0.1: 5, INFINITE: 5}, {0.1: 5, INFINITE: 5}, 0.99, 0),
        ({}, {0.1: 98, 0.5: 99, 1.0: 100, INFINITE: 100}, 0.99, 0.5),
        ({0.1: 98, 0.5: 98, INFINITE: 98}, {0.1: 98, 0.5: 100, INFINITE: 100}, 0.5, 0.5),
        ({}, {0.1: 1, INFINITE: 100}, 0.99, -1),
    ],
)
def test_quantiles_of_what_was_added(
    before: dict[float, float], after: dict[float, float], share: float, expected: float
) -> None:
    assert quantile(before, after, share) == expected


async def test_a_process_measures_itself(site: Site) -> None:
    meter = Meter(site.hub, "postgres")
    async with site.connect() as one, site.connect() as other:
        clients = Client(one), Client(other)
        for client in clients:
            await client.join("board/a")
        await clients[0].join("meter/a", 2)
        meter.measure(outbox=True, redis=None)
        for number in range(5):
            await site.write(number)
        for client in clients:
            for _ in range(5):
                await client.hear("event")
        site.hub.look_around()
        found = meter.measure(outbox=True, redis=False)
        assert (found.sockets, found.rooms, found.backplane, found.redis) == (2, 2, "postgres", False)
        assert found.deliveries == pytest.approx(2 * found.events, rel=0.1)
        assert found.events > 0
        assert 0 < found.lag_s <= 1
        assert [(room.name, room.members, room.events) for room in found.busiest] == [
            ("board/a", 2, 5),
            ("meter/a", 1, 0),
        ]
        quiet = meter.measure(outbox=True, redis=None)
        assert (quiet.events, quiet.deliveries, quiet.lag_s) == (0, 0, 0)


def measure(process: str, at: datetime) -> Measure:
    return Measure(process, at, 1, 1, 0, 0, 0, 0, 0, 0, {}, "process", outbox=True, redis=None, **REST)


def heard(one: Measure) -> object:
    return happening(Publication(ROOM, LiveMeasured(one)))


def test_processes_that_are_silent_are_forgotten() -> None:
    watch, now = Watch(), datetime.now(UTC)
    own = [measure("a", now + timedelta(seconds=second)) for second in range(KEPT_S + 5)]
    for one in own:
        watch.add(one)
        watch.hear(heard(one))  # type: ignore[arg-type]  # its own word comes back to it: once is enough
    other = measure("b", now)
    watch.hear(heard(other))  # type: ignore[arg-type]
    watch.hear(heard(other))  # type: ignore[arg-type]
    found = watch.overview(now + timedelta(seconds=60)).measures
    assert [one.process for one in found].count("a") == KEPT_S
    assert [one.process for one in found].count("b") == 1
    assert found == sorted(found, key=lambda one: one.at)
    late = watch.overview(now + timedelta(seconds=2 * KEPT_S + 2)).measures
    assert {one.process for one in late} == {"a"}


async def test_an_administrator_sees_every_second_of_it(site_of_the_product) -> None:
    site = site_of_the_product
    async with site.client("admin") as client, client.ws_connect("/live", origin=site.http) as socket:
        async with client.get("/admin/live") as answer:
            assert answer.status == 200
            assert "data-overview" in await answer.text()
        await socket.send_json({"op": "join", "room": ROOM, "ref": 1})
        measures = []
        while len(measures) < 2:
            frame = await socket.receive_json(timeout=10)
            if frame["op"] == "joined":
                assert frame["snapshot"] == {"history": "/api/live/overview"}
            if frame["op"] == "event":
                measures.append(msgspec.convert(frame["data"]["measure"], Measure))
        assert measures[1].at > measures[0].at
        async with client.get("/api/live/overview") as answer:
            history = msgspec.convert((await answer.json())["measures"], list[Measure])
        assert measures[0] in history


@pytest.fixture
async def site_of_the_product(demo, tmp_path):
    from tests.conftest import running_site

    async with demo.copy(tmp_path) as url, running_site(url, tmp_path) as found:
        yield found


async def test_nobody_looks_nothing_is_told(site: Site) -> None:
    events: list[object] = []
    site.hub.watch(ROOM, events.append)
    await until(lambda: bool(site.app[WATCH].overview(datetime.now(UTC)).measures))
    assert events == []


async def test_figures_of_lag_and_backplane(site: Site) -> None:
    async with site.connect() as socket:
        client = Client(socket)
        await client.join("board/a")
        site.database.announce("board/a", NoteWritten(Note(1, "", 1)))
        await client.hear("event")
        await until(lambda: site.figure("gryf_live_lag_seconds_count") >= 1)
        await until(lambda: site.figure("gryf_backplane_up", way="outbox") == 1)
    assert isinstance(site.hub.figures, Figures)
