"""Accounts with the foundation under them."""

import pytest

from tests.app.identity.house import identity_of, running_house


@pytest.fixture
def identity():
    tools = identity_of()
    yield tools
    tools.close()


@pytest.fixture
async def house(database, tmp_path):
    async with running_house(database, tmp_path) as running:
        yield running
