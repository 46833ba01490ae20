"""Two processes at 100 changes a second, and whatever may happen to them, to PostgreSQL and to Redis in the middle.

Here a short story of each kind is told. `GRYF_MODEL_STORIES=20` makes hypothesis invent that many for each backplane.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.realtime.model.world import World, live_through

ACTIONS = ("kill 0", "kill 1", "postgres fast", "postgres crash", "redis", "silence", "connections", "sockets")
STORIES = int(os.environ.get("GRYF_MODEL_STORIES", "0"))


class Stage:
    """A world and the loop that it lives on: hypothesis calls from outside of any loop."""

    def __init__(self, world: World, runner: asyncio.Runner) -> None:
        self.world = world
        self._runner = runner

    def tell(self, actions: list[str], seed: int) -> dict[str, int]:
        return self._runner.run(live_through(self.world, actions, seed))


@pytest.fixture(scope="module", params=["postgres", "redis"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    folder = Path(tempfile.mkdtemp(prefix="gryf-model-"))
    folder.chmod(0o755)
    world = World(folder, request.param)
    with asyncio.Runner() as runner:
        runner.run(world.start())
        try:
            yield Stage(world, runner)
        finally:
            runner.run(world.stop())
            shutil.rmtree(folder, ignore_errors=True)


def test_whatever_dies_every_client_ends_with_what_the_database_holds(stage: Stage) -> None:
    database = "postgres crash" if stage.world.backplane == "postgres" else "postgres fast"
    told = stage.tell(["kill 0", "redis", "sockets", "silence", database, "connections"], seed=7)
    assert told["written"] > 150
    assert told["resumed"] > 0


@pytest.mark.skipif(not STORIES, reason="GRYF_MODEL_STORIES says how many stories are to be invented")
@pytest.mark.timeout(7200)
def test_stories_that_hypothesis_invents(stage: Stage) -> None:
    @settings(
        max_examples=STORIES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # a story is never the same twice: shrinking it would prove nothing
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(ACTIONS), min_size=2, max_size=8), st.integers(0, 2**32))
    def invent(actions: list[str], seed: int) -> None:
        stage.tell(actions, seed)

    invent()
