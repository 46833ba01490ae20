"""Chromium for the browser tests; without it they are skipped, and say so."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.flows.processes import product

CHROMIUM = shutil.which("chromium")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, headless. Autoplay with sound is allowed, as for a page the user has pressed on."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        try:
            yield browser
        finally:
            await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shown(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict]:
    """What a product said when it was ready: one for all tests of a worker that only look. No camera sends."""
    async with product(tmp_path_factory.mktemp("shown") / "data", "--no-feed") as running:
        yield running.ready


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def on_air(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict]:
    """The same for a module's tests, with a camera that sends."""
    async with product(tmp_path_factory.mktemp("on_air") / "data", ladder=True) as running:
        yield running.ready
