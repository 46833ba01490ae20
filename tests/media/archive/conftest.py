"""A store for copies."""

from collections.abc import AsyncIterator

import pytest

from tests.media.archive.fake_s3 import FakeS3, fake_s3


@pytest.fixture
async def s3() -> AsyncIterator[FakeS3]:
    async with fake_s3() as fake:
        yield fake
