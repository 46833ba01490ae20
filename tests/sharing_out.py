"""How tests are shared out among the workers of pytest-xdist: `make test` uses it, a single `pytest` does not."""

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
QUIET_END = 0.85
"""The last part of the queue is short tests, so that no worker waits long for another."""


def is_journey(item: pytest.Item) -> bool:
    """Real encoders, browsers or servers: it waits more than it works."""
    if item.path.is_relative_to(TESTS / "flows") or item.path.is_relative_to(TESTS / "browser"):
        return True
    return any(item.get_closest_marker(name) for name in ("browser", "slow"))


def keep_modules_together(items: list[pytest.Item]) -> None:
    """Tests that share a fixture of their module go to one worker, so that it is made once."""
    for item in items:
        if not item.get_closest_marker("xdist_group") and shares(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def shares(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    known = item._fixtureinfo.name2fixturedefs
    return any(known[name][-1].scope in {"class", "module"} for name in item.fixturenames if name in known)


def mix(items: list[pytest.Item]) -> list[pytest.Item]:
    """Journeys are put between the others at even distances: several at once would take the cores from one another."""
    journeys = [item for item in items if is_journey(item)]
    others = [item for item in items if not is_journey(item)]
    if not journeys:
        return items
    step = QUIET_END * len(others) / len(journeys)
    mixed: list[pytest.Item] = []
    for index, journey in enumerate(journeys):
        mixed.append(journey)
        mixed += others[round(index * step) : round((index + 1) * step)]
    return mixed + others[round(len(journeys) * step) :]
