"""Which streams get smaller pictures. The process is a stand-in here: it takes everything and says nothing."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from media.hls.muxer import Timing
from media.hls.window import Start
from media.ladder.overseer import AVERAGED_TICKS, KEPT_TICKS, Overseer, waiting_players
from media.ladder.settings import LadderSettings, Policy
from media.packager import Packager
from media.stream import Sink, Stream
from media.streams import PublishGrant, StreamChange, Streams
from tests.media.hls import feed
from tests.media.ladder.playing import BOUNDS, is_running, until


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    command = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")
    monkeypatch.setattr("media.ladder.overseer.worker_command", lambda _settings: command)


class House:
    """Streams, their packagers, and who watches."""

    def __init__(self, settings: LadderSettings) -> None:
        self.registry = CollectorRegistry()
        self.packagers: dict[str, Packager] = {}
        self.viewers: dict[str, int] = {}
        self.streams = Streams(self._authorise)
        self.streams.packager_factory = self._package
        self.overseer = Overseer(
            settings, self.streams, self.packagers, BOUNDS, self.registry, lambda stream: self.viewers.get(stream, 0)
        )
        self.streams.subscribe(self.overseer.heard)

    async def _authorise(self, _key: str, _address: str) -> PublishGrant | None:
        return None

    def _package(self, stream: Stream, on_air: bool) -> Sink:
        name = stream.id if on_air else f"{stream.id}-preview"
        packager = self.packagers[name] = Packager(name, Timing(), BOUNDS, Start())
        return packager

    def working(self) -> list[str]:
        return [name for name, ladder in self.overseer.ladders.items() if ladder.is_working]

    def pid(self, stream_id: str) -> int:
        worker = self.overseer.ladders[stream_id].worker
        return worker.pid if worker is not None else 0


@contextlib.asynccontextmanager
async def house(settings: LadderSettings | None = None) -> AsyncIterator[House]:
    found = House(settings or LadderSettings())
    try:
        yield found
    finally:
        await found.overseer.close()


async def test_always_means_as_soon_as_it_is_on_air() -> None:
    async with house() as here:
        here.streams.put_on_air("a")
        assert here.working() == ["a"]
        await until(lambda: here.pid("a") > 0)
        assert here.registry.get_sample_value("gryf_ladder_workers") == 1
        assert here.registry.get_sample_value("gryf_ladder_lag_s") == 0
        pid = here.pid("a")
        here.streams.take_off_air("a")
        await until(lambda: here.working() == [])
        here.overseer.tick()
        assert here.overseer.ladders == {}
        await until(lambda: not is_running(pid))


async def test_never_means_nothing_at_all() -> None:
    async with house(LadderSettings(policy=Policy.NEVER)) as here:
        here.streams.put_on_air("a")
        here.overseer.tick()
        assert here.overseer.ladders == {}
        assert here.packagers["a"].follower is None


async def test_a_rehearsal_gets_none() -> None:
    async with house() as here:
        stream = here.streams._entry("a", "").stream
        here.streams._package(here.streams._entries["a"])
        here.overseer.heard("a", StreamChange.LIVE)
        here.overseer.tick()
        assert stream.id == "a"
        assert set(here.packagers) == {"a-preview"}
        assert here.overseer.ladders == {}


async def test_viewers_start_it_and_a_minute_without_them_ends_it() -> None:
    async with house(LadderSettings(policy=Policy.VIEWERS, from_viewers=3)) as here:
        here.streams.put_on_air("a")
        here.viewers["a"] = 2
        for _ in range(3 * AVERAGED_TICKS):
            here.overseer.tick()
        assert here.working() == []
        # The sound alone costs nothing, so it is there all the time.
        assert here.packagers["a"].follower is here.overseer.ladders["a"]
        here.viewers["a"] = 3
        for _ in range(AVERAGED_TICKS):
            here.overseer.tick()
        assert here.working() == ["a"]
        await until(lambda: here.pid("a") > 0)
        pid = here.pid("a")
        here.viewers["a"] = 0
        for _ in range(KEPT_TICKS - 1):
            here.overseer.tick()
        assert here.working() == ["a"]
        here.overseer.tick()
        assert here.working() == []
        await until(lambda: not is_running(pid))
        assert here.packagers["a"].follower is here.overseer.ladders["a"]


async def test_no_more_streams_than_the_setting_says() -> None:
    async with house(LadderSettings(streams=1)) as here:
        here.streams.put_on_air("a")
        here.streams.put_on_air("b")
        here.overseer.tick()
        assert here.working() == ["a"]
        assert set(here.overseer.ladders) == {"a", "b"}
        here.streams.take_off_air("a")
        await until(lambda: here.working() == [])
        here.overseer.tick()
        assert here.working() == ["b"]


async def test_another_packager_of_the_stream_is_followed() -> None:
    async with house() as here:
        here.streams.put_on_air("a")
        first = here.packagers["a"]
        await until(lambda: here.pid("a") > 0)
        pid = here.pid("a")
        here.packagers["a"] = second = Packager("a", Timing(), BOUNDS, Start())
        here.overseer.tick()
        assert first.follower is None
        assert second.follower is here.overseer.ladders["a"]
        assert here.working() == ["a"]
        await until(lambda: not is_running(pid))


async def test_the_clerk_hears_of_a_worker_that_keeps_failing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.ladder.overseer.worker_command", lambda _settings: (sys.executable, "-c", "raise 1"))
    monkeypatch.setattr("media.ladder.budget.FIRST_PAUSE_S", 0.001)
    told: list[tuple[str, StreamChange]] = []
    async with house() as here:
        here.streams.subscribe(lambda stream_id, change: told.append((stream_id, change)))
        here.streams.put_on_air("a")
        await until(lambda: ("a", StreamChange.PROBLEM) in told)
        problem = here.streams.problem("a")
        assert problem is not None
        assert "smaller picture sizes are off" in problem.message
        assert here.registry.get_sample_value("gryf_ladder_restarts_total") == 5


async def test_a_player_that_waits_for_news_is_counted_while_it_waits() -> None:
    tracks, packets = feed.both(4)
    packager = Packager("a", Timing(), BOUNDS, Start())
    packager.renditions["240p"] = smaller = Packager("a/240p", Timing(), BOUNDS, Start())
    packager.on_tracks(tracks)
    for packet in packets:
        packager.on_packet(packet)
    players = [asyncio.create_task(packager.wait_for_playlist(2, None, 30)) for _ in range(3)]
    players.append(asyncio.create_task(smaller.wait_for_playlist(1, None, 30)))
    await asyncio.sleep(0)
    assert waiting_players(packager) == 4
    players[0].cancel()
    packager.on_pause()
    await asyncio.wait(players[:3])
    assert waiting_players(packager) == 1
    smaller.on_end()
    await players[3]
    assert waiting_players(packager) == 0
