import asyncio

import pytest
import uvloop


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item):
    """Sockets and TLS run on both loops; everything else on the standard one."""
    factories = {"asyncio": asyncio.new_event_loop}
    if item.path.name == "test_relay.py":
        factories["uvloop"] = uvloop.new_event_loop
    return factories
